/// What can be read of a packet that an ICMPv6 error quotes. The quote may be cut anywhere.
package struct InvokingPacket: Hashable, Sendable {
  /// What stood behind the extension headers, as far as it was quoted.
  package enum UpperLayer: Hashable, Sendable {
    /// Nothing that can be read: cut before it, encrypted, a later fragment, or another protocol.
    case none
    case udp(source: Port, destination: Port, length: UInt16?, checksum: UInt16?)
    case tcp(source: Port, destination: Port, sequence: UInt32?)
    case echo(ICMPv6Echo.Kind, identifier: UInt16, sequence: UInt16?)
    /// Another ICMPv6 message, of which type and code were quoted.
    case icmpv6(type: UInt8, code: UInt8)
  }

  /// The IPv6 header, or nil if less than 40 octets were quoted or the version is not 6.
  package var header: IPv6Header?
  /// The extension headers; nil without a header.
  package var chain: IPv6Chain?
  package var upperLayer: UpperLayer
  /// The quoted octets of the packet, without the zeros that RFC 4884 pads it with.
  package var range: Range<Int>

  /// Octets of the upper layer, its header included.
  package var upperLayerRange: Range<Int>? {
    guard let chain, chain.end == .upperLayer else { return nil }
    return chain.payload
  }

  /// Reads the packet that starts at `range` of a message. Never fails; what is not there stays nil.
  package init(decoding octets: Span<UInt8>, in range: Range<Int>) {
    upperLayer = .none
    self.range = range.clamped(to: 0..<octets.count)
    guard
      let header = try? IPv6Header(
        decoding: octets.extracting(0..<self.range.upperBound), at: self.range.lowerBound)
    else { return }
    self.header = header
    let start = self.range.lowerBound + IPv6Header.count
    if header.payloadLength > 0 {
      self.range = self.range.lowerBound..<min(self.range.upperBound, start + Int(header.payloadLength))
    }
    let packet = octets.extracting(0..<self.range.upperBound)
    let chain = IPv6Chain(
      decoding: packet, nextHeader: header.nextHeader, nextHeaderOffset: self.range.lowerBound + 6, at: start)
    self.chain = chain
    guard chain.end == .upperLayer else { return }
    upperLayer = Self.upperLayer(chain.nextHeader, packet.extracting(chain.payload))
  }

  private static func upperLayer(_ nextHeader: NextHeader, _ octets: Span<UInt8>) -> UpperLayer {
    switch nextHeader {
    case .udp where octets.count >= 4:
      .udp(
        source: Port(rawValue: octets.uint16(at: 0)), destination: Port(rawValue: octets.uint16(at: 2)),
        length: octets.count >= 6 ? octets.uint16(at: 4) : nil,
        checksum: octets.count >= 8 ? octets.uint16(at: 6) : nil)
    case .tcp where octets.count >= 4:
      .tcp(
        source: Port(rawValue: octets.uint16(at: 0)), destination: Port(rawValue: octets.uint16(at: 2)),
        sequence: octets.count >= 8 ? octets.uint32(at: 4) : nil)
    case .icmpv6 where octets.count >= 2:
      if octets.count >= 6, let kind = ICMPv6Echo.Kind(rawValue: octets[0]) {
        .echo(
          kind, identifier: octets.uint16(at: 4), sequence: octets.count >= 8 ? octets.uint16(at: 6) : nil)
      } else {
        .icmpv6(type: octets[0], code: octets[1])
      }
    default: .none
    }
  }
}
