import CLinux
import Glibc
import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// What a socket that many probes share has to tell and to say for each of them.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct SharedSocketTests {
  /// The drops that the kernel tells of the only "ping" socket of this namespace.
  private static func dropsInProc() throws -> UInt32? {
    let lines = try NetworkNamespace.output("cat", "/proc/net/icmp6").split(separator: "\n")
    guard lines.count == 2, let last = lines[1].split(separator: " ").last else { return nil }
    return UInt32(last)
  }

  @Test func `what finds no room in the receive buffer is counted as the kernel counts it`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.allowPingSockets()
      let socket = try ICMPv6Socket(.datagram)
      try socket.setReceiveBuffer(0)
      let identifier = try socket.echoIdentifier()
      let atFirst = socket.receiveDrops
      #expect(atFirst == 0)
      for sequence in 0..<100 as Range<UInt16> {
        let request = ICMPv6SocketTests.echoRequest(identifier: identifier, sequence: sequence)
        try socket.send(request.span, to: SocketAddress(.loopback))
      }
      // All replies are there: the loopback answers within the call.
      var batch = ReceiveBatch(capacity: 128, messageSize: 64)
      let received = try socket.receive(into: &batch)
      let counted = socket.receiveDrops
      let drops = try #require(counted)
      #expect(drops > 0)
      #expect(received + Int(drops) == 100)
      #expect(try Self.dropsInProc() == drops)
    }
  }

  @Test func `one message refuses to be fragmented while another of the same socket is`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.allowPingSockets()
      try NetworkNamespace.command("ip", "link", "set", "lo", "mtu", "1500")
      let socket = try ICMPv6Socket(.datagram)
      let identifier = try socket.echoIdentifier()
      let request =
        ICMPv6SocketTests.echoRequest(identifier: identifier, sequence: 1)
        + [UInt8](repeating: 0, count: 1_984)
      var envelope = Envelope(to: SocketAddress(.loopback))
      try socket.send(request.span, envelope)
      envelope.isUnfragmented = true
      let failure = #expect(throws: SystemError.self) { try socket.send(request.span, envelope) }
      #expect(failure?.errno == .messageTooLong)
      // Beside every other thing that a message may say for itself.
      envelope.source = .loopback
      envelope.interface = 1
      envelope.hopLimit = 3
      envelope.trafficClass = 8
      envelope.wantsStamp = true
      try socket.send(request.span.extracting(0..<16), envelope)
    }
  }

  @Test func `the limit of descriptors rises to what this process may have`() throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    // `limit` is a local that outlives the calls.
    #expect(unsafe getrlimit(resource, &limit) == 0)
    #expect(Process.raiseDescriptorLimit() == Int(clamping: limit.rlim_max))
    #expect(Process.descriptorLimit == Int(clamping: limit.rlim_max))
  }
}
