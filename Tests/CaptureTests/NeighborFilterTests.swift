import KernelLab
import LinuxNet
import Testing
import Timing
import Wire

@testable import Capture

/// What the filter of neighbor discovery lets through.
@Suite struct NeighborFilterTests {
  /// ICMPv6 types that pass.
  static func passing(_ filter: borrowing CaptureFilter, _ link: (LinkType, [UInt8])) -> [UInt8] {
    var types: [UInt8] = []
    for type in UInt8.min...UInt8.max {
      let packet = CaptureFilterTests.frame(next: 58, [type] + [UInt8](repeating: 0, count: 23)).dropFirst(14)
      let octets = link.1 + packet
      if filter.matches(octets.span) { types.append(type) }
    }
    return types
  }

  @Test(arguments: 0..<2) func `errors, echo, listener and neighbor discovery pass, nothing else`(link: Int)
    throws
  {
    let link = TraceFilterTests.links[link]
    let all = try CaptureFilter(CaptureFilter.neighbor(), linkType: link.0)
    #expect(Self.passing(all, link) == Array(0...137) + [143])
    let advertisements = try CaptureFilter(
      CaptureFilter.neighbor(types: [135...136, 134...134]), linkType: link.0)
    #expect(Self.passing(advertisements, link) == [134, 135, 136])
  }

  @Test func `what stands behind extension headers and in fragments passes, whatever it is`() throws {
    let filter = try CaptureFilter(CaptureFilter.neighbor(types: [135...136]), linkType: .ethernet)
    for (next, header) in CaptureFilterTests.extensions {
      for message in [CaptureFilterTests.neighborSolicitation, CaptureFilterTests.echoReply] {
        let octets = CaptureFilterTests.frame(next: next, header + message)
        #expect(filter.matches(octets.span) == true, "behind header \(next)")
      }
    }
    for packet in try TraceFilterTests.golden() where packet.packet[6] == 44 {
      #expect(filter.matches((TraceFilterTests.links[0].1 + packet.packet).span) == true, "\(packet.name)")
    }
  }

  @Test func `UDP, TCP, IPv4 and what is cut before its type do not pass`() throws {
    let filter = try CaptureFilter(CaptureFilter.neighbor(), linkType: .ethernet)
    for next: UInt8 in [6, 17, 59, 4, 41] {
      #expect(
        filter.matches(CaptureFilterTests.frame(next: next, CaptureFilterTests.neighborSolicitation).span)
          == false)
    }
    let whole = CaptureFilterTests.frame(next: 58, CaptureFilterTests.neighborSolicitation)
    for count in 0..<55 { #expect(filter.matches(whole.span.extracting(first: count)) == false) }
    #expect(filter.matches(whole.span.extracting(first: 55)) == true)
    var ipv4 = whole
    ipv4[12] = 0x08
    ipv4[13] = 0x00
    #expect(filter.matches(ipv4.span) == false)
  }
}

@Suite struct LinkAddressesTests {
  @Test func `Ethernet names both ends, a cooked frame its sender`() {
    let ethernet: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x86, 0xdd]
    #expect(LinkType.ethernet.addresses(in: ethernet.span) == .init(source: 6..<12, destination: 0..<6))
    let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 0x86, 0xdd]
    #expect(LinkType.linuxCooked.addresses(in: cooked.span) == .init(source: 6..<12))
    var second: [UInt8] = [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0]
    #expect(LinkType.linuxCooked2.addresses(in: second.span) == .init(source: 12..<18))
    // The header has room for eight, however many the sender's address has; or for none.
    second[11] = 20
    #expect(LinkType.linuxCooked2.addresses(in: second.span) == .init(source: 12..<20))
    second[11] = 0
    #expect(LinkType.linuxCooked2.addresses(in: second.span) == .init())
    #expect(LinkType.raw.addresses(in: ethernet.span) == .init())
  }

  @Test func `a tag names its VLAN, the outermost one`() {
    let addresses = [UInt8](repeating: 2, count: 12)
    // Priority 7, VLAN 0xabc; priority alone.
    #expect(LinkType.ethernet.vlan(in: (addresses + [0x81, 0x00, 0xea, 0xbc, 0x86, 0xdd]).span) == 0xabc)
    #expect(LinkType.ethernet.vlan(in: (addresses + [0x81, 0x00, 0xe0, 0, 0x86, 0xdd]).span) == 0)
    #expect(
      LinkType.ethernet.vlan(in: (addresses + [0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 9, 0x86, 0xdd]).span) == 7)
    #expect(LinkType.ethernet.vlan(in: (addresses + [0x86, 0xdd, 0, 0]).span) == nil)
    #expect(LinkType.linuxCooked2.vlan(in: (addresses + [0x81, 0x00, 0, 5]).span) == nil)
  }

  @Test func `no frame is too short, and every place is inside`() {
    for type: LinkType in [.null, .ethernet, .raw, .linuxCooked, .linuxCooked2] {
      for count in 0..<24 {
        for octet: UInt8 in [0, 6, 0x81, 0xff] {
          let frame = [UInt8](repeating: octet, count: count)
          let addresses = type.addresses(in: frame.span)
          for range in [addresses.source, addresses.destination] {
            if let range { #expect(range.upperBound <= count && !range.isEmpty) }
          }
          _ = type.vlan(in: frame.span)
        }
      }
    }
  }
}

/// Frames with and without tags, as a live capture hears them: the kernel's filter sees a frame without its tag.
@Suite(
  .enabled(
    if: NetworkNamespace.isAvailable && NetworkNamespace.isInstalled("python3"),
    "needs a network namespace (root, or unshare -Urn) and python3"))
struct NeighborWireTests {
  /// Sends frames of hexadecimal digits by the interface `right`, from a program of its own.
  private static func send(_ frames: [[UInt8]]) throws {
    let digits = frames.map { frame in
      frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let program =
      "import socket,sys\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\ns.bind(('right',0))\n"
      + "for f in sys.argv[1:]: s.send(bytes.fromhex(f))"
    try NetworkNamespace.execute(["python3", "-c", program] + digits)
  }

  @Test func `tagged frames pass the filter of a live capture, with their tags`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
      try NetworkNamespace.command("ip", "link", "set", "left", "up")
      try NetworkNamespace.command("ip", "link", "set", "right", "up")
      var options = CaptureHandle.Options()
      options.incomingOnly = true
      // Types that the kernel itself sends none of here.
      let capture = try CaptureHandle.open(
        interface: "left", filter: CaptureFilter.neighbor(types: [137...137]), options: options)
      let plain = CaptureFilterTests.frame(next: 58, [137] + [UInt8](repeating: 7, count: 39))
      func tagged(_ tag: [UInt8]) -> [UInt8] { Array(plain[..<12]) + tag + plain[12...] }
      let frames = [
        plain, tagged([0x81, 0x00, 0x00, 0x05]), tagged([0x81, 0x00, 0xe0, 0x00]),
        CaptureFilterTests.frame(next: 58, [135] + [UInt8](repeating: 0, count: 23)),
        tagged([0x88, 0xa8, 0x00, 0x07]), plain,
      ]
      try Self.send(frames)
      var vlans: [UInt16?] = []
      var offsets: [Int] = []
      var poller = Poller()
      _ = poller.add(number: capture.descriptor)
      let deadline = SystemClock.monotonicNow() + .seconds(10)
      while vlans.count < 5, SystemClock.monotonicNow() < deadline {
        _ = try poller.wait(until: deadline)
        try capture.dispatch(max: 64) { frame, metadata in
          // The kernel's own listener reports pass as well: they stand behind hop-by-hop options.
          guard let offset = metadata.linkType.networkHeaderOffset(in: frame), frame[offset + 6] == 58
          else { return }
          vlans.append(metadata.linkType.vlan(in: frame))
          offsets.append(offset)
        }
      }
      #expect(vlans == [nil, 5, 0, 7, nil])
      #expect(offsets == [14, 18, 18, 18, 14])
    }
  }
}
