package import Wire

extension [UInt8] {
  /// The address in RFC 5952 form (lower case, longest run of zeros compressed, IPv4-mapped in dotted form).
  package mutating func put(_ address: IPv6Address) {
    if address.isIPv4Mapped {
      put("::ffff:")
      put(ipv4: UInt32(truncatingIfNeeded: address.bits))
      return
    }
    var run = 0..<0
    var index = 0
    while index < 8 {
      let first = index
      while index < 8, group(address, index) == 0 { index += 1 }
      if index - first > Swift.max(run.count, 1) { run = first..<index }
      index += 1
    }
    index = 0
    while index < 8 {
      if index == run.lowerBound, !run.isEmpty {
        put("::")
        index = run.upperBound
        continue
      }
      if index > 0, run.isEmpty || index != run.upperBound { put(0x3a) }
      put(hexadecimal: UInt64(group(address, index)))
      index += 1
    }
  }

  /// The address with `%zone`: the interface's name where it is known, else its index; nothing for zone 0.
  package mutating func put(_ address: IPv6Address, zone: UInt32, names: [UInt32: String]) {
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

  private func group(_ address: IPv6Address, _ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: address.bits >> UInt128(16 * (7 - index)))
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
