import LinuxNet
import Plan
import Report
import Runtime
import Timing
import Wire

/// Runs `fping6` in the language and with the output of fping 5.5.
enum RunFpingFace {
  static func run(_ arguments: [String], programName: String) throws(EarlyExit) -> Int32 {
    let startedAt = SystemClock.monotonicNow()
    let invocation = try FpingInvocation(
      parsing: arguments, programName: programName, isRoot: Process.isRealUserRoot,
      isInterface: { Interfaces.index(of: $0) != nil })
    let targets = try FpingTargets(invocation)
    var messages = targets.messages
    do throws(SystemError) { try messages.flush() } catch {
      throw FpingFailure.exit(.system(error), invocation)
    }
    guard targets.count > 0 else { return targets.unknown > 0 ? 2 : 1 }
    try checkSource(invocation)
    let request = invocation.request(targets.sources, random: try randomPayload(invocation))
    var output = FpingOutput(invocation.text, targets: targets, startedAt: startedAt)
    do throws(PingFailure) {
      _ = try SampleSession.run(request, sink: &output)
    } catch {
      guard output.isCutShort else {
        try? output.flush(isLast: true)
        throw FpingFailure.exit(error, invocation)
      }
      output.end(inFlight: 0, stray: 0, at: SystemClock.monotonicNow())
      do throws(SystemError) { try output.flush(isLast: true) } catch {
        throw FpingFailure.exit(.system(error), invocation)
      }
    }
    return output.text.exitCode
  }

  /// What the original's help says, for `probe6 help fping6`.
  static func help(program: String) -> String { FpingTexts.usage(program: program) }

  /// A source that is no address of this host ends the program before it asks anybody.
  private static func checkSource(_ invocation: FpingInvocation) throws(EarlyExit) {
    guard let source = invocation.source, let address = TargetText.ipv6Address(source) else { return }
    do throws(SystemError) {
      let interface = address.needsZone ? invocation.interface.flatMap { Interfaces.index(of: $0) } : nil
      try UDPSocket().bind(to: SocketAddress(address, scope: interface ?? 0))
    } catch { throw FpingFailure.exit(.source(source, error), invocation) }
  }

  private static func randomPayload(_ invocation: FpingInvocation) throws(EarlyExit) -> [UInt8] {
    guard invocation.hasRandomPayload else { return [] }
    do throws(SystemError) {
      var random = RandomNumbers(seed: try EntropySource.seed())
      return (0..<invocation.payloadLength).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    } catch { throw FpingFailure.exit(.system(error), invocation) }
  }
}
