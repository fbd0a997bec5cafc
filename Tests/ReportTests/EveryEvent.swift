import ProbeEngine
import Timing
import Wire

@testable import Report

/// One event of every kind and every shape, with everything filled in that can be, and hostile octets wherever
/// the wire, DNS or people can put them.
struct EveryEvent {
  static let hostileName =
    "=cmd|'/c'!A0\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}evil\u{2066}\u{2028}\0\n\r\t\"\\,\u{7f}\u{feff}é漢"
  static let hostileOctets: [UInt8] = [
    0x2b, 0x1b, 0x5b, 0x9b, 0xff, 0xc0, 0xaf, 0xe2, 0x80, 0xae, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0,
    0x0a, 0x22, 0x5c, 0x2c, 0xe2, 0x80,
  ]

  let run: PingRun
  let events: [PingEvent]
  let summaries: [PingSummary]

  init(name: String = hostileName, octets: [UInt8] = hostileOctets) {
    var run = PingRun(
      targets: [
        PingRun.Target(name: name, canonicalName: name, address: "2001:db8::2", isNumeric: false),
        PingRun.Target(name: "two", canonicalName: name, address: "ff02::1%eth0", isNumeric: true),
      ], source: name, interface: name, payloadLength: 56, identifier: 7, flowLabel: 0x12345, path: .raw,
      arrival: .pcap, version: name)
    run.targets[0].reverseName = name
    run.unresolved = [PingRun.Unresolved(name: name, reason: name)]
    run.pathNotes = [name, "ping_group_range is closed"]
    run.interfaceNames = [2: name]
    self.run = run

    var full = makeReply(1, from: linkLocal, zone: 2)
    full.interface = 2
    full.trafficClass = 8
    full.hostTransmit = .microseconds(20)
    full.hostReceive = Nanoseconds(11_001)
    var another = makeReply(UInt64.max, from: other)
    another.target = 1
    another.isFromAnotherHost = true
    var bare = makeReply(3, microseconds: nil)
    bare.hopLimit = nil
    bare.interface = 9
    bare.roundTripSource = .user

    let answers: [PingReply.Answer] = [
      .names([octets, Array("host.example".utf8)]), .names([]), .ipv6Addresses([peer, other]),
      .ipv4Addresses([0xc000_0201]), .refused, .unknownQueryType, .unknownCode(200), .malformed,
      .interfaceStatus(code: 0, state: 2, isActive: true, hasIPv4: true, hasIPv6: false),
      .interfaceStatus(code: 9, state: 7, isActive: false, hasIPv4: false, hasIPv6: false),
    ]
    let corruptions = [
      Corruption(offset: 20, received: 0xee, expected: 0x14, isTruncated: false, payload: octets + octets),
      Corruption(offset: 24, received: nil, expected: 0x18, isTruncated: true, payload: octets),
      Corruption(offset: 56, received: 1, expected: nil, isTruncated: false, payload: []),
      Corruption(offset: 3, received: 0, expected: 0, isTruncated: false, payload: [0]),
    ]
    var extra = makeError(6, type: 4, code: 0, info: 40)
    extra.isExtra = true

    var events: [PingEvent] = [
      .sent(
        SentProbe(
          target: 0, sequence: 1, scheduledAt: .zero + .microseconds(3), sentAt: .zero, octets: 64)),
      .sent(
        SentProbe(
          target: 1, sequence: 1, scheduledAt: Instant(nanoseconds: .min), sentAt: .distantFuture, octets: 8)
      ),
      .sendFailed(SendFailure(target: 0, sequence: 2, at: .zero, errno: 90, mtu: 1500)),
      .sendFailed(SendFailure(target: 0, sequence: 3, at: .zero, errno: 4095)),
      .reply(full), .late(another), .duplicate(another), .reply(bare), .icmpError(extra),
      .lost(makeLost(9)), .noAnswerYet(makeLost(10)),
      .gap(Gap(at: .zero, length: .seconds(3), skipped: 30)),
    ]
    for answer in answers {
      var reply = full
      reply.answer = answer
      events.append(.reply(reply))
    }
    for corruption in corruptions { events.append(.corrupted(full, corruption)) }
    for type: UInt8 in [1, 2, 3, 4, 5, 100] {
      for code: UInt8 in 0...11 { events.append(.icmpError(makeError(5, type: type, code: code, info: 68))) }
    }
    for reason in RejectionReason.allCases {
      events.append(
        .rejected(Rejection(reason: reason, source: linkLocal, sourceZone: 2, type: 129, at: .zero)))
      events.append(
        .rejected(
          Rejection(reason: reason, source: other, sourceZone: 0, type: 255, at: .zero, reply: full)))
    }
    self.events = events

    var everything = PingSummary()
    everything.attempted = 28
    everything.replied = 1
    everything.corrupted = 2
    everything.late = 3
    everything.icmpErrors = 4
    everything.lost = 5
    everything.sendFailed = 6
    everything.inFlight = 7
    everything.duplicates = 8
    everything.reordered = 9
    everything.maximumReorderingExtent = 4
    everything.rejected = 36
    everything.rejectedByReason = [1, 2, 3, 4, 5, 6, 7, 8]
    everything.extraErrors = 2
    everything.lossBursts = 2
    everything.longestLossBurst = 3
    everything.roundTrip = makeTimes(100, 200, 1_300, 50, count: 4)
    everything.hostTransmit = makeTimes(10, 20, 30, 5)
    everything.hostReceive = makeTimes(11, 21, 31, 6)
    everything.roundTripSources = [2, 1, 1]
    everything.jitter = .microseconds(77)
    everything.scheduleError = ScheduleErrorSummary(
      p50: .microseconds(-2), p99: .microseconds(60), maximum: .microseconds(100), missed: 1)
    everything.histogram = [
      HistogramBucket(lower: 100_000, upper: 110_000, count: 1),
      HistogramBucket(lower: 200_000, upper: 210_000, count: 2),
      HistogramBucket(lower: 1_300_000, upper: 1_310_000, count: 1),
    ]
    everything.firstSentAt = .zero
    everything.lastSentAt = .zero + .seconds(27)
    everything.endedAt = .zero + .seconds(28)
    everything.pipe = 7
    everything.ewmaEighthMicroseconds = 1_616

    var silent = PingSummary()
    silent.target = 1

    var absurd = PingSummary()
    absurd.attempted = .max
    absurd.replied = .max
    absurd.corrupted = .max
    absurd.late = .max
    absurd.icmpErrors = .max
    absurd.extraErrors = .max
    absurd.sendFailed = 1
    absurd.lost = .max
    absurd.pipe = .max
    absurd.rejected = .max
    absurd.rejectedByReason = []
    absurd.roundTripSources = []
    absurd.ewmaEighthMicroseconds = .max
    absurd.roundTrip = RoundTripSummary(
      count: .max, minimum: Nanoseconds(.min), mean: Nanoseconds(.max), maximum: Nanoseconds(.max),
      mdev: Nanoseconds(.max), p50: .zero, p90: .zero, p95: .zero, p99: .zero, p999: Nanoseconds(.max))
    absurd.histogram = [
      HistogramBucket(lower: 0, upper: 1, count: .max), HistogramBucket(lower: 5, upper: 2, count: 1),
      HistogramBucket(lower: -5, upper: .max, count: 1),
      HistogramBucket(lower: .max - 1, upper: .max, count: .max),
      HistogramBucket(lower: .max - 1, upper: .max, count: .max),
    ]
    absurd.jitter = Nanoseconds(.max)
    absurd.lastSentAt = .distantFuture
    absurd.endedAt = .distantFuture

    self.summaries = [everything, silent, absurd]
  }
}
