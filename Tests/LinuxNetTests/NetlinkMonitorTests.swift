import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// What the kernel tells of its changes.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct NetlinkMonitorTests {
  static let ip = NetworkNamespace.command

  /// Changes until `isEnough` of them has come.
  private static func collect(
    _ monitor: borrowing NetlinkMonitor, until isEnough: ([NetlinkChange]) -> Bool
  ) throws -> [NetlinkChange] {
    var changes: [NetlinkChange] = []
    var poller = Poller()
    _ = poller.add(monitor.descriptor)
    let deadline = SystemClock.monotonicNow() + .seconds(10)
    while !isEnough(changes), SystemClock.monotonicNow() < deadline {
      _ = try poller.wait(until: deadline)
      try monitor.receive { changes.append($0) }
    }
    #expect(isEnough(changes), "\(changes)")
    return changes
  }

  private static func isOurs(_ address: InterfaceAddress) -> Bool {
    address.address.bits >> 80 == 0x2001_0db8_0003
  }

  @Test func `neighbors, addresses, routes and links are told as they come and go`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      let left = try #require(Interfaces.index(of: "left"))
      let monitor = try NetlinkMonitor()
      #expect(try monitor.receive { _ in Issue.record("nothing has changed") } == 0)
      let neighbor = ["2001:db8:1::5", "lladdr", "02:00:00:00:00:05", "dev", "left"]
      try NetworkNamespace.execute(["ip", "-6", "neigh", "add"] + neighbor)
      try NetworkNamespace.execute(["ip", "-6", "neigh", "del"] + neighbor)
      try Self.ip("ip", "addr", "add", "2001:db8:3::1/64", "dev", "left", "nodad")
      // A worker of the kernel tells of it; taken away before, it never was.
      var changes = try Self.collect(monitor) { changes in
        changes.contains { if case .address(let address, false) = $0 { Self.isOurs(address) } else { false } }
      }
      try Self.ip("ip", "addr", "del", "2001:db8:3::1/64", "dev", "left")
      try Self.ip("ip", "-6", "route", "add", "2001:db8:7::/48", "via", "2001:db8:1::2")
      try Self.ip("ip", "-6", "route", "del", "2001:db8:7::/48", "via", "2001:db8:1::2")
      try Self.ip("ip", "link", "del", "left")
      changes += try Self.collect(monitor) { changes in
        changes.contains { if case .link(let link, true) = $0 { link.index == left } else { false } }
      }
      let text = changes.compactMap { change -> String? in
        switch change {
        case .neighbor(let entry, let isGone) where !entry.address.isMulticast:
          "\(entry.address) \(linkText(entry.linkLayerAddress)) \(entry.interface == left) \(isGone)"
        case .address(let address, let isGone) where Self.isOurs(address):
          "\(address.address)/\(address.prefixLength) \(address.interface == left) \(isGone)"
        case .route(let entry, let isGone) where entry.prefixLength == 48:
          "\(entry.prefix) \(entry.nextHops.first?.gateway?.description ?? "-") \(isGone)"
        default: nil
        }
      }
      #expect(
        Array(text.prefix(6)) == [
          "2001:db8:1::5 02:00:00:00:00:05 true false",
          // The kernel tells first that it has failed, then that it is gone.
          "2001:db8:1::5  true false",
          "2001:db8:1::5  true true",
          "2001:db8:3::1/64 true false", "2001:db8:3::1/64 true true",
          "2001:db8:7:: 2001:db8:1::2 false",
        ])
      #expect(text.contains("2001:db8:7:: 2001:db8:1::2 true"))
    }
  }

  @Test func `an advertisement that the kernel took brings a prefix, an address and its options`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
      try NeighborTableTests.arrange()
      let left = try #require(Interfaces.index(of: "left"))
      let right = try #require(Interfaces.index(of: "right"))
      let monitor = try NetlinkMonitor()
      let router = try IPv6Address(parsing: "fe80::99")
      let dns: [UInt8] =
        [25, 3, 0, 0, 0, 0, 0, 60] + NetlinkRequest.network(try .init(parsing: "2001:db8::53"))
      let packet = try Self.advertisement(from: router, dns: dns)
      let socket = try LinkSocket()
      try socket.send(packet.span, to: [0x33, 0x33, 0, 0, 0, 1], interface: right)
      let prefix = try IPv6Address(parsing: "2001:db8:5::")
      func isOurs(_ address: InterfaceAddress) -> Bool {
        address.address.bits >> 64 == prefix.bits >> 64 && address.interface == left
      }
      let changes = try Self.collect(monitor) { changes in
        let hasAddress = changes.contains {
          if case .address(let address, false) = $0 { isOurs(address) } else { false }
        }
        let hasOption = changes.contains { if case .userOption = $0 { true } else { false } }
        let hasPrefix = changes.contains { if case .prefix = $0 { true } else { false } }
        return hasAddress && hasOption && hasPrefix
      }
      for change in changes {
        switch change {
        case .prefix(let found):
          #expect(
            found
              == NetlinkPrefix(
                prefix: prefix, prefixLength: 64, interface: left, validLifetime: 3600,
                preferredLifetime: 1800))
        case .userOption(let option) where option.octets.first == 25:
          #expect(
            option
              == NetlinkUserOption(interface: left, type: 134, code: 0, source: router, octets: dns))
        case .address(let address, false) where isOurs(address):
          #expect(address.origin == 2)
          #expect(address.validLifetime.map { (3590...3600).contains($0) } == true)
        default: break
        }
      }
      // The default route that came of it, as ip has it.
      let route = try RouteTable.entries(interface: left).first { $0.prefixLength == 0 && $0.origin == 9 }
      #expect(route?.nextHops.first?.gateway == router)
      #expect(route?.lifetime.map { (1790...1800).contains($0) } == true)
    }
  }

  @Test func `changes beyond the room of the queue are told as lost`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      let monitor = try NetlinkMonitor()
      try monitor.set(1, 8, 1, "setsockopt SO_RCVBUF")
      try Self.ip(
        "sh", "-c",
        "for i in $(seq 1 200); do printf 'neigh add 2001:db8:2::%x lladdr 02:00:00:00:00:05 dev left nud permanent\\n' $i; done | ip -6 -batch -"
      )
      let changes = try Self.collect(monitor) { $0.contains(.lost) }
      #expect(changes.count < 200)
      // And it goes on hearing.
      try Self.ip(
        "ip", "-6", "neigh", "add", "2001:db8:2::ffff", "lladdr", "02:00:00:00:00:05", "dev", "left")
      let last = try IPv6Address(parsing: "2001:db8:2::ffff")
      _ = try Self.collect(monitor) { changes in
        changes.contains { if case .neighbor(let entry, _) = $0 { entry.address == last } else { false } }
      }
    }
  }

  /// A router advertisement of 1800 s to all nodes, with a prefix of 3600 s and 1800 s to make addresses of.
  static func advertisement(from router: IPv6Address, dns: [UInt8]) throws -> [UInt8] {
    let prefix = NetlinkRequest.network(try IPv6Address(parsing: "2001:db8:5::"))
    // Length, flags L and A, valid and preferred lifetime, reserved, prefix.
    let information: [UInt8] =
      [3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x07, 0x08, 0, 0, 0, 0] + prefix
    // Hop limit 64, no flags, 1800 s, nothing about times.
    var message: [UInt8] = [134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]
    message += information + dns
    let allNodes = try IPv6Address(parsing: "ff02::1")
    let header = IPv6Header(
      payloadLength: UInt16(message.count), nextHeader: .icmpv6, hopLimit: HopLimit(rawValue: 255),
      source: router, destination: allNodes)
    let sum = PseudoHeader(
      source: router, destination: allNodes, upperLayerCount: UInt32(message.count), nextHeader: .icmpv6
    ).checksum(of: message.span)
    message[2] = UInt8(sum >> 8)
    message[3] = UInt8(sum & 255)
    var octets = [UInt8](repeating: 0, count: 40)
    var span = octets.mutableSpan
    _ = try header.encode(into: &span)
    return octets + message
  }
}
