import ProbeEngine
import Simulator
import Testing
import Timing
import Wire

/// What must hold of simulated traces, whatever their text looks like.
@Suite struct VirtualPathTests {
  private func scenario(_ rows: String, _ change: (inout TraceConfiguration) -> Void = { _ in }) throws
    -> TraceScenarioRun
  {
    try TraceScenarioRun(parsing: rows, change)
  }

  /// Addresses that answered, by hop and query.
  private func table(_ run: TraceScenarioRun) -> [UInt8: [Int: IPv6Address]] {
    var table: [UInt8: [Int: IPv6Address]] = [:]
    for hop in run.hops {
      for verdict in hop.verdicts {
        if case .reply(let reply) = verdict {
          table[hop.hopLimit, default: [:]][reply.probe.query] = reply.address
        }
      }
    }
    return table
  }

  /// Queries whose second and third hop are not on one branch.
  private func impossibleLinks(_ run: TraceScenarioRun) -> Int {
    let table = table(run)
    return (0..<3).count { query in
      guard let second = table[2]?[query], let third = table[3]?[query] else { return false }
      return UInt64(truncatingIfNeeded: second.bits) != UInt64(truncatingIfNeeded: third.bits)
    }
  }

  @Test func `one flow never shows a link that does not exist, a port for each probe does`() throws {
    let diamond = GoldenFiles.read(path: "Scenarios/diamond.hops")
    var seen: Set<IPv6Address> = []
    var impossible = 0
    for port in 0..<100 {
      for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
        let run = try scenario(diamond) {
          $0.method = method
          $0.flow.sourcePort = UInt16(50_000 + port)
        }
        #expect(impossibleLinks(run) == 0)
        seen.formUnion(run.hops.flatMap { $0.hopLimit == 2 ? [table(run)[2]?[0]].compactMap { $0 } : [] })
      }
      let classic = try scenario(diamond) {
        $0.correlation = .portPerProbe
        $0.flow.sourcePort = UInt16(50_000 + port)
      }
      impossible += impossibleLinks(classic)
    }
    #expect(seen.count == 4, "another flow takes another way")
    #expect(impossible > 100, "of 300, three in four")
  }

  @Test func `forged and damaged errors change no verdict`() throws {
    let hostile = GoldenFiles.read(path: "Scenarios/hostile.hops")
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      let attacked = try scenario(hostile) { $0.method = method }
      let reasons = attacked.events.compactMap { event in
        if case .rejected(let rejection) = event { rejection.reason } else { nil }
      }
      #expect(Set(reasons) == [.nonce, .checksum])
      let rows = hostile.split(separator: "\n").map { line in
        line.hasSuffix("forges") ? String(line.dropLast(6)) : String(line)
      }
      let calm = try scenario(rows.joined(separator: "\n")) { $0.method = method }
      #expect(table(attacked) == table(calm))
      #expect(attacked.ends[0].rejected == UInt64(reasons.count))
    }
  }

  @Test func `every way of probing meets the same routers`() throws {
    let plain = GoldenFiles.read(path: "Scenarios/plain.hops")
    let reference = table(try scenario(plain))
    #expect(reference.count == 4 && reference.values.allSatisfy { $0.count == 3 })
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      for correlation: TraceConfiguration.Correlation in [.keyed, .portPerProbe, .portPerHop] {
        for payload: TraceConfiguration.Payload in [.pattern([]), .traceroute, .ndisc6] {
          // Nothing of ours in the payload and nothing in the ports: no one can tell these apart.
          if method == .udp, correlation == .keyed, payload != .pattern([]) { continue }
          let run = try scenario(plain) {
            $0.method = method
            $0.correlation = correlation
            $0.payload = payload
            // Where hop and order are all there is, one at a time.
            if correlation == .portPerHop { $0.inFlightPerHop = 1 }
          }
          #expect(table(run) == reference, "\(method) \(correlation) \(payload)")
          #expect(run.replies.allSatisfy { $0.rewritten.isEmpty })
        }
      }
    }
  }

  @Test func `a router's bucket lets through what its table says`() throws {
    var node = VirtualNode(hop: 1, address: IPv6Address(bits: 1), delay: .milliseconds(1))
    node.limit = (rate: 10, burst: 5)
    var path = VirtualPath([node])
    var packet = [UInt8](repeating: 0, count: 60)
    var span = packet.mutableSpan
    try IPv6Header(
      payloadLength: 20, nextHeader: .udp, hopLimit: 1, source: IPv6Address(bits: 2),
      destination: IPv6Address(bits: 3)
    ).encode(into: &span)
    var answered = 0
    // A thousand packets in one second.
    for millisecond: Int64 in 0..<1_000 {
      answered += path.answers(to: packet, at: .zero + .milliseconds(millisecond)).count
    }
    #expect(answered == 14)
    #expect(path.errors[node.address] == 14 && path.packets[node.address] == 1_000)
  }

  @Test func `a text that means nothing is refused with its line`() {
    let faults = [
      ("method ip\n", 1), ("hop address delay\n1 2001:db8::9 1ms targets\n", 2),
      ("# nothing\n\nhop\n1 2001:db8::9 1x target\n", 4), ("hop\n1 2001:db8::9 1ms\n", 3),
      ("queries many", 1), ("hop\n1 nowhere 1ms target", 2), ("hop\n1 2001:db8::9 1ms target limit=3", 2),
    ]
    for (text, line) in faults {
      do {
        _ = try TraceScenario(parsing: text)
        Issue.record("read: \(text)")
      } catch {
        #expect(error.line == line, "\(text): \(error.what)")
      }
    }
  }
}
