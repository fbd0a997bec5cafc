import ProbeEngine
import Wire

/// The keys of findings, and of what the kernel made of an advertisement.
struct LinkJSONFinding {
  let scope: LinkJSONScope

  func put(_ finding: Finding, into line: inout JSONLine) {
    line.put("kind", finding.kind.rawValue)
    line.put("severity", finding.severity.rawValue)
    if let address = finding.address { scope.put("address", address, into: &line) }
    line.put("link", link: finding.link)
    if let address = finding.otherAddress { scope.put("other_address", address, into: &line) }
    line.put("other_link", link: finding.otherLink)
    line.put("field", ifKnown: finding.field?.rawValue)
    if let prefix = finding.prefix { line.put("prefix", address: prefix) }
    if let length = finding.prefixLength { line.put("prefix_length", UInt64(length)) }
    if let rule = finding.rule { line.object("rule") { $0.put(rule) } }
    if let obstacle = finding.obstacle { line.object("obstacle") { put(obstacle, into: &$0) } }
    if let expected = finding.expected { put("expected", expected, into: &line) }
    if let found = finding.found { put("found", found, into: &line) }
    var text: [UInt8] = []
    FindingText(run: scope.run).put(finding, into: &text)
    line.put("text", octets: text)
  }

  private func put(_ key: String, _ value: Finding.Value, into line: inout JSONLine) {
    switch value {
    case .number(let number): line.put(key, number)
    case .flag(let flag): line.put(key, flag)
    case .address(let address): scope.put(key, address, into: &line)
    case .addresses(let addresses): line.put(key, addresses: addresses)
    case .prefix(let prefix, let length):
      var text: [UInt8] = []
      text.put(prefix, length: length)
      line.put(key, octets: text)
    case .link(let link): line.put(key, link: link)
    case .text(let text): line.put(key, octets: text)
    case .preference(let preference): line.put(key, preference.name)
    case .none: line.put(key, words: [])
    }
  }

  private func put(_ obstacle: AcceptanceObstacle, into object: inout JSONLine) {
    object.put("name", obstacle.name)
    switch obstacle {
    case .discarded(let rule), .optionIgnored(let rule): object.put("rule", rule.name)
    case .hopLimitTooLow(let minimum), .lifetimeTooShort(let minimum): object.put("minimum", Int64(minimum))
    case .routeTooLong(let maximum): object.put("maximum", Int64(maximum))
    default: break
    }
    var text: [UInt8] = []
    ObstacleText.put(obstacle, interface: scope.run.view.interface.name, into: &text)
    object.put("text", octets: text)
  }

  func put(_ part: AcceptedPart, into object: inout JSONLine) {
    switch part.part {
    case .defaultRouter: object.put("part", "default_router")
    case .prefix(let prefix, let length):
      object.put("part", "prefix")
      object.put(prefix: prefix, length: length)
    case .route(let prefix, let length):
      object.put("part", "route")
      object.put(prefix: prefix, length: length)
    case .mtu(let mtu):
      object.put("part", "mtu")
      object.put("mtu", UInt64(mtu))
    case .hopLimit(let hopLimit):
      object.put("part", "hop_limit")
      object.put("hop_limit", UInt64(hopLimit))
    }
    object.put("accepted", part.obstacles.isEmpty)
    object.objects("obstacles", part.obstacles) { put($0, into: &$1) }
    let kernel = LinkJSONKernel(scope: scope)
    object.objects("addresses", part.addresses) { kernel.put($0, into: &$1) }
    if let route = part.route { object.object("route") { kernel.put(route, into: &$0) } }
    if let mtu = part.mtu { object.put("used_mtu", UInt64(mtu)) }
  }
}
