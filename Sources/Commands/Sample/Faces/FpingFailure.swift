import LinuxNet
import Runtime

/// A run of `fping6` that could not begin, in the words and with the exit code of fping.
enum FpingFailure {
  static func exit(_ failure: PingFailure, _ invocation: FpingInvocation) -> EarlyExit {
    let name = escaped(invocation.programName)
    switch failure {
    case .system(let error) where error.errno == .brokenPipe:
      // Standard output that a reader closed is no news to anybody.
      return EarlyExit(exitCode: 1)
    case .source(_, let error):
      return EarlyExit(
        standardError: "\(name): cannot bind source address : \(error.errno.text)\n", exitCode: 4)
    case .unknownInterface:
      return EarlyExit(
        standardError: "binding to specific interface (SO_BINDTODEVICE): No such device\n", exitCode: 1)
    case .notPermitted:
      let hints = PingFailureText.text(failure, isFace: true).map { "\(name): \($0)\n" }
      return EarlyExit(
        standardError: "\(name): can't create socket (must run as root?)\n" + hints.joined(), exitCode: 4)
    default:
      let lines = PingFailureText.text(failure, isFace: true).map { "\(name): \($0)\n" }
      return EarlyExit(standardError: lines.joined(), exitCode: 4)
    }
  }
}
