import ProbeEngine
import Wire

/// The short marks behind a round trip that say how a probe was answered, for hop lines; one letter for each
/// ICMPv6 error that has a name (RFC 4443 §3, RFC 6550 §20.14, RFC 8883 §3).
package enum TraceMark {
  /// Each mark with what it means, for help texts.
  package static let table: [(mark: String, meaning: String)] =
    [
      ("*", "no answer in time"), ("late", "the answer came after the probe had been given up"),
      ("?", "tied to its probe by ports and length alone: too little was quoted to check the key"),
      ("open", "the port answered with SYN and ACK, or the connection was made"),
      ("closed", "the port answered with RST, or the connection was refused"),
    ]
    + named.map { entry in
      let words = description(type: entry.type, code: entry.code)
      return (entry.type == 2 ? "\(entry.mark)-MTU" : entry.mark, words)
    } + [("!TYPE/CODE", "any other ICMPv6 error")]

  /// What stands behind the round trip of that answer, without a blank in front; empty for an ordinary hop, an
  /// echo reply, a datagram, and the port unreachable that a UDP probe asks for.
  static func text(_ answer: TraceAnswer, method: TraceConfiguration.Method) -> String {
    switch answer {
    case .timeExceeded(code: 0), .echoReply, .datagram: return ""
    case .unreachable(code: 4) where method == .udp: return ""
    case .tcp(let flags): return isOpen(flags) ? "open" : "closed"
    case .connected: return "open"
    case .refused: return "closed"
    case .packetTooBig(let mtu): return "!M-\(mtu)"
    case .timeExceeded, .unreachable, .parameterProblem, .otherError:
      guard let (type, code) = answer.icmp else { return "" }
      return text(type: type, code: code)
    }
  }

  static func text(type: UInt8, code: UInt8) -> String {
    named.first { $0.type == type && $0.code == code }?.mark ?? "!\(type)/\(code)"
  }

  /// SYN and ACK, and no RST.
  static func isOpen(_ flags: TCPFlags) -> Bool { flags.rawValue & 0x16 == 0x12 }

  private static func description(type: UInt8, code: UInt8) -> String {
    var words: [UInt8] = []
    ICMPv6ErrorText.put(type: type, code: code, into: &words)
    return String(decoding: words, as: UTF8.self)
  }

  private static let named: [(type: UInt8, code: UInt8, mark: String)] =
    [
      (1, 0, "!N"), (1, 1, "!A"), (1, 2, "!S"), (1, 3, "!H"), (1, 4, "!U"), (1, 5, "!I"), (1, 6, "!R"),
      (1, 7, "!E"), (1, 8, "!L"), (2, 0, "!M"), (3, 1, "!T"),
    ] + (0...10).map { code in (4, code, "!P\(code)") }
}
