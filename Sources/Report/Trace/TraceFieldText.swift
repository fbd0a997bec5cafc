import ProbeEngine
import Wire

typealias TCPFlags = TCPHeader.Flags

/// What an answer carried beside itself, for people: extensions (RFC 4884) and fields that were rewritten on the
/// way.
enum TraceFieldText {
  /// `<mpls 24001 tc 0 ttl 1>`, `<in eth0 index 3 mtu 1500>`; stacked labels are joined by `/`.
  static func put(_ item: TraceExtension, into out: inout [UInt8]) {
    out.put("<")
    switch item {
    case .mpls(let entries):
      out.put("mpls")
      for (index, entry) in entries.enumerated() {
        out.put(index == 0 ? " " : " / ")
        out.put(decimal: UInt64(entry.label))
        out.put(" tc ")
        out.put(decimal: UInt64(entry.trafficClass))
        out.put(" ttl ")
        out.put(decimal: UInt64(entry.timeToLive))
      }
    case .interface(let role, let index, let address, let name, let mtu):
      out.put(roleText(role))
      if let name {
        out.put(" ")
        Escape.text(name, into: &out)
      }
      if let index {
        out.put(" index ")
        out.put(decimal: UInt64(index))
      }
      if let address {
        out.put(" ")
        put(address, into: &out)
      }
      if let mtu {
        out.put(" mtu ")
        out.put(decimal: UInt64(mtu))
      }
    case .other(let classNumber, let type, let data):
      out.put("extension ")
      out.put(decimal: UInt64(classNumber))
      out.put("/")
      out.put(decimal: UInt64(type))
      if !data.isEmpty { out.put(" ") }
      // A whole message may be one object; what cannot be read needs no more than its beginning.
      for octet in data.prefix(16) { out.put(hexadecimal: UInt64(octet), width: 2) }
      if data.count > 16 { out.put("...") }
    }
    out.put(">")
  }

  static func put(_ address: InterfaceInformation.Address, into out: inout [UInt8]) {
    switch address {
    case .ipv4(let address): out.put(ipv4: address)
    case .ipv6(let address): out.put(address)
    }
  }

  /// `[dscp 46→0, ecn 2→0]`.
  static func put(_ rewrites: [TraceRewrite], isUTF8: Bool, into out: inout [UInt8]) {
    out.put("[")
    for (index, rewrite) in rewrites.enumerated() {
      if index > 0 { out.put(", ") }
      out.put(rewrite.field.spaced)
      out.put(" ")
      put(rewrite.sent, rewrite.field, into: &out)
      out.put(isUTF8 ? "→" : "->")
      put(rewrite.quoted, rewrite.field, into: &out)
    }
    out.put("]")
  }

  private static func put(
    _ value: TraceRewrite.Value, _ field: TraceRewrite.Field, into out: inout [UInt8]
  ) {
    switch value {
    case .address(let address): out.put(address)
    case .number(let number) where field == .flowLabel:
      out.put("0x")
      out.put(hexadecimal: UInt64(number.magnitude), width: 5)
    case .number(let number) where field == .checksum:
      out.put("0x")
      out.put(hexadecimal: UInt64(number.magnitude), width: 4)
    case .number(let number): out.put(decimal: number)
    }
  }

  private static func roleText(_ role: InterfaceInformation.Role) -> String {
    switch role {
    case .incoming: "in"
    case .incomingSubInterface: "in (sub-interface)"
    case .outgoing: "out"
    case .nextHop: "next hop"
    }
  }
}

extension TraceRewrite {
  /// Which field, as programs are told; `dscp`, `flow_label`.
  enum Field: String {
    case dscp, ecn
    case flowLabel = "flow_label"
    case source, destination
    case sourcePort = "source_port"
    case destinationPort = "destination_port"
    case length, checksum

    /// For people.
    var spaced: String {
      switch self {
      case .flowLabel: "flow label"
      case .sourcePort: "source port"
      case .destinationPort: "destination port"
      default: rawValue
      }
    }
  }

  enum Value {
    case number(Int64)
    case address(IPv6Address)
  }

  var field: Field { parts.field }
  var sent: Value { parts.sent }
  var quoted: Value { parts.quoted }

  private var parts: (field: Field, sent: Value, quoted: Value) {
    switch self {
    case .differentiatedServices(let a, let b): (.dscp, .number(Int64(a)), .number(Int64(b)))
    case .ecn(let a, let b): (.ecn, .number(Int64(a)), .number(Int64(b)))
    case .flowLabel(let a, let b): (.flowLabel, .number(Int64(a)), .number(Int64(b)))
    case .source(let a, let b): (.source, .address(a), .address(b))
    case .destination(let a, let b): (.destination, .address(a), .address(b))
    case .sourcePort(let a, let b): (.sourcePort, .number(Int64(a)), .number(Int64(b)))
    case .destinationPort(let a, let b): (.destinationPort, .number(Int64(a)), .number(Int64(b)))
    case .length(let a, let b): (.length, .number(Int64(a)), .number(Int64(b)))
    case .checksum(let a, let b): (.checksum, .number(Int64(a)), .number(Int64(b)))
    }
  }
}
