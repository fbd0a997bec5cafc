import LinuxNet
import ProbeEngine
import Report
import Timing

/// One output of a run: a writer, and where its bytes go. A failure is kept, and ends this output alone.
final class SampleChannel {
  enum Place {
    case standardOutput, standardError
    /// Grows while the run lasts.
    case records
    /// Comes by rename, at each snapshot and at the end.
    case renamed
  }

  /// Written at once from so many octets on.
  private static let fullOctets = 1 << 16
  /// Written at the latest after so long.
  private static let patience = Nanoseconds.milliseconds(100)

  /// For messages and for renaming; empty for standard descriptors.
  let path: String
  let place: Place
  /// The end's bytes stand for the whole run; a snapshot has no place before them.
  private let isWhole: Bool
  private(set) var failure: SystemError?
  private var writer: any SampleWriter
  private var file: RecordFile?
  private var pending: [UInt8] = []
  private var pendingSince: Instant?

  /// To a standard descriptor.
  init(_ writer: any SampleWriter, to place: Place, isWhole: Bool = false) {
    self.writer = writer
    self.place = place
    self.isWhole = isWhole
    path = ""
  }

  /// To a file that is open; an earlier run's octets go.
  init(_ writer: any SampleWriter, path: String, file: consuming RecordFile, isWhole: Bool) {
    self.writer = writer
    self.path = path
    self.isWhole = isWhole
    place = .records
    do throws(SystemError) { try file.begin() } catch { failure = error }
    self.file = consume file
  }

  /// To a file that is there when it is whole.
  init(_ writer: any SampleWriter, renamedTo path: String) {
    self.writer = writer
    self.path = path
    isWhole = true
    place = .renamed
  }

  func begin(_ run: SampleRun, at now: Instant, wall: WallClock) {
    if failure == nil { writer.begin(run, at: now, wall: wall, into: &pending) }
  }

  func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock) {
    if failure == nil { writer.reloaded(run, at: now, wall: wall, into: &pending) }
  }

  func write(_ event: SampleEvent, wall: WallClock) {
    if failure == nil { writer.write(event, wall: wall, into: &pending) }
  }

  /// The figures so far, or at the end.
  func write(_ report: borrowing SampleReport, wall: WallClock) {
    guard failure == nil else { return }
    guard isWhole else { return writer.write(report, wall: wall, into: &pending) }
    // A stream cannot take back a snapshot.
    guard place == .renamed || report.isLast else { return }
    var content = pending
    writer.write(report, wall: wall, into: &content)
    guard place == .renamed else {
      pending = content
      return
    }
    let (path, isLast) = (path, report.isLast)
    do throws(SystemError) {
      try FileRights.during { () throws(SystemError) in
        // The next probe does not wait for a disk.
        try OutputFile(path: path, replaces: true).finish(content, waitsForDisk: isLast)
      }
    } catch { failure = error }
  }

  /// Something waits to be written while the run lasts.
  var hasPending: Bool { !isWhole && !pending.isEmpty }

  /// Writes what has come together, where it is much or has waited.
  func flush(at now: Instant, isLast: Bool) {
    guard failure == nil, !pending.isEmpty, place != .renamed, isLast || !isWhole else { return }
    let since = pendingSince ?? now
    pendingSince = since
    guard isLast || pending.count >= Self.fullOctets || now - since >= Self.patience else { return }
    do throws(SystemError) {
      switch place {
      case .standardOutput: try Output.write(pending, to: 1)
      case .standardError: try Output.write(pending, to: 2)
      case .records: try file?.write(pending)
      case .renamed: break
      }
    } catch { failure = error }
    pending.removeAll(keepingCapacity: true)
    pendingSince = nil
  }

  /// Brings a file to the disk and closes it.
  func close() {
    guard let file = file.take() else { return }
    do throws(SystemError) { try file.finish() } catch { failure = failure ?? error }
  }
}

/// Root's rights over other users' folders, which a run does without.
enum FileRights {
  static func during(_ body: () throws(SystemError) -> Void) throws(SystemError) {
    guard Process.isRealUserRoot, let sets = try? Privileges.current(), sets.effective != sets.permitted
    else { return try body() }
    try? Privileges.raise(sets.permitted)
    defer { try? Privileges.lower(Capabilities(rawValue: .max)) }
    try body()
  }
}
