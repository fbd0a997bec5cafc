import Timing
import Wire

@testable import ProbeEngine

/// A link in virtual time: stations `n` with link-layer address 02:00:00:00:00:n, fe80::n and 2001:db8:1::n. This host
/// is station 1.
enum LinkFixture {
  static let interface: UInt32 = 2
  static let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)
  static let prefix = IPv6Address(bits: 0x2001_0db8_0001 << 80)

  static func mac(_ n: UInt8) -> LinkLayerAddress {
    LinkLayerAddress(EthernetAddress(truncating: 0x0200_0000_0000 | UInt64(n)))
  }
  static func local(_ n: UInt64) -> IPv6Address { IPv6Address(bits: 0xfe80 << 112 | UInt128(n)) }
  static func global(_ n: UInt64) -> IPv6Address { IPv6Address(bits: prefix.bits | UInt128(n)) }

  static func view(_ change: (inout KernelView) -> Void = { _ in }) -> KernelView {
    var view = KernelView(
      interface: KernelInterface(index: interface, name: "veth0", mtu: 1_500, link: mac(1)), at: .zero)
    view.addresses = [local(1), global(1)].map {
      KernelAddress(address: $0, prefixLength: 64, interface: interface, flags: 0x80)
    }
    change(&view)
    return view
  }

  // MARK: Messages

  /// A message as the capture gives it, its broken rules found.
  static func heard(
    _ octets: [UInt8], from source: IPv6Address, to destination: IPv6Address = allNodes,
    mac: LinkLayerAddress?,
    hopLimit: UInt8 = 255, at milliseconds: Int64 = 0, _ change: (inout HeardMessage) -> Void = { _ in }
  ) -> HeardMessage {
    let now = Instant.zero + .milliseconds(milliseconds)
    let envelope = NeighborEnvelope(
      source: source, destination: destination, hopLimit: hopLimit, isChecksumValid: true)
    var message = HeardMessage(
      arrival: FrameArrival(interface: interface, linkSource: mac, stamp: now, readAt: now),
      envelope: envelope, octets: octets,
      broken: (133...137).contains(octets.first ?? 0) ? BrokenRule.all(in: octets.span, envelope) : [])
    change(&message)
    return message
  }

  /// A router's advertisement; `options` are whole options.
  static func advertisement(
    _ n: UInt8, hopLimit: UInt8 = 64, flags: UInt8 = 0, lifetime: UInt16 = 1_800, options: [[UInt8]] = [],
    mac frame: LinkLayerAddress? = nil, at milliseconds: Int64 = 0
  ) -> HeardMessage {
    let fields = [134, 0, 0, 0, hopLimit, flags, UInt8(lifetime >> 8), UInt8(lifetime & 255)]
    return heard(
      fields + [UInt8](repeating: 0, count: 8) + options.flatMap { $0 }, from: local(UInt64(n)),
      mac: frame ?? mac(n), at: milliseconds)
  }

  static func neighborAdvertisement(
    _ target: IPv6Address, from n: UInt8, flags: UInt8 = 0x20, option: LinkLayerAddress? = nil,
    at milliseconds: Int64 = 0
  ) -> HeardMessage {
    heard(
      [136, 0, 0, 0, flags, 0, 0, 0] + octets(target) + linkOption(2, option), from: local(UInt64(n)),
      mac: mac(n), at: milliseconds)
  }

  /// `source` nil: duplicate address detection.
  static func solicitation(
    _ target: IPv6Address, from n: UInt8, source: IPv6Address? = nil, at milliseconds: Int64 = 0
  ) -> HeardMessage {
    heard(
      [135, 0, 0, 0, 0, 0, 0, 0] + octets(target) + linkOption(1, source == nil ? nil : mac(n)),
      from: source ?? .unspecified, to: target.solicitedNodeMulticast, mac: mac(n), at: milliseconds)
  }

  static func redirect(
    from n: UInt8, to target: IPv6Address, for destination: IPv6Address, at milliseconds: Int64 = 0
  )
    -> HeardMessage
  {
    heard(
      [137, 0, 0, 0, 0, 0, 0, 0] + octets(target) + octets(destination), from: local(UInt64(n)),
      to: global(1),
      mac: mac(n), at: milliseconds)
  }

  // MARK: Options

  static func linkOption(_ type: UInt8, _ link: LinkLayerAddress?) -> [UInt8] {
    link.map { [type, 1] + $0.octets } ?? []
  }

  static func mtuOption(_ mtu: UInt32) -> [UInt8] { [5, 1, 0, 0] + octets(mtu) }

  static func prefixOption(
    _ prefix: IPv6Address = prefix, length: UInt8 = 64, flags: UInt8 = 0xc0, valid: UInt32 = 86_400,
    preferred: UInt32 = 14_400
  ) -> [UInt8] {
    [3, 4, length, flags] + octets(valid) + octets(preferred) + [0, 0, 0, 0] + octets(prefix)
  }

  static func routeOption(
    _ prefix: IPv6Address, length: UInt8, preference: UInt8 = 0, lifetime: UInt32 = 1_800
  )
    -> [UInt8]
  {
    [24, 3, length, preference << 3] + octets(lifetime) + octets(prefix)
  }

  static func serverOption(_ servers: [IPv6Address], lifetime: UInt32 = 1_800) -> [UInt8] {
    [25, UInt8(1 + 2 * servers.count), 0, 0] + octets(lifetime) + servers.flatMap { octets($0) }
  }

  /// `names` in DNS wire form.
  static func searchOption(_ names: [UInt8], lifetime: UInt32 = 1_800) -> [UInt8] {
    let padded = names + [UInt8](repeating: 0, count: (8 - names.count % 8) % 8)
    return [31, UInt8(1 + padded.count / 8), 0, 0] + octets(lifetime) + padded
  }

  static func octets(_ address: IPv6Address) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * $0)) }
  }
  static func octets(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
  }

  // MARK: Running

  struct Sent {
    var transmit: LinkTransmit
    var octets: [UInt8]
    var at: Instant
  }

  /// Runs an engine over virtual time as a session does: to the earlier of deadline and arrival, feed, send, take the
  /// events. Ends with the engine, or at `end`, when it is stopped. `answer` makes messages of what was sent.
  static func run<Engine: LinkEngine>(
    _ engine: inout Engine, _ messages: [HeardMessage] = [], until end: Int64 = 1_000_000,
    answer: (Sent) -> [HeardMessage] = { _ in [] }
  ) -> (sent: [Sent], events: [LinkEvent]) {
    // Those still to come, the last one first.
    var waiting = Array(
      messages.enumerated().sorted {
        ($0.element.arrival.readAt, $0.offset) < ($1.element.arrival.readAt, $1.offset)
      }.map(\.element).reversed())
    var sent: [Sent] = []
    var events: [LinkEvent] = []
    var now = Instant.zero
    let endAt = Instant.zero + .milliseconds(end)
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    while let deadline = engine.nextTimeout(now: now) {
      let next = min(deadline, waiting.last?.arrival.readAt ?? .distantFuture)
      if next >= endAt {
        engine.stop(at: endAt)
        while let event = engine.pollEvent() { events.append(event) }
        break
      }
      now = max(now, next)
      engine.handleTimeout(at: now)
      while let message = waiting.last, message.arrival.readAt <= now {
        waiting.removeLast()
        engine.handleReceived(message)
      }
      var span = buffer.mutableSpan
      while let transmit = engine.pollTransmit(at: now, into: &span) {
        let octets = (0..<transmit.octets).map { span[$0] }
        sent.append(Sent(transmit: transmit, octets: octets, at: now))
        for message in answer(sent[sent.count - 1]) {
          let place = waiting.firstIndex { $0.arrival.readAt <= message.arrival.readAt } ?? waiting.count
          waiting.insert(message, at: place)
        }
      }
      while let event = engine.pollEvent() { events.append(event) }
    }
    return (sent, events)
  }

  static func drain<Engine: LinkEngine>(_ engine: inout Engine) -> [LinkEvent] {
    var events: [LinkEvent] = []
    while let event = engine.pollEvent() { events.append(event) }
    return events
  }

  static func findings(_ events: [LinkEvent]) -> [Finding] {
    events.compactMap { if case .finding(let finding) = $0 { finding } else { nil } }
  }

  static func kinds(_ events: [LinkEvent]) -> [Finding.Kind] { findings(events).map(\.kind) }
}
