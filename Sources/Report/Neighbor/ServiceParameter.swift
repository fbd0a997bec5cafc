import Wire

/// One SvcParam of an encrypted DNS option (RFC 9463 §6.1, RFC 9460 §2.2).
struct ServiceParameter: Hashable {
  enum Value: Hashable {
    /// Text from the wire: whoever prints it escapes it. A comma inside an item has a backslash in front.
    case text([UInt8])
    /// Not known here, or not as its key asks for: octets.
    case octets([UInt8])
  }
  /// nil: too few octets for a key and a length, or for the length's value.
  var number: UInt16?
  var value: Value
  /// Value as it stood on the wire.
  var wire: [UInt8]

  /// The registry's name, `key65280` for others; nil for what is cut short.
  var name: String? {
    guard let number else { return nil }
    return switch number {
    case 0: "mandatory"
    case 1: "alpn"
    case 2: "no-default-alpn"
    case 3: "port"
    case 4: "ipv4hint"
    case 5: "ech"
    case 6: "ipv6hint"
    case 7: "dohpath"  // RFC 9461 §5
    case 8: "ohttp"  // RFC 9540 §4
    default: "key\(number)"
    }
  }

  /// Those of a range in their order. What is cut short at the end comes as one without a number.
  static func all(in octets: Span<UInt8>, _ range: Range<Int>) -> [ServiceParameter] {
    var parameters: [ServiceParameter] = []
    var offset = range.lowerBound
    while offset < range.upperBound {
      guard offset + 4 <= range.upperBound, let number = octets.number(at: offset),
        let count = octets.number(at: offset + 2), offset + 4 + Int(count) <= range.upperBound
      else {
        let rest = octets.array(offset..<range.upperBound)
        parameters.append(ServiceParameter(number: nil, value: .octets(rest), wire: rest))
        break
      }
      let wire = octets.array((offset + 4)..<(offset + 4 + Int(count)))
      parameters.append(
        ServiceParameter(number: number, value: value(of: number, wire), wire: wire))
      offset += 4 + Int(count)
    }
    return parameters
  }

  private static func value(of number: UInt16, _ wire: [UInt8]) -> Value {
    let span = wire.span
    switch number {
    case 0 where wire.count % 2 == 0 && !wire.isEmpty:
      let keys = stride(from: 0, to: wire.count, by: 2).map { offset in
        ServiceParameter(number: span.number(at: offset), value: .octets([]), wire: []).name ?? ""
      }
      return .text(joined(keys.map { Array($0.utf8) }))
    case 1: return protocols(wire).map { .text(joined($0)) } ?? .octets(wire)
    case 2 where wire.isEmpty, 8 where wire.isEmpty: return .text([])
    case 3 where wire.count == 2:
      var text: [UInt8] = []
      text.put(decimal: UInt64(span.number(at: 0) ?? 0))
      return .text(text)
    case 4 where wire.count % 4 == 0 && !wire.isEmpty:
      return .text(
        joined(
          stride(from: 0, to: wire.count, by: 4).map { offset in
            var text: [UInt8] = []
            text.put(ipv4: wire[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) })
            return text
          }))
    case 6 where wire.count % 16 == 0 && !wire.isEmpty:
      return .text(
        joined(
          span.addresses(0..<wire.count).map { address in
            var text: [UInt8] = []
            text.put(address)
            return text
          }))
    case 7: return .text(wire)
    default: return .octets(wire)
    }
  }

  /// ALPN identifiers with a length in front (RFC 9460 §7.1.1); nil where they do not fill the value.
  private static func protocols(_ wire: [UInt8]) -> [[UInt8]]? {
    var items: [[UInt8]] = []
    var offset = 0
    while offset < wire.count {
      let count = Int(wire[offset])
      guard count > 0, offset + 1 + count <= wire.count else { return nil }
      var item: [UInt8] = []
      for octet in wire[(offset + 1)..<(offset + 1 + count)] {
        if octet == 0x2c || octet == 0x5c { item.put(0x5c) }
        item.put(octet)
      }
      items.append(item)
      offset += 1 + count
    }
    return items.isEmpty ? nil : items
  }

  private static func joined(_ items: [[UInt8]]) -> [UInt8] { Array(items.joined(separator: [0x2c])) }
}

extension Span<UInt8> {
  /// Two octets as a number; nil where there are not so many.
  fileprivate func number(at offset: Int) -> UInt16? {
    guard offset >= 0, offset + 2 <= count else { return nil }
    return UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }
}
