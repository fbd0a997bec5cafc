import ProbeEngine
import Timing
import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

private let target = IPv6Address(bits: 0x2001_0db8_0001_0000_0000_0000_0000_0001)
private let source = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
private let router = IPv6Address(bits: 0x2001_0db8_00ff_0000_0000_0000_0000_0009)

/// What a trace reads from captures and error queues. The first octet says how it probes, the second what comes, the
/// third for which probe; the rest are octets that come as they are, or places and values that change a right answer.
/// No answer may belong to another probe than the one it was made from, but for those that say they are guesses.
private func check(_ octets: Span<UInt8>) {
  guard octets.count >= 3 else { return }
  var configuration = TraceConfiguration(targets: [TraceTarget(address: target, source: source)])
  configuration.method = [.udp, .icmp, .tcp][Int(octets[0] & 3) % 3]
  configuration.correlation = [.keyed, .portPerProbe, .portPerHop][Int(octets[0] >> 2 & 3) % 3]
  configuration.payload = [.pattern([]), .traceroute, .ndisc6, .tracepath][Int(octets[0] >> 4 & 3)]
  configuration.framing = .packet
  configuration.flow = TraceFlow(sourcePort: 50_000, destinationPort: 33_434)
  configuration.seed = 6
  var engine = TraceEngine(configuration, at: .zero)
  var probes: [(number: UInt64, octets: [UInt8])] = []
  var buffer = [UInt8](repeating: 0, count: engine.messageLength)
  var span = buffer.mutableSpan
  while probes.count < 16, let transmit = engine.pollTransmit(at: .zero, into: &span) {
    probes.append((transmit.number, (0..<transmit.octets).map { span[$0] }))
  }
  guard !probes.isEmpty else { return }
  let probe = probes[Int(octets[2]) % probes.count]
  let rest = octets.extracting(3..<octets.count)
  let arrival = Arrival(source: router, destination: source, readAt: .zero + .milliseconds(1))
  switch octets[1] & 7 {
  case 0: engine.handlePacket(rest, arrival)
  case 1: engine.handleMessage(rest, arrival)
  case 2: engine.handleDatagram(rest, sourcePort: 33_434, destinationPort: 50_000, arrival)
  case 3: engine.handleError(rest, error(octets[1]), number: nil)
  case 4: engine.handleError(rest, error(octets[1]), number: probe.number)
  case 5:
    let reply: [UInt8] = [129] + probe.octets.dropFirst(41)
    engine.handlePacket(packet(changed(reply, rest)).span, arrival)
  default:
    let quoting = [3, 0, 0, 0, 0, 0, 0, 0] + probe.octets
    engine.handlePacket(packet(changed(quoting, rest)).span, arrival)
  }
  var isAnswered = false
  while let event = engine.pollEvent() {
    guard case .reply(let reply) = event else { continue }
    precondition(!isAnswered, "two replies for one packet")
    isAnswered = true
    precondition(
      octets[1] & 7 == 4 || reply.number == probe.number || reply.isWeaklyMatched
        || configuration.payload != .pattern([]), "an answer for another probe")
    precondition(reply.extensions.count <= 16)
  }
}

private func error(_ octet: UInt8) -> ErrorArrival {
  var error = ErrorArrival(
    type: octet >> 3, code: 0, info: 0, source: router, destination: target,
    readAt: .zero + .milliseconds(1))
  error.extensionOffset = octet & 0x80 == 0 ? nil : Int(octet) - 64
  error.destinationPort = 33_434
  return error
}

/// The octets with values at places: two octets of place, one of value; place ffff cuts at four times the value.
private func changed(_ octets: [UInt8], _ changes: Span<UInt8>) -> [UInt8] {
  var octets = octets
  var index = 0
  while index + 3 <= changes.count {
    let place = Int(changes[index]) << 8 | Int(changes[index + 1])
    let value = changes[index + 2]
    if place == 0xffff {
      octets = Array(octets.prefix(Int(value) * 4))
    } else if place < octets.count {
      octets[place] = value
    } else if octets.count < 1_240 {
      octets.append(value)
    }
    index += 3
  }
  return octets
}

/// An ICMPv6 packet with the right checksum.
private func packet(_ message: [UInt8]) -> [UInt8] {
  guard message.count >= 8 else { return message }
  var message = message
  message[2] = 0
  message[3] = 0
  var octets = [UInt8](repeating: 0, count: IPv6Header.count) + message
  let checksum = ICMPv6Checksum.value(of: message.span, from: router, to: source)
  octets[42] = UInt8(checksum >> 8)
  octets[43] = UInt8(truncatingIfNeeded: checksum)
  var span = octets.mutableSpan
  _ = try? IPv6Header(
    payloadLength: UInt16(clamping: message.count), nextHeader: .icmpv6, hopLimit: 60, source: router,
    destination: source
  ).encode(into: &span)
  return octets
}
