package import ProbeEngine
import Timing
import Wire

/// A sampling run to be simulated, as a text that reads like a plan with a table of its targets:
///
///     # A host that is silent for five seconds.
///     duration 20s
///     group    nodes  echo  interval=1s  timeout=500ms
///     targets  address      delay  behaviour
///     nodes    2001:db8::1  5ms    jitter=2ms
///     nodes    2001:db8::2  5ms    name=two.example
///     at       5s  2001:db8::1  silent
///     at       10s 2001:db8::1  answers
///
/// `ADDRESS+N` is that many addresses from this one on. A row of `-` is a host that nobody asks (yet), an address of
/// `::` a name that has none. A table behind `path NAME` is one of `TraceScenario`; the first is the path until an
/// `at TIME path NAME`. Groups and rows behind `plan NAME` are those of a later plan, for `at TIME reload NAME`.
package struct SampleScenario: Sendable {
  /// A plan's groups and targets.
  package struct Plan: Sendable {
    package var groups: [SampleGroup] = []
    package var targets: [SampleTarget] = []
    /// By target.
    package var names: [Int: String] = [:]
    /// For matching the targets of two plans: group and what was written.
    fileprivate var keys: [String] = []
    fileprivate var rows: [(group: Int, target: SampleTarget, name: String?)] = []
  }

  package private(set) var plans: [Plan] = [Plan()]
  package private(set) var simulation: SampleSimulation
  private var configuration = SampleConfiguration(groups: [], targets: [])
  private var network: SampleNetwork
  private var planNames = [""]
  private var paths: [(name: String, nodes: [VirtualNode])] = []
  private var acts: [(at: Instant, words: [String], line: Int)] = []

  package init(parsing text: String) throws(TraceScenario.ReadingError) {
    configuration.seed = 1
    configuration.identifier = 0x1234
    network = SampleNetwork()
    simulation = SampleSimulation(configuration, over: network)
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      do throws(ScenarioWordError) {
        try read(words, line: number)
      } catch {
        throw TraceScenario.ReadingError(line: number, what: error.word)
      }
    }
    for plan in plans.indices { finish(plan) }
    guard !plans[0].targets.isEmpty else {
      throw TraceScenario.ReadingError(line: number, what: "no target")
    }
    (configuration.groups, configuration.targets) = (plans[0].groups, plans[0].targets)
    if let first = paths.first { network.path = VirtualPath(first.nodes, seed: configuration.seed) }
    simulation.configuration = configuration
    simulation.network = network
    try arrange()
  }

  /// The writers' index of the plan that a `reloaded` happening tells of, counted from 1.
  package func plan(ofReload number: Int) -> Plan? {
    let reloads = simulation.acts.count { if case .reload = $0.act { true } else { false } }
    guard (1...max(reloads, 1)).contains(number), reloads > 0 else { return nil }
    return plans[reloadedPlans[number - 1]]
  }
  /// Plans in the order in which they are loaded.
  private var reloadedPlans: [Int] = []

  // MARK: Lines

  private mutating func read(_ words: [String], line: Int) throws(ScenarioWordError) {
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "targets", "hop": break
    case "group": plans[plans.count - 1].groups.append(try group(rest))
    case "plan":
      planNames.append(try wanted(rest.first, "plan"))
      plans.append(Plan())
    case "path": paths.append((try wanted(rest.first, "path"), []))
    case "at":
      guard rest.count >= 2 else { throw ScenarioWordError(word: "at") }
      acts.append((.zero + (try scenarioTime(rest[0])), Array(rest.dropFirst()), line))
    default:
      if words[0] == "-" || plans[plans.count - 1].groups.contains(where: { $0.name == words[0] }) {
        try row(words)
      } else if words[0].allSatisfy(\.isNumber), !paths.isEmpty {
        paths[paths.count - 1].nodes.append(try VirtualNode(row: words))
      } else {
        try set(words[0], rest)
      }
    }
  }

  private mutating func set(_ name: String, _ values: [String]) throws(ScenarioWordError) {
    let value = values.first ?? ""
    switch name {
    case "duration": configuration.duration = try scenarioTime(value)
    case "warmup": configuration.warmup = try scenarioTime(value)
    case "splay": configuration.splay = try scenarioTime(value)
    case "seed": configuration.seed = try scenarioNumber(value)
    case "user-to-user": configuration.measuresUserToUser = true
    case "no-stamps": simulation.hasKernelStamps = false
    case "wake": simulation.wake = try scenarioTime(value)
    case "host-transmit": simulation.hostTransmit = try scenarioTime(value)
    case "host-receive": simulation.hostReceive = try scenarioTime(value)
    default: throw ScenarioWordError(word: name)
    }
  }

  private func group(_ words: [String]) throws(ScenarioWordError) -> SampleGroup {
    guard words.count >= 2 else { throw ScenarioWordError(word: "a group has a name and a probe") }
    let probes: [String: SampleProbe] = [
      "echo": .echo, "udp": .udp(acceptsUnreachable: false), "tcp": .tcp(acceptsReset: false),
      "udp-any": .udp(acceptsUnreachable: true), "tcp-any": .tcp(acceptsReset: true),
      "trace": .trace(TraceOrder()), "neighbor": .neighbor(interface: "eth0"),
    ]
    var group = SampleGroup(name: words[0], probe: try wanted(probes[words[1]], words[1]))
    for word in words.dropFirst(2) { try apply(word, to: &group) }
    return group
  }

  private func apply(_ word: String, to group: inout SampleGroup) throws(ScenarioWordError) {
    let (name, value) = scenarioPair(word)
    switch name {
    case "interval": group.interval = try scenarioTime(value)
    case "timeout": group.timeout = try scenarioTime(value)
    case "late": group.lateWindow = try scenarioTime(value)
    case "poisson": group.order = .poisson
    case "spacing": group.order = .constant(spacing: try scenarioTime(value))
    case "count": group.count = try scenarioNumber(value)
    case "size": group.payloadLength = try scenarioNumber(value)
    case "trouble":
      group.onTrouble = TraceOrder()
      if !value.isEmpty { group.troubleLosses = try scenarioNumber(value) }
    case "band": group.troubleRoundTrip = try scenarioTime(value)
    case "retry":
      let parts = value.split(separator: "/").map(String.init)
      guard parts.count == 2 else { throw ScenarioWordError(word: word) }
      group.retry = SampleGroup.Retry(
        attempts: try scenarioNumber(parts[0]), backoff: try wanted(Double(parts[1]), word))
    default: throw ScenarioWordError(word: word)
    }
  }

  /// `GROUP ADDRESS[+N] DELAY WORD...`
  private mutating func row(_ words: [String]) throws(ScenarioWordError) {
    guard words.count >= 3 else { throw ScenarioWordError(word: "a row has group, address and delay") }
    let parts = words[1].split(separator: "+").map(String.init)
    let first = try wanted(IPv6Address(parts[0]), words[1])
    let count: Int = parts.count == 2 ? try scenarioNumber(parts[1]) : 1
    var host = SampleHost(first, delay: try scenarioTime(words[2]))
    var name: String?
    var port: UInt16 = 0
    for word in words.dropFirst(3) {
      let (key, value) = scenarioPair(word)
      switch key {
      case "name": name = value
      case "port": port = try scenarioNumber(value)
      default: try host.apply(word)
      }
    }
    let plan = plans.count - 1
    let group = plans[plan].groups.firstIndex { $0.name == words[0] }
    for each in 0..<count {
      let address = IPv6Address(bits: first.bits &+ UInt128(each))
      host.address = address
      if address != .unspecified, network.hosts[address] == nil { network.hosts[address] = host }
      guard let group else { continue }
      plans[plan].rows.append((group, SampleTarget(address, group: group, port: port), name))
    }
  }

  // MARK: All together

  /// The targets of a group stand together.
  private mutating func finish(_ plan: Int) {
    for group in plans[plan].groups.indices {
      for row in plans[plan].rows where row.group == group {
        if let name = row.name { plans[plan].names[plans[plan].targets.count] = name }
        plans[plan].targets.append(row.target)
        plans[plan].keys.append(
          "\(plans[plan].groups[group].name) \(row.name ?? row.target.address.description)")
      }
    }
  }

  /// Acts in the order of time, with the plans that are kept from one to the next.
  private mutating func arrange() throws(TraceScenario.ReadingError) {
    var hosts = network.hosts
    var current = 0
    for (at, words, line) in acts.sorted(by: { ($0.at, $0.line) < ($1.at, $1.line) }) {
      do throws(ScenarioWordError) {
        simulation.acts.append((at, try act(words, &hosts, &current)))
      } catch {
        throw TraceScenario.ReadingError(line: line, what: error.word)
      }
    }
  }

  private mutating func act(
    _ words: [String], _ hosts: inout [IPv6Address: SampleHost], _ current: inout Int
  ) throws(ScenarioWordError) -> SampleSimulation.Act {
    let value = words.count > 1 ? words[1] : ""
    switch words[0] {
    case "stall": return .stall(try scenarioTime(value))
    case "errno":
      let errno: Int32 = try scenarioNumber(value)
      return .sendErrno(errno == 0 ? nil : errno)
    case "renumber":
      guard words.count == 3 else { throw ScenarioWordError(word: "renumber") }
      return .renumber(
        try wanted(IPv6Address(value), value),
        words[2] == "-" ? nil : try wanted(IPv6Address(words[2]), words[2]))
    case "snapshot": return .snapshot
    case "stop": return .stop
    case "abandon": return .abandon
    case "path":
      let path = try wanted(paths.first { $0.name == value }, value)
      return .path(VirtualPath(path.nodes, seed: configuration.seed))
    case "reload":
      let new = try wanted(planNames.firstIndex(of: value), value)
      let kept = plans[new].keys.map { key in plans[current].keys.firstIndex(of: key) }
      current = new
      reloadedPlans.append(new)
      var configuration = configuration
      (configuration.groups, configuration.targets) = (plans[new].groups, plans[new].targets)
      return .reload(configuration, kept: kept)
    default:
      let address = try wanted(IPv6Address(words[0]), words[0])
      var host = try wanted(hosts[address], words[0])
      for word in words.dropFirst() { try host.apply(word) }
      hosts[address] = host
      return .host(address, host)
    }
  }
}
