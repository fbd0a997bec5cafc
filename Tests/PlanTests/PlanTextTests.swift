import ProbeEngine
import Testing
import Timing
import Wire

@testable import Plan

/// `LINE:COLUMN TEXT` of each problem; a target's problem by its case's name.
func problems(_ text: String, interfaces: [String] = []) -> [String] {
  problems(Array(text.utf8), interfaces: interfaces)
}

func problems(_ octets: [UInt8], interfaces: [String] = []) -> [String] {
  do throws(PlanProblems) {
    _ = try PlanText.read(octets, interfaces: interfaces)
    return []
  } catch {
    return error.problems.map { problem in
      let place = "\(problem.line.map(String.init) ?? "-"):\(problem.column.map(String.init) ?? "-") "
      switch problem.what {
      case .text(let text): return place + text
      case .target(let error): return place + "\(error.input) \(error.problem)"
      }
    }
  }
}

struct PlanTextTests {
  func read(_ text: String) throws -> SamplePlan { try PlanText.read(Array(text.utf8)) }

  static let whole = """
    version: 1
    defaults: {interval: 100ms, timeout: 1s, size: 56, labels: {cluster: prod-a}}
    groups:
      - {name: nodes, probe: icmp6, targets: ["fd00::1", "node2.example", "fe80::1%eth0"]}
      - {name: api,   probe: tcp, port: 6443, targets: ["[fd00::10]:6443"], interval: 1s}
      - {name: path,  probe: trace, method: udp, interval: 30s, targets: ["fd00::10"]}
      - {name: link,  probe: ndisc, interface: eth0, targets: ["fe80::1"]}
    run: {duration: 5m, warmup: 5s, schedule: poisson}
    output: [{ndjson: run.ndjson}, {csv: run.csv}, {openmetrics: run.prom}]
    gates: ["nodes: p99 < 2ms", "nodes: loss < 0.1%", "path: changes == 0", "scheduler: p99_error < 200us"]
    """

  @Test func aWholePlanIsRead() throws {
    let plan = try read(Self.whole)
    #expect(plan.duration == .seconds(300) && plan.warmup == .seconds(5))
    #expect(plan.outputs.map(\.format) == [.ndjson, .csv, .openmetrics])
    #expect(plan.outputs.map(\.path) == ["run.ndjson", "run.csv", "run.prom"])
    #expect(plan.groups.map(\.group.name) == ["nodes", "api", "path", "link"])
    #expect(
      plan.groups.map(\.group.probe)
        == [.echo, .tcp(acceptsReset: false), .trace(TraceOrder()), .neighbor(interface: "eth0")])
    #expect(
      plan.groups.map(\.group.interval.count) == [100_000_000, 1_000_000_000, 30_000_000_000, 100_000_000])
    #expect(plan.groups.allSatisfy { $0.group.order == .poisson && $0.group.payloadLength == 56 })
    #expect(plan.groups.allSatisfy { $0.labels == [SamplePlan.Label(name: "cluster", value: "prod-a")] })
    let link = try TargetText.parse("fe80::1%eth0")
    #expect(
      plan.groups[0].targets == [
        .host(try TargetText.parse("fd00::1"), port: nil, text: "fd00::1"),
        .host(.name("node2.example"), port: nil, text: "node2.example"),
        .host(link, port: nil, text: "fe80::1%eth0"),
      ])
    #expect(plan.groups[1].port == 6443)
    #expect(
      plan.groups[1].targets
        == [.host(try TargetText.parse("fd00::10"), port: 6443, text: "[fd00::10]:6443")])
    #expect(plan.groups[3].targets == [.host(link, port: nil, text: "fe80::1")])
    #expect(plan.gates.map(\.scope) == [.group("nodes"), .group("nodes"), .group("path"), .scheduler])
    #expect(plan.gates.map(\.metric) == [.percentile(99), .loss, .changes, .scheduleError(99)])
    #expect(
      plan.gates.map(\.limit)
        == [.time(.milliseconds(2)), .share(0.001), .count(0), .time(.microseconds(200))])
  }

  @Test func everyKeyOfAGroupArrivesAndGoesBeforeTheDefaults() throws {
    let plan = try read(
      """
      version: 1
      defaults: {interval: 5, late: 0, count: 7, spacing: 1ms, hop_limit: 3, labels: {a: x, b: 1.10}, interface: eth1}
      groups:
        - name: g
          probe: udp
          port: 53
          accept: [unreachable]
          targets: [{file: hosts.txt}, {all_addresses: svc.example}, "2001:db8::/126", "fe80::1"]
          timeout: 250ms
          size: 12
          pattern: 00fF
          labels: {b: yes, c: 0o7}
          hop_limit: 9
          traffic_class: 0xb8
          source: fe80::9
          dont_fragment: true
          limit: 1000000
          on_trouble: {trace: {method: icmp, max_hops: 5, queries: 2}, losses: 3, rtt: 20ms}
        - {name: h, probe: icmp6, targets: ["::1"], schedule: poisson}
      run: {splay: 3s, seed: 0x10, resolve: 0}
      """)
    let group = try #require(plan.groups.first)
    #expect(
      group.group.probe == .udp(acceptsUnreachable: true) && group.port == 53 && group.limit == 1_000_000)
    #expect(group.group.interval == .seconds(5) && group.group.timeout == .milliseconds(250))
    #expect(group.group.lateWindow == .zero && group.group.count == 7)
    #expect(group.group.order == .constant(spacing: .milliseconds(1)))
    #expect(group.group.payloadLength == 12 && group.group.pattern == [0, 0xff])
    #expect(group.labels.map { $0.name + "=" + $0.value } == ["a=x", "b=yes", "c=0o7"])
    #expect(group.group.path.hopLimit == 9 && group.group.path.trafficClass == 0xb8)
    #expect(group.group.path.interface == "eth1" && group.group.path.source == "fe80::9%eth1")
    #expect(group.group.path.isUnfragmented)
    #expect(group.group.onTrouble == TraceOrder(method: .icmp, maximumHops: 5, queries: 2))
    #expect(group.group.troubleLosses == 3 && group.group.troubleRoundTrip == .milliseconds(20))
    #expect(
      group.targets == [
        .file("hosts.txt"), .allAddresses(name: "svc.example", port: nil),
        .prefix(AddressPrefix(text: "2001:db8::/126", bits: 0x2001_0db8 << 96, length: 126, zone: nil)),
        .host(try TargetText.parse("fe80::1%eth1"), port: nil, text: "fe80::1"),
      ])
    #expect(plan.groups[1].group.order == .poisson)
    #expect(plan.splay == .seconds(3) && plan.seed == 16 && plan.resolveInterval == .zero)
    #expect(plan.duration == nil)
  }

  @Test func aRunsCountIsThatOfEachGroupWithoutOne() throws {
    let plan = try read(
      """
      {"version": 1, "groups": [{"name": "a", "probe": "icmp6", "targets": ["::1"]},
        {"name": "b", "probe": "icmp6", "targets": ["::1"], "count": 3}], "run": {"count": 20}}
      """)
    #expect(plan.groups.map(\.group.count) == [20, 3])
  }

  @Test func allThatIsWrongIsToldAtOnceInTheOrderOfTheText() {
    let found = problems(
      """
      version: 1
      defaults: {intervall: 1s, timeout: 0}
      groups:
        - {name: a, probe: icmp6, targets: ["10.0.0.1", fe80::1], port: 80}
        - {name: a, probe: tcp, targets: ["fd00::1"], interval: -5ms}
        - {name: c, probe: ndisc, targets: ["fe80::2%eth0"], interval: 1s, interval: 2s}
        - {name: d, probe: echo, targets: []}
      run: {duration: 5s, warmup: 5s}
      output: [{ndjson: x}, {csv: ./x}]
      gates: ["nodes: p99 < 2ms", "c: loss < 2ms", "a: p99 < 1s", "a: p99 < 1s"]
      """, interfaces: ["eth0", "eth1"])
    let wanted = [
      "2:12 unknown key \"intervall\" in defaults; did you mean interval?",
      "2:36 timeout must be more than 0; here is \"0\"; write such as 100ms, 1.5s, 5m, 1h",
      "4:39 10.0.0.1 ipv4(bits: 167772161)",
      "4:51 fe80::1 missingZone(address: \"fe80::1\", interfaces: [\"eth0\", \"eth1\"])",
      "4:61 port means nothing to a probe by icmp6; leave it away",
      "5:5 port is missing: a tcp probe needs one, of the group or behind each target (\"[2001:db8::1]:443\")",
      "5:12 a group named \"a\" stands in line 4 already; choose another name",
      "5:59 interval must be more than 0; here is \"-5ms\"; write such as 100ms, 1.5s, 5m, 1h",
      "6:5 interface is missing: neighbors are on a link; write interface: eth0",
      "6:70 the key interval stands in line 6 already",
      "7:22 probe is one of icmp6, udp, tcp, trace, ndisc; here is \"echo\"",
      "8:29 warmup must be shorter than the run's duration, else nothing is measured",
      "9:29 the output in line 9 goes to \"./x\" already; give each output a file of its own",
      "10:9 gate \"nodes: p99 < 2ms\": no group is named \"nodes\"; there is \"a\", \"c\", \"d\", and scheduler",
      "10:29 gate \"c: loss < 2ms\": \"2ms\" is no share, and loss is one; write such as 0.1% or 0.001",
      "10:61 the gate \"a: p99 < 1s\" stands in line 10 already",
    ]
    for (line, right) in zip(found, wanted) { #expect(line == right) }
    #expect(found.count == wanted.count)
  }

  @Test(arguments: [
    // Unquoted addresses where YAML sees something else, and its words of 1.1.
    ("targets: [::1]", "quotes"), ("targets: [fd00::, x]", "quotes"), ("targets: [[fd00::1]:443]", "quote"),
    ("targets:\n  - fd00::\n", "quote it: \"fd00::\""), ("targets:\n  - host.example: 80\n", "quote it"),
    ("targets: [on, fd00::1, fd00::1]", "already"), ("interval: 1:30\n  targets: [a]", "1:30 is 90s"),
    ("hop_limit: 010\n  targets: [a]", "octal"), ("dont_fragment: yes\n  targets: [a]", "true or false"),
    ("targets: [*nodes]", "begins with *"), ("targets: [~]", "missing"), ("targets: !!set {a}", "list"),
    ("\ttargets: [a]", "tab"), ("targets: [\"a\u{7}\"]", "control"), ("targets: 'a", "end of stream"),
  ])
  func yamlsTrapsAreExplained(text: String, word: String) {
    let found = problems("version: 1\ngroups:\n- name: n\n  probe: icmp6\n  " + text)
    #expect(!found.isEmpty)
    #expect(found.contains { Self.has($0, word) }, "\(found)")
  }

  static func has(_ text: String, _ word: String) -> Bool {
    text.indices.contains { text[$0...].hasPrefix(word) }
  }

  @Test func whatYAMLTakesForATruthOrANumberIsTheTextThatIsWritten() throws {
    let plan = try read(
      """
      version: 1
      groups:
      - {name: on, probe: icmp6, labels: {os: no, v: 1.10, t: 12:30:45, n: "null"}, targets: [yes, "::1", fd00::1%eth0 ]}
      """.split(separator: "%eth0").joined())
    #expect(plan.groups[0].group.name == "on")
    #expect(plan.groups[0].labels.map(\.value) == ["no", "1.10", "12:30:45", "null"])
    #expect(plan.groups[0].targets.first == .host(.name("yes"), port: nil, text: "yes"))
  }

  @Test func aByteOrderMarkIsReadAndOtherOctetsAreToldWithTheirPlace() {
    #expect(problems([0xef, 0xbb, 0xbf] + Array(Self.whole.utf8)) == [])
    let broken = problems(Array("version: 1\ngroups: [{name: \"".utf8) + [0xff, 0x22] + Array("}]\n".utf8))
    #expect(broken.count == 1 && broken[0].hasPrefix("2:"), "\(broken)")
    #expect(problems("") == ["1:1 the plan is empty; it has at least version: 1 and groups"])
    #expect(problems("version: 1\ngroups: []\n---\nversion: 1\n").contains { $0.hasPrefix("3:1 ") })
  }

  @Test func aPlanIsReadWithinBounds() {
    let long = [UInt8](repeating: 0x20, count: PlanText.octetLimit + 1)
    #expect(problems(long).count == 1)
    var bomb = "version: 1\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (name, last) in zip("bcdefghij", "abcdefghi") {
      bomb += "\(name): &\(name) [" + String(repeating: "*\(last),", count: 9) + "*\(last)]\n"
    }
    #expect(problems(bomb).count == 1)
    #expect(problems("version: 1\ngroups: " + String(repeating: "[", count: 10_000)).count == 1)
    // A thousand problems are a hundred.
    let many = "version: 1\n" + (0..<1000).map { "k\($0): 1\n" }.joined()
    #expect(problems(many).count == 100)
  }

  @Test func aGateNamesATargetInWhateverForm() throws {
    let plan = try read(
      """
      version: 1
      groups:
      - {name: n, probe: icmp6, targets: ["fd00:0::1", host.example]}
      - {name: t, probe: tcp, port: 80, targets: ["[fd00::2]:80"]}
      - {name: p, probe: icmp6, targets: ["2001:db8::/125"]}
      gates: ["n/fd00::1: loss == 0", "t/fd00::2: loss == 0", "t/[fd00::2]:80: p50 < 1ms", "p/2001:db8::1: loss == 0"]
      """)
    #expect(
      plan.gates.map(\.scope) == [
        .target(group: "n", name: "fd00:0::1"), .target(group: "t", name: "[fd00::2]:80"),
        .target(group: "t", name: "[fd00::2]:80"), .target(group: "p", name: "2001:db8::1"),
      ])
  }
}
