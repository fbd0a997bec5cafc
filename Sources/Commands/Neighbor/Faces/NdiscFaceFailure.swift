import LinuxNet
import Report
import Runtime

/// What ended `ndisc6` or `rdisc6` before there was a result, in the words and with the exit code of the original.
enum NdiscFaceFailure {
  static func unresolved(_ name: String, _ error: ResolverError) -> EarlyExit {
    EarlyExit(standardError: "\(escaped(name)): \(error.text)\n", exitCode: 1)
  }

  /// - hasBegun: the first line is out.
  static func exit(
    _ failure: PingFailure, _ invocation: NdiscFaceInvocation, _ options: NdiscTextOptions, hasBegun: Bool
  ) -> EarlyExit {
    func told(_ text: String) -> EarlyExit { EarlyExit(standardError: text + "\n", exitCode: 1) }
    /// The original finds this out when it sends, and has said by then what it is about to do.
    func unsent(_ error: Errno) -> EarlyExit {
      var header: [UInt8] = []
      if !hasBegun { options.putHeader(into: &header) }
      return EarlyExit(
        standardOutput: String(decoding: header, as: UTF8.self),
        standardError: "Sending ICMPv6 packet: \(error.text)\n", exitCode: 1)
    }
    switch failure {
    // Standard output that a reader closed is no news to anybody.
    case .system(let error) where error.errno == .brokenPipe: return EarlyExit(exitCode: 1)
    case .notPermitted: return told("Raw IPv6 socket: \(Errno.operationNotPermitted.text)")
    case .socket(let error): return told("Raw IPv6 socket: \(error.errno.text)")
    case .resolution(let name, let error, _): return unresolved(name, error)
    case .unknownInterface(let name): return told(noDevice(name))
    case .source(_, let error):
      guard let source = invocation.source else { return unsent(error.errno) }
      return told("\(escaped(source)): \(error.errno.text)")
    case .noRoute(let error): return unsent(error.errno)
    // What else is wrong with an interface by name and an address: there is none to ask from.
    case .link: return unsent(hasNoIPv6(invocation.interface) ? .networkUnreachable : .addressNotAvailable)
    // It went while answers were waited for.
    case .capture where Interfaces.index(of: invocation.interface) == nil:
      return told(noDevice(invocation.interface))
    case .capture where hasNoIPv6(invocation.interface): return unsent(.networkUnreachable)
    default:
      return told(
        PingFailureText.text(failure, isFace: true).map { "\(escaped(invocation.programName)): \($0)" }
          .joined(separator: "\n"))
    }
  }

  private static func noDevice(_ name: String) -> String {
    // perror(3) of nothing has no colon.
    (name.isEmpty ? "" : escaped(name) + ": ") + Errno.noDevice.text
  }

  /// It is down, or IPv6 is off there.
  private static func hasNoIPv6(_ interface: String) -> Bool {
    ((try? Interfaces.links()) ?? []).contains { $0.name == interface && !$0.isUp }
      || (try? SystemControl.read("net/ipv6/conf/\(interface)/disable_ipv6")) == "1"
  }
}
