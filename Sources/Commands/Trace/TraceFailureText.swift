import LinuxNet
import ProbeEngine
import Runtime

/// A trace that could not begin, in words that say what would be right.
enum TraceFailureText {
  static func exit(_ failure: PingFailure, _ invocation: TraceInvocation, programName: String) -> EarlyExit {
    // Standard output that a reader closed is no news to anybody.
    if case .system(let error) = failure, error.errno == .brokenPipe { return EarlyExit(exitCode: 1) }
    return EarlyExit(
      standardError: text(failure, invocation.request).map { "\(programName): \($0)\n" }.joined(),
      exitCode: PingFailureText.verbCode(failure))
  }

  static func text(_ failure: PingFailure, _ request: TraceRequest) -> [String] {
    switch failure {
    case .notPermitted(let datagram, let raw): permission(datagram, raw, request)
    default: PingFailureText.text(failure, isFace: false)
    }
  }

  /// What is missing, and what serves without it.
  private static func permission(
    _ datagram: SystemError?, _ raw: SystemError?, _ request: TraceRequest
  ) -> [String] {
    var lines: [String] = []
    if let datagram { lines.append("datagram socket: \(datagram.errno.text)") }
    if let raw { lines.append("raw socket: \(raw.errno.text)") }
    if request.configuration.method == .icmp, request.path != .raw {
      lines.append(
        "allow ping sockets (sysctl net.ipv4.ping_group_range=\"0 2147483647\"; in Kubernetes a safe sysctl)")
      lines.append("or give the capability for raw sockets (setcap cap_net_raw+ep FILE, or run as root)")
    } else {
      lines.append("give the capability for raw sockets (setcap cap_net_raw+ep FILE, or run as root)")
    }
    if !request.gateways.isEmpty {
      lines.append("--gateway needs it: without, there is no way to send a routing header")
    } else if request.path == .raw {
      lines.append("or leave --raw out: UDP and TCP need no privileges then")
    } else {
      lines.append("or trace by UDP or TCP (-U, -T), which need no privileges")
    }
    return lines
  }
}
