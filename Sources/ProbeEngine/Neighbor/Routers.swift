package import Timing
package import Wire

/// The question to routers.
package struct RouterConfiguration: Sendable {
  /// nil: `::`, where there is no link-local address.
  package var source: IPv6Address?
  /// ff02::2, or one router.
  package var destination = IPv6Address(bits: 0xff02 << 112 | 2)
  /// Solicitations at most (3: RFC 4861 §10); 0: only listens.
  package var attempts = 3
  /// From a solicitation to the next, and how long its answers are listened for (4 s: RFC 4861 §10; an answer may
  /// legally take 0.5 s, a multicast one 3 s more).
  package var interval = Nanoseconds.seconds(4)
  /// Ends with the first advertisement.
  package var stopsAtFirstAnswer = false
  /// false: sends nothing and listens to each window all the same; what is heard counts as an answer.
  package var solicits = true
  /// Goes on listening until it is stopped, or for so long.
  package var watch: Watch = .no
  /// So long after the last solicitation at least it is listened before it is said that there is no router (RFC 4861
  /// §6.2.6: an answer may be delayed by 0.5 s, and multicast advertisements are 3 s apart).
  package var patience = Nanoseconds.milliseconds(3_500)
  package var includesLinkLayerAddress = true
  /// Routers that are remembered; further ones are counted.
  package var maximumRouters = 64

  package enum Watch: Hashable, Sendable {
    case no
    case untilStopped
    case time(Nanoseconds)
  }

  package init() {}
}

/// Why the kernel did not make of an advertisement what it says.
package enum AcceptanceObstacle: Hashable, Sendable {
  /// A rule says that it must be discarded.
  case discarded(NeighborRule)
  case ipv6Disabled
  /// accept_ra = 0.
  case acceptRAOff
  /// accept_ra = 1 while forwarding is on.
  case forwarding
  /// No link-local address that is ready.
  case noLinkLocalAddress
  /// accept_ra_defrtr = 0.
  case defaultRouterOff
  /// accept_ra_pinfo = 0.
  case prefixInformationOff
  /// autoconf = 0.
  case autoconfigurationOff
  /// The advertised hop limit is below accept_ra_min_hop_limit (only that value is left aside).
  case hopLimitTooLow(minimum: Int)
  /// A lifetime is below accept_ra_min_lft.
  case lifetimeTooShort(minimum: Int)
  /// accept_ra_mtu = 0.
  case mtuOff
  /// The advertised MTU is above the link's, or below 1280.
  case mtuOutOfRange
  /// The prefix is not of 64 bits.
  case prefixLengthNot64
  /// accept_ra_rtr_pref = 0: routes are not read.
  case routePreferenceOff
  /// ra_honor_pio_pflag = 1, and the prefix says that addresses come by delegation (RFC 9762).
  case delegationPreferred
  /// accept_ra_rt_info_max_plen is below the route's length.
  case routeTooLong(maximum: Int)
  /// The advertisement comes from an address of this host (accept_ra_from_local = 0).
  case fromThisHost
  /// An option that breaks a rule.
  case optionIgnored(NeighborRule)
  /// The kernel refused the address as a duplicate.
  case duplicateAddress
  /// Valid lifetime 0, or a router lifetime of 0: there is nothing to be made.
  case lifetimeZero
  /// Nothing here explains it.
  case unknown
}

/// What the kernel made of one part of an advertisement.
package struct AcceptedPart: Hashable, Sendable {
  package enum Part: Hashable, Sendable {
    case defaultRouter
    case prefix(IPv6Address, length: UInt8)
    case route(IPv6Address, length: UInt8)
    case mtu(UInt32)
    case hopLimit(UInt8)
  }
  package var part: Part
  /// The address or route that came of it; both nil where nothing did.
  package var addresses: [KernelAddress] = []
  package var route: KernelRoute?
  /// For `mtu`: what IPv6 on the interface uses now.
  package var mtu: UInt32?
  /// Empty: it was accepted.
  package var obstacles: [AcceptanceObstacle] = []

  package init(_ part: Part) { self.part = part }
}

/// One router as it was seen.
package struct RouterRow: Sendable {
  package var address: IPv6Address
  /// Of the frame of its last advertisement.
  package var frameLink: LinkLayerAddress?
  /// From its source link-layer address option.
  package var optionLink: LinkLayerAddress?
  /// The last one.
  package var advertisement: HeardMessage
  package var advertisements: UInt64
  package var roundTrip: Nanoseconds?
  /// Joined with the kernel; nil where the kernel was not asked.
  package var parts: [AcceptedPart]?
  /// When this row was made: remaining lifetimes count from here.
  package var at: Instant

  package init(address: IPv6Address, advertisement: HeardMessage, advertisements: UInt64, at: Instant) {
    self.address = address
    self.advertisement = advertisement
    self.advertisements = advertisements
    self.at = at
  }
}

package struct RoutersSummary: Hashable, Sendable {
  package var solicitations: Int
  package var sendFailed: Int
  package var sendErrno: Int32?
  package var routers: Int
  package var advertisements: UInt64
  /// Advertisements that had to be discarded.
  package var discarded: UInt64
  /// Advertisements of routers beyond `maximumRouters`.
  package var forgotten: UInt64
  package var problems: Int
  package var isInterrupted: Bool
  package var at: Instant

  package init(at: Instant) {
    solicitations = 0
    sendFailed = 0
    sendErrno = nil
    routers = 0
    advertisements = 0
    discarded = 0
    forgotten = 0
    problems = 0
    isInterrupted = false
    self.at = at
  }
}
