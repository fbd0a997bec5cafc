import Timing
import Wire

@testable import ProbeEngine

/// Probes that were written, as the engine's table would hold them, and a router that answers them.
struct TraceWorkshop: NumberedProbes {
  static let destination = IPv6Address(bits: 0x2001_0db8_0001_0000_0000_0000_0000_0001)
  static let source = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
  static let router = IPv6Address(bits: 0x2001_0db8_00ff_0000_0000_0000_0000_0009)

  let messages: TraceMessages
  var probes: [UInt64: TraceProbe] = [:]
  var answered: Set<UInt64> = []
  var octets: [UInt64: [UInt8]] = [:]

  init(key: UInt64 = 6, _ change: (inout TraceConfiguration) -> Void = { _ in }) {
    var configuration = TraceConfiguration(targets: [
      TraceTarget(address: Self.destination, source: Self.source)
    ])
    configuration.framing = .packet
    configuration.flow = TraceFlow(sourcePort: 50_000, destinationPort: 33_434, flowLabel: 0x12345)
    change(&configuration)
    messages = TraceMessages(configuration, nonce: KeyedNonce(key: (key, 7)))
  }

  var configuration: TraceConfiguration { messages.configuration }

  /// Writes the probe of that number; three to a hop.
  @discardableResult
  mutating func write(_ number: UInt64, wall: Int64 = 0) -> [UInt8] {
    let order = TraceProbe(
      target: 0, hopLimit: UInt8(truncatingIfNeeded: number / 3 % 30 + 1), query: Int(number % 3),
      flow: configuration.flow, packetLength: configuration.packetLength)
    let probe = messages.assign(order, number: number)
    var buffer = [UInt8](repeating: 0xee, count: messages.messageLength)
    var span = buffer.mutableSpan
    let count = messages.write(
      into: &span, number: number, probe: probe, target: configuration.targets[0], wall: wall)
    probes[number] = probe
    octets[number] = Array(buffer.prefix(count))
    return Array(buffer.prefix(count))
  }

  // MARK: The table

  subscript(probe number: UInt64) -> TraceProbe? { probes[number] }
  func target(of probe: TraceProbe) -> TraceTarget { configuration.targets[probe.target] }
  func youngest(endingIn low: UInt64, bits: UInt64) -> UInt64? {
    guard let last = probes.keys.max() else { return nil }
    let mask = (UInt64(1) << bits) - 1
    let distance = (last &- low) & mask
    return distance <= last ? last - distance : nil
  }
  func oldestInFlight(where fits: (TraceProbe) -> Bool) -> UInt64? {
    probes.keys.sorted().first { !answered.contains($0) && probes[$0].map(fits) == true }
  }
  func youngest(where fits: (TraceProbe) -> Bool) -> UInt64? {
    probes.keys.sorted().last { probes[$0].map(fits) == true }
  }

  // MARK: What comes back

  /// The number that captured octets are matched with, and whether weakly; nil if refused or foreign.
  func number(of packet: [UInt8]) -> (number: UInt64, isWeak: Bool)? {
    guard case .reading(let reading) = messages.read(packet: packet.span),
      case .probe(let number, let isWeak) = messages.match(reading, in: self)
    else { return nil }
    return (number, isWeak)
  }

  func reading(_ packet: [UInt8]) -> TraceReading? {
    guard case .reading(let reading) = messages.read(packet: packet.span) else { return nil }
    return reading
  }

  /// What is reported as changed in the quote of an error.
  func rewrites(_ packet: [UInt8], of number: UInt64) -> [TraceRewrite]? {
    guard let reading = reading(packet), let probe = probes[number] else { return nil }
    return messages.rewrites(
      reading.quoted, number: number, probe: probe, target: configuration.targets[0])
  }

  /// The octets of the error queue for a packet that a router quotes: without IPv6 and UDP headers.
  func queued(_ packet: [UInt8]) -> [UInt8] {
    let skipped = 40 + messages.routingCount + (configuration.method == .udp ? 8 : 0)
    return Array(packet.dropFirst(skipped))
  }

  /// What the error queue says of it.
  func number(
    ofQueued octets: [UInt8], type: UInt8 = 3, code: UInt8 = 0, port: UInt16? = nil, ours: UInt16? = nil,
    extensionOffset: Int? = nil,
    socket: UInt64? = nil
  ) -> (number: UInt64, isWeak: Bool)? {
    var error = ErrorArrival(
      type: type, code: code, info: 0, source: Self.router, destination: Self.destination, readAt: .zero)
    error.destinationPort =
      configuration.method == .icmp ? 0 : port ?? configuration.flow.destinationPort
    error.sourcePort = ours ?? configuration.flow.sourcePort
    error.extensionOffset = extensionOffset
    guard case .reading(let reading) = messages.read(error: octets.span, error, number: socket),
      case .probe(let number, let isWeak) = messages.match(reading, in: self)
    else { return nil }
    return (number, isWeak)
  }

  /// What an outcome is, in a word.
  func verdict(_ packet: [UInt8]) -> String {
    switch messages.read(packet: packet.span) {
    case .foreign: return "foreign"
    case .rejected(let reason, let type): return "\(reason) \(type)"
    case .reading(let reading):
      switch messages.match(reading, in: self) {
      case .probe(let number, let isWeak): return isWeak ? "\(number) weak" : "\(number)"
      case .none(let reason): return "\(reason)"
      }
    }
  }
}

/// An ICMPv6 packet with the right checksum around a message.
func icmpPacket(
  _ message: [UInt8], from source: IPv6Address = TraceWorkshop.router,
  to destination: IPv6Address = TraceWorkshop.source
) -> [UInt8] {
  var message = message
  message[2] = 0
  message[3] = 0
  return upperLayerPacket(message, .icmpv6, checksumAt: 2, from: source, to: destination)
}

/// A packet around an upper layer whose checksum field holds zero.
func upperLayerPacket(
  _ upper: [UInt8], _ nextHeader: NextHeader, checksumAt place: Int,
  from source: IPv6Address = TraceWorkshop.destination, to destination: IPv6Address = TraceWorkshop.source
) -> [UInt8] {
  var octets = [UInt8](repeating: 0, count: 40) + upper
  var span = octets.mutableSpan
  let header = IPv6Header(
    payloadLength: UInt16(upper.count), nextHeader: nextHeader, hopLimit: 60, source: source,
    destination: destination)
  guard (try? header.encode(into: &span)) != nil else { return [] }
  let pseudoHeader = PseudoHeader(
    source: source, destination: destination, upperLayerCount: UInt32(upper.count), nextHeader: nextHeader)
  span.store(pseudoHeader.checksum(of: upper.span), at: 40 + place)
  return octets
}

/// An ICMPv6 error that quotes these octets.
func errorPacket(
  quoting quote: [UInt8], type: UInt8 = 3, code: UInt8 = 0, word: UInt32 = 0, extensions: [UInt8]? = nil,
  isLegacy: Bool = false, from router: IPv6Address = TraceWorkshop.router
) -> [UInt8] {
  var quote = quote
  var word = word
  if extensions != nil {
    let padded = isLegacy ? 128 : max(128, (quote.count + 7) & ~7)
    quote = Array(quote.prefix(padded))
    quote += [UInt8](repeating: 0, count: padded - quote.count)
    if !isLegacy { word = UInt32(padded / 8) << 24 }
  }
  let fields: [UInt8] = (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
  return icmpPacket([type, code, 0, 0] + fields + quote + (extensions ?? []), from: router)
}

/// An extension structure of these objects, each whole.
func extensionStructure(_ objects: [UInt8]) -> [UInt8] {
  var octets: [UInt8] = [0, 0, 0, 0] + objects
  var span = octets.mutableSpan
  guard (try? ICMPExtensionStructure.finish(&span, 0..<span.count)) != nil else { return [] }
  return octets
}

/// Octets written as hexadecimal digits; spaces and line ends do not count.
func octets(_ text: String) -> [UInt8] {
  let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  return String(octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
