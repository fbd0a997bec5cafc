import ProbeEngine
import Timing
import Wire
import YAML

/// What may be said of a group as well as in the defaults; nil: not said.
struct GroupSettings {
  static let keys = [
    "interval", "timeout", "late", "size", "pattern", "labels", "hop_limit", "traffic_class", "interface",
    "source",
    "count", "schedule", "spacing", "dont_fragment", "limit", "on_trouble",
  ]

  var interval: Nanoseconds?
  var timeout: Nanoseconds?
  var late: Nanoseconds?
  var size: Int?
  var pattern: [UInt8]?
  var labels: [SamplePlan.Label] = []
  var hopLimit: UInt8?
  var trafficClass: UInt8?
  var interface: String?
  var source: String?
  var count: UInt64?
  var isPoisson: Bool?
  var spacing: Nanoseconds?
  var isUnfragmented: Bool?
  var limit: Int?
  var trouble: Trouble?

  struct Trouble {
    var trace = TraceOrder()
    var losses = 1
    var roundTrip: Nanoseconds?
  }

  /// What is said here, else what is said there; labels of both.
  func over(_ defaults: GroupSettings) -> GroupSettings {
    var all = self
    all.interval = interval ?? defaults.interval
    all.timeout = timeout ?? defaults.timeout
    all.late = late ?? defaults.late
    all.size = size ?? defaults.size
    all.pattern = pattern ?? defaults.pattern
    let own = Set(labels.map(\.name))
    all.labels = defaults.labels.filter { !own.contains($0.name) } + labels
    all.hopLimit = hopLimit ?? defaults.hopLimit
    all.trafficClass = trafficClass ?? defaults.trafficClass
    all.interface = interface ?? defaults.interface
    all.source = source ?? defaults.source
    all.count = count ?? defaults.count
    all.isPoisson = isPoisson ?? defaults.isPoisson
    // The spacing of a constant schedule, where the group itself does not say that its own is none.
    all.spacing = spacing ?? (isPoisson ?? false ? nil : defaults.spacing)
    all.isUnfragmented = isUnfragmented ?? defaults.isUnfragmented
    all.limit = limit ?? defaults.limit
    all.trouble = trouble ?? defaults.trouble
    return all
  }
}

extension PlanReader {
  mutating func defaults(_ node: YAMLNode) -> GroupSettings {
    guard
      let values = mapping(
        node, "defaults", keys: GroupSettings.keys,
        elsewhere: { GroupKeys.all.contains($0) ? "\($0) is said of each group by itself" : nil })
    else { return GroupSettings() }
    return settings(values, inherited: nil)
  }

  /// Of a mapping's values those that defaults and groups share.
  mutating func settings(_ values: [String: YAMLNode], inherited: String?) -> GroupSettings {
    var settings = GroupSettings()
    settings.interval = time(values["interval"], "interval")
    settings.timeout = time(values["timeout"], "timeout")
    settings.late = time(values["late"], "late", allowsZero: true)
    // 65,535 octets of payload (RFC 8200 §3) less an ICMPv6 or UDP header.
    settings.size = integer(values["size"], "size", 0...65_527).map { Int($0) }
    settings.pattern = values["pattern"].flatMap { pattern($0) }
    settings.labels = values["labels"].map { labels($0) } ?? []
    settings.hopLimit = integer(values["hop_limit"], "hop_limit", 1...255).map { UInt8($0) }
    settings.trafficClass = integer(values["traffic_class"], "traffic_class", 0...255, allowsHex: true)
      .map { UInt8($0) }
    settings.interface = values["interface"].flatMap { interface($0) }
    settings.source = values["source"].flatMap { source($0, zone: settings.interface ?? inherited) }
    settings.count = integer(values["count"], "count", 1...Int128(UInt64.max)).map { UInt64(clamping: $0) }
    settings.isPoisson = word(values["schedule"], "schedule", among: ["constant", "poisson"])
      .map { $0 == "poisson" }
    settings.spacing = time(values["spacing"], "spacing", allowsZero: true)
    if let spacing = values["spacing"], settings.isPoisson == true {
      report("spacing belongs to a constant schedule; a Poisson process has none", at: spacing)
    }
    settings.isUnfragmented = truth(values["dont_fragment"], "dont_fragment")
    settings.limit = integer(values["limit"], "limit", 1...Int128(Int32.max)).map { Int($0) }
    settings.trouble = values["on_trouble"].flatMap { trouble($0) }
    return settings
  }

  /// Hexadecimal digits, two for each octet.
  private mutating func pattern(_ node: YAMLNode) -> [UInt8]? {
    guard let text = text(node, "pattern") else { return nil }
    var octets: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = NumberText.hexDigit(digit) else {
        report(
          "pattern is 2 to 32 hexadecimal digits, such as ff00; here is \"\(text.prefix(60))\"", at: node)
        return nil
      }
      if let first = high {
        octets.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard high == nil, octets.count <= 16 else {
      report(
        "pattern is an even number of hexadecimal digits, at most 32; here are \(text.utf8.count)", at: node)
      return nil
    }
    return octets
  }

  private mutating func labels(_ node: YAMLNode) -> [SamplePlan.Label] {
    guard case .mapping(let entries) = node.content else {
      report("labels is a mapping, such as {cluster: prod-a}", at: node)
      return []
    }
    var labels: [SamplePlan.Label] = []
    for entry in entries {
      let octets = entry.key.utf8
      let isName = octets.enumerated().allSatisfy { index, octet in
        (0x61...0x7a).contains(octet | 0x20) || octet == UInt8(ascii: "_")
          || (index > 0 && (0x30...0x39).contains(octet))
      }
      guard isName, !octets.isEmpty, octets.count <= 64, !entry.key.hasPrefix("__") else {
        report(
          "\"\(entry.key)\" is no label name: letters, digits and _, at most 64, no digit and no __ first",
          at: entry.keyPlace)
        continue
      }
      guard !Self.ownLabels.contains(entry.key) else {
        report("the label \(entry.key) is probe6's own; choose another name", at: entry.keyPlace)
        continue
      }
      if let value = text(entry.value, "the label \(entry.key)") {
        labels.append(SamplePlan.Label(name: entry.key, value: value))
      }
    }
    return labels
  }

  /// What output files call series of their own by.
  static let ownLabels = [
    "group", "target", "address", "outcome", "probe", "le", "quantile", "percentile", "kind", "gate",
    "reason",
    "what", "version",
  ]

  mutating func interface(_ node: YAMLNode) -> String? {
    guard let text = text(node, "interface") else { return nil }
    // IFNAMSIZ: 16 octets with the final NUL; the kernel allows neither / nor white space (dev_valid_name).
    let isBad = text.unicodeScalars.contains { $0.value <= 0x20 || $0 == "/" || $0 == ":" || $0 == "%" }
    guard text.utf8.count <= 15, !isBad, text != ".", text != ".." else {
      report("\"\(text.prefix(60))\" is not an interface name (1 to 15 octets)", at: node)
      return nil
    }
    return text
  }

  private mutating func source(_ node: YAMLNode, zone: String?) -> String? {
    guard let text = text(node, "source") else { return nil }
    do throws(TargetTextError) {
      guard
        case .address(let address, let zone) = try TargetText.parse(
          text, defaultZone: zone, interfaces: interfaces)
      else {
        report(
          "source is an address of this host; a name is not looked up, and \"\(text.prefix(60))\" is one",
          at: node)
        return nil
      }
      guard !address.isMulticast, address != .unspecified else {
        report("source is an address of this host; \(text) is nobody's", at: node)
        return nil
      }
      // A zone that came from `interface` is written out: it is part of the address.
      guard let zone, !text.utf8.contains(UInt8(ascii: "%")) else { return text }
      return text + "%" + zone
    } catch {
      report(error, at: node)
      return nil
    }
  }

  private mutating func trouble(_ node: YAMLNode) -> GroupSettings.Trouble? {
    guard
      let values = mapping(
        node, "on_trouble", keys: ["trace", "losses", "rtt"],
        elsewhere: { GroupKeys.trace.contains($0) ? "write on_trouble: {trace: {\($0): …}}" : nil })
    else { return nil }
    var trouble = GroupSettings.Trouble()
    if let trace = values["trace"] {
      if let values = mapping(trace, "trace", keys: GroupKeys.trace) { trouble.trace = order(values) }
    } else {
      report("on_trouble says nothing to do; write on_trouble: {trace: {}}", at: node)
    }
    if let losses = integer(values["losses"], "losses", 1...Int128(Int32.max)) {
      trouble.losses = Int(losses)
    }
    trouble.roundTrip = time(values["rtt"], "rtt")
    return trouble
  }

  /// How a traceroute is made.
  mutating func order(_ values: [String: YAMLNode]) -> TraceOrder {
    var order = TraceOrder()
    let methods = ["udp", "icmp", "tcp"]
    if let method = word(values["method"], "method", among: methods).flatMap(
      TraceConfiguration.Method.init(rawValue:))
    {
      order.method = method
    }
    if let port = integer(values["port"], "port", 1...65_535) {
      order.port = UInt16(port)
      if order.method == .icmp, let node = values["port"] {
        report("a trace by icmp has no port; leave it away, or choose method: udp or tcp", at: node)
      }
    }
    if let hops = integer(values["max_hops"], "max_hops", 1...255) { order.maximumHops = UInt8(hops) }
    if let queries = integer(values["queries"], "queries", 1...10) { order.queries = Int(queries) }
    return order
  }
}
