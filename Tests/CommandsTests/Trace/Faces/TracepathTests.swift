import ProbeEngine
import Report
import Runtime
import Testing
import Timing

@testable import Commands

/// Errors measured with Debian 12's tracepath (iputils 20221126), up to the usage text.
@Suite struct TracepathTests {
  static func parse(_ line: String, as name: String = "tracepath") throws -> TraceFaceInvocation {
    try Tracepath.parse(line.split(separator: " ").map(String.init), programName: name)
  }

  static func text(_ line: String) throws -> TracepathTextOptions {
    guard case .tracepath(let options) = try parse(line).text else {
      throw ButskoyTracerouteTests.WrongText()
    }
    return options
  }

  @Test(
    arguments: [
      ("-l 5 ::1", "tracepath: pktlen must be within: 48 < value <= 2147483647\n", 1),
      ("-l 48 ::1", "tracepath: pktlen must be within: 48 < value <= 2147483647\n", 1),
      ("-m 256 ::1", "tracepath: invalid argument: '256': out of range: 0 <= value <= 255\n", 1),
      ("-m -1 ::1", "tracepath: invalid argument: '-1': out of range: 0 <= value <= 255\n", 1),
      ("-p 70000 ::1", "tracepath: invalid argument: '70000': out of range: 0 <= value <= 65535\n", 1),
      ("-l abc ::1", "tracepath: invalid argument: 'abc'\n", 1),
      ("-m 0x4 ::1", "tracepath: invalid argument: '0x4'\n", 1),
      (
        "-m 99999999999999999999 ::1",
        "tracepath: invalid argument: '99999999999999999999': Numerical result out of range\n", 1
      ),
      ("127.0.0.1", "tracepath: 127.0.0.1: Address family for hostname not supported\n", 1),
      ("-6 -4 ::1", "tracepath: Only one -4 or -6 option may be specified\n", 2),
      ("", TracepathTexts.usage, 255),
      ("-h", TracepathTexts.usage, 255),
      ("::1 ::2", TracepathTexts.usage, 255),
      ("-Z", "tracepath: invalid option -- 'Z'\n" + TracepathTexts.usage, 255),
      ("--help", "tracepath: invalid option -- '-'\n" + TracepathTexts.usage, 255),
      ("-m", "tracepath: option requires an argument -- 'm'\n" + TracepathTexts.usage, 255),
    ] as [(String, String, Int32)])
  func whatTheOriginalRefusesIsRefusedInItsWords(_ line: String, _ text: String, _ code: Int32) {
    #expect(throws: EarlyExit(standardError: text, exitCode: code)) { try Self.parse(line) }
  }

  @Test func iPv4IsRefusedAlsoByTheName() throws {
    #expect(
      throws: EarlyExit(
        standardError: "tracepath6: Only one -4 or -6 option may be specified\n", exitCode: 2)
    ) { try Self.parse("-4 ::1", as: "tracepath6") }
    let exit = try #require(throws: EarlyExit.self) { try Self.parse("-4 ::1") }
    #expect(exit.exitCode == 2)
  }

  @Test func theDefaultsAreTheOriginals() throws {
    let configuration = try Self.parse("::1").request.configuration
    #expect(configuration.method == .udp)
    #expect(configuration.mode == .hops)
    #expect(configuration.maximumInFlight == 1)
    #expect(configuration.payload == .tracepath)
    #expect(configuration.flow.destinationPort == 44_444)
    #expect(configuration.queries == 3)
    #expect(configuration.stopsQueryingOnAnswer)
    #expect(configuration.wait == .fixed(Tracepath.wait))
    #expect(configuration.maximumHops == 30)
    #expect(try Self.parse("::1").request.path == .errorQueue)
    #expect(try Self.text("::1").packetLength == 128_000)
  }

  @Test func thePortStandsInEitherPlace() throws {
    #expect(try Self.parse("-p 5 ::1").request.configuration.flow.destinationPort == 5)
    let behind = try Self.parse("::1/7").request
    #expect(behind.configuration.flow.destinationPort == 7)
    #expect(behind.targetNames == ["::1"])
    #expect(try Self.parse("-p 0 ::1").request.configuration.flow.destinationPort == 44_444)
  }

  @Test func theRest() throws {
    #expect(try Self.text("-n -b -l 1280 -m 4 ::1").isNumeric)
    #expect(try Self.text("-b ::1").showsBoth)
    #expect(try Self.text("-l 1280 ::1").packetLength == 1_280)
    #expect(try Self.parse("-l 1280 ::1").request.configuration.packetLength == 1_280)
    #expect(try Self.parse("-m 4 ::1").request.configuration.maximumHops == 4)
  }

  @Test func theVersionNamesIputils() throws {
    let exit = try #require(throws: EarlyExit.self) { try Self.parse("-V") }
    #expect(exit.exitCode == 0)
    #expect(exit.standardOutput.hasPrefix("tracepath from "))
    #expect(exit.standardOutput.components(around: "iputils") == 2)
  }
}
