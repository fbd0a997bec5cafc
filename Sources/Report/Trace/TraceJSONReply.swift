import ProbeEngine
import Timing
import Wire

/// The keys of a probe, and of what became of it, in a trace's JSON lines: the same in an event of its own and in
/// the `replies` of a hop.
struct TraceJSONReply {
  let run: TraceRun
  /// Reverse names and AS numbers that are to be told.
  let names: TraceNames

  /// Which probe it was, and along which flow it went.
  func put(number: UInt64, _ probe: TraceProbe, into line: inout JSONLine) {
    line.put("probe", number)
    line.put("query", Int64(probe.query))
    switch run.method {
    case .icmp: line.put("identifier", UInt64(probe.flow.sourcePort))
    case .udp, .tcp, .connect:
      // 0 leaves the choice to the kernel, and it is not known.
      if probe.flow.sourcePort != 0 { line.put("source_port", UInt64(probe.flow.sourcePort)) }
      line.put("destination_port", UInt64(probe.flow.destinationPort))
    }
    line.put("flow_label", UInt64(probe.flow.flowLabel))
    line.put("packet_bytes", Int64(probe.packetLength))
  }

  func put(_ reply: TraceReply, into line: inout JSONLine) {
    put(number: reply.number, reply.probe, into: &line)
    line.put("address", reply.address, zone: reply.zone, names: run.interfaceNames)
    line.put("name", ifKnown: names.names[TraceAddress(reply.address, zone: reply.zone)])
    line.put("as", ifKnown: names.systems?(reply.address))
    if reply.interface != 0 {
      line.put("interface", run.interfaceNames[reply.interface] ?? String(reply.interface))
    }
    Self.put(reply.answer, into: &line)
    if reply.answer.isArrival { line.put("reached", true) }
    if let roundTrip = reply.roundTrip {
      line.put("rtt_ns", roundTrip.count)
      line.put("rtt_source", RoundTripText.name(reply.roundTripSource))
    }
    if let hostTransmit = reply.hostTransmit { line.put("host_tx_ns", hostTransmit.count) }
    if let hostReceive = reply.hostReceive { line.put("host_rx_ns", hostReceive.count) }
    if let hopLimit = reply.hopLimit { line.put("reply_hop_limit", UInt64(hopLimit)) }
    if let trafficClass = reply.trafficClass { line.put("reply_traffic_class", UInt64(trafficClass)) }
    if let quoted = reply.quotedHopLimit { line.put("quoted_hop_limit", UInt64(quoted)) }
    line.put("late", reply.isLate)
    if reply.isWeaklyMatched { line.put("weakly_matched", true) }
    if !reply.extensions.isEmpty {
      line.array("extensions", reply.extensions) { item, octets in
        octets.append(contentsOf: JSONLine.element { Self.put(item, into: &$0) })
      }
    }
    if !reply.rewritten.isEmpty {
      line.array("rewritten", reply.rewritten) { rewrite, octets in
        octets.append(contentsOf: JSONLine.element { Self.put(rewrite, into: &$0) })
      }
    }
  }

  static func put(errno: Int32, mtu: UInt32?, into line: inout JSONLine) {
    line.put("errno", Int64(errno))
    line.put("error", ifKnown: ErrnoText.name(errno))
    line.put("message", ErrnoText.text(errno))
    if let mtu { line.put("mtu", UInt64(mtu)) }
  }

  private static func put(_ answer: TraceAnswer, into line: inout JSONLine) {
    switch answer {
    case .timeExceeded, .unreachable, .packetTooBig, .parameterProblem, .otherError:
      line.put("answer", "icmp_error")
    case .echoReply: line.put("answer", "echo_reply")
    case .tcp: line.put("answer", "tcp")
    case .datagram: line.put("answer", "datagram")
    case .connected: line.put("answer", "connected")
    case .refused: line.put("answer", "refused")
    }
    if let (type, code) = answer.icmp {
      line.put("icmp_type", UInt64(type))
      line.put("icmp_code", UInt64(code))
      line.put("icmp_name", ifKnown: ICMPv6ErrorText.name(type: type, code: code))
    }
    switch answer {
    case .packetTooBig(let mtu): line.put("mtu", UInt64(mtu))
    case .parameterProblem(_, let pointer): line.put("pointer", UInt64(pointer))
    case .tcp(let flags):
      line.array("tcp_flags", flags.names) { name, octets in octets.put("\"\(name)\"") }
      line.put("port_state", TraceMark.isOpen(flags) ? "open" : "closed")
    case .connected: line.put("port_state", "open")
    case .refused: line.put("port_state", "closed")
    default: break
    }
  }

  private static func put(_ item: TraceExtension, into object: inout JSONLine) {
    switch item {
    case .mpls(let entries):
      object.put("kind", "mpls")
      object.array("labels", entries) { entry, octets in
        octets.append(
          contentsOf: JSONLine.element {
            $0.put("label", UInt64(entry.label))
            $0.put("traffic_class", UInt64(entry.trafficClass))
            $0.put("bottom", entry.isBottomOfStack)
            $0.put("ttl", UInt64(entry.timeToLive))
          })
      }
    case .interface(let role, let index, let address, let name, let mtu):
      object.put("kind", "interface")
      switch role {
      case .incoming: object.put("role", "incoming")
      case .incomingSubInterface: object.put("role", "incoming_sub_interface")
      case .outgoing: object.put("role", "outgoing")
      case .nextHop: object.put("role", "next_hop")
      }
      if let index { object.put("index", UInt64(index)) }
      if let address {
        var text: [UInt8] = []
        TraceFieldText.put(address, into: &text)
        object.put("address", octets: text)
      }
      if let name { object.put("name", octets: name) }
      if let mtu { object.put("mtu", UInt64(mtu)) }
    case .other(let classNumber, let type, let data):
      object.put("kind", "other")
      object.put("class", UInt64(classNumber))
      object.put("type", UInt64(type))
      var text: [UInt8] = []
      for octet in data { text.put(hexadecimal: UInt64(octet), width: 2) }
      object.put("data", octets: text)
    }
  }

  private static func put(_ rewrite: TraceRewrite, into object: inout JSONLine) {
    object.put("field", rewrite.field.rawValue)
    for (key, value) in [("sent", rewrite.sent), ("quoted", rewrite.quoted)] {
      switch value {
      case .number(let number): object.put(key, number)
      case .address(let address): object.put(key, address, zone: 0, names: [:])
      }
    }
  }
}

extension JSONLine {
  /// An object inside an array.
  static func element(_ body: (inout JSONLine) -> Void) -> [UInt8] {
    var object = JSONLine()
    body(&object)
    var octets = object.finished()
    octets.removeLast()
    return octets
  }
}

extension TCPFlags {
  /// Names of the bits that are set, from the lowest (RFC 9293 §3.1, RFC 9768).
  var names: [String] {
    ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"].enumerated()
      .filter { rawValue >> UInt16($0.offset) & 1 == 1 }.map(\.element)
  }
}
