import Testing
import Timing
import Wire

@testable import ProbeEngine

private let group = IPv6Address(bits: 0xff02_0000_0000_0000_0000_0000_0000_0001)
private let linkLocal = IPv6Address(bits: 0xfe80_0000_0000_0000_0000_0000_0000_0001)
private let anycast = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0000)
private let homeAgents = IPv6Address(bits: 0x2001_0db8_0000_0000_fdff_ffff_ffff_fffe)

@Suite struct EngineBelief {
  /// Whether a reply to a probe of `asked` in that zone is believed from these sources (address, zone).
  private func believes(
    _ asked: IPv6Address, zone: UInt32 = 0, _ source: IPv6Address, _ sourceZone: UInt32 = 0
  ) -> Bool {
    var engine = PingEngine(configuration(asked, zone: zone), at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.receive(reply(to: probe), at: at(1)) {
      $0.source = source
      $0.sourceZone = sourceZone
    }
    let names = engine.drain().names
    #expect(names == ["reply 1"] || names == ["rejected source"])
    return names == ["reply 1"]
  }

  @Test func `a unicast address answers for itself, in its zone`() {
    #expect(believes(target, target))
    #expect(!believes(target, stranger))
    #expect(believes(linkLocal, zone: 2, linkLocal, 2))
    #expect(believes(linkLocal, zone: 2, linkLocal, 0))
    #expect(!believes(linkLocal, zone: 2, linkLocal, 3))
  }

  @Test
  func `any unicast address of the zone answers for a group or a known anycast address, and nothing else`() {
    for asked in [group, anycast, homeAgents] {
      #expect(believes(asked, stranger))
      #expect(believes(asked, zone: 2, linkLocal, 2))
      #expect(!believes(asked, zone: 2, linkLocal, 3))
      #expect(!believes(asked, group))
      #expect(!believes(asked, .unspecified))
    }
  }

  @Test func `the loopback address answers for the unspecified one`() {
    #expect(believes(.unspecified, .loopback))
    #expect(!believes(.unspecified, stranger))
    #expect(!believes(.unspecified, .unspecified))
  }

  @Test func `a reply of another kind than what was asked is not an answer`() {
    let interface = InterfaceQuestion(interface: .index(1), isLocal: true)
    let node = NodeInformationQuestion(kind: .name, subject: nil)
    // Identifier and sequence are right in each.
    let echo: [UInt8] = [129, 0, 0, 0, 0x12, 0x34, 0, 1]
    let extended: [UInt8] = [161, 0, 0, 0, 0x12, 0x34, 1, 4]
    let name: [UInt8] = [140, 0, 0, 0, 0, 2, 0, 0] + [UInt8](repeating: 0, count: 20)
    for (message, octets, reason) in [
      (.echo, extended, "sequence"), (.echo, name, "nonce"),
      (.extendedEcho(interface), echo, "sequence"), (.extendedEcho(interface), name, "nonce"),
      (.nodeInformation(node), echo, "sequence"), (.nodeInformation(node), extended, "sequence"),
    ] as [(PingConfiguration.Message, [UInt8], String)] {
      var engine = PingEngine(configuration { $0.message = message }, at: .zero)
      _ = engine.send(at: .zero)
      engine.receive(octets, at: at(1))
      #expect(engine.drain().names == ["rejected \(reason)"])
      #expect(engine.figures(at: at(1)).inFlight == 1)
    }
  }

  @Test func `answers to a probe that never left are told and change nothing`() {
    var engine = PingEngine(configuration(), at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.handleSendFailure(0, errno: 101, at: at(1))
    let before = engine.figures(at: at(1))
    engine.receive(reply(to: probe), at: at(2))
    engine.refuse(probe, type: 1, at: at(3))
    #expect(engine.drain().names == ["failed 1", "rejected sequence", "rejected quote"])
    #expect(engine.figures(at: at(1)) == before)
    #expect(engine.summaries(at: at(3))[0].extraErrors == 0)
  }

  @Test func `what comes after the timeout is late, even where the process did not run when it passed`() {
    let c = configuration { $0.wait = .perProbe(.milliseconds(500)) }
    var engine = PingEngine(c, at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.receive(reply(to: probe), at: at(700))
    #expect(engine.drain().names == ["lost 1", "late 1"])

    // It waited in the socket: the kernel's stamp says that it was in time.
    var stopped = PingEngine(c, at: .zero)
    let second = stopped.send(at: .zero)[0]
    stopped.receive(reply(to: second), at: at(700)) { $0.stamp = at(3) }
    #expect(stopped.drain().names == ["reply 1"])

    var refused = PingEngine(c, at: .zero)
    let third = refused.send(at: .zero)[0]
    refused.refuse(third, type: 1, at: at(1))
    refused.receive(reply(to: third), at: at(700))
    #expect(refused.drain().names == ["error 1", "late 1"])
  }

  @Test func `an error to an answered probe does not bring a target down`() {
    var engine = PingEngine(configuration { $0.until = .down }, at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.receive(reply(to: probe), at: at(1))
    engine.refuse(probe, type: 1, at: at(2))
    #expect(engine.drain().names == ["reply 1", "error 1 extra"])
    #expect(engine.isFinished == false)
    let second = engine.send(at: at(1_000))[0]
    engine.refuse(second, type: 1, at: at(1_001))
    #expect(engine.isFinished == true)
  }

  @Test func `after the last probe a host that is slow to hand over its reply is waited for`() {
    let c = configuration {
      $0.until = .attempted(2)
      $0.pace = .flood(window: 2)
      $0.wait = .untilEnd(ifSilent: .seconds(10))
    }
    var engine = PingEngine(c, at: .zero)
    let probes = engine.send(at: .zero)
    // 20 µs on the wire; the second reply is still in the socket's queue.
    engine.receive(reply(to: probes[0]), at: .zero + .microseconds(20))
    #expect(engine.nextTimeout(now: at(1)) == at(10))
    engine.handleTimeout(at: at(9))
    engine.receive(reply(to: probes[1]), at: at(9))
    #expect(engine.drain().names == ["reply 1", "reply 2"] && engine.isFinished == true)
  }

  @Test func `a round trip of hours does not make the end of a run wait for more than a minute`() {
    let c = configuration {
      $0.until = .attempted(2)
      $0.pace = .schedule(.constant(interval: .seconds(10_000)))
      $0.wait = .untilEnd(ifSilent: nil)
    }
    var engine = PingEngine(c, at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.receive(reply(to: probe), at: at(9_999_000))
    _ = engine.send(at: at(10_000_000))
    #expect(engine.nextTimeout(now: at(10_000_000)) == at(10_060_000))
  }

  @Test func `several targets each have their count, and the run ends with the last of them`() {
    let others = [target, stranger, ourselves]
    for until in [PingConfiguration.Until.attempted(2), .replied(2)] {
      var c = configuration {
        $0.until = until
        $0.pace = .schedule(.burst(count: 1, interval: .seconds(1)))
      }
      c.targets = others.map { ProbeTarget(address: $0) }
      var engine = PingEngine(c, at: .zero)
      for turn in 0..<2 as Range<Int64> {
        let probes = engine.send(at: at(turn * 1_000))
        #expect(probes.count == 3)
        for (probe, source) in zip(probes, others) {
          #expect(engine.isFinished == false)
          engine.receive(reply(to: probe), at: at(turn * 1_000 + 5)) { $0.source = source }
        }
      }
      #expect(engine.isFinished == true)
      #expect(engine.summaries(at: at(2_000)).allSatisfy { $0.replied == 2 && $0.attempted == 2 })
      #expect(engine.nextTimeout(now: at(2_000)) == nil)
    }
  }

  @Test func `one target's address does not answer for another's probe`() {
    var c = configuration { $0.pace = .schedule(.burst(count: 1, interval: .seconds(1))) }
    c.targets = [ProbeTarget(address: target), ProbeTarget(address: stranger)]
    var engine = PingEngine(c, at: .zero)
    let probes = engine.send(at: .zero)
    engine.receive(reply(to: probes[1]), at: at(1))
    engine.refuse(probes[1], type: 1, at: at(1))
    #expect(engine.drain().names == ["rejected source", "rejected quote"])
  }

  @Test func `a reply a whole wrap late finds its own probe, and a forged one none`() {
    let c = configuration {
      $0.pace = .schedule(.burst(count: 70_000, interval: .seconds(100)))
      $0.wait = .perProbe(.seconds(50))
    }
    var engine = PingEngine(c, at: .zero)
    let probes = engine.send(at: .zero)
    #expect(probes.count == 70_000)
    // Numbers on the wire are alike; nonces are not.
    #expect(probes[3][4..<8] == probes[3 + 65_536][4..<8] && probes[3] != probes[3 + 65_536])
    engine.receive(reply(to: probes[3 + 65_536]), at: at(1))
    engine.receive(reply(to: probes[3]), at: at(2))
    engine.receive(reply(to: probes[3]), at: at(3))
    #expect(engine.drain().names == ["reply 65540", "reply 4", "duplicate 4"])
    engine.refuse(probes[9], type: 3, at: at(4))
    #expect(engine.drain().names == ["error 10"])
  }

  @Test func `a summary in flight adds up`() {
    var engine = PingEngine(configuration { $0.preload = 4 }, at: .zero)
    let probes = engine.send(at: .zero)
    engine.receive(reply(to: probes[2]), at: at(1))
    let s = engine.summaries(at: at(2))[0]
    #expect(s.attempted == 4 && s.replied == 1 && s.inFlight == 3 && s.lost == 0 && s.sent == 4)
    #expect(engine.figures(at: at(2)).inFlight == 3)
  }

  @Test func `bursts of loss are counted by order of sending, and a late reply does not join two runs`() {
    let c = configuration {
      $0.preload = 8
      $0.wait = .perProbe(.milliseconds(100))
    }
    var engine = PingEngine(c, at: .zero)
    let probes = engine.send(at: .zero)
    for i in [0, 3, 4, 7] { engine.receive(reply(to: probes[i]), at: at(10)) }
    engine.handleTimeout(at: at(100))
    engine.receive(reply(to: probes[1]), at: at(150))
    let s = engine.summaries(at: at(200))[0]
    #expect(s.lost == 3 && s.late == 1 && s.lossBursts == 2 && s.longestLossBurst == 2)
  }

  @Test func `a probe that is still unanswered is told when the next one leaves`() {
    let c = configuration {
      $0.reportsOutstanding = true
      $0.wait = .untilEnd(ifSilent: nil)
    }
    var engine = PingEngine(c, at: .zero)
    _ = engine.send(at: .zero)
    let second = engine.send(at: at(1_000))[0]
    engine.receive(reply(to: second), at: at(1_500))
    _ = engine.send(at: at(2_000))
    #expect(engine.drain().names == ["outstanding 1", "reply 2"])
  }
}

@Suite struct PipeTests {
  @Test
  func `the pipe is the most probes under way at an answer, and nothing without one, as iputils counts`() {
    var engine = PingEngine(configuration { $0.preload = 4 }, at: .zero)
    let probes = engine.send(at: .zero)
    #expect(engine.summaries(at: .zero)[0].pipe == 0)
    engine.receive(reply(to: probes[3]), at: at(1))
    #expect(engine.summaries(at: .zero)[0].pipe == 1)
    engine.receive(reply(to: probes[1]), at: at(2))
    #expect(engine.summaries(at: .zero)[0].pipe == 3)
    engine.refuse(probes[0], at: at(3))
    #expect(engine.summaries(at: .zero)[0].pipe == 4)
  }
}
