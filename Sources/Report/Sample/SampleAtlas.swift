package import ProbeEngine
package import Timing
import Wire

/// RIPE Atlas ping results (the format of firmware 5000 and later), each on one line: one for each target and so many
/// outcomes, and what is left at the end. Only groups that are asked by packets of their own have any; traces and
/// neighbor checks do not. What only RIPE's own measurements have is given as unknown: measurement and probe are 0,
/// the time since the clock was set is -1.
package struct SampleAtlas: SampleWriter {
  private static let firmware: UInt64 = 5_080
  private static let measurementVersion = "2.6.2"
  /// Items that are held for all targets together at most.
  private static let mostHeld = 1_000_000

  private struct Held {
    /// Items, with commas between.
    var items: [UInt8] = []
    var sent: UInt64 = 0
    var received: UInt64 = 0
    var duplicates: UInt64 = 0
    var least = Int64.max
    var most = Int64.min
    var sum: Int64 = 0
    var first: Int64 = 0
    var hopLimit: UInt8?
    var octets = 0
    var address = IPv6Address.unspecified
  }

  private let size: Int
  private var batch: UInt64
  private var run: SampleRun?
  private var held: [Int: Held] = [:]

  /// - Parameter size: outcomes of one result at most; fewer where there are very many targets.
  package init(size: Int = 16) {
    self.size = max(size, 1)
    batch = UInt64(self.size)
  }

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {
    self.run = run
    let share = Self.mostHeld / max(run.configuration.targets.count, 1)
    batch = UInt64(min(max(share, 1), size))
  }

  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {
    putAll(into: &out)
    begin(run, at: now, wall: wall, into: &out)
  }

  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {
    guard let run else { return }
    let record: SampleRecord
    var isDuplicate = false
    switch event {
    case .record(let told): record = told
    case .duplicate(let told): (record, isDuplicate) = (told, true)
    default: return
    }
    guard !record.isWarmup, run.configuration.targets.indices.contains(record.target),
      run.configuration.groups.indices.contains(record.group),
      !run.configuration.groups[record.group].probe.isOrder
    else { return }
    // One result is about one address: a name's may have changed.
    if let before = held[record.target], before.address != record.address {
      put(record.target, into: &out)
    }
    // A result must have been opened by a probe of its own.
    if isDuplicate, held[record.target] == nil { return }
    var entry = held.removeValue(forKey: record.target) ?? Held()
    if entry.sent == 0 {
      entry.first = wall.nanoseconds(at: record.scheduledAt) / 1_000_000_000
      entry.address = record.address
    }
    Self.add(record, isDuplicate: isDuplicate, to: &entry)
    held[record.target] = entry
    if entry.sent >= batch { put(record.target, into: &out) }
  }

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    if report.isLast { putAll(into: &out) }
  }

  // MARK: - Parts

  private static func add(_ record: SampleRecord, isDuplicate: Bool, to entry: inout Held) {
    if !entry.items.isEmpty { entry.items.put(0x2c) }
    var item = JSONLine()
    if record.octets > 0 { entry.octets = record.octets }
    if isDuplicate {
      entry.duplicates += 1
      item.put("dup", UInt64(1))
    } else {
      entry.sent += 1
    }
    switch record.outcome {
    case .ok:
      if let roundTrip = record.roundTrip {
        item.put("rtt", milliseconds: roundTrip.count)
        if !isDuplicate {
          entry.received += 1
          entry.least = min(entry.least, roundTrip.count)
          entry.most = max(entry.most, roundTrip.count)
          entry.sum = entry.sum.addingSaturating(roundTrip.count)
        }
      }
      if let hopLimit = record.hopLimit {
        entry.hopLimit = entry.hopLimit ?? hopLimit
        if hopLimit != entry.hopLimit { item.put("ttl", UInt64(hopLimit)) }
      }
    // A late answer came when its probe had been given up.
    case .late, .lost: item.put("x", "*")
    case .icmpError:
      var text: [UInt8] = []
      if record.answer == .reset {
        text.put("connection refused")
      } else {
        ICMPv6ErrorText.put(type: record.errorType, code: record.errorCode, into: &text)
      }
      item.put("error", octets: text)
    case .sendError:
      item.put(
        "error",
        record.errno == 0
          ? "the name has no address" : "sendto failed: " + ErrnoText.text(record.errno))
    }
    var octets = item.finished()
    octets.removeLast()
    entry.items.append(contentsOf: octets)
  }

  private mutating func putAll(into out: inout [UInt8]) {
    for target in held.keys.sorted() { put(target, into: &out) }
  }

  private mutating func put(_ index: Int, into out: inout [UInt8]) {
    guard let run, let entry = held.removeValue(forKey: index),
      run.configuration.targets.indices.contains(index)
    else { return }
    let group = run.configuration.groups[Int(run.configuration.targets[index].group)]
    var line = JSONLine(behind: &out)
    line.put("fw", Self.firmware)
    line.put("mver", Self.measurementVersion)
    line.put("lts", Int64(-1))
    line.put("dst_name", run.name(of: index))
    // Absent where the name was not resolved.
    if entry.address != .unspecified { line.put("dst_addr", address: entry.address) }
    line.put("af", UInt64(6))
    if let source = group.path.source {
      line.put("src_addr", source)
      line.put("from", source)
    }
    line.put("proto", Self.protocolName(group.probe))
    if let hopLimit = entry.hopLimit { line.put("ttl", UInt64(hopLimit)) }
    // Without the header of ICMPv6 or UDP.
    line.put("size", Int64(max(entry.octets - 8, 0)))
    line.array("result", CollectionOfOne(entry.items)) { items, octets in octets.append(contentsOf: items) }
    line.put("dup", entry.duplicates)
    line.put("rcvd", entry.received)
    line.put("sent", entry.sent)
    if entry.received > 0 {
      line.put("min", milliseconds: entry.least)
      line.put("max", milliseconds: entry.most)
      line.put("avg", milliseconds: entry.sum / Int64(clamping: entry.received))
    } else {
      for key in ["min", "max", "avg"] { line.put(key, Int64(-1)) }
    }
    line.put("msm_id", UInt64(0))
    line.put("prb_id", UInt64(0))
    line.put("timestamp", entry.first)
    line.put("msm_name", "Ping")
    line.put("type", "ping")
    line.put("step", group.interval.count / 1_000_000_000)
    line.end(into: &out)
  }

  private static func protocolName(_ probe: SampleProbe) -> String {
    switch probe {
    case .echo, .trace, .neighbor: "ICMP"
    case .udp: "UDP"
    case .tcp: "TCP"
    }
  }
}
