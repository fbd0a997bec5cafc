import ProbeEngine
import Timing
import YAML

/// Makes a plan of a YAML tree and notes all that is wrong on the way.
struct PlanReader {
  var plan = SamplePlan()
  let interfaces: [String]
  private(set) var problems: [PlanProblem] = []
  /// Lines of groups by name.
  var groupLines: [String: Int] = [:]

  init(interfaces: [String]) { self.interfaces = interfaces }

  mutating func report(_ text: String, at place: YAMLPlace) {
    problems.append(PlanProblem(line: place.line, column: place.column, .text(text)))
  }
  mutating func report(_ text: String, at node: YAMLNode) { report(text, at: node.place) }
  mutating func report(_ error: TargetTextError, at node: YAMLNode) {
    problems.append(PlanProblem(line: node.place.line, column: node.place.column, .target(error)))
  }

  /// Throws what has been noted, in the order of the text; what is found twice is told once.
  func finish() throws(PlanProblems) {
    guard !problems.isEmpty else { return }
    let sorted = problems.enumerated().sorted { a, b in
      (a.element.line ?? .max, a.element.column ?? .max, a.offset)
        < (b.element.line ?? .max, b.element.column ?? .max, b.offset)
    }
    var told: [PlanProblem] = []
    for (_, problem) in sorted where told.last != problem { told.append(problem) }
    throw PlanProblems(Array(told.prefix(PlanText.problemLimit)))
  }

  mutating func read(_ root: YAMLNode) {
    if root.isNull {
      report("the plan is empty; it has at least version: 1 and groups", at: root)
      return
    }
    guard
      let values = mapping(
        root, "a plan", keys: ["version", "defaults", "groups", "run", "output", "gates"],
        elsewhere: Self.misplaced)
    else { return }
    if let version = values["version"] {
      if integer(version, "version", 0...Int128(UInt64.max)).map({ $0 != 1 }) ?? false {
        report("version is 1; this probe6 knows no other", at: version)
      }
    } else {
      report("version is missing; write version: 1", at: root)
    }
    let run = values["run"].map { self.run($0) } ?? RunSettings()
    let defaults = values["defaults"].map { self.defaults($0) } ?? GroupSettings()
    if let groups = values["groups"] {
      self.groups(groups, defaults, run)
    } else {
      report(
        "groups are missing; write groups: [{name: nodes, probe: icmp6, targets: [\"2001:db8::1\"]}]",
        at: root)
    }
    if let outputs = values["output"] { self.outputs(outputs) }
    if let gates = values["gates"] { self.gates(gates) }
  }

  /// What stands under `run` and is also said of groups.
  struct RunSettings {
    var isPoisson: Bool?
    var count: UInt64?
  }

  private mutating func run(_ node: YAMLNode) -> RunSettings {
    var settings = RunSettings()
    guard
      let values = mapping(
        node, "run", keys: ["duration", "count", "warmup", "splay", "schedule", "seed", "resolve"],
        elsewhere: {
          GroupSettings.keys.contains($0) ? "\($0) is said in defaults or of a group, not of the run" : nil
        })
    else { return settings }
    plan.duration = time(values["duration"], "duration")
    settings.count = integer(values["count"], "count", 1...Int128(UInt64.max)).map { UInt64(clamping: $0) }
    if let count = values["count"], values["duration"] != nil {
      report("count and duration are two ways to end a run; leave one away", at: count)
    }
    plan.warmup = time(values["warmup"], "warmup", allowsZero: true) ?? .zero
    plan.splay = time(values["splay"], "splay", allowsZero: true) ?? .zero
    for (name, length) in [("warmup", plan.warmup), ("splay", plan.splay)] {
      if let duration = plan.duration, length >= duration, let at = values[name] {
        report("\(name) must be shorter than the run's duration, else nothing is measured", at: at)
      }
    }
    settings.isPoisson = word(values["schedule"], "schedule", among: ["constant", "poisson"]).map {
      $0 == "poisson"
    }
    plan.seed = integer(values["seed"], "seed", 0...Int128(UInt64.max), allowsHex: true).map {
      UInt64(clamping: $0)
    }
    if let resolve = time(values["resolve"], "resolve", allowsZero: true) { plan.resolveInterval = resolve }
    return settings
  }

  private mutating func outputs(_ node: YAMLNode) {
    guard let elements = list(node, "output", example: "[{ndjson: run.ndjson}]") else { return }
    var lines: [String: Int] = [:]
    let formats = SamplePlan.Output.Format.allCases.map(\.rawValue)
    for element in elements {
      guard let values = mapping(element, "an output", keys: formats) else { continue }
      guard values.count <= 1 else {
        report("an output has one format and one file; make \(values.count) outputs of it", at: element)
        continue
      }
      guard let (name, value) = values.first, let format = SamplePlan.Output.Format(rawValue: name) else {
        if case .mapping(let entries) = element.content, entries.isEmpty {
          report("an output is {FORMAT: FILE}, FORMAT one of \(formats.joined(separator: ", "))", at: element)
        }
        continue
      }
      guard let path = text(value, "the file of an output") else { continue }
      if let line = lines.updateValue(value.place.line, forKey: Self.normalized(path)) {
        report(
          "the output in line \(line) goes to \"\(path)\" already; give each output a file of its own",
          at: value)
      }
      plan.outputs.append(SamplePlan.Output(format: format, path: path))
    }
  }

  /// The same file in the same words: no `.`, no empty part.
  private static func normalized(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  private mutating func gates(_ node: YAMLNode) {
    guard let elements = list(node, "gates", example: "[\"nodes: p99 < 2ms\"]") else { return }
    var lines: [String: Int] = [:]
    for element in elements {
      guard case .scalar(let text, _) = element.content, !element.isNull else {
        if case .mapping(let entries) = element.content, entries.count == 1, let entry = entries.first,
          case .scalar(let rest, _) = entry.value.content
        {
          report(
            "a gate is one text, and YAML takes its colon for a mapping; quote it: \"\(entry.key): \(rest)\"",
            at: element)
        } else {
          report("a gate is a text, such as \"nodes: p99 < 2ms\"", at: element)
        }
        continue
      }
      gate(text, at: element, &lines)
    }
  }

  private mutating func gate(_ text: String, at element: YAMLNode, _ lines: inout [String: Int]) {
    do throws(GateTextError) {
      var gate = try GateText.parse(text, groups: plan.groups.map(\.group.name) + unreadableGroups)
      if case .target(let group, let name) = gate.scope {
        gate.scope = .target(group: group, name: try target(name, in: group, gate.text))
      }
      if let line = lines[gate.text] {
        report("the gate \"\(gate.text)\" stands in line \(line) already", at: element)
      } else {
        lines[gate.text] = element.place.line
      }
      plan.gates.append(gate)
    } catch {
      report(error.text, at: element)
    }
  }

  /// Groups that have a name and could not be read otherwise: a gate on one is not wrong.
  private var unreadableGroups: [String] {
    let known = Set(plan.groups.map(\.group.name))
    return groupLines.keys.filter { !known.contains($0) }.sorted()
  }

  /// The target as its group writes it, so that a gate may write an address in another form.
  private func target(_ name: String, in group: String, _ gate: String) throws(GateTextError) -> String {
    guard let group = plan.groups.first(where: { $0.group.name == group }) else { return name }
    let (bare, port) = (try? TargetText.splittingPort(name)) ?? (name, nil)
    let wanted = try? TargetText.parse(bare, defaultZone: group.group.path.interface)
    var names: [String] = []
    for target in group.targets {
      // What a prefix, a file or a name's addresses are is not known here.
      guard case .host(let host, let ownPort, let text) = target else { return name }
      if text == name || (host == wanted && (port == nil || port == ownPort ?? group.port)) { return text }
      names.append(text)
    }
    let hint =
      Suggestion.nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" }
      ?? (names.isEmpty ? "" : "; it has " + GateText.listed(names))
    throw GateTextError(
      text: "gate \"\(gate)\": group \(group.group.name) has no target \"\(name)\"\(hint)")
  }

  /// A key of another level.
  private static func misplaced(_ key: String) -> String? {
    if ["duration", "warmup", "splay", "seed", "resolve"].contains(key) {
      return "\(key) is said of the run; write run: {\(key): …}"
    }
    if GroupSettings.keys.contains(key) {
      return "\(key) is said in defaults or of a group, not of the plan; write defaults: {\(key): …}"
    }
    return nil
  }
}
