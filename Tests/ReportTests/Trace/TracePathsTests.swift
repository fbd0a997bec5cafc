import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct TracePathsTests {
  static func node(_ hop: UInt8, _ host: UInt8 = 1) -> TraceNode { .router(router(hop, host), zone: 0) }

  static func link(_ from: TraceNode, _ to: TraceNode, _ hopLimit: UInt8) -> TraceEvent {
    .link(TraceLink(target: 0, from: from, to: to, hopLimit: hopLimit, isArrival: to == node(9)))
  }

  static func balancer(
    _ node: TraceNode, _ hopLimit: UInt8, _ hashes: TraceBalancer.Hashes, _ next: [TraceNode]
  )
    -> TraceEvent
  {
    .balancer(
      TraceBalancer(target: 0, node: node, hopLimit: hopLimit, hashes: hashes, branches: next, probes: 44))
  }

  /// Two plain hops, a diamond of four and two, one of them silent, and the target on two levels: a path of uneven
  /// length.
  static let diamond: [TraceEvent] =
    [
      link(.origin, node(1), 1), link(node(1), node(2), 2), link(node(2), node(3, 1), 3),
      link(node(2), node(3, 2), 3), link(node(2), node(3, 3), 3), link(node(2), .silent(hopLimit: 3), 3),
      link(node(3, 1), node(4, 1), 4), link(node(3, 2), node(4, 1), 4), link(node(3, 2), node(4, 2), 4),
      link(node(3, 3), node(4, 2), 4), link(.silent(hopLimit: 3), node(9), 4), link(node(4, 1), node(9), 5),
      link(node(4, 2), node(9), 5),
      balancer(
        node(2), 2, .flowLabel, [node(3, 1), node(3, 2), node(3, 3), .silent(hopLimit: 3)]),
      balancer(node(3, 2), 3, .perPacket, [node(4, 1), node(4, 2)]),
      .end(makeTraceEnd(.reached, hops: 5, replied: 90, lost: 6, from: traced)),
    ]

  @Test func aDiamondReadsAsLevelsWithArrows() {
    let printed = PrintedTrace(
      TraceText(options: TraceTextOptions()), makeTraceRun(mode: .paths(confidence: 0.95)), Self.diamond,
      names: [router(2): "core.example"])
    #expect(
      printed.standardOutput == """
        trace to host.example (2001:db8:9::1) from 2001:db8:1::100 on eth0: udp port 54321 to port 33434, \
        flow label 0x00000, by error queue, 80 octets, all paths with 95 % confidence, up to 30 hops
         1   2001:db8:1::1
         2   core.example (2001:db8:2::1)  → 3a 3b 3c 3d  (4 ways by flow label, 44 probes)
         3a  2001:db8:3::1  → 4a
         3b  2001:db8:3::2  → 4a 4b  (2 ways, packet by packet, 44 probes)
         3c  2001:db8:3::3  → 4b
         3d  *  → 5
         4a  2001:db8:4::1  → 5
         4b  2001:db8:4::2  → 5
         5   host.example (2001:db8:9::1)  target  (also at hop 4)
        9 nodes, 13 links, 2 balancers
        reached at hop 5
        96 probes sent: 90 answered, 6 lost

        """)
  }

  /// The links that a reader takes from the lines of a graph without silent hops: who stands on a line leads to the
  /// labels behind its arrow, or, without one, to the next line.
  static func links(read lines: [String]) -> [[String]] {
    let rows = lines.map { $0.split(separator: " ").map(String.init) }
    var names = ["0": "origin"]
    for row in rows { names[row[0]] = row[0] == "0" ? "origin" : row[1] }
    var links: [[String]] = []
    for (index, row) in rows.enumerated() {
      let name = names[row[0]] ?? ""
      if let arrow = row.firstIndex(of: "→") {
        for label in row[(arrow + 1)...].prefix(while: { !$0.hasPrefix("(") }) {
          links.append([name, names[label] ?? "no line \(label)"])
        }
      } else if row[0].last?.isNumber == true, !row.contains("target"), !row.contains("no"),
        index + 1 < rows.count
      {
        links.append([name, rows[index + 1][1]])
      }
    }
    if rows.first?[0] != "0" { links.append(["origin", rows[0][1]]) }
    return links
  }

  @Test func everyLinkOfAnyGraphIsPrintedOnce() {
    var random = RandomNumbers(seed: 11)
    for _ in 0..<400 {
      func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
      let count = 2 + pick(9)
      var told: Set<[String]> = []
      var events: [TraceEvent] = []
      func add(_ from: Int, _ to: Int) {
        let text = { $0 == 0 ? "origin" : router(UInt8($0 + 20)).description }
        guard told.insert([text(from), text(to)]).inserted else { return }
        let node = { $0 == 0 ? TraceNode.origin : Self.node(UInt8($0 + 20)) }
        events.append(
          .link(
            TraceLink(
              target: 0, from: node(from), to: node(to), hopLimit: UInt8(from + 1),
              isArrival: to == count)))
      }
      // A way to each, more ways onward, and now and then one back.
      for to in 1...count { add(pick(to), to) }
      for _ in 0..<pick(2 * count) {
        let (a, b) = (1 + pick(count), 1 + pick(count))
        if a < b || (a > b && pick(8) == 0) { add(a, b) }
      }
      events.append(.end(makeTraceEnd(.reached, hops: UInt8(count), replied: 1)))
      var options = TraceTextOptions()
      options.isNumeric = true
      let run = makeTraceRun(mode: .paths(confidence: 0.95))
      let lines = PrintedTrace(TraceText(options: options), run, events).lines.dropFirst()
      let graph = Array(lines.prefix { !$0.hasPrefix("\(count) node") })
      let printed = Self.links(read: graph)
      #expect(printed.count == told.count && Set(printed) == told, "\(graph)")
      let dot = PrintedTrace(TraceDot(options: options), run, events).lines
      let edges = dot.filter { $0.hasSuffix(";") && $0.split(separator: " ").contains("->") }
      #expect(edges.count == told.count && Set(edges).count == told.count)
    }
  }

  @Test func aRouterOnWaysOfUnevenLengthStandsOnceWithAllItsLinks() {
    let printed = PrintedTrace(
      TraceText(options: TraceTextOptions()), makeTraceRun(mode: .paths(confidence: 0.95)),
      [
        Self.link(.origin, Self.node(1), 1), Self.link(Self.node(1), Self.node(2), 2),
        Self.link(Self.node(1), Self.node(2, 2), 2), Self.link(Self.node(2, 2), Self.node(4), 3),
        // Each pair comes once, at the hop limit where it was seen first.
        Self.link(Self.node(4), Self.node(9), 4), Self.link(Self.node(2), Self.node(3), 3),
        Self.link(Self.node(3), Self.node(4), 4),
        .end(makeTraceEnd(.reached, hops: 5, replied: 131, from: traced)),
      ])
    #expect(
      Array(printed.lines[1...7]) == [
        " 1   2001:db8:1::1  → 2a 2b", " 2a  2001:db8:2::1  → 3", " 2b  2001:db8:2::2  → 4",
        " 3   2001:db8:3::1", " 4   2001:db8:4::1  (also at hop 3)",
        " 5   host.example (2001:db8:9::1)  target  (also at hop 4)", "6 nodes, 7 links, 0 balancers",
      ])
  }

  @Test func aPlainChainHasNoArrows() {
    let printed = PrintedTrace(
      TraceText(options: TraceTextOptions()), makeTraceRun(mode: .paths(confidence: 0.99)),
      [
        Self.link(.origin, Self.node(8), 8), Self.link(Self.node(8), .silent(hopLimit: 9), 9),
        .hop(
          makeHop(
            8, [.reply(makeTraceReply(8, 1)), .reply(makeTraceReply(8)), .lost(makeTraceLoss(8))],
            [.addressTranslation])),
        Self.link(.silent(hopLimit: 9), Self.node(10), 10), Self.link(Self.node(10), Self.node(9), 11),
        .end(makeTraceEnd(.reached, hops: 11, replied: 11)),
      ])
    #expect(
      Array(printed.lines[1...5]) == [
        " 8   2001:db8:8::1  8.000 ms", " 9   *", "10   2001:db8:a::1",
        "11   host.example (2001:db8:9::1)  target",
        "hop 8: addresses are translated from here on",
      ])
  }

  @Test func aBranchThatEndsNowhereIsNamedAndManyBranchesHaveTwoLetters() {
    var events = (1...28).map { Self.link(.origin, Self.node(1, UInt8($0)), 1) }
    events.append(Self.link(Self.node(1, 28), Self.node(9), 2))
    events.append(.end(makeTraceEnd(.reached, hops: 2, replied: 28)))
    var options = TraceTextOptions()
    options.isUTF8 = false
    let lines = PrintedTrace(
      TraceText(options: options), makeTraceRun(mode: .paths(confidence: 0.95)), events
    )
    .lines
    #expect(lines[1].hasPrefix(" 0   this host  -> 1a 1b 1c "))
    #expect(lines[1].hasSuffix(" 1z 1aa 1ab"))
    #expect(lines[2] == " 1a  2001:db8:1::1  no next hop found")
    #expect(lines[29] == " 1ab 2001:db8:1::1c  -> 2")
  }

  @Test func dotHasANodeForEachPlaceAndAnEdgeForEachLink() {
    let printed = PrintedTrace(
      TraceDot(options: TraceTextOptions()), makeTraceRun(mode: .paths(confidence: 0.95)),
      [
        Self.link(.origin, Self.node(1), 1), Self.link(Self.node(1), .silent(hopLimit: 2), 2),
        Self.link(Self.node(1), Self.node(9), 2),
        Self.balancer(Self.node(1), 1, .ports, [.silent(hopLimit: 2), Self.node(9)]),
        .end(makeTraceEnd(.reached, hops: 2, replied: 2)),
      ], names: [router(1): "a\"b\\c"])
    #expect(
      printed.standardOutput == #"""
        digraph "host.example (2001:db8:9::1)" {
          rankdir=LR;
          node [shape=ellipse, fontname="monospace"];
          "0" [label="this host", shape=house];
          "1.0" [label="a\"b\\\\c\n2001:db8:1::1\n2 ways by ports", shape=box];
          "2.0" [label="*", style=dashed];
          "2.1" [label="host.example\n2001:db8:9::1", peripheries=2];
          "0" -> "1.0";
          "1.0" -> "2.0";
          "1.0" -> "2.1";
        }

        """#)
  }
}
