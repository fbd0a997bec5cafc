import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// In namespaces, and there without a loopback too.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct StampStarterTests {
  @Test func `whatever comes after the wait is stamped`() throws {
    try NetworkNamespace.run {
      for _ in 0..<50 {
        let starter = try StampStarter()
        let socket = try UDPSocket()
        try socket.setTimestamps(transmit: .none)
        try socket.bind(to: SocketAddress(.loopback))
        let isStarted = starter.wait(atMost: .seconds(5))
        #expect(isStarted)
        let octets: [UInt8] = [1]
        try socket.send(octets.span, to: try socket.localAddress())
        var poller = Poller()
        _ = poller.add(socket.descriptor)
        #expect(try poller.wait(until: SystemClock.monotonicNow() + .seconds(5)) == 1)
        var batch = ReceiveBatch(capacity: 1, messageSize: 16)
        #expect(try socket.receive(into: &batch) == 1)
        let isStamped = batch.withMessage(0) { _, metadata in metadata.stamp != nil }
        #expect(isStamped)
      }
    }
  }

  @Test func `without a loopback the wait is over at once`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "link", "set", "lo", "down")
      let starter = try StampStarter()
      let before = SystemClock.monotonicNow()
      let isStarted = starter.wait(atMost: .seconds(60))
      #expect(!isStarted)
      #expect(SystemClock.monotonicNow() - before < .seconds(30))
    }
  }
}
