import ProbeEngine
import Report
import Simulator
import Testing
import Timing
import Wire

private let asked = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
private let router = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_00ff)
private let stranger = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_dead)

/// A simulated run as every writer prints it.
private struct Case {
  var name: String
  var configuration: PingConfiguration
  var fate: (VirtualProbe) -> Fate
  var isTimingShown = true
  /// Of the run, only its last events: the rest is the same over and over.
  var lastLines: Int?

  init(_ name: String, _ change: (inout PingConfiguration) -> Void, _ fate: @escaping (VirtualProbe) -> Fate)
  {
    self.name = name
    configuration = PingConfiguration(targets: [ProbeTarget(address: asked)])
    configuration.identifier = 0x1234
    configuration.seed = 7
    change(&configuration)
    self.fate = fate
  }

  func print(
    _ writer: some PingWriter, _ events: [PingEvent], _ summaries: [PingSummary], _ end: Instant
  ) -> String {
    var writer = writer
    var out = OutputBuffer()
    let wall = WallClock(offset: 1_767_225_600_000_000_000)
    let address = asked.description
    let target = PingRun.Target(
      name: "host.example", canonicalName: "host.example", address: address, isNumeric: false)
    let run = PingRun(
      targets: [target], source: nil, interface: nil, payloadLength: configuration.payloadLength,
      identifier: 0x1234,
      flowLabel: nil, path: .datagram, arrival: .socket, version: "test")
    writer.begin(run, at: .zero, wall: wall, into: &out)
    for event in events { writer.write(event, wall: wall, name: nil, into: &out) }
    writer.end(summaries, at: end, wall: wall, into: &out)
    var lines = String(decoding: out.standardOutput, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let lastLines { lines = Array(lines.suffix(lastLines)) }
    let errors = String(decoding: out.standardError, as: UTF8.self)
    return lines.joined(separator: "\n") + (errors.isEmpty ? "" : "standard error:\n" + errors)
  }

  func all() -> [(name: String, text: String)] {
    var events: [PingEvent] = []
    let (summaries, end) = PingSimulation(configuration, fate: fate).run { events.append($0) }
    if lastLines != nil { events = events.suffix(10) }
    var iputils = IputilsTextOptions()
    iputils.isTimingShown = isTimingShown
    var before = iputils
    before.form = .v20221126
    var text = PingTextOptions()
    text.isVerbose = true
    text.isNumeric = true
    text.showsTiming = true
    return [
      ("\(name).iputils", print(IputilsText(options: iputils), events, summaries, end)),
      ("\(name).iputils-2022", print(IputilsText(options: before), events, summaries, end)),
      ("\(name).text", print(PingText(options: text), events, summaries, end)),
      ("\(name).json", print(PingJSON(), events, summaries, end)),
      ("\(name).csv", print(PingCSV(), events, summaries, end)),
    ]
  }
}

/// One of each verdict, and what is counted beside.
private func verdicts() -> Case {
  Case(
    "verdicts",
    {
      $0.until = .attempted(10)
      $0.wait = .perProbe(.milliseconds(500))
    },
    { probe in
      let ok = probe.reply(after: .microseconds(1_234))
      func changed(_ change: (inout [UInt8]) -> Void) -> Delivery {
        var octets = probe.octets
        octets[0] = 129
        change(&octets)
        return Delivery(after: .microseconds(2_000), source: asked, content: .message(octets))
      }
      switch probe.number {
      case 0: return .delivered([ok])
      case 1: return .delivered([])
      case 2: return .delivered([probe.reply(after: .milliseconds(700))])
      case 3: return .delivered([ok, probe.reply(after: .microseconds(1_534))])
      case 4: return .delivered([probe.error(1, 0, from: router, after: .microseconds(900))])
      case 5: return .delivered([probe.error(2, 0, info: 1_400, from: router, after: .microseconds(900))])
      case 6: return .delivered([changed { $0[48] ^= 0x10 }])
      case 7: return .delivered([changed { $0.removeLast(20) }])
      case 8: return .sendFailed(101)
      default:
        var elsewhere = probe.reply(after: .microseconds(400))
        elsewhere.source = stranger
        var held = probe.reply(after: .microseconds(1_000))
        held.hostDelay = .microseconds(250)
        return .delivered([elsewhere, held])
      }
    })
}

/// Sequences 65534 to 65537: iputils shows 16 bits, everyone else all of them; the errors as well.
private func wrap() -> Case {
  var c = Case(
    "wrap",
    {
      $0.until = .attempted(65_538)
      $0.pace = .schedule(.constant(interval: .milliseconds(1)))
    },
    { probe in
      probe.number % 2 == 0
        ? .delivered([probe.reply(after: .microseconds(100))])
        : .delivered([probe.error(1, 3, from: router, after: .microseconds(100))])
    })
  c.lastLines = 11
  return c
}

/// iputils' way of waiting, over a target that answers nothing.
private func silence() -> Case {
  Case(
    "silence",
    {
      $0.until = .attempted(3)
      $0.wait = .untilEnd(ifSilent: .seconds(10))
      $0.reportsOutstanding = true
    }, { _ in .delivered([]) })
}

private func information(_ probe: VirtualProbe, code: UInt8, type: UInt8, _ data: [UInt8]) -> Fate {
  // Type, code, checksum, query type, flags, the query's nonce.
  let octets = [140, code, 0, 0, 0, type, 0, 0] + probe.octets[8..<16] + data
  return .delivered([Delivery(after: .microseconds(800), source: asked, content: .message(Array(octets)))])
}

private func names() -> Case {
  var c = Case(
    "node-names",
    {
      $0.message = .nodeInformation(NodeInformationQuestion(kind: .name, subject: nil))
      $0.until = .attempted(6)
    },
    { probe in
      let ttl: [UInt8] = [0, 0, 0, 0]
      // A name with a control character in it.
      let name = [4] + Array("ho\u{1b}t".utf8) + [7] + Array("example".utf8) + [0]
      switch probe.number {
      case 0: return information(probe, code: 0, type: 2, ttl + name)
      case 1: return information(probe, code: 1, type: 2, [])
      case 2: return information(probe, code: 2, type: 2, [])
      case 3: return information(probe, code: 9, type: 2, [])
      case 4: return information(probe, code: 0, type: 2, ttl + [63, 65])
      default: return information(probe, code: 0, type: 2, ttl + [1, 97, 0] + [1, 98, 0])
      }
    })
  c.isTimingShown = false
  return c
}

private func addresses() -> Case {
  var c = Case(
    "node-addresses",
    {
      $0.message = .nodeInformation(NodeInformationQuestion(kind: .ipv6Addresses(flags: 0x2a), subject: nil))
      $0.until = .attempted(3)
    },
    { probe in
      let ttl: [UInt8] = [0, 0, 0, 60]
      let first: [UInt8] = [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
      let second: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [0xab]
      switch probe.number {
      case 0: return information(probe, code: 0, type: 3, ttl + first + ttl + second)
      case 1: return information(probe, code: 0, type: 3, ttl + first + ttl + second.dropLast())
      default: return information(probe, code: 0, type: 4, ttl + [192, 0, 2, 1])
      }
    })
  c.isTimingShown = false
  return c
}

private func interfaces() -> Case {
  Case(
    "interfaces",
    {
      $0.message = .extendedEcho(InterfaceQuestion(interface: .name(Array("eth0".utf8)), isLocal: true))
      $0.until = .attempted(8)
    },
    { probe in
      // Code; then state (3 bits), 2 reserved bits, active, IPv4, IPv6.
      let (code, status): (UInt8, UInt8) =
        [(0, 0b111), (0, 0b101), (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (0, 0b010_00_100)][Int(probe.number)]
      let octets: [UInt8] = [161, code, 0, 0] + probe.octets[4..<7] + [status]
      return .delivered([Delivery(after: .microseconds(650), source: asked, content: .message(octets))])
    })
}

@Suite struct GoldenText {
  @Test(arguments: [0, 1, 2, 3, 4, 5]) func `a simulated run prints what its golden file says`(index: Int) {
    for (name, text) in [verdicts, wrap, silence, names, addresses, interfaces][index]().all() {
      if GoldenFiles.isWriting { GoldenFiles.write(text, name) }
      #expect(text == GoldenFiles.read(name), "\(name)")
    }
  }
}
