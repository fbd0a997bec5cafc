import ProbeEngine
import Timing
import Wire

/// Options of a neighbor discovery message for people: one line each, a label and what it says.
struct NeighborOptionText {
  /// Seconds since the message came: lifetimes have shrunk by so much.
  var age: UInt64 = 0

  /// Column of what stands behind labels, from the indentation on.
  static let labelWidth = 20

  /// A line: `label` in its column and what `body` writes.
  static func line(
    _ label: String, indent: Int, into out: inout [UInt8], _ body: (inout [UInt8]) -> Void
  ) {
    out.put(blanks: indent)
    out.put(left: labelWidth) { $0.put(label) }
    out.put(" ")
    body(&out)
    out.put("\n")
  }

  /// Every option in `range` of the message, with the rules that it breaks below it; where the walk ends early, what
  /// is left as it came.
  func putAll(
    _ range: Range<Int>, of message: [UInt8], broken: [BrokenRule], indent: Int, isNested: Bool = false,
    into out: inout [UInt8]
  ) {
    let octets = message.span
    var walk = NeighborOptionWalk(range: range)
    do throws(WireError) {
      while let option = try walk.next(in: octets) {
        put(option, in: message, indent: indent, isNested: isNested, into: &out)
        let rules =
          isNested
          ? (NeighborRule.brokenRule(of: option, in: octets).map { [BrokenRule($0, at: option.offset)] } ?? [])
          : broken.filter { $0.offset == option.offset }
        for rule in rules { Self.put(broken: rule, indent: indent + 2, into: &out) }
      }
    } catch {
      let rest = walk.range.lowerBound..<message.count
      Self.line("unreadable", indent: indent, into: &out) { line in
        line.put(decimal: rest.count)
        line.put(rest.count == 1 ? " octet from octet " : " octets from octet ")
        line.put(decimal: rest.lowerBound)
        line.put(" on: ")
        line.put(hexadecimal: octets.array(rest))
      }
      if !isNested {
        for rule in broken where rule.offset == rest.lowerBound && rule.rule == .optionLength {
          Self.put(broken: rule, indent: indent + 2, into: &out)
        }
      }
    }
  }

  static func put(broken rule: BrokenRule, indent: Int, into out: inout [UInt8]) {
    out.put(blanks: indent)
    out.put("breaks ")
    NeighborRuleText.put(rule, nil, into: &out)
    out.put(
      rule.rule.consequence == .optionIgnored ? "; the option is ignored\n" : "; the message is discarded\n")
  }

  func put(
    _ option: NeighborOption, in message: [UInt8], indent: Int, isNested: Bool, into out: inout [UInt8]
  ) {
    let octets = message.span
    guard let value = try? option.value(in: octets) else {
      return Self.line(label(option), indent: indent, into: &out) { line in
        line.put("unreadable: ")
        line.put(hexadecimal: octets.array(option.data))
      }
    }
    if case .provisioningDomain(let domain) = value, !isNested {
      return put(domain, in: message, indent: indent, into: &out)
    }
    Self.line(label(option), indent: indent, into: &out) { line in
      put(value, octets, into: &line)
    }
  }

  /// Short enough for the column; the registry's name, else the number.
  private func label(_ option: NeighborOption) -> String {
    switch option.type {
    case .sourceLinkLayerAddress: "source link-layer"
    case .targetLinkLayerAddress: "target link-layer"
    case .prefixInformation: "prefix"
    case .mtu: "mtu"
    case .advertisementInterval: "interval"
    case .homeAgentInformation: "home agent"
    case .provisioningDomain: "PvD"
    case .routeInformation: "route"
    case .recursiveDNSServer: "DNS servers"
    case .flagsExtension: "flags extension"
    case .dnsSearchList: "DNS search list"
    case .authoritativeBorderRouter: "border router"
    case .sixLoWPANCapability: "6LoWPAN capability"
    case .captivePortal: "captive portal"
    case .pref64: "NAT64 prefix"
    default: option.type.name?.description ?? "option \(option.type.rawValue)"
    }
  }

  private func put(_ value: NeighborOptionValue, _ octets: Span<UInt8>, into line: inout [UInt8]) {
    switch value {
    case .linkLayerAddress(let range):
      if let link = LinkLayerAddress(octets.array(range)) { line.put(link) }
    case .prefix(let prefix):
      line.put(prefix.prefix, length: prefix.length)
      for name in prefix.flags.names { line.put(", " + LinkWords.plain(name)) }
      if prefix.flags.rawValue == 0 { line.put(", no flags") }
      line.put(", valid ")
      put(lifetime: prefix.validLifetime, into: &line)
      line.put(", preferred ")
      put(lifetime: prefix.preferredLifetime, into: &line)
    case .redirectedHeader(let range):
      line.put(range.count, "octet", "octets")
      line.put(" of the packet")
      if let header = try? IPv6Header(decoding: octets.extracting(range)) {
        line.put(" from ")
        line.put(header.source)
        line.put(" to ")
        line.put(header.destination)
      }
    case .mtu(let mtu): line.put(decimal: UInt64(mtu))
    case .advertisementInterval(let milliseconds):
      line.put(decimal: UInt64(milliseconds))
      line.put(" ms")
    case .homeAgent(let preference, let lifetime):
      line.put("preference ")
      line.put(decimal: UInt64(preference))
      line.put(", lifetime ")
      put(seconds: UInt64(lifetime), into: &line)
    case .cga(let range): put(hexadecimal: octets.array(range), into: &line)
    case .rsaSignature(let keyHash, let signature):
      line.put("key hash ")
      line.put(hexadecimal: octets.array(keyHash))
      line.put(", signature ")
      put(hexadecimal: octets.array(signature), into: &line)
    case .timestamp(let stamp):
      WallTime(nanosecondsSinceEpoch: TimestampOption.nanoseconds(stamp)).put(into: &line)
    case .nonce(let range): line.put(hexadecimal: octets.array(range))
    case .provisioningDomain(let domain): putName(of: domain, octets, into: &line)
    case .route(let route):
      line.put(route.prefix, length: route.length)
      line.put(", preference ")
      line.put(route.preference.name)
      line.put(", lifetime ")
      put(lifetime: route.lifetime, into: &line)
    case .recursiveDNSServers(let lifetime, let servers):
      put(octets.addresses(servers), into: &line)
      line.put(", lifetime ")
      put(lifetime: lifetime, into: &line)
    case .flagsExtension(let range): line.put(hexadecimal: octets.array(range))
    case .dnsSearchList(let lifetime, let names):
      for (index, name) in DNSNameText.names(in: octets, names).enumerated() {
        if index > 0 { line.put(", ") }
        line.append(contentsOf: name)
      }
      line.put(", lifetime ")
      put(lifetime: lifetime, into: &line)
    case .addressRegistration(let status, let lifetime, let identifier):
      line.put("status ")
      line.put(decimal: UInt64(status))
      line.put(", lifetime ")
      put(seconds: UInt64(lifetime) * 60, into: &line)
      line.put(", identifier ")
      line.put(hexadecimal: octets.array(identifier))
    case .sixLoWPANContext(let length, let isCompression, let identifier, let lifetime, let prefix):
      line.put(LinkWords.leading(octets.array(prefix)), length: length)
      line.put(", context ")
      line.put(decimal: UInt64(identifier))
      line.put(isCompression ? ", for compression, lifetime " : ", lifetime ")
      put(seconds: UInt64(lifetime) * 60, into: &line)
    case .borderRouter(let version, let lifetime, let address):
      line.put(address)
      line.put(", version ")
      line.put(decimal: UInt64(version))
      line.put(", lifetime ")
      put(seconds: UInt64(lifetime) * 60, into: &line)
    case .sixLoWPANCapability(let bits):
      line.put("0x")
      line.put(hexadecimal: bits, width: 12)
    case .captivePortal(let range): Escape.text(octets.array(range), into: &line)
    case .pref64(let prefix, let length, let lifetime):
      line.put(prefix)
      line.put("/")
      if let length { line.put(decimal: UInt64(length)) } else { line.put("?") }
      line.put(", lifetime ")
      put(seconds: UInt64(lifetime), into: &line)
    case .encryptedDNS(let resolver): put(resolver, octets, into: &line)
    case .other(let range): put(hexadecimal: octets.array(range), into: &line)
    }
  }

  private func put(
    _ resolver: NeighborOptionValue.EncryptedDNS, _ octets: Span<UInt8>, into line: inout [UInt8]
  ) {
    line.append(contentsOf: DNSNameText.name(in: octets, resolver.name))
    line.put(", priority ")
    line.put(decimal: UInt64(resolver.priority))
    line.put(", lifetime ")
    put(lifetime: resolver.lifetime, into: &line)
    if let range = resolver.addresses, !range.isEmpty {
      line.put(", at ")
      put(octets.addresses(range), into: &line)
    }
    for parameter in ServiceParameter.all(in: octets, resolver.parameters) {
      line.put(", ")
      line.put(parameter.name ?? "cut short")
      switch parameter.value {
      case .text([]): break
      case .text(let text):
        line.put("=")
        Escape.text(text, into: &line)
      case .octets(let octets):
        line.put("=")
        line.put(hexadecimal: octets)
      }
    }
  }

  /// An option by itself, as the kernel hands it on: `DNS servers 2001:db8::53, lifetime 30 min`.
  func put(inline wire: [UInt8], into out: inout [UInt8]) {
    let octets = wire.span
    var walk = NeighborOptionWalk(range: 0..<wire.count)
    guard let option = try? walk.next(in: octets), let value = try? option.value(in: octets) else {
      out.put("unreadable ")
      return out.put(hexadecimal: wire)
    }
    out.put(label(option))
    out.put(" ")
    put(value, octets, into: &out)
  }

  // MARK: - Provisioning domains

  private func put(
    _ domain: NeighborOptionValue.ProvisioningDomain, in message: [UInt8], indent: Int,
    into out: inout [UInt8]
  ) {
    Self.line("PvD", indent: indent, into: &out) { putName(of: domain, message.span, into: &$0) }
    if let range = domain.header {
      let header = message.span.array(range)
      if let advertisement = try? RouterAdvertisement(decoding: header.span) {
        put(header: advertisement, indent: indent + 2, into: &out)
      } else {
        Self.line("header", indent: indent + 2, into: &out) { $0.put(hexadecimal: header) }
      }
    }
    putAll(domain.options, of: message, broken: [], indent: indent + 2, isNested: true, into: &out)
  }

  private func putName(
    of domain: NeighborOptionValue.ProvisioningDomain, _ octets: Span<UInt8>, into line: inout [UInt8]
  ) {
    line.append(contentsOf: DNSNameText.name(in: octets, domain.name))
    line.put(", sequence ")
    line.put(decimal: UInt64(domain.sequence))
    if domain.hasHTTP {
      // RFC 8801 §4.1: within 2^(10 + delay) milliseconds.
      line.put(", more by HTTPS within ")
      DurationText.put(age: .milliseconds(1_024 << Int64(domain.delay)), into: &line)
    }
    if domain.isLegacy { line.put(", its options serve other hosts too") }
  }

  // MARK: - The header

  /// A router advertisement's fields before its options.
  func put(header: RouterAdvertisement, indent: Int, into out: inout [UInt8]) {
    func line(_ label: String, _ body: (inout [UInt8]) -> Void) {
      Self.line(label, indent: indent, into: &out, body)
    }
    line("router lifetime") { line in
      if header.lifetime == 0 {
        line.put("0 s: not a default router")
      } else {
        put(seconds: UInt64(header.lifetime), into: &line)
      }
    }
    line("preference") { line in
      line.put(header.preference.name)
      if header.preference == .reserved { line.put(", read as medium (RFC 4191 section 2.2)") }
    }
    line("flags") { line in
      let names = header.flags.names
      line.put(list: names.isEmpty ? ["none"] : names.map(LinkWords.plain))
    }
    line("hop limit") { line in
      if header.hopLimit == 0 { line.put("unspecified") } else { line.put(decimal: UInt64(header.hopLimit)) }
    }
    for (label, milliseconds) in [
      ("reachable time", header.reachableTime), ("retransmit timer", header.retransmitTimer),
    ] {
      line(label) { line in
        if milliseconds == 0 {
          line.put("unspecified")
        } else {
          line.put(decimal: UInt64(milliseconds))
          line.put(" ms")
        }
      }
    }
  }

  // MARK: - Values

  /// All ones is for ever; others shrink.
  private func put(lifetime: UInt32, into line: inout [UInt8]) {
    if lifetime == .max { line.put("infinity") } else { put(seconds: UInt64(lifetime), into: &line) }
  }

  /// `30 min`, and what is left of it where that is less.
  private func put(seconds: UInt64, into line: inout [UInt8]) {
    DurationText.put(seconds: seconds, into: &line)
    guard age > 0, seconds > 0 else { return }
    if age >= seconds {
      line.put(" (over)")
    } else {
      line.put(" (")
      DurationText.put(seconds: seconds - age, into: &line)
      line.put(" left)")
    }
  }

  private func put(_ addresses: [IPv6Address], into line: inout [UInt8]) {
    for (index, address) in addresses.enumerated() {
      if index > 0 { line.put(", ") }
      line.put(address)
    }
  }

  /// Long ones are told by their length and their beginning.
  private func put(hexadecimal octets: [UInt8], into line: inout [UInt8]) {
    line.put(hexadecimal: octets.prefix(64))
    if octets.count > 64 {
      line.put("... (")
      line.put(octets.count, "octet", "octets")
      line.put(")")
    }
  }
}

/// A timestamp option's value (RFC 3971 §5.3.1).
enum TimestampOption {
  /// Since 1970; the seconds are 48 bits, so it saturates.
  static func nanoseconds(_ value: UInt64) -> Int64 {
    let fraction = Int64((value & 0xffff) * 1_000_000_000 >> 16)
    return Int64(value >> 16).multipliedSaturating(1_000_000_000).addingSaturating(fraction)
  }
}

/// Small things that several texts of a link share.
enum LinkWords {
  /// A machine name as words: `home_agent` is `home agent`.
  static func plain(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }

  /// The prefix whose first octets these are.
  static func leading(_ octets: [UInt8]) -> IPv6Address {
    var bits: UInt128 = 0
    for (index, octet) in octets.prefix(16).enumerated() {
      bits |= UInt128(octet) << (120 - 8 * UInt128(index))
    }
    return IPv6Address(bits: bits)
  }
}
