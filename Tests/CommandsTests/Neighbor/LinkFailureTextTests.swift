import LinuxNet
import Report
import Runtime
import Testing

@testable import Commands

@Suite struct LinkFailureTextTests {
  /// The resolver's own words for a name that is none; nobody is asked.
  private static var noName: ResolverError {
    do throws(ResolverError) {
      _ = try Resolver.resolve("name.example", numericOnly: true)
      preconditionFailure("a name that is a number")
    } catch { return error }
  }

  private func exit(_ failure: PingFailure, _ line: String = "fe80::1%eth0") throws -> EarlyExit {
    let invocation = try NdiscVerb.parse(line.split(separator: " ").map(String.init))
    return LinkFailureText.exit(failure, invocation, programName: "probe6 ndisc") { ["eth0"] }
  }

  @Test func whoLacksTheRightIsToldWhatItIsHowToGiveItAndWhatServesWithout() throws {
    let failure = PingFailure.notPermitted(datagram: nil, raw: SystemError("socket", .operationNotPermitted))
    let exit = try exit(failure)
    #expect(exit.exitCode == 3)
    #expect(
      exit.standardError == """
        probe6 ndisc: socket: Operation not permitted
        probe6 ndisc: CAP_NET_RAW is missing: neighbor discovery leaves by a raw socket, and answers are captured \
        (their frames' addresses, too)
        probe6 ndisc: give it (setcap cap_net_raw+ep FILE), or run as root
        probe6 ndisc: without it, what the kernel knows: probe6 ndisc neighbors [--watch]

        """)
    for line in ["--dad fe80::1%eth0", "scan eth0", "guard eth0 -b f"] {
      let text = try self.exit(failure, line).standardError
      #expect(text.contains("setcap cap_net_raw+ep FILE"))
      #expect(text.utf8.count { $0 == 0x0a } == (line.hasPrefix("guard") ? 4 : 3))
    }
  }

  @Test func namesAreErrorsOfTheCommandLine() throws {
    let unknown = try exit(.unknownInterface("eth9"))
    #expect(unknown.exitCode == 2)
    #expect(
      unknown.standardError
        == "probe6 ndisc: 'eth9' is not an interface of this host (such as 'eth0')\n")
    let name = try exit(.resolution(name: "neigbors", Self.noName, hasIPv4: false), "neigbors")
    #expect(name.exitCode == 2)
    #expect(name.standardError.hasPrefix("probe6 ndisc: neigbors: "))
    #expect(name.standardError.hasSuffix("\nprobe6 ndisc: did you mean probe6 ndisc neighbors?\n"))
    let other = try exit(.resolution(name: "host.example", Self.noName, hasIPv4: true), "host.example")
    #expect(
      other.standardError
        == "probe6 ndisc: host.example: the name has only IPv4 addresses, and this is an IPv6 tool\n")
  }

  @Test func aReaderThatIsGoneIsNoNews() throws {
    #expect(try exit(.system(SystemError("write", .brokenPipe))) == EarlyExit(exitCode: 1))
    let full = try exit(.system(SystemError("write", .noSpace)))
    #expect(full.exitCode == 3 && full.standardError == "probe6 ndisc: write: No space left on device\n")
  }
}
