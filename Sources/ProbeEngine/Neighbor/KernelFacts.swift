package import Timing
package import Wire

/// An entry of the kernel's neighbor table (RTM_NEWNEIGH, linux/neighbour.h).
package struct KernelNeighbor: Hashable, Sendable {
  /// NUD_* bits.
  package struct State: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let none = State(rawValue: 0)
    package static let incomplete = State(rawValue: 0x01)
    package static let reachable = State(rawValue: 0x02)
    package static let stale = State(rawValue: 0x04)
    package static let delay = State(rawValue: 0x08)
    package static let probe = State(rawValue: 0x10)
    package static let failed = State(rawValue: 0x20)
    package static let noARP = State(rawValue: 0x40)
    package static let permanent = State(rawValue: 0x80)
  }

  package var address: IPv6Address
  package var interface: UInt32
  /// nil where none is known (incomplete, failed).
  package var link: LinkLayerAddress?
  package var state: State
  /// NTF_ROUTER: it has said that it is a router.
  package var isRouter = false
  /// NTF_PROXY: this host answers for it.
  package var isProxy = false
  /// NTF_EXT_LEARNED: from a control plane, not from the link.
  package var isExternallyLearned = false
  /// Since it was confirmed, used, changed last (struct nda_cacheinfo); nil unknown.
  package var confirmedAge: Nanoseconds?
  package var usedAge: Nanoseconds?
  package var updatedAge: Nanoseconds?
  /// Solicitations sent without an answer (NDA_PROBES).
  package var probes: UInt32 = 0

  package init(address: IPv6Address, interface: UInt32, link: LinkLayerAddress?, state: State) {
    self.address = address
    self.interface = interface
    self.link = link
    self.state = state
  }
}

/// Bounds and losses of the kernel's IPv6 neighbor table (RTM_GETNEIGHTBL).
package struct KernelNeighborLimits: Hashable, Sendable {
  /// gc_thresh1 to 3: below the first nothing is collected; above the last nothing new gets in.
  package var thresholds: [UInt32]
  package var entries: UInt32
  /// How often an entry found no room (NDTS_TABLE_FULLS).
  package var tableFulls: UInt64

  package init(thresholds: [UInt32], entries: UInt32, tableFulls: UInt64) {
    self.thresholds = thresholds
    self.entries = entries
    self.tableFulls = tableFulls
  }
}

/// An address of this host (RTM_NEWADDR).
package struct KernelAddress: Hashable, Sendable {
  package var address: IPv6Address
  package var prefixLength: UInt8
  package var interface: UInt32
  /// IFA_F_* of linux/if_addr.h.
  package var flags: UInt32
  /// Seconds left (struct ifa_cacheinfo); nil: for ever, or unknown.
  package var validLifetime: UInt32?
  package var preferredLifetime: UInt32?
  /// IFAPROT_*: 2 made from a router advertisement, 3 link-local by the kernel; 0 unknown.
  package var origin: UInt8 = 0

  package var isTentative: Bool { flags & 0x40 != 0 }
  package var isDuplicate: Bool { flags & 0x08 != 0 }
  package var isDeprecated: Bool { flags & 0x20 != 0 }
  package var isTemporary: Bool { flags & 0x01 != 0 }

  package init(address: IPv6Address, prefixLength: UInt8, interface: UInt32, flags: UInt32) {
    self.address = address
    self.prefixLength = prefixLength
    self.interface = interface
    self.flags = flags
  }
}

/// A route of this host (RTM_NEWROUTE); its table and the cache aside.
package struct KernelRoute: Hashable, Sendable {
  package var prefix: IPv6Address
  package var prefixLength: UInt8
  package var gateway: IPv6Address?
  package var interface: UInt32
  /// RTPROT_*: 2 kernel, 3 boot, 4 static, 9 from a router advertisement.
  package var origin: UInt8
  package var metric: UInt32 = 0
  /// Its own MTU (RTAX_MTU); nil: the interface's.
  package var mtu: UInt32?
  package var hopLimit: UInt32?
  /// Seconds left; nil: for ever.
  package var lifetime: UInt32?
  package var preference: RouterPreference = .medium

  package init(
    prefix: IPv6Address, prefixLength: UInt8, gateway: IPv6Address?, interface: UInt32, origin: UInt8
  ) {
    self.prefix = prefix
    self.prefixLength = prefixLength
    self.gateway = gateway
    self.interface = interface
    self.origin = origin
  }
}

/// An interface as neighbor discovery sees it.
package struct KernelInterface: Hashable, Sendable {
  package var index: UInt32
  package var name: String
  /// The link's MTU.
  package var mtu: UInt32
  /// IPv6's own (net.ipv6.conf.NAME.mtu), which an advertisement may lower; nil unknown.
  package var ipv6MTU: UInt32?
  package var link: LinkLayerAddress?
  package var isUp = true
  package var isRunning = true
  package var isLoopback = false
  package var settings = KernelSettings()

  package init(index: UInt32, name: String, mtu: UInt32, link: LinkLayerAddress?) {
    self.index = index
    self.name = name
    self.mtu = mtu
    self.link = link
  }
}

/// net.ipv6.conf.NAME.*: what decides about router advertisements; nil where it cannot be read (ip-sysctl).
package struct KernelSettings: Hashable, Sendable {
  package var disableIPv6: Int?
  package var forwarding: Int?
  package var acceptRA: Int?
  package var acceptDefaultRouter: Int?
  package var acceptPrefixInformation: Int?
  package var acceptRouterPreference: Int?
  package var acceptRouteInformationMaximumLength: Int?
  package var acceptMTU: Int?
  package var acceptMinimumHopLimit: Int?
  package var acceptMinimumLifetime: Int?
  package var acceptFromLocal: Int?
  package var autoconfiguration: Int?
  /// 0 EUI-64, 1 no link-local address at all, 2 stable privacy, 3 random.
  package var addressGenerationMode: Int?
  package var duplicateAddressTransmits: Int?
  package var honorsDelegationPreferredFlag: Int?
  /// What the interface sends with (hop_limit), which an advertisement may set.
  package var hopLimit: Int?

  package init() {}
}

/// What the kernel knows of one link at one moment.
package struct KernelView: Sendable {
  package var interface: KernelInterface
  /// Of this interface.
  package var addresses: [KernelAddress] = []
  /// By this interface.
  package var routes: [KernelRoute] = []
  /// Of this interface.
  package var neighbors: [KernelNeighbor] = []
  package var limits: KernelNeighborLimits?
  package var at: Instant

  package init(interface: KernelInterface, at: Instant) {
    self.interface = interface
    self.at = at
  }

  package func isOwn(_ address: IPv6Address) -> Bool { addresses.contains { $0.address == address } }

  package func neighbor(_ address: IPv6Address) -> KernelNeighbor? {
    neighbors.first { $0.address == address && !$0.isProxy }
  }

  /// A link-local address that may be a source (RFC 4862 §5.4: not a tentative one, not a duplicate).
  package var linkLocalSource: IPv6Address? {
    addresses.first {
      $0.address.isLinkLocalUnicast && !$0.isDuplicate && (!$0.isTentative || $0.flags & 0x04 != 0)
    }?
    .address
  }
}

/// A change that the kernel told of (netlink groups RTNLGRP_NEIGH, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_PREFIX,
/// _ND_USEROPT).
package enum KernelChange: Hashable, Sendable {
  case neighbor(KernelNeighbor, isGone: Bool)
  case address(KernelAddress, isGone: Bool)
  case route(KernelRoute, isGone: Bool)
  /// A prefix that a router advertisement brought (RTM_NEWPREFIX).
  case prefix(IPv6Address, length: UInt8, interface: UInt32, validLifetime: UInt32, preferredLifetime: UInt32)
  /// An option of a router advertisement that was accepted, as it stood on the wire (RTM_NEWNDUSEROPT).
  case advertisedOption([UInt8], from: IPv6Address, interface: UInt32)
  /// The kernel's queue ran over (ENOBUFS): changes are missing here.
  case lost
}
