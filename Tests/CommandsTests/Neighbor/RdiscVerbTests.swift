import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct RdiscVerbTests {
  private func parse(_ line: String) throws(EarlyExit) -> LinkInvocation {
    try RdiscVerb.parse(line.split(separator: " ").map(String.init)) { ["eth0", "eth1"] }
  }

  private func routers(_ line: String) throws -> RouterConfiguration {
    guard case .routers(let configuration) = try parse(line).request.act else {
      throw EarlyExit(exitCode: -1)
    }
    return configuration
  }

  private func problem(_ line: String) -> String? {
    do throws(EarlyExit) {
      _ = try parse(line)
      return nil
    } catch {
      #expect(error.exitCode == 2 && error.standardOutput.isEmpty)
      let lines = error.standardError.split(separator: "\n")
      #expect(lines.last == "Try 'probe6 rdisc --help'.")
      return lines.first.map { String($0.dropFirst("probe6 rdisc: ".count)) }
    }
  }

  @Test func allRoutersAreAskedThreeTimesFourSecondsApart() throws {
    let invocation = try parse("eth0")
    #expect(invocation.act == .routers && invocation.request.interface == "eth0")
    #expect(invocation.notices.isEmpty)
    let configuration = try routers("eth0")
    #expect(configuration.attempts == 3 && configuration.interval == .seconds(4))
    #expect(configuration.destination == IPv6Address(bits: 0xff02 << 112 | 2))
    #expect(configuration.watch == .no && !configuration.stopsAtFirstAnswer)
    #expect(configuration.includesLinkLayerAddress)
    #expect(try parse("-I eth0").request.interface == "eth0")
    #expect(try parse("-I eth0 eth0").request.interface == "eth0")
  }

  @Test func eachOptionIsFilledIn() throws {
    let invocation = try parse(
      "eth0 -s fe80::2 -p --capture-file c --json -qvD --to fe80::1 -c2 -w5 -1 --no-link-option")
    #expect(invocation.request.source == "fe80::2" && invocation.request.isPromiscuous)
    #expect(invocation.request.captureFile == "c")
    #expect(invocation.output.style == .json && invocation.output.isQuiet && invocation.output.isVerbose)
    #expect(invocation.output.showsTimestamps)
    let configuration = try routers("eth0 --to fe80::1 -c2 -w5 -1 --no-link-option")
    #expect(configuration.destination == IPv6Address(bits: 0xfe80 << 112 | 1))
    #expect(configuration.attempts == 2 && configuration.interval == .seconds(5))
    #expect(configuration.stopsAtFirstAnswer && !configuration.includesLinkLayerAddress)
  }

  @Test func theRouterMayNameTheLink() throws {
    #expect(try parse("--to fe80::1%eth0").request.interface == "eth0")
    #expect(try parse("--to fe80::1%eth0 eth0").request.interface == "eth0")
    #expect(try routers("--to 2001:db8::1 eth0").destination == IPv6Address(bits: 0x2001_0db8 << 96 | 1))
  }

  @Test func watchingGoesOn() throws {
    #expect(try routers("eth0 --watch").watch == .untilStopped)
    #expect(try routers("eth0 --for 5m").watch == .time(.seconds(300)))
    #expect(try routers("eth0 --watch --for 5m").watch == .time(.seconds(300)))
    #expect(try routers("eth0 --for 5m --single").stopsAtFirstAnswer)
    let silent = try routers("eth0 --no-solicit")
    #expect(silent.attempts == 0 && silent.watch == .untilStopped)
    #expect(try routers("eth0 -d --for 30m").watch == .time(.seconds(1_800)))
    #expect(try routers("eth0 -d -1").stopsAtFirstAnswer)
  }

  @Test(arguments: [
    ("", "which interface? (such as 'eth0', 'eth1')"),
    ("fe80::1", "'fe80::1': rdisc takes an interface (such as 'eth0', 'eth1')"),
    ("eth0 eth1", "'eth1': rdisc is for one interface, and that is 'eth0'"),
    ("eth0 -I eth1", "'eth0': one interface at a time, and 'eth1' was said too"),
    ("a/b", "'a/b' is not an interface name (1 to 15 octets) (such as 'eth0', 'eth1')"),
    ("eth0 --to router", "--to: 'router' is not an IPv6 address"),
    ("eth0 --to ff02::2", "--to: 'ff02::2': not an address that a neighbor can have; give a unicast address"),
    (
      "eth0 --to fe80::1%eth1",
      "--to: 'fe80::1%eth1': another link than 'eth0', which was said before; one run asks on one link"
    ),
    (
      "eth0 --to fe80::1::2",
      "--to: 'fe80::1::2': '::' stands twice; only one run of zero groups may be left out, write the other one as 0:0"
    ),
    (
      "eth0 --single --watch",
      "--single makes no sense here: --watch goes on after the first advertisement; say --for"
    ),
    ("eth0 -d -c 1", "-c makes no sense here: --no-solicit sends nothing"),
    ("eth0 -d --to fe80::1", "--to makes no sense here: --no-solicit sends nothing"),
    ("eth0 -d -w 5", "--wait makes no sense here: nothing is answered; say --for"),
    ("eth0 -c 0", "-c: '0' is out of range; allowed: 1 to 1000"),
    ("eth0 --dad", "unknown option '--dad'"),
    ("eth0 -4", "-4: probe6 is IPv6 only; IPv4 has ARP (arping)"),
  ]) func whatIsWrongIsSaidWithWhatWouldBeRight(_ line: String, _ text: String) {
    #expect(problem(line) == text, "\(line)")
  }
}
