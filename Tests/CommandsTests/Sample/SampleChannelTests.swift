import Glibc
import LinuxNet
import ProbeEngine
import Report
import Testing
import Timing

@testable import Commands

/// The oracle is the file system.
@Suite struct SampleChannelTests {
  /// A line for the beginning, and one for each report.
  private struct Lines: SampleWriter {
    func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {
      out.append(contentsOf: "begin\n".utf8)
    }
    func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {}
    func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {}
    func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
      out.append(contentsOf: (report.isLast ? "last\n" : "snapshot\n").utf8)
    }
  }

  private let wall = WallClock(offset: 0)

  private func report(isLast: Bool) -> SampleReport {
    let run = SampleRun(
      configuration: SampleConfiguration(groups: [], targets: []), labels: [], names: [:], host: "h",
      version: "v")
    return SampleReport(
      run: run, summary: SampleSummary(startedAt: .zero, at: .zero), targets: [], timelines: [], gates: [],
      isLast: isLast, isInterrupted: false)
  }

  private func withPath(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/probe6-channel-XXXXXX".utf8CString)
    // The array holds a NUL and outlives the call.
    guard unsafe mkdtemp(&template) != nil else {
      Issue.record("mkdtemp: \(errno)")
      return
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = folder + "/out"
    // The paths' octets outlive the calls.
    defer { _ = unsafe (unlink(path), rmdir(folder)) }
    try body(path)
  }

  private func text(_ path: String) -> String? {
    (try? InputFile.read(path: path, limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func aGrowingFileWaitsATenthOfASecondForMore() throws {
    try withPath { path in
      let channel = SampleChannel(Lines(), path: path, file: try RecordFile(path: path), isWhole: false)
      channel.begin(report(isLast: false).run, at: .zero, wall: wall)
      channel.flush(at: .zero, isLast: false)
      channel.flush(at: .zero + .milliseconds(99), isLast: false)
      #expect(text(path) == "")
      channel.flush(at: .zero + .milliseconds(100), isLast: false)
      #expect(text(path) == "begin\n")
      channel.write(report(isLast: false), wall: wall)
      channel.write(report(isLast: true), wall: wall)
      channel.flush(at: .zero + .milliseconds(100), isLast: true)
      channel.close()
      #expect(text(path) == "begin\nsnapshot\nlast\n" && channel.failure == nil)
    }
  }

  @Test func aRenamedFileIsAlwaysWholeAndASnapshotGivesWayToTheEnd() throws {
    try withPath { path in
      let channel = SampleChannel(Lines(), renamedTo: path)
      channel.begin(report(isLast: false).run, at: .zero, wall: wall)
      channel.flush(at: .zero + .seconds(1), isLast: false)
      #expect(text(path) == nil)
      channel.write(report(isLast: false), wall: wall)
      #expect(text(path) == "begin\nsnapshot\n")
      channel.write(report(isLast: true), wall: wall)
      channel.flush(at: .zero + .seconds(2), isLast: true)
      channel.close()
      #expect(text(path) == "begin\nlast\n" && channel.failure == nil)
    }
  }

  @Test func whatIsOnlyOfUseAtTheEndHasNoSnapshotInAStream() throws {
    try withPath { path in
      let channel = SampleChannel(Lines(), path: path, file: try RecordFile(path: path), isWhole: true)
      channel.begin(report(isLast: false).run, at: .zero, wall: wall)
      channel.write(report(isLast: false), wall: wall)
      channel.flush(at: .zero + .seconds(1), isLast: false)
      #expect(text(path) == "" && !channel.hasPending)
      channel.write(report(isLast: true), wall: wall)
      channel.flush(at: .zero + .seconds(1), isLast: true)
      #expect(text(path) == "begin\nlast\n")
    }
  }

  @Test func anOutputThatFailsStaysSo() throws {
    let channel = SampleChannel(
      Lines(), path: "/dev/full", file: try RecordFile(path: "/dev/full"), isWhole: false)
    channel.begin(report(isLast: false).run, at: .zero, wall: wall)
    channel.flush(at: .zero, isLast: true)
    #expect(channel.failure == SystemError("write", .noSpace))
    channel.write(report(isLast: true), wall: wall)
    #expect(!channel.hasPending)
    channel.flush(at: .zero, isLast: true)
    channel.close()
    #expect(channel.failure == SystemError("write", .noSpace))
    let nowhere = SampleChannel(Lines(), renamedTo: "/nonexistent/out")
    nowhere.write(report(isLast: true), wall: wall)
    #expect(nowhere.failure?.errno == .noEntry)
  }
}
