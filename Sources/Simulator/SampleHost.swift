package import ProbeEngine
package import Timing
package import Wire

/// How one address of a virtual network answers what a sampling run asks it.
package struct SampleHost: Sendable {
  package enum Service: Hashable, Sendable {
    /// Echo reply, datagram or SYN-ACK.
    case open
    /// Port unreachable or RST; an echo is answered all the same.
    case closed
    case silent
    /// An ICMPv6 error of a router on the way.
    case error(type: UInt8, code: UInt8, info: UInt32)
  }

  package var address: IPv6Address
  package var service = Service.open
  /// There and back.
  package var delay: Nanoseconds
  /// At most so much is added, evenly distributed.
  package var jitter = Nanoseconds.zero
  /// Mean of what an exponential distribution adds: a long tail.
  package var tail = Nanoseconds.zero
  /// Every n-th probe is lost.
  package var losesEvery: Int?
  /// So great a share of probes begins a burst of losses …
  package var lossShare = 0.0
  /// … of so many.
  package var lossBurst = 1
  /// Every n-th answer comes so many times more.
  package var copies: (count: Int, every: Int) = (0, 1)
  /// Every n-th answer is held up so long.
  package var holds: (every: Int, by: Nanoseconds)?
  /// Every n-th answer is another one's: its nonce is wrong.
  package var forgesEvery: Int?
  package var hopLimit: UInt8 = 64
  package var trafficClass: UInt8 = 0
  /// Answers come from this address.
  package var answersFrom: IPv6Address?
  /// To a neighbor solicitation; nil: none.
  package var link: LinkLayerAddress?
  /// Who sends the errors.
  package var router = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_00fe)
  /// Probes that came, so far.
  private var asked = 0
  private var burstLeft = 0

  package init(_ address: IPv6Address, delay: Nanoseconds) {
    self.address = address
    self.delay = delay
  }

  /// What comes back for a probe that leaves now.
  mutating func deliveries(
    for probe: SampleTransmit, of kind: SampleProbe, _ octets: [UInt8], random: inout RandomNumbers
  ) -> [SampleDelivery] {
    asked += 1
    guard !isLost(&random), let content = answer(to: probe, of: kind, octets) else { return [] }
    var after = delay
    if jitter > .zero { after = after + Nanoseconds(Int64(random.nextUnit() * Double(jitter.count))) }
    if tail > .zero { after = after + random.nextExponential(mean: tail) }
    if let holds, asked % holds.every == 0 { after = after + holds.by }
    var delivery = SampleDelivery(
      number: probe.number, after: after, source: answersFrom ?? address, hopLimit: hopLimit,
      trafficClass: trafficClass, content: content)
    if case .error = content, service != .closed { delivery.source = router }
    var all = [delivery]
    if asked % copies.every == 0 {
      for copy in 0..<copies.count {
        delivery.after = after + .microseconds(Int64(copy + 1) * 10)
        all.append(delivery)
      }
    }
    return all
  }

  private mutating func isLost(_ random: inout RandomNumbers) -> Bool {
    if burstLeft > 0 {
      burstLeft -= 1
      return true
    }
    if lossShare > 0, random.nextUnit() <= lossShare {
      burstLeft = lossBurst - 1
      return true
    }
    return losesEvery.map { asked % $0 == 0 } ?? false
  }

  private func answer(to probe: SampleTransmit, of kind: SampleProbe, _ octets: [UInt8])
    -> SampleDelivery.Content?
  {
    switch (service, kind) {
    case (.silent, _), (_, .trace), (_, .neighbor): return nil
    case (.error(let type, let code, let info), _):
      return .error(type: type, code: code, info: info, quoted: octets, isUDP: kind.isUDP)
    case (.closed, .udp): return .error(type: 1, code: 4, info: 0, quoted: octets, isUDP: true)
    case (.closed, .tcp): return .connected(.reset)
    case (.open, .tcp): return .connected(.open)
    case (.open, .udp): return .datagram(changed(octets, from: 0), port: probe.destination.port)
    case (_, .echo):
      var reply = changed(octets, from: 8)
      if !reply.isEmpty { reply[0] = 129 }
      return .message(reply)
    }
  }

  /// The octets, or with all from `start` on inverted where this answer is a forged one.
  private func changed(_ octets: [UInt8], from start: Int) -> [UInt8] {
    guard let forgesEvery, asked % forgesEvery == 0 else { return octets }
    return octets.enumerated().map { $0.offset < start ? $0.element : ~$0.element }
  }
}

/// Something that arrives at the host that samples, after its probe has left.
struct SampleDelivery {
  enum Content {
    /// An ICMPv6 message.
    case message([UInt8])
    /// A UDP payload.
    case datagram([UInt8], port: UInt16)
    case connected(SampleAnswer)
    /// An ICMPv6 error; quoted: what the probe was, as `SampleTransmit` has it.
    case error(type: UInt8, code: UInt8, info: UInt32, quoted: [UInt8], isUDP: Bool)
  }
  var number: UInt64
  /// From the probe's departure.
  var after: Nanoseconds
  var source: IPv6Address
  var hopLimit: UInt8
  var trafficClass: UInt8
  var content: Content
}

extension SampleProbe {
  fileprivate var isUDP: Bool {
    if case .udp = self { true } else { false }
  }
}
