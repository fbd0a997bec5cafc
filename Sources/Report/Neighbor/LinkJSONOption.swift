import ProbeEngine
import Timing
import Wire

/// The keys of a neighbor discovery option.
enum LinkJSONOption {
  /// `options`, and `unreadable_from` where their walk ends before the message does.
  static func putAll(_ range: Range<Int>, of message: HeardMessage, into object: inout JSONLine) {
    putAll(range, in: message.octets, isNested: false, into: &object)
  }

  private static func putAll(
    _ range: Range<Int>, in message: [UInt8], isNested: Bool, into object: inout JSONLine
  ) {
    let octets = message.span
    var walk = NeighborOptionWalk(range: range)
    var options: [NeighborOption] = []
    while let option = try? walk.next(in: octets) { options.append(option) }
    object.objects("options", options) { put($0, in: message, isNested: isNested, into: &$1) }
    if !walk.range.isEmpty { object.put("unreadable_from", Int64(walk.range.lowerBound)) }
  }

  static func put(
    _ option: NeighborOption, in message: [UInt8], isNested: Bool = false, into object: inout JSONLine
  ) {
    let octets = message.span
    object.put("type", UInt64(option.type.rawValue))
    object.put("name", ifKnown: name(option.type))
    object.put("offset", Int64(option.offset))
    object.put("length", Int64(option.range.count))
    if let rule = NeighborRule.brokenRule(of: option, in: octets) { object.put("broken", rule.name) }
    guard let value = try? option.value(in: octets) else {
      return object.put("data", hexadecimal: octets.array(option.data))
    }
    if case .provisioningDomain(let domain) = value {
      // One inside another has no meaning (RFC 8801 §3.1).
      guard !isNested else { return object.put("data", hexadecimal: octets.array(option.data)) }
      return put(domain, in: message, into: &object)
    }
    put(value, octets, into: &object)
  }

  /// The registry's name for programs.
  private static func name(_ type: NeighborOptionType) -> String? {
    guard let words = type.name?.description else { return nil }
    var name = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "A"..."Z": name.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
      case "a"..."z", "0"..."9": name.unicodeScalars.append(scalar)
      default: name.append("_")
      }
    }
    return name
  }

  private static func put(
    _ value: NeighborOptionValue, _ octets: Span<UInt8>, into object: inout JSONLine
  ) {
    switch value {
    case .linkLayerAddress(let range): object.put("link", link: LinkLayerAddress(octets.array(range)))
    case .prefix(let prefix):
      object.put(prefix: prefix.prefix, length: prefix.length)
      object.put("flags", words: prefix.flags.names)
      object.put("flags_octet", UInt64(prefix.flags.rawValue))
      object.put("valid_lifetime_ns", lifetime: prefix.validLifetime)
      object.put("preferred_lifetime_ns", lifetime: prefix.preferredLifetime)
    case .redirectedHeader(let range): object.put("packet", hexadecimal: octets.array(range))
    case .mtu(let mtu): object.put("mtu", UInt64(mtu))
    case .advertisementInterval(let milliseconds):
      object.put("interval_ns", Nanoseconds.milliseconds(Int64(milliseconds)).count)
    case .homeAgent(let preference, let lifetime):
      object.put("home_agent_preference", UInt64(preference))
      object.put("lifetime_ns", seconds: UInt64(lifetime))
    case .cga(let range): object.put("cga_parameters", hexadecimal: octets.array(range))
    case .rsaSignature(let keyHash, let signature):
      object.put("key_hash", hexadecimal: octets.array(keyHash))
      object.put("signature", hexadecimal: octets.array(signature))
    case .timestamp(let stamp):
      object.put("timestamp", time: TimestampOption.nanoseconds(stamp))
      object.put("timestamp_bits", stamp)
    case .nonce(let range): object.put("nonce", hexadecimal: octets.array(range))
    // Told by whoever calls: it holds options of its own.
    case .provisioningDomain: break
    case .route(let route):
      object.put(prefix: route.prefix, length: route.length)
      object.put("preference", route.preference.name)
      object.put("lifetime_ns", lifetime: route.lifetime)
    case .recursiveDNSServers(let lifetime, let servers):
      object.put("servers", addresses: octets.addresses(servers))
      object.put("lifetime_ns", lifetime: lifetime)
    case .flagsExtension(let range): object.put("extended_flags", hexadecimal: octets.array(range))
    case .dnsSearchList(let lifetime, let names):
      object.put("names", texts: DNSNameText.names(in: octets, names))
      object.put("lifetime_ns", lifetime: lifetime)
    case .addressRegistration(let status, let lifetime, let identifier):
      object.put("status", UInt64(status))
      object.put("lifetime_ns", seconds: UInt64(lifetime) * 60)
      object.put("identifier", hexadecimal: octets.array(identifier))
    case .sixLoWPANContext(let length, let isCompression, let identifier, let lifetime, let prefix):
      object.put(prefix: LinkWords.leading(octets.array(prefix)), length: length)
      object.put("compression", isCompression)
      object.put("context", UInt64(identifier))
      object.put("lifetime_ns", seconds: UInt64(lifetime) * 60)
    case .borderRouter(let version, let lifetime, let address):
      object.put("address", address: address)
      object.put("version", UInt64(version))
      object.put("lifetime_ns", seconds: UInt64(lifetime) * 60)
    case .sixLoWPANCapability(let bits): object.put("capability_bits", bits)
    case .captivePortal(let range): object.put("uri", octets: octets.array(range))
    case .pref64(let prefix, let length, let lifetime):
      object.put("prefix", address: prefix)
      if let length { object.put("prefix_length", UInt64(length)) }
      object.put("scaled_lifetime_ns", seconds: UInt64(lifetime))
    case .encryptedDNS(let resolver): put(resolver, octets, into: &object)
    case .other(let range): object.put("data", hexadecimal: octets.array(range))
    }
  }

  private static func put(
    _ resolver: NeighborOptionValue.EncryptedDNS, _ octets: Span<UInt8>, into object: inout JSONLine
  ) {
    object.put("authentication_domain_name", octets: DNSNameText.name(in: octets, resolver.name))
    object.put("priority", UInt64(resolver.priority))
    object.put("lifetime_ns", lifetime: resolver.lifetime)
    if let range = resolver.addresses { object.put("addresses", addresses: octets.addresses(range)) }
    object.objects("parameters", ServiceParameter.all(in: octets, resolver.parameters)) { parameter, object in
      if let number = parameter.number { object.put("key", UInt64(number)) }
      object.put("name", ifKnown: parameter.name)
      if case .text(let text) = parameter.value { object.put("value", octets: text) }
      object.put("octets", hexadecimal: parameter.wire)
    }
  }

  private static func put(
    _ domain: NeighborOptionValue.ProvisioningDomain, in message: [UInt8], into object: inout JSONLine
  ) {
    let octets = message.span
    object.put("domain", octets: DNSNameText.name(in: octets, domain.name))
    object.put("http", domain.hasHTTP)
    object.put("legacy", domain.isLegacy)
    object.put("delay", UInt64(domain.delay))
    object.put("sequence", UInt64(domain.sequence))
    if let range = domain.header {
      let header = octets.array(range)
      if let advertisement = try? RouterAdvertisement(decoding: header.span) {
        object.object("header") { LinkJSONMessage.put(header: advertisement, into: &$0) }
      } else {
        object.put("header_octets", hexadecimal: header)
      }
    }
    putAll(domain.options, in: message, isNested: true, into: &object)
  }
}
