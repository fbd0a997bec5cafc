import Plan
import Report
import Timing
import Wire

extension FpingInvocation {
  private enum Limits {
    /// What the original allows: the payload of the largest IPv4 packet.
    static let payload: UInt32 = 65_507
    static let backoff = 1.0...5.0
    /// With `-c`, `-C` and `-l`, where `-t` is not given.
    static let timeout = Nanoseconds.seconds(2)
    /// Of users that are not root.
    static let period = Nanoseconds(1_000)
  }

  /// Reads an argument vector, without argv[0]. Looks no name up.
  ///
  /// - isInterface: whether this host has an interface of that name.
  package init(
    parsing arguments: [String], programName: String, isRoot: Bool = true,
    isInterface: @escaping (String) -> Bool = { _ in true }
  ) throws(EarlyExit) {
    var parse = FpingParse(programName: programName, isInterface: isInterface)
    // Long names in full, whatever getopt_long(3) would take for one.
    var scanner = OptionScanner(arguments, table: .fping, longNames: .exactOrCluster)
    while true {
      let found: OptionScanner<FpingOption>.Found
      do throws(OptionScanError) {
        guard let next = try scanner.next() else { break }
        found = next
      } catch { throw parse.malformed(error, typed: scanner.lastArgument) }
      try parse.take(found)
    }
    self = try parse.finish(scanner.operands, isRoot: isRoot)
  }

  /// One reading of such a command line: the state between its options.
  private struct FpingParse {
    private let isInterface: (String) -> Bool
    private var result: FpingInvocation
    private var isCounted = false
    private var isLooping = false
    private var hasTimeout = false
    private var isGenerated = false
    private var isBound = false
    private var hasOutgoing = false
    private var format: FpingTextOptions.Timestamp = .unix
    private var isTimestamped = false
    private var file: String?
    private var hopLimit: UInt32 = 0
    private var payloadLength: UInt32 = 56

    init(programName: String, isInterface: @escaping (String) -> Bool) {
      self.isInterface = isInterface
      result = FpingInvocation(programName: programName)
    }

    // MARK: Errors

    private var name: String { escaped(result.programName) }

    private var usage: EarlyExit {
      EarlyExit(standardError: FpingTexts.usage(program: result.programName), exitCode: 1)
    }

    private func failure(_ text: String) -> EarlyExit {
      EarlyExit(standardError: "\(name): \(text)\n", exitCode: 1)
    }

    func malformed(_ error: OptionScanError, typed: String) -> EarlyExit {
      let what =
        switch error {
        case .unknownShort("-") where typed.hasPrefix("--"):
          "invalid option -- '\(escaped(String(typed.dropFirst(2))))'"
        case .unknownShort(let letter): "invalid option -- '\(escaped(String(letter)))'"
        case .unknownLong(let name), .ambiguous(let name, _): "invalid option -- '\(escaped(name))'"
        case .missingArgument(let option): "option requires an argument -- '\(Self.bare(option))'"
        case .unexpectedArgument(let option): "option takes no arguments -- '\(Self.bare(option))'"
        }
      return EarlyExit(
        standardError: "\(name): \(what)\nsee 'fping -h' for usage information\n", exitCode: 1)
    }

    private static func bare(_ option: String) -> String {
      escaped(String(option.drop { $0 == "-" }))
    }

    // MARK: Options

    mutating func take(_ found: OptionScanner<FpingOption>.Found) throws(EarlyExit) {
      let argument = found.argument ?? ""
      switch found.key {
      case .help:
        throw EarlyExit(standardOutput: FpingTexts.usage(program: result.programName), exitCode: 0)
      case .version:
        throw EarlyExit(standardOutput: FpingTexts.version(program: result.programName), exitCode: 0)
      case .ipv4: throw failure("can't specify both -4 and -6")
      case .icmpTimestamp: throw failure("ICMP Timestamp is IPv4 only")
      case .ipv6, .nothing: break
      case .sequenceTimeout: _ = try milliseconds(argument)
      case .alive: result.text.listsAlive = true
      case .unreachable: result.text.listsUnreachable = true
      case .elapsed: result.text.showsElapsed = true
      case .statistics: result.text.showsStatistics = true
      case .outage: result.text.showsOutage = true
      case .json: result.text.isJSON = true
      case .netdata: result.text.isNetdata = true
      case .quiet: result.text.isQuiet = true
      case .reports: try takeReports(argument)
      case .timestamp: isTimestamped = true
      case .timestampFormat: try takeFormat(argument)
      case .showTrafficClass: result.text.showsTrafficClass = true
      case .showHopLimit: result.text.showsHopLimit = true
      case .showSource: result.text.showsSource = true
      case .checkSource: result.text.checksSource = true
      case .count, .listedCount:
        let count = try whole(argument)
        guard count > 0 else { throw usage }
        result.count = UInt64(count)
        isCounted = true
        if found.key == .listedCount { result.text.listsRoundTrips = true }
      case .loop: isLooping = true
      case .reachable, .fastReachable:
        result.text.required = try whole(argument)
        guard result.text.required > 0 else { throw usage }
        if found.key == .fastReachable { result.text.endsWhenReached = true }
      case .interval: result.spacing = try milliseconds(argument)
      case .period: result.period = try milliseconds(argument)
      case .timeout:
        result.timeout = try milliseconds(argument)
        hasTimeout = true
      case .retry: result.retries = try whole(argument)
      case .backoff: result.backoff = try number(argument)
      case .size: payloadLength = try whole(argument)
      case .random: result.hasRandomPayload = true
      case .hopLimit:
        hopLimit = try whole(argument)
        guard hopLimit > 0 else { throw usage }
      case .trafficClass:
        guard let (value, isWhole) = CNumber.unsigned(argument), isWhole, value <= 255 else { throw usage }
        result.trafficClass = UInt8(value)
      case .mark:
        let mark = try whole(argument)
        guard mark > 0 else { throw usage }
        result.mark = mark
      case .unfragmented: result.isUnfragmented = true
      case .interface: try takeInterface(argument)
      case .outgoing:
        hasOutgoing = true
        // The original's own name, whatever it was called by.
        guard isInterface(argument) else {
          throw EarlyExit(standardError: "fping: unknown interface '\(escaped(argument))'\n", exitCode: 1)
        }
        result.interface = argument
      case .source: try takeSource(argument)
      case .allAddresses: result.takesAllAddresses = true
      case .address: result.showsAddresses = true
      case .name, .reverse:
        if found.key == .name { result.looksUpAddresses = true } else { result.looksUpAll = true }
        guard !(result.looksUpAddresses && result.looksUpAll) else {
          throw failure("use either one of -d or -n")
        }
      case .file: file = argument
      case .generate: isGenerated = true
      }
    }

    private mutating func takeReports(_ text: String) throws(EarlyExit) {
      result.text.isQuiet = true
      guard let (value, rest) = CNumber.double(text[...]), rest.isEmpty || rest.hasPrefix(",") else {
        throw usage
      }
      let interval = try nanoseconds(value, unit: 1e9)
      result.text.reportInterval = interval > .zero ? interval : nil
      if rest == ",cumulative" { result.text.isCumulative = true }
    }

    private mutating func takeFormat(_ text: String) throws(EarlyExit) {
      switch text {
      case "ctime": format = .ctime
      case "iso": format = .iso
      case "rfc3339": format = .rfc3339
      default: throw usage
      }
    }

    private mutating func takeInterface(_ text: String) throws(EarlyExit) {
      isBound = true
      guard !text.isEmpty else { return }
      // What IFNAMSIZ leaves of it.
      let name = String(decoding: text.utf8.prefix(15), as: UTF8.self)
      guard isInterface(name) else {
        throw EarlyExit(
          standardError: "binding to specific interface (SO_BINDTODEVICE): No such device\n", exitCode: 1)
      }
      result.interface = name
    }

    private mutating func takeSource(_ text: String) throws(EarlyExit) {
      if TargetText.ipv6Address(text) != nil {
        result.source = text
        return
      }
      // An IPv4 source is none for these probes, as in the original.
      guard TargetText.ipv4Address(text) != nil else {
        throw failure("can't parse source address: \(escaped(text))")
      }
    }

    // MARK: Numbers

    /// As the original reads whole numbers: decimal, all of the text, not negative; 32 bits of it are kept.
    private func whole(_ text: String) throws(EarlyExit) -> UInt32 {
      var digits = text.utf8.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
      if digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
      guard !digits.isEmpty else { throw usage }
      var value: UInt64 = 0
      for digit in digits {
        guard (0x30...0x39).contains(digit) else { throw usage }
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = product.addingReportingOverflow(UInt64(digit - 0x30))
        guard !overflow, !overflow2 else { throw usage }
        value = sum
      }
      return UInt32(truncatingIfNeeded: value)
    }

    /// All of the text, not negative.
    private func number(_ text: String) throws(EarlyExit) -> Double {
      guard let (value, rest) = CNumber.double(text[...]), rest.isEmpty, value >= 0, value.isFinite else {
        throw usage
      }
      return value
    }

    private func milliseconds(_ text: String) throws(EarlyExit) -> Nanoseconds {
      try nanoseconds(try number(text), unit: 1e6)
    }

    private func nanoseconds(_ value: Double, unit: Double) throws(EarlyExit) -> Nanoseconds {
      guard value >= 0, value.isFinite else { throw usage }
      // Thirty years are as good as for ever, and no sum of them overflows.
      return Nanoseconds(Int64(min(value * unit, 1e18)))
    }

    // MARK: The end

    mutating func finish(_ operands: [String], isRoot: Bool) throws(EarlyExit) -> FpingInvocation {
      try check(isRoot: isRoot)
      result.payloadLength = Int(payloadLength)
      result.hopLimit = hopLimit > 0 ? UInt8(hopLimit) : nil
      result.text.timestamp = isTimestamped ? format : nil
      result.text.period = result.period
      setMode()
      guard operands.isEmpty || file == nil, file == nil || !isGenerated, !isGenerated || !operands.isEmpty
      else { throw usage }
      if isGenerated {
        result.targets = try generated(operands)
      } else if operands.isEmpty {
        result.targets = .file(file ?? "-")
      } else {
        result.targets = .names(operands)
      }
      return result
    }

    private func check(isRoot: Bool) throws(EarlyExit) {
      guard hopLimit <= 255 else { throw failure("ttl \(hopLimit) out of range") }
      guard !(result.text.listsAlive && result.text.listsUnreachable) else {
        throw failure("specify only one of a, u")
      }
      guard !(hasOutgoing && isBound) else { throw failure("specify only --oiface or -I, --iface") }
      guard !(isCounted && isLooping) else { throw failure("specify only one of c, l") }
      guard !result.text.isJSON || isCounted || isLooping else {
        throw failure("option -J, --json requires -c, -C, or -l")
      }
      guard isRoot || result.period >= Limits.period else { throw failure("-p must be >= 0.001") }
      guard payloadLength <= Limits.payload else {
        throw failure("data size \(payloadLength) not valid, must not be larger than \(Limits.payload)")
      }
      guard Limits.backoff.contains(result.backoff) else {
        throw failure("backoff factor \(tenths(result.backoff)) not valid, must be between 1.0 and 5.0")
      }
    }

    private func tenths(_ value: Double) -> String {
      let tenths = UInt64(min(value * 10, 1e15).rounded(.toNearestOrEven))
      return "\(tenths / 10).\(tenths % 10)"
    }

    private mutating func setMode() {
      result.text.mode = isLooping ? .loop : isCounted ? .count : .reach
      result.text.isVerbose = !result.text.isQuiet
      if result.text.mode != .reach {
        result.text.showsProbes = isLooping ? result.text.reportInterval == nil : !result.text.isQuiet
        result.text.listsAlive = false
        result.text.listsUnreachable = false
        result.text.isVerbose = false
        if !hasTimeout { result.timeout = min(result.period, Limits.timeout) }
      } else {
        result.text.reportInterval = nil
      }
      if result.text.listsAlive || result.text.listsUnreachable || result.text.required > 0 {
        result.text.isVerbose = false
      }
      if isLooping { result.count = nil }
    }

    // MARK: -g

    private func generated(_ operands: [String]) throws(EarlyExit) -> Targets {
      switch operands.count {
      case 1: return try prefix(operands[0])
      case 2: return try range(operands[0], operands[1])
      default: throw usage
      }
    }

    private func prefix(_ text: String) throws(EarlyExit) -> Targets {
      guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { throw usage }
      let address = text[..<slash]
      let lengthText = String(text[text.utf8.index(after: slash)...])
      guard !lengthText.utf8.contains(UInt8(ascii: "%")) else {
        throw failure("address scope must precede prefix length")
      }
      let length = try whole(lengthText)
      let (first, zone) = try numeric(String(address), separator: ",")
      guard (65...128).contains(length) else {
        throw failure("netmask must be between 65 and 128 (is: \(length))")
      }
      let host = length == 128 ? 0 : UInt64.max >> UInt64(length - 64)
      let bits = first.bits & ~UInt128(host)
      return try limited(IPv6Address(bits: bits), IPv6Address(bits: bits | UInt128(host)), zone)
    }

    private func range(_ first: String, _ last: String) throws(EarlyExit) -> Targets {
      let (from, zone) = try numeric(first, separator: ":")
      let otherZone = last.utf8.firstIndex(of: UInt8(ascii: "%")).map {
        String(last[last.utf8.index(after: $0)...])
      }
      guard zone == otherZone else { throw failure("different scopes for start and end addresses") }
      let (to, _) = try numeric(last, separator: ":")
      return try limited(from, to, zone)
    }

    private func limited(
      _ first: IPv6Address, _ last: IPv6Address, _ zone: String?
    ) throws(EarlyExit) -> Targets {
      guard last.bits < first.bits || last.bits - first.bits < UInt128(FpingTargets.generatedLimit) else {
        throw failure("-g parameter generates too many addresses")
      }
      return .range(first: first, last: last, zone: zone)
    }

    /// An address, with a zone where there is one; the original asks getaddrinfo(3), and says what that says.
    private func numeric(
      _ text: String, separator: String
    ) throws(EarlyExit) -> (address: IPv6Address, zone: String?) {
      let percent = text.utf8.firstIndex(of: UInt8(ascii: "%"))
      let host = String(percent.map { text[..<$0] } ?? text[...])
      let zone = percent.map { String(text[text.utf8.index(after: $0)...]) }
      guard let address = TargetText.ipv6Address(host), zone.map({ !$0.isEmpty }) ?? true else {
        let reason =
          TargetText.ipv4Address(host) == nil
          ? "Name or service not known" : "Address family for hostname not supported"
        throw EarlyExit(
          standardError: "\(name)\(separator) can't parse address \(escaped(text)): \(reason)\n", exitCode: 1)
      }
      return (address, zone)
    }
  }
}
