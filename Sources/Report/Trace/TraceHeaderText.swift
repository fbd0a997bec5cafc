import ProbeEngine

/// The line above a trace: what is asked of whom, by which way, along which flow.
struct TraceHeaderText {
  let options: TraceTextOptions
  let run: TraceRun

  func put(target index: Int, into out: inout [UInt8]) {
    guard run.targets.indices.contains(index) else { return }
    let target = run.targets[index]
    out.put("trace to ")
    Self.put(nameOf: target, into: &out)
    if let source = target.source {
      out.put(" from ")
      Escape.text(source, into: &out)
    }
    if let interface = run.interface {
      out.put(" on ")
      Escape.text(interface, into: &out)
    }
    out.put(": ")
    out.put(run.method.rawValue)
    putFlow(into: &out)
    out.put(run.arrival == .pcap ? ", by capture" : ", by error queue")
    out.put(", ")
    out.put(decimal: run.packetLength)
    out.put(" octets, ")
    switch run.mode {
    case .hops:
      out.put(decimal: run.queries)
      out.put(run.queries == 1 ? " probe a hop" : " probes a hop")
    case .paths(let confidence):
      out.put("all paths with ")
      out.put(percent: confidence)
      out.put(" % confidence")
    case .mtu: out.put("path mtu of each hop")
    case .rounds(let count, _):
      if let count {
        out.put(decimal: count)
        out.put(count == 1 ? " round" : " rounds")
      } else {
        out.put("until stopped")
      }
    }
    out.put(", ")
    if run.firstHop > 1 {
      out.put("hops ")
      out.put(decimal: UInt64(run.firstHop))
      out.put(" to ")
      out.put(decimal: UInt64(run.maximumHops))
    } else {
      out.put("up to ")
      out.put(decimal: UInt64(run.maximumHops))
      out.put(run.maximumHops == 1 ? " hop" : " hops")
    }
    out.put("\n")
    guard options.isVerbose else { return }
    for note in run.pathNotes {
      Escape.text(note, into: &out)
      out.put("\n")
    }
  }

  static func put(nameOf target: TraceRun.Target, into out: inout [UInt8]) {
    Escape.text(target.name, into: &out)
    guard target.name != target.addressText else { return }
    out.put(" (")
    Escape.text(target.addressText, into: &out)
    out.put(")")
  }

  private func putFlow(into out: inout [UInt8]) {
    switch run.method {
    case .icmp:
      out.put(" identifier ")
      out.put(decimal: UInt64(run.flow.sourcePort))
    case .udp, .tcp, .connect:
      if run.flow.sourcePort != 0 {
        out.put(" port ")
        out.put(decimal: UInt64(run.flow.sourcePort))
      }
      out.put(" to port ")
      out.put(decimal: UInt64(run.flow.destinationPort))
    }
    out.put(", flow label 0x")
    out.put(hexadecimal: UInt64(run.flow.flowLabel), width: 5)
    if run.trafficClass != 0 {
      out.put(", traffic class ")
      out.put(decimal: UInt64(run.trafficClass))
    }
  }
}
