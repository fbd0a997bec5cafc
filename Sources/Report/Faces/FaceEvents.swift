import ProbeEngine
import Wire

extension TraceEvent {
  /// The addresses that a line about a hop shows, each once, in the order of queries.
  var hopAddresses: [TraceAddress] {
    guard case .hop(let hop) = self else { return [] }
    var addresses: [TraceAddress] = []
    for case .reply(let reply) in hop.verdicts {
      let address = TraceAddress(reply.address, zone: reply.zone)
      if !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }
}

extension TraceReply {
  /// How many hops the answer came, guessed from its hop limit: hosts and routers begin with 64, 128 or 255.
  /// nil where its hop limit is not known.
  var hopsBack: Int? {
    hopLimit.map { limit in
      switch limit {
      case ...64: 65 - Int(limit)
      case ...128: 129 - Int(limit)
      default: 256 - Int(limit)
      }
    }
  }
}

extension TraceHop {
  /// None of its probes could leave, and not for its length.
  var isUnsendable: Bool {
    !verdicts.isEmpty
      && verdicts.allSatisfy { verdict in
        if case .sendFailed(let failure) = verdict { failure.mtu == nil } else { false }
      }
  }
}

/// errno(3) as the kernel says it when a probe should leave.
enum FaceErrno {
  static let messageTooLong: Int32 = 90

  /// What a look-up of the route says, rather than what happens to the packet later: EINVAL (a blackhole, or a missing
  /// zone), EACCES (prohibit), ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL.
  static func isOfRoute(_ errno: Int32) -> Bool { [13, 22, 99, 101, 113].contains(errno) }
}
