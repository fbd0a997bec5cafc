package import Timing
package import Wire

/// The question to a neighbor, and how long to ask.
package struct NeighborConfiguration: Sendable {
  package enum Act: Hashable, Sendable {
    /// Multicast solicitations: who has this address?
    case resolve
    /// Unicast to the address that the kernel's entry names, as its own unreachability detection does, and multicast
    /// where that stays silent.
    case unicast
    /// Duplicate address detection from `::` with a nonce (RFC 4862 §5.4, RFC 7527).
    case duplicateDetection
  }

  package struct Target: Hashable, Sendable {
    package var address: IPv6Address
    package init(_ address: IPv6Address) { self.address = address }
  }

  package var act: Act = .resolve
  package var targets: [Target]
  /// Source of solicitations; duplicate address detection takes `::` whatever stands here.
  package var source: IPv6Address
  /// Solicitations at most, for each target and way (3: RFC 4861 §10).
  package var attempts = 3
  /// From a solicitation to the next, and the whole time that its answers are listened for (1 s: RFC 4861 §10; an
  /// anycast or proxy answer may take as long).
  package var interval = Nanoseconds.seconds(1)
  /// Ends a target with its first answer in place of listening to the end of the window.
  package var stopsAtFirstAnswer = false
  /// With `stopsAtFirstAnswer`: so long a second station is listened for behind the first answer.
  package var linger = Nanoseconds.zero
  /// false: sends nothing and listens to each window all the same; what is heard counts as an answer.
  package var solicits = true
  /// Goes on asking after an answer, up to `attempts`.
  package var asksOn = false
  /// The solicitation carries our own link-layer address.
  package var includesLinkLayerAddress = true
  /// The faces' rule: an answer without the target's link-layer address option counts for nothing.
  package var needsTargetLinkLayerAddress = false
  /// Between solicitations of two targets.
  package var gap = Nanoseconds.milliseconds(1)
  /// A link-layer address to ask by unicast in place of the kernel's (`--unicast=MAC`).
  package var unicastLink: LinkLayerAddress?
  package var seed: UInt64 = 0

  package init(targets: [Target], source: IPv6Address) {
    self.targets = targets
    self.source = source
  }
}

/// One honest verdict for each target.
package enum NeighborVerdict: String, Hashable, Sendable, CaseIterable {
  // resolve
  /// One station answered, and the kernel's entry names the same.
  case agrees
  /// One answered, and the kernel's entry names another.
  case differs
  /// One answered, and the kernel has no entry (or none with an address).
  case absent
  /// This host's own address: nobody was asked.
  case local
  case silent
  /// Two stations claim it.
  case conflict
  // duplicate address detection
  case free
  case inUse = "in_use"
  /// Nobody has it, but our own probe came back to us.
  case loopedBack = "looped_back"
  // unicast
  /// It answers where the kernel's entry points, and that entry is reachable or permanent.
  case fresh
  /// It answers there, and the entry was stale (delay, probe): right all the same.
  case stale
  /// Neither unicast nor multicast is answered.
  case dead
  /// Silent where the entry points, while multicast is answered by the same station.
  case multicastOnly = "multicast_only"
  /// No solicitation left this host.
  case sendFailed = "send_failed"
  /// The run was ended before there was a verdict.
  case interrupted
}

/// A station that answered for a target: its answers, in brief.
package struct NeighborClaim: Hashable, Sendable {
  /// From the target link-layer address option; nil where there was none (answers to unicast need none).
  package var optionLink: LinkLayerAddress?
  /// From the frame's header.
  package var frameLink: LinkLayerAddress?
  /// Source of its first answer.
  package var source: IPv6Address
  package var flags: NeighborAdvertisement.Flags
  package var answers: UInt64
  /// Of the first answer that has one.
  package var roundTrip: Nanoseconds?
  package var firstAt: Instant

  package init(
    optionLink: LinkLayerAddress?, frameLink: LinkLayerAddress?, source: IPv6Address,
    flags: NeighborAdvertisement.Flags, answers: UInt64, roundTrip: Nanoseconds?, firstAt: Instant
  ) {
    self.optionLink = optionLink
    self.frameLink = frameLink
    self.source = source
    self.flags = flags
    self.answers = answers
    self.roundTrip = roundTrip
    self.firstAt = firstAt
  }

  /// The address that traffic would go to.
  package var link: LinkLayerAddress? { optionLink ?? frameLink }
}

package struct NeighborSummary: Hashable, Sendable {
  package var target: Int
  package var verdict: NeighborVerdict
  package var claims: [NeighborClaim]
  /// The kernel's entry before the first solicitation.
  package var kernel: KernelNeighbor?
  /// Attempted = answered attempts + unanswered + send failed.
  package var attempted: Int
  package var answered: Int
  package var unanswered: Int
  package var sendFailed: Int
  /// errno of the last one that failed.
  package var sendErrno: Int32?
  /// Advertisements for the target that had to be discarded.
  package var discarded: UInt64
  /// Our own solicitations that came back.
  package var loopedBack: UInt64
  /// Answers of stations that `claims` had no room for.
  package var furtherAnswers: UInt64 = 0
  package var at: Instant

  package init(target: Int, verdict: NeighborVerdict, at: Instant) {
    self.target = target
    self.verdict = verdict
    claims = []
    kernel = nil
    attempted = 0
    answered = 0
    unanswered = 0
    sendFailed = 0
    sendErrno = nil
    discarded = 0
    loopedBack = 0
    self.at = at
  }
}

/// One of the crafted solicitations, and what came of it.
package struct ConformanceRow: Hashable, Sendable {
  /// What the answer should be, or was: nothing, or flags (R S O bits as on the wire), to whom, and whether with a
  /// target link-layer address.
  package struct Answer: Hashable, Sendable {
    package var flags: UInt8
    package var isToAllNodes: Bool
    package var hasLinkLayerAddress: Bool
    package init(flags: UInt8, isToAllNodes: Bool = false, hasLinkLayerAddress: Bool) {
      self.flags = flags
      self.isToAllNodes = isToAllNodes
      self.hasLinkLayerAddress = hasLinkLayerAddress
    }
  }
  package var solicitation: CraftedSolicitation
  /// What Linux does; nil: no answer.
  package var expected: Answer?
  package var received: Answer?
  package var errno: Int32?
  package var at: Instant
  package var isAsExpected: Bool { expected == received && errno == nil }

  package init(
    _ solicitation: CraftedSolicitation, expected: Answer?, received: Answer?, errno: Int32?, at: Instant
  ) {
    self.solicitation = solicitation
    self.expected = expected
    self.received = received
    self.errno = errno
    self.at = at
  }
}

/// Solicitations that are, or are not, as they should be.
package enum CraftedSolicitation: UInt8, Hashable, Sendable, CaseIterable {
  case multicast, unicast, unicastWithoutLink, multicastWithoutLink
  case duplicateDetection, duplicateDetectionWithNonce
  case reservedBits, unknownOptionFirst
  case allNodes
  case targetMulticast
  case unspecifiedToAllNodes, unspecifiedToUnicast, unspecifiedWithLink
  case hopLimit254, badChecksum, code1, shortMessage, zeroLengthOption, atomicFragment, overrunningOption,
    trailingOctets
}
