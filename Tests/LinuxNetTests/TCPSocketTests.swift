import CLinux
import Glibc
import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Connections that are begun and not waited for.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct TCPSocketTests {
  private static func open(hopLimit: UInt8, port: UInt16 = 0) throws -> TCPSocket {
    let socket = try TCPSocket()
    try socket.setReuseAddress()
    try socket.setResetOnClose()
    try socket.setUnicastHops(hopLimit)
    try socket.setReceiveErrors()
    try socket.setReceiveHopLimit()
    try socket.setTimestamps(transmit: .none)
    try socket.setAutomaticFlowLabel(false)
    try socket.setSendFlowInfo()
    if port != 0 { try socket.bind(to: SocketAddress(.unspecified, port: port)) }
    return socket
  }

  /// Waits for the token's readiness; two seconds are for ever here.
  private static func wait(_ events: inout EventPoll) throws -> [(UInt64, Readiness)] {
    var poller = Poller()
    _ = poller.add(events.descriptor)
    // An error that meets the socket while connect(2) still holds it is lost; the SYN is repeated after 1, 3 and 7 s.
    _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(12))
    var found: [(UInt64, Readiness)] = []
    _ = try events.ready { found.append(($0, $1)) }
    return found
  }

  @Test func `a hop limit of 1 ends in the router's word, with its receive stamp and the quoted segment`()
    throws
  {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let reservation = try PortReservation.tcp(SocketAddress(.unspecified))
      let socket = try Self.open(hopLimit: 1, port: reservation.port)
      var events = try EventPoll()
      let before = SystemClock.realtimeNow()
      try socket.beginConnecting(
        to: SocketAddress(UDPSocketTests.beyond, port: 443, flowInfo: 0x54321))
      try events.add(socket, token: 7, wanting: .writable)
      let ready = try Self.wait(&events)
      #expect(ready.map(\.0) == [7])
      #expect(ready.first?.1.contains(.errorQueue) == true)
      var batch = ReceiveBatch(capacity: 4, messageSize: 1_536)
      var errors: [(ErrorQueueItem.ICMPError, [UInt8])] = []
      try socket.drainErrorQueue(by: &batch) { item, octets in
        if case .icmp(let error) = item { errors.append((error, octets.indices.map { octets[$0] })) }
      }
      try #require(errors.count == 1)
      let (error, octets) = errors[0]
      #expect(error.type == 3 && error.code == 0)
      #expect(error.offender == UDPSocketTests.router)
      #expect(error.originalDestination?.port == 443)
      #expect(error.hopLimit == 64)
      let stamp = error.stamp ?? 0
      #expect(stamp > before && stamp <= SystemClock.realtimeNow())
      // The segment from its header on: source port, destination port.
      #expect(octets.count >= 20)
      #expect(UInt16(octets[0]) << 8 | UInt16(octets[1]) == reservation.port)
      #expect(UInt16(octets[2]) << 8 | UInt16(octets[3]) == 443)
      _ = router
    }
  }

  @Test func `a closed port is refused, an open one connects, by the same source port one after the other`()
    throws
  {
    try NetworkNamespace.run {
      let listener = try TCPSocket()
      try listener.bind(to: SocketAddress(.loopback))
      #expect(listen(listener.number, 4) == 0)
      let open = try listener.localAddress().port
      let closed = try PortReservation.tcp(SocketAddress(.loopback))
      let reservation = try PortReservation.tcp(SocketAddress(.unspecified))
      var events = try EventPoll()
      for (number, port, expected) in [
        (1, closed.port, Errno.connectionRefused), (2, open, nil), (3, open, nil),
      ] as [(UInt64, UInt16, Errno?)] {
        // Closed with RST each time: nothing in TIME_WAIT keeps the addresses and ports.
        let socket = try Self.open(hopLimit: 5, port: reservation.port)
        try socket.beginConnecting(to: SocketAddress(.loopback, port: port))
        try events.add(socket, token: number, wanting: .writable)
        #expect(try Self.wait(&events).map(\.0) == [number])
        #expect(try socket.takePendingError() == expected)
      }
    }
  }

  @Test func `a handshake takes as long as the kernel says that it took`() throws {
    try NetworkNamespace.run {
      let listener = try TCPSocket()
      try listener.bind(to: SocketAddress(.loopback))
      #expect(listen(listener.number, 4) == 0)
      let port = try listener.localAddress().port
      let socket = try Self.open(hopLimit: 5)
      let before = socket.handshakeRoundTrip
      #expect(before == nil)
      var events = try EventPoll()
      let calledAt = SystemClock.monotonicNow()
      try socket.beginConnecting(to: SocketAddress(.loopback, port: port))
      try events.add(socket, token: 1, wanting: .writable)
      #expect(try Self.wait(&events).map(\.0) == [1])
      let elapsed = SystemClock.monotonicNow() - calledAt
      let measured = socket.handshakeRoundTrip
      let roundTrip = try #require(measured)
      #expect(roundTrip > .zero && roundTrip <= elapsed)
      // "rtt:0.012/0.006" in milliseconds, of our end.
      let text = try NetworkNamespace.output("ss", "-tinH", "dport", "= :\(port)")
      let words = text.split { $0 == " " || $0 == "\n" }
      let word = try #require(words.first { $0.hasPrefix("rtt:") })
      let milliseconds = try #require(Double(word.dropFirst(4).prefix { $0 != "/" }))
      #expect(roundTrip == .microseconds(Int64((milliseconds * 1_000).rounded())))
    }
  }

  @Test func `no route is an error at once`() throws {
    try NetworkNamespace.run {
      let socket = try Self.open(hopLimit: 5)
      let failure = #expect(throws: SystemError.self) {
        try socket.beginConnecting(to: SocketAddress(UDPSocketTests.beyond, port: 443))
      }
      #expect(failure?.errno == .networkUnreachable)
    }
  }

  @Test func `a reserved port is nobody else's`() throws {
    try NetworkNamespace.run {
      let reservation = try PortReservation.udp(SocketAddress(.unspecified))
      #expect(reservation.port != 0)
      let other = try UDPSocket()
      let failure = #expect(throws: SystemError.self) {
        try other.bind(to: SocketAddress(.unspecified, port: reservation.port))
      }
      #expect(failure?.errno == .addressInUse)
      let tcp = try PortReservation.tcp(SocketAddress(.unspecified))
      // One that would listen does not share.
      let listener = try TCPSocket()
      let refused = #expect(throws: SystemError.self) {
        try listener.bind(to: SocketAddress(.unspecified, port: tcp.port))
      }
      #expect(refused?.errno == .addressInUse)
    }
  }
}
