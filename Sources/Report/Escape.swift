/// Makes text from the wire, from DNS or from people harmless before it is printed.
///
/// Harmful are: C0 and C1 controls and DEL (a terminal obeys them), line and paragraph separators (they forge
/// lines), bidirectional and other invisible format characters (they make text read as what it is not), and
/// octets that are no UTF-8 (a terminal in another encoding may take 0x80...0x9f for C1).
package enum Escape {
  /// For people: a control or invalid octet becomes `\x1b`, another harmful code point `\u{202e}`, and the
  /// backslash itself `\\`, so that the text can be read back.
  package static func text(_ octets: some Sequence<UInt8>, into out: inout [UInt8]) {
    walk(octets) { element in
      switch element {
      case .scalar(0x5c, _): out.put("\\\\")
      case .scalar(let scalar, let encoded):
        if !isHarmful(scalar) {
          encoded.put(into: &out)
        } else if scalar < 0x80 {
          out.put("\\x")
          out.put(hexadecimal: UInt64(scalar), width: 2)
        } else {
          out.put("\\u{")
          out.put(hexadecimal: UInt64(scalar))
          out.put(0x7d)
        }
      case .invalid(let octet):
        out.put("\\x")
        out.put(hexadecimal: UInt64(octet), width: 2)
      }
    }
  }

  package static func text(_ string: String, into out: inout [UInt8]) {
    // Names are nearly always plain: one pass decides.
    if string.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c }) {
      out.put(string)
    } else {
      text(string.utf8, into: &out)
    }
  }

  /// What was escaped already, without anything but ASCII: other octets become `\xe9`, so that each octet is one
  /// column on every terminal.
  package static func ascii(_ escaped: some Sequence<UInt8>, into out: inout [UInt8]) {
    for octet in escaped {
      if octet < 0x80 {
        out.put(octet)
      } else {
        out.put("\\x")
        out.put(hexadecimal: UInt64(octet), width: 2)
      }
    }
  }

  /// The inside of a JSON string (RFC 8259 §7). Harmful code points become `\uXXXX` (a surrogate pair beyond
  /// U+FFFF), so that a line stays harmless when a terminal shows it; each octet that is no UTF-8 becomes
  /// `\ufffd` (the replacement character), as JSON has no way to carry it.
  package static func json(_ octets: some Sequence<UInt8>, into out: inout [UInt8]) {
    walk(octets) { element in
      switch element {
      case .scalar(0x22, _): out.put("\\\"")
      case .scalar(0x5c, _): out.put("\\\\")
      case .scalar(0x0a, _): out.put("\\n")
      case .scalar(0x0d, _): out.put("\\r")
      case .scalar(0x09, _): out.put("\\t")
      case .scalar(let scalar, let encoded):
        if !isHarmful(scalar) {
          encoded.put(into: &out)
        } else if scalar < 0x1_0000 {
          out.put("\\u")
          out.put(hexadecimal: UInt64(scalar), width: 4)
        } else {
          let offset = scalar - 0x1_0000
          out.put("\\u")
          out.put(hexadecimal: UInt64(0xd800 + (offset >> 10)), width: 4)
          out.put("\\u")
          out.put(hexadecimal: UInt64(0xdc00 + (offset & 0x3ff)), width: 4)
        }
      case .invalid: out.put("\\ufffd")
      }
    }
  }

  /// One field of a CSV record (RFC 4180 §2). The text is escaped as for people first, so no line break is
  /// ever inside. A field that a spreadsheet would take for a formula (first character `=`, `+`, `-` or `@`)
  /// gets a `'` in front, as spreadsheets themselves write such text.
  package static func csv(_ octets: some Sequence<UInt8>, into out: inout [UInt8]) {
    var field: [UInt8] = []
    text(octets, into: &field)
    if let first = field.first, first == 0x3d || first == 0x2b || first == 0x2d || first == 0x40 {
      field.insert(0x27, at: 0)
    }
    guard field.contains(where: { $0 == 0x2c || $0 == 0x22 || $0 == 0x27 || $0 == 0x20 }) else {
      out.append(contentsOf: field)
      return
    }
    out.put(0x22)
    for octet in field {
      if octet == 0x22 { out.put(0x22) }
      out.put(octet)
    }
    out.put(0x22)
  }

  /// Whether a terminal, a line reader or the eye could be deceived by this code point: the general
  /// categories Cc, Cf, Zl and Zp of Unicode, tags and noncharacters.
  package static func isHarmful(_ scalar: UInt32) -> Bool {
    if scalar < 0x7f { return scalar < 0x20 }
    if scalar < 0xad { return scalar <= 0x9f }
    switch scalar {
    case 0xad, 0x600...0x605, 0x61c, 0x6dd, 0x70f, 0x890...0x891, 0x8e2, 0x180e: return true
    case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f: return true
    case 0xfdd0...0xfdef, 0xfeff, 0xfff9...0xfffb: return true
    case 0x1_10bd, 0x1_10cd, 0x1_3430...0x1_343f, 0x1_bca0...0x1_bca3, 0x1_d173...0x1_d17a: return true
    case 0xe_0000...0xe_0fff: return true
    default: return scalar & 0xfffe == 0xfffe
    }
  }

  /// The octets of one code point as they came, at most four.
  private struct Encoded {
    var octets: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    var count = 0

    mutating func append(_ octet: UInt8) {
      switch count {
      case 0: octets.0 = octet
      case 1: octets.1 = octet
      case 2: octets.2 = octet
      default: octets.3 = octet
      }
      count += 1
    }

    func put(into out: inout [UInt8]) {
      out.append(octets.0)
      if count > 1 { out.append(octets.1) }
      if count > 2 { out.append(octets.2) }
      if count > 3 { out.append(octets.3) }
    }
  }

  private enum Element {
    case scalar(UInt32, Encoded)
    case invalid(UInt8)
  }

  /// Splits octets into well-formed UTF-8 (Unicode standard, table 3-7) and everything else, octet by octet.
  private static func walk(_ octets: some Sequence<UInt8>, _ body: (Element) -> Void) {
    var pending = Encoded()
    var scalar: UInt32 = 0
    var missing = 0
    var lower: UInt8 = 0x80
    var upper: UInt8 = 0xbf

    func giveUp() {
      body(.invalid(pending.octets.0))
      if pending.count > 1 { body(.invalid(pending.octets.1)) }
      if pending.count > 2 { body(.invalid(pending.octets.2)) }
      pending = Encoded()
      missing = 0
    }

    for octet in octets {
      if missing > 0 {
        if octet >= lower, octet <= upper {
          (lower, upper) = (0x80, 0xbf)
          scalar = scalar << 6 | UInt32(octet & 0x3f)
          pending.append(octet)
          missing -= 1
          if missing == 0 {
            body(.scalar(scalar, pending))
            pending = Encoded()
          }
          continue
        }
        giveUp()
      }
      (lower, upper) = (0x80, 0xbf)
      switch octet {
      case 0..<0x80:
        body(.scalar(UInt32(octet), Encoded(octets: (octet, 0, 0, 0), count: 1)))
        continue
      case 0xc2...0xdf: (scalar, missing) = (UInt32(octet & 0x1f), 1)
      case 0xe0: (scalar, missing, lower) = (0, 2, 0xa0)
      case 0xed: (scalar, missing, upper) = (0xd, 2, 0x9f)
      case 0xe1...0xef: (scalar, missing) = (UInt32(octet & 0xf), 2)
      case 0xf0: (scalar, missing, lower) = (0, 3, 0x90)
      case 0xf1...0xf3: (scalar, missing) = (UInt32(octet & 7), 3)
      case 0xf4: (scalar, missing, upper) = (4, 3, 0x8f)
      default:
        body(.invalid(octet))
        continue
      }
      pending.append(octet)
    }
    if missing > 0 { giveUp() }
  }
}
