/// The words of the RFCs for ICMPv6 errors.
enum ICMPv6ErrorText {
  /// For people: `destination unreachable: no route to destination`.
  static func put(type: UInt8, code: UInt8, into out: inout [UInt8]) {
    guard let typeText = text(type) else {
      out.put("ICMPv6 type ")
      out.put(decimal: UInt64(type))
      out.put(" code ")
      out.put(decimal: UInt64(code))
      return
    }
    out.put(typeText)
    if type == 2, code == 0 { return }
    out.put(": ")
    if let codeText = text(type, code) {
      out.put(codeText)
    } else {
      out.put("code ")
      out.put(decimal: UInt64(code))
    }
  }

  /// For programs: the code's words in snake_case, `no_route_to_destination`; the type's where the code has
  /// no name; nil where the type has none.
  static func name(type: UInt8, code: UInt8) -> String? {
    guard let words = text(type, code) ?? text(type) else { return nil }
    var name = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "A"..."Z": name.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
      case "a"..."z", "0"..."9": name.unicodeScalars.append(scalar)
      default: name.append("_")
      }
    }
    return name
  }

  private static func text(_ type: UInt8) -> String? {
    switch type {
    case 1: "destination unreachable"  // RFC 4443 §3.1
    case 2: "packet too big"  // §3.2
    case 3: "time exceeded"  // §3.3
    case 4: "parameter problem"  // §3.4
    default: nil
    }
  }

  private static func text(_ type: UInt8, _ code: UInt8) -> String? {
    switch (type, code) {
    case (1, 0): "no route to destination"
    case (1, 1): "communication with destination administratively prohibited"
    case (1, 2): "beyond scope of source address"
    case (1, 3): "address unreachable"
    case (1, 4): "port unreachable"
    case (1, 5): "source address failed ingress/egress policy"
    case (1, 6): "reject route to destination"
    case (1, 7): "error in source routing header"  // RFC 6550 §20.14
    case (1, 8): "headers too long"  // RFC 8883 §4
    case (3, 0): "hop limit exceeded in transit"
    case (3, 1): "fragment reassembly time exceeded"
    case (4, 0): "erroneous header field encountered"
    case (4, 1): "unrecognized next header type encountered"
    case (4, 2): "unrecognized IPv6 option encountered"
    case (4, 3): "first fragment has incomplete IPv6 header chain"  // RFC 7112 §5
    case (4, 4): "SR upper-layer header error"  // RFC 8986 §4.1.1
    case (4, 5): "unrecognized next header type encountered by intermediate node"  // RFC 8883 §3
    case (4, 6): "extension header too big"
    case (4, 7): "extension header chain too long"
    case (4, 8): "too many extension headers"
    case (4, 9): "too many options in extension header"
    case (4, 10): "option too big"
    default: nil
    }
  }
}
