package import Timing
import Wire

/// Switches the kernel's receive stamps on, and can tell when they are.
///
/// Where nobody on the host stamped before, they start only when a worker of the kernel has had a processor
/// (net_enable_timestamp): on a busy host that may be many milliseconds after SO_TIMESTAMPING, and what comes before
/// has no stamp. This one asks early in a program's set-up; at its end a datagram to itself over the loopback shows
/// whether they have started.
package struct StampStarter: ~Copyable {
  /// Between two looks: the worker needs some tens of microseconds.
  private static let pause = Nanoseconds.microseconds(50)
  /// A datagram that is not there after so long was dropped.
  private static let longestLoop = Nanoseconds.milliseconds(5)

  private let socket: UDPSocket

  /// EMFILE: no descriptor left.
  package init() throws(SystemError) {
    let socket = try UDPSocket()
    try socket.setTimestamps(transmit: .none)
    self.socket = socket
  }

  /// Waits until received messages are stamped; false where that cannot be seen (no loopback) or takes longer than
  /// `limit`. Costs some ten microseconds where they are already. Other sockets that want stamps are to be open:
  /// with the last of them the kernel stops.
  package consuming func wait(atMost limit: Nanoseconds) -> Bool {
    do throws(SystemError) {
      try socket.bind(to: SocketAddress(.loopback))
      let own = try socket.localAddress()
      var batch = ReceiveBatch(capacity: 1, messageSize: 1)
      let deadline = SystemClock.monotonicNow() + limit
      let octets: [UInt8] = [0]
      repeat {
        try socket.send(octets.span, to: own)
        guard try receive(&batch) else { break }
        if batch.withMessage(0, { _, metadata in metadata.stamp != nil }) { return true }
        // Nothing will come: only the time passes, and the processor is the worker's.
        _ = try wait(for: Self.pause)
      } while SystemClock.monotonicNow() < deadline
    } catch {}
    UDPSocket.letStampsStart()
    return false
  }

  private func receive(_ batch: inout ReceiveBatch) throws(SystemError) -> Bool {
    if try socket.receive(into: &batch) > 0 { return true }
    guard try wait(for: Self.longestLoop) else { return false }
    return try socket.receive(into: &batch) > 0
  }

  private func wait(for time: Nanoseconds) throws(SystemError) -> Bool {
    var poller = Poller()
    _ = poller.add(socket.descriptor)
    return try poller.wait(until: SystemClock.monotonicNow() + time) > 0
  }
}
