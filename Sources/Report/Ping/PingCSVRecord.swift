import Wire

/// The fields of every record, in their order. New ones go to the end, so that readers by position keep working.
enum PingCSVField: Int, CaseIterable {
  case time, event, target, destination, source, interface, sequence, bytes, hopLimit
  case roundTrip, roundTripSource, hostTransmit, hostReceive
  case type, code, name, mtu, pointer
  case errno, error, reason, offset, waited, scheduleError, length, skipped
  case attempted, sent, replied, corrupted, late, icmpErrors, lost, sendFailed, inFlight
  case duplicates, reordered, rejected
  case minimum, mean, maximum, mdev, p50, p90, p95, p99, p999, jitter
  case scheduleErrorP50, scheduleErrorP99, scheduleErrorMaximum
  case answer

  /// In the header record.
  var name: String {
    switch self {
    case .sequence: "seq"
    case .hopLimit: "hop_limit"
    case .roundTrip: "rtt_ns"
    case .roundTripSource: "rtt_source"
    case .hostTransmit: "host_tx_ns"
    case .hostReceive: "host_rx_ns"
    case .waited: "waited_ns"
    case .scheduleError: "schedule_error_ns"
    case .length: "length_ns"
    case .icmpErrors: "icmp_errors"
    case .sendFailed: "send_failed"
    case .inFlight: "in_flight"
    case .minimum: "rtt_min_ns"
    case .mean: "rtt_mean_ns"
    case .maximum: "rtt_max_ns"
    case .mdev: "rtt_mdev_ns"
    case .p50: "rtt_p50_ns"
    case .p90: "rtt_p90_ns"
    case .p95: "rtt_p95_ns"
    case .p99: "rtt_p99_ns"
    case .p999: "rtt_p999_ns"
    case .jitter: "jitter_ns"
    case .scheduleErrorP50: "schedule_error_p50_ns"
    case .scheduleErrorP99: "schedule_error_p99_ns"
    case .scheduleErrorMaximum: "schedule_error_max_ns"
    case .answer: "answer"
    case .time: "time"
    case .event: "event"
    case .target: "target"
    case .destination: "destination"
    case .source: "source"
    case .interface: "interface"
    case .bytes: "bytes"
    case .type: "type"
    case .code: "code"
    case .name: "name"
    case .mtu: "mtu"
    case .pointer: "pointer"
    case .errno: "errno"
    case .error: "error"
    case .reason: "reason"
    case .offset: "offset"
    case .skipped: "skipped"
    case .attempted: "attempted"
    case .sent: "sent"
    case .replied: "replied"
    case .corrupted: "corrupted"
    case .late: "late"
    case .lost: "lost"
    case .duplicates: "duplicates"
    case .reordered: "reordered"
    case .rejected: "rejected"
    }
  }
}

/// One record. Fields are put in any order, each at most once; those left out stay empty.
struct PingCSVRecord {
  private var octets: [UInt8] = []
  /// Which octets belong to which field.
  private var fields: [(field: PingCSVField, octets: Range<Int>)] = []

  init(time nanosecondsSinceEpoch: Int64, event: String) {
    put(.time) { WallTime(nanosecondsSinceEpoch: nanosecondsSinceEpoch).put(into: &$0) }
    put(.event) { $0.put(event) }
  }

  mutating func put(_ field: PingCSVField, _ text: String?) {
    guard let text else { return }
    put(field) { Escape.csv(text.utf8, into: &$0) }
  }

  mutating func put(_ field: PingCSVField, _ number: UInt64) {
    put(field) { $0.put(decimal: number) }
  }

  mutating func put(_ field: PingCSVField, _ number: Int64) {
    put(field) { $0.put(decimal: number) }
  }

  mutating func put(
    _ field: PingCSVField, address: IPv6Address, zone: UInt32, names: InterfaceNames
  ) {
    put(field) { octets in
      if zone == 0 {
        octets.put(address)
        return
      }
      // A zone's name may hold anything but a slash.
      var text: [UInt8] = []
      text.put(address)
      text.put("%")
      text.put(names[zone] ?? String(zone))
      Escape.csv(text, into: &octets)
    }
  }

  mutating func end(into out: inout [UInt8]) {
    var position = 0
    for (field, range) in fields.sorted(by: { $0.field.rawValue < $1.field.rawValue }) {
      while position < field.rawValue {
        out.put(0x2c)
        position += 1
      }
      out.append(contentsOf: octets[range])
    }
    while position < PingCSVField.allCases.count - 1 {
      out.put(0x2c)
      position += 1
    }
    out.put(0x0a)
  }

  private mutating func put(_ field: PingCSVField, _ body: (inout [UInt8]) -> Void) {
    let start = octets.count
    body(&octets)
    fields.append((field, start..<octets.count))
  }
}
