import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// The faces `rltraceroute6`, `tcptraceroute6` and `tracert6`: the options, errors and exit codes of ndisc6 1.0.5.
package enum Ndisc6Traceroute {
  package enum Face: String, Hashable, Sendable, CaseIterable {
    case rltraceroute6
    /// Sends SYN; its operands are target and port, and other options mean the source port and the length.
    case tcptraceroute6
    /// rltraceroute6 with `-I` before all other options.
    case tracert6
  }

  /// Reads an argument vector, without argv[0]. Looks nothing up.
  ///
  /// - service: the port that a service name stands for.
  package static func parse(
    _ arguments: [String], programName: String, face: Face, environment: (String) -> String? = { _ in nil },
    service: @escaping (String) -> UInt16? = { _ in nil }
  ) throws(EarlyExit) -> TraceFaceInvocation {
    var parse = Ndisc6TracerouteParse(programName: programName, face: face, service: service)
    var scanner = OptionScanner(
      arguments, table: parse.table, permutes: environment("POSIXLY_CORRECT") == nil)
    while true {
      let found: OptionScanner<Ndisc6Option>.Found
      do throws(OptionScanError) {
        guard let next = try scanner.next() else { break }
        found = next
      } catch { throw parse.malformed(error, typed: scanner.lastArgument) }
      try parse.take(found)
    }
    return try parse.finish(scanner.operands)
  }
}

/// One reading of such a command line: the state between its options.
private struct Ndisc6TracerouteParse {
  private enum Limits {
    static let segments = 127
    static let packetLength: UInt64 = 65_575
    /// What IFNAMSIZ leaves of an interface's name.
    static let interface = 15
  }

  private let face: Ndisc6Traceroute.Face
  /// What errors begin with: argv[0], and for those of the program behind a wrapper its name.
  private let programName: String
  private let innerName: String
  private let service: (String) -> UInt16?
  private var request = TraceRequest()
  private var text = Ndisc6TracerouteTextOptions()
  private var method = TraceConfiguration.Method.udp
  private var hasECN = false
  private var firstHop: UInt8 = 1
  private var maximumHops: UInt8 = 30
  private var port: String?
  private var sourcePort: String?
  private var length: String?
  private var seconds: UInt32 = 5
  private var sourceName: (text: String, position: Int, option: String)?

  init(programName: String, face: Ndisc6Traceroute.Face, service: @escaping (String) -> UInt16?) {
    self.face = face
    self.service = service
    let slash = programName.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(programName[...$0]) } ?? ""
    innerName = face == .rltraceroute6 ? programName : directory + "rltraceroute6"
    self.programName = face == .tracert6 ? innerName : programName
    switch face {
    case .rltraceroute6: break
    case .tcptraceroute6: method = .tcp
    case .tracert6: method = .icmp
    }
  }

  var table: OptionTable<Ndisc6Option> { face == .tcptraceroute6 ? .tcptraceroute6 : .rltraceroute6 }

  func malformed(_ error: OptionScanError, typed: String) -> EarlyExit {
    hint(programName, after: GetoptError.text(error, programName: programName, typed: typed))
  }

  private func hint(_ program: String, after text: String = "") -> EarlyExit {
    EarlyExit(standardError: text + Ndisc6TracerouteTexts.hint(program: program), exitCode: 2)
  }

  private func failure(_ text: String) -> EarlyExit { EarlyExit(standardError: text + "\n", exitCode: 1) }

  mutating func take(_ found: OptionScanner<Ndisc6Option>.Found) throws(EarlyExit) {
    let argument = found.argument ?? ""
    switch found.key {
    case .help:
      throw EarlyExit(
        standardOutput: Ndisc6TracerouteTexts.usage(
          program: programName, last: face == .tcptraceroute6 ? "port number" : "packet length",
          options: table), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: Ndisc6TracerouteTexts.version, exitCode: 0)
    case .ack:
      method = .tcp
      request.configuration.tcpFlags = .ack
    case .syn:
      method = .tcp
      request.configuration.tcpFlags = .syn
    case .icmp: method = .icmp
    case .udp: method = .udp
    case .udplite: throw hint(innerName, after: "\(escaped(innerName)): -L: UDP-Lite is not supported\n")
    case .ecn: hasECN = true
    case .debug: request.isSocketDebugged = true
    case .noRoute: request.isRoutingBypassed = true
    case .nothing, .names: if found.key == .names { text.isNumeric = false }
    case .numeric: text.isNumeric = true
    case .hopLimit: text.showsHopLimit = true
    case .firstHop: firstHop = try hopLimit(argument)
    case .maximumHops: maximumHops = try hopLimit(argument)
    case .queries: request.configuration.queries = Int(try number(argument, atMost: 255))
    case .trafficClass: request.configuration.trafficClass = UInt8(try number(argument, atMost: 255))
    case .wait: seconds = UInt32(try number(argument, atMost: UInt64(UInt32.max)))
    case .gap:
      let gap = try number(argument, atMost: UInt64(UInt32.max))
      request.configuration.minimumGap = .milliseconds(Int64(gap))
    case .segment:
      guard request.gateways.count < Limits.segments else {
        throw failure("\(escaped(argument)): Too many route segments specified.")
      }
      request.gateways.append(argument)
    case .interface:
      let name = String(decoding: argument.utf8.prefix(Limits.interface), as: UTF8.self)
      request.interface = name.isEmpty ? nil : name
    case .source: setSource(argument)
    case .destinationPort: port = argument
    case .sourcePort: sourcePort = argument
    case .length: length = argument
    }
  }

  mutating func finish(_ operands: [String]) throws(EarlyExit) -> TraceFaceInvocation {
    guard let target = operands.first else { throw hint(programName) }
    guard operands.count <= 2 else { throw hint(programName) }
    if face == .tcptraceroute6 {
      port = operands.count == 2 ? operands[1] : "80"
    } else if operands.count == 2 {
      length = operands[1]
    }
    let octets = try packetLength()
    guard firstHop <= maximumHops else {
      throw failure("\(escaped(innerName)): the first hop is beyond the last one")
    }

    request.targetNames = [target]
    request.configuration.method = method
    // A hop limit of 0 is nothing that a router sees.
    request.configuration.firstHop = max(firstHop, 1)
    request.configuration.maximumHops = max(maximumHops, 1)
    request.configuration.inFlightPerHop = max(request.configuration.queries, 1)
    request.configuration.payload = .ndisc6
    request.configuration.isLengthFixed = true
    request.configuration.endsAtLoop = false
    request.configuration.wait = .fixed(.seconds(Int64(seconds)))
    guard request.configuration.queries > 0 else {
      throw failure("\(escaped(innerName)): -q 0: a hop that is not asked cannot answer")
    }
    try setPorts(target)
    switch method {
    case .udp: request.configuration.correlation = .portPerHop
    case .icmp: request.configuration.correlation = .portPerProbe
    case .tcp, .connect:
      request.path = .raw
      text.showsPortState = request.configuration.tcpFlags != .ack
      if hasECN, text.showsPortState { request.configuration.tcpFlags = TCPHeader.Flags(rawValue: 0xc2) }
    }
    setLength(octets)
    var invocation = TraceFaceInvocation(request: request, text: .ndisc6(text), programName: innerName)
    invocation.sourceName = sourceName
    invocation.portText = port ?? "33434"
    return invocation
  }

  /// The header names what was asked for, and never less than the headers below the probe; the probe itself has
  /// its own header in any case.
  private mutating func setLength(_ octets: Int) {
    let routing = request.gateways.isEmpty ? 0 : 8 + 16 * (request.gateways.count + 1)
    let header = method == .tcp ? 20 : 8
    text.packetLength = max(octets, 40 + routing)
    request.configuration.packetLength = max(octets, 40 + routing + header)
  }

  private mutating func setPorts(_ target: String) throws(EarlyExit) {
    guard method != .icmp else { return }
    if let sourcePort {
      request.sourcePort = try portNumber(sourcePort, host: nil)
    }
    request.configuration.flow.destinationPort = try portNumber(port ?? "33434", host: target)
  }

  // MARK: options with more to them

  private mutating func setSource(_ text: String) {
    let address = text.prefix { $0 != "%" }
    if TargetText.ipv6Address(String(address)) != nil {
      request.source = text
      sourceName = nil
    } else {
      sourceName = (text, 0, "-s")
    }
  }

  private func hopLimit(_ text: String) throws(EarlyExit) -> UInt8 {
    guard let value = whole(text), let limit = UInt8(exactly: value) else {
      throw failure("\(escaped(text)): invalid hop limit")
    }
    return limit
  }

  private func packetLength() throws(EarlyExit) -> Int {
    guard let length else { return 60 }
    guard let value = whole(length), value <= Limits.packetLength else {
      throw failure("\(escaped(length)): invalid packet length")
    }
    return Int(value)
  }

  private func number(_ text: String, atMost limit: UInt64) throws(EarlyExit) -> UInt64 {
    guard let value = whole(text), value <= limit else { throw hint(innerName) }
    return value
  }

  /// As strtoul(3) reads all of it; the original takes an empty text for 0.
  private func whole(_ text: String) -> UInt64? {
    if text.isEmpty { return 0 }
    guard let (value, isWhole) = CNumber.unsigned(text), isWhole else { return nil }
    return value
  }

  /// A number, of which getaddrinfo(3) keeps 16 bits, or the name of a service.
  private func portNumber(_ text: String, host: String?) throws(EarlyExit) -> UInt16 {
    if let value = try? NumberText.integer(text, manner: .asC) { return UInt16(truncatingIfNeeded: value) }
    if let port = service(text) { return port }
    let what = host.map { escaped($0) + " " } ?? ""
    throw failure("\(what)port \(escaped(text)): Servname not supported for ai_socktype")
  }
}
