package import ProbeEngine
import YAML

/// Reads plans and gates.
package enum PlanText {
  /// What a plan may have at most; a file of targets is the place for more.
  package static let octetLimit = 16 << 20
  /// Nobody reads more problems than these.
  static let problemLimit = 100

  /// Reads a plan: YAML, of which JSON is a part; its keys are those of `Schema/sample-plan-1.schema.json`. Reads
  /// no other file and asks no one.
  ///
  /// `interfaces`: names offered where a zone is missing. Throws all that is wrong at once, in the order of the
  /// text.
  package static func read(_ octets: [UInt8], interfaces: [String] = []) throws(PlanProblems) -> SamplePlan {
    guard octets.count <= octetLimit else {
      throw PlanProblems([
        PlanProblem(
          line: nil, column: nil,
          .text(
            "a plan of \(octets.count) octets; at most \(octetLimit) are read, and a long list of targets belongs into a file of its own (targets: [{file: FILE}])"
          ))
      ])
    }
    var reader = PlanReader(interfaces: interfaces)
    var flaws: [YAMLError] = []
    var limits = YAMLDocument.Limits()
    // A plan nests seven deep.
    limits.depth = 32
    var root: YAMLNode?
    do throws(YAMLError) {
      root = try YAMLDocument.parse(octets, limits: limits, problems: &flaws)
    } catch {
      flaws.append(YAMLError(error.text + hint(octets, line: error.place.line), at: error.place))
    }
    for flaw in flaws { reader.report(flaw.text, at: flaw.place) }
    if let root { reader.read(root) }
    try reader.finish()
    return reader.plan
  }

  /// Reads one gate, such as `nodes: p99 < 2ms`. `groups`: the names that there are.
  package static func gate(_ text: String, groups: [String]) throws(PlanProblems) -> Gate {
    do throws(GateTextError) {
      return try GateText.parse(text, groups: groups)
    } catch {
      throw PlanProblems([PlanProblem(line: nil, column: nil, .text(error.text))])
    }
  }

  /// Addresses are what YAML's colons and brackets go wrong with, and libyaml does not know that it sees one.
  private static func hint(_ octets: [UInt8], line: Int) -> String {
    let lines = octets.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line >= 1, line <= lines.count else { return "" }
    let text = lines[line - 1]
    let hasColons = zip(text, text.dropFirst()).contains { first, second in
      second == UInt8(ascii: ":") && (first == UInt8(ascii: ":") || first == UInt8(ascii: "]"))
    }
    if hasColons {
      return
        "; an address that begins or ends with colons, or has brackets, needs quotes: \"::1\", \"[fd00::1]:443\""
    }
    if text.first == UInt8(ascii: "\t") { return "; indent with blanks, not with tabs" }
    return ""
  }
}
