import CLinux
import Glibc
package import Timing
package import Wire

/// An entry of the kernel's IPv6 neighbor table (RTM_NEWNEIGH, rtnetlink(7), linux/neighbour.h).
package struct NeighborEntry: Equatable, Sendable {
  package var address: IPv6Address
  /// 0: a proxy entry for every interface.
  package var interface: UInt32
  /// Empty where none is known.
  package var linkLayerAddress: [UInt8] = []
  /// NUD_* bits.
  package var state: UInt16
  /// NTF_* bits.
  package var flags: UInt8
  /// NTF_EXT_* bits.
  package var extendedFlags: UInt32 = 0
  /// Since it was confirmed, used, changed last; nil where the kernel does not say (proxies).
  package var confirmedAge: Nanoseconds?
  package var usedAge: Nanoseconds?
  package var updatedAge: Nanoseconds?
  /// The kernel's count: a resolution begins at `ucast_solicit` (3), a confirmation at 0, and the next one alone sets it
  /// back, not an answer.
  package var probes: UInt32 = 0

  /// NTF_PROXY: this host answers for the address.
  package var isProxy: Bool { flags & 0x08 != 0 }
  /// NTF_EXT_LEARNED.
  package var isExternallyLearned: Bool { flags & 0x10 != 0 }
  /// NTF_ROUTER.
  package var isRouter: Bool { flags & 0x80 != 0 }
}

/// Bounds and losses of the kernel's IPv6 neighbor table, which all network namespaces share (RTM_GETNEIGHTBL).
package struct NeighborLimits: Equatable, Sendable {
  /// gc_thresh1, gc_thresh2, gc_thresh3; fewer where the kernel does not say.
  package var thresholds: [UInt32]
  /// Entries of all namespaces.
  package var entries: UInt32
  /// How often an entry found no room (ndts_table_fulls).
  package var tableFulls: UInt64
}

/// The kernel's neighbor table, in the calling thread's network namespace.
package enum NeighborTable {
  /// Entries of one interface (0: of all), then the proxies.
  package static func entries(interface: UInt32 = 0) throws(SystemError) -> [NeighborEntry] {
    let socket = try NetlinkSocket()
    var entries: [NeighborEntry] = []
    // NTF_PROXY in the question asks for proxies in place of neighbors.
    for flags: UInt8 in [0, 0x08] {
      entries += try socket.dump("netlink RTM_GETNEIGH") {
        // struct ndmsg: family, padding, interface, state, flags, type.
        let fixed: [UInt8] = [UInt8(AF_INET6), 0, 0, 0] + NetlinkRequest.native(0) + [0, 0, flags, 0]
        var request = NetlinkRequest(
          type: UInt16(RTM_GETNEIGH), flags: NetlinkRequest.dump, sequence: $0, fixed: fixed)
        // NDA_IFINDEX: the kernel leaves others away (Linux 4.4).
        if interface != 0, flags == 0 { request.append(8, interface) }
        return request
      } reading: { message, octets in
        guard Int32(message.type) == RTM_NEWNEIGH, let entry = NeighborEntry(message, octets) else {
          return nil
        }
        let isWanted = interface == 0 || entry.interface == interface || entry.interface == 0
        return isWanted ? entry : nil
      }
    }
    return entries
  }

  /// nil: the kernel has no IPv6 table.
  package static func limits() throws(SystemError) -> NeighborLimits? {
    let socket = try NetlinkSocket()
    return try socket.dump("netlink RTM_GETNEIGHTBL") {
      // struct ndtmsg: family, padding.
      NetlinkRequest(
        type: UInt16(RTM_GETNEIGHTBL), flags: NetlinkRequest.dump, sequence: $0,
        fixed: [UInt8(AF_INET6), 0, 0, 0])
    } reading: { message, octets in
      Int32(message.type) == RTM_NEWNEIGHTBL ? NeighborLimits(message, octets) : nil
    }.first
  }
}

extension NeighborEntry {
  /// nil for a message that holds no entry of IPv6.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    let start = message.body.lowerBound
    guard message.body.count >= 12, octets[start] == UInt8(AF_INET6) else { return nil }
    self.init(
      address: .unspecified, interface: octets.native32(at: start + 4),
      state: octets.native16(at: start + 8), flags: octets[start + 10])
    var address: IPv6Address?
    var offset = start + 12
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 1 where value.count >= 16:  // NDA_DST
        address = octets.address(at: value.lowerBound)
      case 2:  // NDA_LLADDR
        linkLayerAddress = value.prefix(32).map { octets[$0] }
      case 3 where value.count >= 12:  // NDA_CACHEINFO: confirmed, used, updated, references
        confirmedAge = NetlinkTicks.duration(octets.native32(at: value.lowerBound))
        usedAge = NetlinkTicks.duration(octets.native32(at: value.lowerBound + 4))
        updatedAge = NetlinkTicks.duration(octets.native32(at: value.lowerBound + 8))
      case 4 where value.count >= 4:  // NDA_PROBES
        probes = octets.native32(at: value.lowerBound)
      case 15 where value.count >= 4:  // NDA_FLAGS_EXT
        extendedFlags = octets.native32(at: value.lowerBound)
      default: break
      }
      offset = attribute.end
    }
    guard let address else { return nil }
    self.address = address
  }
}

extension NeighborLimits {
  /// nil for the parts of the answer that are about one interface, and for another family's table.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    let start = message.body.lowerBound
    guard message.body.count >= 4, octets[start] == UInt8(AF_INET6) else { return nil }
    self.init(thresholds: [], entries: 0, tableFulls: 0)
    var isWhole = false
    var offset = start + 4
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 2...4 where value.count >= 4:  // NDTA_THRESH1, 2, 3
        thresholds.append(octets.native32(at: value.lowerBound))
      case 5 where value.count >= 8:  // NDTA_CONFIG: key length, entry size, entries
        entries = octets.native32(at: value.lowerBound + 4)
        isWhole = true
      case 7 where value.count >= 88:  // NDTA_STATS: the eleventh of its counters
        tableFulls = octets.native64(at: value.lowerBound + 80)
      default: break
      }
      offset = attribute.end
    }
    guard isWhole else { return nil }
  }
}

/// Durations in the kernel's user-visible clock ticks (USER_HZ, time(7)).
enum NetlinkTicks {
  static let perSecond = max(1, Int64(sysconf(Int32(_SC_CLK_TCK))))

  static func duration(_ ticks: UInt32) -> Nanoseconds {
    Nanoseconds(Int64(ticks) * (1_000_000_000 / perSecond))
  }
}
