import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing

package enum Main {
  package static func run(_ arguments: [String]) -> Int32 {
    var request = PingRequest()
    request.targetNames = [arguments.last ?? "::1"]
    request.configuration.until = .attempted(UInt64(arguments.count > 2 ? arguments[1] : "3") ?? 3)
    if arguments.contains("-f") { request.configuration.pace = .flood(window: 64); request.configuration.reportsSent = false }
    if arguments.contains("-r") { request.path = .raw }
    if arguments.contains("-s") { request.path = .raw; request.arrival = .socket }
    if arguments.contains("-p") { request.isPacePrecise = true }
    if arguments.contains("-i") { request.configuration.pace = .schedule(.constant(interval: .milliseconds(1)))}
    var options = PingTextOptions()
    options.isVerbose = true
    options.showsTiming = true
    options.isQuiet = arguments.contains("-q") || arguments.contains("-f")
    var output = PingOutput(PingText(options: options), request: request)
    do throws(PingFailure) {
      _ = try PingSession.run(request, sink: &output)
      return 0
    } catch {
      try? Output.write("\(error)\n", to: 2)
      return 3
    }
  }
}
