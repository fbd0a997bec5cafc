import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// One reading of the arguments of `probe6 ndisc`: the state between its options.
struct NdiscVerbParse: VerbParse {
  static var verb: String { "ndisc" }

  private enum Limits {
    /// A neighbor that has not answered so many is not there.
    static let attempts: Int128 = 1_000
    static let rounds: Int128 = 1_000
    /// More than a gigabit link carries in a second.
    static let floodRate: Int128 = 10_000_000
    /// A router may take so long (RFC 4861 §6.2.6: 0.5 s, and 3 s where it answers to all).
    static let longestAnswer = Nanoseconds.milliseconds(3_500)
    /// Advertisements that nobody asked for may be so far apart (RFC 4861 §6.2.1: MaxRtrAdvInterval).
    static let advertisementsApart = "half an hour"
  }

  private var common = LinkVerbCommon()
  /// Options as typed that not every act understands.
  private var given: [(key: LinkVerbOption, name: String)] = []
  private var act: (LinkRun.Act, name: String)?
  private var unicastLink: LinkLayerAddress?
  private var lists: [TargetList] = []
  private var attempts: Int?
  private var wait: Nanoseconds?
  private var gap: Nanoseconds?
  private var duration: Nanoseconds?
  private var rounds: Int?
  private var baseline: TargetList?
  private var floodRate: Int?

  mutating func take(_ found: OptionScanner<LinkVerbOption>.Found) throws(EarlyExit) {
    if try common.take(found, self, help: .ndisc) {
      if Self.acts(found.key) != nil { given.append((found.key, found.name)) }
      return
    }
    let name = found.name
    let argument = found.argument ?? ""
    given.append((found.key, name))
    switch found.key {
    case .unicast:
      try choose(&act, .unicast, name)
      guard let text = found.argument else { return }
      do throws(LinkLayerText.Problem) { unicastLink = try LinkLayerText.station(text) } catch {
        throw self.error("\(name): \(LinkLayerText.message(text, error))")
      }
    case .duplicateDetection: try choose(&act, .dad, name)
    case .conformance: try choose(&act, .conformance, name)
    case .file: lists.append(argument == "-" ? .standardInput : .file(try path(name, argument)))
    case .count: attempts = Int(try integer(name, argument, 1...Limits.attempts))
    case .wait: wait = try time(name, argument)
    case .gap: gap = try time(name, argument, allowsZero: true)
    case .duration: duration = try time(name, argument)
    case .rounds: rounds = Int(try integer(name, argument, 1...Limits.rounds))
    case .baseline: baseline = argument == "-" ? .standardInput : .file(try path(name, argument))
    case .floodRate: floodRate = Int(try integer(name, argument, 1...Limits.floodRate))
    default: break
    }
  }

  mutating func finish(_ operands: [String], interfaces: () -> [String]) throws(EarlyExit) -> LinkInvocation {
    guard let word = operands.first, let act = Self.act(word) else {
      return try question(operands, interfaces: interfaces)
    }
    let chosen = act == .neighbors && isWatching ? .watch : act
    try check(chosen)
    let interface = try LinkVerbCommon.interfaceOperand(
      Array(operands.dropFirst()), self, what: word, interfaces: interfaces)
    var invocation = LinkInvocation(
      chosen, request: LinkRequest(.watch(WatchConfiguration(isContinuous: false))))
    try common.apply(to: &invocation, operand: interface, self)
    if act != .neighbors, invocation.request.interface == nil {
      throw error("\(word): which interface?" + LinkVerbCommon.offer(interfaces()))
    }
    switch act {
    case .scan: invocation.request.act = .scan(try scan())
    case .baseline: try setGuard(&invocation)
    default: invocation.request.act = .watch(watch())
    }
    return invocation
  }

  // MARK: a question to addresses

  private func question(_ operands: [String], interfaces: () -> [String]) throws(EarlyExit) -> LinkInvocation
  {
    let act = act?.0 ?? .resolve
    try check(act)
    var lists = lists
    if operands.contains("-") { lists.insert(.standardInput, at: 0) }
    if lists.count(where: { $0 == .standardInput }) > 1 {
      throw error("-: standard input can be read only once")
    }
    var configuration = NeighborConfiguration(targets: [], source: .unspecified)
    switch act {
    case .unicast: configuration.act = .unicast
    case .dad:
      configuration.act = .duplicateDetection
      // RFC 4862 §5.1: DupAddrDetectTransmits.
      configuration.attempts = 1
    default: configuration.act = .resolve
    }
    configuration.unicastLink = unicastLink
    if let attempts { configuration.attempts = attempts }
    if let wait { configuration.interval = wait }
    if let gap { configuration.gap = gap }
    configuration.stopsAtFirstAnswer = isGiven(.single)
    configuration.includesLinkLayerAddress = !isGiven(.noLinkOption)
    var invocation = LinkInvocation(
      act,
      request: LinkRequest(act == .conformance ? .conformance(configuration) : .neighbor(configuration)))
    try common.apply(to: &invocation, self)
    var targets = LinkTargets(interface: invocation.request.interface)
    for operand in operands where operand != "-" {
      do throws(TargetTextError) { try targets.add(operand, interfaces: interfaces) } catch {
        throw EarlyExit(standardError: "probe6 ndisc: \(error.message)\n", exitCode: 2)
      }
    }
    guard !targets.names.isEmpty || !lists.isEmpty else {
      throw error("no address; give one, or say neighbors, scan or guard")
    }
    if act == .conformance, targets.names.count + lists.count > 1 || !lists.isEmpty {
      throw error(
        "\(lists.isEmpty ? quoted(targets.names[1]) : "-"): --conformance is for one address at a time")
    }
    invocation.request.targetNames = targets.names
    invocation.targetLists = lists
    return invocation
  }

  // MARK: acts on the whole link

  private func watch() -> WatchConfiguration {
    var configuration = WatchConfiguration(isContinuous: isWatching)
    configuration.duration = duration
    return configuration
  }

  private func scan() throws(EarlyExit) -> ScanConfiguration {
    try refuse(
      isGiven(.noSolicit) && isGiven(.listeners), name(.listeners), "\(name(.noSolicit)) sends nothing")
    var configuration = ScanConfiguration()
    configuration.asksEcho = !isGiven(.noEcho) && !isGiven(.noSolicit)
    configuration.asksUnknownOption = !isGiven(.noUnknownOption) && !isGiven(.noSolicit)
    configuration.asksRouters = !isGiven(.noSolicit)
    configuration.asksListeners = isGiven(.listeners)
    if let rounds { configuration.rounds = rounds }
    if let gap { configuration.interval = gap }
    if let wait { configuration.patience = wait }
    return configuration
  }

  private func setGuard(_ invocation: inout LinkInvocation) throws(EarlyExit) {
    guard let baseline else {
      throw error("guard: which baseline? Say --baseline FILE, and --write the first time")
    }
    if isGiven(.write) {
      try refuse(isWatching, name(isGiven(.watch) ? .watch : .duration), "--write listens once, for --wait")
      try refuse(baseline == .standardInput, "\(name(.baseline)) -", "--write needs a file")
    } else {
      try refuse(isGiven(.force), "--force", "it belongs to --write")
    }
    var configuration = GuardConfiguration()
    configuration.solicits = !isGiven(.noSolicit)
    if isWatching {
      try refuse(wait != nil, name(.wait), "how long is what --for says")
      configuration.duration = duration
    } else {
      if let wait {
        if wait < Limits.longestAnswer, !isGiven(.noSolicit), !isGiven(.write) {
          invocation.notices.append(
            "\(name(.wait)): a router may take 3.5s to answer: in less, none is called missing")
        }
        configuration.duration = wait
      }
      try refuse(
        isGiven(.noSolicit) && wait == nil, name(.noSolicit),
        "advertisements may come \(Limits.advertisementsApart) apart; say how long: --watch, --for or --wait")
    }
    if let floodRate { configuration.floodRate = floodRate }
    invocation.request.act = .baseline(configuration)
    invocation.request.keepsFileRights = isGiven(.write)
    invocation.baseline = LinkInvocation.Baseline(
      file: baseline, use: isGiven(.write) ? .write(replaces: isGiven(.force)) : .compare)
  }

  // MARK: which options belong to which act

  private static func act(_ word: String) -> LinkRun.Act? {
    switch word {
    case "neighbors", "neighbours": .neighbors
    case "scan": .scan
    case "guard": .baseline
    default: nil
    }
  }

  /// The acts that understand an option; nil: all.
  private static func acts(_ option: LinkVerbOption) -> [LinkRun.Act]? {
    switch option {
    case .unicast: [.unicast]
    case .duplicateDetection: [.dad]
    case .conformance: [.conformance]
    case .noLinkOption, .single: [.resolve, .unicast]
    case .file: [.resolve, .unicast, .dad]
    case .count: [.resolve, .unicast, .dad, .conformance]
    case .wait: [.resolve, .unicast, .dad, .conformance, .scan, .baseline]
    case .gap: [.resolve, .unicast, .dad, .scan]
    case .watch, .duration: [.watch, .baseline]
    case .listeners, .noEcho, .noUnknownOption, .rounds: [.scan]
    case .baseline, .write, .force, .floodRate: [.baseline]
    case .noSolicit: [.scan, .baseline]
    case .source: [.resolve, .unicast, .conformance, .scan, .baseline]
    case .seed: [.resolve, .unicast, .dad, .conformance, .scan]
    case .promiscuous, .captureFile:
      [.resolve, .unicast, .dad, .conformance, .watch, .scan, .baseline]
    default: nil
    }
  }

  /// How the command line says it.
  private static func words(_ act: LinkRun.Act) -> String {
    switch act {
    case .resolve, .routers: "a question who has an address"
    case .unicast: "--unicast"
    case .dad: "--dad"
    case .conformance: "--conformance"
    case .neighbors: "neighbors"
    case .watch: "neighbors --watch"
    case .scan: "scan"
    case .baseline: "guard"
    }
  }

  private var isWatching: Bool { isGiven(.watch) || isGiven(.duration) }

  private func isGiven(_ key: LinkVerbOption) -> Bool { given.contains { $0.key == key } }

  /// As typed.
  private func name(_ key: LinkVerbOption) -> String { given.first { $0.key == key }?.name ?? "" }

  /// Refuses what the act has no use for, and says where it belongs.
  private func check(_ act: LinkRun.Act) throws(EarlyExit) {
    for option in given {
      guard let acts = Self.acts(option.key), !acts.contains(act) else { continue }
      if [.unicast, .duplicateDetection, .conformance].contains(option.key) {
        throw error("\(option.name) asks addresses, and \(Self.words(act)) the whole link; say one of them")
      }
      let wanted = acts.map { Self.words($0) }.joined(separator: ", ")
      throw error("\(option.name) has no meaning for \(Self.words(act)); it belongs to \(wanted)")
    }
  }
}
