import ProbeEngine
import Testing
import Timing

@testable import Report

/// Whatever the wire, DNS, the kernel or people put into an act on a link, no writer prints a control, a
/// bidirectional override, a line separator or an octet that is no UTF-8.
@Suite struct LinkHarmlessOutputTests {
  static let acts: [LinkRun.Act] = [
    .resolve, .unicast, .dad, .conformance, .routers, .neighbors, .watch, .scan, .baseline,
  ]

  /// Every writer for every act, in every mode that prints more or less.
  static func outputs(name: String, octets: [UInt8]) -> [(String, OutputBuffer)] {
    var outputs: [(String, OutputBuffer)] = []
    for act in acts {
      for isContinuous in act == .routers ? [false, true] : [false] {
        let every = EveryLinkEvent(name: name, octets: octets, act: act, isContinuous: isContinuous)
        func print(_ what: String, _ writer: some LinkWriter, _ run: LinkRun) {
          outputs.append(("\(what) \(act)", PrintedLink(writer, run, every.events).output))
        }
        var one = every.run
        one.targets = Array(one.targets.prefix(1))
        for run in [every.run, one] {
          var options = LinkTextOptions()
          print("text", LinkText(options: options), run)
          (options.isVerbose, options.showsTimestamps) = (true, true)
          print("text verbose", LinkText(options: options), run)
          (options.isVerbose, options.isQuiet) = (false, true)
          print("text quiet", LinkText(options: options), run)
        }
        print("json", LinkJSON(), every.run)
      }
    }
    return outputs
  }

  @Test func noWriterLetsAnythingHarmfulThrough() {
    let outputs = Self.outputs(name: EveryEvent.hostileName, octets: EveryEvent.hostileOctets)
    #expect(outputs.count == 70)
    for (mode, output) in outputs {
      #expect(output.standardOutput.count > 80, "\(mode)")
      #expect(HarmlessOutputTests.harm(in: output.standardOutput, besides: [0x0a]) == [], "\(mode)")
      #expect(output.standardError == [], "\(mode)")
    }
  }

  @Test func hostileOctetsForgeNoLines() {
    // As many octets, so that what they stand in is as long.
    let octets = EveryEvent.hostileOctets.map { _ in UInt8(ascii: "a") }
    let calm = Self.outputs(name: "host.example", octets: octets)
    let hostile = Self.outputs(name: EveryEvent.hostileName, octets: EveryEvent.hostileOctets)
    for ((mode, calm), (_, hostile)) in zip(calm, hostile) {
      #expect(
        calm.standardOutput.count(where: { $0 == 0x0a })
          == hostile.standardOutput.count(where: { $0 == 0x0a }),
        "\(mode)")
    }
  }

  @Test func randomOctetsAreHarmlessToo() {
    var generator = Generator(state: 29)
    for _ in 0..<2 {
      let octets = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for (mode, output) in Self.outputs(name: String(decoding: octets, as: UTF8.self), octets: octets) {
        #expect(
          HarmlessOutputTests.harm(in: output.standardOutput, besides: [0x0a]) == [], "\(mode) \(octets)")
      }
    }
  }

  @Test func ourOwnWordsAreASCII() {
    let octets = EveryEvent.hostileOctets.map { _ in UInt8(ascii: "a") }
    for (mode, output) in Self.outputs(name: "host.example", octets: octets) where !mode.hasPrefix("json") {
      #expect(output.standardOutput.allSatisfy { $0 < 0x80 }, "\(mode)")
    }
  }
}
