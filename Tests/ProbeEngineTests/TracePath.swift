import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What a scripted path does with one probe.
enum PathFate {
  case answers([PathAnswer])
  case failure(errno: Int32, mtu: UInt32? = nil)

  static let silence = PathFate.answers([])
}

/// One answer: when, from whom, what.
struct PathAnswer {
  enum Content {
    /// An ICMPv6 error; `info`: MTU or pointer.
    case error(type: UInt8, code: UInt8, info: UInt32 = 0)
    case echoReply
    /// A segment that acknowledges the probe.
    case segment(TCPHeader.Flags)
    /// What no answer is.
    case octets([UInt8])
  }
  var after: Nanoseconds
  var from: IPv6Address
  var content: Content
}

/// Router number `n`.
func router(_ n: Int) -> IPv6Address { IPv6Address(bits: 0x2001_0db8_0001 << 80 | UInt128(n)) }

func traceConfiguration(
  _ addresses: [IPv6Address] = [target], _ change: (inout TraceConfiguration) -> Void = { _ in }
) -> TraceConfiguration {
  var c = TraceConfiguration(targets: addresses.map { TraceTarget(address: $0, source: ourselves) })
  c.framing = .packet
  c.flow = TraceFlow(sourcePort: 40_000, destinationPort: 33_434)
  c.seed = 5
  change(&c)
  return c
}

/// How the target answers a probe of that method.
func arrival(_ method: TraceConfiguration.Method) -> PathAnswer.Content {
  switch method {
  case .udp: .error(type: 1, code: 4)
  case .icmp: .echoReply
  case .tcp, .connect: .segment([.syn, .ack])
  }
}

/// A plain path: routers 1 to `length` - 1, then the target; each answers after `delay`, and `silent` ones never.
func chain(
  _ c: TraceConfiguration, length: Int, silent: Set<Int> = [],
  delay: @escaping (Int) -> Nanoseconds = { .microseconds(100 * Int64($0)) }
) -> (TraceTransmit, Instant) -> PathFate {
  { transmit, _ in
    let hop = min(Int(transmit.probe.hopLimit), length)
    if silent.contains(hop) { return .silence }
    if hop == length {
      return .answers([
        PathAnswer(
          after: delay(hop), from: c.targets[transmit.probe.target].address, content: arrival(c.method))
      ])
    }
    return .answers([
      PathAnswer(after: delay(hop), from: router(hop), content: .error(type: 3, code: 0))
    ])
  }
}

/// What came of a trace over a scripted path.
struct PathRun {
  var events: [TraceEvent] = []
  var transmits: [(transmit: TraceTransmit, at: Instant)] = []
  var end: Instant = .zero
  var mostInFlightPerHop = 0
  var mostInFlight = 0

  var hops: [TraceHop] {
    events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } }
  }
  var ends: [TraceEnd] {
    events.compactMap { if case .end(let end) = $0 { end } else { nil } }
  }
  func hops(of target: Int) -> [TraceHop] { hops.filter { $0.target == target } }
  func hop(_ hopLimit: Int) -> TraceHop? { hops.first { Int($0.hopLimit) == hopLimit } }
  var elapsed: Nanoseconds { end - .zero }
  var rejected: [TraceRejection] {
    events.compactMap { if case .rejected(let r) = $0 { r } else { nil } }
  }
  /// All that was said, times included.
  var log: [String] { events.map { "\($0)" } }
}

/// Runs the engine over a path in virtual time: the loop of the real session, without waiting. Packets are real:
/// what leaves is what the engine wrote, and what comes back quotes it.
func run(
  _ c: TraceConfiguration, stopAt: Instant? = nil, hasStamps: Bool = true,
  each: (inout TraceEngine, Instant) -> Void = { _, _ in },
  _ path: (TraceTransmit, Instant) -> PathFate
) -> PathRun {
  var engine = TraceEngine(c, at: .zero)
  var result = PathRun()
  var arrivals = TimerQueue<(octets: [UInt8], from: IPv6Address)>()
  var buffer = [UInt8](repeating: 0, count: engine.messageLength)
  var now = Instant.zero
  var open: [UInt64: (target: Int, hop: UInt8)] = [:]
  var idle = 0
  while true {
    engine.handleTimeout(at: now)
    each(&engine, now)
    var span = buffer.mutableSpan
    while let transmit = engine.pollTransmit(at: now, into: &span) {
      idle = 0
      result.transmits.append((transmit, now))
      let octets = (0..<transmit.octets).map { span[$0] }
      open[transmit.number] = (transmit.probe.target, transmit.probe.hopLimit)
      switch path(transmit, now) {
      case .failure(let errno, let mtu):
        engine.handleSendFailure(transmit.number, errno: errno, mtu: mtu, at: now)
      case .answers(let answers):
        if hasStamps { engine.handleTransmitted(transmit.number, at: now) }
        for answer in answers {
          arrivals.insert((packet(answer, to: octets), answer.from), at: now + answer.after)
        }
      }
    }
    while let event = engine.pollEvent() { result.events.append(event) }
    for number in open.keys where engine.isSettled(number) { open[number] = nil }
    result.mostInFlight = max(result.mostInFlight, open.count)
    var perHop: [Int: Int] = [:]
    for (_, probe) in open { perHop[probe.target << 8 | Int(probe.hop), default: 0] += 1 }
    result.mostInFlightPerHop = max(result.mostInFlightPerHop, perHop.values.max() ?? 0)
    guard var next = engine.nextTimeout(now: now) else { break }
    if let earliest = arrivals.earliest { next = min(next, earliest) }
    if let stopAt { next = min(next, stopAt) }
    guard next < .distantFuture else {
      Issue.record("a run that waits for nothing")
      break
    }
    idle = next > now ? 0 : idle + 1
    guard idle < 3 else {
      Issue.record("a run that does not get on")
      break
    }
    now = max(now, next)
    if let stopAt, now >= stopAt { engine.stop(at: now) }
    while let (due, arrival) = arrivals.popDue(at: now) {
      idle = 0
      engine.handlePacket(
        arrival.octets.span,
        Arrival(
          source: arrival.from, destination: ourselves, interface: 2, hopLimit: 60,
          stamp: hasStamps ? due : nil, stampSource: .capture, readAt: now, isChecksumUnverified: true))
    }
  }
  result.end = now
  check(c, result)
  return result
}

/// What holds for every trace, whatever the path does.
private func check(_ c: TraceConfiguration, _ result: PathRun) {
  #expect(result.mostInFlightPerHop <= c.inFlightPerHop)
  if let most = c.maximumInFlight { #expect(result.mostInFlight <= most) }
  // Each target ends once; its hops come in order, each once, and none after the end.
  #expect(result.ends.map(\.target).sorted() == Array(c.targets.indices))
  var told: [Int: UInt8] = [:]
  var ended: Set<Int> = []
  for event in result.events {
    switch event {
    case .hop(let hop):
      #expect(!ended.contains(hop.target))
      #expect(hop.hopLimit == told[hop.target, default: hop.hopLimit - 1] + 1)
      told[hop.target] = hop.hopLimit
    case .end(let end):
      #expect(ended.insert(end.target).inserted)
      if case .rounds = c.mode {} else { #expect(end.hops == told[end.target, default: 0]) }
      // What is missing was in flight when the trace ended.
      #expect(end.sent >= end.replied + end.late + end.lost + end.sendFailed)
    default: break
    }
  }
  for end in result.ends {
    let sent = result.transmits.count { $0.transmit.probe.target == end.target }
    #expect(end.sent == UInt64(sent))
  }
}

/// The octets of an answer, from its IPv6 header on.
private func packet(_ answer: PathAnswer, to probe: [UInt8]) -> [UInt8] {
  switch answer.content {
  case .octets(let octets): return octets
  case .error(let type, let code, let info):
    let kind: ICMPv6Error.Kind =
      switch type {
      case 1: .destinationUnreachable(DestinationUnreachableCode(rawValue: code))
      case 2: .packetTooBig(code: code, mtu: info)
      case 3: .timeExceeded(TimeExceededCode(rawValue: code))
      case 4: .parameterProblem(ParameterProblemCode(rawValue: code), pointer: info)
      default: .unknown(type: type, code: code, word: info)
      }
    var quote = Array(probe.prefix(1_232))
    quote[7] = 1
    return icmpv6(from: answer.from, count: 8 + quote.count) { buffer in
      _ = try? ICMPv6Error(kind).encode(into: &buffer, at: 40, invoking: quote.span)
    }
  case .echoReply:
    var message = Array(probe.dropFirst(40))
    message[0] = 129
    message[2] = 0
    message[3] = 0
    return icmpv6(from: answer.from, count: message.count) { buffer in
      for (i, octet) in message.enumerated() { buffer[40 + i] = octet }
    }
  case .segment(let flags):
    guard let sent = try? TCPHeader(decoding: probe.span, at: 40) else { return [] }
    var octets = [UInt8](repeating: 0, count: 60)
    var buffer = octets.mutableSpan
    header(.tcp, from: answer.from, count: 20, &buffer)
    _ = try? TCPHeader(
      source: sent.destination, destination: sent.source, sequence: 77,
      acknowledgment: sent.sequence &+ 1, flags: flags, window: 1_000
    ).encode(
      into: &buffer, at: 40, options: [UInt8]().span, data: [UInt8]().span,
      addresses: (answer.from, ourselves))
    return octets
  }
}

/// A port unreachable of a stranger that quotes these octets.
func unreachable(quoting probe: [UInt8]) -> [UInt8] {
  icmpv6(from: stranger, count: 8 + probe.count) { buffer in
    _ = try? ICMPv6Error(.destinationUnreachable(.portUnreachable)).encode(
      into: &buffer, at: 40, invoking: probe.span)
  }
}

private func header(
  _ next: NextHeader, from source: IPv6Address, count: Int, _ buffer: inout MutableSpan<UInt8>
) {
  _ = try? IPv6Header(
    payloadLength: UInt16(count), nextHeader: next, hopLimit: 60, source: source, destination: ourselves
  ).encode(into: &buffer)
}

private func icmpv6(
  from source: IPv6Address, count: Int, _ fill: (inout MutableSpan<UInt8>) -> Void
) -> [UInt8] {
  var octets = [UInt8](repeating: 0, count: 40 + count)
  var buffer = octets.mutableSpan
  header(.icmpv6, from: source, count: count, &buffer)
  fill(&buffer)
  let checksum = ICMPv6Checksum.value(
    of: buffer.span.extracting(40..<(40 + count)), from: source, to: ourselves)
  buffer[42] = UInt8(checksum >> 8)
  buffer[43] = UInt8(truncatingIfNeeded: checksum)
  return octets
}

extension TraceHop {
  /// One character for each verdict: how it was answered, in the order of queries.
  var marks: String {
    verdicts.map { verdict in
      switch verdict {
      case .lost: "*"
      case .sendFailed: "!"
      case .reply(let reply):
        switch HopFate(verdict) {
        case .arrival: "="
        case .router: reply.isLate ? "L" : "."
        case .tooBig: "F"
        case .terminal, .silent: "X"
        }
      }
    }.joined()
  }
  var address: IPv6Address? { verdicts.lazy.compactMap { $0.reply?.address }.first }
}
