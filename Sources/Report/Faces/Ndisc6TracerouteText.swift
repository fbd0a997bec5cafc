package import ProbeEngine
package import Timing
import Wire

/// What the command lines of `rltraceroute6`, `tcptraceroute6` and `tracert6` decide about the text.
package struct Ndisc6TracerouteTextOptions: Hashable, Sendable {
  /// `-n`
  package var isNumeric = false
  /// `-l`: the hop limit that each answer came with.
  package var showsHopLimit = false
  /// SYN probes: `[open]` or `[closed]` behind the target's answers. Answers to ACK probes tell nothing of a port.
  package var showsPortState = false
  /// Octets that the header names.
  package var packetLength = 60
  /// Standard output is a terminal: how far the run is, in per cent, on a line that is written over.
  package var isTerminal = false

  package init() {}
}

/// The text of the traceroutes of ndisc6 1.0.5, trailing spaces included.
package struct Ndisc6TracerouteText: TraceWriter {
  private let options: Ndisc6TracerouteTextOptions
  private var interfaceNames: InterfaceNames = [:]
  private var total = 0
  private var settled = 0
  private var sendError: Int32?
  /// The header, where it waits for a probe that could leave: without a route there is none.
  private var held: [UInt8] = []
  private var name = ""

  package init(options: Ndisc6TracerouteTextOptions) { self.options = options }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    interfaceNames = run.interfaceNames
    total = run.queries * max(Int(run.maximumHops) - Int(run.firstHop) + 1, 0)
    guard let target = run.targets.first else { return }
    name = target.name
    putHeader(run, target, into: &held)
    guard target.source != nil else { return }
    release(into: &out)
    putProgress(into: &out.standardOutput)
  }

  private mutating func release(into out: inout OutputBuffer) {
    out.standardOutput += held
    held.removeAll()
  }

  private func putHeader(_ run: TraceRun, _ target: TraceRun.Target, into out: inout [UInt8]) {
    out.put("traceroute to ")
    Escape.text(target.canonicalName, into: &out)
    out.put(" (")
    out.put(target.address)
    out.put(") ")
    if let source = target.source {
      // inet_ntop(3) knows no zones.
      out.put("from ")
      Escape.text(source.utf8.prefix { $0 != 0x25 }, into: &out)
      out.put(", ")
    }
    if run.method != .icmp {
      out.put("port ")
      out.put(decimal: UInt64(run.flow.destinationPort))
      out.put(", from port ")
      out.put(decimal: UInt64(run.flow.sourcePort))
      out.put(", ")
    }
    out.put(decimal: UInt64(run.maximumHops))
    out.put(run.maximumHops == 1 ? " hop max, " : " hops max, ")
    out.put(decimal: options.packetLength)
    out.put(options.packetLength == 1 ? " byte packets\n" : " bytes packets\n")
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    switch event {
    case .reply, .lost, .sendFailed:
      settled += 1
      guard held.isEmpty else { return }
      putProgress(into: &out.standardOutput)
    case .hop(let hop):
      guard !hop.isUnsendable else { return }
      release(into: &out)
      if options.isTerminal { out.standardOutput.put("                  \r") }
      put(hop, names, into: &out.standardOutput)
      if !hop.isLast { putProgress(into: &out.standardOutput) }
    case .end(let end):
      if case .sendFailed(let errno) = end.reason { sendError = errno }
    default: break
    }
  }

  private func putProgress(into out: inout [UInt8]) {
    guard options.isTerminal, total > 0 else { return }
    let share = UInt64(min(100 * settled / total, 100))
    out.put(share < 10 ? "   " : share < 100 ? "  " : " ")
    out.put(decimal: share)
    out.put("% completed...\r")
  }

  package mutating func end(at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  {
    guard let sendError else { return release(into: &out) }
    guard held.isEmpty, !FaceErrno.isOfRoute(sendError) else {
      Escape.text(name, into: &out.standardError)
      out.standardError.put(": \(ErrnoText.text(sendError))\n")
      return
    }
    out.standardError.put("Cannot send data: \(ErrnoText.text(sendError))\n")
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    options.isNumeric ? [] : event.hopAddresses
  }

  // MARK: A hop

  /// What stands in brackets behind a round trip where it differs from the probe before.
  private enum PortState: Hashable {
    case none, closed, open
  }

  private func put(_ hop: TraceHop, _ names: TraceNames, into out: inout [UInt8]) {
    if hop.hopLimit < 10 { out.put(0x20) }
    out.put(decimal: UInt64(hop.hopLimit))
    out.put(0x20)
    var shown: TraceAddress?
    var before: PortState?
    for (column, verdict) in hop.verdicts.enumerated() {
      guard case .reply(let reply) = verdict else {
        out.put(" *")
        before = nil
        continue
      }
      let address = TraceAddress(reply.address, zone: reply.zone)
      if column == 0 || address != shown {
        put(address, names, into: &out)
        shown = address
      }
      out.put(0x20)
      // Cut off, not rounded.
      out.put(thousandths: max(reply.roundTrip?.count ?? 0, 0) / 1_000)
      out.put(" ms ")
      let state = options.showsPortState ? Ndisc6TracerouteText.portState(reply.answer) : .none
      if state != before {
        switch state {
        case .none: break
        case .closed: out.put("[closed] ")
        case .open: out.put("[open] ")
        }
      }
      before = state
      if options.showsHopLimit, let limit = reply.hopLimit {
        out.put("(")
        out.put(decimal: UInt64(limit))
        out.put(") ")
      }
      if let mark = Ndisc6TracerouteText.mark(reply.answer) {
        out.put(mark)
        out.put(0x20)
      }
    }
    out.put(0x0a)
  }

  private func put(_ address: TraceAddress, _ names: TraceNames, into out: inout [UInt8]) {
    out.put(0x20)
    if !options.isNumeric {
      if let name = names.names[address] {
        Escape.text(name, into: &out)
      } else {
        out.put(address.address, zone: address.zone, names: interfaceNames)
      }
      out.put(" (")
    }
    out.put(address.address, zone: address.zone, names: interfaceNames)
    out.put(options.isNumeric ? " " : ") ")
  }

  private static func portState(_ answer: TraceAnswer) -> PortState {
    switch answer {
    case .tcp(let flags): flags.rawValue & TCPHeader.Flags.syn.rawValue != 0 ? .open : .closed
    case .connected: .open
    case .refused: .closed
    default: .none
    }
  }

  /// The original never sees Packet Too Big, and has a mark for it in its source that it never prints.
  static func mark(_ answer: TraceAnswer) -> String? {
    switch answer {
    case .unreachable(0): "!N"
    case .unreachable(1), .unreachable(5), .unreachable(6): "!A"
    case .unreachable(2): "!S"
    case .unreachable(3): "!H"
    case .parameterProblem(1, _): "!P"
    case .packetTooBig(let mtu): "!F-\(mtu)"
    default: nil
    }
  }
}
