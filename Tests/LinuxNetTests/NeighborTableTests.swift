import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// The kernel's neighbor table, as `ip -s neigh` prints it.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct NeighborTableTests {
  static let ip = NetworkNamespace.command

  static func arrange() throws {
    try ip("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    try ip("ip", "addr", "add", "2001:db8:1::1/64", "dev", "left", "nodad")
    try ip("ip", "link", "set", "left", "up")
    try ip("ip", "link", "set", "right", "up")
    try waitForLinks()
  }

  /// The kernel's worker sees a link come up, and only then frames pass and addresses may be used; the last that it
  /// makes is the route of groups.
  static func waitForLinks() throws {
    let deadline = SystemClock.monotonicNow() + .seconds(10)
    for name in ["left", "right"] {
      let index = try #require(Interfaces.index(of: name))
      while try !RouteTable.entries(interface: index).contains(where: { $0.kind == .multicast }),
        SystemClock.monotonicNow() < deadline
      { SystemClock.sleep(until: SystemClock.monotonicNow() + .milliseconds(5)) }
    }
  }

  private static func add(_ address: String, _ words: String...) throws {
    try NetworkNamespace.execute(["ip", "-6", "neigh", "add", address, "dev", "left"] + words)
  }

  static let states: [(UInt16, Substring)] = [
    (0x01, "INCOMPLETE"), (0x02, "REACHABLE"), (0x04, "STALE"), (0x08, "DELAY"), (0x10, "PROBE"),
    (0x20, "FAILED"), (0x40, "NOARP"), (0x80, "PERMANENT"),
  ]

  @Test func `entries are those of ip, with state, flags, ages and probes`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      try Self.add("2001:db8:1::5", "lladdr", "02:00:00:00:00:05", "nud", "permanent")
      try Self.add("2001:db8:1::6", "lladdr", "02:00:00:00:00:06", "nud", "stale", "router")
      try Self.add("2001:db8:1::7", "lladdr", "02:00:00:00:00:07", "nud", "reachable")
      try Self.add("2001:db8:1::8", "lladdr", "02:00:00:00:00:08", "nud", "noarp")
      try Self.add("2001:db8:1::9", "lladdr", "02:00:00:00:00:09", "extern_learn")
      // Nobody is there: the kernel asks, and gives up.
      _ = try? NetworkNamespace.command("ping", "-6", "-c", "1", "-W", "1", "2001:db8:1::a")
      let left = try #require(Interfaces.index(of: "left"))
      let entries = try NeighborTable.entries(interface: left)
      let text = try KernelText("-6", "-s", "neigh", "show", "dev", "left", "nud", "all")
      #expect(entries.count == text.lines.count)
      #expect(entries.count >= 6)
      for entry in entries {
        let words = try #require(text.line(entry.address.description), "\(entry.address)")
        #expect(entry.interface == left)
        #expect(linkText(entry.linkLayerAddress) == words.value("lladdr") ?? "")
        #expect(entry.isRouter == words.contains("router"))
        #expect(entry.isExternallyLearned == words.contains("extern_learn"))
        #expect(entry.isProxy == false)
        // Some iproute2 print "used 5/65/5probes 3".
        let probes = try #require(words.firstIndex { $0.hasSuffix("probes") })
        // While it is asked for the count goes on.
        if entry.state & 0x19 == 0 { #expect("\(entry.probes)" == words[probes + 1]) }
        let state = try #require(Self.states.first { $0.0 == entry.state }?.1)
        // What is not asked moves on by itself: incomplete to failed.
        if entry.state & 0x21 == 0 { #expect(words.last == state) }
        // "used 5/65/5": whole seconds since it was used, confirmed, changed.
        let used = try #require(words.value("used")).split(separator: "/").compactMap { part in
          Int64(part.prefix { $0.isNumber })
        }
        let ages = [entry.usedAge, entry.confirmedAge, entry.updatedAge].map {
          ($0?.count ?? -1) / 1_000_000_000
        }
        try #require(used.count == 3)
        for (age, seconds) in zip(ages, used) { #expect(abs(age - seconds) <= 1) }
      }
      let failed = try IPv6Address(parsing: "2001:db8:1::a")
      #expect(entries.first { $0.address == failed }?.linkLayerAddress == [])
      #expect(entries.first { $0.address == failed }?.probes ?? 0 > 0)
    }
  }

  @Test func `other interfaces are left away, proxies come behind`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      try Self.add("2001:db8:1::5", "lladdr", "02:00:00:00:00:05")
      try Self.ip(
        "ip", "-6", "neigh", "add", "2001:db8:1::6", "lladdr", "02:00:00:00:00:06", "dev", "right")
      try Self.ip("ip", "-6", "neigh", "add", "proxy", "2001:db8:1::77", "dev", "left")
      try Self.ip("ip", "-6", "neigh", "add", "proxy", "2001:db8:1::88", "dev", "right")
      let left = try #require(Interfaces.index(of: "left"))
      let entries = try NeighborTable.entries(interface: left).filter { !$0.address.isMulticast }
      #expect(entries.map(\.address.description) == ["2001:db8:1::5", "2001:db8:1::77"])
      #expect(entries.map(\.isProxy) == [false, true])
      #expect(entries.last?.confirmedAge == nil)
      let all = try NeighborTable.entries().filter { !$0.address.isMulticast }
      #expect(
        all.map(\.address.description).sorted() == [
          "2001:db8:1::5", "2001:db8:1::6", "2001:db8:1::77", "2001:db8:1::88",
        ])
    }
  }

  @Test func `a table of two thousand comes whole`() throws {
    try NetworkNamespace.run {
      try Self.arrange()
      // More than one part of a dump. gc_thresh does not bound permanent entries.
      try Self.ip(
        "sh", "-c",
        "for i in $(seq 1 2000); do printf 'neigh add 2001:db8:2::%x lladdr 02:00:00:00:00:05 dev left nud permanent\\n' $i; done | ip -6 -batch -"
      )
      let left = try #require(Interfaces.index(of: "left"))
      let entries = try NeighborTable.entries(interface: left).filter { $0.state == 0x80 }
      let first = try IPv6Address(parsing: "2001:db8:2::1")
      #expect(Set(entries.map { $0.address.bits - first.bits }) == Set(0..<2000))
      #expect(entries.count == 2000)
    }
  }

  @Test func `the limits are those of ip ntable`() throws {
    try NetworkNamespace.run {
      let limits = try #require(try NeighborTable.limits())
      // "inet6 ndisc_cache", then "thresh1 128 thresh2 512 thresh3 1024 gc_int 30000", then a line "config …
      // entries 7 …"; all tables share one text.
      let text = try KernelText("-6", "-s", "ntable", "show", "name", "ndisc_cache")
      let words = text.lines.flatMap { $0 }
      let thresholds = ["thresh1", "thresh2", "thresh3"].map { words.value($0).flatMap { UInt32($0) } }
      #expect(limits.thresholds == thresholds)
      #expect(limits.thresholds.count == 3)
      #expect(limits.tableFulls == words.value("table_fulls").flatMap { UInt64($0) } ?? 0)
      let entries = try #require(words.value("entries").flatMap { UInt32($0) })
      // Other namespaces of this host share the table, and live on.
      #expect(limits.entries <= entries + 5_000 && entries <= limits.entries + 5_000)
    }
  }
}
