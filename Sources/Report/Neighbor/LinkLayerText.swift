package import ProbeEngine
package import Wire

extension [UInt8] {
  /// A link-layer address: lower case, with colons.
  package mutating func put(_ link: LinkLayerAddress) {
    for (index, octet) in link.octets.enumerated() {
      if index > 0 { put(0x3a) }
      put(hexadecimal: UInt64(octet), width: 2)
    }
  }

  /// `2001:db8::/32`; the length as it is, 200 as well.
  package mutating func put(_ prefix: IPv6Address, length: UInt8) {
    put(prefix)
    put(0x2f)
    put(decimal: UInt64(length))
  }

  /// Octets as they came: two digits each.
  package mutating func put(hexadecimal octets: some Sequence<UInt8>) {
    for octet in octets { put(hexadecimal: UInt64(octet), width: 2) }
  }

  /// `1 router`, `2 routers`.
  mutating func put(_ count: UInt64, _ one: String, _ many: String) {
    put(decimal: count)
    put(0x20)
    put(count == 1 ? one : many)
  }

  mutating func put(_ count: Int, _ one: String, _ many: String) {
    put(UInt64(clamping: count), one, many)
  }

  /// Words with commas between.
  mutating func put(list words: some Sequence<String>) {
    var isFirst = true
    for word in words {
      if !isFirst { put(", ") }
      isFirst = false
      put(word)
    }
  }
}

extension Span<UInt8> {
  /// The octets of a range, as many of them as there are.
  func array(_ range: Range<Int>) -> [UInt8] {
    let lower = Swift.min(Swift.max(range.lowerBound, 0), count)
    let upper = Swift.min(Swift.max(range.upperBound, lower), count)
    var octets: [UInt8] = []
    octets.reserveCapacity(upper - lower)
    for index in lower..<upper { octets.append(self[index]) }
    return octets
  }

  /// The whole addresses of a range.
  func addresses(_ range: Range<Int>) -> [IPv6Address] {
    var addresses: [IPv6Address] = []
    var offset = range.lowerBound
    while offset + 16 <= range.upperBound, let address = try? IPv6Address(decoding: self, at: offset) {
      addresses.append(address)
      offset += 16
    }
    return addresses
  }
}
