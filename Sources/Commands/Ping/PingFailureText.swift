import LinuxNet
import Runtime

/// A run that could not begin, in words that say what would be right.
enum PingFailureText {
  static func exit(_ failure: PingFailure, _ invocation: PingInvocation, programName: String) -> EarlyExit {
    let isFace = invocation.output.exitPolicy == .iputils
    // Standard output that a reader closed is no news to anybody.
    if case .system(let error) = failure, error.errno == .brokenPipe { return EarlyExit(exitCode: 1) }
    return EarlyExit(
      standardError: text(failure, isFace: isFace).map { "\(programName): \($0)\n" }.joined(),
      exitCode: isFace ? 2 : verbCode(failure))
  }

  static func verbCode(_ failure: PingFailure) -> Int32 {
    switch failure {
    case .resolution, .missingZone, .unknownInterface, .differentLinks: 2
    default: 3
    }
  }

  /// Why a name has no address, without the name.
  static func reason(_ failure: PingFailure) -> String {
    switch failure {
    case .resolution(_, _, hasIPv4: true): "the name has only IPv4 addresses"
    case .resolution(_, let error, hasIPv4: false): error.text
    case .missingZone: "the zone is missing"
    case .unknownInterface(let name): "\(quoted(name)) is not an interface of this host"
    default: text(failure, isFace: false).joined(separator: "; ")
    }
  }

  static func text(_ failure: PingFailure, isFace: Bool) -> [String] {
    switch failure {
    case .resolution(let name, let error, let hasIPv4):
      if hasIPv4 {
        return ["\(escaped(name)): the name has only IPv4 addresses, and this is an IPv6 tool"]
      }
      return ["\(escaped(name)): \(error.text)"]
    case .missingZone(let name, let candidates):
      let choice =
        candidates.isEmpty ? "" : " (one of \(candidates.map { quoted($0) }.joined(separator: ", ")))"
      return [
        "\(escaped(name)): the zone is missing: write \(escaped(name))%INTERFACE\(choice), or use -I"
      ]
    case .unknownInterface(let name):
      return [
        isFace ? "unknown iface: \(escaped(name))" : "\(quoted(name)) is not an interface of this host"
      ]
    case .notPermitted(let datagram, let raw): return permission(datagram, raw)
    case .socket(let error): return ["socket: \(error.errno.text)"]
    case .capture(let text): return ["capture: \(text)"]
    case .option("--flow-label", let error) where error.errno == .exists:
      return ["--flow-label: another process has it, or had it a few seconds ago"]
    case .option(let name, let error): return ["\(name): \(error.errno.text)"]
    case .source(let text, let error):
      return [
        isFace ? "bind icmp socket: \(error.errno.text)" : "source \(quoted(text)): \(error.errno.text)"
      ]
    case .noRoute(let error): return ["connect: \(error.errno.text)"]
    case .privileges(let error): return ["dropping privileges: \(error.description)"]
    case .differentLinks(let name, let interface, let other, let otherInterface):
      return [
        "\(escaped(name)) is on \(escaped(interface)), \(escaped(other)) on \(escaped(otherInterface)): one run is about one link"
      ]
    case .link(let text): return [escaped(text)]
    case .system(let error): return [error.description]
    }
  }

  /// Both ways out, whichever the reader can take.
  private static func permission(_ datagram: SystemError?, _ raw: SystemError?) -> [String] {
    var lines: [String] = []
    if let datagram { lines.append("datagram socket: \(datagram.errno.text)") }
    if let raw { lines.append("raw socket: \(raw.errno.text)") }
    lines.append(
      "allow datagram sockets (sysctl net.ipv4.ping_group_range=\"0 2147483647\"; in Kubernetes a safe sysctl)"
    )
    lines.append("or give the capability for raw sockets (setcap cap_net_raw+ep FILE, or run as root)")
    return lines
  }
}
