import Testing

@testable import Wire

@Suite struct EchoTemplateTests {
  private let source = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
  private let destination = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0002)

  @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 23, 24, 25, 56, 88, 1232, 65527])
  func `a patched message is the message encoded anew`(dataCount: Int) throws {
    var random = SplitMix(seed: UInt64(dataCount))
    for offset in [0, 3, 40] {
      let layout = EchoTemplate.Layout(dataCount: UInt16(dataCount))
      var buffer = [UInt8](repeating: 0xee, count: offset + 8 + dataCount + 2)
      var span = buffer.mutableSpan
      let template = try EchoTemplate(
        encodingInto: &span, at: offset, layout: layout, identifier: 0xbeef, fill: [0x70, 0x36, 0x21].span,
        addresses: (source, destination))
      for _ in 0..<20 {
        let sequence = UInt16(truncatingIfNeeded: random.next())
        let stamp = (random.next(), random.next())
        let nonce = random.next()
        try template.patch(&span, sequence: sequence, stamp: stamp, nonce: nonce)

        var data = (0..<dataCount).map { [UInt8]([0x70, 0x36, 0x21])[$0 % 3] }
        if let place = layout.stamp {
          data.replaceSubrange(place..<(place + 16), with: bigEndian(stamp.0) + bigEndian(stamp.1))
        }
        if let place = layout.nonce { data.replaceSubrange(place..<(place + 8), with: bigEndian(nonce)) }
        var expected = [UInt8](repeating: 0xee, count: span.count)
        var expectedSpan = expected.mutableSpan
        let count = try ICMPv6Echo(.request, identifier: 0xbeef, sequence: sequence)
          .encode(into: &expectedSpan, at: offset, data: data.span)
        try ICMPv6Checksum.fill(&expectedSpan, offset..<(offset + count), from: source, to: destination)
        #expect(template.count == count)
        #expect(span.span.array == expected)
      }
    }
  }

  @Test func `no fill stands for ascending octets`() throws {
    var buffer = [UInt8](repeating: 0, count: 8 + 300)
    var span = buffer.mutableSpan
    let layout = try #require(EchoTemplate.Layout(dataCount: 300, stamp: nil, nonce: nil))
    _ = try EchoTemplate(
      encodingInto: &span, layout: layout, identifier: 1, fill: [UInt8]().span, addresses: nil)
    #expect(buffer[8...] == (0..<300).map { UInt8(truncatingIfNeeded: $0) }[...])
  }

  @Test func `places that overlap, are odd or outside make no layout`() {
    #expect(EchoTemplate.Layout(dataCount: 24, stamp: 0, nonce: 8) == nil)
    #expect(EchoTemplate.Layout(dataCount: 24, stamp: 8, nonce: 0) != nil)
    #expect(EchoTemplate.Layout(dataCount: 25, stamp: 1, nonce: nil) == nil)
    #expect(EchoTemplate.Layout(dataCount: 23, stamp: 0, nonce: 16) == nil)
    #expect(EchoTemplate.Layout(dataCount: 15, stamp: 0, nonce: nil) == nil)
    #expect(EchoTemplate.Layout(dataCount: 8, stamp: nil, nonce: -8) == nil)
  }

  @Test func `a buffer that is too small is a typed error`() throws {
    var buffer = [UInt8](repeating: 0, count: 63)
    var span = buffer.mutableSpan
    #expect(throws: WireError.noSpace(needed: 64, available: 63, offset: 0)) {
      _ = try EchoTemplate(
        encodingInto: &span, layout: EchoTemplate.Layout(dataCount: 56), identifier: 1, fill: [UInt8]().span,
        addresses: nil)
    }
  }

  private func bigEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
  }
}
