package import ProbeEngine
package import Timing
import Wire

/// Runs a trace engine over a virtual path in virtual time: the same loop as the real one, without waiting.
package struct TraceSimulation {
  package var configuration: TraceConfiguration
  package var start: Instant = .zero
  /// A call that ends the run from outside.
  package var stopAt: Instant?
  /// The path, and after the run what it has counted.
  package private(set) var path: VirtualPath
  /// The run was given up: the engine waited for nothing, or went round without getting on.
  package private(set) var hasStalled = false
  /// Packets that left.
  package private(set) var sent = 0

  /// The configuration's framing must be `.packet`: routers read whole packets.
  package init(_ configuration: TraceConfiguration, over path: VirtualPath) {
    precondition(configuration.framing == .packet, "a virtual path carries packets")
    self.configuration = configuration
    self.path = path
  }

  /// Runs to the end; `event` is told everything in order. Returns the end of virtual time.
  package mutating func run(event: (TraceEvent) -> Void) -> Instant {
    var engine = TraceEngine(configuration, at: start)
    var arrivals = TimerQueue<[UInt8]>()
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var now = start
    var idleTurns = 0

    while !engine.isFinished {
      var next = engine.nextTimeout(now: now) ?? .distantFuture
      if let earliest = arrivals.earliest { next = min(next, earliest) }
      if let stopAt { next = min(next, stopAt) }
      // A turn without time, arrival or probe may settle something; more of them would be a loop that spins.
      idleTurns = next > now ? 0 : idleTurns + 1
      if next == .distantFuture || idleTurns > 3 {
        hasStalled = true
        break
      }
      now = max(now, next)
      if let stopAt, now >= stopAt {
        engine.stop(at: now)
        self.stopAt = nil
      }
      while let (due, octets) = arrivals.popDue(at: now) {
        idleTurns = 0
        deliver(octets, stamp: due, readAt: now, to: &engine)
      }
      engine.handleTimeout(at: now)
      var span = buffer.mutableSpan
      while let transmit = engine.pollTransmit(at: now, into: &span) {
        idleTurns = 0
        let octets = (0..<transmit.octets).map { span[$0] }
        if let mtu = path.linkMTU, octets.count > mtu {
          engine.handleSendFailure(
            transmit.number, errno: TraceSimulation.messageTooLong, mtu: UInt32(clamping: mtu), at: now)
          continue
        }
        sent += 1
        engine.handleTransmitted(transmit.number, at: now)
        for answer in path.answers(to: octets, at: now) {
          _ = arrivals.insert(answer.octets, at: now + answer.after)
        }
      }
      while let next = engine.pollEvent() { event(next) }
    }
    while let next = engine.pollEvent() { event(next) }
    return now
  }

  /// EMSGSIZE of Linux.
  private static var messageTooLong: Int32 { 90 }

  private func deliver(_ octets: [UInt8], stamp: Instant, readAt: Instant, to engine: inout TraceEngine) {
    guard let header = try? IPv6Header(decoding: octets.span) else { return }
    engine.handlePacket(
      octets.span,
      Arrival(
        source: header.source, destination: header.destination, interface: 1,
        hopLimit: header.hopLimit.rawValue, trafficClass: header.trafficClass.rawValue, stamp: stamp,
        stampSource: .capture, readAt: readAt, isChecksumUnverified: true))
  }
}
