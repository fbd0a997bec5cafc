import ProbeEngine
import Timing
import Wire

/// Several routers side by side (RFC 4861 §6.2.7): a row for each field and prefix, a column for each router, and a
/// mark where they are found to disagree.
struct RouterTable {
  /// As many columns as a terminal of 80 to 100 columns has room for; further routers begin a table below.
  static let columns = 3

  private struct Row {
    var label: String
    /// One for each router; empty: it says nothing of that.
    var cells: [[UInt8]]
    var isMarked = false
  }

  private let rows: [Row]
  private let count: Int

  /// - Parameter findings: those of kind `.inconsistentRouters` mark their rows.
  init(_ routers: [RouterRow], findings: [Finding]) {
    count = routers.count
    let said = routers.map { RouterFields($0) }
    var rows = [Row(label: "", cells: routers.map { row in Self.text { $0.put(row.address) } })]
    for (index, field) in RouterFields.header.enumerated() {
      let isMarked = findings.contains { $0.prefix == nil && $0.field == field.field }
      rows.append(Row(label: field.label, cells: said.map { $0.values[index] }, isMarked: isMarked))
    }
    var subjects: [RouterFields.Subject] = []
    for fields in said {
      for subject in fields.subjects where !subjects.contains(subject.subject) {
        subjects.append(subject.subject)
      }
    }
    for subject in subjects {
      let isMarked = findings.contains {
        $0.prefix == subject.prefix && ($0.prefixLength ?? subject.length) == subject.length
          && subject.isRoute == ($0.field == .route || $0.field == .routeLifetime)
      }
      let cells = said.map { fields in
        fields.subjects.first { $0.subject == subject }?.text ?? []
      }
      let label = Self.text { label in
        label.put(subject.isRoute ? "route " : "")
        label.put(subject.prefix, length: subject.length)
      }
      rows.append(Row(label: String(decoding: label, as: UTF8.self), cells: cells, isMarked: isMarked))
    }
    self.rows = rows.enumerated().filter { $0.offset == 0 || $0.element.cells.contains { !$0.isEmpty } }
      .map(\.element)
  }

  func put(into out: inout [UInt8]) {
    let labelWidth = rows.map { $0.label.utf8.count }.max() ?? 0
    for first in stride(from: 0, to: count, by: Self.columns) {
      let shown = first..<min(first + Self.columns, count)
      let widths = shown.map { column in rows.map { max($0.cells[column].count, 1) }.max() ?? 0 }
      for row in rows {
        out.put(row.isMarked ? "! " : "  ")
        out.put(left: labelWidth) { $0.put(row.label) }
        for (column, width) in zip(shown, widths) {
          out.put("  ")
          out.put(left: width) { cell in
            if row.cells[column].isEmpty { cell.put("-") } else { cell.append(contentsOf: row.cells[column]) }
          }
        }
        while out.last == 0x20 { out.removeLast() }
        out.put("\n")
      }
    }
  }

  private static func text(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
    var text: [UInt8] = []
    body(&text)
    return text
  }
}

/// What one router says, as cells of the table.
private struct RouterFields {
  struct Subject: Hashable {
    var isRoute: Bool
    var prefix: IPv6Address
    var length: UInt8
  }

  static let header: [(label: String, field: Finding.Field?)] = [
    ("link-layer address", .link), ("router lifetime", .lifetime), ("preference", .preference),
    ("managed", .managed), ("other", .other), ("hop limit", .hopLimit), ("reachable time", .reachableTime),
    ("retransmit timer", .retransmitTimer), ("mtu", .mtu), ("DNS servers", .recursiveDNSServers),
    ("DNS search list", .dnsSearchList), ("captive portal", .captivePortal), ("NAT64 prefix", .pref64),
    ("encrypted DNS", .encryptedDNS),
  ]

  private(set) var values = [[UInt8]](repeating: [], count: header.count)
  private(set) var subjects: [(subject: Subject, text: [UInt8])] = []

  init(_ row: RouterRow) {
    if let link = row.optionLink ?? row.frameLink { values[0].put(link) }
    let octets = row.advertisement.octets.span
    guard let header = try? RouterAdvertisement(decoding: octets) else { return }
    DurationText.put(seconds: UInt64(header.lifetime), into: &values[1])
    values[2].put(header.preference.name)
    values[3].put(header.flags.rawValue & 0x80 != 0 ? "yes" : "no")
    values[4].put(header.flags.rawValue & 0x40 != 0 ? "yes" : "no")
    if header.hopLimit != 0 { values[5].put(decimal: UInt64(header.hopLimit)) }
    for (index, milliseconds) in [(6, header.reachableTime), (7, header.retransmitTimer)]
    where milliseconds != 0 {
      values[index].put("\(milliseconds) ms")
    }
    var walk = NeighborOptionWalk(range: header.options)
    while let option = try? walk.next(in: octets) {
      if let value = try? option.value(in: octets) { add(value, octets) }
    }
  }

  private mutating func add(_ value: NeighborOptionValue, _ octets: Span<UInt8>) {
    switch value {
    case .mtu(let mtu): append(8) { $0.put(decimal: UInt64(mtu)) }
    case .recursiveDNSServers(_, let servers):
      for server in octets.addresses(servers) { append(9) { $0.put(server) } }
    case .dnsSearchList(_, let names):
      for name in DNSNameText.names(in: octets, names) { append(10) { $0.append(contentsOf: name) } }
    case .captivePortal(let range): append(11) { Escape.text(octets.array(range), into: &$0) }
    case .pref64(let prefix, let length, _):
      append(12) { text in
        text.put(prefix)
        text.put("/")
        if let length { text.put(decimal: UInt64(length)) } else { text.put("?") }
      }
    case .encryptedDNS(let resolver):
      append(13) { $0.append(contentsOf: DNSNameText.name(in: octets, resolver.name)) }
    case .prefix(let prefix):
      let subject = Subject(isRoute: false, prefix: prefix.prefix, length: prefix.length)
      var text: [UInt8] = []
      for (bit, letter) in [(0x80, "L"), (0x40, "A"), (0x20, "R"), (0x10, "P")] as [(UInt8, String)]
      where prefix.flags.rawValue & bit != 0 {
        text.put(letter)
      }
      if !text.isEmpty { text.put(" ") }
      DurationText.put(lifetime: prefix.validLifetime, into: &text)
      text.put("/")
      DurationText.put(lifetime: prefix.preferredLifetime, into: &text)
      subjects.append((subject, text))
    case .route(let route):
      var text: [UInt8] = []
      text.put(route.preference.name)
      text.put(" ")
      DurationText.put(lifetime: route.lifetime, into: &text)
      subjects.append((Subject(isRoute: true, prefix: route.prefix, length: route.length), text))
    default: break
    }
  }

  private mutating func append(_ index: Int, _ body: (inout [UInt8]) -> Void) {
    if !values[index].isEmpty { values[index].put(",") }
    body(&values[index])
  }
}
