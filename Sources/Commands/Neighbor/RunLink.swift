import LinuxNet
import ProbeEngine
import Report
import Runtime

/// Runs what `probe6 ndisc` and `probe6 rdisc` ask for and turns its end into an exit code.
enum RunLink {
  static func ndisc(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    try run(NdiscVerb.parse(arguments, interfaces: InterfaceNames.offered), programName: "probe6 ndisc")
  }

  static func rdisc(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    try run(RdiscVerb.parse(arguments, interfaces: InterfaceNames.offered), programName: "probe6 rdisc")
  }

  private static func run(_ asked: LinkInvocation, programName: String) throws(EarlyExit) -> Int32 {
    var invocation = asked
    let failedLines = try readLists(&invocation, programName: programName)
    var file = try LinkBaselineFile.prepare(&invocation, programName: programName)
    for notice in invocation.notices { tell("\(programName): \(notice)\n") }
    var result: (summaries: [LinkSummary], tally: LinkOutcome.Tally)
    do throws(PingFailure) {
      result = try run(invocation)
    } catch {
      throw LinkFailureText.exit(
        error, invocation, programName: programName, interfaces: InterfaceNames.offered)
    }
    let outcome = LinkOutcome(result.summaries, tally: result.tally, failedLines: failedLines)
    guard let file = file.take() else { return outcome.exitCode }
    return try file.finish(result.summaries, outcome, programName: programName)
  }

  private static func run(
    _ invocation: LinkInvocation
  ) throws(PingFailure) -> (summaries: [LinkSummary], tally: LinkOutcome.Tally) {
    switch invocation.output.style {
    case .text: try run(invocation, LinkText(options: LinkTextOptions(invocation.output)))
    case .json: try run(invocation, LinkJSON())
    }
  }

  private static func run<Writer: LinkWriter>(
    _ invocation: LinkInvocation, _ writer: Writer
  ) throws(PingFailure) -> (summaries: [LinkSummary], tally: LinkOutcome.Tally) {
    var output = LinkOutput(
      writer, act: invocation.act, isContinuous: invocation.request.act.isContinuous)
    do throws(PingFailure) {
      let summaries = try LinkSession.run(invocation.request, sink: &output)
      return (summaries, output.tally)
    } catch {
      try? output.flush(isLast: true)
      throw error
    }
  }

  /// Reads the lists of targets into the invocation; returns how many of their lines were none. Each is told of on
  /// standard error.
  static func readLists(_ invocation: inout LinkInvocation, programName: String) throws(EarlyExit) -> Int {
    guard !invocation.targetLists.isEmpty else { return 0 }
    var targets = LinkTargets(
      names: invocation.request.targetNames, interface: invocation.request.interface)
    var failed = 0
    for list in invocation.targetLists {
      failed += try list.read(programName: programName) {
        targets.add(list: $0, interfaces: InterfaceNames.offered)
      }
    }
    guard !targets.names.isEmpty else {
      throw EarlyExit(standardError: "\(programName): no address in the lists given\n", exitCode: 2)
    }
    invocation.request.targetNames = targets.names
    return failed
  }

  /// A line for people; one that cannot be written is lost.
  static func tell(_ text: String) { try? Output.write(text, to: 2) }
}

extension LinkTextOptions {
  init(_ output: LinkOutputOptions) {
    self.init()
    isQuiet = output.isQuiet
    isVerbose = output.isVerbose
    showsTimestamps = output.showsTimestamps
  }
}

extension LinkRequest.Act {
  /// Until stopped, or for a time that was given.
  fileprivate var isContinuous: Bool {
    switch self {
    case .routers(let configuration): configuration.watch != .no
    case .watch(let configuration): configuration.isContinuous
    case .baseline(let configuration): configuration.duration == nil
    case .neighbor, .conformance, .scan: false
    }
  }
}
