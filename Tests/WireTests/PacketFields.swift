@testable import Wire

/// What our decoders say of a packet, under the field names of tshark, several values in the order of the
/// packet: the outer header first, what an error quotes after it.
struct PacketFields {
  private(set) var values: [String: [String]] = [:]

  /// Decodes an IPv6 packet that fills `octets`, with all it holds.
  init(_ octets: [UInt8]) throws {
    try addPacket(octets.span, range: 0..<octets.count, depth: 0)
  }

  /// One line: `key=value,value` with the keys in order.
  var line: String {
    values.keys.sorted().map { "\($0)=\((values[$0] ?? []).joined(separator: ","))" }.joined(separator: " ")
  }

  private mutating func add(_ key: String, _ value: some CustomStringConvertible) {
    values[key, default: []].append(value.description)
  }

  private mutating func addPacket(_ octets: Span<UInt8>, range: Range<Int>, depth: Int) throws {
    let whole = octets.extracting(0..<range.upperBound)
    let packet = try IPv6Packet(decoding: whole, at: range.lowerBound)
    let header = packet.header
    add("ipv6.tclass", header.trafficClass.rawValue)
    add("ipv6.flow", header.flowLabel.rawValue)
    add("ipv6.plen", header.payloadLength)
    add("ipv6.nxt", header.nextHeader.rawValue)
    add("ipv6.hlim", header.hopLimit.rawValue)
    add("ipv6.src", header.source)
    add("ipv6.dst", header.destination)
    try addExtensionHeaders(whole, packet)
    guard packet.chain.end == .upperLayer else { return }
    let upper = packet.chain.payload
    switch packet.chain.nextHeader {
    case .ipv6: try addPacket(whole.extracting(0..<packet.range.upperBound), range: upper, depth: depth)
    case .udp: if upper.count >= UDPHeader.count { try addUDP(whole, upper) }
    case .tcp: if upper.count >= TCPHeader.minimumCount { try addTCP(whole, upper, depth) }
    case .icmpv6: if upper.count >= 8 { try addICMPv6(whole.extracting(upper), depth) }
    default: break
    }
  }

  private mutating func addExtensionHeaders(_ octets: Span<UInt8>, _ packet: IPv6Packet) throws {
    var walk = ExtensionHeaderWalk(
      nextHeader: packet.header.nextHeader, nextHeaderOffset: packet.range.lowerBound + 6,
      offset: packet.range.lowerBound + IPv6Header.count)
    while let header = try walk.next(in: octets) {
      switch header.kind {
      case .hopByHop, .destinationOptions:
        add(header.kind == .hopByHop ? "ipv6.hopopts.nxt" : "ipv6.dstopts.nxt", header.nextHeader.rawValue)
        try addOptions(octets, header)
      case .routing: try addRouting(octets, header)
      case .fragment:
        let fragment = try FragmentHeader(decoding: octets, at: header.range.lowerBound)
        add("ipv6.fraghdr.nxt", fragment.nextHeader.rawValue)
        add("ipv6.fraghdr.offset", fragment.offset / 8)
        add("ipv6.fraghdr.more", fragment.isMore ? 1 : 0)
        add("ipv6.fraghdr.ident", fragment.identification)
      case .authentication: add("ah.next_header", header.nextHeader.rawValue)
      default: break
      }
    }
  }

  private mutating func addOptions(_ octets: Span<UInt8>, _ header: ExtensionHeader) throws {
    var walk = IPv6OptionWalk(header: header.range)
    while let option = try walk.next(in: octets) {
      add("ipv6.opt.type", option.type.rawValue)
      switch option.value(in: octets) {
      case .routerAlert(let value): add("ipv6.opt.router_alert", value)
      case .jumboPayload(let count): add("ipv6.opt.jumbo", count)
      case .minimumPathMTU(let mtu, let returned, let isReturnWanted):
        add("ipv6.opt.pmtu.min", mtu)
        add("ipv6.opt.pmtu.rtn", returned)
        add("ipv6.opt.pmtu.r_flag", isReturnWanted ? 1 : 0)
      case .tunnelEncapsulationLimit(let limit): add("ipv6.opt.tel", limit)
      case .homeAddress, .padding, .other: break
      }
    }
  }

  private mutating func addRouting(_ octets: Span<UInt8>, _ header: ExtensionHeader) throws {
    let routing = try RoutingHeader(decoding: octets, at: header.range.lowerBound)
    add("ipv6.routing.type", routing.kind.rawValue)
    add("ipv6.routing.segleft", routing.segmentsLeft)
    let key: String? =
      switch routing.kind {
      case .sourceRoute: "ipv6.routing.src.addr"
      case .homeAddress: "ipv6.routing.mipv6.home_address"
      case .segmentRouting: "ipv6.routing.srh.addr"
      case .rpl, .unknown: nil
      }
    guard let key else { return }
    for index in 0..<routing.addressCount(in: octets) {
      if let address = routing.address(index, in: octets) { add(key, address) }
    }
  }

  private mutating func addUDP(_ octets: Span<UInt8>, _ range: Range<Int>) throws {
    let udp = try UDPHeader(decoding: octets, at: range.lowerBound)
    add("udp.srcport", udp.source.rawValue)
    add("udp.dstport", udp.destination.rawValue)
    add("udp.length", udp.length)
    add("udp.checksum", udp.checksum)
  }

  private mutating func addTCP(_ octets: Span<UInt8>, _ range: Range<Int>, _ depth: Int) throws {
    let tcp = try TCPHeader(decoding: octets.extracting(0..<range.upperBound), at: range.lowerBound)
    add("tcp.srcport", tcp.source.rawValue)
    add("tcp.dstport", tcp.destination.rawValue)
    add("tcp.seq_raw", tcp.sequence)
    add("tcp.ack_raw", tcp.acknowledgment)
    add("tcp.hdr_len", tcp.options.upperBound - range.lowerBound)
    add("tcp.flags", tcp.flags.rawValue)
    add("tcp.window_size_value", tcp.window)
    add("tcp.checksum", tcp.checksum)
    add("tcp.urgent_pointer", tcp.urgentPointer)
    var walk = TCPOptionWalk(options: tcp.options)
    while let option = try walk.next(in: octets) {
      switch option {
      case .maximumSegmentSize(let size): add("tcp.options.mss_val", size)
      case .windowScale(let shift): add("tcp.options.wscale.shift", shift)
      case .timestamps(let value, let echoReply):
        add("tcp.options.timestamp.tsval", value)
        add("tcp.options.timestamp.tsecr", echoReply)
      case .selectiveAcknowledgment(let blocks):
        for offset in stride(from: blocks.lowerBound, to: blocks.upperBound, by: 8) {
          add("tcp.options.sack_le", octets.uint32(at: offset))
          add("tcp.options.sack_re", octets.uint32(at: offset + 4))
        }
      default: break
      }
    }
  }

  private mutating func addICMPv6(_ octets: Span<UInt8>, _ depth: Int) throws {
    let header = try ICMPv6Header(decoding: octets)
    add("icmpv6.type", header.type)
    add("icmpv6.code", header.code)
    add("icmpv6.checksum", header.checksum)
    switch header.kind {
    case .echoRequest, .echoReply:
      let echo = try ICMPv6Echo(decoding: octets)
      add("icmpv6.echo.identifier", echo.identifier)
      add("icmpv6.echo.sequence_number", echo.sequence)
    case .nodeInformationQuery, .nodeInformationReply: try addNodeInformation(octets)
    case .extendedEchoRequest:
      let request = try ICMPv6ExtendedEchoRequest(decoding: octets)
      // tshark counts the identifier of an extended echo as that of an echo.
      add("icmpv6.echo.identifier", request.identifier)
      add("icmpv6.ext.echo.seq", request.sequence)
      add("icmpv6.ext.echo.req.local", request.isLocal ? 1 : 0)
      if let extensions = request.extensions { try addExtensions(octets, extensions) }
    case .extendedEchoReply:
      let reply = try ICMPv6ExtendedEchoReply(decoding: octets)
      add("icmpv6.echo.identifier", reply.identifier)
      add("icmpv6.ext.echo.seq", reply.sequence)
      add("icmpv6.ext.echo.rsp.state", reply.state.rawValue)
      add("icmpv6.ext.echo.rsp.active", reply.isActive ? 1 : 0)
      add("icmpv6.ext.echo.rsp.ipv4", reply.hasIPv4 ? 1 : 0)
      add("icmpv6.ext.echo.rsp.ipv6", reply.hasIPv6 ? 1 : 0)
    case .destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem:
      try addError(octets, depth)
    case .routerSolicitation, .routerAdvertisement, .neighborSolicitation, .neighborAdvertisement, .redirect:
      let neighbor = try NeighborFields(octets)
      values.merge(neighbor.values) { $0 + $1 }
      if let range = neighbor.redirected { try addPacket(octets, range: range, depth: 1) }
    case .multicastListenerQuery, .multicastListenerReport, .multicastListenerDone,
      .multicastListenerReportV2:
      values.merge(try NeighborFields(octets).values) { $0 + $1 }
    default: break
    }
  }

  private mutating func addError(_ octets: Span<UInt8>, _ depth: Int) throws {
    let error = try ICMPv6Error(decoding: octets)
    switch error.kind {
    case .packetTooBig(_, let mtu): add("icmpv6.mtu", mtu)
    case .parameterProblem(_, let pointer): add("icmpv6.pointer", pointer)
    default: break
    }
    if depth == 0 {
      let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
      if invoking.header != nil { try addPacket(octets, range: invoking.range, depth: 1) }
    }
    if let extensions = error.extensions { try addExtensions(octets, extensions) }
  }

  private mutating func addExtensions(_ octets: Span<UInt8>, _ range: Range<Int>) throws {
    let structure = try ICMPExtensionStructure(decoding: octets, in: range)
    add("icmp.ext.checksum.status", structure.isChecksumPresent ? structure.isChecksumValid ? 1 : 0 : 2)
    var walk = structure.objects
    while let object = try walk.next(in: octets) {
      add("icmp.ext.class", object.classNumber)
      add("icmp.ext.ctype", object.type)
      add("icmp.ext.length", object.data.count + ICMPExtensionObject.headerCount)
      switch try object.value(in: octets) {
      case .mplsLabelStack(var stack):
        while let entry = try stack.next(in: octets) {
          add("icmp.mpls.label", entry.label)
          add("icmp.mpls.exp", entry.trafficClass)
          add("icmp.mpls.s", entry.isBottomOfStack ? 1 : 0)
          add("icmp.mpls.ttl", entry.timeToLive)
        }
      case .interfaceInformation(let information): addInterface(octets, information)
      case .interfaceIdentification, .other: break
      }
    }
  }

  private mutating func addInterface(_ octets: Span<UInt8>, _ information: InterfaceInformation) {
    add("icmp.int_info.role", information.role.rawValue)
    if let index = information.index { add("icmp.int_info.index", index) }
    switch information.address {
    case .ipv4(let address): add("icmp.int_info.ipv4", dotted(address))
    case .ipv6(let address): add("icmp.int_info.ipv6", address)
    case nil: break
    }
    if let name = information.name {
      add("icmp.int_info.name", String(decoding: octets.extracting(name).array, as: UTF8.self))
    }
    if let mtu = information.mtu { add("icmp.int_info.mtu", mtu) }
  }

  private mutating func addNodeInformation(_ octets: Span<UInt8>) throws {
    let information = try NodeInformation(decoding: octets)
    add("icmpv6.ni.qtype", information.queryType.rawValue)
    add("icmpv6.ni.flag", information.flags.rawValue)
    add("icmpv6.ni.nonce", information.nonce)
    switch (information.kind, information.queryType) {
    case (.query(.ipv6Address), _) where information.data.count == 16:
      add("icmpv6.ni.query.subject_ipv6", try IPv6Address(decoding: octets, at: information.data.lowerBound))
    case (.query(.name), _):
      add("icmpv6.ni.query.subject_fqdn", try name(octets, DNSLabelWalk(range: information.data)))
    case (.reply(.success), .nodeName):
      let (timeToLive, labels) = try information.names(in: octets)
      add("icmpv6.ni.reply.node_ttl", timeToLive)
      add("icmpv6.ni.reply.node_name", try name(octets, labels))
    case (.reply(.success), .nodeAddresses):
      var walk = NodeAddressWalk(data: information.data)
      while let (timeToLive, address) = try walk.nextIPv6(in: octets) {
        add("icmpv6.ni.reply.node_ttl", timeToLive)
        add("icmpv6.ni.reply.node_address", address)
      }
    case (.reply(.success), .ipv4Addresses):
      var walk = NodeAddressWalk(data: information.data)
      while let (timeToLive, address) = try walk.nextIPv4(in: octets) {
        add("icmpv6.ni.reply.node_ttl", timeToLive)
        add("icmpv6.ni.reply.ipv4_address", dotted(address))
      }
    default: break
    }
  }

  /// The first name.
  private func name(_ octets: Span<UInt8>, _ walk: DNSLabelWalk) throws -> String {
    var walk = walk
    var labels: [String] = []
    while let label = try walk.next(in: octets) {
      labels.append(String(decoding: octets.extracting(label).array, as: UTF8.self))
    }
    return labels.joined(separator: ".")
  }

  private func dotted(_ address: UInt32) -> String {
    [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xff) }.joined(separator: ".")
  }
}
