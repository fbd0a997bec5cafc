package import Wire

extension [UInt8] {
  /// The address in RFC 5952 form, as Wire writes it.
  package mutating func put(_ address: IPv6Address) {
    var text = InlineArray<45, UInt8>(repeating: 0)
    var span = text.mutableSpan
    // The buffer holds the longest text, so this cannot throw.
    let count = (try? address.write(into: &span)) ?? 0
    for index in 0..<count { append(text[index]) }
  }

  /// The address with `%zone`: the interface's name where it is known, else its index; nothing for zone 0.
  package mutating func put(_ address: IPv6Address, zone: UInt32, names: InterfaceNames) {
    put(address)
    guard zone != 0 else { return }
    put(0x25)
    if let name = names[zone] {
      Escape.text(name, into: &self)
    } else {
      put(decimal: UInt64(zone))
    }
  }

  /// Dotted decimal, the most significant octet first.
  package mutating func put(ipv4 address: UInt32) {
    for shift in [24, 16, 8, 0] as [UInt32] {
      put(decimal: UInt64(address >> shift & 0xff))
      if shift > 0 { put(0x2e) }
    }
  }
}

/// What can be read from an address's text in RFC 5952 form, which writes every address in one way only.
enum AddressText {
  /// ff00::/8 (RFC 4291 §2.7): the first group has four digits and begins with ff.
  static func isMulticast(_ text: String) -> Bool {
    let first = text.utf8.prefix { $0 != 0x3a }
    return first.count == 4 && text.hasPrefix("ff")
  }

  /// The subnet-router anycast address of a /64 (RFC 4291 §2.6.1): the low 64 bits are 0, that is, the text
  /// ends in `::` after at most four groups.
  static func isSubnetRouterAnycast(_ text: String) -> Bool {
    let address = text.utf8.prefix { $0 != 0x25 }
    let colons = address.count(where: { $0 == 0x3a })
    return colons <= 5 && address.suffix(2).elementsEqual([0x3a, 0x3a])
  }
}
