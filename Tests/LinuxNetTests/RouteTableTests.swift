import KernelLab
import Testing
import Wire

@testable import LinuxNet

/// The kernel's routes, as `ip -6 route` prints them.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct RouteTableTests {
  static let ip = NetworkNamespace.command

  @Test func `routes are those of ip, with gateway, metric, lifetime, metrics and preference`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      try Self.ip(
        "ip", "-6", "route", "add", "2001:db8:7::/48", "via", "2001:db8:1::2", "dev", "left", "proto", "ra",
        "metric", "77", "mtu", "1300", "hoplimit", "9", "expires", "500", "pref", "high")
      try Self.ip(
        "ip", "-6", "route", "add", "default", "via", "fe80::9", "dev", "left", "pref", "low")
      let left = try #require(Interfaces.index(of: "left"))
      let entries = try RouteTable.entries(interface: left).filter { $0.table == RouteEntry.mainTable }
      let text = try KernelText("-6", "route", "show", "dev", "left", "table", "main")
      #expect(entries.count == text.lines.count)
      let origins: [UInt8: Substring] = [2: "kernel", 3: "boot", 4: "static", 9: "ra"]
      for entry in entries {
        let name =
          entry.prefixLength == 0 ? "default" : "\(entry.prefix)/\(entry.prefixLength)"
        let words = try #require(text.line(name), "\(name)")
        #expect(entry.kind == .unicast)
        #expect(entry.nextHops.map(\.interface) == [left])
        #expect(entry.nextHops.first?.gateway?.description == words.value("via").map { String($0) })
        // "boot" is not printed.
        #expect(origins[entry.origin] == words.value("proto") ?? "boot")
        #expect("\(entry.metric)" == words.value("metric"))
        #expect(entry.mtu.map { "\($0)" } == words.value("mtu").map { String($0) })
        #expect(entry.hopLimit.map { "\($0)" } == words.value("hoplimit").map { String($0) })
        // "expires 500sec"
        let seconds = words.value("expires").flatMap { word in UInt32(word.prefix { $0.isNumber }) }
        #expect((entry.lifetime == nil) == (seconds == nil))
        if let lifetime = entry.lifetime, let seconds { #expect(lifetime <= 500 && lifetime + 1 >= seconds) }
        let preferences: [UInt8: Substring] = [0: "medium", 1: "high", 3: "low"]
        #expect(preferences[entry.preference] == words.value("pref"))
      }
      #expect(entries.contains { $0.lifetime != nil && $0.mtu == 1300 && $0.hopLimit == 9 })
    }
  }

  @Test func `a multipath route has each of its next hops`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      try Self.ip("ip", "addr", "add", "2001:db8:2::1/64", "dev", "right", "nodad")
      try Self.ip(
        "ip", "-6", "route", "add", "2001:db8:7::/48", "nexthop", "via", "2001:db8:1::2", "dev", "left",
        "nexthop", "via", "2001:db8:2::2", "dev", "right", "nexthop", "via", "2001:db8:1::3", "dev", "left")
      let left = try #require(Interfaces.index(of: "left"))
      let right = try #require(Interfaces.index(of: "right"))
      let prefix = try IPv6Address(parsing: "2001:db8:7::")
      for interface in [0, left, right] {
        let found = try RouteTable.entries(interface: interface).filter { $0.prefix == prefix }
        let hops = found.flatMap(\.nextHops)
        #expect(found.count == 1)
        #expect(
          Set(hops.map { "\($0.gateway?.description ?? "-") \($0.interface)" }) == [
            "2001:db8:1::2 \(left)", "2001:db8:1::3 \(left)", "2001:db8:2::2 \(right)",
          ])
      }
    }
  }

  @Test func `routes of another interface and routes that refuse are left away`() throws {
    try NetworkNamespace.run {
      try RoutingTests.arrange()
      try NeighborTableTests.waitForLinks()
      let right = try #require(Interfaces.index(of: "right"))
      let ours = try RouteTable.entries(interface: right)
      #expect(ours.allSatisfy { $0.nextHops.map(\.interface) == [right] })
      #expect(ours.contains { $0.table == RouteEntry.localTable && $0.kind == .multicast })
      let all = try RouteTable.entries()
      #expect(all.contains { $0.kind == .blackhole })
      #expect(all.contains { $0.kind == .prohibit })
    }
  }

  @Test func `every shorter prefix and every flipped bit of a message gives a value, and an end`() {
    let header: [UInt8] = [0, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    var route = header
    route += [10, 48, 0, 0, 254, 9, 0, 1, 0, 0, 0, 0]  // rtmsg: AF_INET6, /48, main, RA, unicast
    route += [20, 0, 1, 0] + [UInt8](repeating: 0x20, count: 16)  // RTA_DST
    route += [20, 0, 8, 0, 8, 0, 2, 0, 0x14, 5, 0, 0, 8, 0, 10, 0, 9, 0, 0, 0]  // RTA_METRICS: MTU, hop limit
    // RTA_MULTIPATH with one next hop and its RTA_GATEWAY.
    route += [32, 0, 9, 0, 28, 0, 0, 0, 2, 0, 0, 0, 20, 0, 5, 0] + [UInt8](repeating: 0xfe, count: 16)
    route += [36, 0, 12, 0] + [UInt8](repeating: 1, count: 32)  // RTA_CACHEINFO
    route[0] = UInt8(route.count)
    let whole = NetlinkMessage(in: route.span, at: 0).flatMap { RouteEntry($0, route.span) }
    #expect(whole?.mtu == 1300 && whole?.hopLimit == 9 && whole?.nextHops.count == 1)
    for bit in 0..<route.count * 8 {
      var octets = route
      octets[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let message = NetlinkMessage(in: octets.span, at: 0) else { continue }
      _ = RouteEntry(message, octets.span)
      _ = NeighborEntry(message, octets.span)
      _ = NeighborLimits(message, octets.span)
      for type: UInt16 in [16, 17, 20, 24, 28, 52, 64, 68] {
        var message = message
        message.type = type
        _ = NetlinkChange(message, octets.span)
      }
    }
    for count in 16..<route.count {
      var octets = Array(route.prefix(count))
      octets[0] = UInt8(count)
      guard let message = NetlinkMessage(in: octets.span, at: 0) else { continue }
      _ = RouteEntry(message, octets.span)
      _ = NeighborEntry(message, octets.span)
      for type: UInt16 in [16, 20, 24, 28, 52, 68] {
        var message = message
        message.type = type
        _ = NetlinkChange(message, octets.span)
      }
    }
  }
}
