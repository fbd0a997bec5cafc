import LinuxNet
import ProbeEngine
import Report
import Runtime

/// The file of `--baseline` while a run lasts: read before it, or made after it.
struct LinkBaselineFile: ~Copyable {
  private enum Limits {
    /// Many times what the routers of one link can say.
    static let octets = 1 << 22
  }

  private let output: OutputFile
  private let path: String
  private let replaces: Bool

  /// Reads the baseline into the invocation where it is to be compared. Where it is to be written, makes sure of that
  /// before anything is sent, and returns what will write it.
  static func prepare(
    _ invocation: inout LinkInvocation, programName: String
  ) throws(EarlyExit) -> LinkBaselineFile? {
    guard let baseline = invocation.baseline, case .baseline(var configuration) = invocation.request.act
    else {
      return nil
    }
    switch (baseline.use, baseline.file) {
    case (.write(let replaces), .file(let path)):
      return try LinkBaselineFile(path, replaces: replaces, programName: programName)
    case (_, let file):
      configuration.baseline = try read(file, programName: programName)
      invocation.request.act = .baseline(configuration)
      return nil
    }
  }

  private init(_ path: String, replaces: Bool, programName: String) throws(EarlyExit) {
    do throws(SystemError) { output = try OutputFile(path: path, replaces: replaces) } catch {
      let text: String
      switch error.errno {
      case .exists where !replaces:
        throw EarlyExit(
          standardError:
            "\(programName): --write: \(quoted(path)) is there already; leave --write out to compare with it, or say --force to replace it\n",
          exitCode: 2)
      case .invalidArgument: text = "not a regular file"
      default: text = error.errno.text
      }
      throw Self.failure(path, text, programName)
    }
    self.path = path
    self.replaces = replaces
  }

  private static func read(_ file: TargetList, programName: String) throws(EarlyExit) -> LinkBaseline {
    let octets: [UInt8]
    let name: String
    do throws(SystemError) {
      switch file {
      case .standardInput:
        name = "standard input"
        octets = try InputFile.readStandardInput(limit: Limits.octets)
      case .file(let path):
        name = path
        octets = try InputFile.read(path: path, limit: Limits.octets)
      }
    } catch {
      var exit = file.unreadable("--baseline", error, programName: programName)
      if error.errno == .noEntry { exit.standardError += "\(programName): make it with --write\n" }
      throw exit
    }
    do throws(LinkBaselineError) { return try LinkBaselineText.parse(octets) } catch {
      TargetList.tell(
        error.lines, more: error.more, of: name, what: "lines are wrong", programName: programName)
      throw EarlyExit(standardError: "\(programName): --baseline: \(quoted(name)) is not used\n", exitCode: 2)
    }
  }

  /// Writes what the run has found, and says so; returns the exit code. Keeps to what is there where the run ended
  /// early, or found no router.
  consuming func finish(
    _ summaries: [LinkSummary], _ outcome: LinkOutcome, programName: String
  ) throws(EarlyExit) -> Int32 {
    var found: GuardSummary?
    for case .baseline(let summary) in summaries { found = summary }
    guard let found, !found.isInterrupted else {
      RunLink.tell("\(programName): --write: ended too early; nothing was written\n")
      return max(outcome.exitCode, LinkOutcome.Grade.noAnswer.exitCode)
    }
    if found.baseline.routers.isEmpty, !replaces {
      if outcome.exitCode == LinkOutcome.Grade.localFailure.exitCode { return outcome.exitCode }
      RunLink.tell(
        "\(programName): --write: no router advertises here; nothing was written (--force writes that there is none)\n"
      )
      return max(outcome.exitCode, LinkOutcome.Grade.noAnswer.exitCode)
    }
    let path = path
    // Root's rights over other users' folders, which the run did without.
    if Process.isRealUserRoot, let permitted = try? Privileges.current().permitted {
      try? Privileges.raise(permitted)
    }
    do throws(SystemError) { try output.finish(LinkBaselineText.emit(found.baseline)) } catch {
      throw Self.failure(path, error.errno.text, programName)
    }
    let routers = found.baseline.routers.count
    RunLink.tell(
      "\(programName): \(escaped(path)): baseline of \(routers) router\(routers == 1 ? "" : "s") written\n")
    return outcome.exitCode
  }

  private static func failure(_ path: String, _ text: String, _ programName: String) -> EarlyExit {
    EarlyExit(standardError: "\(programName): --write: \(quoted(path)): \(text)\n", exitCode: 3)
  }
}
