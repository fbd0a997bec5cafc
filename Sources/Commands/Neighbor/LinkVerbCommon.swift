import Plan
import Report
import Runtime
import Wire

/// What `ndisc` and `rdisc` take alike: the interface, the source, the seed, files and output.
struct LinkVerbCommon {
  private(set) var interface: (InterfaceChoice, name: String)?
  private var source: InterfaceChoice?
  private var isPromiscuous = false
  private var captureFile: String?
  private var seed: UInt64?
  private var output = LinkOutputOptions()
  private var style: (LinkOutputOptions.Style, name: String)?

  /// Takes the option where it is one of these.
  mutating func take<Parse: VerbParse>(
    _ found: OptionScanner<LinkVerbOption>.Found, _ parse: Parse, help: CommandDescription
  ) throws(EarlyExit) -> Bool {
    let name = found.name
    let argument = found.argument ?? ""
    switch found.key {
    case .help: throw EarlyExit(standardOutput: HelpText.render(help), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
    case .ipv6: break
    case .ipv4: throw parse.error("-4: probe6 is IPv6 only; IPv4 has ARP (arping)")
    case .interface: interface = (try parse.interface(name, argument), name)
    case .source:
      let source = try parse.source(name, argument)
      if TargetText.ipv6Address(argument) == .unspecified {
        throw parse.error("\(name): '::' is nobody's address; duplicate detection (ndisc --dad) asks from it")
      }
      self.source = source
    case .promiscuous: isPromiscuous = true
    case .captureFile: captureFile = try parse.path(name, argument)
    case .seed: seed = UInt64(try parse.integer(name, argument, 0...Int128(UInt64.max), allowsHex: true))
    case .json: try parse.choose(&style, .json, name)
    case .format:
      try parse.choose(
        &style, try parse.choice(name, argument, ["text": .text, "json": .json]), "\(name) \(argument)")
    case .quiet: output.isQuiet = true
    case .verbose: output.isVerbose = true
    case .timestamps: output.showsTimestamps = true
    default: return false
    }
    return true
  }

  /// An operand that is an interface; `interfaces` are offered where it is none.
  static func interfaceOperand<Parse: VerbParse>(
    _ operands: [String], _ parse: Parse, what: String, interfaces: () -> [String]
  ) throws(EarlyExit) -> String? {
    guard let first = operands.first else { return nil }
    if operands.count > 1 {
      throw parse.error("\(quoted(operands[1])): \(what) is for one interface, and that is \(quoted(first))")
    }
    if first.utf8.contains(UInt8(ascii: ":")) {
      throw parse.error("\(quoted(first)): \(what) takes an interface" + offer(interfaces()))
    }
    guard InterfaceChoice(first) != nil, !first.utf8.contains(UInt8(ascii: "/")) else {
      throw parse.error("\(quoted(first)) is not an interface name (1 to 15 octets)" + offer(interfaces()))
    }
    return first
  }

  /// Fills the request in; `operand` is the interface that an operand names.
  func apply<Parse: VerbParse>(
    to invocation: inout LinkInvocation, operand: String? = nil, _ parse: Parse
  ) throws(EarlyExit) {
    source?.apply(to: &invocation.request)
    interface?.0.apply(to: &invocation.request)
    if let operand {
      if let chosen = invocation.request.interface, chosen != operand {
        throw parse.error("\(quoted(operand)): one interface at a time, and \(quoted(chosen)) was said too")
      }
      invocation.request.interface = operand
    }
    invocation.request.isPromiscuous = isPromiscuous
    invocation.request.captureFile = captureFile
    invocation.request.seed = seed
    invocation.output = output
    invocation.output.style = style?.0 ?? .text
  }

  /// Names to choose from, for the end of a message.
  static func offer(_ interfaces: [String]) -> String {
    interfaces.isEmpty
      ? "" : " (such as " + interfaces.prefix(8).map { quoted($0) }.joined(separator: ", ") + ")"
  }
}
