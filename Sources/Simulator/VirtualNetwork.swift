package import ProbeEngine
package import Timing
package import Wire

/// What the virtual network does with one probe: any number of things that arrive later.
package struct Delivery: Sendable {
  package enum Content: Sendable {
    /// An ICMPv6 message, as a socket would hand it over.
    case message([UInt8])
    /// An ICMPv6 error, as the error queue would hand it over, quoting these octets.
    case error(type: UInt8, code: UInt8, info: UInt32, quoted: [UInt8])
  }
  /// From the probe's departure.
  package var after: Nanoseconds
  package var source: IPv6Address
  package var content: Content
  /// The receiving host reads it so much later than the kernel stamped it.
  package var hostDelay: Nanoseconds = .zero
  package var hopLimit: UInt8 = 64

  package init(after: Nanoseconds, source: IPv6Address, content: Content) {
    self.after = after
    self.source = source
    self.content = content
  }
}

/// One probe as the virtual network sees it.
package struct VirtualProbe: Sendable {
  /// From 0.
  package var number: UInt64
  package var target: ProbeTarget
  package var octets: [UInt8]
  package var sentAt: Instant

  /// The echo reply that a faithful host would send.
  package func reply(after: Nanoseconds) -> Delivery {
    var reply = octets
    reply[0] = 129
    return Delivery(after: after, source: target.address, content: .message(reply))
  }

  /// An ICMPv6 error from a router on the way.
  package func error(
    _ type: UInt8, _ code: UInt8, info: UInt32 = 0, from router: IPv6Address, after: Nanoseconds
  )
    -> Delivery
  {
    Delivery(
      after: after, source: router, content: .error(type: type, code: code, info: info, quoted: octets))
  }
}

/// What becomes of a probe that the engine hands over.
package enum Fate: Sendable {
  case delivered([Delivery])
  /// The call to send fails with this errno(3).
  case sendFailed(Int32)
}

/// Runs a ping engine over a virtual network in virtual time: the same loop as the real one, without waiting.
package struct PingSimulation {
  package var configuration: PingConfiguration
  package var start: Instant = .zero
  /// The wall clock at instant zero, in nanoseconds since the epoch.
  package var wallOffset: Int64 = 1_767_225_600_000_000_000
  /// The wall clock is set: from these instants on, in order, the offsets are others.
  package var wallJumps: [(from: Instant, offset: Int64)] = []
  /// Kernel stamps are there (else the engine falls back on call and read).
  package var hasKernelStamps = true
  /// Calls that end the run from outside, by time.
  package var stopAt: Instant?
  /// The process does not run between these instants (a stopped process).
  package var pause: Range<Instant>?
  private let fate: (VirtualProbe) -> Fate

  package init(_ configuration: PingConfiguration, fate: @escaping (VirtualProbe) -> Fate) {
    self.configuration = configuration
    self.fate = fate
  }

  /// Runs to the end; `event` is told everything in order. Returns the summaries and the end of virtual time.
  package func run(event: (PingEvent) -> Void) -> (summaries: [PingSummary], end: Instant) {
    var engine = PingEngine(configuration, at: start)
    engine.wallOffset = wallOffset
    var arrivals = TimerQueue<(Delivery, Instant)>()
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var now = start
    var number: UInt64 = 0
    var idleTurns = 0

    while !engine.isFinished {
      var next = engine.nextTimeout(now: now) ?? .distantFuture
      if let earliest = arrivals.earliest { next = min(next, earliest) }
      if let stopAt { next = min(next, stopAt) }
      precondition(next < .distantFuture, "a run that waits for nothing")
      // A turn without time, arrival or probe may settle something; more of them would be a loop that spins.
      idleTurns = next > now ? 0 : idleTurns + 1
      precondition(idleTurns <= 2, "a run that does not get on")
      now = max(now, next)
      if let pause, pause.contains(now) { now = pause.upperBound }
      if let stopAt, now >= stopAt {
        engine.stop()
        break
      }
      while let (due, payload) = arrivals.popDue(at: now) {
        idleTurns = 0
        deliver(payload.0, stamp: due - payload.0.hostDelay, readAt: now, to: &engine)
      }
      engine.handleTimeout(at: now)
      if let jump = wallJumps.last(where: { $0.from <= now }) { engine.wallOffset = jump.offset }
      var span = buffer.mutableSpan
      while let transmit = engine.pollTransmit(at: now, into: &span) {
        let octets = (0..<transmit.octets).map { span[$0] }
        let probe = VirtualProbe(
          number: number, target: configuration.targets[transmit.target], octets: octets, sentAt: now)
        number += 1
        idleTurns = 0
        switch fate(probe) {
        case .sendFailed(let errno): engine.handleSendFailure(transmit.probe, errno: errno, at: now)
        case .delivered(let deliveries):
          if hasKernelStamps { engine.handleTransmitted(transmit.probe, at: now) }
          for delivery in deliveries {
            _ = arrivals.insert((delivery, now), at: now + delivery.after + delivery.hostDelay)
          }
        }
      }
      while let next = engine.pollEvent() { event(next) }
    }
    while let next = engine.pollEvent() { event(next) }
    return (engine.summaries(at: now), now)
  }

  private func deliver(_ delivery: Delivery, stamp: Instant, readAt: Instant, to engine: inout PingEngine) {
    let stamp = hasKernelStamps ? stamp : nil
    switch delivery.content {
    case .message(let octets):
      engine.handleReceived(
        octets.span,
        Arrival(
          source: delivery.source, interface: 1, hopLimit: delivery.hopLimit, stamp: stamp, readAt: readAt))
    case .error(let type, let code, let info, let quoted):
      engine.handleError(
        quoted.span,
        ErrorArrival(
          type: type, code: code, info: info, source: delivery.source, interface: 1,
          hopLimit: delivery.hopLimit, stamp: stamp, readAt: readAt))
    }
  }
}
