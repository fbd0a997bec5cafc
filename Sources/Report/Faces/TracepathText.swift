package import ProbeEngine
package import Timing
import Wire

/// What the command line of `tracepath6` decides about the text.
package struct TracepathTextOptions: Hashable, Sendable {
  /// `-n`: addresses without names.
  package var isNumeric = false
  /// `-b`: names and addresses.
  package var showsBoth = false
  /// Octets of the first try (`-l`); what the last lines name where nothing was learnt.
  package var packetLength = 128_000

  package init() {}
}

/// The text of iputils' tracepath.
package struct TracepathText: TraceWriter {
  private let options: TracepathTextOptions
  private var interfaceNames: InterfaceNames = [:]
  private var pathMTU: Int
  private var maximumHops: UInt8 = 30
  private var hopsTo: UInt8?
  private var hopsFrom: Int?
  private var isPathTooLong = false
  /// Every step down makes the original ask the hop anew; the step from its own first size asks it twice.
  private var isFirstHopTwice = false

  package init(options: TracepathTextOptions) {
    self.options = options
    pathMTU = options.packetLength
  }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    interfaceNames = run.interfaceNames
    maximumHops = run.maximumHops
    let cached = run.targets.first?.cachedMTU
    guard maximumHops > 0, let local = [run.linkMTU, cached].compactMap({ $0 }).min() else { return }
    putLocal(mtu: Int(local), hopLimit: run.firstHop, elapsed: 0, into: &out.standardOutput)
  }

  /// The kernel refuses what is longer than the link, or the path as it remembers it, carries.
  private mutating func putLocal(mtu: Int, hopLimit: UInt8, elapsed: Int64, into out: inout [UInt8]) {
    guard mtu < pathMTU else { return }
    out.put(padded: hopLimit)
    out.put("?: [LOCALHOST]")
    out.put(String(repeating: " ", count: 32 - 11 + 1))
    putTime(elapsed, into: &out)
    putMTU(mtu, into: &out)
    isFirstHopTwice = true
  }

  private mutating func putMTU(_ mtu: Int, into out: inout [UInt8]) {
    out.put("pmtu ")
    out.put(decimal: mtu)
    out.put(0x0a)
    pathMTU = mtu
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    switch event {
    case .hop(let hop): put(hop, names, into: &out.standardOutput)
    case .end(let end): isPathTooLong = end.reason == .maximumHops
    default: break
    }
  }

  package mutating func end(at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  {
    if isPathTooLong {
      out.standardOutput.put("     Too many hops: pmtu ")
      out.standardOutput.put(decimal: pathMTU)
      out.standardOutput.put(0x0a)
    }
    TracepathText.putResume(pathMTU: pathMTU, hopsTo: hopsTo, hopsFrom: hopsFrom, into: &out)
  }

  private static func putResume(
    pathMTU: Int, hopsTo: UInt8?, hopsFrom: Int?, into out: inout OutputBuffer
  ) {
    out.standardOutput.put("     Resume: pmtu ")
    out.standardOutput.put(decimal: pathMTU)
    out.standardOutput.put(0x20)
    if let hopsTo {
      out.standardOutput.put("hops ")
      out.standardOutput.put(decimal: UInt64(hopsTo))
      out.standardOutput.put(0x20)
    }
    if let hopsFrom {
      out.standardOutput.put("back ")
      out.standardOutput.put(decimal: hopsFrom)
      out.standardOutput.put(0x20)
    }
    out.standardOutput.put(0x0a)
  }

  /// The whole of a run of which no probe could leave.
  package static func putSendFailed(hopLimit: UInt8, packetLength: Int, into out: inout OutputBuffer) {
    out.standardOutput.put(padded: hopLimit)
    out.standardOutput.put(":  send failed\n")
    putResume(pathMTU: packetLength, hopsTo: nil, hopsFrom: nil, into: &out)
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    options.isNumeric && !options.showsBoth ? [] : event.hopAddresses
  }

  // MARK: A hop

  private mutating func put(_ hop: TraceHop, _ names: TraceNames, into out: inout [UInt8]) {
    // Answers to show; what comes after them was asked by us alone.
    var wanted = isFirstHopTwice ? 2 : 1
    isFirstHopTwice = false
    var hasFailed = false
    var hasAnswered = false
    for verdict in hop.verdicts {
      switch verdict {
      case .reply(let reply):
        if case .packetTooBig(let mtu) = reply.answer {
          // What one probe found out, others of its size find as well.
          guard Int(mtu) < pathMTU else { continue }
          put(reply, hop, names, into: &out)
        } else {
          // The original asks anew only where the first answer came in time.
          if reply.isLate { wanted = min(wanted, 1) }
          guard wanted > 0 else { continue }
          wanted -= 1
          put(reply, hop, names, into: &out)
        }
        hasAnswered = true
      case .sendFailed(let failure):
        if let mtu = failure.mtu {
          putLocal(mtu: Int(mtu), hopLimit: hop.hopLimit, elapsed: 0, into: &out)
        } else {
          hasFailed = true
        }
      case .lost: wanted = min(wanted, 1)
      }
    }
    guard !hasAnswered else { return }
    out.put(padded: hop.hopLimit)
    out.put(hasFailed ? ":  send failed\n" : ":  no reply\n")
  }

  private mutating func put(
    _ reply: TraceReply, _ hop: TraceHop, _ names: TraceNames, into out: inout [UInt8]
  ) {
    out.put(padded: hop.hopLimit)
    if reply.answer == .datagram {
      out.put("?: reply received 8)\n")
      return
    }
    out.put(":  ")
    putHost(TraceAddress(reply.address, zone: reply.zone), names, into: &out)
    if let roundTrip = reply.roundTrip { putTime(roundTrip.count, into: &out) }
    switch reply.answer {
    case .packetTooBig(let mtu):
      putMTU(Int(mtu), into: &out)
      return
    case .unreachable(4), .echoReply, .connected, .refused, .tcp:
      out.put("reached")
      hopsTo = hop.hopLimit
      hopsFrom = reply.hopsBack
    case .timeExceeded(0):
      if let hopsBack = reply.hopsBack, hopsBack != Int(hop.hopLimit) {
        out.put("asymm ")
        if hopsBack < 10 { out.put(0x20) }
        out.put(decimal: hopsBack)
        out.put(0x20)
      }
    default: out.put(TracepathText.mark(reply.answer))
    }
    out.put(0x0a)
  }

  /// The marks of the errno(3) that Linux makes of an ICMPv6 error.
  static func mark(_ answer: TraceAnswer) -> String {
    switch answer {
    case .unreachable(0): "!N"
    case .unreachable(1), .unreachable(5), .unreachable(6): "!A"
    case .unreachable(2), .unreachable(3), .timeExceeded: "!H"
    default: "!P"
    }
  }

  /// A column of 52; longer ones keep one space behind.
  private func putHost(_ address: TraceAddress, _ names: TraceNames, into out: inout [UInt8]) {
    let start = out.count
    if options.isNumeric || names.names[address] == nil {
      out.put(address.address, zone: address.zone, names: interfaceNames)
    } else {
      Escape.text(names.names[address] ?? "", into: &out)
    }
    if options.showsBoth {
      out.put(" (")
      if options.isNumeric, let name = names.names[address] {
        Escape.text(name, into: &out)
      } else {
        out.put(address.address, zone: address.zone, names: interfaceNames)
      }
      out.put(")")
    }
    out.put(String(repeating: " ", count: max(52 - (out.count - start), 1)))
  }

  /// Milliseconds with three decimals, cut off, in seven columns.
  private func putTime(_ nanoseconds: Int64, into out: inout [UInt8]) {
    let microseconds = max(nanoseconds, 0) / 1_000
    if microseconds < 100_000 { out.put(0x20) }
    if microseconds < 10_000 { out.put(0x20) }
    out.put(thousandths: microseconds)
    out.put("ms ")
  }
}

extension [UInt8] {
  /// In two columns.
  fileprivate mutating func put(padded number: UInt8) {
    if number < 10 { put(0x20) }
    put(decimal: UInt64(number))
  }
}
