import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct NdiscVerbTests {
  private func parse(_ line: String) throws(EarlyExit) -> LinkInvocation {
    try NdiscVerb.parse(line.split(separator: " ").map(String.init)) { ["eth0", "eth1"] }
  }

  private func neighbor(_ line: String) throws -> NeighborConfiguration {
    let invocation = try parse(line)
    switch invocation.request.act {
    case .neighbor(let configuration), .conformance(let configuration): return configuration
    default: throw EarlyExit(exitCode: -1)
    }
  }

  private func scan(_ line: String) throws -> ScanConfiguration {
    guard case .scan(let configuration) = try parse(line).request.act else { throw EarlyExit(exitCode: -1) }
    return configuration
  }

  private func watch(_ line: String) throws -> WatchConfiguration {
    guard case .watch(let configuration) = try parse(line).request.act else { throw EarlyExit(exitCode: -1) }
    return configuration
  }

  private func guarding(_ line: String) throws -> GuardConfiguration {
    guard case .baseline(let configuration) = try parse(line).request.act else {
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
      #expect(error.standardError.hasPrefix("probe6 ndisc: "))
      let first = error.standardError.prefix { $0 != "\n" }
      let rest = error.standardError.dropFirst(first.count)
      #expect(rest == "\n" || rest == "\nTry 'probe6 ndisc --help'.\n")
      return String(first.dropFirst("probe6 ndisc: ".count))
    }
  }

  @Test func anAddressIsAskedForByMulticastThreeTimesASecondApart() throws {
    let invocation = try parse("fe80::1%eth0")
    #expect(invocation.act == .resolve)
    #expect(invocation.request.targetNames == ["fe80::1%eth0"])
    #expect(invocation.request.interface == nil && invocation.request.source == nil)
    #expect(invocation.output == LinkOutputOptions())
    #expect(!invocation.request.isPromiscuous && invocation.request.captureFile == nil)
    let configuration = try neighbor("fe80::1%eth0")
    #expect(configuration.act == .resolve)
    #expect(configuration.attempts == 3 && configuration.interval == .seconds(1))
    #expect(configuration.gap == .milliseconds(1))
    #expect(configuration.includesLinkLayerAddress && !configuration.stopsAtFirstAnswer)
    #expect(configuration.unicastLink == nil && !configuration.needsTargetLinkLayerAddress)
  }

  @Test func longNamesAndShortOnesAreTheSame() throws {
    let long = try parse(
      "--interface eth0 --source fe80::2 --count 5 --wait 1.5 --gap 2ms --single --no-link-option --file hosts "
        + "--quiet --verbose --timestamps --promiscuous --seed 7 --capture-file c.pcap 2001:db8::5")
    let short = try parse(
      "-I eth0 -s fe80::2 -c5 -w1500ms -g 2ms -1 --no-link-option -f hosts -qvDp --seed=0x7 --capture-file=c.pcap "
        + "2001:db8::5")
    #expect("\(long)" == "\(short)")
    #expect(long.request.interface == "eth0" && long.request.source == "fe80::2")
    #expect(long.request.seed == 7 && long.request.captureFile == "c.pcap" && long.request.isPromiscuous)
    #expect(long.targetLists == [.file("hosts")])
    #expect(long.output.isQuiet && long.output.isVerbose && long.output.showsTimestamps)
    let configuration = try neighbor("-c5 -w1500ms -g 2ms -1 --no-link-option -I eth0 2001:db8::5")
    #expect(configuration.attempts == 5 && configuration.interval == .milliseconds(1_500))
    #expect(configuration.gap == .milliseconds(2))
    #expect(configuration.stopsAtFirstAnswer && !configuration.includesLinkLayerAddress)
  }

  @Test func unicastTakesALinkLayerAddressOnlyWhereItIsAttached() throws {
    let plain = try neighbor("--unicast fe80::1%eth0")
    #expect(plain.act == .unicast && plain.unicastLink == nil)
    #expect(try parse("-u fe80::1%eth0").request.targetNames == ["fe80::1%eth0"])
    let link = LinkLayerAddress([2, 0, 0, 0, 0, 0x0b] as [UInt8])
    for text in ["02:00:00:00:00:0b", "2-0-0-0-0-B", "0200.0000.000b"] {
      #expect(try neighbor("--unicast=\(text) fe80::1%eth0").unicastLink == link)
      #expect(try neighbor("-u\(text) fe80::1%eth0").unicastLink == link)
      #expect(try neighbor("--uni=\(text) fe80::1%eth0").unicastLink == link)
    }
  }

  @Test func duplicateDetectionAsksOnceAndConformanceOneAddress() throws {
    #expect(try parse("--dad -I eth0 2001:db8::7").act == .dad)
    #expect(try neighbor("--dad -I eth0 2001:db8::7").act == .duplicateDetection)
    #expect(try neighbor("--dad -I eth0 2001:db8::7").attempts == 1)
    #expect(try neighbor("--dad -c 3 -I eth0 2001:db8::7").attempts == 3)
    let conformance = try parse("--conformance fe80::1%eth0")
    guard case .conformance = conformance.request.act else {
      Issue.record("no conformance")
      return
    }
    #expect(conformance.act == .conformance)
  }

  @Test func targetsComeFromOperandsAndListsEachOnce() throws {
    let invocation = try parse("-I eth0 2001:db8::1 - --file f 2001:db8:0::1 name -f g")
    #expect(invocation.request.targetNames == ["2001:db8::1", "name"])
    #expect(invocation.targetLists == [.standardInput, .file("f"), .file("g")])
    #expect(try parse("--file - -I eth0").targetLists == [.standardInput])
    #expect(try parse("fe80::1%eth0 fe80::2%eth0 fe80::1%eth0").request.targetNames.count == 2)
    // An index may be the same interface as a name: the kernel knows.
    #expect(try parse("-I eth0 fe80::1%2").request.targetNames == ["fe80::1%2"])
    #expect(try parse("-I fe80::2%eth0 fe80::1").request.source == "fe80::2%eth0")
  }

  @Test func jsonIsAFormat() throws {
    #expect(try parse("--json fe80::1%eth0").output.style == .json)
    #expect(try parse("--format json fe80::1%eth0").output.style == .json)
    #expect(try parse("--format text fe80::1%eth0").output.style == .text)
  }

  @Test func neighborsIsTheTableOrATimeLine() throws {
    let table = try parse("neighbors")
    #expect(table.act == .neighbors && table.request.interface == nil)
    #expect(try !watch("neighbors").isContinuous)
    #expect(try parse("neighbours eth0").request.interface == "eth0")
    #expect(try parse("-I eth0 neighbors").request.interface == "eth0")
    let line = try parse("neighbors eth0 --watch --json")
    #expect(line.act == .watch && line.output.style == .json)
    #expect(try watch("neighbors --watch").isContinuous)
    #expect(try watch("neighbors --watch").duration == nil)
    #expect(try watch("neighbors --for 2m").isContinuous)
    #expect(try watch("neighbors --watch --for 2m").duration == .seconds(120))
  }

  @Test func scanAsksWhatDisturbsNobodyUnlessMoreIsNamed() throws {
    let plain = try scan("scan eth0")
    #expect(plain.asksEcho && plain.asksUnknownOption && plain.asksRouters && !plain.asksListeners)
    #expect(plain.rounds == 2 && plain.interval == .seconds(1) && plain.patience == .seconds(2))
    let other = try scan("scan eth0 --no-echo --no-unknown-option --listeners --rounds 5 --gap 0 --wait 9s")
    #expect(!other.asksEcho && !other.asksUnknownOption && other.asksListeners)
    #expect(other.rounds == 5 && other.interval == .zero && other.patience == .seconds(9))
    #expect(try parse("scan -I eth0 --source fe80::2").request.source == "fe80::2")
    let silent = try scan("scan eth0 --no-solicit")
    #expect(!silent.asksEcho && !silent.asksUnknownOption && !silent.asksRouters && !silent.asksListeners)
    #expect(throws: EarlyExit.self) { try parse("scan eth0 --no-solicit --listeners") }
  }

  @Test func guardComparesOnceOrGoesOnAndWritesOnlyWhereItIsAskedTo() throws {
    let once = try parse("guard eth0 --baseline lan")
    #expect(once.act == .baseline && once.request.interface == "eth0" && !once.request.keepsFileRights)
    #expect(once.baseline == .init(file: .file("lan"), use: .compare))
    #expect(try guarding("guard eth0 -b lan").duration == .seconds(4))
    #expect(try guarding("guard eth0 -b lan -w 9").duration == .seconds(9))
    #expect(try guarding("guard eth0 -b lan --watch").duration == nil)
    #expect(try guarding("guard eth0 -b lan --for 1h").duration == .seconds(3_600))
    #expect(try guarding("guard eth0 -b lan").solicits && guarding("guard eth0 -b lan").floodRate == 50)
    #expect(try !guarding("guard eth0 -b lan --watch --no-solicit").solicits)
    #expect(try guarding("guard eth0 -b lan --flood-rate 9").floodRate == 9)
    #expect(try parse("guard eth0 -b -").baseline?.file == .standardInput)
    #expect(try parse("guard eth0 -b lan --write").baseline?.use == .write(replaces: false))
    #expect(try parse("guard eth0 -b lan --write").request.keepsFileRights)
    #expect(try parse("guard eth0 -b lan --write --force").baseline?.use == .write(replaces: true))
    #expect(try guarding("guard eth0 -b lan --write --no-solicit -w 1h").duration == .seconds(3_600))
  }

  @Test(arguments: [
    ("", "no address; give one, or say neighbors, scan or guard"),
    ("--json", "no address; give one, or say neighbors, scan or guard"),
    (
      "fe80::1",
      "'fe80::1': the zone is missing: an address of this scope means nothing without its interface; write "
        + "fe80::1%INTERFACE (one of 'eth0', 'eth1')"
    ),
    ("fe80::1%", "'fe80::1%': no zone after '%'"),
    ("2001:db8::/64", "'2001:db8::/64': a prefix; give one address, such as 2001:db8::"),
    ("[fe80::1]", "'[fe80::1]': an address here has no brackets; write fe80::1"),
    (
      "[fe80::1]:80",
      "'[fe80::1]:80': no port belongs here, and an address here has no brackets; write fe80::1"
    ),
    ("name:80", "'name:80': no port belongs here; write name"),
    (
      "1:2:3:4:5:6:7:8:9",
      "'1:2:3:4:5:6:7:8:9': too many groups for an IPv6 address, which has eight; if the last one is a port: none belongs here"
    ),
    ("fe80:::1", "'fe80:::1': three colons in a row; '::' is two, and stands for a run of zero groups"),
    (
      "192.0.2.1",
      "'192.0.2.1': an IPv4 address, and probe6 is IPv6 only; give a name that has an AAAA record, or behind NAT64 "
        + "(RFC 6052) 64:ff9b::c000:201"
    ),
    (
      "2001:db8::1%eth0",
      "'2001:db8::1%eth0': an address of this scope has no zone; write 2001:db8::1, and choose the interface with -I"
    ),
    ("ff02::1%eth0", "'ff02::1%eth0': not an address that a neighbor can have; give a unicast address"),
    ("::", "'::': not an address that a neighbor can have; give a unicast address"),
    (
      "fe80::1%eth0 fe80::2%eth1",
      "'fe80::2%eth1': another link than 'eth0', which was said before; one run asks on one link"
    ),
    (
      "-I eth1 fe80::1%eth0",
      "'fe80::1%eth0': another link than 'eth1', which was said before; one run asks on one link"
    ),
    ("-4 a", "-4: probe6 is IPv6 only; IPv4 has ARP (arping)"),
    ("--unicat a", "unknown option '--unicat'; did you mean --unicast?"),
    ("--no a", "'--no' could be --no-link-option or --no-echo or --no-unknown-option or --no-solicit"),
    ("-x", "unknown option '-x'"),
    ("-c", "-c needs an argument"),
    ("-c 0 a", "-c: '0' is out of range; allowed: 1 to 1000"),
    ("-c x a", "-c: 'x' is not a whole number; allowed: 1 to 1000"),
    ("-w 0 a", "-w: '0' is out of range; allowed: 1ns to 2147483.647s"),
    ("--json=1 a", "--json takes no argument"),
    ("--format xml a", "--format: 'xml'; allowed: text, json"),
    ("--json --format text a", "--json and --format text exclude each other"),
    ("--unicast --dad a", "--unicast and --dad exclude each other"),
    ("--dad --conformance a", "--dad and --conformance exclude each other"),
    ("--conformance fe80::1%eth0 fe80::2%eth0", "'fe80::2%eth0': --conformance is for one address at a time"),
    (
      "--conformance -f hosts",
      "-f has no meaning for --conformance; it belongs to a question who has an address, --unicast, --dad"
    ),
    ("- -f - -I eth0", "-: standard input can be read only once"),
    (
      "--dad --source fe80::2 -I eth0 a",
      "--source has no meaning for --dad; it belongs to a question who has an address, --unicast, --conformance, "
        + "scan, guard"
    ),
    ("--source :: a", "--source: '::' is nobody's address; duplicate detection (ndisc --dad) asks from it"),
    ("--source eth0 a", "--source: 'eth0' is not an IPv6 address (with %INTERFACE where it needs one)"),
    (
      "-I aaaaaaaaaaaaaaaaaaa a",
      "-I: 'aaaaaaaaaaaaaaaaaaa' is neither an interface name (1 to 15 octets) nor an IPv6 address"
    ),
    ("--capture-file= a", "--capture-file: '' is not a file name"),
    (
      "--listeners a",
      "--listeners has no meaning for a question who has an address; it belongs to scan"
    ),
    (
      "--watch a",
      "--watch has no meaning for a question who has an address; it belongs to neighbors --watch, guard"
    ),
    ("scan", "scan: which interface? (such as 'eth0', 'eth1')"),
    ("scan fe80::1", "'fe80::1': scan takes an interface (such as 'eth0', 'eth1')"),
    ("scan eth0 eth1", "'eth1': scan is for one interface, and that is 'eth0'"),
    ("scan eth0 -I eth1", "'eth0': one interface at a time, and 'eth1' was said too"),
    ("scan 1.2.3.4", "'1.2.3.4' is not an interface name (1 to 15 octets) (such as 'eth0', 'eth1')"),
    ("scan eth0 --unicast", "--unicast asks addresses, and scan the whole link; say one of them"),
    (
      "scan eth0 -c 3",
      "-c has no meaning for scan; it belongs to a question who has an address, --unicast, --dad, --conformance"
    ),
    ("scan eth0 --rounds 0", "--rounds: '0' is out of range; allowed: 1 to 1000"),
    (
      "neighbors --seed 1",
      "--seed has no meaning for neighbors; it belongs to a question who has an address, --unicast, --dad, --conformance, scan"
    ),
    (
      "neighbors -p eth0",
      "-p has no meaning for neighbors; it belongs to a question who has an address, --unicast, --dad, --conformance, neighbors --watch, scan, guard"
    ),
    ("guard eth0", "guard: which baseline? Say --baseline FILE, and --write the first time"),
    ("guard -b lan", "guard: which interface? (such as 'eth0', 'eth1')"),
    ("guard eth0 -b lan --force", "--force makes no sense here: it belongs to --write"),
    ("guard eth0 -b - --write", "-b - makes no sense here: --write needs a file"),
    ("guard eth0 -b lan --write --watch", "--watch makes no sense here: --write listens once, for --wait"),
    ("guard eth0 -b lan --write --for 5", "--for makes no sense here: --write listens once, for --wait"),
    ("guard eth0 -b lan --watch -w 5", "-w makes no sense here: how long is what --for says"),
    (
      "guard eth0 -b lan -d",
      "-d makes no sense here: advertisements may come half an hour apart; say how long: --watch, --for or --wait"
    ),
    ("guard eth0 -b lan --flood-rate 0", "--flood-rate: '0' is out of range; allowed: 1 to 10000000"),
  ]) func whatIsWrongIsSaidWithWhatWouldBeRight(_ line: String, _ text: String) {
    #expect(problem(line) == text, "\(line)")
  }

  @Test func helpAndVersionEndWithZero() {
    for line in ["-h", "--help", "scan --help", "-V", "--version"] {
      do throws(EarlyExit) {
        _ = try parse(line)
        Issue.record("\(line) goes on")
      } catch {
        #expect(error.exitCode == 0 && error.standardError.isEmpty && !error.standardOutput.isEmpty)
      }
    }
  }
}
