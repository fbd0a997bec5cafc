import Testing
import Timing
import Wire

@testable import ProbeEngine

let target = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
let stranger = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_00ff)
let ourselves = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0002)

func configuration(
  _ address: IPv6Address = target, zone: UInt32 = 0, _ change: (inout PingConfiguration) -> Void = { _ in }
) -> PingConfiguration {
  var c = PingConfiguration(targets: [ProbeTarget(address: address, zone: zone)])
  c.identifier = 0x1234
  c.seed = 11
  change(&c)
  return c
}

func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

/// What of a run must not change by what is not believed, and what must always hold.
struct Figures: Equatable {
  var replied, corrupted, late, icmpErrors, lost, sendFailed, inFlight, duplicates, roundTrips: UInt64
  var nextTimeout: Instant?
  var minimum: Nanoseconds?
  var jitter: Nanoseconds?
}

extension PingEngine {
  /// Sends what is due and returns the octets of each probe.
  mutating func send(at now: Instant) -> [[UInt8]] {
    var probes: [[UInt8]] = []
    var buffer = [UInt8](repeating: 0, count: messageLength)
    while true {
      var span = buffer.mutableSpan
      guard let transmit = pollTransmit(at: now, into: &span) else { return probes }
      handleTransmitted(transmit.probe, at: now)
      probes.append(Array(buffer.prefix(transmit.octets)))
    }
  }

  mutating func receive(_ octets: [UInt8], at now: Instant, _ change: (inout Arrival) -> Void = { _ in }) {
    var arrival = Arrival(source: target, destination: ourselves, stamp: now, readAt: now)
    change(&arrival)
    handleReceived(octets.span, arrival)
  }

  /// An error from the error queue that quotes these octets.
  mutating func refuse(_ quoted: [UInt8], type: UInt8 = 1, code: UInt8 = 0, at now: Instant) {
    handleError(
      quoted.span,
      ErrorArrival(
        type: type, code: code, info: 0, source: stranger, destination: target, stamp: now, readAt: now))
  }

  mutating func drain() -> [PingEvent] {
    var all: [PingEvent] = []
    while let event = pollEvent() { all.append(event) }
    return all
  }

  func figures(at now: Instant) -> Figures {
    let s = summaries(at: now)[0]
    #expect(
      s.attempted == s.replied + s.corrupted + s.late + s.icmpErrors + s.lost + s.sendFailed + s.inFlight)
    return Figures(
      replied: s.replied, corrupted: s.corrupted, late: s.late, icmpErrors: s.icmpErrors, lost: s.lost,
      sendFailed: s.sendFailed, inFlight: s.inFlight, duplicates: s.duplicates,
      roundTrips: s.roundTrip?.count ?? 0, nextTimeout: nextTimeout(now: now), minimum: s.roundTrip?.minimum,
      jitter: s.jitter)
  }
}

func reply(to probe: [UInt8], type: UInt8 = 129) -> [UInt8] { [type] + probe.dropFirst() }

extension [PingEvent] {
  var names: [String] {
    map { event in
      switch event {
      case .sent(let e): "sent \(e.sequence)"
      case .sendFailed(let e): "failed \(e.sequence)"
      case .reply(let e): "reply \(e.sequence)"
      case .late(let e): "late \(e.sequence)"
      case .duplicate(let e): "duplicate \(e.sequence)"
      case .corrupted(let e, let c): "corrupted \(e.sequence) at \(c.offset)"
      case .icmpError(let e): "error \(e.sequence)\(e.isExtra ? " extra" : "")"
      case .lost(let e): "lost \(e.sequence)"
      case .noAnswerYet(let e): "outstanding \(e.sequence)"
      case .rejected(let e): "rejected \(e.reason)"
      case .gap(let e): "gap \(e.skipped)"
      }
    }
  }
}
