import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime

/// A plan as it was read, with everything that goes with it.
struct SamplePlanFile: Sendable {
  private enum Limits {
    /// Beyond what the reader takes, so that it says so.
    static let octets = PlanText.octetLimit + 1
  }

  /// The name for messages.
  var name: String
  /// What its relative paths begin with: empty, or ending in a slash.
  var folder: String
  var plan: SamplePlan
  /// By group.
  var sources: [[SampleSource]] = []

  /// Reads plan, target lists and further gates. Everything that is wrong is told at once, one line each; exit code 2.
  static func read(
    _ file: TargetList, gates: [String] = [], programName: String
  ) throws(EarlyExit) -> SamplePlanFile {
    let (name, octets) = try octets(of: file, programName: programName)
    var problems = ""
    let interfaces = InterfaceNames.offered()
    let plan: SamplePlan
    do throws(PlanProblems) {
      plan = try PlanText.read(octets, interfaces: interfaces)
    } catch {
      throw EarlyExit(standardError: Self.text(error, file: name), exitCode: 2)
    }
    var result = SamplePlanFile(name: name, folder: file.folder, plan: plan)
    let names = plan.groups.map(\.group.name)
    for gate in gates {
      do throws(PlanProblems) { result.plan.gates.append(try PlanText.gate(gate, groups: names)) } catch {
        for problem in error.problems {
          problems += "\(programName): --slo: \(problem.what.message)\n"
        }
      }
    }
    var lists = SampleTargetLists(folder: result.folder, interfaces: interfaces, programName: programName)
    result.sources = plan.groups.map { lists.sources(of: $0) }
    problems += lists.problems
    guard problems.isEmpty else { throw EarlyExit(standardError: problems, exitCode: 2) }
    return result
  }

  /// `FILE:LINE:COLUMN: TEXT`, one a line.
  static func text(_ problems: PlanProblems, file: String) -> String {
    var text = ""
    for problem in problems.problems {
      text += escaped(file)
      if let line = problem.line { text += ":\(line)" }
      if let column = problem.column, problem.line != nil { text += ":\(column)" }
      text += ": " + problem.what.message + "\n"
    }
    return text
  }

  private static func octets(
    of file: TargetList, programName: String
  ) throws(EarlyExit) -> (name: String, octets: [UInt8]) {
    do throws(SystemError) {
      switch file {
      case .standardInput:
        return ("standard input", try InputFile.readStandardInput(limit: Limits.octets))
      case .file(let path): return (path, try InputFile.read(path: path, limit: Limits.octets))
      }
    } catch {
      let name = if case .file(let path) = file { quoted(path) } else { "standard input" }
      throw EarlyExit(standardError: "\(programName): \(name): \(error.errno.text)\n", exitCode: 2)
    }
  }
}

extension TargetList {
  /// The folder of the file, with its slash; empty for the working directory.
  var folder: String {
    guard case .file(let path) = self, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return ""
    }
    return String(path[...slash])
  }
}

extension PlanProblem.What {
  /// In words, escaped.
  var message: String {
    switch self {
    case .text(let text): escaped(text)
    case .target(let error): error.message
    }
  }
}
