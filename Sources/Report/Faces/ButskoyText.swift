package import ProbeEngine
package import Timing
import Wire

/// What the command line of `traceroute6` decides about the text.
package struct ButskoyTextOptions: Hashable, Sendable {
  /// `-n`: addresses without names.
  package var isNumeric = false
  /// `-e`: ICMP extensions.
  package var showsExtensions = false
  /// `-A`: AS numbers, from the local prefix file; `*` where it has none.
  package var showsSystems = false
  /// `--back`: the length of the way back, where it differs.
  package var showsWayBack = false
  /// `-O info`: flags of the target's TCP answers.
  package var showsTCPFlags = false
  /// `--mtu`
  package var discoversMTU = false
  /// Octets that the header names.
  package var packetLength = 80

  package init() {}
}

/// The text of Butskoy's traceroute 2.1.2. A line begins with its line end, so the last one has it from `end`.
package struct ButskoyText: TraceWriter {
  private let options: ButskoyTextOptions
  private var interfaceNames: InterfaceNames = [:]
  /// A probe that never left ends the run as the original's do; errno(3).
  private var sendError: Int32?
  /// The header, where it waits for a probe that could leave: methods other than UDP look for a route before they
  /// print anything.
  private var held: OutputBuffer?

  package init(options: ButskoyTextOptions) { self.options = options }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    interfaceNames = run.interfaceNames
    guard let target = run.targets.first else { return }
    var header = OutputBuffer()
    ButskoyText.putHeader(
      name: target.name, address: target.addressText, maximumHops: run.maximumHops,
      packetLength: options.packetLength, into: &header)
    if run.method != .udp, target.source == nil {
      held = header
    } else {
      out.standardOutput += header.standardOutput
    }
  }

  private mutating func release(into out: inout OutputBuffer) {
    out.standardOutput += held?.standardOutput ?? []
    held = nil
  }

  /// The line that comes before the first probe; by itself where a trace ends before it has begun.
  package static func putHeader(
    name: String, address: String, maximumHops: UInt8, packetLength: Int, into out: inout OutputBuffer
  ) {
    out.standardOutput.put("traceroute to ")
    Escape.text(name, into: &out.standardOutput)
    out.standardOutput.put(" (")
    Escape.text(address, into: &out.standardOutput)
    out.standardOutput.put("), ")
    out.standardOutput.put(decimal: UInt64(maximumHops))
    out.standardOutput.put(" hops max, ")
    out.standardOutput.put(decimal: packetLength)
    out.standardOutput.put(" byte packets")
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    switch event {
    case .hop(let hop):
      // The original ends at the first probe that fails, and `end` says why.
      guard !hop.isUnsendable else { return }
      release(into: &out)
      put(hop, names, into: &out.standardOutput)
    case .end(let end):
      // A packet too long for its link is shown at its hop and is no failure.
      if case .sendFailed(let errno) = end.reason, errno != FaceErrno.messageTooLong { sendError = errno }
    default: break
    }
  }

  package mutating func end(at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  {
    guard let sendError else {
      release(into: &out)
      out.standardOutput.put(0x0a)
      return
    }
    // The original asks for the route with connect(2), before it sends.
    let call = FaceErrno.isOfRoute(sendError) ? "connect" : "send"
    out.standardError.put("\n\(call): \(ErrnoText.text(sendError))\n")
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    options.isNumeric ? [] : event.hopAddresses
  }

  // MARK: A hop

  private func put(_ hop: TraceHop, _ names: TraceNames, into out: inout [UInt8]) {
    out.put(0x0a)
    if hop.hopLimit < 10 { out.put(0x20) }
    out.put(decimal: UInt64(hop.hopLimit))
    out.put(0x20)
    var previous: TraceReply?
    // `--mtu`: what the answer to a longer try of the same probe said.
    var fragment: UInt32?
    for verdict in hop.verdicts {
      switch verdict {
      case .reply(let reply):
        if options.discoversMTU, case .packetTooBig(let mtu) = reply.answer, mtu < reply.probe.packetLength {
          fragment = mtu
          continue
        }
        put(reply, previous: previous, names, into: &out)
        if let mark = ButskoyText.mark(reply.answer) {
          out.put(0x20)
          out.put(mark)
        } else {
          putFragment(&fragment, into: &out)
        }
        previous = reply
      case .lost:
        out.put(" *")
        putFragment(&fragment, into: &out)
      case .sendFailed(let failure):
        if options.discoversMTU, let mtu = failure.mtu {
          fragment = mtu
          continue
        }
        out.put(" *")
        if let mtu = failure.mtu {
          out.put("  0.000 ms !F-")
          out.put(decimal: UInt64(mtu))
        }
      }
    }
  }

  private func putFragment(_ mtu: inout UInt32?, into out: inout [UInt8]) {
    guard let value = mtu else { return }
    out.put(" F=")
    out.put(decimal: UInt64(value))
    mtu = nil
  }

  private func put(
    _ reply: TraceReply, previous: TraceReply?, _ names: TraceNames, into out: inout [UInt8]
  ) {
    let extensions = extensionText(reply)
    let isNamed =
      previous.map { previous in
        previous.address != reply.address || extensionText(previous) != extensions
          || (options.showsWayBack && previous.hopLimit != reply.hopLimit)
      } ?? true
    if isNamed {
      out.put(0x20)
      if !options.isNumeric {
        let address = TraceAddress(reply.address, zone: reply.zone)
        if let name = names.names[address] {
          Escape.text(name, into: &out)
        } else {
          out.put(reply.address, zone: reply.zone, names: interfaceNames)
        }
        out.put(" (")
      }
      out.put(reply.address, zone: reply.zone, names: interfaceNames)
      if !options.isNumeric { out.put(")") }
      if options.showsSystems {
        out.put(" [")
        Escape.text(names.systems?(reply.address) ?? "*", into: &out)
        out.put("]")
      }
      if let extensions {
        out.put(" <")
        out.put(extensions)
        out.put(">")
      }
      if options.showsWayBack, let hops = reply.hopsBack, hops != Int(reply.probe.hopLimit) {
        out.put(" '-")
        out.put(decimal: hops)
        out.put("'")
      }
    }
    guard let roundTrip = reply.roundTrip else { return }
    out.put("  ")
    out.put(milliseconds: roundTrip.count)
    out.put(" ms")
  }

  /// nil: an ordinary hop, or the target as it should answer.
  static func mark(_ answer: TraceAnswer) -> String? {
    switch answer {
    case .timeExceeded(0), .unreachable(4): nil
    case .unreachable(0): "!N"
    case .unreachable(1): "!X"
    case .unreachable(2), .unreachable(3): "!H"
    case .unreachable(let code): "!<\(code)>"
    case .packetTooBig(let mtu): "!F-\(mtu)"
    case .timeExceeded, .parameterProblem, .otherError:
      answer.icmp.map { "!<\($0.type)-\($0.code)>" }
    case .echoReply, .tcp, .datagram, .connected, .refused: nil
    }
  }

  private func extensionText(_ reply: TraceReply) -> String? {
    if options.showsTCPFlags, case .tcp(let flags) = reply.answer { return ButskoyText.text(flags) }
    guard options.showsExtensions, !reply.extensions.isEmpty else { return nil }
    return reply.extensions.map(ButskoyText.text).joined(separator: ";")
  }
}

extension ButskoyText {
  /// In the order of the bits.
  static func text(_ flags: TCPHeader.Flags) -> String {
    let names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
    return names.indices.filter { flags.rawValue >> UInt16($0) & 1 == 1 }.map { names[$0] }
      .joined(separator: ",")
  }

  /// One extension object: MPLS labels in words, all others in words of 32 bits, as 2.1.2 does.
  static func text(_ extension: TraceExtension) -> String {
    switch `extension` {
    case .mpls(let stack):
      return "MPLS:"
        + stack.map { entry in
          "L=\(entry.label),E=\(entry.trafficClass),S=\(entry.isBottomOfStack ? 1 : 0),T=\(entry.timeToLive)"
        }.joined(separator: "/")
    case .interface(let role, let index, let address, let name, let mtu):
      let object = InterfaceObject(role: role, index: index, address: address, name: name, mtu: mtu)
      return "\(InterfaceInformation.objectClass)/\(object.type):" + words(object.data)
    case .other(let classNumber, let type, let data): return "\(classNumber)/\(type):" + words(data)
    }
  }

  /// Eight hexadecimal digits for each four octets; octets that fill no word are filled with zeros.
  private static func words(_ octets: [UInt8]) -> String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: octets.count, by: 4) {
      if start > 0 { out.put(",") }
      for index in start..<start + 4 {
        out.put(hexadecimal: UInt64(index < octets.count ? octets[index] : 0), width: 2)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The object of RFC 5837 §4 that says these things.
  private struct InterfaceObject {
    var type: UInt8
    var data: [UInt8] = []

    init(
      role: InterfaceInformation.Role, index: UInt32?, address: InterfaceInformation.Address?, name: [UInt8]?,
      mtu: UInt32?
    ) {
      type = role.rawValue << 6
      if let index {
        type |= 8
        put(index)
      }
      switch address {
      case .ipv4(let bits)?:
        type |= 4
        put(1 << 16)
        put(bits)
      case .ipv6(let address)?:
        type |= 4
        put(2 << 16)
        for word in 0..<4 { put(UInt32(truncatingIfNeeded: address.bits >> UInt128(96 - 32 * word))) }
      case nil: break
      }
      if let name {
        type |= 2
        let shown = name.prefix(InterfaceInformation.maximumNameCount - 1)
        let count = (1 + shown.count + 3) / 4 * 4
        data.append(UInt8(truncatingIfNeeded: count))
        data.append(contentsOf: shown)
        data.append(contentsOf: repeatElement(0, count: count - 1 - shown.count))
      }
      if let mtu {
        type |= 1
        put(mtu)
      }
    }

    private mutating func put(_ word: UInt32) {
      for shift in [24, 16, 8, 0] as [UInt32] { data.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
  }
}
