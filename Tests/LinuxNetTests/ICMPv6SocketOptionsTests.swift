import CLinux
import Glibc
import KernelLab
import Testing
import Wire

@testable import LinuxNet

/// Every option is set, and read back from the kernel.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct ICMPv6SocketOptionsTests {
  private static func expect(
    _ socket: borrowing ICMPv6Socket, _ level: Int32, _ option: Int32, _ value: Int32,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try socket.get(level, option, "getsockopt")
    #expect(found == value, sourceLocation: sourceLocation)
  }

  private static func expectDebug(_ socket: borrowing ICMPv6Socket) throws(SystemError) {
    let found = try socket.get(SOL_SOCKET, SO_DEBUG, "getsockopt SO_DEBUG")
    #expect(found == 1)
  }

  @Test(arguments: [ICMPv6Socket.Kind.datagram, .raw])
  func `what is set is what the kernel says`(kind: ICMPv6Socket.Kind) throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(kind)
      let ipv6 = Int32(IPPROTO_IPV6)
      for option in [IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVPKTINFO, IPV6_RECVERR, 11, 31] {
        try Self.expect(socket, ipv6, option, 1)
      }
      // TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_ID, OPT_CMSG, OPT_TSONLY.
      try Self.expect(socket, SOL_SOCKET, 37, 3226)
      try socket.setUnicastHops(7)
      try Self.expect(socket, ipv6, IPV6_UNICAST_HOPS, 7)
      try socket.setUnicastHops(nil)
      try Self.expect(socket, ipv6, IPV6_UNICAST_HOPS, 64)
      try socket.setMulticastHops(255)
      try Self.expect(socket, ipv6, IPV6_MULTICAST_HOPS, 255)
      try socket.setMulticastLoop(false)
      try Self.expect(socket, ipv6, IPV6_MULTICAST_LOOP, 0)
      try socket.setMulticastInterface(1)
      try Self.expect(socket, ipv6, IPV6_MULTICAST_IF, 1)
      try socket.setMulticastInterface(0)
      try socket.setUnicastInterface(1)
      try Self.expect(socket, ipv6, IPV6_UNICAST_IF, Int32(bitPattern: UInt32(1).bigEndian))
      try socket.setTrafficClass(0x28)
      try Self.expect(socket, ipv6, IPV6_TCLASS, 0x28)
      try socket.setAutomaticFlowLabel(false)
      try Self.expect(socket, ipv6, IPV6_AUTOFLOWLABEL, 0)
      try socket.setPathMTUDiscovery(.probe)
      try Self.expect(socket, ipv6, IPV6_MTU_DISCOVER, 3)
      try socket.setDontFragment(true)
      try Self.expect(socket, ipv6, IPV6_DONTFRAG, 1)
      try socket.setMark(0xdead_beef)
      try Self.expect(socket, SOL_SOCKET, SO_MARK, Int32(bitPattern: 0xdead_beef))
      try socket.setDontRoute(true)
      try Self.expect(socket, SOL_SOCKET, SO_DONTROUTE, 1)
      do throws(SystemError) {
        try socket.setDebug(true)
        try Self.expectDebug(socket)
      } catch {
        // CAP_NET_ADMIN of the host itself is wanted, which a user namespace has not.
        #expect(error.errno == .permissionDenied)
      }
      #expect(try socket.setSendBuffer(100_000) == 200_000)
      #expect(try socket.setReceiveBuffer(100_000) == 200_000)
      try socket.bind(toInterface: "lo")
      try Self.expect(socket, SOL_SOCKET, 62, 1)  // SO_BINDTOIFINDEX
      let failure = #expect(throws: SystemError.self) { try socket.bind(toInterface: "nothing") }
      #expect(failure == SystemError("setsockopt SO_BINDTODEVICE", .noDevice))
    }
  }

  @Test func `a datagram socket takes the identifier that it is bound to, though another one has it`() throws
  {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.datagram)
      try socket.bind(to: SocketAddress(.loopback, port: 0xbeef))
      #expect(try socket.echoIdentifier() == 0xbeef)
      let other = try ICMPv6SocketTests.open(.datagram)
      try other.bind(to: SocketAddress(.loopback, port: 0xbeef))
      #expect(try other.echoIdentifier() == 0xbeef)
      // One that may choose gets one that is free.
      let third = try ICMPv6SocketTests.open(.datagram)
      #expect(try third.echoIdentifier() != 0xbeef)
    }
  }

  @Test func `a source that is not this host's, and a link-local one without a zone, are refused`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.raw)
      let foreign = #expect(throws: SystemError.self) {
        try socket.bind(to: SocketAddress(IPv6Address(bits: 0x2001_0db8 << 96 | 1)))
      }
      #expect(foreign == SystemError("bind", .addressNotAvailable))
      let unzoned = #expect(throws: SystemError.self) {
        try socket.connect(to: SocketAddress(IPv6Address(bits: 0xfe80 << 112 | 1)))
      }
      #expect(unzoned == SystemError("connect", .invalidArgument))
    }
  }

  @Test func `without the group, datagram sockets are refused with EACCES`() throws {
    try NetworkNamespace.run {
      // A new namespace starts with "1 0": nobody. (A user namespace shows other numbers for groups it lacks.)
      #expect(try SystemControl.pingGroupRange()?.contains(getegid()) != true)
      let failure = #expect(throws: SystemError.self) { _ = try ICMPv6Socket(.datagram) }
      #expect(failure == SystemError("socket", .permissionDenied))
      try NetworkNamespace.allowPingSockets()
      #expect(try SystemControl.pingGroupRange() == getegid()...getegid())
      _ = try ICMPv6Socket(.datagram)
    }
  }

  @Test func `a connected socket needs no destination and hears its peer`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.raw)
      try socket.connect(to: SocketAddress(.loopback))
      #expect(try socket.localAddress().address == .loopback)
      let request = ICMPv6SocketTests.echoRequest(identifier: 3, sequence: 4)
      try socket.send(request.span, to: nil)
      _ = try ICMPv6SocketTests.wait(socket)
      var batch = ReceiveBatch(capacity: 2, messageSize: 64)
      #expect(try socket.receive(into: &batch) == 1)
    }
  }
}
