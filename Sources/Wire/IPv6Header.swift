/// The fixed IPv6 header (RFC 8200 §3), 40 octets.
package struct IPv6Header: Hashable, Sendable {
  package var trafficClass: TrafficClass
  package var flowLabel: FlowLabel
  /// Octets after this header, extension headers included; 0 also stands for a jumbogram (RFC 2675).
  package var payloadLength: UInt16
  package var nextHeader: NextHeader
  package var hopLimit: HopLimit
  package var source: IPv6Address
  package var destination: IPv6Address

  /// Octets of the header on the wire.
  package static var count: Int { 40 }

  package init(
    trafficClass: TrafficClass = 0, flowLabel: FlowLabel = .zero, payloadLength: UInt16,
    nextHeader: NextHeader,
    hopLimit: HopLimit, source: IPv6Address, destination: IPv6Address
  ) {
    self.trafficClass = trafficClass
    self.flowLabel = flowLabel
    self.payloadLength = payloadLength
    self.nextHeader = nextHeader
    self.hopLimit = hopLimit
    self.source = source
    self.destination = destination
  }

  /// Reads the header at `offset`. The payload length is not compared with what was captured.
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(Self.count, at: offset)
    let header = octets.extracting(offset..<(offset + Self.count))
    let first = header.uint32(at: 0)
    guard first >> 28 == 6 else { throw .invalid(.ipVersion, value: Int(first >> 28), offset: offset) }
    trafficClass = TrafficClass(rawValue: UInt8(truncatingIfNeeded: first >> 20))
    flowLabel = FlowLabel(truncating: first)
    payloadLength = header.uint16(at: 4)
    nextHeader = NextHeader(rawValue: header[6])
    hopLimit = HopLimit(rawValue: header[7])
    source = IPv6Address(bits: header.uint128(at: 8))
    destination = IPv6Address(bits: header.uint128(at: 24))
  }

  /// Writes 40 octets at `offset` and returns 40.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    try buffer.requireSpace(Self.count, at: offset)
    var header = buffer._mutatingExtracting(offset..<(offset + Self.count))
    header.store(6 << 28 | UInt32(trafficClass.rawValue) << 20 | flowLabel.rawValue, at: 0)
    header.store(payloadLength, at: 4)
    header[6] = nextHeader.rawValue
    header[7] = hopLimit.rawValue
    header.store(source.bits, at: 8)
    header.store(destination.bits, at: 24)
    return Self.count
  }
}
