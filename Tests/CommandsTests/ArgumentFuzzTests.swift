@testable import Plan
import Report
import Runtime
import Testing
import Timing

@testable import Commands

/// Random argument vectors, the same ones every time.
@Suite struct ArgumentFuzzTests {
  private static let pieces =
    [
      "", "-", "--", "=", "-1", "0", "1", "255", "65527", "65536", "9223372036854775807",
      "9223372036854775808",
      "18446744073709551616", "NaN", "inf", "1e309", "1e-309", "0x", "0xff", "１", "0.0000000001", "1.5ms",
      "5h", "ff00",
      "xyz", "::1", "fe80::1%eth0", "[::1]:80", "1.2.3.4", "host", "name", "ipv6-all", "subject-ipv6=::1",
      "subject-name=a.b", "burst:3", "poisson", "reply", "down", "do", "pcap", "\u{1b}", "\u{0}", "é", "🏓",
      "%", "%25",
      ":::", "http://", String(repeating: "9", count: 400), String(repeating: ":", count: 100),
      "-", "a:80", "[::1]", "tcp", "95", "atlas",
    ] + OptionTable.pingVerb.descriptions.compactMap { $0.long.map { "--" + $0 } }
    + OptionTable.traceVerb.descriptions.compactMap { $0.long.map { "--" + $0 } }
    + OptionTable.iputilsPing.descriptions.compactMap { $0.short.map { "-" + String($0) } }
    + OptionTable.ndiscVerb.descriptions.compactMap { $0.long.map { "--" + $0 } }
    + OptionTable.rdiscVerb.descriptions.compactMap { $0.short.map { "-" + String($0) } }
    + OptionTable.sampleVerb.descriptions.compactMap { $0.long.map { "--" + $0 } }
    + [
      "plan.yaml", "ndjson:run", "csv:-", "nodes: p99 < 2ms", "neighbors", "scan", "guard", "eth0",
      "02:00:00:00:00:0b", "0200.0000.000b", "fe80::1",
    ]

  private func vector(_ generator: inout RandomNumbers) -> [String] {
    (0..<Int.random(in: 0...8, using: &generator)).map { _ in
      var word = Self.pieces.randomElement(using: &generator) ?? ""
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: word += Self.pieces.randomElement(using: &generator) ?? ""
      case 1: word += "=" + (Self.pieces.randomElement(using: &generator) ?? "")
      case 2:
        var octets = Array(word.utf8)
        if let index = octets.indices.randomElement(using: &generator) {
          octets[index] = UInt8.random(in: 0...255, using: &generator)
        }
        word = String(decoding: octets, as: UTF8.self)
      default: break
      }
      return word
    }
  }

  @Test func anyArgumentVectorIsAnInvocationOrATextWithAnExitCode() {
    var generator = RandomNumbers(seed: 6)
    var parsed = 0
    var refused = 0
    for round in 0..<20_000 {
      let arguments = vector(&generator)
      do throws(EarlyExit) {
        if round % 6 == 5 {
          let invocation = try SampleVerb.parse(arguments)
          #expect(invocation.plan != .file(""))
          #expect(invocation.outputs.allSatisfy { !$0.path.isEmpty })
        } else if round % 5 == 4 {
          let invocation = try NdiscVerb.parse(arguments)
          let request = invocation.request
          switch invocation.act {
          case .resolve, .unicast, .dad, .conformance:
            #expect(!request.targetNames.isEmpty || !invocation.targetLists.isEmpty)
          case .scan, .baseline: #expect(request.interface?.isEmpty == false)
          default: #expect(request.targetNames.isEmpty)
          }
        } else if round % 5 == 3 {
          let invocation = try RdiscVerb.parse(arguments)
          #expect(invocation.act == .routers && invocation.request.interface?.isEmpty == false)
        } else if round % 5 == 2 {
          let invocation = try TraceVerb.parse(arguments)
          #expect(!invocation.request.targetNames.isEmpty || !invocation.targetLists.isEmpty)
        } else if round % 5 == 0 {
          let invocation = try IputilsPing.parse(arguments, programName: "ping6", isRoot: round % 2 == 0)
          #expect(invocation.request.targetNames.count == 1)
        } else {
          let invocation = try PingVerb.parse(arguments)
          #expect(!invocation.request.targetNames.isEmpty || !invocation.targetLists.isEmpty)
        }
        parsed += 1
      } catch {
        refused += 1
        let text = error.standardOutput + error.standardError
        #expect((0...2).contains(error.exitCode))
        #expect(text.utf8.last == UInt8(ascii: "\n"), "\(arguments)")
        #expect(error.exitCode == 0 || !error.standardError.isEmpty, "\(arguments)")
      }
    }
    // Both ways are travelled, or the vectors say nothing.
    #expect(parsed > 100)
    #expect(refused > 1_000)
  }

  @Test func anyTargetTextIsATargetOrALineThatNamesIt() {
    var generator = RandomNumbers(seed: 66)
    for _ in 0..<6_000 {
      let text = (0..<3).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
      do throws(TargetTextError) {
        _ = try TargetText.parse(text)
      } catch {
        #expect(error.message.hasPrefix(quoted(text) + ": "))
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
      }
      _ = Dispatch.resolve(argv0: text, arguments: [text])
    }
  }
}
