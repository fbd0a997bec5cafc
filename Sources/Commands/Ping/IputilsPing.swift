import Plan
import ProbeEngine
package import Runtime
import Timing

/// The face `ping6`: the options, errors and exit codes of iputils' `ping -6`.
package enum IputilsPing {
  /// Policy of iputils that this face keeps.
  enum Limits {
    /// `-i`, `-A` and `-f` for users other than root.
    static let userInterval = Nanoseconds.milliseconds(2)
    /// The same towards a multicast target.
    static let userMulticastInterval = Nanoseconds.seconds(1)
    static let userPreload = 3
    /// MAX_DUP_CHK of iputils.
    static let preload = 65_536
    /// `-W` where nothing is said.
    static let linger = Nanoseconds.seconds(10)
    /// INT_MAX milliseconds.
    static let seconds = Nanoseconds.milliseconds(2_147_483_647)
    /// The IPv6 payload length without the echo header.
    static let payload = 65_527
    static let patternOctets = 16
  }

  /// Reads an argument vector, without argv[0].
  ///
  /// - programName: what errors begin with; iputils prints argv[0] in full.
  /// - isRoot: the real user is root, and the limits for users do not hold.
  /// - isSecure: the kernel set AT_SECURE (file capabilities, set-user-ID): PROBE6_COMPAT is not read.
  package static func parse(
    _ arguments: [String], programName: String, environment: (String) -> String? = { _ in nil }, isRoot: Bool,
    isSecure: Bool = false
  ) throws(FaceError) -> PingInvocation {
    var parse = IputilsPingParse(programName: programName, isRoot: isRoot)
    try parse.readEnvironment(environment, isSecure: isSecure)
    var scanner = OptionScanner(
      arguments, table: .iputilsPing, longNames: .exactOrCluster,
      permutes: environment("POSIXLY_CORRECT") == nil)
    while let found = try parse.next(&scanner) { try parse.take(found) }
    return try parse.finish(scanner.operands)
  }

  /// The limits that depend on the target, which `parse` does not know. iputils looks at them in this order.
  package static func checkMulticast(
    _ request: PingRequest, programName: String, isRoot: Bool
  ) throws(FaceError) {
    guard !isRoot else { return }
    switch request.configuration.pace {
    case .schedule(.constant(let interval)) where interval < Limits.userMulticastInterval:
      // iputils' words carry the interval in whole milliseconds.
      throw IputilsPingParse.error(
        programName, "multicast ping with too short interval: \(interval.count / 1_000_000)")
    case .flood:
      throw IputilsPingParse.error(programName, "multicast ping with too short interval: 0")
    default: break
    }
    if let discovery = request.pathMTUDiscovery, discovery != .do {
      throw IputilsPingParse.error(programName, "multicast ping does not fragment")
    }
  }
}

extension IputilsPing {
  /// Hex digits to octets, two by two, sixteen at most; a single last digit is an octet of its own.
  static func pattern(_ digits: [UInt8]) -> [UInt8] {
    stride(from: 0, to: min(digits.count, 2 * Limits.patternOctets), by: 2).map { index in
      let high = NumberText.hexDigit(digits[index]) ?? 0
      guard index + 1 < digits.count else { return high }
      return high << 4 | (NumberText.hexDigit(digits[index + 1]) ?? 0)
    }
  }
}
