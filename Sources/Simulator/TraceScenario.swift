package import ProbeEngine
package import Timing
package import Wire

/// A trace to be simulated, as a text that reads like a table of hops:
///
///     # Two routers and a host whose port is closed.
///     method  udp
///     queries 2
///     hop  address        delay  behaviour
///     1    2001:db8:1::1  1ms
///     2    2001:db8:2::1  5ms    silent
///     3    2001:db8:ff::1 9ms    target
///
/// Lines above the one that begins with `hop` set options. Several rows of one hop are its routers side by side; each
/// row leads to those of the next hop unless it says `next=`. A hop of `*` sets what the host itself does.
package struct TraceScenario: Sendable {
  package var configuration: TraceConfiguration
  package var path: VirtualPath
  package var stopAt: Instant?

  /// What of a text could not be read.
  package struct ReadingError: Error, Hashable, Sendable {
    /// From 1.
    package var line: Int
    package var what: String
  }

  /// The address that every scenario is traced from.
  package static let source = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)

  package init(parsing text: String) throws(ReadingError) {
    configuration = TraceConfiguration(targets: [])
    path = VirtualPath([])
    configuration.framing = .packet
    configuration.flow.sourcePort = 50_000
    configuration.seed = 1
    var nodes: [VirtualNode] = []
    var host = HostRow()
    var isInTable = false
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      do throws(ScenarioWordError) {
        if first == "hop" {
          isInTable = true
        } else if !isInTable {
          try set(first, Array(words.dropFirst()))
        } else if first == "*" {
          for word in words.dropFirst() { try host.apply(word) }
        } else {
          nodes.append(try VirtualNode(row: words))
        }
      } catch {
        throw ReadingError(line: number, what: error.word)
      }
    }
    configuration.targets = nodes.filter(\.isTarget).map {
      TraceTarget(address: $0.address, source: TraceScenario.source)
    }
    guard !configuration.targets.isEmpty else { throw ReadingError(line: number, what: "no target") }
    path = VirtualPath(nodes, seed: configuration.seed)
    path.hashing = host.hashing
    path.linkMTU = host.mtu
  }

  // MARK: Options

  private mutating func set(_ name: String, _ values: [String]) throws(ScenarioWordError) {
    let value = values.first ?? ""
    switch name {
    case "method": configuration.method = try wanted(TraceConfiguration.Method(rawValue: value), value)
    case "mode": configuration.mode = try mode(values)
    case "correlation":
      let all: [String: TraceConfiguration.Correlation] = [
        "keyed": .keyed, "port-per-probe": .portPerProbe, "port-per-hop": .portPerHop,
      ]
      configuration.correlation = try wanted(all[value], value)
    case "payload":
      let all: [String: TraceConfiguration.Payload] = [
        "pattern": .pattern([]), "traceroute": .traceroute, "ndisc6": .ndisc6, "tracepath": .tracepath,
      ]
      configuration.payload = try wanted(all[value], value)
    case "wait": configuration.wait = try wait(values)
    case "queries": configuration.queries = try scenarioNumber(value)
    case "first-hop": configuration.firstHop = try scenarioNumber(value)
    case "max-hops": configuration.maximumHops = try scenarioNumber(value)
    case "gap-limit": configuration.gapLimit = try scenarioNumber(value) as Int
    case "length":
      configuration.packetLength = try scenarioNumber(value)
      configuration.isLengthFixed = true
    case "source-port": configuration.flow.sourcePort = try scenarioNumber(value)
    case "port": configuration.flow.destinationPort = try scenarioNumber(value)
    case "flow-label": configuration.flow.flowLabel = try scenarioNumber(value)
    case "traffic-class": configuration.trafficClass = try scenarioNumber(value)
    case "rate": configuration.rate = try wanted(Double(value), value)
    case "in-flight": configuration.maximumInFlight = try scenarioNumber(value) as Int
    case "in-flight-per-hop": configuration.inFlightPerHop = try scenarioNumber(value)
    case "targets-at-once": configuration.targetsAtOnce = try scenarioNumber(value)
    case "shares-hops": configuration.sharesHops = true
    case "seed": configuration.seed = try scenarioNumber(value)
    case "deadline": configuration.deadline = try scenarioTime(value)
    case "stop": stopAt = .zero + (try scenarioTime(value))
    case "hops-only": configuration.reportsProbes = false
    default: throw ScenarioWordError(word: name)
    }
  }

  private func mode(_ values: [String]) throws(ScenarioWordError) -> TraceConfiguration.Mode {
    switch values.first {
    case "hops": return .hops
    case "mtu": return .mtu
    case "paths":
      let value = values.dropFirst().first ?? "0.95"
      return .paths(confidence: try wanted(Double(value), value))
    case "rounds":
      guard values.count == 3 else { throw ScenarioWordError(word: "rounds") }
      return .rounds(count: try scenarioNumber(values[1]), interval: try scenarioTime(values[2]))
    default: throw ScenarioWordError(word: values.first ?? "")
    }
  }

  private func wait(_ values: [String]) throws(ScenarioWordError) -> TraceConfiguration.Wait {
    switch (values.first, values.count) {
    case ("fixed", 2): return .fixed(try scenarioTime(values[1]))
    case ("adaptive", 3):
      return .adaptive(floor: try scenarioTime(values[1]), maximum: try scenarioTime(values[2]))
    case ("traceroute", 4):
      return .traceroute(
        maximum: try scenarioTime(values[1]), here: try wanted(Double(values[2]), values[2]),
        near: try wanted(Double(values[3]), values[3]))
    default: throw ScenarioWordError(word: values.first ?? "")
    }
  }
}

/// A word that means nothing where it stands.
struct ScenarioWordError: Error {
  var word: String
}

/// What the row of the host itself says.
private struct HostRow {
  var hashing = VirtualNode.Hashing.both
  var mtu: Int?

  mutating func apply(_ word: String) throws(ScenarioWordError) {
    let (name, value) = scenarioPair(word)
    switch name {
    case "hash": hashing = try wanted(VirtualNode.Hashing(rawValue: value), word)
    case "mtu": mtu = try scenarioNumber(value) as Int
    default: throw ScenarioWordError(word: word)
    }
  }
}

// MARK: Words

func wanted<Value>(_ value: Value?, _ word: String) throws(ScenarioWordError) -> Value {
  guard let value else { throw ScenarioWordError(word: word) }
  return value
}

/// A decimal number, or a hexadecimal one behind `0x`.
func scenarioNumber<Number: FixedWidthInteger>(_ word: String) throws(ScenarioWordError) -> Number {
  let number = word.hasPrefix("0x") ? Number(word.dropFirst(2), radix: 16) : Number(word)
  return try wanted(number, word)
}

/// A time as `250us`, `5ms`, `1.5s`.
func scenarioTime(_ word: String) throws(ScenarioWordError) -> Nanoseconds {
  let digits = word.prefix { $0.isNumber || $0 == "." }
  let units: [String: Double] = ["ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9]
  guard let number = Double(digits), let unit = units[String(word.dropFirst(digits.count))] else {
    throw ScenarioWordError(word: word)
  }
  return Nanoseconds(Int64((number * unit).rounded()))
}

/// `name=value`; an empty value without the sign.
func scenarioPair(_ word: String) -> (name: String, value: String) {
  let name = word.prefix { $0 != "=" }
  return (String(name), String(word.dropFirst(name.count + 1)))
}
