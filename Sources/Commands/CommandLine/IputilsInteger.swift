import Plan

/// A whole number as the tools of iputils read it, and as they complain of it.
enum IputilsInteger {
  static func read(
    _ text: String, _ range: ClosedRange<Int64>, programName: String
  ) throws(FaceError) -> Int64 {
    let allowed = ": out of range: \(range.lowerBound) <= value <= \(range.upperBound)"
    let value: Int64
    do throws(NumberProblem) {
      guard let whole = Int64(exactly: try NumberText.integer(text, manner: .asC)) else { throw .overflow }
      value = whole
    } catch {
      throw invalid(text, error == .overflow ? ": Numerical result out of range" : "", programName)
    }
    guard range.contains(value) else { throw invalid(text, allowed, programName) }
    return value
  }

  private static func invalid(_ text: String, _ reason: String, _ programName: String) -> FaceError {
    FaceError(standardError: "\(programName): invalid argument: \(quoted(text))\(reason)\n", exitCode: 1)
  }
}
