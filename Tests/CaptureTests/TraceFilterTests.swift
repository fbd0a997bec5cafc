import KernelLab
import LinuxNet
import Testing
import Timing
import Wire

@testable import Capture

/// What the filter of a trace lets through, by packets that scapy built (`Tests/Golden`).
@Suite struct TraceFilterTests {
  struct Golden {
    var name: String
    var packet: [UInt8]
  }

  /// Three lines each: name, octets in hexadecimal, fields.
  static func golden() throws -> [Golden] {
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    let path = parts.dropLast(2).joined(separator: "/") + "/Golden/golden.txt"
    let lines = try NetworkNamespace.output("cat", path)
      .split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
    return stride(from: 0, to: lines.count - 2, by: 3).map { index in
      let digits = lines[index + 1].utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x57 }
      return Golden(
        name: String(lines[index]),
        packet: stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
  }

  static let links: [(LinkType, [UInt8])] = [
    (.ethernet, [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd]),
    (.linuxCooked2, [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0]),
  ]

  /// Names of the golden packets that pass, those aside that others brought for other ends and that pass for
  /// their extension header.
  static func passing(_ text: String, _ link: (LinkType, [UInt8])) throws -> Set<String> {
    let filter = try CaptureFilter(text, linkType: link.0)
    let passing = try golden().filter { filter.matches((link.1 + $0.packet).span) }
    return Set(passing.filter { always.contains($0.name) || $0.packet[6] != 0 }.map(\.name))
  }

  /// What any trace wants: errors, and what it must look behind extension headers for.
  static let always: Set<String> = [
    "hop-by-hop router alert", "destination options", "minimum path MTU", "routing type 0",
    "routing type 0 at its end", "routing type 2", "segment routing", "atomic fragment", "later fragment",
    "three headers", "time exceeded 0", "time exceeded 1", "packet too big", "quoted fragment", "mpls",
    "mpls behind a long quote", "interface information", "interface by IPv4", "mpls and interface",
    "legacy mpls",
  ]
  static var errors: Set<String> {
    always.union((0...9).map { "destination unreachable \($0)" }).union(
      (0...10).map { "parameter problem \($0)" })
  }

  @Test(arguments: 0..<2) func `every error and every extension header passes, and the method's own answers`(
    link: Int
  ) throws {
    let link = Self.links[link]
    let all = try Self.golden()
    #expect(all.count > 60)
    #expect(
      try Self.passing(CaptureFilter.trace(protocol: 58, port: nil), link)
        == Self.errors.union(["echo reply"]))
    #expect(
      try Self.passing(CaptureFilter.trace(protocol: 17, port: 33_434), link) == Self.errors.union(["udp"]))
    #expect(try Self.passing(CaptureFilter.trace(protocol: 17, port: 33_435), link) == Self.errors)
    #expect(
      try Self.passing(CaptureFilter.trace(protocol: 17, port: nil), link) == Self.errors.union(["udp"]))
    // Our own probe to that port does not, when it comes in by the loopback.
    let answers = CaptureFilter.trace(protocol: 17, port: nil, remotePort: 50_053)
    #expect(try Self.passing(answers, link) == Self.errors.union(["udp"]))
    let others = CaptureFilter.trace(protocol: 17, port: nil, remotePort: 33_434)
    #expect(try Self.passing(others, link) == Self.errors)
    // A SYN passes as a SYN and ACK would; data has neither SYN nor RST.
    #expect(
      try Self.passing(CaptureFilter.trace(protocol: 6, port: 443), link) == Self.errors.union(["tcp syn"]))
    #expect(try Self.passing(CaptureFilter.trace(protocol: 6, port: 65_535), link) == Self.errors)
  }

  @Test func `one address of ours keeps away what goes to others`() throws {
    let link = Self.links[1]
    let ours = CaptureFilter.trace(protocol: 17, port: 33_434, destination: "2001:db8::1")
    let passing = try Self.passing(ours, link)
    #expect(passing.contains("destination unreachable 0"))
    #expect(!passing.contains("udp"))
    #expect(passing.isSubset(of: Self.errors))
  }
}

/// What the kernel puts on the wire, seen by the capture on "any".
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct TraceWireTests {
  @Test func `errors from the router are captured once, with the interface they came by`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let socket = try UDPSocket()
      try socket.setAutomaticFlowLabel(false)
      try socket.setSendFlowInfo()
      try socket.bind(to: SocketAddress(.unspecified))
      var options = CaptureHandle.Options()
      options.incomingOnly = true
      options.snapshotLength = 4_096
      options.bufferSize = 4 << 20
      let capture = try CaptureHandle.open(
        interface: "any",
        filter: CaptureFilter.trace(protocol: 17, port: try socket.localAddress().port), options: options)
      let index = try #require(Interfaces.index(of: "v0"))
      let beyond = try IPv6Address(parsing: NeighborRouter.beyond)
      for hop in 0..<6 {
        let octets = [UInt8](repeating: 1, count: 10 + hop)
        try socket.send(
          octets.span,
          Envelope(to: SocketAddress(beyond, port: 33_434, flowInfo: 0x2c0de), hopLimit: 1))
      }
      var labels: [UInt32] = []
      var lengths: [UInt16] = []
      var poller = Poller()
      _ = poller.add(number: capture.descriptor)
      let deadline = SystemClock.monotonicNow() + .seconds(2)
      while labels.count < 6, SystemClock.monotonicNow() < deadline {
        _ = try poller.wait(until: deadline)
        try capture.dispatch(max: 64) { frame, metadata in
          #expect(metadata.interface == index)
          #expect(metadata.direction == .incoming)
          // ICMPv6 header of 8, then the invoking packet.
          guard let start = metadata.linkType.networkHeaderOffset(in: frame),
            let quoted = try? IPv6Header(decoding: frame, at: start + 48)
          else { return }
          labels.append(quoted.flowLabel.rawValue)
          lengths.append(quoted.payloadLength)
        }
      }
      // One flow: the label that was asked for, in each of them.
      #expect(labels == [UInt32](repeating: 0x2c0de, count: 6))
      #expect(lengths == (18...23).map { UInt16($0) })
      _ = router
    }
  }
}
