import Plan
import ProbeEngine
import Runtime
import Timing

/// One reading of the arguments of `probe6 ping`: the state between its options.
struct PingVerbParse: VerbParse {
  static var verb: String { "ping" }
  private typealias Limits = IputilsPing.Limits
  private enum Until { case count, reply, up, down }
  private enum ScheduleKind: Hashable { case constant, poisson, burst(Int) }

  private var request = PingRequest()
  private var output = PingOutputOptions(style: .text, exitPolicy: .verb)
  /// A million slots hold the probes in flight, and a run is to end some day.
  private static let largestLimit = 1 << 24
  /// Where nobody has said how fast, all targets together are asked so often.
  private static let usualSpacing = Nanoseconds.microseconds(100)

  private var lists: [TargetList] = []
  private var limit: Int?
  private var count: UInt64?
  private var interval: Nanoseconds?
  private var until: Until?
  private var isAdaptive = false
  private var schedule: ScheduleKind?
  private var nodeInformation = NodeInformationText()
  private var probe: String?
  private var isNeighbor = false
  /// The option that chose the path, the arrival or the style, to name it in a conflict.
  private var chosen: [String] = []

  mutating func take(_ found: OptionScanner<PingVerbOption>.Found) throws(EarlyExit) {
    let name = found.name
    let argument = found.argument ?? ""
    switch found.key {
    case .help: throw EarlyExit(standardOutput: HelpText.render(.ping), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
    case .ipv6: break
    case .ipv4: throw error("-4: probe6 is IPv6 only")

    case .file: lists.append(argument == "-" ? .standardInput : .file(try path(name, argument)))
    case .allAddresses: request.asksAllAddresses = true
    case .limit: limit = Int(try integer(name, argument, 1...Int128(Self.largestLimit)))

    case .count: count = UInt64(try integer(name, argument, 1...Int128(Int64.max)))
    case .interval: interval = try time(name, argument, allowsZero: true)
    case .deadline: request.configuration.deadline = try time(name, argument)
    case .timeout: request.configuration.wait = .perProbe(try time(name, argument))
    case .until:
      until = try choice(name, argument, ["count": .count, "reply": .reply, "up": .up, "down": .down])
    case .ignoreErrors: output.ignoresErrors = true
    case .flood: output.isFlood = true
    case .adaptive: isAdaptive = true
    case .preload:
      request.configuration.preload = Int(try integer(name, argument, 1...Int128(Limits.preload)))
    case .pace: request.isPacePrecise = try choice(name, argument, ["normal": false, "precise": true])
    case .schedule: try setSchedule(name, argument)

    case .size:
      request.configuration.payloadLength = Int(try integer(name, argument, 0...Int128(Limits.payload)))
    case .pattern: try setPattern(name, argument)
    case .identifier: request.identifier = UInt16(try integer(name, argument, 0...65_535))
    case .hopLimit: request.hopLimit = UInt8(try integer(name, argument, 0...255))
    case .trafficClass: request.trafficClass = UInt8(try integer(name, argument, 0...255, allowsHex: true))
    case .flowLabel: request.flowLabel = UInt32(try integer(name, argument, 0...0xf_ffff, allowsHex: true))
    case .nodeInformation: try addNodeInformation(name, argument)
    case .probe: probe = argument
    case .neighbor: isNeighbor = true
    case .seed: request.seed = UInt64(try integer(name, argument, 0...Int128(UInt64.max), allowsHex: true))

    case .source: try source(name, argument).apply(to: &request)
    case .interface: try interface(name, argument).apply(to: &request)
    case .sticky: request.isSourceFixed = true
    case .mark: request.mark = UInt32(try integer(name, argument, 0...Int128(UInt32.max), allowsHex: true))
    case .pathMTU:
      request.pathMTUDiscovery = try choice(
        name, argument, ["do": .do, "dont": .dont, "want": .want, "probe": .probe])
    case .sendBuffer: request.sendBuffer = Int(try integer(name, argument, 1...Int128(Int32.max)))
    case .noLoop: request.isMulticastLoopOff = true
    case .noRoute: request.isRoutingBypassed = true
    case .debug: request.isSocketDebugged = true
    case .raw: try setPath(.raw, name)
    case .datagram: try setPath(.datagram, name)
    case .capture: request.arrival = try choice(name, argument, ["socket": .socket, "pcap": .pcap])
    case .userToUser: request.configuration.measuresUserToUser = true

    case .json: try setStyle(.json)
    case .csv: try setStyle(.csv)
    case .quiet: output.isQuiet = true
    case .verbose: output.isVerbose = true
    case .numeric:
      output.isNumeric = true
      output.forcesNames = false
    case .names:
      output.isNumeric = false
      output.forcesNames = true
    case .audible: output.isAudible = true
    case .timestamps: output.showsTimestamps = true
    case .outstanding:
      request.configuration.reportsOutstanding = true
      output.reportsOutstanding = true
    case .reportSent: request.configuration.reportsSent = true
    case .timing: output.showsTiming = true
    case .histogram: output.showsHistogram = true
    case .threeDecimals: output.isPrecise = true
    }
  }

  mutating func finish(_ operands: [String]) throws(EarlyExit) -> PingInvocation {
    guard !operands.isEmpty || !lists.isEmpty else {
      throw error("no target; give a name or an IPv6 address")
    }
    if operands.contains("-") { lists.insert(.standardInput, at: 0) }
    if lists.filter({ $0 == .standardInput }).count > 1 {
      throw error("-: standard input can be read only once")
    }
    request.targetNames = operands.filter { $0 != "-" }
    request.looksUpNames = !output.isNumeric
    output.showsSource = request.source != nil || request.interface != nil || request.isSourceFixed
    try setPace()
    try setEnd()
    try setMessage()
    try checkPath()
    var invocation = PingInvocation(request: request, output: output)
    invocation.targetLists = lists
    if let limit { invocation.addressLimit = limit }
    return invocation
  }

  // MARK: what the options add up to

  private mutating func setPace() throws(EarlyExit) {
    let isFast = output.isFlood && interval == nil
    if isFast || isAdaptive, schedule != nil || request.isPacePrecise {
      throw error("--schedule and --pace have no meaning with \(isFast ? "--flood" : "--adaptive")")
    }
    if isAdaptive {
      request.configuration.pace = .adaptive(minimum: interval ?? .zero)
    } else if isFast {
      request.configuration.pace = .flood(window: request.configuration.preload)
    } else {
      if interval == nil { request.leastSpacing = Self.usualSpacing }
      let interval = interval ?? .seconds(1)
      guard interval > .zero else {
        throw error("--interval 0: to send as fast as replies come, say --flood")
      }
      switch schedule ?? .constant {
      case .constant: request.configuration.pace = .schedule(.constant(interval: interval))
      case .poisson: request.configuration.pace = .schedule(.poisson(mean: interval))
      case .burst(let count): request.configuration.pace = .schedule(.burst(count: count, interval: interval))
      }
    }
    output.showsPace = isAdaptive || output.isFlood
  }

  private mutating func setEnd() throws(EarlyExit) {
    switch until {
    case nil: request.configuration.until = count.map { .attempted($0) } ?? .stopped
    case .count:
      guard let count else { throw error("--until count needs --count") }
      request.configuration.until = .attempted(count)
    case .reply:
      request.configuration.until = .replied(count ?? 1)
      request.configuration.stopsAtError = !output.ignoresErrors
    case .up:
      if count != nil { throw error("--count has no meaning with --until up; limit the run with --deadline") }
      request.configuration.until = .replied(1)
      output.ignoresErrors = true
    case .down:
      if count != nil {
        throw error("--count has no meaning with --until down; limit the run with --deadline")
      }
      if output.ignoresErrors { throw error("--ignore-errors has no meaning with --until down") }
      request.configuration.until = .down
    }
  }

  private mutating func setMessage() throws(EarlyExit) {
    let question: NodeInformationQuestion?
    do throws(NodeInformationProblem) {
      question = try nodeInformation.question()
    } catch {
      throw self.error("--node-info: a subject without a query; add name, ipv6 or ipv4")
    }
    if let question {
      if probe != nil { throw error("--probe and --node-info exclude each other") }
      request.configuration.message = .nodeInformation(question)
    }
    guard let probe else {
      if isNeighbor { throw error("--neighbor has no meaning without --probe") }
      return
    }
    let interface = try interfaceAsked(probe)
    if isNeighbor {
      switch interface {
      case .ipv6, .ipv4: break
      // RFC 8335 §4: where the L bit is clear, the interface is identified by address.
      case .name, .index:
        throw error("--neighbor: a neighbor is known by its address only, not by \(quoted(probe))")
      }
    }
    request.configuration.message = .extendedEcho(
      InterfaceQuestion(interface: interface, isLocal: !isNeighbor))
  }

  private func interfaceAsked(_ text: String) throws(EarlyExit) -> InterfaceQuestion.Interface {
    if let address = TargetText.ipv6Address(text) { return .ipv6(address) }
    if let address = TargetText.ipv4Address(text) { return .ipv4(address) }
    do throws(NumberProblem) {
      guard let index = UInt32(exactly: try NumberText.integer(text)), index > 0 else { throw .overflow }
      return .index(index)
    } catch {
      if error == .overflow {
        throw self.error("--probe: \(quoted(text)) is not an index; allowed: 1 to 4294967295")
      }
    }
    // RFC 8335 §2.1: padded to a multiple of four octets in an object of 16-bit length; 255 is ifName's bound.
    guard (1...255).contains(text.utf8.count), !text.utf8.contains(UInt8(ascii: ":")) else {
      throw error("--probe: \(quoted(text)) is not an interface name, index or address")
    }
    return .name(Array(text.utf8))
  }

  private mutating func checkPath() throws(EarlyExit) {
    if case .nodeInformation = request.configuration.message { try requireRaw("--node-info") }
    if request.identifier == 0 { try requireRaw("--identifier 0") }
    if request.path == .datagram, request.arrival == .pcap {
      throw error("--capture pcap needs a raw socket, and excludes --datagram")
    }
  }

  private mutating func requireRaw(_ name: String) throws(EarlyExit) {
    if request.path == .datagram { throw error("\(name) needs a raw socket, and excludes --datagram") }
    request.path = .raw
  }

  // MARK: options with more to them

  private mutating func setPath(_ path: PingRequest.Path, _ name: String) throws(EarlyExit) {
    if request.path != .automatic, request.path != path {
      throw error("--raw and --datagram exclude each other")
    }
    request.path = path
  }

  private mutating func setStyle(_ style: PingOutputOptions.Style) throws(EarlyExit) {
    if output.style != .text, output.style != style { throw error("--json and --csv exclude each other") }
    output.style = style
  }

  private mutating func setSchedule(_ name: String, _ text: String) throws(EarlyExit) {
    if text.hasPrefix("burst:") {
      schedule = .burst(
        Int(try integer("\(name) burst:N", String(text.dropFirst(6)), 1...Int128(Limits.preload))))
    } else if text == "constant" {
      schedule = .constant
    } else if text == "poisson" {
      schedule = .poisson
    } else {
      throw error("\(name): \(quoted(text)); allowed: constant, poisson, burst:N")
    }
  }

  private mutating func setPattern(_ name: String, _ text: String) throws(EarlyExit) {
    request.configuration.pattern = try pattern(name, text)
    output.patternText = text.lowercased()
  }

  private mutating func addNodeInformation(_ name: String, _ word: String) throws(EarlyExit) {
    let allowed = (NodeInformationText.queries + NodeInformationText.subjects).joined(separator: ", ")
    do throws(NodeInformationProblem) {
      try nodeInformation.add(word)
    } catch {
      switch error {
      case .help: throw EarlyExit(standardOutput: "\(name) takes: \(allowed)\n", exitCode: 0)
      case .unknownWord, .noQuery: throw self.error("\(name): \(quoted(word)); allowed: \(allowed)")
      case .queryConflict:
        throw self.error("\(name): \(quoted(word)) asks something else than the query before it")
      case .subjectConflict:
        throw self.error("\(name): \(quoted(word)) is another kind of subject than the one before")
      case .badName(let text): throw self.error("\(name): \(quoted(text)) is not a name for a subject")
      case .badAddress(let text): throw self.error("\(name): \(quoted(text)) is not an address for a subject")
      }
    }
  }
}
