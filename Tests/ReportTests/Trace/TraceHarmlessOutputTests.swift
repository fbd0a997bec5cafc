import ProbeEngine
import Testing
import Timing

@testable import Report

/// Whatever the wire, DNS or people put into a trace, no writer prints a control, a bidirectional override, a line
/// separator or an octet that is no UTF-8.
@Suite struct TraceHarmlessOutputTests {
  /// Every writer in every mode that prints more.
  static func outputs(name: String, octets: [UInt8]) -> [(String, OutputBuffer)] {
    var outputs: [(String, OutputBuffer)] = []
    let methods = TraceConfiguration.Method.allCases
    let modes: [TraceConfiguration.Mode] = [
      .hops, .paths(confidence: 0.95), .mtu, .rounds(count: 3, interval: .seconds(1)),
    ]
    for (method, mode) in zip(methods, modes) {
      let every = EveryTraceEvent(name: name, octets: octets, method: method, mode: mode)
      func print(_ what: String, _ writer: some TraceWriter) {
        let printed = PrintedTrace(
          writer, every.run, every.events + every.strangers, names: every.names, systems: every.systems,
          hasSnapshot: true)
        outputs.append(("\(what) \(method)", printed.output))
      }
      for isUTF8 in [true, false] {
        var options = TraceTextOptions()
        options.isUTF8 = isUTF8
        print("text", TraceText(options: options))
        options.isVerbose = true
        options.showsTimestamps = true
        print("text verbose", TraceText(options: options))
      }
      print("json", TraceJSON(includesNames: true))
      var butskoy = ButskoyTextOptions()
      (butskoy.showsExtensions, butskoy.showsSystems, butskoy.showsWayBack) = (true, true, true)
      print("traceroute6", ButskoyText(options: butskoy))
      print("rltraceroute6", Ndisc6TracerouteText(options: Ndisc6TracerouteTextOptions()))
      var tracepath = TracepathTextOptions()
      tracepath.showsBoth = true
      print("tracepath6", TracepathText(options: tracepath))
      print("atlas", TraceAtlas())
      print("scamper", TraceScamper())
      print("dot", TraceDot(options: TraceTextOptions()))
      print("report", TraceReport(options: TraceTextOptions()))
      print("lines", LiveLines(options: TraceTextOptions()))
    }
    return outputs
  }

  @Test func noWriterLetsAnythingHarmfulThrough() {
    let outputs = Self.outputs(name: EveryEvent.hostileName, octets: EveryEvent.hostileOctets)
    #expect(outputs.count >= 20)
    for (mode, output) in outputs {
      #expect(output.standardOutput.count > 1_000, "\(mode)")
      #expect(HarmlessOutputTests.harm(in: output.standardOutput, besides: [0x0a]) == [], "\(mode)")
      #expect(HarmlessOutputTests.harm(in: output.standardError, besides: [0x0a]) == [], "\(mode)")
    }
  }

  @Test func hostileOctetsForgeNoLines() {
    let calm = Self.outputs(name: "host.example", octets: Array("host".utf8))
    let hostile = Self.outputs(name: EveryEvent.hostileName, octets: EveryEvent.hostileOctets)
    for ((mode, calm), (_, hostile)) in zip(calm, hostile) {
      #expect(
        calm.standardOutput.count(where: { $0 == 0x0a })
          == hostile.standardOutput.count(where: { $0 == 0x0a }),
        "\(mode)")
    }
  }

  @Test func randomOctetsInNamesAreHarmlessToo() {
    var generator = Generator(state: 23)
    for _ in 0..<10 {
      let octets = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for (mode, output) in Self.outputs(name: String(decoding: octets, as: UTF8.self), octets: octets) {
        #expect(
          HarmlessOutputTests.harm(in: output.standardOutput, besides: [0x0a]) == [], "\(mode) \(octets)")
      }
    }
  }

  @Test func withoutUTF8OurOwnWordsAreASCII() {
    let every = EveryTraceEvent(
      name: "host.example", octets: Array("host".utf8), mode: .paths(confidence: 0.99))
    var options = TraceTextOptions()
    options.isUTF8 = false
    options.isVerbose = true
    let printed = PrintedTrace(TraceText(options: options), every.run, every.events, names: every.names)
    #expect(printed.output.standardOutput.allSatisfy { $0 < 0x80 })
  }
}
