import ProbeEngine
import Timing
import Wire

/// Words of a scenario's row for what a host does.
extension SampleHost {
  mutating func apply(_ word: String) throws(ScenarioWordError) {
    let (name, value) = scenarioPair(word)
    switch name {
    case "open", "answers": service = .open
    case "closed": service = .closed
    case "silent": service = .silent
    case "error":
      let parts = parts(of: value)
      guard (2...3).contains(parts.count) else { throw ScenarioWordError(word: word) }
      service = .error(
        type: try scenarioNumber(parts[0]), code: try scenarioNumber(parts[1]),
        info: parts.count == 3 ? try scenarioNumber(parts[2]) : 0)
    case "delay": delay = try scenarioTime(value)
    case "jitter": jitter = try scenarioTime(value)
    case "tail": tail = try scenarioTime(value)
    case "loses": losesEvery = value == "-" ? nil : try counted(value, word)
    case "loss": lossShare = try wanted(Double(value), word)
    case "burst": lossBurst = try counted(value, word)
    case "copies":
      let parts = parts(of: value)
      copies = (try scenarioNumber(parts[0]), parts.count == 2 ? try counted(parts[1], word) : 1)
    case "holds":
      let parts = parts(of: value)
      guard parts.count == 2 else { throw ScenarioWordError(word: word) }
      holds = (try counted(parts[0], word), try scenarioTime(parts[1]))
    case "forges": forgesEvery = try counted(value, word)
    case "hops": hopLimit = try scenarioNumber(value)
    case "class": trafficClass = try scenarioNumber(value)
    case "from": answersFrom = try wanted(IPv6Address(value), word)
    case "router": router = try wanted(IPv6Address(value), word)
    case "link": link = value == "-" ? nil : try linkLayerAddress(value, word)
    default: throw ScenarioWordError(word: word)
    }
  }

  private func parts(of value: String) -> [String] {
    value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }

  /// 1 or more.
  private func counted(_ text: String, _ word: String) throws(ScenarioWordError) -> Int {
    let number: Int = try scenarioNumber(text)
    guard number > 0 else { throw ScenarioWordError(word: word) }
    return number
  }

  /// `02:00:00:00:00:01`
  private func linkLayerAddress(_ text: String, _ word: String) throws(ScenarioWordError) -> LinkLayerAddress
  {
    var octets: [UInt8] = []
    for part in text.split(separator: ":") {
      octets.append(try wanted(UInt8(part, radix: 16), word))
    }
    return try wanted(LinkLayerAddress(octets), word)
  }
}
