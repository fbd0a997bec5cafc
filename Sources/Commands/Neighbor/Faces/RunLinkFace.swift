import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Runs `ndisc6` and `rdisc6` in the language and with the output of ndisc6 1.0.5.
enum RunLinkFace {
  typealias Tool = NdiscFaceInvocation.Tool

  static func run(_ tool: Tool, _ arguments: [String], programName: String) throws(EarlyExit) -> Int32 {
    // Whoever started the program with more rights than its user has does not trust that user's environment.
    let permutes = Privileges.isSecureExecution || Process.environment("POSIXLY_CORRECT") == nil
    let invocation = try NdiscFaceInvocation(
      parsing: arguments, tool, programName: programName, permutes: permutes)
    let source = try invocation.source.map { name throws(EarlyExit) in
      try address(of: name, invocation)
    }
    let target = try address(of: invocation.target, invocation)
    let request = invocation.request(target: target, source: source == .unspecified ? nil : source)
    let options = invocation.text(target: target)
    switch tool {
    case .neighbor: return try run(request, Ndisc6Text(options: options), act: .resolve, invocation, options)
    case .router: return try run(request, Rdisc6Text(options: options), act: .routers, invocation, options)
    }
  }

  /// What the original's help says; `name` is that of a face.
  static func help(_ name: String) -> String {
    NdiscFaceTexts.usage(name == "rdisc6" ? .router : .neighbor, program: name)
  }

  /// The first address of a name. A zone may stand there; the interface of the command line counts.
  private static func address(
    of name: String, _ invocation: NdiscFaceInvocation
  ) throws(EarlyExit) -> IPv6Address {
    do throws(ResolverError) {
      let answer = try Resolver.resolve(name, numericOnly: invocation.isNumeric)
      // Never empty.
      return answer.addresses.first?.address ?? .unspecified
    } catch {
      throw NdiscFaceFailure.unresolved(name, error)
    }
  }

  private static func run<Writer: LinkWriter>(
    _ request: LinkRequest, _ writer: Writer, act: LinkRun.Act, _ invocation: NdiscFaceInvocation,
    _ options: NdiscTextOptions
  ) throws(EarlyExit) -> Int32 {
    var output = NdiscFaceOutput(LinkOutput(writer, act: act))
    do throws(PingFailure) {
      let summaries = try LinkSession.run(request, sink: &output)
      return invocation.exitCode(summaries, sendError: output.sendError)
    } catch {
      // The writer has told of it.
      if output.sendError != nil { return 1 }
      try? output.flush(isLast: true)
      throw NdiscFaceFailure.exit(error, invocation, options, hasBegun: output.hasBegun)
    }
  }
}

extension NdiscFaceInvocation {
  /// 0 answered, 1 where a solicitation could not leave, else 2. The original dies of SIGINT, which a shell calls 130.
  func exitCode(_ summaries: [LinkSummary], sendError: Int32?) -> Int32 {
    if sendError != nil { return 1 }
    var isInterrupted = false
    for summary in summaries {
      switch summary {
      case .neighbor(let summary):
        if summary.answered > 0, attempts > 0 { return 0 }
        isInterrupted = isInterrupted || summary.verdict == .interrupted
      case .routers(let summary):
        // Discarded ones are counted apart.
        if summary.routers > 0, attempts > 0 { return 0 }
        isInterrupted = isInterrupted || summary.isInterrupted
      default: break
      }
    }
    return isInterrupted ? 130 : 2
  }
}

/// The output of these faces. A solicitation that cannot leave ends the run, as it does in the original.
struct NdiscFaceOutput<Writer: LinkWriter>: LinkSink, ~Copyable {
  private var output: LinkOutput<Writer>
  /// The header was handed to the writer.
  private(set) var hasBegun = false
  /// errno of the solicitation that could not leave.
  private(set) var sendError: Int32?
  private var hasAnswer = false

  init(_ output: consuming LinkOutput<Writer>) { self.output = output }

  mutating func begin(_ start: LinkStart, clock: KernelClock) {
    hasBegun = true
    output.begin(start, clock: clock)
  }

  mutating func handle(_ event: LinkEvent, clock: KernelClock) {
    switch event {
    case .advertisement(let advertisement) where advertisement.standing == .answer: hasAnswer = true
    case .sendFailed(_, let errno) where !hasAnswer: sendError = sendError ?? errno
    default: break
    }
    output.handle(event, clock: clock)
  }

  mutating func end(at now: Instant, clock: KernelClock) { output.end(at: now, clock: clock) }

  mutating func flush(isLast: Bool) throws(SystemError) {
    try output.flush(isLast: isLast)
    if let sendError, !isLast { throw SystemError("sendto", Errno(rawValue: sendError)) }
  }
}
