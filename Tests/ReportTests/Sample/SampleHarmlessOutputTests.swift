import ProbeEngine
import Testing
import Wire

@testable import Report

/// Whatever people, DNS or the wire put into a sampling run, no writer prints what harms.
@Suite struct SampleHarmlessOutputTests {
  static func outputs(_ every: EverySampleEvent, events: [SampleEvent]? = nil) -> [(String, [UInt8])] {
    func octets(_ writer: some SampleWriter) -> [UInt8] {
      PrintedSample(
        writer, every.run, events ?? every.events, reports: every.reports, reloadsAfterEvents: true
      ).octets
    }
    var outputs = [
      ("json", octets(SampleJSON())), ("csv", octets(SampleCSV())), ("atlas", octets(SampleAtlas())),
      ("openmetrics", octets(SampleOpenMetrics())), ("junit", octets(SampleJUnit())),
    ]
    for isUTF8 in [true, false] {
      var options = SampleTextOptions()
      options.isUTF8 = isUTF8
      outputs.append(("text", octets(SampleText(options: options))))
      options.width = -1
      options.maximumTargets = 0
      options.maximumNotices = 1_000
      outputs.append(("text narrow", octets(SampleText(options: options))))
    }
    return outputs
  }

  @Test func hostileTextIsHarmlessEverywhere() {
    for (mode, octets) in Self.outputs(EverySampleEvent()) {
      #expect(HarmlessOutputTests.harm(in: octets, besides: [0x0a]) == [], "\(mode)")
      #expect(octets.last == 0x0a, "\(mode)")
    }
  }

  @Test func hostileTextForgesNoLines() {
    let hostile = Self.outputs(EverySampleEvent())
    let calm = Self.outputs(EverySampleEvent(name: "host.example"))
    for ((mode, hostile), (_, calm)) in zip(hostile, calm) {
      #expect(hostile.count { $0 == 0x0a } == calm.count { $0 == 0x0a }, "\(mode)")
    }
  }

  @Test func whatNoEngineSaysDoesNoHarmEither() {
    let every = EverySampleEvent()
    for (mode, octets) in Self.outputs(every, events: every.strangers) {
      #expect(HarmlessOutputTests.harm(in: octets, besides: [0x0a]) == [], "\(mode)")
    }
  }

  @Test func randomNamesAreHarmlessToo() {
    var generator = Generator(state: 23)
    for _ in 0..<20 {
      let octets = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for (mode, output) in Self.outputs(EverySampleEvent(name: String(decoding: octets, as: UTF8.self))) {
        #expect(HarmlessOutputTests.harm(in: output, besides: [0x0a]) == [], "\(mode) \(octets)")
      }
    }
  }

  @Test func withoutUTF8OurOwnWordsAreASCII() {
    let every = EverySampleEvent(name: "host.example")
    for octets in Self.outputs(every).suffix(2).map(\.1) { #expect(octets.allSatisfy { $0 < 0x80 }) }
  }
}
