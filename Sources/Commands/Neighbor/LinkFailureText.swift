import LinuxNet
import Plan
import Report
import Runtime

/// An act on a link that could not begin, in words that say what would be right.
enum LinkFailureText {
  static func exit(
    _ failure: PingFailure, _ invocation: LinkInvocation, programName: String, interfaces: () -> [String]
  ) -> EarlyExit {
    // Standard output that a reader closed is no news to anybody.
    if case .system(let error) = failure, error.errno == .brokenPipe { return EarlyExit(exitCode: 1) }
    return EarlyExit(
      standardError: text(failure, invocation, interfaces: interfaces).map { "\(programName): \($0)\n" }
        .joined(),
      exitCode: PingFailureText.verbCode(failure))
  }

  static func text(
    _ failure: PingFailure, _ invocation: LinkInvocation, interfaces: () -> [String]
  ) -> [String] {
    switch failure {
    case .notPermitted(_, let raw): return permission(raw, invocation.act)
    case .unknownInterface(let name):
      return ["\(quoted(name)) is not an interface of this host" + LinkVerbCommon.offer(interfaces())]
    case .resolution(let name, _, _):
      let words = CommandDescription.ndisc.operandWords
      let near = Suggestion.nearest(to: name, among: words).map { ["did you mean probe6 ndisc \($0)?"] } ?? []
      return PingFailureText.text(failure, isFace: false) + near
    default: return PingFailureText.text(failure, isFace: false)
    }
  }

  /// What is missing, how to give it, and what serves without it.
  private static func permission(_ raw: SystemError?, _ act: LinkRun.Act) -> [String] {
    var lines = raw.map { ["\($0.call): \($0.errno.text)"] } ?? []
    lines.append(
      "CAP_NET_RAW is missing: neighbor discovery leaves by a raw socket, and answers are captured (their frames' "
        + "addresses, too)")
    lines.append("give it (setcap cap_net_raw+ep FILE), or run as root")
    switch act {
    case .resolve, .unicast, .neighbors, .watch:
      lines.append("without it, what the kernel knows: probe6 ndisc neighbors [--watch]")
    case .routers, .baseline:
      lines.append(
        "without it, what the kernel accepted of advertisements: probe6 ndisc neighbors INTERFACE --watch")
    case .dad, .conformance, .scan: break
    }
    return lines
  }
}
