/// What a router says about one of its interfaces (RFC 5837 §4), an ICMP extension object of class 2.
package struct InterfaceInformation: Hashable, Sendable {
  /// The interface's part in the way of the packet.
  package enum Role: UInt8, Hashable, Sendable {
    /// The packet came in here.
    case incoming = 0
    /// The sub-interface that it came in on.
    case incomingSubInterface = 1
    /// It would have gone out here.
    case outgoing = 2
    /// The next hop that it would have gone to.
    case nextHop = 3
  }

  /// An address of either family.
  package enum Address: Hashable, Sendable {
    case ipv4(UInt32)
    case ipv6(IPv6Address)
  }

  package var role: Role
  package var index: UInt32?
  package var address: Address?
  /// UTF-8, not terminated; up to 63 octets in the octets that were decoded.
  package var name: Range<Int>?
  package var mtu: UInt32?

  package static var objectClass: UInt8 { 2 }
  /// Octets of the name sub-object with its length octet (RFC 5837 §4.3).
  package static var maximumNameCount: Int { 64 }

  package init(role: Role, index: UInt32? = nil, address: Address? = nil, mtu: UInt32? = nil) {
    self.role = role
    self.index = index
    self.address = address
    self.mtu = mtu
  }

  /// Reads the data of a class 2 object whose type is `type`. Octets behind the sub-objects are ignored.
  package init(decoding octets: Span<UInt8>, type: UInt8, data: Range<Int>) throws(WireError) {
    try octets.require(data.count, at: data.lowerBound)
    let object = octets.extracting(0..<data.upperBound)
    role = Role(rawValue: type >> 6) ?? .incoming
    var offset = data.lowerBound
    if type & 0x08 != 0 {
      try object.require(4, at: offset)
      index = object.uint32(at: offset)
      offset += 4
    }
    if type & 0x04 != 0 {
      try object.require(4, at: offset)
      let family = object.uint16(at: offset)
      switch family {
      case 1:
        try object.require(8, at: offset)
        address = .ipv4(object.uint32(at: offset + 4))
        offset += 8
      case 2:
        try object.require(20, at: offset)
        address = .ipv6(IPv6Address(bits: object.uint128(at: offset + 4)))
        offset += 20
      default: throw .invalid(.layout, value: Int(family), offset: offset)
      }
    }
    if type & 0x02 != 0 {
      try object.require(1, at: offset)
      let count = Int(object[offset])
      guard count >= 1, count <= Self.maximumNameCount else {
        throw .invalid(.length, value: count, offset: offset)
      }
      try object.require(count, at: offset)
      name = object.trimmingZeros((offset + 1)..<(offset + count))
      offset += count
    }
    if type & 0x01 != 0 {
      try object.require(4, at: offset)
      mtu = object.uint32(at: offset)
    }
  }

  /// Writes the whole object at `offset`, and returns how many octets. `name` holds at most 63 octets; it is
  /// padded with zeros to a multiple of 4 with its length octet. `self.name` is not looked at.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, name: Span<UInt8>? = nil
  ) throws(WireError) -> Int {
    var type = role.rawValue << 6
    var count = ICMPExtensionObject.headerCount
    if index != nil { (type, count) = (type | 0x08, count + 4) }
    switch address {
    case .ipv4: (type, count) = (type | 0x04, count + 8)
    case .ipv6: (type, count) = (type | 0x04, count + 20)
    case nil: break
    }
    var nameCount = 0
    if let name {
      guard name.count < Self.maximumNameCount else {
        throw .invalid(.length, value: name.count, offset: offset)
      }
      nameCount = (name.count + 1 + 3) & ~3
      (type, count) = (type | 0x02, count + nameCount)
    }
    if mtu != nil { (type, count) = (type | 0x01, count + 4) }
    try buffer.requireSpace(count, at: offset)
    ICMPExtensionObject.writeHeader(
      class: Self.objectClass, type: type, count: count, into: &buffer, at: offset)
    var place = offset + ICMPExtensionObject.headerCount
    if let index {
      buffer.store(index, at: place)
      place += 4
    }
    switch address {
    case .ipv4(let address):
      buffer.store(UInt32(1 << 16), at: place)
      buffer.store(address, at: place + 4)
      place += 8
    case .ipv6(let address):
      buffer.store(UInt32(2 << 16), at: place)
      buffer.store(address.bits, at: place + 4)
      place += 20
    case nil: break
    }
    if let name {
      buffer.fill(place..<(place + nameCount), with: 0)
      buffer[place] = UInt8(truncatingIfNeeded: nameCount)
      buffer.store(name, at: place + 1)
      place += nameCount
    }
    if let mtu { buffer.store(mtu, at: place) }
    return count
  }
}

extension Span where Element == UInt8 {
  /// `range` without the zero octets at its end.
  func trimmingZeros(_ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end > range.lowerBound, self[end - 1] == 0 { end -= 1 }
    return range.lowerBound..<end
  }
}
