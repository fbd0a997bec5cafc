import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What the faces of other traceroutes ask of the engine beside the verb.
@Suite struct FaceConfigurationTests {
  /// Hop 3's link carries 1400 octets.
  static func narrow(_ c: TraceConfiguration) -> (TraceTransmit, Instant) -> PathFate {
    { transmit, now in
      guard transmit.probe.hopLimit >= 3, transmit.probe.packetLength > 1_400 else {
        return chain(c, length: 5)(transmit, now)
      }
      return .answers([
        PathAnswer(
          after: .milliseconds(1), from: router(2), content: .error(type: 2, code: 0, info: 1_400))
      ])
    }
  }

  static func long(_ change: (inout TraceConfiguration) -> Void = { _ in }) -> TraceConfiguration {
    traceConfiguration {
      $0.packetLength = 1_450
      $0.isLengthFixed = true
      change(&$0)
    }
  }

  @Test func `Packet Too Big ends the path where that is asked for`() {
    let c = Self.long { $0.endsAtPacketTooBig = true }
    let path = run(c, Self.narrow(c))
    #expect(path.hops.count == 3)
    #expect(
      path.hop(3)?.verdicts.map { $0.reply?.answer } == Array(repeating: .packetTooBig(mtu: 1_400), count: 3))
    #expect(path.ends.first?.reason == .unreachable(type: 2, code: 0))
    #expect(path.transmits.allSatisfy { $0.transmit.probe.packetLength == 1_450 })
    let other = Self.long()
    #expect(run(other, Self.narrow(other)).ends.first?.reason == .reached)
  }

  @Test func `a length that this host refuses ends the path there too, and its hop is told`() {
    let c = Self.long { $0.endsAtPacketTooBig = true }
    let path = run(c) { _, _ in .failure(errno: 90, mtu: 1_400) }
    #expect(path.hops.map(\.hopLimit) == [1])
    #expect(path.hop(1)?.verdicts.count == 3)
    #expect(
      path.hop(1)?.verdicts.allSatisfy { if case .sendFailed(let f) = $0 { f.mtu == 1_400 } else { false } }
        == true
    )
  }

  @Test func `one answer of a hop is enough where that is asked for`() {
    let c = traceConfiguration {
      $0.stopsQueryingOnAnswer = true
      $0.maximumInFlight = 1
    }
    let path = run(c, chain(c, length: 4, silent: [2]))
    #expect(path.hops.map(\.verdicts.count) == [1, 3, 1, 1])
    #expect(path.ends.first?.reason == .reached)
  }

  @Test func `after a length that this host refused the hop is asked for two answers`() {
    let c = Self.long {
      $0.stopsQueryingOnAnswer = true
      $0.maximumInFlight = 1
    }
    let path = run(c) { transmit, now in
      transmit.probe.packetLength > 1_400
        ? .failure(errno: 90, mtu: 1_400) : chain(c, length: 3)(transmit, now)
    }
    #expect(path.hops.map { $0.verdicts.count { $0.reply != nil } } == [2, 1, 1])
  }

  @Test func `a loop is followed to the last hop where that is asked for`() {
    let c = traceConfiguration {
      $0.maximumHops = 12
      $0.endsAtLoop = false
    }
    let path = run(c) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      return .answers([
        PathAnswer(
          after: .milliseconds(1), from: router(hop < 4 ? hop : 4 + hop % 2),
          content: .error(type: 3, code: 0))
      ])
    }
    #expect(path.hops.count == 12)
    #expect(path.ends.first?.reason == .maximumHops)
  }

  @Test func `with a fixed destination port the source port counts`() {
    let c = traceConfiguration {
      $0.correlation = .portPerProbe
      $0.isDestinationPortFixed = true
    }
    let path = run(c, chain(c, length: 3))
    #expect(path.ends.first?.reason == .reached)
    #expect(path.transmits.allSatisfy { $0.transmit.probe.flow.destinationPort == 33_434 })
    #expect(Set(path.transmits.map(\.transmit.probe.flow.sourcePort)).count == path.transmits.count)
  }

  @Test func `echo requests begin with the sequence asked for`() {
    let c = traceConfiguration {
      $0.method = .icmp
      $0.correlation = .portPerProbe
      $0.payload = .traceroute
      $0.firstSequence = 65_534
    }
    // Past the last sequence it goes on with 0.
    #expect(run(c, chain(c, length: 4)).hops.map { $0.verdicts.count { $0.reply != nil } } == [3, 3, 3, 3])
    #expect(
      TraceMessages(c, nonce: KeyedNonce(key: (c.seed, 0))).echoSequence(0, TraceProbe(of: c)) == 65_534)
    #expect(TraceMessages(c, nonce: KeyedNonce(key: (c.seed, 0))).echoSequence(3, TraceProbe(of: c)) == 1)
  }

  /// Its answers: Tests/Lab/test_traceroute_faces.py, with a kernel that resets.
  @Test func `a bare segment has no options`() {
    var c = traceConfiguration {
      $0.method = .tcp
      $0.payload = .traceroute
      $0.tcpFlags = [.syn, .ack]
    }
    #expect(TraceMessages(c, nonce: KeyedNonce(key: (c.seed, 0))).headerCount == 24)
    c.isTCPBare = true
    #expect(TraceMessages(c, nonce: KeyedNonce(key: (c.seed, 0))).headerCount == 20)
  }
}

extension TraceProbe {
  fileprivate init(of c: TraceConfiguration) {
    self.init(target: 0, hopLimit: 1, query: 0, flow: c.flow, packetLength: c.packetLength)
  }
}
