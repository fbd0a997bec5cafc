import Timing
import Wire

/// What a verdict means for a trace that goes hop by hop.
enum HopFate {
  /// A router let it live no longer.
  case router(IPv6Address)
  /// The target itself answered.
  case arrival
  /// An error that no longer hop limit gets past.
  case terminal(type: UInt8, code: UInt8)
  /// The probe may be asked again with so many octets at most.
  case tooBig(mtu: Int)
  /// Nothing came, or the probe did not leave.
  case silent

  /// The smallest MTU that a link may have (RFC 8200 §5).
  static let smallestMTU = 1_280

  init(_ verdict: TraceHop.Verdict) {
    switch verdict {
    case .lost: self = .silent
    case .sendFailed(let failure):
      self = HopFate.reduction(failure.mtu, below: failure.probe.packetLength) ?? .silent
    case .reply(let reply):
      switch reply.answer {
      case .timeExceeded(code: 0): self = .router(reply.address)
      case .packetTooBig(let mtu):
        self =
          HopFate.reduction(mtu, below: reply.probe.packetLength) ?? .terminal(type: 2, code: 0)
      default:
        if reply.isArrival {
          self = .arrival
        } else {
          let icmp = reply.answer.icmp ?? (type: 0, code: 0)
          self = .terminal(type: icmp.type, code: icmp.code)
        }
      }
    }
  }

  private static func reduction(_ mtu: UInt32?, below length: Int) -> HopFate? {
    guard let mtu, mtu >= smallestMTU, Int64(mtu) < Int64(length) else { return nil }
    return .tooBig(mtu: Int(mtu))
  }
}

extension TraceReply {
  /// The target answered: by the message, and, where it is an error, by the destination that it quotes, or as the
  /// address that was asked where a translator left the quoted one as it was behind it.
  var isArrival: Bool {
    guard answer.isArrival else { return false }
    guard answer.icmp?.type == 1 else { return true }
    for case .destination(let asked, _) in rewritten { return address == asked }
    return true
  }
}

extension TraceHop.Verdict {
  var reply: TraceReply? { if case .reply(let reply) = self { reply } else { nil } }

  var isLost: Bool { if case .lost = self { true } else { false } }

  var sentAt: Instant {
    switch self {
    case .reply(let reply): reply.sentAt
    case .lost(let loss): loss.sentAt
    case .sendFailed(let failure): failure.at
    }
  }
}
