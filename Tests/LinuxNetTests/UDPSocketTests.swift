import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Probes to a router one hop away, and what its kernel answers.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct UDPSocketTests {
  static let beyond = Self.address(NeighborRouter.beyond)
  static let router = Self.address(NeighborRouter.router)
  static let host = Self.address(NeighborRouter.host)

  static func address(_ text: String) -> IPv6Address {
    (try? IPv6Address(parsing: text)) ?? .unspecified
  }

  static func open(port: UInt16 = 0) throws -> UDPSocket {
    let socket = try UDPSocket()
    try socket.setReceiveErrors()
    try socket.setReceiveHopLimit()
    try socket.setReceivePacketInfo()
    try socket.setReceiveFlowInfo()
    try socket.setAutomaticFlowLabel(false)
    try socket.setSendFlowInfo()
    try socket.setPathMTUDiscovery(.probe)
    try socket.setTimestamps()
    try socket.bind(to: SocketAddress(.unspecified, port: port))
    return socket
  }

  /// The error queue's entries until there are `count` ICMPv6 errors; the link may need two seconds to come up, ten
  /// are for ever.
  static func collect(
    _ socket: borrowing UDPSocket, errors count: Int
  ) throws -> [(item: ErrorQueueItem, octets: [UInt8])] {
    var poller = Poller()
    _ = poller.add(socket.descriptor)
    var batch = ReceiveBatch(capacity: 16, messageSize: 1_536)
    var items: [(item: ErrorQueueItem, octets: [UInt8])] = []
    let deadline = SystemClock.monotonicNow() + .seconds(10)
    while items.filter({ if case .icmp = $0.item { true } else { false } }).count < count,
      SystemClock.monotonicNow() < deadline
    {
      _ = try poller.wait(until: deadline)
      try socket.drainErrorQueue(by: &batch) { item, octets in
        items.append((item, octets.indices.map { octets[$0] }))
      }
    }
    return items
  }

  @Test func `a hop limit of 1 brings the router's word, with both stamps of the kernel`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let socket = try Self.open()
      let port = try socket.localAddress().port
      let before = SystemClock.realtimeNow()
      let probe: [UInt8] = [1, 2, 3, 4, 5]
      var envelope = Envelope(to: SocketAddress(Self.beyond, port: 33_434), hopLimit: 1)
      let numbers = socket.takesStampIdentifier(port: 1)
      if numbers { envelope.stampIdentifier = 4_000_000_000 }
      try socket.send(probe.span, envelope)
      let items = try Self.collect(socket, errors: 1)
      // The order is the order of events: the probe left before it was answered.
      try #require(items.count == 2)
      guard case .transmitted(let id, let left) = items[0].item, case .icmp(let error) = items[1].item else {
        Issue.record("\(items)")
        return
      }
      #expect(id == (numbers ? 4_000_000_000 : 0))
      #expect(error.type == 3 && error.code == 0)
      #expect(error.offender == Self.router)
      #expect(error.originalDestination?.address == Self.beyond)
      #expect(error.originalDestination?.port == 33_434)
      #expect(error.hopLimit == 64)
      #expect(error.extensionOffset == nil)
      let came = error.stamp ?? 0
      #expect(before <= left && left < came && came <= SystemClock.realtimeNow())
      // From the payload on; the UDP header is in no part of the entry.
      #expect(items[1].octets == probe)
      #expect(port != 0)
      _ = router
    }
  }

  @Test func `errors that wait eat no probe, in a batch or one by one`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let socket = try Self.open()
      let octets: [UInt8] = [99]
      let single = Envelope(to: SocketAddress(Self.beyond, port: 33_434), hopLimit: 1)
      // Both ends know their neighbor from here on.
      try socket.send(octets.span, single)
      _ = try Self.collect(socket, errors: 1)
      var outgoing = SendBatch(capacity: 16, messageSize: 64)
      for i in 0..<16 {
        outgoing.append(Envelope(to: SocketAddress(Self.beyond, port: 33_434), hopLimit: 1)) { span in
          span[0] = UInt8(i)
          return 1
        }
      }
      // The first answers come while the rest still leaves: on this link before the system call returns.
      let outcome = socket.send(outgoing)
      #expect(outcome.sent == 16)
      #expect(outcome.failure == nil)
      // The oracle of what waits: the kernel's own word, of one more probe that nobody reads of.
      try socket.send(octets.span, single)
      let deadline = SystemClock.monotonicNow() + .seconds(10)
      var pending: Errno?
      while pending == nil, SystemClock.monotonicNow() < deadline { pending = try socket.takePendingError() }
      #expect(pending == .hostUnreachable)
      try socket.send(octets.span, single)
      _ = try Self.wait(socket)
      try socket.send(octets.span, single)
      let items = try Self.collect(socket, errors: 19)
      let quoted = items.compactMap { if case .icmp = $0.item { $0.octets.first } else { nil } }
      #expect(quoted == (0..<16).map { UInt8($0) } + [99, 99, 99])
      // Every one of them left once: the kernel counted as many as it stamped.
      let stamps = items.filter { if case .transmitted = $0.item { true } else { false } }
      #expect(stamps.count == 19)
      _ = router
    }
  }

  @Test func `a Packet Too Big that waits eats no probe, and what was learnt is not obeyed`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      try router.command("ip", "link", "set", "d0", "mtu", "1280")
      let socket = try Self.open()
      let octets = [UInt8](repeating: 7, count: 1_400 - 48)
      let envelope = Envelope(to: SocketAddress(Self.beyond, port: 33_434), hopLimit: 9)
      for _ in 0..<3 {
        try socket.send(octets.span, envelope)
        let items = try Self.collect(socket, errors: 1)
        guard case .icmp(let error)? = items.last?.item else {
          Issue.record("\(items)")
          return
        }
        #expect(error.type == 2)
        #expect(error.info == 1_280)
        // Not read from the queue, the error stays on the socket and meets the next message.
        try socket.send(octets.span, envelope)
        _ = try Self.wait(socket)
        try socket.send(octets.span, envelope)
        #expect(try Self.collect(socket, errors: 2).count == 4)
      }
      let route = try Routing.lookUp(Routing.Query(to: Self.beyond))
      #expect(route.isCached == true)
      #expect(route.mtu == 1_280)
      #expect(try Routing.lookUp(Routing.Query(to: Self.router)).isCached == false)
    }
  }

  private static func wait(_ socket: borrowing UDPSocket) throws -> Readiness {
    var poller = Poller()
    let slot = poller.add(socket.descriptor)
    _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(1))
    return poller.readiness(of: slot)
  }

  @Test func `what the link cannot take fails with the link's MTU`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let socket = try Self.open()
      let octets = [UInt8](repeating: 7, count: 1_501 - 48)
      let failure = #expect(throws: SystemError.self) {
        try socket.send(octets.span, Envelope(to: SocketAddress(Self.beyond, port: 33_434)))
      }
      #expect(failure?.errno == .messageTooLong)
      var batch = ReceiveBatch(capacity: 8, messageSize: 64)
      var items: [ErrorQueueItem] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in items.append(item) }
      #expect(!items.isEmpty)
      #expect(items.allSatisfy { $0 == .local(errno: .messageTooLong, info: 1_500) })
      _ = router
    }
  }

  @Test func `a closed port of the router is refused by it, an open one answers`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let socket = try Self.open()
      let octets: [UInt8] = [1]
      try socket.send(octets.span, Envelope(to: SocketAddress(Self.router, port: 33_434), hopLimit: 5))
      let items = try Self.collect(socket, errors: 1)
      guard case .icmp(let error)? = items.last?.item else {
        Issue.record("\(items)")
        return
      }
      #expect(error.type == 1 && error.code == 4)
      #expect(error.errno == .connectionRefused)
      _ = router
    }
  }

  @Test(arguments: [0, 0x12345, 0xfffff] as [UInt32])
  func `each message has the flow label of its address, without a lease`(label: UInt32) throws {
    try NetworkNamespace.run {
      let sender = try Self.open()
      let receiver = try Self.open()
      let port = try receiver.localAddress().port
      let octets: [UInt8] = [1]
      // A traffic class keeps the kernel from leaving the flow information out where the label is 0.
      try sender.send(
        octets.span,
        Envelope(to: SocketAddress(.loopback, port: port, flowInfo: label), hopLimit: 3, trafficClass: 4))
      _ = try Self.wait(receiver)
      var batch = ReceiveBatch(capacity: 2, messageSize: 64)
      #expect(try receiver.receive(into: &batch) == 1)
      batch.withMessage(0) { _, metadata in
        #expect(metadata.flowLabel == label)
        #expect(metadata.hopLimit == 3)
      }
    }
  }

  @Test func `with an exclusive lease on the host a label needs a lease, and a shared one does`() throws {
    try NetworkNamespace.run {
      let other = try Self.open()
      try other.leaseFlowLabel(0x11111, to: .loopback)
      let sender = try Self.open()
      let receiver = try Self.open()
      let address = SocketAddress(.loopback, port: try receiver.localAddress().port, flowInfo: 0x22222)
      let octets: [UInt8] = [1]
      let failure = #expect(throws: SystemError.self) { try sender.send(octets.span, Envelope(to: address)) }
      #expect(failure?.errno == .invalidArgument)
      try sender.leaseFlowLabel(0x22222, to: .loopback, isShared: true)
      try sender.send(octets.span, Envelope(to: address))
    }
  }

  @Test func `a way through a router is taken by the kernel, and its errors are ours`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      try router.command(
        "sysctl", "-qw", "net.ipv6.conf.all.seg6_enabled=1", "net.ipv6.conf.v0.seg6_enabled=1")
      let socket = try Self.open()
      try socket.setSegments([Self.router])
      let octets: [UInt8] = [5, 6, 7]
      // The router is the first destination; the second lies behind a link that takes nothing so long.
      try router.command("ip", "link", "set", "d0", "mtu", "1280")
      let long = [UInt8](repeating: 9, count: 1_300)
      for (message, hops, type) in [(octets, 1, 3), (long, 5, 2)] as [([UInt8], UInt8, UInt8)] {
        try socket.send(
          message.span, Envelope(to: SocketAddress(Self.beyond, port: 33_434), hopLimit: hops))
        let items = try Self.collect(socket, errors: 1)
        guard case .icmp(let error)? = items.last?.item else {
          Issue.record("\(items)")
          return
        }
        #expect(error.type == type)
        #expect(error.offender == Self.router)
        // Behind the routing header and the UDP header, cut where the router cut it.
        #expect(items.last?.octets.prefix(3) == message.prefix(3))
      }
    }
  }
}
