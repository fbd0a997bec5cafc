import Wire

/// ICMPv6 errors: by capture with the whole packet they quote, or by the error queue without its headers.
extension TraceMessages {
  /// An ICMPv6 error message from its type on.
  func read(icmpError octets: Span<UInt8>) -> Outcome {
    guard let error = try? ICMPv6Error(decoding: octets),
      let answer = answer(type: error.type, code: error.code, info: error.info)
    else { return .foreign }
    let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
    // A header that was not quoted whole says nothing, not even whose it was.
    guard let header = invoking.header else { return .foreign }
    let upper = octets.extracting(invoking.upperLayerRange ?? 0..<0)
    var quoted = TraceReading.Quoted()
    quoted.trafficClass = header.trafficClass.rawValue
    quoted.flowLabel = header.flowLabel.rawValue
    quoted.hopLimit = header.hopLimit.rawValue
    quoted.source = header.source
    quoted.destination = header.destination
    quoted.payloadLength = Int(header.payloadLength)
    let signature: TraceReading.Signature
    switch (invoking.upperLayer, configuration.method) {
    case (.udp(let source, let destination, let length, let checksum), .udp):
      quoted.sourcePort = source.rawValue
      quoted.destinationPort = destination.rawValue
      quoted.checksum = checksum
      signature =
        cookie(quotedIn: upper, at: 8, isPadded: error.extensions != nil)
        ?? .ports(
          source: source.rawValue, destination: destination.rawValue,
          length: length.map { Int($0) })
    case (.tcp(let source, let destination, let sequence), .tcp):
      quoted.sourcePort = source.rawValue
      quoted.destinationPort = destination.rawValue
      if upper.count >= 18 { quoted.checksum = upper.uint16(at: 16) }
      signature =
        identity(sequence, in: upper)
        ?? .ports(source: source.rawValue, destination: destination.rawValue, length: nil)
    case (.echo(.request, let identifier, let sequence), .icmp):
      quoted.sourcePort = identifier
      if upper.count >= 4 { quoted.checksum = upper.uint16(at: 2) }
      guard let sequence else { return unreadable(header, error.type) }
      signature =
        cookie(quotedIn: upper, at: 8, isPadded: error.extensions != nil)
        ?? .echoSequence(sequence)
    case (.none, _): return unreadable(header, error.type)
    default: return .foreign
    }
    guard isPort(ours: quoted.sourcePort ?? 0, theirs: quoted.destinationPort ?? 0) || isCertain(signature)
    else { return .foreign }
    return .reading(
      TraceReading(
        signature: signature, answer: answer,
        extensions: error.extensions.map { extensions(in: octets, $0) } ?? [], quoted: quoted))
  }

  /// An entry of the error queue, see `TraceEngine.handleError`.
  func read(error octets: Span<UInt8>, _ error: ErrorArrival, number: UInt64?) -> Outcome {
    guard let answer = answer(type: error.type, code: error.code, info: error.info) else { return .foreign }
    var quoted = TraceReading.Quoted()
    quoted.destination = error.destination
    if error.destinationPort != 0 { quoted.destinationPort = error.destinationPort }
    // What the kernel has left out in front: the IPv6 header, and that of UDP.
    let offset = error.extensionOffset ?? legacyExtensionOffset
    let structure =
      offset >= 0 && offset < octets.count
      ? validExtensions(in: octets, offset..<octets.count, isGuess: error.extensionOffset == nil) : nil
    let invoking = octets.extracting(0..<(structure == nil ? octets.count : offset))
    var signature: TraceReading.Signature?
    switch configuration.method {
    case .udp:
      signature = cookie(quotedIn: invoking, at: 0, isPadded: structure != nil)
      if signature == nil, number == nil {
        // How long the datagram was, nobody says.
        signature = .ports(
          source: error.sourcePort == 0 ? nil : error.sourcePort, destination: error.destinationPort,
          length: nil)
      }
    case .icmp:
      guard invoking.count >= 8, invoking[0] == ICMPv6Echo.Kind.request.rawValue else {
        return .rejected(.quote, type: error.type)
      }
      quoted.sourcePort = invoking.uint16(at: 4)
      signature = cookie(quotedIn: invoking, at: 8, isPadded: structure != nil)
      if signature == nil, number == nil { signature = .echoSequence(invoking.uint16(at: 6)) }
    case .tcp:
      signature = identity(invoking.count >= 8 ? invoking.uint32(at: 4) : nil, in: invoking)
    case .connect: break
    }
    guard let signature = signature ?? number.map({ .socket(number: $0) }) else {
      return .rejected(.quote, type: error.type)
    }
    return .reading(
      TraceReading(
        signature: signature, answer: answer, extensions: structure.map { extensions(in: octets, $0) } ?? [],
        quoted: quoted))
  }

  // MARK: Parts

  private func answer(type: UInt8, code: UInt8, info: UInt32) -> TraceAnswer? {
    switch type {
    case 1: .unreachable(code: code)
    case 2: .packetTooBig(mtu: info)
    case 3: .timeExceeded(code: code)
    case 4: .parameterProblem(code: code, pointer: info)
    case ..<128: .otherError(type: type, code: code)
    default: nil
    }
  }

  /// A quote that ends before anything that could be compared: worth a word if it went where we sent.
  private func unreadable(_ header: IPv6Header, _ type: UInt8) -> Outcome {
    destinations.contains(header.destination) ? .rejected(.quote, type: type) : .foreign
  }

  /// What stands for the number in a quoted TCP header.
  private func identity(_ sequence: UInt32?, in header: Span<UInt8>) -> TraceReading.Signature? {
    guard acknowledges, configuration.payload == .ndisc6 else {
      return sequence.map { .tcpSequence($0) }
    }
    guard header.count >= 12 else { return nil }
    return .tcpSequence(header.uint32(at: 8))
  }

  // MARK: Extensions

  /// Where senders older than RFC 4884 put extensions, behind 128 octets of the invoking packet (§5.5).
  private var legacyExtensionOffset: Int {
    128 - IPv6Header.count - routingCount - (configuration.method == .udp ? UDPHeader.count : 0)
  }

  /// The structure, if its checksum holds; a place that we only guess needs one (RFC 4884 §5.5).
  private func validExtensions(in octets: Span<UInt8>, _ range: Range<Int>, isGuess: Bool) -> Range<Int>? {
    guard let structure = try? ICMPExtensionStructure(decoding: octets, in: range),
      structure.isChecksumValid, structure.isChecksumPresent || !isGuess
    else { return nil }
    return range
  }

  /// How many objects, and labels of one stack, are kept: a router adds one or two.
  private static var extensionLimit: Int { 16 }

  /// The objects of a structure, as far as they can be read.
  private func extensions(in octets: Span<UInt8>, _ range: Range<Int>) -> [TraceExtension] {
    guard let structure = try? ICMPExtensionStructure(decoding: octets, in: range),
      structure.isChecksumValid
    else { return [] }
    var found: [TraceExtension] = []
    var walk = structure.objects
    while found.count < TraceMessages.extensionLimit, let object = try? walk.next(in: octets) {
      found.append(self.object(object, in: octets))
    }
    return found
  }

  private func object(_ object: ICMPExtensionObject, in octets: Span<UInt8>) -> TraceExtension {
    switch try? object.value(in: octets) {
    case .mplsLabelStack(var stack):
      var labels: [MPLSLabelStackEntry] = []
      while labels.count < TraceMessages.extensionLimit, let entry = try? stack.next(in: octets) {
        labels.append(entry)
      }
      if !labels.isEmpty { return .mpls(labels) }
    case .interfaceInformation(let information):
      return .interface(
        role: information.role, index: information.index, address: information.address,
        name: information.name.map { copy(octets, $0) }, mtu: information.mtu)
    default: break
    }
    return .other(
      classNumber: object.classNumber, type: object.type, data: copy(octets, object.data))
  }

  private func copy(_ octets: Span<UInt8>, _ range: Range<Int>) -> [UInt8] { range.map { octets[$0] } }
}
