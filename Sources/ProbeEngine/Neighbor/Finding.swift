package import Timing
package import Wire

/// Something that is not as it should be, or not as it was.
package struct Finding: Hashable, Sendable {
  /// Names are what `--json` says.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Two stations claim one address.
    case conflict
    /// A station answers that is not the one in the kernel's entry.
    case wrongKernelEntry = "wrong_kernel_entry"
    /// A message or an option breaks a rule (`rule`).
    case brokenRule = "broken_rule"
    /// Frame and option name different link-layer addresses (a proxy, or a lie).
    case frameDiffers = "frame_differs"
    /// An address of this host was refused as a duplicate.
    case duplicateAddress = "duplicate_address"
    /// Somebody advertises an address of this host.
    case ownAddressClaimed = "own_address_claimed"
    /// Our own solicitation came back.
    case loopedBack = "looped_back"
    /// No router answered.
    case noRouter = "no_router"
    /// Routers disagree (RFC 4861 §6.2.7) about `field`.
    case inconsistentRouters = "inconsistent_routers"
    /// An advertised MTU is above what the link carries.
    case mtuAboveLink = "mtu_above_link"
    /// Advertised, used and link MTU are not what they should be to each other.
    case mtuDiffers = "mtu_differs"
    /// The kernel did not take an advertisement (part), see the router's parts.
    case notAccepted = "not_accepted"
    /// An advertisement with a router lifetime of 0.
    case routerRetires = "router_retires"
    // Against a baseline
    case rogueRouter = "rogue_router"
    case missingRouter = "missing_router"
    case newLinkLayerAddress = "new_link_layer_address"
    /// `field` is not what it was.
    case changed
    case prefixAdded = "prefix_added"
    case prefixRemoved = "prefix_removed"
    case advertisementFlood = "advertisement_flood"
    case redirect
    /// Somebody performs duplicate address detection.
    case duplicateDetection = "duplicate_detection"
    /// So many (`found`) were not looked at: a bound was reached, or the capture had no room.
    case dropped
    /// The kernel's neighbor table is nearly full, or was.
    case tableFull = "table_full"
  }

  package enum Severity: String, Hashable, Sendable {
    /// Exit code 4.
    case problem
    case notice
  }

  /// What a finding is about, where it is one field of an advertisement.
  package enum Field: String, Hashable, Sendable {
    case hopLimit = "hop_limit"
    case managed, other
    case homeAgent = "home_agent"
    case proxy
    case preference
    case lifetime
    case reachableTime = "reachable_time"
    case retransmitTimer = "retransmit_timer"
    case mtu
    case prefix
    case prefixFlags = "prefix_flags"
    case validLifetime = "valid_lifetime"
    case preferredLifetime = "preferred_lifetime"
    case route
    case routeLifetime = "route_lifetime"
    case recursiveDNSServers = "recursive_dns_servers"
    case dnsSearchList = "dns_search_list"
    case captivePortal = "captive_portal"
    case pref64
    case encryptedDNS = "encrypted_dns"
    case router
    case link
  }

  package enum Value: Hashable, Sendable {
    case number(UInt64)
    case flag(Bool)
    case address(IPv6Address)
    case addresses([IPv6Address])
    case prefix(IPv6Address, length: UInt8)
    case link(LinkLayerAddress)
    /// Octets from the wire that are text (names, a URI): whoever prints them escapes them.
    case text([UInt8])
    case preference(RouterPreference)
    case none
  }

  package var kind: Kind
  package var severity: Severity
  package var at: Instant
  /// Whom it is about: a target, a router, an address of ours.
  package var address: IPv6Address?
  package var link: LinkLayerAddress?
  /// The other station, where there are two.
  package var otherAddress: IPv6Address?
  package var otherLink: LinkLayerAddress?
  package var field: Field?
  package var prefix: IPv6Address?
  package var prefixLength: UInt8?
  package var rule: BrokenRule?
  package var obstacle: AcceptanceObstacle?
  package var expected: Value?
  package var found: Value?
  /// Target of the run, where the finding belongs to one.
  package var target: Int?

  package init(_ kind: Kind, _ severity: Severity, at: Instant) {
    self.kind = kind
    self.severity = severity
    self.at = at
  }
}
