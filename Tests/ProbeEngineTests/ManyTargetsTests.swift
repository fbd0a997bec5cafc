import Testing
import Timing
import Wire

@testable import ProbeEngine

struct ManyTargetsTests {
  private func many(_ count: Int, _ change: (inout PingConfiguration) -> Void = { _ in }) -> PingConfiguration
  {
    var c = configuration(target, change)
    c.targets = (0..<count).map { ProbeTarget(address: IPv6Address(bits: target.bits + UInt128($0))) }
    return c
  }

  /// When the probes leave of a run that nobody answers.
  private func departures(_ c: PingConfiguration, until end: Instant) -> [(Instant, Int)] {
    var engine = PingEngine(c, at: .zero)
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var found: [(Instant, Int)] = []
    var now = Instant.zero
    while now < end, !engine.isFinished {
      engine.handleTimeout(at: now)
      var span = buffer.mutableSpan
      while let transmit = engine.pollTransmit(at: now, into: &span) { found.append((now, transmit.target)) }
      _ = engine.drain()
      guard let next = engine.nextTimeout(now: now) else { break }
      now = max(now, next)
    }
    return found
  }

  @Test func `targets share the interval evenly, without drift`() {
    let c = many(7) { $0.until = .attempted(1_000) }
    let found = departures(c, until: at(2_000_000))
    #expect(found.count == 7_000)
    for (number, probe) in found.enumerated() {
      let (turn, place) = number.quotientAndRemainder(dividingBy: 7)
      #expect(probe.1 == place)
      #expect(probe.0.nanoseconds == Int64(turn) * 1_000_000_000 + Int64(place) * 1_000_000_000 / 7)
    }
  }

  @Test func `one target keeps its interval, and a burst goes to all at once`() {
    let one = departures(many(1) { $0.until = .attempted(3) }, until: at(10_000))
    #expect(one.map { $0.0 } == [at(0), at(1_000), at(2_000)])
    let burst = departures(
      many(3) {
        $0.until = .attempted(2)
        $0.pace = .schedule(.burst(count: 1, interval: .seconds(1)))
      }, until: at(10_000))
    #expect(burst.map { $0.0 } == [at(0), at(0), at(0), at(1_000), at(1_000), at(1_000)])
  }

  @Test func `random gaps are between probes, and each target has the mean interval`() {
    let found = departures(
      many(50) {
        $0.pace = .schedule(.poisson(mean: .seconds(1)))
        $0.until = .attempted(200)
      }, until: at(10_000_000))
    #expect(found.count == 10_000)
    let length = found[9_999].0 - found[0].0
    #expect(length > .seconds(190) && length < .seconds(210))
    #expect(Set(found.map { $0.0 }).count > 9_900)
  }

  @Test func `a flood without answers sends to each target a hundred times a second`() {
    let found = departures(many(10) { $0.pace = .flood(window: 1) }, until: at(1_000))
    #expect((900...1_100).contains(found.count))
  }

  @Test func `a flood is not one burst of all targets`() {
    var engine = PingEngine(many(1_000) { $0.pace = .flood(window: 1) }, at: .zero)
    #expect(engine.send(at: .zero).count == 1)
  }

  @Test func `two hundred thousand probes in flight are told apart by their nonce`() {
    var engine = PingEngine(
      many(200_000) {
        $0.pace = .schedule(.burst(count: 1, interval: .seconds(100)))
        $0.wait = .perProbe(.seconds(50))
        $0.until = .attempted(1)
      }, at: .zero)
    let probes = engine.send(at: .zero)
    #expect(probes.count == 200_000)
    _ = engine.drain()
    // Four numbers of 64 bits that the wire shows as the same 16.
    let alike = [5, 5 + 65_536, 5 + 131_072, 5 + 196_608]
    #expect(Set(alike.map { probes[$0][6..<8] }).count == 1)
    for number in alike.reversed() {
      engine.receive(reply(to: probes[number]), at: at(1)) {
        $0.source = IPv6Address(bits: target.bits + UInt128(number))
      }
    }
    #expect(engine.drain().names == Array(repeating: "reply 1", count: 4))
    for number in alike { #expect(engine.summaries(of: number..<number + 1, at: at(2))[0].replied == 1) }
    var forged = probes[9]
    forged[30] ^= 0xff
    forged[25] ^= 0xff
    engine.receive(reply(to: forged), at: at(2)) { $0.source = IPv6Address(bits: target.bits + 9) }
    #expect(engine.drain().names == ["rejected nonce"])
  }

  @Test func `without room for a nonce the source says whose answer it is`() {
    var engine = PingEngine(
      many(70_000) {
        $0.pace = .schedule(.burst(count: 1, interval: .seconds(100)))
        $0.wait = .perProbe(.seconds(50))
        $0.payloadLength = 4
      }, at: .zero)
    let probes = engine.send(at: .zero)
    _ = engine.drain()
    engine.receive(reply(to: probes[3]), at: at(1)) { $0.source = IPv6Address(bits: target.bits + 3) }
    #expect(engine.drain().names == ["reply 1"])
    #expect(engine.summaries(of: 3..<4, at: at(1))[0].replied == 1)
  }

  @Test func `the run ends when the last target has been replied to as often as asked`() {
    var engine = PingEngine(
      many(3) {
        $0.until = .replied(1)
        $0.pace = .schedule(.burst(count: 1, interval: .seconds(1)))
      }, at: .zero)
    let probes = engine.send(at: .zero)
    for number in 0..<3 {
      #expect(engine.isFinished == false)
      engine.receive(reply(to: probes[number]), at: at(1)) {
        $0.source = IPv6Address(bits: target.bits + UInt128(number))
      }
    }
    #expect(engine.isFinished == true)
  }
}
