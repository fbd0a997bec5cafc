package import ProbeEngine
package import Timing
import Wire

/// A sampling run's records as comma-separated values: one header record, then one for each probe and duplicate, with
/// always the same fields, empty where there is nothing to say. Names and meanings are those of the JSON lines, form
/// and escapes those of ping's CSV (`PingCSV`). Whatever is not about one probe is left to the JSON lines.
package struct SampleCSV: SampleWriter {
  /// In their order. New ones go to the end, so that readers by position keep working.
  static let fields = [
    "time", "event", "group", "target", "destination", "seq", "number", "outcome", "answer", "warmup",
    "bytes",
    "scheduled_unix_ns", "sent_unix_ns", "transmitted_unix_ns", "received_unix_ns", "rtt_ns", "rtt_source",
    "host_tx_ns", "host_rx_ns", "hop_limit", "traffic_class", "from", "icmp_type", "icmp_code", "icmp_name",
    "mtu", "pointer", "errno", "error",
  ]

  private var run: SampleRun?
  /// Names of groups, escaped.
  private var groups: [[UInt8]] = []

  package init() {}

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {
    reloaded(run, at: now, wall: wall, into: &out)
    for (index, field) in Self.fields.enumerated() {
      if index > 0 { out.put(0x2c) }
      out.put(field)
    }
    out.put(0x0a)
  }

  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {
    self.run = run
    groups = run.configuration.groups.map { group in
      var octets: [UInt8] = []
      Escape.csv(group.name.utf8, into: &octets)
      return octets
    }
  }

  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {
    switch event {
    case .record(let record): put("record", record, wall, into: &out)
    case .duplicate(let record): put("duplicate", record, wall, into: &out)
    case .change, .order, .finding, .rejected, .gap: break
    }
  }

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {}

  // MARK: - Records

  private func put(_ event: String, _ record: SampleRecord, _ wall: WallClock, into out: inout [UInt8]) {
    WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: record.at)).put(into: &out)
    out.put(0x2c)
    out.put(event)
    out.put(0x2c)
    if groups.indices.contains(record.group) { out.append(contentsOf: groups[record.group]) }
    out.put(0x2c)
    putTarget(record, into: &out)
    out.put(0x2c)
    out.put(decimal: record.sequence)
    out.put(0x2c)
    out.put(decimal: record.number)
    out.put(0x2c)
    out.put(SampleNames.name(record.outcome))
    out.put(0x2c)
    out.put(SampleNames.name(record.answer) ?? "")
    out.put(record.isWarmup ? ",true," : ",,")
    if record.octets > 0 { out.put(decimal: record.octets) }
    out.put(0x2c)
    out.put(decimal: wall.nanoseconds(at: record.scheduledAt))
    out.put(0x2c)
    out.put(decimal: wall.nanoseconds(at: record.sentAt))
    Self.put(record.transmittedAt.map { wall.nanoseconds(at: $0) }, into: &out)
    Self.put(record.receivedAt.map { wall.nanoseconds(at: $0) }, into: &out)
    Self.put(record.roundTrip?.count, into: &out)
    out.put(0x2c)
    if record.roundTrip != nil { out.put(RoundTripText.name(record.roundTripSource)) }
    Self.put(record.hostTransmit?.count, into: &out)
    Self.put(record.hostReceive?.count, into: &out)
    Self.put(record.hopLimit.map { Int64($0) }, into: &out)
    Self.put(record.trafficClass.map { Int64($0) }, into: &out)
    out.put(0x2c)
    if let from = record.from { put(from, zone: record.fromZone, into: &out) }
    putError(record, into: &out)
    out.put(0x0a)
  }

  /// `target` and `destination`.
  private func putTarget(_ record: SampleRecord, into out: inout [UInt8]) {
    guard let run, run.configuration.targets.indices.contains(record.target) else { return out.put(0x2c) }
    let target = run.configuration.targets[record.target]
    if let name = run.names[record.target] {
      Escape.csv(name.utf8, into: &out)
    } else {
      put(target.address, zone: target.zone, into: &out)
    }
    out.put(0x2c)
    guard record.address != .unspecified else { return }
    put(record.address, zone: record.address == target.address ? target.zone : 0, into: &out)
  }

  /// From `icmp_type` on.
  private func putError(_ record: SampleRecord, into out: inout [UInt8]) {
    let type: UInt8? = record.answer == .icmpError ? record.errorType : nil
    Self.put(type.map { Int64($0) }, into: &out)
    Self.put(type == nil ? nil : Int64(record.errorCode), into: &out)
    out.put(0x2c)
    if let type { out.put(ICMPv6ErrorText.name(type: type, code: record.errorCode) ?? "") }
    Self.put(type == 2 ? Int64(record.errorInfo) : nil, into: &out)
    Self.put(type == 4 ? Int64(record.errorInfo) : nil, into: &out)
    let errno: Int32? = record.outcome == .sendError ? record.errno : nil
    Self.put(errno.map { Int64($0) }, into: &out)
    out.put(0x2c)
    if let errno { out.put(ErrnoText.name(errno) ?? "") }
  }

  /// A field and the comma before it.
  private static func put(_ number: Int64?, into out: inout [UInt8]) {
    out.put(0x2c)
    if let number { out.put(decimal: number) }
  }

  private func put(_ address: IPv6Address, zone: UInt32, into out: inout [UInt8]) {
    guard zone != 0 else { return out.put(address) }
    // A zone's name may hold anything but a slash.
    var text: [UInt8] = []
    text.put(address)
    text.put("%")
    text.put(run?.interfaceNames[zone] ?? String(zone))
    Escape.csv(text, into: &out)
  }
}
