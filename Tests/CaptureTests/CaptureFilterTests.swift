import Testing

@testable import Capture

@Suite struct CaptureFilterTests {
  /// An Ethernet frame with an IPv6 packet whose first header is `next`, and what follows the IPv6 header.
  static func frame(next: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd]  // destination, source, type
      + [0x60, 0, 0, 0, 0, UInt8(payload.count), next, 64]  // version, payload length, next header, hop limit
      + [UInt8](repeating: 0, count: 31) + [1]  // :: to ::1
      + payload
  }

  static let echoReply: [UInt8] = [129, 0, 0, 0, 0, 1, 0, 1]
  static let neighborSolicitation: [UInt8] = [135, 0, 0, 0] + [UInt8](repeating: 0, count: 20)
  /// Hop-by-hop options, routing (type 0, nothing left), fragment and destination options, each before an echo reply.
  static let extensions: [(UInt8, [UInt8])] = [
    (0, [58, 0, 1, 4, 0, 0, 0, 0]), (43, [58, 0, 0, 0, 0, 0, 0, 0]), (44, [58, 0, 0, 0, 0, 0, 0, 7]),
    (60, [58, 0, 1, 4, 0, 0, 0, 0]),
  ]

  @Test func `the wanted types pass, others do not`() throws {
    let filter = try CaptureFilter(CaptureFilter.icmpv6(types: [1, 129]), linkType: .ethernet)
    #expect(filter.matches(Self.frame(next: 58, Self.echoReply).span) == true)
    #expect(filter.matches(Self.frame(next: 58, Self.neighborSolicitation).span) == false)
    let all = try CaptureFilter(CaptureFilter.icmpv6(), linkType: .ethernet)
    #expect(all.matches(Self.frame(next: 58, Self.neighborSolicitation).span) == true)
  }

  @Test func `a reply behind any extension header passes, which pcap's own icmp6 misses`() throws {
    let filter = try CaptureFilter(CaptureFilter.icmpv6(types: [129]), linkType: .ethernet)
    let plain = try CaptureFilter("icmp6", linkType: .ethernet)
    for (next, header) in Self.extensions {
      let octets = Self.frame(next: next, header + Self.echoReply)
      #expect(filter.matches(octets.span) == true, "behind header \(next)")
      // icmp6 knows of fragments alone.
      #expect(plain.matches(octets.span) == (next == 44), "behind header \(next)")
    }
  }

  @Test func `UDP, TCP, IPv4 and ARP do not pass, nor does what is too short`() throws {
    let filter = try CaptureFilter(CaptureFilter.icmpv6(types: [129]), linkType: .ethernet)
    #expect(filter.matches(Self.frame(next: 17, Self.echoReply).span) == false)
    #expect(filter.matches(Self.frame(next: 6, Self.echoReply).span) == false)
    var ipv4 = Self.frame(next: 58, Self.echoReply)
    ipv4[12] = 0x08
    ipv4[13] = 0x00
    #expect(filter.matches(ipv4.span) == false)
    let whole = Self.frame(next: 58, Self.echoReply)
    for count in 0..<55 { #expect(filter.matches(whole.span.extracting(first: count)) == false) }
    #expect(filter.matches(whole.span.extracting(first: 55)) == true)
  }

  @Test(arguments: [
    LinkType.raw, .linuxCooked, .linuxCooked2, .null,
  ])
  func `the same text serves every link`(link: LinkType) throws {
    let packet = Array(Self.frame(next: 0, [58, 0, 1, 4, 0, 0, 0, 0] + Self.echoReply).dropFirst(14))
    let header: [UInt8] =
      switch link {
      case .linuxCooked: [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 0x86, 0xdd]
      case .linuxCooked2: [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0]
      case .null: [10, 0, 0, 0]
      default: []
      }
    let octets = header + packet
    let filter = try CaptureFilter(CaptureFilter.icmpv6(types: [129]), linkType: link)
    #expect(filter.matches(octets.span) == true)
    #expect(link.networkHeaderOffset(in: octets.span) == header.count)
  }

  @Test func `a text that is no filter is a typed error with libpcap's words`() {
    do throws(CaptureError) {
      _ = try CaptureFilter("ip6 and and", linkType: .ethernet)
      Issue.record("it compiled")
    } catch {
      #expect(error.kind == .filter)
      #expect(error.text.contains("syntax error"))
    }
  }
}

@Suite struct LinkTypeTests {
  static let packet: [UInt8] = [0x60] + [UInt8](repeating: 0, count: 39)

  @Test func `VLAN tags are stepped over, two at most`() {
    let addresses = [UInt8](repeating: 2, count: 12)
    let tag: [UInt8] = [0x81, 0x00, 0, 5]
    let service: [UInt8] = [0x88, 0xa8, 0, 5]
    let type: [UInt8] = [0x86, 0xdd]
    let none = addresses + type + Self.packet
    #expect(LinkType.ethernet.networkHeaderOffset(in: none.span) == 14)
    let one = addresses + tag + type + Self.packet
    #expect(LinkType.ethernet.networkHeaderOffset(in: one.span) == 18)
    let two = addresses + service + tag + type + Self.packet
    #expect(LinkType.ethernet.networkHeaderOffset(in: two.span) == 22)
    let three = addresses + service + tag + tag + type + Self.packet
    #expect(LinkType.ethernet.networkHeaderOffset(in: three.span) == nil)
  }

  @Test func `no frame is too short to be asked`() {
    let links: [LinkType] = [
      .null, .ethernet, .raw, .rawFile, .loop, .linuxCooked, .linuxCooked2, .ipv6, LinkType(rawValue: 9_999),
    ]
    for link in links {
      for count in 0..<24 {
        for octet in [0, 0x60, 0x81, 0x86, 0xff] as [UInt8] {
          let octets = [UInt8](repeating: octet, count: count)
          if let offset = link.networkHeaderOffset(in: octets.span) { #expect(offset <= count) }
          _ = link.direction(of: octets.span)
        }
      }
    }
  }

  @Test func `a cooked frame says which way it went`() {
    let outgoing: [UInt8] = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 0x86, 0xdd]
    #expect(LinkType.linuxCooked.direction(of: outgoing.span) == .outgoing)
    var incoming = outgoing
    incoming[1] = 0
    #expect(LinkType.linuxCooked.direction(of: incoming.span) == .incoming)
    #expect(LinkType.ethernet.direction(of: outgoing.span) == nil)
  }
}
