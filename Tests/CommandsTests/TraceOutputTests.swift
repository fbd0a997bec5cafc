import LinuxNet
import ProbeEngine
import Report
import Testing
import Timing

@testable import Commands
@testable import Runtime

@Suite struct TraceOutputTests {
  @Test func theKernelNamesInterfaces() {
    #expect(InterfaceNames.ofThisHost[1] == "lo")
    #expect(InterfaceNames.ofThisHost[.max] == nil)
  }

  @Test func theRunKnowsItsHostAndItsLongestWait() throws {
    let name = try InputFile.read(path: "/proc/sys/kernel/hostname", limit: 256).filter { $0 != 0x0a }
    var request = TraceRequest()
    #expect(TraceRun(TraceStart(), request).hostName == String(decoding: name, as: UTF8.self))
    request.configuration.wait = .fixed(.milliseconds(1_500))
    #expect(TraceRun(TraceStart(), request).maximumWait == .milliseconds(1_500))
    request.configuration.wait = .adaptive(floor: .milliseconds(500), maximum: .seconds(3))
    #expect(TraceRun(TraceStart(), request).maximumWait == .seconds(3))
  }

  @Test func formatsThatPlaceLateAnswersAreToldOfThem() throws {
    for arguments in [["h"], ["--format", "atlas", "h"], ["--format", "scamper", "h"], ["--paths", "h"]] {
      #expect(try TraceVerb.parse(arguments).request.configuration.reportsLate)
    }
    // Times of nodes come with replies.
    #expect(try TraceVerb.parse(["--paths", "h"]).request.configuration.reportsProbes)
    #expect(try !TraceVerb.parse(["h"]).request.configuration.reportsProbes)
  }
}
