import Timing
import Wire

/// What one router advertisement says, read once: header, and options of which there may be several.
struct AdvertisedContents {
  struct Prefix: Hashable {
    var information: NeighborOptionValue.PrefixInformation
    var broken: NeighborRule?
    var key: PrefixKey { PrefixKey(information.prefix, length: information.length) }
  }

  struct Route: Hashable {
    var information: NeighborOptionValue.RouteInformation
    var broken: NeighborRule?
    var key: PrefixKey { PrefixKey(information.prefix, length: information.length) }
  }

  /// Prefixes and routes that are kept of one advertisement: more than fit the 1,500 octets of an Ethernet frame are
  /// no part of what a router has to say to hosts.
  static let maximumOptions = 256

  let header: RouterAdvertisement
  /// When its frame was stamped.
  let stamp: Instant
  private(set) var link: LinkLayerAddress?
  private(set) var prefixes: [Prefix] = []
  private(set) var routes: [Route] = []
  /// Of the first such option: Linux reads no other.
  private(set) var mtu: UInt32?
  /// In the order of numbers, each once.
  private(set) var dnsServers: [IPv6Address] = []
  /// Names with dots, a space between two.
  private(set) var dnsNames: [UInt8]?
  private(set) var captivePortal: [UInt8]?
  /// In the order of numbers, each once.
  private(set) var translationPrefixes: [PrefixKey] = []
  /// Options beyond `maximumOptions`.
  private(set) var omitted: UInt64 = 0

  /// nil: the octets are no router advertisement.
  init?(_ message: HeardMessage) {
    let octets = message.octets.span
    guard let header = try? RouterAdvertisement(decoding: octets) else { return nil }
    self.header = header
    stamp = message.arrival.stamp
    var count = 0
    var walk = NeighborOptionWalk(range: header.options)
    while let option = try? walk.next(in: octets) {
      count += 1
      guard count <= Self.maximumOptions else {
        omitted += 1
        continue
      }
      guard let value = try? option.value(in: octets) else { continue }
      add(value, NeighborRule.brokenRule(of: option, in: octets), type: option.type, octets)
    }
    dnsServers = Self.unique(dnsServers) { $0.bits < $1.bits }
    translationPrefixes = Self.unique(translationPrefixes) { $0 < $1 }
  }

  private mutating func add(
    _ value: NeighborOptionValue, _ broken: NeighborRule?, type: NeighborOptionType, _ octets: Span<UInt8>
  ) {
    switch value {
    case .linkLayerAddress(let range):
      if type == .sourceLinkLayerAddress, link == nil { link = LinkLayerAddress(Self.copy(range, octets)) }
    case .prefix(let information): prefixes.append(Prefix(information: information, broken: broken))
    case .route(let information): routes.append(Route(information: information, broken: broken))
    case .mtu(let advertised): mtu = mtu ?? advertised
    // A lifetime of 0 takes back (RFC 8106 §5.1, §5.2, RFC 8781 §4).
    case .recursiveDNSServers(let lifetime, let servers) where lifetime > 0:
      for start in stride(from: servers.lowerBound, to: servers.upperBound, by: 16) {
        if let server = try? IPv6Address(decoding: octets, at: start) { dnsServers.append(server) }
      }
    case .dnsSearchList(let lifetime, let names) where broken == nil && lifetime > 0:
      let text = Self.text(of: names, octets)
      guard let earlier = dnsNames else { return dnsNames = text.isEmpty ? nil : text }
      dnsNames = text.isEmpty ? earlier : earlier + [0x20] + text
    case .captivePortal(let range): captivePortal = captivePortal ?? Self.copy(range, octets)
    case .pref64(let prefix, let length?, let lifetime) where lifetime > 0:
      translationPrefixes.append(PrefixKey(prefix, length: length))
    default: break
    }
  }

  private static func copy(_ range: Range<Int>, _ octets: Span<UInt8>) -> [UInt8] {
    range.map { octets[$0] }
  }

  private static func text(of names: Range<Int>, _ octets: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var walk = DNSLabelWalk(range: names)
    var isNameStart = true
    // Each step that is no error takes one octet at least.
    while !walk.range.isEmpty {
      do throws(WireError) {
        guard let label = try walk.next(in: octets) else {
          isNameStart = true
          continue
        }
        if !text.isEmpty { text.append(isNameStart ? 0x20 : UInt8(ascii: ".")) }
        text += copy(label, octets)
        isNameStart = false
      } catch {
        break
      }
    }
    return text
  }

  private static func unique<Element: Equatable>(
    _ elements: [Element], _ areInOrder: (Element, Element) -> Bool
  ) -> [Element] {
    var unique: [Element] = []
    for element in elements.sorted(by: areInOrder) where element != unique.last { unique.append(element) }
    return unique
  }
}

/// A prefix by which two of them are compared: bits behind its length are zero.
struct PrefixKey: Hashable, Comparable {
  let prefix: IPv6Address
  let length: UInt8

  /// Lengths above 128 count as 128.
  init(_ prefix: IPv6Address, length: UInt8) {
    self.length = min(length, 128)
    self.prefix = IPv6Address(bits: prefix.bits & Self.mask(self.length))
  }

  func contains(_ address: IPv6Address) -> Bool { address.bits & Self.mask(length) == prefix.bits }

  static func < (left: PrefixKey, right: PrefixKey) -> Bool {
    (left.prefix.bits, left.length) < (right.prefix.bits, right.length)
  }

  /// A shift by 128 gives zero.
  private static func mask(_ length: UInt8) -> UInt128 { UInt128.max << (128 - UInt128(length)) }
}
