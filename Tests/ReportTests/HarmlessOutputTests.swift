import ProbeEngine
import Testing
import Wire

@testable import Report

/// Whatever the wire, DNS or people put into an event, no writer prints a control, a bidirectional override, a
/// line separator or an octet that is no UTF-8.
@Suite struct HarmlessOutputTests {
  /// Every writer in every mode that prints more.
  static func outputs(_ every: EveryEvent) -> [(String, OutputBuffer)] {
    let names = [
      linkLocal: EveryEvent.hostileName, other: EveryEvent.hostileName, peer: EveryEvent.hostileName,
      loopback: EveryEvent.hostileName,
    ]
    func run(_ writer: some PingWriter) -> OutputBuffer {
      Printed(
        writer, every.run, every.events, names: names, snapshots: [every.summaries],
        summaries: every.summaries
      ).output
    }
    var outputs: [(String, OutputBuffer)] = []
    for form in [IputilsTextOptions.Form.v20221126, .v20231222] {
      var options = IputilsTextOptions()
      options.form = form
      outputs.append(("iputils \(form)", run(IputilsText(options: options))))
      options.isVerbose = true
      options.areNamesForced = true
      options.showsTimestamps = true
      options.isSourceChosen = true
      options.chosenInterface = EveryEvent.hostileName
      options.pattern = EveryEvent.hostileOctets
      options.isAdaptive = true
      outputs.append(("iputils verbose \(form)", run(IputilsText(options: options))))
      options.isQuiet = true
      outputs.append(("iputils quiet \(form)", run(IputilsText(options: options))))
    }
    for isUTF8 in [true, false] {
      var options = PingTextOptions()
      options.isUTF8 = isUTF8
      outputs.append(("text", run(PingText(options: options))))
      options.isVerbose = true
      options.showsTiming = true
      options.showsTimestamps = true
      options.showsHistogram = true
      outputs.append(("text verbose", run(PingText(options: options))))
      options.terminalWidth = -1
      outputs.append(("text narrow", run(PingText(options: options))))
    }
    outputs.append(("json", run(PingJSON(includesHistogram: true))))
    outputs.append(("csv", run(PingCSV())))
    return outputs
  }

  static func harm(in octets: [UInt8], besides allowed: Set<UInt32>) -> [String] {
    guard let text = String(validating: octets, as: UTF8.self) else { return ["not UTF-8"] }
    return text.unicodeScalars.filter { Escape.isHarmful($0.value) && !allowed.contains($0.value) }
      .map { "U+" + String($0.value, radix: 16) }
  }

  @Test func noWriterLetsAnythingHarmfulThrough() {
    let outputs = Self.outputs(EveryEvent())
    #expect(outputs.count == 14)
    for (mode, output) in outputs {
      // Line ends are ours; so are the tabs of iputils' dump and the carriage return of its SIGQUIT line.
      let isIputils = mode.hasPrefix("iputils")
      #expect(
        Self.harm(in: output.standardOutput, besides: isIputils ? [0x0a, 0x09] : [0x0a]) == [], "\(mode)")
      #expect(
        Self.harm(in: output.standardError, besides: isIputils ? [0x0a, 0x0d] : [0x0a]) == [], "\(mode)")
    }
  }

  @Test func hostileOctetsForgeNoLines() {
    let calm = Self.outputs(EveryEvent(name: "host.example", octets: Array("host".utf8)))
    let hostile = Self.outputs(EveryEvent())
    for ((mode, calm), (_, hostile)) in zip(calm, hostile) {
      // The dump's rows follow the payload's length, which differs.
      if mode.hasPrefix("iputils") { continue }
      #expect(
        calm.standardOutput.count(where: { $0 == 0x0a })
          == hostile.standardOutput.count(where: { $0 == 0x0a }),
        "\(mode)")
    }
  }

  @Test func randomOctetsInNamesAreHarmlessToo() {
    var generator = Generator(state: 19)
    for _ in 0..<50 {
      let octets = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let name = String(decoding: octets, as: UTF8.self)
      for (mode, output) in Self.outputs(EveryEvent(name: name, octets: octets)) {
        let allowed: Set<UInt32> = mode.hasPrefix("iputils") ? [0x0a, 0x09] : [0x0a]
        #expect(Self.harm(in: output.standardOutput, besides: allowed) == [], "\(mode) \(octets)")
      }
    }
  }

  @Test func withoutUTF8TheVerbsOwnWordsAreASCII() {
    let every = EveryEvent(name: "host.example", octets: Array("host".utf8))
    var options = PingTextOptions()
    options.isUTF8 = false
    options.isVerbose = true
    options.showsTiming = true
    options.showsHistogram = true
    let printed = Printed(PingText(options: options), every.run, every.events, summaries: every.summaries)
    #expect(printed.output.standardOutput.allSatisfy { $0 < 0x80 })
  }
}
