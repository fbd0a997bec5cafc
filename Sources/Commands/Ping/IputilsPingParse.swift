import Plan
import ProbeEngine
import Runtime
import Timing

/// One reading of an argument vector by the `ping6` face: the state between its options.
struct IputilsPingParse {
  let programName: String
  let isRoot: Bool
  private var request = PingRequest()
  private var output = PingOutputOptions(style: .face, exitPolicy: .iputils)
  private var notices: [String] = []
  private var count: UInt64?
  private var deadline: Nanoseconds?
  private var linger: Nanoseconds? = IputilsPing.Limits.linger
  private var interval: Nanoseconds?
  private var isAdaptive = false
  private var isNumericByEnvironment = false
  private var nodeInformation = NodeInformationText()
  private var patternText: String?
  private var wantsVersion = false
  private var hasSaidSix: Bool

  init(programName: String, isRoot: Bool) {
    self.programName = programName
    self.isRoot = isRoot
    self.hasSaidSix = programName.hasSuffix("6")
  }

  // MARK: errors

  static func error(_ programName: String, _ text: String, exitCode: Int32 = 2) -> FaceError {
    FaceError(standardError: "\(programName): \(text)\n", exitCode: exitCode)
  }

  private func error(_ text: String, exitCode: Int32 = 2) -> FaceError {
    Self.error(programName, text, exitCode: exitCode)
  }

  private func usage(after text: String? = nil) -> FaceError {
    FaceError(
      standardError: (text.map { "\(programName): \($0)\n" } ?? "") + IputilsPingTexts.usage(program: "ping"),
      exitCode: 2)
  }

  // MARK: steps

  mutating func readEnvironment(_ environment: (String) -> String?, isSecure: Bool) throws(FaceError) {
    isNumericByEnvironment = environment("IPUTILS_PING_PTR_LOOKUP") == "0"
    output.isNumeric = isNumericByEnvironment
    if !isSecure, let form = environment("PROBE6_COMPAT"), !form.isEmpty {
      try setCompat(form, "PROBE6_COMPAT")
    }
  }

  func next(
    _ scanner: inout OptionScanner<IputilsPingOption>
  ) throws(FaceError) -> OptionScanner<IputilsPingOption>.Found? {
    do throws(OptionScanError) {
      return try scanner.next()
    } catch {
      // The words of glibc's getopt(3).
      switch error {
      case .unknownShort(let letter): throw usage(after: "invalid option -- '\(letter)'")
      case .missingArgument(let name):
        throw usage(
          after: name.hasPrefix("--")
            ? "option '\(name)' requires an argument" : "option requires an argument -- '\(name.dropFirst())'"
        )
      case .unexpectedArgument(let name): throw usage(after: "option '\(name)' doesn't allow an argument")
      case .unknownLong, .ambiguous: throw usage(after: "invalid option -- '-'")
      }
    }
  }

  mutating func take(_ found: OptionScanner<IputilsPingOption>.Found) throws(FaceError) {
    let argument = found.argument ?? ""
    switch found.key {
    case .help: throw usage()
    case .version: wantsVersion = true
    case .ipv6: hasSaidSix = true
    case .ipv4:
      throw error(
        hasSaidSix
          ? "only one -4 or -6 option may be specified" : "-4: IPv4 is not supported, probe6 is IPv6 only")
    case .broadcast, .recordRoute, .ipTimestamp:
      throw error("\(found.name): an option of IPv4, and probe6 is IPv6 only")
    case .json: throw error("-j: not printed by this face; use 'probe6 ping --json'")
    case .connect: break

    case .count: count = UInt64(try integer(argument, 1...Int64.max))
    case .deadline: try setDeadline(argument)
    case .linger:
      let seconds = try seconds(argument, "bad linger time")
      linger = seconds == .zero ? nil : seconds
    case .interval: interval = try seconds(argument, "bad timing interval")
    case .adaptive: isAdaptive = true
    case .flood:
      output.isFlood = true
      output.isNumeric = true
    case .preload: try setPreload(argument)

    case .size: try setSize(argument)
    case .pattern: try setPattern(argument)
    case .identifier:
      let identifier = UInt16(try integer(argument, 0...65_535))
      request.identifier = identifier
      // The kernel takes 0 as "choose one" on a ping socket.
      request.path = identifier == 0 ? .raw : .automatic
    case .hopLimit: request.hopLimit = UInt8(try integer(argument, 0...255))
    case .trafficClass: try setTrafficClass(argument)
    case .flowLabel: try setFlowLabel(argument)
    case .mark: request.mark = UInt32(try integer(argument, 0...Int64(UInt32.max)))
    case .pathMTU: try setPathMTU(argument)
    case .sendBuffer: request.sendBuffer = Int(try integer(argument, 1...Int64(Int32.max)))
    case .interface: try setInterface(argument)
    case .sticky:
      request.isSourceFixed = true
      output.showsSource = true
    case .noLoop: request.isMulticastLoopOff = true
    case .noRoute: request.isRoutingBypassed = true
    case .debug: request.isSocketDebugged = true
    case .nodeInformation: try addNodeInformation(argument)
    case .userToUser: request.configuration.measuresUserToUser = true

    case .outstanding:
      request.configuration.reportsOutstanding = true
      output.reportsOutstanding = true
    case .numeric:
      output.isNumeric = true
      output.forcesNames = false
    case .forceNames: output.forcesNames = true
    case .audible: output.isAudible = true
    case .timestamps: output.showsTimestamps = true
    case .threeDecimals: output.isPrecise = true
    case .quiet: output.isQuiet = true
    case .verbose: output.isVerbose = true
    case .compat: try setCompat(argument, found.name)
    }
  }

  mutating func finish(_ operands: [String]) throws(FaceError) -> PingInvocation {
    if wantsVersion { throw FaceError(standardOutput: IputilsPingTexts.version, exitCode: 0) }
    // Measured: 1 in 20221126, and 2 since (the source of 20250605).
    guard let target = operands.first else {
      throw error("usage error: Destination address required", exitCode: output.isCompat2022 ? 1 : 2)
    }
    guard operands.count == 1 else { throw usage() }
    request.targetNames = [target]
    if isNumericByEnvironment, !output.forcesNames, !output.isQuiet {
      notices.append("WARNING: reverse DNS resolution (PTR lookup) disabled, enforce with -H")
    }
    if request.identifier == 0, output.isVerbose { notices.append("WARNING: ident 0 => forcing raw socket") }
    if output.forcesNames { output.isNumeric = false }
    request.looksUpNames = !output.isNumeric
    if !output.isQuiet { output.patternText = patternText }

    try setPace()
    try setEnd()
    var invocation = PingInvocation(request: request, output: output)
    invocation.notices = notices
    return invocation
  }

  // MARK: options with more to them

  private mutating func setPace() throws(FaceError) {
    let interval = interval ?? (output.isFlood ? .zero : .seconds(1))
    if !isRoot, interval < IputilsPing.Limits.userInterval {
      throw error(
        output.isCompat2022
          ? "cannot flood; minimal interval allowed for user is 2ms"
          : "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)")
    }
    if isAdaptive {
      request.configuration.pace = .adaptive(minimum: isRoot ? .zero : IputilsPing.Limits.userInterval)
    } else if interval == .zero {
      request.configuration.pace = .flood(window: request.configuration.preload)
    } else {
      request.configuration.pace = .schedule(.constant(interval: interval))
    }
    output.showsPace = isAdaptive || output.isFlood || interval == .zero
  }

  private mutating func setEnd() throws(FaceError) {
    request.configuration.wait = .untilEnd(ifSilent: linger)
    request.configuration.deadline = deadline
    request.configuration.stopsAtError = deadline != nil
    if let count { request.configuration.until = deadline == nil ? .attempted(count) : .replied(count) }
    do throws(NodeInformationProblem) {
      guard let question = try nodeInformation.question() else { return }
      request.configuration.message = .nodeInformation(question)
      // The kernel's ping sockets send echo requests only.
      request.path = .raw
    } catch {
      throw self.error("-N subject-...: a subject without a query; add -N name, -N ipv6 or -N ipv4")
    }
  }

  private mutating func setDeadline(_ text: String) throws(FaceError) {
    // Whole seconds, as in iputils; `probe6 ping --deadline` takes fractions.
    let seconds = Nanoseconds.seconds(try integer(text, 0...Int64(Int32.max)))
    // 0 is none.
    deadline = seconds == .zero ? nil : seconds
  }

  private mutating func setPreload(_ text: String) throws(FaceError) {
    let preload = Int(try integer(text, 1...Int64(IputilsPing.Limits.preload)))
    if !isRoot, preload > IputilsPing.Limits.userPreload {
      throw error("cannot set preload to value greater than \(IputilsPing.Limits.userPreload): \(preload)")
    }
    request.configuration.preload = preload
  }

  private mutating func setSize(_ text: String) throws(FaceError) {
    let size = try integer(text, 0...Int64(Int32.max))
    let limit = IputilsPing.Limits.payload
    guard size <= limit else {
      throw error("invalid -s value: '\(size)': out of range: 0 <= value <= \(limit)", exitCode: 1)
    }
    request.configuration.payloadLength = Int(size)
  }

  private mutating func setPattern(_ text: String) throws(FaceError) {
    let octets = Array(text.utf8)
    if let bad = octets.firstIndex(where: { NumberText.hexDigit($0) == nil }) {
      // iputils prints the rest of the argument, from the first octet that is no digit.
      throw error(
        "patterns must be specified as hex digits: \(String(decoding: octets[bad...], as: UTF8.self))")
    }
    let pattern = IputilsPing.pattern(octets)
    request.configuration.pattern = pattern
    patternText = pattern.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }

  private mutating func setTrafficClass(_ text: String) throws(FaceError) {
    let value: Int128
    do throws(NumberProblem) {
      value = try NumberText.integer(text, allowsHex: true, manner: .asC)
      // iputils takes a negative one for "leave it".
      if value < 0 { throw .notANumber }
    } catch {
      throw self.error(
        error == .overflow
          ? "the decimal value of TOS bits must be in range 0-255: \(text)" : "bad TOS value: \(text)")
    }
    guard let trafficClass = UInt8(exactly: value) else {
      throw error("the decimal value of TOS bits must be in range 0-255: \(value)")
    }
    request.trafficClass = trafficClass
  }

  private mutating func setFlowLabel(_ text: String) throws(FaceError) {
    do throws(NumberProblem) {
      let value = try NumberText.integer(text, allowsHex: true, manner: .asC)
      guard let label = UInt32(exactly: value), label < 1 << 20 else { throw .overflow }
      request.flowLabel = label
    } catch {
      throw self.error(
        error == .overflow ? "flow value is greater than 20 bits: \(text)" : "bad value for flowinfo: \(text)"
      )
    }
  }

  private mutating func setPathMTU(_ text: String) throws(FaceError) {
    switch text {
    case "do": request.pathMTUDiscovery = .do
    case "dont": request.pathMTUDiscovery = .dont
    case "want": request.pathMTUDiscovery = .want
    case "probe": request.pathMTUDiscovery = .probe
    default: throw error("invalid -M argument: \(text)")
    }
  }

  private mutating func setInterface(_ text: String) throws(FaceError) {
    guard let choice = InterfaceChoice(text) else { throw error("invalid source address: \(text)") }
    choice.apply(to: &request)
    output.showsSource = true
  }

  private mutating func addNodeInformation(_ word: String) throws(FaceError) {
    let help = IputilsPingTexts.nodeInformationHelp(program: "ping")
    do throws(NodeInformationProblem) {
      try nodeInformation.add(word)
    } catch {
      switch error {
      case .help: throw FaceError(standardOutput: help, exitCode: 0)
      case .unknownWord, .noQuery: throw FaceError(standardError: help, exitCode: 2)
      case .queryConflict:
        throw FaceError(standardOutput: "Qtype conflict\n", standardError: help, exitCode: 2)
      case .subjectConflict:
        throw FaceError(standardOutput: "Subject type conflict\n", standardError: help, exitCode: 2)
      case .badName(let name): throw self.error("inappropriate subject name: \(name)", exitCode: 1)
      case .badAddress(let address): throw self.error("\(address): not an address (of a -N subject)")
      }
    }
  }

  private mutating func setCompat(_ form: String, _ name: String) throws(FaceError) {
    guard form == "iputils-2022" else {
      throw error("\(name): unknown form \(quoted(form)); known: iputils-2022")
    }
    output.isCompat2022 = true
  }

  // MARK: numbers in iputils' words

  private func integer(_ text: String, _ range: ClosedRange<Int64>) throws(FaceError) -> Int64 {
    try IputilsInteger.read(text, range, programName: programName)
  }

  private func seconds(_ text: String, _ complaint: String) throws(FaceError) -> Nanoseconds {
    do throws(NumberProblem) {
      let value = try NumberText.seconds(text, manner: .asC)
      guard value >= .zero, value <= IputilsPing.Limits.seconds else { throw .notANumber }
      return value
    } catch {
      // strtod(3) reads these words, and iputils then finds them out of range.
      let word = text.lowercased().drop { $0 == "-" || $0 == "+" }
      let isBeyond = error == .overflow || ["nan", "inf", "infinity"].contains(word)
      throw self.error("\(complaint): \(text)" + (isBeyond ? ": Numerical result out of range" : ""))
    }
  }
}
