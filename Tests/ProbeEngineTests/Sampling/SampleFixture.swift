import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

func address(_ low: UInt64) -> IPv6Address {
  IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0001_0000 + UInt128(low))
}

/// One group of so many targets, 2001:db8::1:1 and on.
func sampling(
  _ probe: SampleProbe = .echo, targets: Int = 1, port: UInt16 = 0,
  _ change: (inout SampleGroup) -> Void = { _ in }, run: (inout SampleConfiguration) -> Void = { _ in }
) -> SampleConfiguration {
  var group = SampleGroup(name: "nodes", probe: probe)
  change(&group)
  var configuration = SampleConfiguration(
    groups: [group], targets: (0..<targets).map { SampleTarget(address(UInt64($0) + 1), port: port) })
  configuration.identifier = 0x1234
  configuration.seed = 7
  run(&configuration)
  return configuration
}

func expectFinished(
  _ engine: borrowing SampleEngine, _ wanted: Bool = true, at location: SourceLocation = #_sourceLocation
) {
  let isFinished = engine.isFinished
  #expect(isFinished == wanted, sourceLocation: location)
}

struct SentSample {
  var transmit: SampleTransmit
  var octets: [UInt8]
  var at: Instant
}

extension SampleEngine {
  /// Sends all that is due.
  mutating func send(at now: Instant, stamps: Bool = true) -> [SentSample] {
    var sent: [SentSample] = []
    var buffer = [UInt8](repeating: 0, count: messageLength)
    while true {
      var span = buffer.mutableSpan
      guard let transmit = pollTransmit(at: now, into: &span) else {
        if let next = nextTransmit(now: now), next.due <= now { continue }
        return sent
      }
      if stamps { handleTransmitted(transmit.number, at: now) }
      sent.append(SentSample(transmit: transmit, octets: Array(buffer.prefix(transmit.octets)), at: now))
    }
  }

  mutating func receive(
    _ octets: [UInt8], from source: IPv6Address = address(1), at now: Instant,
    _ change: (inout Arrival) -> Void = { _ in }
  ) {
    var arrival = Arrival(source: source, destination: ourselves, hopLimit: 64, stamp: now, readAt: now)
    change(&arrival)
    handleReceived(octets.span, arrival)
  }

  mutating func answer(
    _ probe: SentSample, at now: Instant, _ change: (inout Arrival) -> Void = { _ in }
  ) {
    receive(reply(to: probe.octets), from: probe.transmit.destination.address, at: now, change)
  }

  /// Lets time pass until `end`: all that is due, at the time it is due. Returns what was sent.
  mutating func run(until end: Instant) -> [SentSample] {
    var sent: [SentSample] = []
    var now = Instant.zero
    while let next = nextTimeout(now: now), next <= end {
      now = max(now, next)
      handleTimeout(at: now)
      sent += send(at: now)
    }
    return sent
  }

  mutating func drain() -> [SampleEvent] {
    var all: [SampleEvent] = []
    while let event = pollEvent() { all.append(event) }
    return all
  }

  /// What must always hold, of each target and of all.
  func checkLaws(at now: Instant) {
    var open: UInt64 = 0
    for target in configuration.targets.indices {
      let f = figures(of: target, at: now)
      #expect(f.attempted == f.ok + f.late + f.lost + f.icmpErrors + f.sendErrors + f.inFlight)
      #expect(f.histogram.count == f.ok || f.histogram.count == f.moments.count)
      #expect(f.longestLossBurst <= f.attempted && f.lossBursts <= f.attempted)
      open += UInt64(tallies[target].open)
    }
    let inFlight = inFlight
    #expect(open == inFlight)
  }
}

extension [SampleEvent] {
  var records: [SampleRecord] { compactMap { if case .record(let r) = $0 { r } else { nil } } }
  var outcomes: [String] { records.map { "\($0.outcome) \($0.target).\($0.sequence)" } }
  var orders: [SampleOrder] { compactMap { if case .order(let o) = $0 { o } else { nil } } }
  var changes: [SampleChange.What] { compactMap { if case .change(let c) = $0 { c.what } else { nil } } }
  var rejections: [RejectionReason] {
    compactMap { if case .rejected(let r) = $0 { r.reason } else { nil } }
  }
  var gaps: [Gap] { compactMap { if case .gap(_, let g) = $0 { g } else { nil } } }
  var duplicates: Int { reduce(0) { if case .duplicate = $1 { $0 + 1 } else { $0 } } }
}
