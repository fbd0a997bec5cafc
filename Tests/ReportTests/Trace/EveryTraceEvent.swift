import ProbeEngine
import Timing
import Wire

@testable import Report

/// A trace with an event of every kind and every shape, everything filled in that can be, and hostile octets
/// wherever the wire, DNS or people can put them.
struct EveryTraceEvent {
  let run: TraceRun
  let events: [TraceEvent]
  /// What no engine says: events of a target that is not there.
  let strangers: [TraceEvent] = [
    .hop(makeHop(1, [.lost(makeTraceLoss(1, target: 7))], target: 7)),
    .end(makeTraceEnd(.interrupted, hops: 1, replied: .max, target: 7) { $0.sent = 0 }),
  ]
  let names: [IPv6Address: String]
  let systems: @Sendable (IPv6Address) -> String?

  init(
    name: String = EveryEvent.hostileName, octets: [UInt8] = EveryEvent.hostileOctets,
    method: TraceConfiguration.Method = .udp, mode: TraceConfiguration.Mode = .hops
  ) {
    var run = makeTraceRun([name, "two"], method: method, mode: mode, isCaptured: true)
    run.targets[0].source = name
    run.targets[0].cachedMTU = 1_400
    run.targets[1].address = linkLocal
    run.targets[1].zone = 2
    run.targets[1].addressText = "fe80::1%" + name
    run.targets[1].isNumeric = true
    run.interface = name
    run.linkMTU = 1_500
    run.trafficClass = 184
    run.pathNotes = [name, "no permission for raw sockets"]
    run.interfaceNames = [2: name]
    run.version = name
    self.run = run
    names = [
      router(1): name, router(2): name, router(3): name, traced: name, linkLocal: name, peer: name,
      other: name,
    ]
    systems = { $0 == router(2) ? name : nil }

    let full = makeTraceReply(1, from: linkLocal, zone: 2) {
      $0.interface = 2
      $0.hopLimit = 64
      $0.trafficClass = 8
      $0.hostTransmit = .microseconds(20)
      $0.hostReceive = Nanoseconds(11_001)
      $0.quotedHopLimit = 5
      $0.isWeaklyMatched = true
      $0.extensions = Self.extensions(octets)
      $0.rewritten = Self.rewritten
    }
    let bare = makeTraceReply(1, 1, from: other) {
      $0.roundTrip = nil
      $0.roundTripSource = .user
      $0.interface = 9
      $0.probe.flow = TraceFlow(sourcePort: 0, destinationPort: 0, flowLabel: 0xf_ffff)
    }
    let late = makeTraceReply(2, 2, microseconds: 3_210_400) { $0.isLate = true }
    let failure = TraceSendFailure(number: 5, probe: makeProbe(2, 1), at: .zero, errno: 90, mtu: 1_500)
    let strange = TraceSendFailure(number: .max, probe: makeProbe(255, .max), at: .zero, errno: 4_095)
    let absurd = makeTraceReply(255, from: other) {
      $0.number = .max
      $0.roundTrip = Nanoseconds(.min)
      $0.receivedAt = Instant(nanoseconds: .min)
      $0.probe.packetLength = .max
    }

    var events: [TraceEvent] = [
      .reply(full), .reply(bare), .lost(makeTraceLoss(2)), .late(late), .sendFailed(failure),
      .sendFailed(strange), .reply(absurd),
    ]
    events += Self.answers.map { .reply(makeTraceReply(3, from: traced, $0)) }
    for reason in RejectionReason.allCases {
      events.append(
        .rejected(TraceRejection(reason: reason, source: linkLocal, zone: 2, type: 3, at: .zero)))
      events.append(.rejected(TraceRejection(reason: reason, source: other, zone: 0, type: 0, at: .zero)))
    }
    events += Self.conclusions
    events += [
      .hop(
        makeHop(
          1, [.reply(full), .reply(bare), .sendFailed(failure), .sendFailed(strange)],
          [.rateLimited, .loop(firstSeen: 1), .addressTranslation, .shared, .severalAddresses])),
      .hop(makeHop(2, [.lost(makeTraceLoss(2)), .reply(late), .reply(full), .reply(absurd)])),
      .mtu(TraceMTU(target: 0, hopLimit: 2, mtu: 1_280, source: .blackHole)),
    ]
    for (index, answer) in Self.answers.enumerated() {
      let hopLimit = UInt8(index + 3)
      events.append(.hop(makeHop(hopLimit, [.reply(makeTraceReply(hopLimit, from: traced, answer))])))
    }
    events.append(.round(target: 0, number: 1, at: .zero + .seconds(1)))
    events.append(.hop(makeHop(1, [], target: 1, isLast: true)))
    events.append(
      .end(
        makeTraceEnd(.reached, hops: 3, replied: 3, lost: 2, late: 1, from: peer) {
          $0.isFromAnotherAddress = true
          $0.pathMTU = 1_280
          $0.sent = 9
          $0.sendFailed = 2
          $0.rejected = 16
        }))
    events.append(.late(late))
    events += Self.reasons.map { .end(makeTraceEnd($0, hops: 7, replied: 1, lost: .max - 1, target: 1)) }
    self.events = events
  }

  static let answers: [TraceAnswer] = {
    var answers: [TraceAnswer] = [
      .packetTooBig(mtu: 1_400), .packetTooBig(mtu: .max), .otherError(type: 100, code: 9), .echoReply,
      .tcp(TCPHeader.Flags(rawValue: 0x12)), .tcp(TCPHeader.Flags(rawValue: 0x14)),
      .tcp(TCPHeader.Flags(rawValue: 0xffff)), .datagram, .connected, .refused,
    ]
    for code: UInt8 in 0...11 {
      answers.append(.timeExceeded(code: code))
      answers.append(.unreachable(code: code))
      answers.append(.parameterProblem(code: code, pointer: 40))
    }
    return answers
  }()

  static let rewritten: [TraceRewrite] = [
    .differentiatedServices(sent: 46, quoted: 0), .ecn(sent: 2, quoted: 0),
    .flowLabel(sent: 0x12345, quoted: 0), .source(sent: peer, quoted: other),
    .destination(sent: traced, quoted: other), .sourcePort(sent: 54_321, quoted: 1_024),
    .destinationPort(sent: 33_434, quoted: 53), .length(sent: 40, quoted: .max),
    .checksum(sent: 0xabcd, quoted: 0),
  ]

  static func extensions(_ octets: [UInt8]) -> [TraceExtension] {
    [
      .mpls([
        MPLSLabelStackEntry(label: 24_001, trafficClass: 5, isBottomOfStack: false, timeToLive: 1),
        MPLSLabelStackEntry(label: 0xf_ffff, trafficClass: 0, isBottomOfStack: true, timeToLive: 255),
      ]),
      .mpls([]),
      .interface(role: .incoming, index: 3, address: .ipv6(peer), name: octets, mtu: 1_500),
      .interface(role: .incomingSubInterface, index: nil, address: nil, name: nil, mtu: nil),
      .interface(role: .outgoing, index: .max, address: .ipv4(0xc000_0201), name: [], mtu: .max),
      .interface(role: .nextHop, index: nil, address: .ipv4(0), name: octets, mtu: nil),
      .other(classNumber: 2, type: 0xff, data: octets + octets), .other(classNumber: 250, type: 1, data: []),
    ]
  }

  /// What modes `.paths` and `.mtu` conclude.
  static let conclusions: [TraceEvent] = {
    let near = TraceNode.router(linkLocal, zone: 2)
    let far = TraceNode.router(traced, zone: 0)
    var last = TraceLink(target: 0, from: .silent(hopLimit: 2), to: far, hopLimit: 3, isArrival: true)
    last.isArrival = true
    var invalid = TraceMTU(target: 0, hopLimit: 2, mtu: 1_400, source: .packetTooBig, reporter: other)
    invalid.isReportInvalid = true
    let hashes: [TraceBalancer.Hashes] = [.flowLabel, .ports, .both, .perPacket, .unknown]
    return [
      .link(TraceLink(target: 0, from: .origin, to: near, hopLimit: 1, isArrival: false)),
      .link(TraceLink(target: 0, from: near, to: .silent(hopLimit: 2), hopLimit: 2, isArrival: false)),
      .link(
        TraceLink(target: 0, from: near, to: .router(router(2), zone: 0), hopLimit: 2, isArrival: false)),
      .link(last),
      .link(TraceLink(target: 0, from: near, to: .router(other, zone: 0), hopLimit: 0, isArrival: false)),
    ]
      + hashes.map {
        .balancer(
          TraceBalancer(
            target: 0, node: near, hopLimit: 1, hashes: $0,
            branches: [.silent(hopLimit: 2), .router(linkLocal, zone: 2)], probes: 44))
      }
      + [
        .mtu(TraceMTU(target: 0, hopLimit: 1, mtu: 1_500, source: .link)), .mtu(invalid),
        .mtu(TraceMTU(target: 0, hopLimit: 3, mtu: 1_280, source: .blackHole)),
      ]
  }()

  static let reasons: [TraceEnd.Reason] = [
    .unreachable(type: 1, code: 0), .unreachable(type: 200, code: 200), .maximumHops, .gapLimit, .loop,
    .sendFailed(101), .sendFailed(-1), .interrupted,
  ]
}
