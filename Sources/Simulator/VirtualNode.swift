package import Timing
package import Wire

/// A router, or a target, of a virtual path: one row of its table.
package struct VirtualNode: Sendable {
  /// What a router looks at to choose among several next hops.
  package enum Hashing: String, Sendable {
    case flowLabel = "label"
    /// The first four octets of the upper layer: ports, or type, code and checksum of an echo.
    case ports
    case both
    /// Each packet goes to the next one in turn.
    case perPacket = "packet"
  }

  /// What a target does with a probe.
  package enum Service: Hashable, Sendable {
    case closed
    case open
    case silent
    /// An ICMPv6 error of this type and code, from the target.
    case rejected(type: UInt8, code: UInt8)
  }

  /// A field that packets leave this node with.
  package enum Rewrite: Hashable, Sendable {
    case differentiatedServices(UInt8)
    case ecn(UInt8)
    case flowLabel(UInt32)
    /// Addresses and ports are translated: the checksum stays right.
    case source(IPv6Address)
    case destination(IPv6Address)
    case sourcePort(UInt16)
    case destinationPort(UInt16)
    /// The IPv6 payload length alone.
    case length(UInt16)
    /// The transport checksum alone.
    case checksum(UInt16)
  }

  /// Hop limit at which packets end here.
  package var hop: Int
  package var address: IPv6Address
  /// There and back.
  package var delay: Nanoseconds
  /// At most so much is added, evenly distributed.
  package var jitter: Nanoseconds = .zero
  package var isTarget = false
  /// Addresses that follow; empty: the nodes of the next hop.
  package var next: [IPv6Address] = []
  package var hashing: Hashing = .both
  /// Only packets to that target come by here.
  package var onlyTo: IPv6Address?

  // MARK: Forwarding

  /// Octets of the longest packet that the link behind it carries.
  package var mtu: Int?
  /// Longer packets vanish without a word.
  package var isBlackHole = false
  /// Every n-th packet is not forwarded.
  package var dropsEvery: Int?
  /// Nothing is forwarded: this error is sent instead. `word`: MTU or pointer.
  package var refuses: (type: UInt8, code: UInt8, word: UInt32)?
  package var rewrites: [Rewrite] = []
  /// Errors from behind it seem to come from the target.
  package var isMasking = false

  // MARK: Errors

  package var isSilent = false
  /// Every n-th error is not sent.
  package var losesEvery: Int?
  /// Errors a second, and how many at once.
  package var limit: (rate: Double, burst: Int)?
  /// Octets of the invoking packet that it quotes; nil: as many as fit 1280.
  package var quoteCount: Int?
  /// Whole extension objects.
  package var extensions: [UInt8] = []
  /// Behind 128 octets without a length field, as before RFC 4884.
  package var isLegacy = false
  /// Each error is sent twice.
  package var duplicates = false
  package var hasWrongChecksum = false
  /// Another error comes first, with one octet of the quoted payload changed.
  package var forges = false

  // MARK: Answers of a target

  package var udp: Service = .closed
  package var tcp: Service = .closed
  package var echo: Service = .open
  /// Answers come from this address.
  package var answersFrom: IPv6Address?

  package init(hop: Int, address: IPv6Address, delay: Nanoseconds) {
    self.hop = hop
    self.address = address
    self.delay = delay
  }
}
