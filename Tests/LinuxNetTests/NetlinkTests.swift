import KernelLab
import Testing
import Wire

@testable import LinuxNet

@Suite struct NetlinkMessageTests {
  static let route: [UInt8] =
    [44, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]  // length, RTM_NEWROUTE, flags, sequence, port
    + [10, 128, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0]  // rtmsg: AF_INET6, /128, unicast
    + [8, 0, 4, 0, 2, 0, 0, 0]  // RTA_OIF 2
    + [8, 0, 6, 0, 0, 4, 0, 0]  // RTA_PRIORITY

  @Test func `a route is read from its octets`() {
    let octets = Self.route.span
    let message = NetlinkMessage(in: octets, at: 0)
    #expect(message?.type == 24)
    #expect(message?.end == 44)
    #expect(message.flatMap { Route($0, octets) } == Route(kind: .unicast, interface: 2))
  }

  @Test func `every shorter prefix and every flipped bit gives a value, and an end`() {
    for count in 0..<Self.route.count {
      let octets = Array(Self.route.prefix(count))
      #expect(NetlinkMessage(in: octets.span, at: 0) == nil)
    }
    for bit in 0..<Self.route.count * 8 {
      var octets = Self.route
      octets[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let message = NetlinkMessage(in: octets.span, at: 0) else { continue }
      #expect(message.end > 0)
      _ = Route(message, octets.span)
      _ = Link(message, octets.span)
      _ = InterfaceAddress(message, octets.span)
    }
  }
}

/// The kernel's tables, as `ip` of iproute2 prints them.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct RoutingTests {
  static let documentation = UInt128(0x2001_0db8) << 96

  static func arrange() throws {
    let ip = NetworkNamespace.command
    try ip("ip", "link", "add", "left", "mtu", "1400", "type", "veth", "peer", "name", "right")
    try ip("ip", "addr", "add", "2001:db8:1::1/64", "dev", "left", "nodad")
    try ip("ip", "link", "set", "left", "up")
    try ip("ip", "link", "set", "right", "up")
    try ip("ip", "-6", "route", "add", "2001:db8:2::/64", "via", "2001:db8:1::2", "mtu", "1280")
    try ip("ip", "-6", "route", "add", "unreachable", "2001:db8:3::/64")
    try ip("ip", "-6", "route", "add", "prohibit", "2001:db8:4::/64")
    try ip("ip", "-6", "route", "add", "blackhole", "2001:db8:5::/64")
  }

  /// `ip` takes any number of words.
  private static func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }

  /// What follows a word in what `ip` prints.
  private static func value(_ key: Substring, in words: [Substring]) -> Substring? {
    guard let at = words.firstIndex(of: key), at + 1 < words.count else { return nil }
    return words[at + 1]
  }

  @Test func `a lookup says what ip route get says`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      // On the link, and behind a router with an MTU of its own.
      for (text, bits) in [("2001:db8:1::7", UInt128(1) << 80 | 7), ("2001:db8:2::9", UInt128(2) << 80 | 9)] {
        let route = try Routing.lookUp(.init(to: IPv6Address(bits: Self.documentation | bits)))
        let words = Self.words(try NetworkNamespace.output("ip", "-6", "route", "get", text))
        #expect(route.kind == .unicast)
        #expect(Interfaces.name(of: route.interface) == Self.value("dev", in: words).map(String.init))
        #expect(Self.value("src", in: words) == "2001:db8:1::1")
        #expect(route.source == IPv6Address(bits: Self.documentation | UInt128(1) << 80 | 1))
        #expect((route.gateway != nil) == (Self.value("via", in: words) != nil))
        #expect(route.mtu == Self.value("mtu", in: words).flatMap { UInt32($0) })
      }
      let local = try Routing.lookUp(.init(to: .loopback))
      #expect(local.kind == .local)
      #expect(local.interface == 1)
    }
  }

  @Test(arguments: [
    (UInt128(3), Errno.hostUnreachable), (4, .permissionDenied), (5, .invalidArgument),
    (6, .networkUnreachable),
  ])
  func `a route that refuses gives the errno that sending would`(subnet: UInt128, errno: Errno) throws {
    try NetworkNamespace.run {
      try Self.arrange()
      let destination = IPv6Address(bits: Self.documentation | subnet << 80 | 1)
      let failure = #expect(throws: SystemError.self) { try Routing.lookUp(.init(to: destination)) }
      #expect(failure?.errno == errno)
      let socket = try ICMPv6Socket(.raw)
      let octets: [UInt8] = [128, 0, 0, 0, 0, 0, 0, 0]
      let sending = #expect(throws: SystemError.self) {
        try socket.send(octets.span, to: SocketAddress(destination))
      }
      #expect(sending?.errno == errno)
    }
  }

  @Test func `the zone decides the way to a link-local address`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      let peer = IPv6Address(bits: 0xfe80 << 112 | 0x99)
      for name in ["left", "right"] {
        let index = try #require(Interfaces.index(of: name))
        #expect(Interfaces.zone(name) == index)
        #expect(Interfaces.zone("\(index)") == index)
        #expect(try Routing.lookUp(.init(to: peer, interface: index)).interface == index)
      }
      #expect(Interfaces.zone("nothing") == nil)
      #expect(Interfaces.zone("0") == nil)
      #expect(Interfaces.name(of: 999) == nil)
    }
  }

  @Test func `links and addresses are those of ip`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      let links = try Interfaces.links()
      // "1: lo: <…> mtu 65536 … link/loopback 00:00:00:00:00:00 …", a line for each.
      let lines = try NetworkNamespace.output("ip", "-o", "link").split(separator: "\n")
      #expect(links.count == lines.count)
      for (link, line) in zip(links, lines) {
        let words = Self.words(String(line))
        #expect(words[0] == "\(link.index):")
        #expect(words[1].prefix { $0 != "@" && $0 != ":" } == link.name)
        #expect(Self.value("mtu", in: words) == "\(link.mtu)")
        let address = link.linkLayerAddress.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        #expect(words.contains { $0 == address.joined(separator: ":") })
        #expect(link.isUp == (words[2].contains("UP,") || words[2].contains(",UP")))
        #expect(link.isLoopback == (link.name == "lo"))
      }
      let left = try #require(Interfaces.index(of: "left"))
      let ours = try Interfaces.addresses().filter { $0.interface == left && $0.scope == 0 }
      #expect(ours.map(\.address.bits) == [Self.documentation | UInt128(1) << 80 | 1])
      #expect(ours.map(\.prefixLength) == [64])
      #expect(ours.map(\.isTentative) == [false])
    }
  }
}
