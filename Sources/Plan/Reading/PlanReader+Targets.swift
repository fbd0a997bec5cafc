import ProbeEngine
import Wire
import YAML

/// What the targets of one group have in common, and what has been read of them.
struct TargetList {
  let kind: PlanProbe
  /// Zone of link-local targets without one.
  let interface: String?
  let port: UInt16?
  let limit: Int
  /// One of them needs the group's port.
  var lacksPort = false
  /// Addresses in prefixes so far.
  var addresses = 0
  /// Lines by target.
  var lines: [SamplePlan.Target: Int] = [:]

  init(kind: PlanProbe, interface: String?, port: UInt16?, limit: Int) {
    self.kind = kind
    self.interface = interface
    self.port = port
    self.limit = limit
  }
}

extension PlanReader {
  mutating func targets(_ node: YAMLNode, _ list: inout TargetList) -> [SamplePlan.Target] {
    guard let elements = self.list(node, "targets", example: "[\"2001:db8::1\", host.example]") else {
      return []
    }
    if elements.isEmpty { report("targets is empty; give one at least", at: node) }
    var targets: [SamplePlan.Target] = []
    for element in elements {
      guard let target = target(element, &list) else { continue }
      if let line = list.lines.updateValue(element.place.line, forKey: Self.same(target, list)) {
        report("this target stands in line \(line) already", at: element)
        continue
      }
      targets.append(target)
    }
    return targets
  }

  /// Equal for targets that are one: in whatever form it is written, and with the port it will have.
  static func same(_ target: SamplePlan.Target, _ list: TargetList) -> SamplePlan.Target {
    switch target {
    case .host(let host, let port, _): .host(host, port: port ?? list.port, text: "")
    case .allAddresses(let name, let port): .allAddresses(name: name, port: port ?? list.port)
    case .prefix(let prefix):
      .prefix(AddressPrefix(text: "", bits: prefix.bits, length: prefix.length, zone: prefix.zone))
    case .file: target
    }
  }

  private mutating func target(_ node: YAMLNode, _ list: inout TargetList) -> SamplePlan.Target? {
    switch node.content {
    case .scalar(let text, _):
      guard !node.isNull else {
        report("a target is missing here", at: node)
        return nil
      }
      do throws(TargetTextError) {
        return try PlanTarget.parse(text, interfaces: interfaces, &list)
      } catch {
        report(error, at: node)
        return nil
      }
    case .mapping(let entries): return source(node, entries, &list)
    case .sequence:
      report("a target is a text; brackets make a list of it, so quote it: \"[2001:db8::1]:443\"", at: node)
      return nil
    }
  }

  /// `{file: FILE}` or `{all_addresses: NAME}`.
  private mutating func source(
    _ node: YAMLNode, _ entries: [YAMLNode.Entry], _ list: inout TargetList
  ) -> SamplePlan.Target? {
    // `fd00::` and `host: 443` are mappings to YAML.
    if entries.count == 1, let entry = entries.first, entry.key != "file", entry.key != "all_addresses",
      case .scalar(let rest, _) = entry.value.content,
      entry.key.utf8.contains(UInt8(ascii: ":")) || entry.value.isNull
        || (try? NumberText.integer(rest)) != nil
    {
      let text = entry.key + ":" + (entry.value.isNull ? "" : rest)
      report("YAML takes this for a mapping; quote it: \"\(text)\"", at: node)
      return nil
    }
    guard let values = mapping(node, "a target", keys: ["file", "all_addresses"]) else { return nil }
    if let all = values["all_addresses"], let file = values["file"] {
      report("file and all_addresses are two targets; write them one by one", at: max(all.place, file.place))
      return nil
    }
    if let file = values["file"] { return text(file, "file").map { .file($0) } }
    guard let all = values["all_addresses"] else {
      if entries.isEmpty { report("a target is a text, {file: FILE} or {all_addresses: NAME}", at: node) }
      return nil
    }
    guard let name = text(all, "all_addresses") else { return nil }
    do throws(TargetTextError) {
      guard
        case .host(.name(let name), let port, _) = try PlanTarget.parse(name, interfaces: interfaces, &list)
      else {
        report(
          "all_addresses looks a name up, and \"\(name.prefix(60))\" is none; write it as a target of its own",
          at: all)
        return nil
      }
      return .allAddresses(name: name, port: port)
    } catch {
      report(error, at: all)
      return nil
    }
  }
}

/// Reads one target of a group.
enum PlanTarget {
  static func parse(
    _ text: String, interfaces: [String], _ list: inout TargetList
  ) throws(TargetTextError) -> SamplePlan.Target {
    if text.utf8.contains(UInt8(ascii: "/")), !isURL(text) {
      let prefix = try AddressPrefix(parsing: text, defaultZone: list.interface, interfaces: interfaces)
      let (sum, overflow) = list.addresses.addingReportingOverflow(prefix.count)
      guard !overflow, sum <= list.limit else {
        throw TargetTextError(
          input: text, problem: .prefixTooLarge(count: prefix.countText, limit: list.limit))
      }
      list.addresses = sum
      if list.port == nil { list.lacksPort = true }
      return .prefix(prefix)
    }
    var (host, port): (String, UInt16?) = (text, nil)
    if list.kind.hasPort {
      (host, port) = try TargetText.splittingPort(text)
      if port == nil, list.port == nil { list.lacksPort = true }
    }
    let target: TargetText
    do throws(TargetTextError) {
      target = try TargetText.parse(host, defaultZone: list.interface, interfaces: interfaces)
    } catch {
      // The words for it speak of what was typed.
      throw TargetTextError(input: text, problem: error.problem, mayHavePort: list.kind.hasPort)
    }
    if case .address(let address, let zone) = target {
      // `::` stands for a name without an address, in engine and records.
      if address == .unspecified || (list.kind != .icmp6 && address.isMulticast) {
        throw TargetTextError(input: text, problem: .notUnicast)
      }
      if list.kind == .ndisc, let zone, let link = list.interface, zone != link {
        throw TargetTextError(input: text, problem: .otherLink(chosen: link))
      }
    }
    return .host(target, port: port, text: text)
  }

  private static func isURL(_ text: String) -> Bool {
    zip(text.utf8, text.utf8.dropFirst()).contains { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "/") }
  }
}
