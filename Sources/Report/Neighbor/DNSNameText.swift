import Wire

/// Names in DNS wire form as text.
enum DNSNameText {
  /// The names that stand in a range, in presentation form (RFC 1035 §5.1); pads are no names.
  ///
  /// A dot or backslash in a label has a backslash in front, an octet that is no visible ASCII is `\027`: what comes
  /// out is harmless on a terminal. Ends where a label breaks the rules.
  static func names(in octets: Span<UInt8>, _ range: Range<Int>) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var walk = DNSLabelWalk(range: range)
    while !walk.range.isEmpty {
      var name: [UInt8] = []
      do throws(WireError) {
        while let label = try walk.next(in: octets) {
          if !name.isEmpty { name.put(0x2e) }
          put(label: octets.array(label), into: &name)
        }
      } catch {
        return names
      }
      if !name.isEmpty { names.append(name) }
    }
    return names
  }

  /// The one name that fills a range; `.` where it has no labels.
  static func name(in octets: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    names(in: octets, range).first ?? [0x2e]
  }

  private static func put(label: [UInt8], into name: inout [UInt8]) {
    for octet in label {
      switch octet {
      case 0x2e, 0x5c:
        name.put(0x5c)
        name.put(octet)
      case 0x21...0x7e: name.put(octet)
      default:
        name.put(0x5c)
        name.put(decimal: UInt64(octet), width: 3)
      }
    }
  }
}
