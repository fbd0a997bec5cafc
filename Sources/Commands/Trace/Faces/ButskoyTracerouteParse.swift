import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// One reading of Butskoy's command line: the state between its options.
struct ButskoyTracerouteParse {
  /// The limits of 2.1.2.
  private enum Limits {
    static let hops: UInt32 = 255
    static let queries: UInt32 = 10
    static let packetLength: Int32 = 65_000
    static let gateways = 127
    /// Octets of one of several arguments.
    static let several = 79
    static let moduleOptions = 15
    /// Octets behind the IPv6 header where nothing is said.
    static let dataLength = 40
  }

  /// What `-M` names.
  private enum Module: String, CaseIterable {
    case `default`, icmp, tcp, udp, udplite, dccp, raw, tcpconn

    /// Octets of the header that the original counts apart from the data.
    var headerLength: Int {
      switch self {
      case .default, .udp, .udplite: 8
      default: 0
      }
    }
  }

  private let programName: String
  private let surroundings: ButskoyTraceroute.Surroundings
  private var request = TraceRequest()
  private var text = ButskoyTextOptions()
  private var firstHop: UInt32 = 1
  private var maximumHops: UInt32 = 30
  private var inFlight: UInt32 = 16
  private var queries: UInt32 = 3
  private var wait = (maximum: 5.0, here: 3.0, near: 10.0)
  private var gap = 0.0
  private var port: UInt32 = 0
  private var sourcePort: UInt32 = 0
  private var trafficClass: UInt32 = 0
  private var flowLabel: UInt32 = 0
  private var moduleName = "default"
  private var moduleWords: [String] = []
  private var isUnfragmented = false
  private var discoversMTU = false
  private var packetLength: Int32 = -1
  private var systemsFile: String?
  private var sourceName: (text: String, position: Int, option: String)?

  init(programName: String, _ surroundings: ButskoyTraceroute.Surroundings) {
    self.programName = programName
    self.surroundings = surroundings
    let name = programName.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
    if name.hasPrefix("tcp") { moduleName = "tcp" }
    if name.hasPrefix("tracert") { moduleName = "icmp" }
    systemsFile = surroundings.environment("PROBE6_AS_FILE")
  }

  typealias Found = ClifScanner<ButskoyOption>.Found

  /// An error of the command line as a whole.
  private func wrong(_ text: String) -> EarlyExit { EarlyExit(standardError: text + "\n", exitCode: 2) }

  /// What the original can do and we do not.
  private func refused(_ text: String) -> EarlyExit { wrong("\(escaped(programName)): \(text)") }

  mutating func take(_ found: Found) throws(EarlyExit) {
    let argument = found.argument ?? ""
    switch found.key {
    case .help:
      throw EarlyExit(standardError: ButskoyTracerouteTexts.usage(program: programName), exitCode: 0)
    case .version: throw EarlyExit(standardError: ButskoyTracerouteTexts.version, exitCode: 0)
    case .ipv4: throw refused("-4: IPv4 is not supported, probe6 is IPv6 only")
    case .ipv6: break
    case .debug: request.isSocketDebugged = true
    case .dontFragment: isUnfragmented = true
    case .firstHop: firstHop = try unsigned(found)
    case .maximumHops: maximumHops = try unsigned(found)
    case .inFlight: inFlight = try unsigned(found)
    case .queries: queries = try unsigned(found)
    case .numeric: text.isNumeric = true
    case .noRoute: request.isRoutingBypassed = true
    case .trafficClass: trafficClass = try unsigned(found)
    case .flowLabel: flowLabel = try unsigned(found) & 0xf_ffff
    case .mark:
      let mark = try unsigned(found)
      request.mark = mark == 0 ? nil : mark
    case .interface: request.interface = argument.isEmpty ? nil : argument
    case .source: try setSource(found)
    case .gateway: for word in try several(found) { try addGateway(word) }
    case .port: port = try self.port(found)
    case .sourcePort: sourcePort = try self.port(found)
    case .wait: try setWait(found)
    case .gap:
      guard let (value, rest) = CNumber.double(argument[...]), rest.isEmpty else { throw found.complaint }
      gap = value
    case .extensions: text.showsExtensions = true
    case .systems: text.showsSystems = true
    case .systemsFile: systemsFile = argument
    case .wayBack: text.showsWayBack = true
    case .pathMTU: discoversMTU = true
    case .icmp: moduleName = "icmp"
    case .tcp: moduleName = "tcp"
    case .udp: moduleName = "udp"
    case .udplite: moduleName = "udplite"
    case .dccp: moduleName = "dccp"
    case .module: moduleName = argument
    case .rawProtocol: moduleName = "raw"
    case .moduleOptions: for word in try several(found) { try addModuleOption(word, found) }
    }
  }

  mutating func finish(_ operands: [ClifScanner<ButskoyOption>.Operand]) throws(EarlyExit)
    -> TraceFaceInvocation
  {
    guard let target = operands.first else { throw wrong("Specify \"host\" missing argument.") }
    if operands.count > 2 {
      throw wrong("Extra arg `\(escaped(operands[2].text))' (position 3, argc \(operands[2].position))")
    }
    try checkTarget(target)
    if operands.count == 2 { try setPacketLength(operands[1]) }
    guard let module = Module.allCases.first(where: { $0.rawValue == moduleName.lowercased() }) else {
      throw wrong("Unknown traceroute module \(escaped(moduleName))")
    }
    try checkLimits()
    try set(module)

    request.targetNames = [target.text]
    request.configuration.firstHop = UInt8(firstHop)
    request.configuration.maximumHops = UInt8(maximumHops)
    request.configuration.queries = Int(queries)
    request.configuration.inFlightPerHop = Int(queries)
    request.configuration.reportsProbes = false
    request.flowLabel = flowLabel == 0 ? nil : flowLabel
    request.isFragmentationAllowed = !isUnfragmented && !discoversMTU
    request.configuration.endsAtPacketTooBig = !discoversMTU
    request.configuration.endsAtLoop = false
    try setTrafficClass(target.text)
    setPace()
    var invocation = TraceFaceInvocation(request: request, text: .butskoy(text), programName: programName)
    invocation.systemsFile = text.showsSystems ? systemsFile : nil
    invocation.targetPosition = target.position
    invocation.sourceName = sourceName
    return invocation
  }

  // MARK: what the options add up to

  private func checkTarget(_ target: ClifScanner<ButskoyOption>.Operand) throws(EarlyExit) {
    var text = ""
    if TargetText.ipv4Address(target.text) != nil {
      text = "\(target.text): Address family for hostname not supported\n"
    } else {
      // The original takes a mapped address for IPv4, and says no more.
      guard TargetText.ipv6Address(target.text)?.isIPv4Mapped ?? false else { return }
    }
    throw wrong(
      text
        + "Cannot handle \"host\" cmdline arg `\(escaped(target.text))' on position 1 (argc \(target.position))"
    )
  }

  private mutating func setPacketLength(_ operand: ClifScanner<ButskoyOption>.Operand) throws(EarlyExit) {
    guard let length = CNumber.unsignedInt(operand.text) else {
      throw wrong(
        "Cannot handle \"packetlen\" cmdline arg `\(escaped(operand.text))' on position 2 (argc \(operand.position))"
      )
    }
    packetLength = Int32(truncatingIfNeeded: length)
  }

  private func checkLimits() throws(EarlyExit) {
    guard firstHop > 0, firstHop <= maximumHops else { throw wrong("first hop out of range") }
    guard maximumHops <= Limits.hops else { throw wrong("max hops cannot be more than \(Limits.hops)") }
    guard queries > 0, queries <= Limits.queries else {
      throw wrong("no more than \(Limits.queries) probes per hop")
    }
    guard !(wait.maximum < 0), !(wait.here < 0), !(wait.near < 0) else {
      let shown = [wait.maximum, wait.here, wait.near].map(CNumber.general).joined(separator: ",")
      throw wrong("bad wait specifications `\(shown)' used")
    }
    guard packetLength <= Limits.packetLength else {
      throw wrong("too big packetlen \(packetLength) specified")
    }
    guard !(gap < 0) else { throw wrong("bad sendtime `\(CNumber.general(gap))' specified") }
  }

  private mutating func set(_ module: Module) throws(EarlyExit) {
    request.configuration.correlation = .portPerProbe
    request.configuration.payload = .traceroute
    request.configuration.isLengthFixed = true
    request.configuration.flow.destinationPort = UInt16(truncatingIfNeeded: port)
    // A segment routing header holds the target's address as well (RFC 8754 §2).
    let routing = request.gateways.isEmpty ? 0 : 8 + 16 * (request.gateways.count + 1)
    let header = 40 + routing + module.headerLength
    if discoversMTU, packetLength < 0 { packetLength = Limits.packetLength }
    var length = packetLength < 0 ? 40 + routing + Limits.dataLength : max(Int(packetLength), header)
    switch module {
    case .default, .udp:
      request.configuration.method = .udp
      request.hasSocketPerProbe = true
      request.path = request.gateways.isEmpty ? .errorQueue : .raw
      if module == .default {
        if port == 0 { request.configuration.flow.destinationPort = 33_434 }
      } else {
        if port == 0 { request.configuration.flow.destinationPort = 53 }
        request.configuration.isDestinationPortFixed = true
      }
    case .icmp:
      request.configuration.method = .icmp
      length = max(length, header + 8)
      request.configuration.flow.destinationPort = 0
      if port != 0 { request.configuration.firstSequence = UInt16(truncatingIfNeeded: port) }
      try setEcho()
    case .tcp:
      request.configuration.method = .tcp
      request.path = .raw
      if port == 0 { request.configuration.flow.destinationPort = 80 }
      let probe = try ButskoyTCPProbe(words: moduleWords, setting: surroundings.setting)
      text.showsTCPFlags = probe.showsFlags
      request.configuration.tcpFlags = probe.headerFlags
      request.configuration.tcpOptions = probe.options(stamp: surroundings.stamp)
      request.configuration.isTCPBare = true
      length = 40 + routing + 20 + request.configuration.tcpOptions.count
    case .tcpconn:
      request.configuration.method = .connect
      request.path = .errorQueue
      request.hasSocketPerProbe = true
      if port == 0 { request.configuration.flow.destinationPort = 80 }
    case .udplite: throw refused("-UL: UDP-Lite is not supported; -U sends UDP")
    case .dccp: throw refused("-D: DCCP is not supported; Linux itself has dropped it")
    case .raw: throw refused("-P: raw packets of other protocols are not supported; see -U, -T and -I")
    }
    text.packetLength = length
    request.configuration.packetLength = length
    text.discoversMTU = discoversMTU
  }

  private mutating func setEcho() throws(EarlyExit) {
    var scanner = ClifScanner(moduleWords, options: ButskoyICMPOption.all, isKeywords: true)
    while let found = try scanner.next() {
      request.path = found.key == .raw ? .raw : .errorQueue
    }
  }

  private mutating func setTrafficClass(_ target: String) throws(EarlyExit) {
    guard let value = UInt8(exactly: trafficClass) else {
      throw EarlyExit(standardError: "\nsetsockopt IPV6_TCLASS: Invalid argument\n", exitCode: 1)
    }
    request.configuration.trafficClass = value
  }

  private mutating func setPace() {
    // Probes of one port are told apart by their order alone.
    if sourcePort != 0 {
      request.sourcePort = UInt16(truncatingIfNeeded: sourcePort)
      (wait.here, wait.near) = (0, 0)
      if request.configuration.method == .tcp || request.configuration.isDestinationPortFixed {
        request.configuration.correlation = .keyed
      }
    }
    let isAlone = sourcePort != 0 || discoversMTU
    request.configuration.maximumInFlight = isAlone ? 1 : Int(max(inFlight, 1))
    request.configuration.wait = .traceroute(
      maximum: Nanoseconds(seconds: wait.maximum), here: wait.here, near: wait.near)
    // Ten and more are milliseconds.
    request.configuration.minimumGap = Nanoseconds(seconds: gap >= 10 ? gap / 1_000 : gap)
  }

  // MARK: options with more to them

  private func unsigned(_ found: Found) throws(EarlyExit) -> UInt32 {
    guard let value = CNumber.unsignedInt(found.argument ?? "") else { throw found.complaint }
    return value
  }

  /// A number, of which the original reads as much as is one, or the name of a service.
  private func port(_ found: Found) throws(EarlyExit) -> UInt32 {
    let text = found.argument ?? ""
    if let (value, _) = CNumber.unsigned(text) { return UInt32(truncatingIfNeeded: value) }
    guard let port = surroundings.port(text) else { throw found.complaint }
    return UInt32(port)
  }

  private mutating func setSource(_ found: Found) throws(EarlyExit) {
    let text = found.argument ?? ""
    if TargetText.ipv4Address(text) != nil {
      throw EarlyExit(
        standardError: "\(text): Address family for hostname not supported\n" + found.complaint.standardError,
        exitCode: 2)
    }
    let address = text.prefix { $0 != "%" }
    if let source = TargetText.ipv6Address(String(address)) {
      sourceName = nil
      // :: is no choice.
      request.source = source == .unspecified ? nil : text
    } else {
      sourceName = (text, found.position, found.name)
    }
  }

  private mutating func setWait(_ found: Found) throws(EarlyExit) {
    var rest = (found.argument ?? "")[...]
    var values = [0.0, 0.0, 0.0]
    for index in values.indices {
      guard let (value, after) = CNumber.double(rest) else { throw found.complaint }
      values[index] = value
      guard !after.isEmpty else { break }
      // Whatever the separator is.
      rest = after.dropFirst()
      if index == 2 { throw found.complaint }
    }
    wait = (values[0], values[1], values[2])
  }

  /// The words of an argument that may be several, between commas or blanks.
  private func several(_ found: Found) throws(EarlyExit) -> [String] {
    let words = (found.argument ?? "").split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
    guard words.allSatisfy({ $0.utf8.count <= Limits.several }) else { throw found.complaint }
    return words
  }

  private mutating func addGateway(_ word: String) throws(EarlyExit) {
    if request.gateways.isEmpty, let (type, isWhole) = CNumber.unsigned(word), isWhole {
      guard type == 4 else {
        throw refused("-g: routing header type \(type) is not supported; 4, segment routing, is")
      }
      return
    }
    guard TargetText.ipv4Address(word) == nil else {
      throw wrong("IP versions mismatch in gateway addresses")
    }
    guard request.gateways.count < Limits.gateways else {
      throw wrong("Too many gateways specified. No more than \(Limits.gateways)")
    }
    request.gateways.append(word)
  }

  private mutating func addModuleOption(
    _ word: String, _ found: Found
  ) throws(EarlyExit) {
    if word == "help" {
      throw EarlyExit(standardError: ButskoyTracerouteTexts.moduleOptions(of: moduleName), exitCode: 0)
    }
    guard moduleWords.count < Limits.moduleOptions else {
      throw EarlyExit(
        standardError: "Too many module options\n" + found.complaint.standardError, exitCode: 2)
    }
    moduleWords.append(word)
  }
}

extension Nanoseconds {
  /// Rounded; what is too long is 292 years, and what is no number is nothing.
  init(seconds: Double) {
    let count = (seconds * 1e9).rounded()
    self.init(count >= 9.2e18 ? .max : count > 0 ? Int64(count) : 0)
  }
}
