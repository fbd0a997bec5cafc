import Plan
import ProbeEngine
import Report
import Runtime
import Timing

/// The face `tracepath6`: the options, errors and exit codes of iputils' tracepath.
package enum Tracepath {
  /// Octets of the IPv6 and UDP headers, and of the first try.
  static let overhead = 48
  private static let packetLength = 128_000
  /// The longest IPv6 packet without a jumbo payload option.
  private static let longestPacket = 65_575
  private static let port: UInt16 = 44_444
  private static let maximumHops: UInt8 = 30
  /// A second, and a little more: three of them outlast the three solicitations of a neighbor that is not there, whose
  /// end the kernel tells as an error.
  static let wait = Nanoseconds.milliseconds(1_050)

  /// Reads an argument vector, without argv[0]. Looks nothing up.
  package static func parse(
    _ arguments: [String], programName: String, environment: (String) -> String? = { _ in nil }
  ) throws(EarlyExit) -> TraceFaceInvocation {
    var request = TraceRequest()
    var text = TracepathTextOptions()
    var hasSaidSix = programName.hasSuffix("6")
    var length: Int?
    var port: UInt16 = 0
    var maximumHops = Self.maximumHops
    func integer(_ text: String, _ range: ClosedRange<Int64>) throws(EarlyExit) -> Int64 {
      try IputilsInteger.read(text, range, programName: programName)
    }

    var scanner = OptionScanner(
      arguments, table: .tracepath, longNames: .exactOrCluster,
      permutes: environment("POSIXLY_CORRECT") == nil)
    while let found = try next(&scanner, programName) {
      let argument = found.argument ?? ""
      switch found.key {
      case .ipv6: hasSaidSix = true
      case .ipv4:
        if hasSaidSix { throw error(programName, "Only one -4 or -6 option may be specified", exitCode: 2) }
        throw error(programName, "-4: IPv4 is not supported, probe6 is IPv6 only", exitCode: 2)
      case .numeric: text.isNumeric = true
      case .both: text.showsBoth = true
      case .length:
        let value = try integer(argument, 0...Int64(Int32.max))
        length = value == 0 ? nil : Int(value)
      case .maximumHops: maximumHops = UInt8(try integer(argument, 0...255))
      case .port: port = UInt16(try integer(argument, 0...65_535))
      case .version: throw EarlyExit(standardOutput: TracepathTexts.version, exitCode: 0)
      case .help: throw usage()
      }
    }
    guard scanner.operands.count == 1, let operand = scanner.operands.first else { throw usage() }

    var target = operand
    if port == 0, let slash = operand.utf8.firstIndex(of: UInt8(ascii: "/")) {
      target = String(operand[..<slash])
      port = UInt16(try integer(String(operand[operand.utf8.index(after: slash)...]), 0...65_535))
    } else if port == 0 {
      port = Self.port
    }
    if TargetText.ipv4Address(target) != nil {
      throw error(programName, "\(escaped(target)): Address family for hostname not supported", exitCode: 1)
    }
    text.packetLength = length ?? packetLength
    guard text.packetLength > overhead else {
      throw error(
        programName, "pktlen must be within: \(overhead) < value <= \(Int32.max)", exitCode: 1)
    }

    request.targetNames = [target]
    request.configuration.method = .udp
    // Step by step down to what the path carries, as the walk of hops does it.
    request.isFragmentationAllowed = false
    request.configuration.endsAtLoop = false
    request.configuration.correlation = .portPerProbe
    request.configuration.payload = .tracepath
    request.configuration.flow.destinationPort = port
    request.configuration.packetLength = min(text.packetLength, longestPacket)
    request.configuration.isLengthFixed = true
    request.configuration.maximumHops = maximumHops
    request.configuration.queries = 3
    request.configuration.maximumInFlight = 1
    request.configuration.stopsQueryingOnAnswer = true
    request.configuration.wait = .fixed(wait)
    request.configuration.reportsProbes = false
    request.path = .errorQueue
    return TraceFaceInvocation(request: request, text: .tracepath(text), programName: programName)
  }

  private static func next(
    _ scanner: inout OptionScanner<TracepathOption>, _ programName: String
  ) throws(EarlyExit) -> OptionScanner<TracepathOption>.Found? {
    do throws(OptionScanError) {
      return try scanner.next()
    } catch {
      var shown = error
      // getopt(3) knows no long options.
      if case .unknownLong = error { shown = .unknownShort("-") }
      throw usage(after: GetoptError.text(shown, programName: programName, typed: scanner.lastArgument))
    }
  }

  private static func usage(after text: String = "") -> EarlyExit {
    EarlyExit(standardError: text + TracepathTexts.usage, exitCode: 255)
  }

  private static func error(_ programName: String, _ text: String, exitCode: Int32) -> EarlyExit {
    EarlyExit(standardError: "\(escaped(programName)): \(text)\n", exitCode: exitCode)
  }
}

enum TracepathOption: Hashable, Sendable {
  case ipv4, ipv6, both, length, maximumHops, numeric, port, version, help
}

extension OptionTable<TracepathOption> {
  /// In the order in which the usage text lists them.
  static let tracepath = OptionTable([
    Entry(.ipv4, "4", group: "Options", isHidden: true, "refused"),
    Entry(.ipv6, "6", group: "Options", "accepted: this is always IPv6"),
    Entry(.both, "b", group: "Options", "show names and addresses"),
    Entry(
      .length, "l", argument: "<length>", group: "Options",
      "octets of the first try, 49 or more; default 128000"),
    Entry(
      .maximumHops, "m", argument: "<hops>", group: "Options", "the last hop to ask, 0 to 255; default 30"),
    Entry(.numeric, "n", group: "Options", "no name look-ups"),
    Entry(
      .port, "p", argument: "<port>", group: "Options",
      "destination port, one more for each probe; default 44444"),
    Entry(.version, "V", group: "Options", "print the version and exit"),
    Entry(.help, "h", group: "Options", isHidden: true, "print this and exit"),
    Entry(.help, "?", group: "Options", isHidden: true, "print this and exit"),
  ])
}

enum TracepathTexts {
  static let version = "tracepath from probe6 \(Version.text) (iputils compatible 20221126)\n"

  /// What `-h` and every malformed command line print on standard error.
  static var usage: String {
    var text = "\nUsage\n  tracepath [options] <destination>\n\nOptions:\n"
    for option in OptionTable.tracepath.descriptions where !option.isHidden {
      text += row(option.name + (option.argument.map { " " + $0 } ?? ""), option.help)
    }
    return text + row("<destination>", "name or IPv6 address")
      + "\nEverything else that a trace of ours can do: probe6 trace --help\n"
  }

  private static func row(_ left: String, _ right: String) -> String {
    let padding = String(repeating: " ", count: max(1, 15 - left.utf8.count))
    return HelpText.wrapped(right, first: "  " + left + padding, indent: 17, width: 80)
  }
}
