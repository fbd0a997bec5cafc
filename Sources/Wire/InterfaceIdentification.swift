/// Which interface an extended echo request asks about (RFC 8335 §2.1), an ICMP extension object of class 3.
package enum InterfaceIdentification: Hashable, Sendable {
  /// By name: UTF-8 in the octets that were decoded, without the zeros behind it.
  case name(Range<Int>)
  /// By index.
  case index(UInt32)
  /// By an address that belongs to it.
  case address(InterfaceInformation.Address)
  /// By an address of another family: the address family number and the address.
  case otherAddress(family: UInt16, Range<Int>)

  package static var objectClass: UInt8 { 3 }

  /// Reads the data of a class 3 object whose type is `type`.
  package init(decoding octets: Span<UInt8>, type: UInt8, data: Range<Int>) throws(WireError) {
    try octets.require(data.count, at: data.lowerBound)
    let object = octets.extracting(0..<data.upperBound)
    let offset = data.lowerBound
    switch type {
    case 1:
      self = .name(object.trimmingZeros(data))
    case 2:
      try object.require(4, at: offset)
      self = .index(object.uint32(at: offset))
    case 3:
      try object.require(4, at: offset)
      let family = object.uint16(at: offset)
      let count = Int(object[offset + 2])
      try object.require(count, at: offset + 4)
      switch (family, count) {
      case (1, 4): self = .address(.ipv4(object.uint32(at: offset + 4)))
      case (2, 16): self = .address(.ipv6(IPv6Address(bits: object.uint128(at: offset + 4))))
      case (1, _), (2, _): throw .invalid(.length, value: count, offset: offset + 2)
      default: self = .otherAddress(family: family, (offset + 4)..<(offset + 4 + count))
      }
    default: throw .invalid(.layout, value: Int(type), offset: offset)
    }
  }

  /// Writes the whole object at `offset`, and returns how many octets. `source` holds the octets that a
  /// range of `self` counts in; a name is padded with zeros to a multiple of 4.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, from source: Span<UInt8>
  ) throws(WireError) -> Int {
    let data = offset + ICMPExtensionObject.headerCount
    switch self {
    case .name(let range):
      try source.require(range.count, at: range.lowerBound)
      let padded = (range.count + 3) & ~3
      try Self.start(1, dataCount: padded, in: &buffer, at: offset)
      buffer.store(source.extracting(range), at: data)
      buffer.fill((data + range.count)..<(data + padded), with: 0)
      return ICMPExtensionObject.headerCount + padded
    case .index(let index):
      try Self.start(2, dataCount: 4, in: &buffer, at: offset)
      buffer.store(index, at: data)
      return ICMPExtensionObject.headerCount + 4
    case .address(.ipv4(let address)):
      try Self.start(3, dataCount: 8, in: &buffer, at: offset)
      buffer.store(UInt32(1 << 16 | 4 << 8), at: data)
      buffer.store(address, at: data + 4)
      return ICMPExtensionObject.headerCount + 8
    case .address(.ipv6(let address)):
      try Self.start(3, dataCount: 20, in: &buffer, at: offset)
      buffer.store(UInt32(2 << 16 | 16 << 8), at: data)
      buffer.store(address.bits, at: data + 4)
      return ICMPExtensionObject.headerCount + 20
    case .otherAddress(let family, let range):
      guard range.count <= 255 else { throw .invalid(.length, value: range.count, offset: offset) }
      try source.require(range.count, at: range.lowerBound)
      let padded = (range.count + 3) & ~3
      try Self.start(3, dataCount: 4 + padded, in: &buffer, at: offset)
      buffer.store(UInt32(family) << 16 | UInt32(truncatingIfNeeded: range.count) << 8, at: data)
      buffer.store(source.extracting(range), at: data + 4)
      buffer.fill((data + 4 + range.count)..<(data + 4 + padded), with: 0)
      return ICMPExtensionObject.headerCount + 4 + padded
    }
  }

  private static func start(
    _ type: UInt8, dataCount: Int, in buffer: inout MutableSpan<UInt8>, at offset: Int
  ) throws(WireError) {
    let count = ICMPExtensionObject.headerCount + dataCount
    guard count <= 0xffff else { throw .invalid(.length, value: count, offset: offset) }
    try buffer.requireSpace(count, at: offset)
    ICMPExtensionObject.writeHeader(class: objectClass, type: type, count: count, into: &buffer, at: offset)
  }
}

extension ICMPExtensionObject {
  /// What an object means, for the classes that are known here.
  package enum Value: Hashable, Sendable {
    /// RFC 4950.
    case mplsLabelStack(MPLSLabelStackWalk)
    /// RFC 5837.
    case interfaceInformation(InterfaceInformation)
    /// RFC 8335.
    case interfaceIdentification(InterfaceIdentification)
    /// Another class or type: see `data`.
    case other
  }

  /// Reads the data in the octets that the object was found in.
  package func value(in octets: Span<UInt8>) throws(WireError) -> Value {
    switch (classNumber, type) {
    case (MPLSLabelStackEntry.objectClass, MPLSLabelStackEntry.incomingStackType):
      .mplsLabelStack(MPLSLabelStackWalk(data: data))
    case (InterfaceInformation.objectClass, _):
      .interfaceInformation(try InterfaceInformation(decoding: octets, type: type, data: data))
    case (InterfaceIdentification.objectClass, 1...3):
      .interfaceIdentification(try InterfaceIdentification(decoding: octets, type: type, data: data))
    default: .other
    }
  }
}
