@testable import Wire

/// A packet that our encoders wrote.
struct EncodedPacket {
  let name: String
  let octets: [UInt8]

  private static let source = IPv6Address("2001:db8::1") ?? .loopback
  private static let destination = IPv6Address("2001:db8:1::2") ?? .loopback
  private static let router = IPv6Address("2001:db8:ffff::3") ?? .loopback

  /// One of each that we can encode, with values from a seed.
  static func all() throws -> [EncodedPacket] {
    var random = SplitMix(seed: 6)
    var packets: [EncodedPacket] = []
    try addEchoes(&packets, &random)
    try addUpperLayers(&packets, &random)
    try addChains(&packets, &random)
    try addErrors(&packets, &random)
    try addQueries(&packets, &random)
    return packets
  }

  /// A pcap file of bare IPv6 packets (link type 229).
  static func pcap(_ packets: [EncodedPacket]) -> [UInt8] {
    func little(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    var file = little(0xa1b2_c3d4) + [2, 0, 4, 0] + little(0) + little(0) + little(65535) + little(229)
    for (index, packet) in packets.enumerated() {
      let count = little(UInt32(packet.octets.count))
      file += little(UInt32(index)) + little(0) + count + count + packet.octets
    }
    return file
  }

  /// An IPv6 packet around what `body` writes behind the header; `body` returns its octets.
  private static func packet(
    _ name: String, _ nextHeader: NextHeader, from source: IPv6Address = source,
    to destination: IPv6Address = destination, random: inout SplitMix,
    body: (inout MutableSpan<UInt8>, Int) throws -> Int
  ) throws -> EncodedPacket {
    var octets = [UInt8](repeating: 0xee, count: 2048)
    var span = octets.mutableSpan
    let count = try body(&span, IPv6Header.count)
    let header = IPv6Header(
      trafficClass: TrafficClass(rawValue: UInt8(truncatingIfNeeded: random.next())),
      flowLabel: FlowLabel(truncating: UInt32(truncatingIfNeeded: random.next())),
      payloadLength: UInt16(count),
      nextHeader: nextHeader, hopLimit: HopLimit(rawValue: UInt8(truncatingIfNeeded: random.next())),
      source: source, destination: destination)
    try header.encode(into: &span)
    return EncodedPacket(name: name, octets: Array(octets[..<(IPv6Header.count + count)]))
  }

  private static func addEchoes(_ packets: inout [EncodedPacket], _ random: inout SplitMix) throws {
    for count in [0, 1, 8, 16, 24, 56, 57, 1400] {
      let identifier = UInt16(truncatingIfNeeded: random.next())
      let sequence = UInt16(truncatingIfNeeded: random.next())
      let data = random.octets(count)
      packets.append(
        try packet("echo reply of \(count)", .icmpv6, random: &random) { buffer, offset in
          try ICMPv6Echo(.reply, identifier: identifier, sequence: sequence)
            .encode(into: &buffer, at: offset, data: data.span, from: source, to: destination)
        })
      let stamp = (random.next(), random.next())
      let nonce = random.next()
      packets.append(
        try packet("template of \(count)", .icmpv6, random: &random) { buffer, offset in
          let template = try EchoTemplate(
            encodingInto: &buffer, at: offset, layout: EchoTemplate.Layout(dataCount: UInt16(count)),
            identifier: identifier, fill: [UInt8]().span, addresses: (source, destination))
          try template.patch(&buffer, sequence: sequence, stamp: stamp, nonce: nonce)
          return template.count
        })
    }
  }

  private static func addUpperLayers(_ packets: inout [EncodedPacket], _ random: inout SplitMix) throws {
    for count in [0, 1, 7, 512] {
      let data = random.octets(count)
      packets.append(
        try packet("udp of \(count)", .udp, random: &random) { buffer, offset in
          try UDPHeader(source: 40001, destination: 33434)
            .encode(into: &buffer, at: offset, data: data.span, addresses: (source, destination))
        })
      let sequence = UInt32(truncatingIfNeeded: random.next())
      packets.append(
        try packet("tcp with options and \(count)", .tcp, random: &random) { buffer, offset in
          var options = [UInt8](repeating: 0, count: 40)
          var span = options.mutableSpan
          var length = 0
          for option: TCPOption in [
            .maximumSegmentSize(1220), .selectiveAcknowledgmentPermitted,
            .timestamps(value: sequence, echoReply: 77), .noOperation, .windowScale(9),
          ] {
            length += try option.encode(into: &span, at: length, from: [UInt8]().span)
          }
          let header = TCPHeader(
            source: 40002, destination: 8443, sequence: sequence, flags: .syn, window: 64240)
          return try header.encode(
            into: &buffer, at: offset, options: span.span.extracting(0..<length), data: data.span,
            addresses: (source, destination))
        })
    }
    packets.append(
      try packet("udp whose checksum computes to zero", .udp, random: &random) { buffer, offset in
        // The data is the complement of the checksum of the rest, so that the sum is all ones.
        let header = UDPHeader(source: 40003, destination: 33435)
        try header.encode(into: &buffer, at: offset, data: [0, 0].span, addresses: (source, destination))
        let rest = buffer.span.uint16(at: offset + 6)
        let data = [UInt8(rest >> 8), UInt8(rest & 0xff)]
        return try header.encode(into: &buffer, at: offset, data: data.span, addresses: (source, destination))
      })
  }

  private static func addChains(_ packets: inout [EncodedPacket], _ random: inout SplitMix) throws {
    let data = random.octets(20)
    packets.append(
      try packet("hop-by-hop and fragment", .hopByHop, random: &random) { buffer, offset in
        var options = [UInt8](repeating: 0, count: 16)
        var span = options.mutableSpan
        var length = try IPv6Option.encode(.routerAlert, data: [0, 0].span, into: &span)
        length += try IPv6Option.encode(.minimumPathMTU, data: [5, 0xdc, 0, 1].span, into: &span, at: length)
        var place = offset
        place += try IPv6OptionsHeader.encode(
          nextHeader: .fragment, options: span.span.extracting(0..<length), into: &buffer, at: place)
        place += try FragmentHeader(
          nextHeader: .icmpv6, offset: 0, isMore: false, identification: 0xabcd_ef01
        )
        .encode(into: &buffer, at: place)
        place += try ICMPv6Echo(.request, identifier: 1, sequence: 2)
          .encode(into: &buffer, at: place, data: data.span, from: source, to: destination)
        return place - offset
      })
    for (kind, segmentsLeft) in [
      (RoutingHeader.Kind.sourceRoute, UInt8(2)), (.segmentRouting, 1), (.segmentRouting, 0),
      (.homeAddress, 1),
    ] {
      let listed = kind == .homeAddress ? [router] : [router, destination]
      var segments = [UInt8](repeating: 0, count: 16 * listed.count)
      var span = segments.mutableSpan
      for (index, address) in listed.enumerated() { try address.encode(into: &span, at: 16 * index) }
      let final: IPv6Address =
        switch (kind, segmentsLeft) {
        case (_, 0): destination
        case (.sourceRoute, _): destination
        default: router
        }
      packets.append(
        try packet("routing \(kind.rawValue) with \(segmentsLeft) left", .routing, random: &random) {
          buffer, offset in
          var place = offset
          place += try RoutingHeader.encode(
            kind, nextHeader: .udp, segmentsLeft: segmentsLeft, segments: segments.span, into: &buffer,
            at: place)
          place += try UDPHeader(source: 40004, destination: 33436)
            .encode(into: &buffer, at: place, data: data.span, addresses: (source, final))
          return place - offset
        })
    }
    packets.append(
      try packet("destination options", .destinationOptions, random: &random) { buffer, offset in
        var options = [UInt8](repeating: 0, count: 16)
        var span = options.mutableSpan
        let length = try IPv6Option.encode(.tunnelEncapsulationLimit, data: [4].span, into: &span)
        var place = offset
        place += try IPv6OptionsHeader.encode(
          nextHeader: .ipv6, options: span.span.extracting(0..<length), into: &buffer, at: place)
        let echo = place + IPv6Header.count
        let count = try ICMPv6Echo(.request, identifier: 3, sequence: 4)
          .encode(into: &buffer, at: echo, data: data.span, from: router, to: source)
        try IPv6Header(
          payloadLength: UInt16(count), nextHeader: .icmpv6, hopLimit: 9, source: router, destination: source
        ).encode(into: &buffer, at: place)
        return echo + count - offset
      })
  }

  private static func addErrors(_ packets: inout [EncodedPacket], _ random: inout SplitMix) throws {
    guard let quote = packets.first(where: { $0.name == "udp of 7" })?.octets,
      let long = packets.first(where: { $0.name == "udp of 512" })?.octets
    else { return }
    var kinds: [ICMPv6Error.Kind] = (0...9).map { .destinationUnreachable(.init(rawValue: UInt8($0))) }
    kinds += (0...1).map { .timeExceeded(.init(rawValue: UInt8($0))) }
    kinds += (0...10).map { .parameterProblem(.init(rawValue: UInt8($0)), pointer: UInt32($0) + 40) }
    kinds += [.packetTooBig(code: 0, mtu: 1280), .packetTooBig(code: 0, mtu: 1492)]
    for kind in kinds {
      let error = ICMPv6Error(kind)
      packets.append(
        try packet("error \(error.type)/\(error.code)", .icmpv6, from: router, to: source, random: &random) {
          buffer, offset in
          let count = try error.encode(into: &buffer, at: offset, invoking: quote.span)
          try ICMPv6Checksum.fill(&buffer, offset..<(offset + count), from: router, to: source)
          return count
        })
    }
    for (title, invoking) in [("short", quote), ("long", long)] {
      var structure = [UInt8](repeating: 0, count: 256)
      var span = structure.mutableSpan
      let length = try writeObjects(&span)
      for kind: ICMPv6Error.Kind in [.timeExceeded(.hopLimit), .destinationUnreachable(.portUnreachable)] {
        let error = ICMPv6Error(kind)
        packets.append(
          try packet(
            "extensions behind a \(title) quote in \(error.type)", .icmpv6, from: router, to: source,
            random: &random
          ) { buffer, offset in
            let count = try error.encode(
              into: &buffer, at: offset, invoking: invoking.span, extensions: span.span.extracting(0..<length)
            )
            try ICMPv6Checksum.fill(&buffer, offset..<(offset + count), from: router, to: source)
            return count
          })
      }
    }
  }

  /// An extension structure with an object of each kind.
  private static func writeObjects(_ span: inout MutableSpan<UInt8>) throws -> Int {
    var length = ICMPExtensionStructure.headerCount
    var stack = [UInt8](repeating: 0, count: 8)
    var stackSpan = stack.mutableSpan
    try MPLSLabelStackEntry(label: 0xf_ffff, trafficClass: 7, isBottomOfStack: false, timeToLive: 1)
      .encode(into: &stackSpan)
    try MPLSLabelStackEntry(label: 16, trafficClass: 0, isBottomOfStack: true, timeToLive: 255)
      .encode(into: &stackSpan, at: 4)
    length += try ICMPExtensionObject.encode(class: 1, type: 1, data: stackSpan.span, into: &span, at: length)
    length += try InterfaceInformation(
      role: .outgoing, index: 9, address: .ipv6(router), mtu: 1500
    ).encode(into: &span, at: length, name: Array("xe-0/0/1.100".utf8).span)
    try ICMPExtensionStructure.finish(&span, 0..<length)
    return length
  }

  private static func addQueries(_ packets: inout [EncodedPacket], _ random: inout SplitMix) throws {
    let name = Array("eth0".utf8)
    let questions: [InterfaceIdentification] = [
      .name(0..<4), .index(3), .address(.ipv6(router)), .address(.ipv4(0xc000_0201)),
    ]
    for (index, question) in questions.enumerated() {
      packets.append(
        try packet("extended echo request \(index)", .icmpv6, random: &random) { buffer, offset in
          let request = ICMPv6ExtendedEchoRequest(identifier: 0x1111, sequence: 200, isLocal: index < 2)
          let count = try request.encode(into: &buffer, at: offset, interface: question, from: name.span)
          try ICMPv6Checksum.fill(&buffer, offset..<(offset + count), from: source, to: destination)
          return count
        })
    }
    packets.append(
      try packet("extended echo reply", .icmpv6, random: &random) { buffer, offset in
        let reply = ICMPv6ExtendedEchoReply(
          code: .noError, identifier: 0x1111, sequence: 200, state: .stale, isActive: true, hasIPv4: false,
          hasIPv6: true)
        let count = try reply.encode(into: &buffer, at: offset)
        try ICMPv6Checksum.fill(&buffer, offset..<(offset + count), from: source, to: destination)
        return count
      })
    let nonce = random.next()
    var subject = [UInt8](repeating: 0, count: 64)
    var span = subject.mutableSpan
    let nameCount = try DNSName.encode(Array("host.example.org".utf8).span, into: &span)
    try router.encode(into: &span, at: 40)
    for (title, query, data) in [
      ("name", NodeInformation(.query(.name), queryType: .nodeName, flags: [], nonce: nonce), 0..<nameCount),
      (
        "address",
        NodeInformation(
          .query(.ipv6Address), queryType: .nodeAddresses, flags: [.all, .global], nonce: nonce),
        40..<56
      ), ("refusal", NodeInformation(.reply(.refused), queryType: .nodeName, flags: [], nonce: nonce), 0..<0),
    ] {
      packets.append(
        try packet("node information \(title)", .icmpv6, random: &random) { buffer, offset in
          let count = try query.encode(into: &buffer, at: offset, data: span.span.extracting(data))
          try ICMPv6Checksum.fill(&buffer, offset..<(offset + count), from: source, to: destination)
          return count
        })
    }
  }
}
