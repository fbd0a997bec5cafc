import Testing

@testable import Plan

/// Plans of `Cases/plans.txt`, which the JSON schema is judged by too (Tests/Oracles/check_plan_schema.py).
struct PlanCasesTests {
  @Test func theReaderSaysOfEachPlanWhatTheTableSays() throws {
    let lines = try PlanCases.lines()
    #expect(lines.count > 200)
    for line in lines {
      do throws(PlanProblems) {
        _ = try PlanText.read(Array(line.plan.utf8))
        #expect(line.verdict == "valid", "line \(line.number) is \(line.verdict): \(line.plan)")
      } catch {
        #expect(line.verdict != "valid", "line \(line.number): \(error.problems) \(line.plan)")
        // Every problem has its place in the text.
        #expect(error.problems.allSatisfy { $0.line == 1 && ($0.column ?? 0) >= 1 })
      }
    }
  }
}
