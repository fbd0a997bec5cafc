import Plan
import ProbeEngine
import Runtime
import Timing
import Wire

/// One reading of the arguments of `probe6 trace`: the state between its options.
struct TraceVerbParse: VerbParse {
  static var verb: String { "trace" }

  private enum Limits {
    /// A hop with more probes says no more, and the numbers of hops and queries stay small.
    static let queries: Int128 = 255
    /// So many seconds are eleven days at the shortest sensible interval.
    static let rounds: Int128 = 1_000_000
    static let inFlight: Int128 = 1_000_000
    /// IPv6 and UDP header (RFC 8200 §3, RFC 768); an echo has as many.
    static let smallestPacket: Int128 = 48
    /// The payload length field, and the header before it (RFC 8200 §3).
    static let largestPacket: Int128 = 65_575
    /// An Ethernet link carries half of it with the shortest packets at 1 Gbit/s.
    static let rate = 3_000_000.0
    /// As many as a segment routing header may list here (RFC 8754 §2: 8-bit length, two units each).
    static let gateways = 127
  }

  private var request = TraceRequest()
  private var output = TraceOutputOptions()
  private var lists: [TargetList] = []
  /// Each choice with the option that made it, to name it in a conflict.
  private var method: (TraceConfiguration.Method, name: String)?
  private var mode: (TraceVerbOption, name: String)?
  private var style: (TraceOutputOptions.Style, name: String)?
  private var path: (TraceRequest.Path, name: String)?
  private var port: UInt16?
  private var queries: Int?
  private var confidence: Double?
  private var rounds: Int?
  private var interval: Nanoseconds?
  private var packetSize: Int?
  private var hasPattern = false
  private var sharesHops: Bool?

  mutating func take(_ found: OptionScanner<TraceVerbOption>.Found) throws(EarlyExit) {
    let name = found.name
    let argument = found.argument ?? ""
    switch found.key {
    case .help: throw EarlyExit(standardOutput: HelpText.render(.trace), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
    case .ipv6: break
    case .ipv4: throw error("-4: probe6 is IPv6 only")

    case .method:
      let method: TraceConfiguration.Method = try choice(
        name, argument, ["udp": .udp, "icmp": .icmp, "tcp": .tcp, "connect": .connect])
      try choose(&self.method, method, "\(name) \(argument)")
    case .udp: try choose(&method, .udp, name)
    case .icmp: try choose(&method, .icmp, name)
    case .tcp: try choose(&method, .tcp, name)
    case .port: port = UInt16(try integer(name, argument, 1...65_535))
    case .sourcePort: request.sourcePort = UInt16(try integer(name, argument, 1...65_535))
    case .queries: queries = Int(try integer(name, argument, 1...Limits.queries))
    case .firstHop: request.configuration.firstHop = UInt8(try integer(name, argument, 1...255))
    case .maximumHops: request.configuration.maximumHops = UInt8(try integer(name, argument, 1...255))
    case .classic: request.configuration.correlation = .portPerProbe

    case .paths, .pathMTU, .live: try choose(&mode, found.key, name)
    case .confidence: confidence = try choice(name, argument, ["95": 0.95, "99": 0.99])
    case .report:
      try choose(&mode, .report, name)
      rounds = Int(try integer(name, argument, 1...Limits.rounds))
    case .interval: interval = try time(name, argument)

    case .packetSize:
      packetSize = Int(try integer(name, argument, Limits.smallestPacket...Limits.largestPacket))
    case .payloadSize:
      throw error(
        "\(name): ping counts the octets of payload; say --packet-size, octets of the whole packet")
    case .pattern:
      request.configuration.payload = .pattern(try pattern(name, argument))
      hasPattern = true
    case .trafficClass:
      request.configuration.trafficClass = UInt8(try integer(name, argument, 0...255, allowsHex: true))
    case .flowLabel: request.flowLabel = UInt32(try integer(name, argument, 0...0xf_ffff, allowsHex: true))
    case .gateway: try addGateway(name, argument)
    case .seed: request.seed = UInt64(try integer(name, argument, 0...Int128(UInt64.max), allowsHex: true))

    case .source: try source(name, argument).apply(to: &request)
    case .interface: try interface(name, argument).apply(to: &request)
    case .mark: request.mark = UInt32(try integer(name, argument, 0...Int128(UInt32.max), allowsHex: true))
    case .noRoute: request.isRoutingBypassed = true
    case .debug: request.isSocketDebugged = true
    case .raw: try choose(&path, .raw, name)
    case .unprivileged: try choose(&path, .errorQueue, name)

    case .rate: request.configuration.rate = try rate(name, argument)
    case .inFlight:
      request.configuration.maximumInFlight = Int(try integer(name, argument, 1...Limits.inFlight))
    case .perHop: request.configuration.inFlightPerHop = Int(try integer(name, argument, 1...Limits.queries))
    case .wait: request.configuration.wait = .fixed(try time(name, argument))
    case .gapLimit: request.configuration.gapLimit = Int(try integer(name, argument, 1...255))
    case .deadline: request.configuration.deadline = try time(name, argument)

    case .file: lists.append(.file(try path(name, argument)))
    case .shareHops: sharesHops = true
    case .noShareHops: sharesHops = false

    case .json: try choose(&style, .json, name)
    case .format:
      let style: TraceOutputOptions.Style = try choice(
        name, argument,
        ["text": .text, "json": .json, "atlas": .atlas, "scamper": .scamper, "dot": .dot])
      try choose(&self.style, style, "\(name) \(argument)")
    case .systemsFile: output.systemsFile = try path(name, argument)
    case .numeric: output.isNumeric = true
    case .verbose: output.isVerbose = true
    case .timestamps: output.showsTimestamps = true
    }
  }

  mutating func finish(
    _ operands: [String], interfaces: () -> [String]
  ) throws(EarlyExit) -> TraceInvocation {
    if operands.contains("-") { lists.insert(.standardInput, at: 0) }
    if operands.filter({ $0 == "-" }).count > 1 { throw error("-: standard input can be read only once") }
    var targets = TraceTargets(zone: request.interface, port: port)
    for operand in operands where operand != "-" {
      do throws(TargetTextError) { try targets.add(operand, interfaces: interfaces) } catch {
        throw EarlyExit(standardError: "probe6 trace: \(error.message)\n", exitCode: 2)
      }
    }
    guard !targets.names.isEmpty || !lists.isEmpty else {
      throw error("no target; give a name or an IPv6 address")
    }
    try setMode()
    try setMethod()
    try setPacket()
    try setSharing(isSingle: targets.names.count == 1 && lists.isEmpty)
    try setStyle()
    var invocation = TraceInvocation(request: request, output: output)
    invocation.targetLists = lists
    invocation.take(targets)
    if let problem = invocation.portProblem { throw error(problem) }
    return invocation
  }

  // MARK: what the options add up to

  private mutating func setMode() throws(EarlyExit) {
    if confidence != nil, mode?.0 != .paths { throw error("--confidence has no meaning without --paths") }
    if interval != nil, mode?.0 != .live, mode?.0 != .report {
      throw error("--interval has no meaning without --live or --report")
    }
    switch mode?.0 {
    case .paths?:
      try refuse(queries != nil, "--queries", "--paths sends as many probes as its confidence asks for")
      try refuse(request.flowLabel != nil, "--flow-label", "--paths varies it")
      try refuse(request.sourcePort != nil, "--source-port", "--paths varies it")
      try refuse(
        request.configuration.correlation == .portPerProbe, "--classic",
        "--paths follows flows, and --classic changes the flow with every probe")
      request.configuration.mode = .paths(confidence: confidence ?? 0.95)
    case .pathMTU?:
      request.configuration.mode = .mtu
    case .live?, .report?:
      try refuse(queries != nil, "--queries", "each round sends one probe to a hop")
      request.configuration.mode = .rounds(count: rounds, interval: interval ?? .seconds(1))
    default: break
    }
    if let queries { request.configuration.queries = queries }
    guard request.configuration.firstHop <= request.configuration.maximumHops else {
      throw error(
        "--first \(request.configuration.firstHop) is beyond the last hop, --max-hops \(request.configuration.maximumHops)"
      )
    }
  }

  private mutating func setMethod() throws(EarlyExit) {
    let method = method?.0 ?? .udp
    request.configuration.method = method
    switch method {
    case .udp: request.configuration.flow.destinationPort = 33_434
    case .tcp, .connect: request.configuration.flow.destinationPort = 80
    case .icmp: request.configuration.flow.destinationPort = 0
    }
    if let path { request.path = path.0 }
    if !request.gateways.isEmpty {
      try refuse(method == .connect, "--gateway", "connect(2) makes its own packets")
      try refuse(
        path?.0 == .errorQueue, "--gateway", "it needs a raw socket, and --unprivileged excludes that")
      request.path = .raw
    }
    guard method == .connect else { return }
    try refuse(path?.0 == .raw, "--raw", "--method connect leaves the packets to the kernel")
    try refuse(packetSize != nil, "--packet-size", "connect(2) makes its own packets")
    try refuse(mode?.0 == .pathMTU, "--mtu", "connect(2) makes its own packets")
  }

  private mutating func setPacket() throws(EarlyExit) {
    let method = request.configuration.method
    try refuse(
      hasPattern && (method == .tcp || method == .connect), "--pattern", "a SYN carries no payload here")
    if let packetSize {
      request.configuration.packetLength = packetSize
    } else if case .mtu = request.configuration.mode {
      // The MTU of the link that it leaves by.
      request.configuration.packetLength = 0
    }
  }

  private mutating func setSharing(isSingle: Bool) throws(EarlyExit) {
    if sharesHops == true {
      try refuse(mode != nil, "--share-hops", "\(mode?.name ?? "") asks every hop anew")
      try refuse(isSingle, "--share-hops", "there is one target")
    }
    request.configuration.sharesHops = mode == nil && !isSingle && sharesHops ?? true
    request.keepsGoingWithoutNames = !isSingle
  }

  private mutating func setStyle() throws(EarlyExit) {
    let mode = mode?.0
    switch style?.0 {
    case nil, .text?: output.style = mode == .live ? .live : mode == .report ? .report : .text
    case .dot?:
      try refuse(mode != .paths, "--format dot", "only --paths makes a graph")
      output.style = .dot
    case .atlas?, .scamper?:
      try refuse(
        mode != nil, style?.name ?? "", "that format has no place for what \(self.mode?.name ?? "") finds")
      output.style = style?.0 ?? .text
    case .json?, .report?, .live?: output.style = .json
    }
    // The graph's nodes show their times; everywhere else hops say all, but for what comes after them.
    let showsGraph = mode == .paths && output.style == .text
    request.configuration.reportsProbes =
      output.style == .json || mode == .live || mode == .report || showsGraph
    request.configuration.reportsLate = true
  }

  // MARK: options with more to them

  private mutating func addGateway(_ name: String, _ text: String) throws(EarlyExit) {
    guard let address = TargetText.ipv6Address(text), !address.needsZone, !address.isMulticast else {
      throw error("\(name): \(quoted(text)) is not a unicast IPv6 address of global scope")
    }
    guard request.gateways.count < Limits.gateways else {
      throw error("\(name): \(Limits.gateways) gateways are the most that a routing header holds")
    }
    request.gateways.append(text)
  }

  /// Probes a second, with decimals.
  private func rate(_ name: String, _ text: String) throws(EarlyExit) -> Double {
    let allowed = "allowed: 0.001 to \(Int(Limits.rate)) probes a second"
    let value: Nanoseconds
    // The same digits as a length of time: thousandths of millionths are enough.
    do throws(NumberProblem) { value = try NumberText.seconds(text) } catch {
      throw self.error("\(name): \(quoted(text)) is not a number; \(allowed)")
    }
    let rate = Double(value.count) / 1e9
    guard rate >= 0.001, rate <= Limits.rate else {
      throw error("\(name): \(quoted(text)) is out of range; \(allowed)")
    }
    return rate
  }
}

extension TraceInvocation {
  /// Takes over the names, and the port that a name or an option gave.
  mutating func take(_ targets: TraceTargets) {
    request.targetNames = targets.names
    port = targets.port
    if let port = targets.port { request.configuration.flow.destinationPort = port }
    // A port that was asked for is part of the question; the flows of other modes keep theirs in any case.
    if case .paths = request.configuration.mode {
      request.configuration.isDestinationPortFixed = targets.port != nil
    }
  }

  /// What is wrong with the port, if anything is.
  var portProblem: String? {
    let configuration = request.configuration
    switch (configuration.method, configuration.correlation, configuration.mode) {
    case (.icmp, _, _):
      return port.map { "port \($0) makes no sense here: echo requests have none" }
    case (.udp, .portPerProbe, .hops):
      let hops = Int(configuration.maximumHops) - Int(configuration.firstHop) + 1
      let first = Int(configuration.flow.destinationPort)
      guard first + hops * configuration.queries > 65_536 else { return nil }
      return
        "--classic: from port \(first) on there are not enough for \(hops * configuration.queries) probes"
    default: return nil
    }
  }
}
