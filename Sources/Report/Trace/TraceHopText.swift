import ProbeEngine
import Timing
import Wire

/// One hop on one line, as traceroute made people used to it: the hop limit, then for each probe the address that
/// answered (where it is not that of the probe before), and the round trip with its mark.
struct TraceHopText {
  let options: TraceTextOptions
  let run: TraceRun
  let names: TraceNames

  func put(_ hop: TraceHop, mtu: TraceMTU?, into out: inout [UInt8]) {
    if hop.hopLimit < 10 { out.put(" ") }
    out.put(decimal: UInt64(hop.hopLimit))
    var previous: TraceReply?
    for verdict in hop.verdicts {
      switch verdict {
      case .reply(let reply):
        put(reply, after: previous, hop.target, into: &out)
        previous = reply
      case .lost: out.put("  *")
      case .sendFailed(let failure):
        out.put("  not sent: ")
        out.put(ErrnoText.name(failure.errno) ?? ErrnoText.text(failure.errno))
      }
    }
    if let mtu {
      out.put("  ")
      put(mtu, besides: previous?.address, into: &out)
    }
    if !hop.notes.isEmpty {
      out.put("  (")
      put(hop.notes, into: &out)
      out.put(")")
    }
    out.put("\n")
  }

  private func put(_ reply: TraceReply, after previous: TraceReply?, _ target: Int, into out: inout [UInt8]) {
    let isNew = previous.map { $0.address != reply.address || $0.zone != reply.zone } ?? true
    if isNew {
      out.put("  ")
      put(host: TraceAddress(reply.address, zone: reply.zone), target: target, into: &out)
    }
    if isNew || previous?.extensions != reply.extensions {
      for item in reply.extensions {
        out.put(" ")
        TraceFieldText.put(item, into: &out)
      }
    }
    if isNew || previous?.rewritten != reply.rewritten, !reply.rewritten.isEmpty {
      out.put(" ")
      TraceFieldText.put(reply.rewritten, isUTF8: options.isUTF8, into: &out)
    }
    if let quoted = reply.quotedHopLimit, quoted > 1, isNew || previous?.quotedHopLimit != quoted {
      out.put(" [quoted hop limit ")
      out.put(decimal: UInt64(quoted))
      out.put("]")
    }
    out.put("  ")
    put(roundTripOf: reply, into: &out)
  }

  /// The time with its unit and its marks.
  func put(roundTripOf reply: TraceReply, into out: inout [UInt8]) {
    if let roundTrip = reply.roundTrip {
      out.put(milliseconds: roundTrip.count)
      out.put(" ms")
    } else {
      out.put("no time")
    }
    let mark = TraceMark.text(reply.answer, method: run.method)
    if !mark.isEmpty {
      out.put(" ")
      out.put(mark)
    }
    if reply.isLate { out.put(" late") }
    if reply.isWeaklyMatched { out.put(" ?") }
    if options.isVerbose, let hopLimit = reply.hopLimit {
      out.put(" (hop limit ")
      out.put(decimal: UInt64(hopLimit))
      out.put(")")
    }
  }

  /// `name (address) [AS64500]`.
  func put(host: TraceAddress, target: Int, into out: inout [UInt8]) {
    let name = name(of: host, target: target)
    if let name {
      Escape.text(name, into: &out)
      out.put(" (")
    }
    out.put(host.address, zone: host.zone, names: run.interfaceNames)
    if name != nil { out.put(")") }
    if let system = names.systems?(host.address), !system.isEmpty {
      out.put(" [")
      Escape.text(system, into: &out)
      out.put("]")
    }
  }

  /// For tables: the name alone where there is one, else the address; one octet to a column.
  func column(_ host: TraceAddress, target: Int) -> [UInt8] {
    var text: [UInt8] = []
    if let name = name(of: host, target: target) {
      Escape.text(name, into: &text)
    } else {
      text.put(host.address, zone: host.zone, names: run.interfaceNames)
    }
    if let system = names.systems?(host.address), !system.isEmpty {
      text.put(" [")
      Escape.text(system, into: &text)
      text.put("]")
    }
    var column: [UInt8] = []
    Escape.ascii(text, into: &column)
    return column
  }

  /// The target's own address carries the name it was asked for by.
  func name(of host: TraceAddress, target: Int) -> String? {
    guard !options.isNumeric else { return nil }
    if run.targets.indices.contains(target), run.targets[target].address == host.address,
      !run.targets[target].isNumeric
    {
      return run.targets[target].name
    }
    return names.names[host]
  }

  func put(_ notes: [TraceHop.Note], into out: inout [UInt8]) {
    for (index, note) in notes.enumerated() {
      if index > 0 { out.put("; ") }
      put(note, into: &out)
    }
  }

  private func put(_ note: TraceHop.Note, into out: inout [UInt8]) {
    switch note {
    case .rateLimited: out.put("this router limits its errors: not loss")
    case .loop(let firstSeen):
      out.put("loop: was hop ")
      out.put(decimal: UInt64(firstSeen))
    case .addressTranslation: out.put("addresses are translated from here on")
    case .shared: out.put("as seen for another target")
    case .severalAddresses: out.put("several addresses for one flow")
    }
  }

  /// `mtu 1400 (packet too big from 2001:db8::2)`; `besides`: the address that stands on the line already.
  func put(_ mtu: TraceMTU, besides shown: IPv6Address?, into out: inout [UInt8]) {
    out.put("mtu ")
    out.put(decimal: mtu.mtu)
    switch mtu.source {
    case .link: break
    case .packetTooBig:
      out.put(" (packet too big")
      if let reporter = mtu.reporter, reporter != shown {
        out.put(" from ")
        put(host: TraceAddress(reporter), target: mtu.target, into: &out)
      }
      out.put(")")
    case .blackHole: out.put(" (longer packets vanish without an error)")
    }
    if mtu.isReportInvalid { out.put(" (a packet too big named an mtu that cannot be)") }
  }
}
