import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// The text of `--dry-run`: what would be sent, to whom, at what rate.
struct SampleDryRun {
  private enum Limits {
    /// Targets of a group that are named; the others are counted.
    static let targets = 20
    /// More packets in a second than one socket of this host can be trusted to send.
    static let rate = 200_000.0
  }

  private let file: SamplePlanFile
  private let configuration: SampleConfiguration
  /// Looks a name up: its addresses, or why there are none.
  private let resolve: (String) -> [String]

  init(
    _ file: SamplePlanFile, _ configuration: SampleConfiguration,
    resolve: @escaping (String) -> [String] = SampleDryRun.lookUp
  ) {
    self.file = file
    self.configuration = configuration
    self.resolve = resolve
  }

  func text() -> String {
    var text = "\(escaped(file.name)): " + length() + "\n"
    var rate: Double? = 0
    var octets: Double? = 0
    var probes: Double? = 0
    var notes: [String] = []
    for (index, group) in configuration.groups.enumerated() {
      let sources = file.sources[index]
      let forecast = SampleForecast(
        group, targets: sources.reduce(0) { $0 + $1.count }, duration: configuration.duration)
      text += "\n" + self.text(group, forecast)
      text += targets(sources)
      rate = rate.flatMap { sum in forecast.rate.map { sum + $0 } }
      octets = octets.flatMap { sum in forecast.rate.map { sum + $0 * forecast.octets } }
      probes = probes.flatMap { sum in forecast.probes.map { sum + $0 } }
      notes += self.notes(group, forecast)
    }
    text += "\nall: " + rates(rate, octets, probes) + "\n"
    for output in file.plan.outputs { text += "output: \(output.format.rawValue) \(escaped(output.path))\n" }
    for gate in file.plan.gates { text += "gate: \(escaped(gate.text))\n" }
    if let rate, rate > Limits.rate {
      notes.append("more probes in a second than one host can be trusted to send")
    }
    for note in notes { text += "note: \(note)\n" }
    return text
  }

  // MARK: private parts

  private func length() -> String {
    var text: String
    if let duration = configuration.duration {
      text = "sends for \(LengthText.text(duration))"
    } else if configuration.groups.allSatisfy({ $0.count != nil }) {
      text = "sends until all counts are done"
    } else {
      text = "sends until it is stopped"
    }
    if configuration.warmup > .zero {
      text += ", the first \(LengthText.text(configuration.warmup)) of it in no figure"
    }
    if configuration.splay > .zero {
      text += ", groups begin up to \(LengthText.text(configuration.splay)) late"
    }
    let wait = configuration.groups.map { $0.timeout + $0.lateWindow }.max() ?? .zero
    return text + ", then waits for answers up to \(LengthText.text(wait))"
  }

  private func text(_ group: SampleGroup, _ forecast: SampleForecast) -> String {
    var text = "\(escaped(group.name)): \(Self.words(group)), "
    text += forecast.targets == 1 ? "1 target" : "\(forecast.targets) targets"
    text +=
      forecast.interval > .zero
      ? ", each every \(LengthText.text(forecast.interval))" : ", as fast as possible"
    switch group.order {
    case .poisson: text += " in the mean (Poisson)"
    case .constant(nil): break
    case .constant(let spacing?): text += ", \(LengthText.text(spacing)) apart"
    }
    if let count = group.count { text += ", \(count) times" }
    text += ", timeout \(LengthText.text(group.timeout))\n  "
    return text
      + rates(
        forecast.rate, forecast.rate.map { $0 * forecast.octets }, forecast.probes,
        most: forecast.packets > 1 ? "at most " : "") + "\n"
  }

  private func rates(_ rate: Double?, _ octets: Double?, _ probes: Double?, most: String = "") -> String {
    let count = probes.map { LengthText.text($0) + " probes in all" } ?? "no end to the probes"
    guard let rate, let octets else { return "as many probes per second as leave; " + count }
    return
      "\(LengthText.text(rate)) probes/s, \(most)\(LengthText.text(octets.rounded())) octets/s (IPv6 packets), \(count)"
  }

  private func targets(_ sources: [SampleSource]) -> String {
    var text = ""
    for source in sources.prefix(Limits.targets) {
      for line in lines(source) { text += "  \(line)\n" }
    }
    let rest = sources.dropFirst(Limits.targets).reduce(0) { $0 + $1.count }
    return rest > 0 ? text + "  and \(rest) more\n" : text
  }

  private func lines(_ source: SampleSource) -> [String] {
    switch source {
    case .host(let name, let port):
      let port = port > 0 ? " port \(port)" : ""
      if case .name? = try? TargetText.parse(name, defaultZone: "-") {
        return [escaped(name) + port + ": " + (resolve(name).first ?? "")]
      }
      return [escaped(name) + port]
    case .allAddresses(let name, let port):
      return [
        "all of \(escaped(name))" + (port > 0 ? " port \(port)" : "") + ": "
          + resolve(name).joined(separator: ", ")
      ]
    case .range(let first, let count, let zone, let port):
      let zone = zone.map { "%" + escaped($0) } ?? ""
      let last = IPv6Address(bits: first.bits &+ UInt128(max(count, 1) - 1))
      let port = port > 0 ? " port \(port)" : ""
      if count == 1 { return ["\(first.description)\(zone)\(port)"] }
      return ["\(first.description)\(zone) to \(last.description)\(zone)\(port) (\(count))"]
    }
  }

  /// What looks odd, though it is allowed.
  private func notes(_ group: SampleGroup, _ forecast: SampleForecast) -> [String] {
    var notes: [String] = []
    let name = escaped(group.name)
    if let duration = configuration.duration, forecast.interval >= duration {
      notes.append("\(name): the run is over before a target is asked a second time")
    }
    for case let gate in file.plan.gates where gate.scope == .group(group.name) {
      guard let share = gate.metric.percentileShare, let probes = forecast.probes else { continue }
      let needed = 100 / max(100 - share, 1e-9)
      if probes > 0, share < 100, probes < needed {
        notes.append(
          "\(escaped(gate.text)): of \(LengthText.text(probes)) probes this is the slowest one; p\(LengthText.text(share)) needs \(LengthText.text(needed.rounded(.up))) or more"
        )
      }
    }
    return notes
  }

  private static func words(_ group: SampleGroup) -> String {
    switch group.probe {
    case .echo: "ICMPv6 echo, \(group.payloadLength) octets of payload"
    case .udp(let accepts):
      "UDP, \(group.payloadLength) octets of payload" + (accepts ? ", port unreachable is an answer" : "")
    case .tcp(let accepts): "TCP connect" + (accepts ? ", a reset is an answer" : "")
    case .trace(let order):
      "traceroute, up to \(order.maximumHops) hops with \(order.queries) probe\(order.queries == 1 ? "" : "s") each"
    case .neighbor(let interface): "neighbor discovery on \(escaped(interface))"
    }
  }

  /// Addresses of a name, or why there are none.
  static func lookUp(_ name: String) -> [String] {
    do throws(ResolverError) {
      return try Resolver.resolve(name).addresses.map { PingRun.text($0.address, zone: $0.scope) }
    } catch { return ["not resolved: \(error.text)"] }
  }
}

extension Gate.Metric {
  /// 99 for `p99`, of round trips and the like.
  fileprivate var percentileShare: Double? {
    switch self {
    case .percentile(let share), .fromSchedule(let share), .host(let share): share
    default: nil
    }
  }
}

extension SampleSource {
  /// Targets that it is for sure.
  var count: Int {
    switch self {
    case .host, .allAddresses: 1
    case .range(_, let count, _, _): count
    }
  }
}
