import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Runs a ping that the command line asked for and turns its end into an exit code.
enum RunPing {
  static func face(_ arguments: [String], programName: String) throws(EarlyExit) -> Int32 {
    let isRoot = Process.isRealUserRoot
    var invocation = try IputilsPing.parse(
      arguments, programName: programName, environment: Process.environment, isRoot: isRoot,
      isSecure: Privileges.isSecureExecution)
    invocation.request.checksRouteFirst = true
    // The header says where probes leave from only where the user chose something of it.
    invocation.request.namesRoute = invocation.output.showsSource
    for name in invocation.request.targetNames where !isRoot {
      if case .address(let address, _)? = try? TargetText.parse(name, defaultZone: "-"), address.isMulticast {
        try IputilsPing.checkMulticast(invocation.request, programName: programName, isRoot: isRoot)
      }
    }
    return try run(invocation, programName: programName)
  }

  static func verb(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    var invocation = try PingVerb.parse(arguments)
    invocation.request.namesRoute = true
    let program = "probe6 ping"
    let badLines = try readTargets(&invocation, programName: program)
    let code = try run(invocation, programName: program)
    return badLines > 0 ? 2 : code
  }

  /// Checks and writes out what the command line and its lists name. Returns how many lines are no targets.
  private static func readTargets(
    _ invocation: inout PingInvocation, programName: String
  ) throws(EarlyExit) -> Int {
    var texts = PingTargetTexts(zone: invocation.request.interface, limit: invocation.addressLimit)
    for name in invocation.request.targetNames {
      do throws(PingTargetProblem) { try texts.add(name, interfaces: InterfaceNames.offered) } catch {
        throw EarlyExit(standardError: "\(programName): \(error.message)\n", exitCode: 2)
      }
    }
    var badLines = 0
    for list in invocation.targetLists {
      badLines += try list.read(programName: programName) {
        texts.add(list: $0, interfaces: InterfaceNames.offered)
      }
    }
    guard !texts.targets.isEmpty else {
      throw EarlyExit(standardError: "\(programName): no target in the lists given\n", exitCode: 2)
    }
    // The one target of a run must have an address.
    let isSingle = invocation.request.targetNames.count == 1 && invocation.targetLists.isEmpty
    if !isSingle || !invocation.request.targetNames[0].utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) {
      invocation.request.targetNames = []
      invocation.request.targets = texts.targets
    }
    return badLines
  }

  private static func run(_ invocation: PingInvocation, programName: String) throws(EarlyExit) -> Int32 {
    let options = invocation.output
    var invocation = invocation
    if options.isQuiet, options.style == .face || options.style == .text {
      invocation.request.configuration.reportsReplies = false
    }
    if options.style == .face, options.isFlood, !options.isQuiet {
      invocation.request.configuration.reportsSent = true
    }
    invocation.request.configuration.reportsHistogram = options.showsHistogram
    for notice in invocation.notices { try? Output.write("\(programName): \(notice)\n", to: 2) }
    let width = Terminal.width(1) ?? 80
    switch options.style {
    case .face:
      return try run(
        invocation, IputilsText(options: IputilsTextOptions(invocation, terminalWidth: width)), programName)
    case .text:
      return try run(
        invocation, PingText(options: PingTextOptions(invocation, terminalWidth: width)), programName)
    case .json:
      return try run(invocation, PingJSON(includesHistogram: options.showsHistogram), programName)
    case .csv: return try run(invocation, PingCSV(), programName)
    }
  }

  private static func run<Writer: PingWriter>(
    _ invocation: PingInvocation, _ writer: Writer, _ programName: String
  ) throws(EarlyExit) -> Int32 {
    var output = PingOutput(writer, invocation, programName: programName)
    do throws(PingFailure) {
      try PingSession.run(invocation.request, sink: &output)
      return output.exitCode
    } catch {
      try? output.flush(isLast: true)
      throw PingFailureText.exit(error, invocation, programName: programName)
    }
  }
}

/// What a finished run means to a script.
enum PingExitCode {
  /// What one target's figures mean; the worst of all counts.
  static func of(
    _ s: PingSummary, _ policy: PingOutputOptions.ExitPolicy, until: PingConfiguration.Until
  ) -> Int32 {
    isFine(s, policy, until) ? 0 : 1
  }

  private static func isFine(
    _ s: PingSummary, _ policy: PingOutputOptions.ExitPolicy, _ until: PingConfiguration.Until
  ) -> Bool {
    let answered = s.replied + s.late + s.corrupted
    switch (policy, until) {
    case (.iputils, .replied(let count)): return answered >= count
    case (.iputils, _): return answered > 0
    case (.verb, .down): return s.lost + s.icmpErrors + s.sendFailed > 0
    case (.verb, .replied(let count)): return answered >= count
    case (.verb, _): return answered > 0
    }
  }
}

extension IputilsTextOptions {
  init(_ invocation: PingInvocation, terminalWidth: Int) {
    self.init()
    let options = invocation.output
    let request = invocation.request
    form = options.isCompat2022 ? .v20221126 : .v20231222
    isQuiet = options.isQuiet
    isNumeric = options.isNumeric
    areNamesForced = options.forcesNames
    isVerbose = options.isVerbose
    isAudible = options.isAudible
    isFlood = options.isFlood
    if case .adaptive = request.configuration.pace { isAdaptive = true }
    isIntervalZero = options.showsPace && !isAdaptive
    showsTimestamps = options.showsTimestamps
    isPrecise = options.isPrecise
    pattern = options.patternText == nil ? [] : request.configuration.pattern
    if case .nodeInformation = request.configuration.message { isTimingShown = false }
    if request.configuration.payloadLength < 16 { isTimingShown = false }
    isSourceChosen = request.source != nil || request.isSourceFixed
    chosenInterface = request.interface
    self.terminalWidth = terminalWidth
  }
}

extension PingTextOptions {
  init(_ invocation: PingInvocation, terminalWidth: Int) {
    self.init()
    let options = invocation.output
    isQuiet = options.isQuiet
    isVerbose = options.isVerbose
    isNumeric = options.isNumeric
    showsTiming = options.showsTiming
    showsTimestamps = options.showsTimestamps
    showsHistogram = options.showsHistogram
    isUTF8 = Process.isLocaleUTF8
    self.terminalWidth = terminalWidth
  }
}
