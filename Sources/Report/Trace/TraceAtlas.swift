package import ProbeEngine
package import Timing
import Wire

/// One RIPE Atlas traceroute result (the format of firmware 5000 and later) for each target, on one line, when its
/// trace has ended. What only RIPE's own measurements have is given as unknown: measurement and probe are 0, the
/// time since the clock was set is -1.
package struct TraceAtlas: TraceWriter {
  private static let firmware: UInt64 = 5_080
  private static let measurementVersion = "2.6.2"

  private var run: TraceRun?
  private var records = TraceRecords()

  package init() {}

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  { self.run = run }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let (end, record) = records.record(event), let run, run.targets.indices.contains(end.target) else {
      return
    }
    let target = run.targets[end.target]
    var line = JSONLine()
    line.put("fw", Self.firmware)
    line.put("mver", Self.measurementVersion)
    line.put("lts", Int64(-1))
    line.put("af", UInt64(6))
    line.put("dst_name", target.name)
    line.put("dst_addr", target.address, zone: 0, names: [:])
    if let source = target.source {
      line.put("src_addr", source)
      line.put("from", source)
    }
    line.put("msm_id", UInt64(0))
    line.put("prb_id", UInt64(0))
    line.put("msm_name", "Traceroute")
    line.put("type", "traceroute")
    line.put("proto", Self.protocolName(run.method))
    // 0 says that each probe was a flow of its own.
    line.put("paris_id", UInt64(record.isOneFlow ? 1 : 0))
    line.put("size", Int64(max(run.packetLength - Self.headerLength(run.method), 0)))
    line.put("tos", UInt64(run.trafficClass))
    line.put("timestamp", Self.seconds(end.startedAt, wall))
    line.put("endtime", Self.seconds(end.at, wall))
    line.array("result", record.ordered) { hop, octets in
      octets.append(
        contentsOf: JSONLine.element { object in
          object.put("hop", UInt64(hop.hopLimit))
          object.array("result", Self.packets(of: hop.verdicts, record, run)) { packet, octets in
            octets.append(contentsOf: packet)
          }
        })
    }
    out.standardOutput.append(contentsOf: line.finished())
  }

  // MARK: - Parts

  /// An entry for each probe. A late answer is an entry of its own beside its probe's timeout, without a round trip,
  /// as Atlas has it; readers of the format pass over it.
  private static func packets(
    of verdicts: [TraceHop.Verdict], _ record: TraceRecord, _ run: TraceRun
  ) -> [[UInt8]] {
    verdicts.flatMap { verdict -> [[UInt8]] in
      switch verdict {
      case .lost: return [timeout]
      case .sendFailed(let failure):
        return [
          JSONLine.element { $0.put("error", "sendto failed: " + ErrnoText.text(failure.errno)) }
        ]
      case .reply(let reply):
        guard reply.isLate else { return [packet(reply, late: nil, run)] }
        return [timeout, packet(reply, late: record.lateness[reply.number].map { max($0, 1) } ?? 1, run)]
      }
    }
  }

  private static var timeout: [UInt8] { JSONLine.element { $0.put("x", "*") } }

  private static func packet(_ reply: TraceReply, late: UInt64?, _ run: TraceRun) -> [UInt8] {
    JSONLine.element { object in
      object.put("from", reply.address, zone: 0, names: [:])
      if let error = error(reply.answer, run.method) {
        switch error {
        case .letter(let letter): object.put("err", letter)
        case .number(let number): object.put("err", UInt64(number))
        }
      }
      if case .packetTooBig(let mtu) = reply.answer { object.put("mtu", UInt64(mtu)) }
      if case .tcp(let flags) = reply.answer { object.put("flags", flags.letters) }
      if let late {
        object.put("late", late)
      } else if let roundTrip = reply.roundTrip {
        object.put("rtt", milliseconds: roundTrip.count)
      }
      if let octets = reply.octets { object.put("size", Int64(octets)) }
      if let hopLimit = reply.hopLimit { object.put("ttl", UInt64(hopLimit)) }
      if let quoted = reply.quotedHopLimit, quoted != 1 { object.put("ittl", UInt64(quoted)) }
      if !reply.extensions.isEmpty {
        object.object("icmpext") { structure in
          structure.put("version", UInt64(2))
          structure.put("rfc4884", UInt64(1))
          structure.array("obj", reply.extensions) { item, octets in
            octets.append(contentsOf: JSONLine.element { put(item, into: &$0) })
          }
        }
      }
    }
  }

  private static func put(_ item: TraceExtension, into object: inout JSONLine) {
    let (classNumber, type) = item.classAndType
    object.put("class", UInt64(classNumber))
    object.put("type", UInt64(type))
    guard case .mpls(let entries) = item else { return }
    object.array("mpls", entries) { entry, octets in
      octets.append(
        contentsOf: JSONLine.element {
          $0.put("exp", UInt64(entry.trafficClass))
          $0.put("label", UInt64(entry.label))
          $0.put("s", UInt64(entry.isBottomOfStack ? 1 : 0))
          $0.put("ttl", UInt64(entry.timeToLive))
        })
    }
  }

  private enum ErrorMark {
    case letter(String)
    case number(UInt8)
  }

  /// Atlas's letters for type 1, the code for others of it. The port unreachable that a UDP probe asks for is none.
  private static func error(_ answer: TraceAnswer, _ method: TraceConfiguration.Method) -> ErrorMark? {
    switch answer {
    case .unreachable(code: 0): .letter("N")
    case .unreachable(code: 1): .letter("A")
    case .unreachable(code: 2): .letter("h")
    case .unreachable(code: 3): .letter("H")
    case .unreachable(code: 4): method == .udp ? nil : .letter("p")
    case .unreachable(let code): .number(code)
    case .parameterProblem(code: 1, _): .letter("P")
    case .parameterProblem(let code, _): .number(code)
    default: nil
    }
  }

  private static func protocolName(_ method: TraceConfiguration.Method) -> String {
    switch method {
    case .udp: "UDP"
    case .icmp: "ICMP"
    case .tcp, .connect: "TCP"
    }
  }

  /// Octets before the data that Atlas counts as size: IPv6 header and transport header.
  private static func headerLength(_ method: TraceConfiguration.Method) -> Int {
    switch method {
    case .udp, .icmp: 48
    case .tcp, .connect: 60
    }
  }

  private static func seconds(_ instant: Instant, _ wall: WallClock) -> Int64 {
    wall.nanoseconds(at: instant) / 1_000_000_000
  }
}

extension TraceExtension {
  /// Class and type of the object as on the wire (RFC 4950 §3, RFC 5837 §4.1).
  var classAndType: (classNumber: UInt8, type: UInt8) {
    switch self {
    case .mpls: return (MPLSLabelStackEntry.objectClass, MPLSLabelStackEntry.incomingStackType)
    case .interface(let role, let index, let address, let name, let mtu):
      let parts: [(isThere: Bool, bit: UInt8)] = [
        (index != nil, 8), (address != nil, 4), (name != nil, 2), (mtu != nil, 1),
      ]
      return (
        InterfaceInformation.objectClass,
        parts.reduce(role.rawValue << 6) { $0 | ($1.isThere ? $1.bit : 0) }
      )
    case .other(let classNumber, let type, _): return (classNumber, type)
    }
  }
}

extension TCPFlags {
  /// The first letters of the flags that are set, from the lowest: `SA`.
  var letters: String {
    var letters = ""
    for (bit, letter) in ["F", "S", "R", "P", "A", "U", "E", "C", "N"].enumerated()
    where rawValue >> UInt16(bit) & 1 == 1 {
      letters += letter
    }
    return letters
  }
}
