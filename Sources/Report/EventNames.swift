import ProbeEngine

/// Reasons for not believing something, in two languages.
enum RejectionText {
  /// For programs.
  static func name(_ reason: RejectionReason) -> String {
    switch reason {
    case .malformed: "malformed"
    case .identifier: "identifier"
    case .sequence: "sequence"
    case .nonce: "nonce"
    case .source: "source"
    case .stamp: "stamp"
    case .quote: "quote"
    case .checksum: "checksum"
    }
  }

  /// For people: what was wrong with it.
  static func text(_ reason: RejectionReason) -> String {
    switch reason {
    case .malformed: "not a readable ICMPv6 message"
    case .identifier: "another process's identifier"
    case .sequence: "a sequence that was not in flight"
    case .nonce: "wrong nonce: no answer to a packet of ours"
    case .source: "another address than the one asked"
    case .stamp: "time stamp in the payload was changed (the reply itself counts)"
    case .quote: "ICMPv6 error about a packet that is not ours"
    case .checksum: "wrong checksum"
    }
  }

  /// The reasons that occurred, with their counts.
  static func counted(_ summary: PingSummary) -> [(RejectionReason, UInt64)] {
    RejectionReason.allCases.compactMap { reason in
      let index = Int(reason.rawValue)
      guard summary.rejectedByReason.indices.contains(index) else { return nil }
      let count = summary.rejectedByReason[index]
      return count > 0 ? (reason, count) : nil
    }
  }
}

/// Which clocks a round trip was measured between.
enum RoundTripText {
  static func name(_ source: RoundTripSource) -> String {
    switch source {
    case .kernel: "kernel"
    case .capture: "capture"
    case .user: "user"
    }
  }
}
