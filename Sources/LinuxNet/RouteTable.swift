import CLinux
import Glibc
package import Wire

/// An entry of the kernel's IPv6 routing tables (RTM_NEWROUTE, rtnetlink(7)).
package struct RouteEntry: Equatable, Sendable {
  package struct NextHop: Equatable, Sendable {
    package var interface: UInt32
    /// nil: the destination is on the link.
    package var gateway: IPv6Address?
  }

  /// RT_TABLE_MAIN.
  package static let mainTable: UInt32 = 254
  /// RT_TABLE_LOCAL: own, anycast and multicast addresses.
  package static let localTable: UInt32 = 255

  package var prefix = IPv6Address.unspecified
  package var prefixLength: UInt8
  package var kind: Route.Kind
  package var table: UInt32
  /// RTPROT_*: 2 kernel, 3 boot, 4 static, 9 router advertisement.
  package var origin: UInt8
  package var metric: UInt32 = 0
  /// One, or those of a multipath route; none for a route that refuses.
  package var nextHops: [NextHop] = []
  /// RTAX_MTU, RTAX_HOPLIMIT; nil: the interface's.
  package var mtu: UInt32?
  package var hopLimit: UInt32?
  /// Seconds left; nil: for ever.
  package var lifetime: UInt32?
  /// RTA_PREF as router advertisements have it: 0 medium, 1 high, 3 low.
  package var preference: UInt8 = 0
  /// RTM_F_CLONED: an exception for one destination.
  package var isCached = false
}

/// The kernel's routing tables, in the calling thread's network namespace.
package enum RouteTable {
  /// Routes of one interface (0: of all), of all tables. Exceptions aside.
  package static func entries(interface: UInt32 = 0) throws(SystemError) -> [RouteEntry] {
    let socket = try NetlinkSocket()
    // A host may have a full table of the internet; the kernel can leave other interfaces away (Linux 4.20).
    let isFiltered = interface != 0 && socket.checksStrictly()
    return try socket.dump("netlink RTM_GETROUTE") {
      // struct rtmsg: family, else zero.
      var request = NetlinkRequest(
        type: UInt16(RTM_GETROUTE), flags: NetlinkRequest.dump, sequence: $0,
        fixed: [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 11))
      if isFiltered { request.append(UInt16(RTA_OIF.rawValue), interface) }
      return request
    } reading: { message, octets in
      guard Int32(message.type) == RTM_NEWROUTE, let entry = RouteEntry(message, octets), !entry.isCached
      else { return nil }
      return interface == 0 || entry.nextHops.contains { $0.interface == interface } ? entry : nil
    }
  }
}

extension RouteEntry {
  /// nil for a message that holds no IPv6 route.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    let start = message.body.lowerBound
    guard message.body.count >= 12, octets[start] == UInt8(AF_INET6) else { return nil }
    self.init(
      prefixLength: octets[start + 1], kind: Route.Kind(octets[start + 7]),
      table: UInt32(octets[start + 4]), origin: octets[start + 5])
    isCached = octets.native32(at: start + 8) & 0x200 != 0
    var interface: UInt32 = 0
    var gateway: IPv6Address?
    var offset = start + 12
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 1 where value.count >= 16:  // RTA_DST
        prefix = octets.address(at: value.lowerBound)
      case 4 where value.count >= 4:  // RTA_OIF
        interface = octets.native32(at: value.lowerBound)
      case 5 where value.count >= 16:  // RTA_GATEWAY
        gateway = octets.address(at: value.lowerBound)
      case 6 where value.count >= 4:  // RTA_PRIORITY
        metric = octets.native32(at: value.lowerBound)
      case 8:  // RTA_METRICS
        readMetrics(octets, value)
      case 9:  // RTA_MULTIPATH
        readNextHops(octets, value)
      case 12 where value.count >= 12:  // RTA_CACHEINFO: references, last use, expires
        let ticks = Int32(bitPattern: octets.native32(at: value.lowerBound + 8))
        // Below zero: it has expired and was not collected yet.
        if ticks != 0 { lifetime = UInt32(clamping: Int64(ticks) / NetlinkTicks.perSecond) }
      case 15 where value.count >= 4:  // RTA_TABLE: all 32 bits of it
        table = octets.native32(at: value.lowerBound)
      case 20 where value.count >= 1:  // RTA_PREF
        preference = octets[value.lowerBound] & 3
      default: break
      }
      offset = attribute.end
    }
    if interface != 0 { nextHops.append(NextHop(interface: interface, gateway: gateway)) }
  }

  private mutating func readMetrics(_ octets: borrowing Span<UInt8>, _ metrics: Range<Int>) {
    var offset = metrics.lowerBound
    while let metric = NetlinkAttribute(in: octets, at: offset, limit: metrics.upperBound) {
      if metric.value.count >= 4 {
        let number = octets.native32(at: metric.value.lowerBound)
        if metric.type == 2 { mtu = number }  // RTAX_MTU
        if metric.type == 10 { hopLimit = number }  // RTAX_HOPLIMIT
      }
      offset = metric.end
    }
  }

  /// A row of struct rtnexthop, each with attributes of its own.
  private mutating func readNextHops(_ octets: borrowing Span<UInt8>, _ rows: Range<Int>) {
    var start = rows.lowerBound
    while start + 8 <= rows.upperBound {
      let length = Int(octets.native16(at: start))
      guard length >= 8, length <= rows.upperBound - start else { return }
      var hop = NextHop(interface: octets.native32(at: start + 4), gateway: nil)
      var offset = start + 8
      while let attribute = NetlinkAttribute(in: octets, at: offset, limit: start + length) {
        if attribute.type == 5, attribute.value.count >= 16 {
          hop.gateway = octets.address(at: attribute.value.lowerBound)
        }
        offset = attribute.end
      }
      nextHops.append(hop)
      start += (length + 3) & ~3
    }
  }
}
