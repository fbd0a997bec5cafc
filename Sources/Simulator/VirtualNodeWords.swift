import Timing
import Wire

/// A row of a scenario's table: hop, address, delay, and words for what the node does.
extension VirtualNode {
  init(row: [String]) throws(ScenarioWordError) {
    guard row.count >= 3 else { throw ScenarioWordError(word: "a row has hop, address and delay") }
    self.init(
      hop: try scenarioNumber(row[0]), address: try wanted(IPv6Address(row[1]), row[1]),
      delay: try scenarioTime(row[2]))
    for word in row.dropFirst(3) { try apply(word) }
  }

  private mutating func apply(_ word: String) throws(ScenarioWordError) {
    let (name, value) = scenarioPair(word)
    switch name {
    case "target": isTarget = true
    case "silent": isSilent = true
    case "legacy": isLegacy = true
    case "twice": duplicates = true
    case "wrong-checksum": hasWrongChecksum = true
    case "forges": forges = true
    case "black-hole": isBlackHole = true
    case "masks": isMasking = true
    case "jitter": jitter = try scenarioTime(value)
    case "next": next = try addresses(value)
    case "hash": hashing = try wanted(Hashing(rawValue: value), word)
    case "to": onlyTo = try wanted(IPv6Address(value), word)
    case "mtu": mtu = try scenarioNumber(value) as Int
    case "drops": dropsEvery = try scenarioNumber(value) as Int
    case "loses": losesEvery = try scenarioNumber(value) as Int
    case "quotes": quoteCount = try scenarioNumber(value) as Int
    case "limit":
      let parts = split(value, "/")
      guard parts.count == 2, let rate = Double(parts[0]) else { throw ScenarioWordError(word: word) }
      limit = (rate, try scenarioNumber(parts[1]))
    case "refuses":
      let parts = split(value, "/")
      guard parts.count == 2 || parts.count == 3 else { throw ScenarioWordError(word: word) }
      refuses = (
        try scenarioNumber(parts[0]), try scenarioNumber(parts[1]),
        parts.count == 3 ? try scenarioNumber(parts[2]) : 0
      )
    case "udp": udp = try service(value)
    case "tcp": tcp = try service(value)
    case "echo": echo = try service(value)
    case "from": answersFrom = try wanted(IPv6Address(value), word)
    case "mpls": extensions += try labels(value)
    case "interface": extensions += try interface(value)
    case "object": extensions += try object(value)
    default: rewrites.append(try rewrite(name, value, word))
    }
  }

  private func split(_ value: String, _ separator: Character) -> [String] {
    value.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }

  private func addresses(_ value: String) throws(ScenarioWordError) -> [IPv6Address] {
    var all: [IPv6Address] = []
    for part in split(value, ",") { all.append(try wanted(IPv6Address(part), part)) }
    return all
  }

  /// `closed`, `open`, `silent`, or type and code of an error: `1/1`.
  private func service(_ value: String) throws(ScenarioWordError) -> Service {
    switch value {
    case "closed": return .closed
    case "open": return .open
    case "silent": return .silent
    default:
      let parts = split(value, "/")
      guard parts.count == 2 else { throw ScenarioWordError(word: value) }
      return .rejected(type: try scenarioNumber(parts[0]), code: try scenarioNumber(parts[1]))
    }
  }

  private func rewrite(_ name: String, _ value: String, _ word: String) throws(ScenarioWordError) -> Rewrite {
    switch name {
    case "dscp": return .differentiatedServices(try scenarioNumber(value))
    case "ecn": return .ecn(try scenarioNumber(value))
    case "label": return .flowLabel(try scenarioNumber(value))
    case "source": return .source(try wanted(IPv6Address(value), word))
    case "destination": return .destination(try wanted(IPv6Address(value), word))
    case "source-port": return .sourcePort(try scenarioNumber(value))
    case "destination-port": return .destinationPort(try scenarioNumber(value))
    case "payload-length": return .length(try scenarioNumber(value))
    case "checksum": return .checksum(try scenarioNumber(value))
    default: throw ScenarioWordError(word: word)
    }
  }

  // MARK: Extension objects

  /// `label/class/ttl`, several joined by commas: one stack (RFC 4950).
  private func labels(_ value: String) throws(ScenarioWordError) -> [UInt8] {
    let stack = split(value, ",")
    var data = [UInt8](repeating: 0, count: 4 * stack.count)
    var span = data.mutableSpan
    for (index, label) in stack.enumerated() {
      let parts = split(label, "/")
      guard parts.count == 3 else { throw ScenarioWordError(word: label) }
      let entry = MPLSLabelStackEntry(
        label: try scenarioNumber(parts[0]), trafficClass: try scenarioNumber(parts[1]),
        isBottomOfStack: index == stack.count - 1, timeToLive: try scenarioNumber(parts[2]))
      guard (try? entry.encode(into: &span, at: 4 * index)) != nil else {
        throw ScenarioWordError(word: label)
      }
    }
    return try object(MPLSLabelStackEntry.objectClass, MPLSLabelStackEntry.incomingStackType, data)
  }

  /// `role,index,address,name,mtu` with `-` for what is not told; role `in`, `sub`, `out` or `next` (RFC 5837).
  private func interface(_ value: String) throws(ScenarioWordError) -> [UInt8] {
    let parts = split(value, ",")
    let roles: [String: InterfaceInformation.Role] = [
      "in": .incoming, "sub": .incomingSubInterface, "out": .outgoing, "next": .nextHop,
    ]
    guard parts.count == 5 else { throw ScenarioWordError(word: value) }
    var information = InterfaceInformation(role: try wanted(roles[parts[0]], value))
    if parts[1] != "-" { information.index = try scenarioNumber(parts[1]) as UInt32 }
    if parts[2] != "-" { information.address = .ipv6(try wanted(IPv6Address(parts[2]), value)) }
    if parts[4] != "-" { information.mtu = try scenarioNumber(parts[4]) as UInt32 }
    let name = Array(parts[3].utf8)
    var octets = [UInt8](repeating: 0, count: 128)
    var span = octets.mutableSpan
    let count =
      parts[3] == "-"
      ? try? information.encode(into: &span) : try? information.encode(into: &span, name: name.span)
    return Array(octets.prefix(try wanted(count, value)))
  }

  /// `class/type/octets in hexadecimal digits`.
  private func object(_ value: String) throws(ScenarioWordError) -> [UInt8] {
    let parts = split(value, "/")
    guard parts.count == 3 else { throw ScenarioWordError(word: value) }
    let digits = parts[2].compactMap { $0.hexDigitValue }
    let data = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    return try object(try scenarioNumber(parts[0]), try scenarioNumber(parts[1]), data)
  }

  private func object(_ number: UInt8, _ type: UInt8, _ data: [UInt8]) throws(ScenarioWordError) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: ICMPExtensionObject.headerCount + data.count)
    var span = octets.mutableSpan
    guard (try? ICMPExtensionObject.encode(class: number, type: type, data: data.span, into: &span)) != nil
    else { throw ScenarioWordError(word: "object") }
    return octets
  }
}
