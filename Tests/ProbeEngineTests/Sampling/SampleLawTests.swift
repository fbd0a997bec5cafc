import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

/// A network that loses, delays, doubles, reorders and damages by chance, and a host that stalls; after every step the
/// laws are checked, and at the end the figures against a naive account of the records.
@Suite("Sampling laws") struct SampleLawTests {
  private struct Outcome {
    var records: [SampleRecord] = []
    var trace: [String] = []
    var figures: [SampleFigures] = []
    var summary: SampleSummary
    var sent = 0
    var isFinished = false
  }

  private static func configuration(_ seed: UInt64) -> SampleConfiguration {
    var random = RandomNumbers(seed: seed)
    var groups: [SampleGroup] = []
    var targets: [SampleTarget] = []
    for g in 0..<3 {
      var group = SampleGroup(name: "g\(g)", probe: g == 2 ? .udp(acceptsUnreachable: true) : .echo)
      group.interval = .milliseconds(Int64.random(in: 5...60, using: &random))
      group.timeout = .milliseconds(Int64.random(in: 20...300, using: &random))
      group.lateWindow = .milliseconds(Int64.random(in: 0...200, using: &random))
      group.payloadLength = [0, 8, 12, 16, 31, 32, 56, 1_000].randomElement(using: &random) ?? 56
      if Bool.random(using: &random) { group.order = .poisson }
      if g == 1 { group.retry = .init(attempts: 3, backoff: 2) }
      group.count = UInt64.random(in: 5...40, using: &random)
      if Bool.random(using: &random) {
        group.onTrouble = TraceOrder()
        group.troubleLosses = 2
      }
      groups.append(group)
      for t in 0..<Int.random(in: 1...6, using: &random) {
        targets.append(
          SampleTarget(address(UInt64(g * 10 + t + 1)), group: g, port: g == 2 ? 7 : 0))
      }
    }
    var configuration = SampleConfiguration(groups: groups, targets: targets)
    configuration.identifier = 77
    configuration.seed = seed
    configuration.warmup = .milliseconds(40)
    configuration.splay = .milliseconds(10)
    return configuration
  }

  private struct Flight {
    var arrives: Instant
    var probe: SentSample
    var isDamaged: Bool
    var isError: Bool
  }

  private static func play(_ seed: UInt64) -> Outcome {
    var engine = SampleEngine(configuration(seed), at: .zero)
    var random = RandomNumbers(seed: seed ^ 0xabcd)
    var air: [Flight] = []
    var outcome = Outcome(summary: SampleSummary(startedAt: .zero, at: .zero))
    var now = Instant.zero
    for _ in 0..<100_000 {
      guard let timeout = engine.nextTimeout(now: now) else { break }
      let next = min(timeout, air.map { $0.arrives }.min() ?? .distantFuture)
      now = max(now, next)
      if Int.random(in: 0..<100, using: &random) == 0 {
        now = now + .milliseconds(Int64.random(in: 0...150, using: &random))
      }
      for flight in air.filter({ $0.arrives <= now }) { deliver(flight, to: &engine, at: now) }
      air.removeAll { $0.arrives <= now }
      engine.handleTimeout(at: now)
      for probe in engine.send(at: now, stamps: Bool.random(using: &random)) {
        outcome.sent += 1
        if Int.random(in: 0..<20, using: &random) == 0 {
          engine.handleSendFailure(probe.transmit.number, errno: 101, at: now)
          continue
        }
        for _ in 0..<(Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1) {
          guard Int.random(in: 0..<5, using: &random) > 0 else { continue }
          let delay = Nanoseconds.microseconds(Int64.random(in: 50...600_000, using: &random))
          air.append(
            Flight(
              arrives: now + delay, probe: probe, isDamaged: Int.random(in: 0..<10, using: &random) == 0,
              isError: Int.random(in: 0..<10, using: &random) == 0))
        }
      }
      engine.checkLaws(at: now)
      while let event = engine.pollEvent() {
        outcome.trace.append("\(event)")
        switch event {
        case .record(let record): outcome.records.append(record)
        case .order(let order):
          engine.handleFinding(order.number, .failed(errno: 1, text: ""), at: now)
        default: break
        }
      }
    }
    outcome.isFinished = engine.isFinished
    outcome.summary = engine.summary(at: now)
    for target in engine.configuration.targets.indices {
      outcome.figures.append(engine.figures(of: target, at: now))
    }
    return outcome
  }

  private static func deliver(_ flight: Flight, to engine: inout SampleEngine, at now: Instant) {
    let asked = flight.probe.transmit.destination
    var octets = flight.probe.octets
    let isUDP = asked.group == 2
    let headerCount = isUDP ? 0 : 8
    if flight.isDamaged, octets.count > headerCount { octets[octets.count - 1] ^= 0x10 }
    let stamp = min(flight.arrives, now)
    if flight.isError {
      var error = ErrorArrival(
        type: 1, code: isUDP ? 4 : 0, info: 0, source: isUDP ? asked.address : stranger,
        destination: asked.address, stamp: stamp, readAt: now)
      error.destinationPort = asked.port
      engine.handleError(octets.span, error, isUDP: isUDP)
    } else if isUDP {
      engine.handleDatagram(
        octets.span, from: asked.port, Arrival(source: asked.address, stamp: stamp, readAt: now))
    } else {
      engine.handleReceived(
        reply(to: octets).span, Arrival(source: asked.address, hopLimit: 60, stamp: stamp, readAt: now))
    }
  }

  @Test(
    "Every probe ends once, the sums hold, and figures are those of the records",
    arguments: 1...25 as ClosedRange<UInt64>)
  func laws(seed: UInt64) {
    let outcome = Self.play(seed)
    #expect(outcome.isFinished)
    let numbers = outcome.records.map { $0.number }
    #expect(Set(numbers).count == numbers.count)
    #expect(Set(numbers) == Set(0..<UInt64(outcome.sent)))
    for (target, figures) in outcome.figures.enumerated() {
      check(figures, outcome.records.filter { $0.target == target && !$0.isWarmup })
    }
    for (group, figures) in outcome.summary.groups.enumerated() {
      let records = outcome.records.filter { $0.group == group && !$0.isWarmup }
      let trips = records.filter { $0.outcome == .ok }.compactMap { $0.roundTrip?.count }
      #expect(figures.attempted == UInt64(records.count))
      #expect(figures.histogram.count == UInt64(trips.count))
      if !trips.isEmpty {
        let mean = trips.reduce(0, +) / Int64(trips.count)
        #expect(figures.mean == Nanoseconds(mean))
      }
    }
  }

  /// The figures as one would get them with a pencil.
  private func check(_ figures: SampleFigures, _ records: [SampleRecord]) {
    func count(_ outcome: SampleOutcome) -> UInt64 { UInt64(records.count { $0.outcome == outcome }) }
    #expect(figures.ok == count(.ok) && figures.late == count(.late) && figures.lost == count(.lost))
    #expect(figures.icmpErrors == count(.icmpError) && figures.sendErrors == count(.sendError))
    let trips = records.filter { $0.outcome == .ok }.compactMap { $0.roundTrip?.count }
    #expect(figures.histogram.min == trips.min() && figures.histogram.max == trips.max())
    var jitter = 0.0
    var sum = 0.0
    for (a, b) in zip(trips, trips.dropFirst()) {
      let difference = Double(abs(b - a))
      jitter += (difference - jitter) / 16
      sum += difference
    }
    if trips.count > 1 {
      #expect(abs(Double(figures.delayVariation?.count ?? -1) - sum / Double(trips.count - 1)) <= 1)
      #expect(abs(Double(figures.jitter?.count ?? -1) - jitter) <= 16)
      let mean = Double(trips.reduce(0, +)) / Double(trips.count)
      let variance =
        trips.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(trips.count)
      #expect(abs(Double(figures.deviation?.count ?? -1) - variance.squareRoot()) <= 2)
    }
    var youngest: UInt64 = 0
    var reordered: UInt64 = 0
    for record in records where record.outcome == .ok || record.outcome == .late {
      if record.sequence < youngest { reordered += 1 }
      youngest = max(youngest, record.sequence)
    }
    #expect(figures.reordered == reordered)
    var (bursts, longest, current): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var began = Instant.zero
    var outage = Nanoseconds.zero
    for record in records.sorted(by: { $0.sequence < $1.sequence }) {
      if record.outcome == .ok {
        if current > 0 { outage = outage + (record.sentAt - began) }
        current = 0
      } else {
        if current == 0 {
          bursts += 1
          began = record.sentAt
        }
        current += 1
        longest = max(longest, current)
      }
    }
    #expect(figures.lossBursts == bursts && figures.longestLossBurst == longest)
    if current == 0 { #expect(figures.outage == outage) } else { #expect(figures.outage >= outage) }
  }

  @Test func `The same seed gives the same events, another seed others`() {
    let (first, again, other) = (Self.play(3), Self.play(3), Self.play(4))
    #expect(first.trace == again.trace)
    #expect(first.trace != other.trace)
  }

  @Test func `An hour of sampling takes no memory beyond its window`() {
    var engine = SampleEngine(
      sampling(targets: 3) {
        $0.interval = .milliseconds(100); $0.lateWindow = .zero
      } run: {
        $0.duration = .seconds(3_600)
      }, at: .zero)
    var now = Instant.zero
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var records = 0
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      engine.handleTimeout(at: now)
      while true {
        var span = buffer.mutableSpan
        guard let transmit = engine.pollTransmit(at: now, into: &span) else { break }
        engine.receive(reply(to: buffer), from: transmit.destination.address, at: now)
      }
      while let event = engine.pollEvent() { if case .record = event { records += 1 } }
    }
    #expect(records == 108_000)
    let figures = engine.summary(at: now).groups[0]
    #expect(figures.ok == 108_000 && figures.outage == .zero)
    #expect(now == Instant(nanoseconds: 3_600_000_000_000 - 33_333_334))
  }
}
