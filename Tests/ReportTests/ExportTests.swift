import Glibc
import ProbeEngine
import Testing
import Timing

@testable import Report

/// Writes every kind of line where `PROBE6_JSON_OUT`, `PROBE6_CSV_OUT`, `PROBE6_ATLAS_OUT` and `PROBE6_DOT_OUT`
/// say, for `Tests/Oracles` and Graphviz: judges that nobody here wrote.
@Suite struct ExportTests {
  static func environment(_ name: String) -> String? {
    // The C string is copied before anyone could change the environment: no test does.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  static func write(_ octets: [UInt8], to path: String) -> Bool {
    // The stream is ours alone and closed here; fwrite reads no further than the array's count.
    guard let file = unsafe fopen(path, "w") else { return false }
    let written = unsafe fwrite(octets, 1, octets.count, file)
    return unsafe fclose(file) == 0 && written == octets.count
  }

  /// Everything hostile.
  static func octets(_ writer: some PingWriter) -> [UInt8] {
    let hostile = EveryEvent()
    return Printed(
      writer, hostile.run, hostile.events, snapshots: [hostile.summaries], summaries: hostile.summaries
    ).output.standardOutput
  }

  @Test(.enabled(if: environment("PROBE6_JSON_OUT") != nil, "PROBE6_JSON_OUT is not set"))
  func jsonLinesForTheSchemaCheck() throws {
    let path = try #require(Self.environment("PROBE6_JSON_OUT"))
    var lines = Self.octets(PingJSON(includesHistogram: true))
    let modes: [TraceConfiguration.Mode] = [
      .hops, .paths(confidence: 0.95), .mtu, .rounds(count: 3, interval: .seconds(1)),
    ]
    for (method, mode) in zip(TraceConfiguration.Method.allCases, modes) {
      let every = EveryTraceEvent(method: method, mode: mode)
      let printed = PrintedTrace(
        TraceJSON(includesNames: true), every.run, every.events, names: every.names, systems: every.systems,
        hasSnapshot: mode == .hops)
      lines += printed.output.standardOutput
    }
    for act in LinkHarmlessOutputTests.acts {
      let every = EveryLinkEvent(act: act)
      // What does not depend on the act once, its end for each.
      let events = every.events.filter {
        if case .summary = $0 { true } else { act == .routers }
      }
      lines += PrintedLink(LinkJSON(), every.run, events).output.standardOutput
    }
    let targets = EveryLinkEvent(act: .resolve)
    lines += PrintedLink(LinkJSON(), targets.run, targets.events).output.standardOutput
    lines += Self.octets(ofSampling: SampleJSON())
    #expect(Self.write(lines, to: path))
  }

  static func octets(ofSampling writer: some SampleWriter) -> [UInt8] {
    let every = EverySampleEvent()
    return PrintedSample(
      writer, every.run, every.events, reports: every.reports, reloadsAfterEvents: true
    ).octets
  }

  /// What `Tests/Oracles/check_sample_formats.py` reads: the end alone where a file holds one text.
  @Test(.enabled(if: environment("PROBE6_GOLDEN_OUT") != nil, "PROBE6_GOLDEN_OUT is not set"))
  func formatsOfSamplingForTheirReaders() throws {
    let folder = try #require(Self.environment("PROBE6_GOLDEN_OUT"))
    let every = EverySampleEvent()
    func octets(_ writer: some SampleWriter) -> [UInt8] {
      PrintedSample(writer, every.run, every.events, reports: every.reports.suffix(1)).octets
    }
    #expect(Self.write(octets(SampleCSV()), to: folder + "/sample.csv"))
    #expect(Self.write(octets(SampleJSON()), to: folder + "/sample.ndjson"))
    #expect(Self.write(octets(SampleOpenMetrics()), to: folder + "/sample.prom"))
    #expect(Self.write(octets(SampleJUnit()), to: folder + "/sample.xml"))
  }

  /// A calm trace, and everything hostile by every method.
  static func octets(ofTraces writer: some TraceWriter) -> [UInt8] {
    var octets = PrintedTrace(writer, makeTraceRun(), TraceFormatTests.calm).output.standardOutput
    octets += PrintedTrace(writer, makeTraceRun(), TracePathsTests.diamond).output.standardOutput
    for method in TraceConfiguration.Method.allCases {
      let every = EveryTraceEvent(method: method)
      octets +=
        PrintedTrace(writer, every.run, every.events, names: every.names, systems: every.systems).output
        .standardOutput
    }
    return octets
  }

  @Test(.enabled(if: environment("PROBE6_ATLAS_OUT") != nil, "PROBE6_ATLAS_OUT is not set"))
  func atlasResultsForRIPEsParser() throws {
    let path = try #require(Self.environment("PROBE6_ATLAS_OUT"))
    #expect(
      Self.write(Self.octets(ofTraces: TraceAtlas()) + Self.octets(ofSampling: SampleAtlas()), to: path))
  }

  @Test(.enabled(if: environment("PROBE6_DOT_OUT") != nil, "PROBE6_DOT_OUT is not set"))
  func graphsForGraphviz() throws {
    let path = try #require(Self.environment("PROBE6_DOT_OUT"))
    #expect(Self.write(Self.octets(ofTraces: TraceDot(options: TraceTextOptions())), to: path))
  }

  @Test(.enabled(if: environment("PROBE6_CSV_OUT") != nil, "PROBE6_CSV_OUT is not set"))
  func csvRecordsForTheReader() throws {
    let path = try #require(Self.environment("PROBE6_CSV_OUT"))
    #expect(Self.write(Self.octets(PingCSV()), to: path))
  }
}
