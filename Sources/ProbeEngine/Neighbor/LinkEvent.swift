package import Timing
package import Wire

/// What an act on a link has to say, in the order in which it happened. Times are on the monotonic clock.
package enum LinkEvent: Sendable {
  /// A packet of ours left.
  case sent(LinkProbe)
  case sendFailed(LinkProbe, errno: Int32)
  /// A neighbor's or router's advertisement that the act looks at: an answer, or one that broke a rule.
  case advertisement(LinkAdvertisement)
  /// An attempt's window is over (faces print it).
  case attemptEnded(target: Int, attempt: Int, answers: Int, at: Instant)
  /// Something heard on the wire, for a time line.
  case heard(HeardMessage)
  /// Something that the kernel told, for a time line.
  case kernel(KernelChange, at: Instant)
  /// A row of the kernel's neighbor table, or what became of it.
  case neighbor(KernelNeighbor, at: Instant)
  /// One router, at the end of an inspection.
  case router(RouterRow)
  /// One station of the link, at the end of a scan.
  case station(StationRow)
  case finding(Finding)
  /// One crafted solicitation and what came back.
  case conformance(ConformanceRow)
  case summary(LinkSummary)
}

/// A packet of ours.
package struct LinkProbe: Hashable, Sendable {
  package var number: UInt64
  /// Index of the target; nil where the question goes to all.
  package var target: Int?
  /// ICMPv6 type.
  package var type: UInt8
  package var source: IPv6Address
  package var destination: IPv6Address
  package var linkDestination: LinkLayerAddress?
  /// Which try, from 1.
  package var attempt: Int
  /// Call to send (the engine's `pollTransmit`).
  package var at: Instant

  package init(
    number: UInt64, target: Int?, type: UInt8, source: IPv6Address, destination: IPv6Address,
    linkDestination: LinkLayerAddress? = nil, attempt: Int, at: Instant
  ) {
    self.number = number
    self.target = target
    self.type = type
    self.source = source
    self.destination = destination
    self.linkDestination = linkDestination
    self.attempt = attempt
    self.at = at
  }
}

/// An advertisement (neighbor's, type 136, or router's, 134) with what it means for the act.
package struct LinkAdvertisement: Hashable, Sendable {
  package var message: HeardMessage
  /// Index of the target it speaks of; nil where there is none (routers).
  package var target: Int?
  /// What became of it.
  package enum Standing: Hashable, Sendable {
    /// It counts as an answer.
    case answer
    /// One more of the same from the same.
    case repeated
    /// It came before the first solicitation, or nobody asked for it.
    case unsolicited
    /// A rule says that it must be discarded; it is shown and not believed.
    case discarded
    /// Our own solicitation, heard again.
    case loopedBack
  }
  package var standing: Standing
  /// From the transmit stamp of the youngest solicitation before it (both stamps are the kernel's); nil where there
  /// was none or it has no stamp.
  package var roundTrip: Nanoseconds?
  package var roundTripSource: RoundTripSource = .capture
  /// Call to send until the transmit stamp of that solicitation.
  package var hostTransmit: Nanoseconds?
  /// Receive stamp until the read returned.
  package var hostReceive: Nanoseconds?
  /// The attempt it fell into, from 1; 0 before the first.
  package var attempt: Int

  package init(message: HeardMessage, target: Int?, standing: Standing, attempt: Int) {
    self.message = message
    self.target = target
    self.standing = standing
    self.attempt = attempt
  }
}

/// What a run over one link ends with: one for each target (neighbor), else one.
package enum LinkSummary: Sendable {
  case neighbor(NeighborSummary)
  case routers(RoutersSummary)
  case table(KernelNeighborLimits?, entries: Int, at: Instant)
  case watch(WatchSummary)
  case scan(ScanSummary)
  case baseline(GuardSummary)
  case conformance(tried: Int, asExpected: Int, at: Instant)
}
