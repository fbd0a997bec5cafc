import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Echoes to ::1, answered by the kernel.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct ICMPv6SocketTests {
  /// An echo request: type, code, checksum (the kernel's), identifier, sequence, eight octets of payload.
  static func echoRequest(identifier: UInt16, sequence: UInt16) -> [UInt8] {
    [
      128, 0, 0, 0, UInt8(identifier >> 8), UInt8(identifier & 255), UInt8(sequence >> 8),
      UInt8(sequence & 255),
      1, 2, 3, 4, 5, 6, 7, 8,
    ]
  }

  static func open(_ kind: ICMPv6Socket.Kind) throws -> ICMPv6Socket {
    try NetworkNamespace.allowPingSockets()
    let socket = try ICMPv6Socket(kind)
    try socket.setReceiveHopLimit()
    try socket.setReceiveTrafficClass()
    try socket.setReceivePacketInfo()
    try socket.setReceiveFlowInfo()
    try socket.setReceiveErrors()
    try socket.setTimestamps()
    if kind == .raw { try socket.setFilter(passing: [1, 2, 3, 4, 129]) }
    return socket
  }

  /// Waits until the socket has something to read, or to tell; a second is for ever here.
  static func wait(_ socket: borrowing ICMPv6Socket) throws -> Readiness {
    var poller = Poller()
    let slot = poller.add(socket.descriptor)
    _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(1))
    return poller.readiness(of: slot)
  }

  @Test(arguments: [ICMPv6Socket.Kind.datagram, .raw])
  func `an echo to the loopback comes back with everything the kernel knows`(kind: ICMPv6Socket.Kind) throws {
    try NetworkNamespace.run {
      let socket = try Self.open(kind)
      try socket.setUnicastHops(77)
      try socket.setTrafficClass(0xb8)
      let identifier = kind == .datagram ? try socket.echoIdentifier() : 0x1234
      #expect(identifier != 0)
      let before = SystemClock.realtimeNow()
      let request = Self.echoRequest(identifier: identifier, sequence: 7)
      try socket.send(request.span, to: SocketAddress(.loopback))
      let readiness = try Self.wait(socket)
      #expect(readiness.contains(.readable))
      var batch = ReceiveBatch(capacity: 4, messageSize: 256)
      #expect(try socket.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, metadata in
        let text = octets.indices.map { octets[$0] }
        #expect(text[0] == 129)
        #expect(text[4...] == request[4...])
        #expect(metadata.source == SocketAddress(.loopback))
        #expect(metadata.destination == .loopback)
        #expect(metadata.interface == 1)
        #expect(metadata.hopLimit == 64)
        // The kernel's echo reply mirrors no traffic class (net.ipv6.icmp.echo... stays 0).
        #expect(metadata.trafficClass != nil)
        #expect(!metadata.isTruncated)
        let stamp = metadata.stamp ?? 0
        #expect(stamp >= before && stamp <= SystemClock.realtimeNow())
      }
      var stamps: [ErrorQueueItem] = []
      try socket.drainErrorQueue(by: &batch) { item, octets in
        stamps.append(item)
        #expect(octets.count == 0)
      }
      #expect(stamps.count == 1)
      guard case .transmitted(let id, let stamp)? = stamps.first else {
        Issue.record("no transmit stamp: \(stamps)")
        return
      }
      #expect(id == 0)
      #expect(stamp >= before && stamp <= SystemClock.realtimeNow())
    }
  }

  @Test(arguments: [ICMPv6Socket.Kind.datagram, .raw])
  func `a batch leaves whole, and every reply and every transmit stamp comes back`(kind: ICMPv6Socket.Kind)
    throws
  {
    try NetworkNamespace.run {
      let socket = try Self.open(kind)
      let identifier = kind == .datagram ? try socket.echoIdentifier() : 0x1234
      try socket.setReceiveBuffer(1 << 20)
      var outgoing = SendBatch(capacity: 64, messageSize: 128)
      while !outgoing.isFull {
        let octets = Self.echoRequest(identifier: identifier, sequence: UInt16(outgoing.count))
        outgoing.append(Envelope(to: SocketAddress(.loopback))) { span in
          for i in octets.indices { span[i] = octets[i] }
          return octets.count
        }
      }
      #expect(socket.send(outgoing) == SendOutcome(sent: 64, failure: nil))
      // The loopback answers before sendmmsg returns, or shortly after.
      var batch = ReceiveBatch(capacity: 24, messageSize: 128)
      var sequences: [UInt8] = []
      var ids: [UInt32] = []
      let deadline = SystemClock.monotonicNow() + .seconds(5)
      while sequences.count < 64 || ids.count < 64, SystemClock.monotonicNow() < deadline {
        _ = try Self.wait(socket)
        for i in 0..<(try socket.receive(into: &batch)) {
          batch.withMessage(i) { octets, metadata in
            sequences.append(octets[7])
            if metadata.stamp == nil { Issue.record("a reply without a stamp") }
          }
        }
        try socket.drainErrorQueue(by: &batch) { item, _ in
          if case .transmitted(let id, _) = item { ids.append(id) }
        }
      }
      #expect(sequences == Array(0..<64))
      #expect(ids == Array(0..<64))
    }
  }

  @Test func `a batch stops at the message that the kernel refuses and says why`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "-6", "route", "add", "prohibit", "2001:db8::/32")
      let socket = try Self.open(.raw)
      var outgoing = SendBatch(capacity: 8, messageSize: 64)
      for i in 0..<6 {
        let refused = IPv6Address(bits: 0x2001_0db8 << 96)
        let envelope = Envelope(to: SocketAddress(i == 4 ? refused : .loopback))
        outgoing.append(envelope) { span in
          span[0] = 128
          return 8
        }
      }
      // Asked for again: the same errno may be an ICMPv6 error that waits.
      #expect(socket.send(outgoing) == SendOutcome(sent: 4, failure: .permissionDenied, isRetried: true))
      #expect(socket.send(outgoing, from: 5) == SendOutcome(sent: 1, failure: nil))
    }
  }

  @Test func `a stamp comes back with the id that its message brought`() throws {
    try NetworkNamespace.run {
      let socket = try Self.open(.raw)
      // "6.18.44-…"; the kernel learned it in 6.13.
      let release = try SystemControl.read("kernel/osrelease").split { $0 == "." || $0 == "-" }
      let version = release.prefix(2).compactMap { Int($0) }
      let isKnown = version.lexicographicallyPrecedes([6, 13]) == false
      let isTaken = socket.takesStampIdentifier()
      #expect(isTaken == isKnown)
      guard isTaken else { return }
      let request = Self.echoRequest(identifier: 1, sequence: 1)
      var envelope = Envelope(to: SocketAddress(.loopback))
      for id in [70_000, 5, 0xffff_ffff] as [UInt32] {
        envelope.stampIdentifier = id
        try socket.send(request.span, envelope)
      }
      var batch = ReceiveBatch(capacity: 8, messageSize: 128)
      _ = try Self.wait(socket)
      var ids: [UInt32] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in
        if case .transmitted(let id, _) = item { ids.append(id) }
      }
      #expect(ids == [70_000, 5, 0xffff_ffff])
    }
  }

  /// nft drops on the way out, after the message got its id; without a route there is none.
  @Test(.enabled(if: NetworkNamespace.isInstalled("nft"), "needs nft"))
  func `the errno of a failed message says whether the kernel counted it`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "-6", "route", "add", "unreachable", "2001:db8::/32")
      try NetworkNamespace.command("ip", "addr", "add", "fd00::9/128", "dev", "lo", "nodad")
      try NetworkNamespace.command("nft", "add table ip6 t")
      try NetworkNamespace.command("nft", "add chain ip6 t o { type filter hook output priority 0; }")
      try NetworkNamespace.command("nft", "add rule ip6 t o ip6 daddr fd00::9 drop")
      let socket = try Self.open(.raw)
      let dropped = SocketAddress(IPv6Address(bits: 0xfd00 << 112 | 9))
      let unreachable = SocketAddress(IPv6Address(bits: 0x2001_0db8 << 96 | 1))
      let request = Self.echoRequest(identifier: 1, sequence: 1)
      var counted: UInt32 = 0
      var expected: [UInt32] = []
      var failures: [Errno] = []
      for destination in [SocketAddress(.loopback), dropped, unreachable, dropped, SocketAddress(.loopback)] {
        do throws(SystemError) {
          try socket.send(request.span, to: destination)
          expected.append(counted)
          counted += 1
        } catch {
          failures.append(error.errno)
          if error.errno.consumesStampIdentifier { counted += 1 }
        }
      }
      #expect(failures == [.operationNotPermitted, .hostUnreachable, .operationNotPermitted])
      var batch = ReceiveBatch(capacity: 8, messageSize: 128)
      var ids: [UInt32] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in
        if case .transmitted(let id, _) = item { ids.append(id) }
      }
      #expect(ids == expected)
    }
  }

  @Test func `hop limit, traffic class, source and flow label of an envelope are what arrives`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "addr", "add", "2001:db8::2/128", "dev", "lo", "nodad")
      let source = IPv6Address(bits: 0x2001_0db8 << 96 | 2)
      let socket = try Self.open(.raw)
      // Its own requests, seen coming in.
      try socket.setFilter(passing: [128])
      let label = try socket.leaseFlowLabel(0x12345, to: .loopback)
      #expect(label == 0x12345)
      let request = Self.echoRequest(identifier: 1, sequence: 1)
      let destination = SocketAddress(.loopback, flowInfo: label)
      try socket.send(
        request.span, Envelope(to: destination, source: source, interface: 1, hopLimit: 9, trafficClass: 0x2e)
      )
      _ = try Self.wait(socket)
      var batch = ReceiveBatch(capacity: 2, messageSize: 10)
      #expect(try socket.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, metadata in
        #expect(metadata.source.address == source)
        #expect(metadata.hopLimit == 9)
        #expect(metadata.trafficClass == 0x2e)
        #expect(metadata.flowLabel == 0x12345)
        // The room was for ten octets of sixteen.
        #expect(octets.count == 10)
        #expect(metadata.isTruncated)
      }
      let taken = #expect(throws: SystemError.self) {
        let other = try ICMPv6Socket(.raw)
        try other.leaseFlowLabel(0x12345, to: .loopback)
      }
      #expect(taken?.errno == .operationNotPermitted || taken?.errno == .exists)
    }
  }
}
