import ProbeEngine
import Report
import Runtime
import Timing

extension FpingInvocation {
  /// What is to be done for these targets.
  ///
  /// - octets: random payload, as long as one is, where the command line asks for it.
  func request(_ sources: [SampleSource], random octets: [UInt8] = []) -> SampleRequest {
    var group = SampleGroup(name: "fping6", probe: .echo)
    group.interval = period
    group.order = .constant(spacing: spacing)
    // What is counted is sent, however late; a loop that was stopped for long does not make up for it.
    group.maximumLateness = text.mode == .loop ? max(period, .milliseconds(10)) : .seconds(1_000_000_000)
    group.timeout = timeout
    // What comes later is discarded.
    group.lateWindow = .zero
    group.payloadLength = payloadLength
    group.pattern = octets.isEmpty ? [0] : octets
    group.count = count
    if text.mode == .reach {
      group.count = 1
      group.retry = SampleGroup.Retry(
        attempts: Int(retries) + 1, backoff: backoff, endsAtSendError: true)
    }
    group.path.hopLimit = hopLimit
    group.path.trafficClass = trafficClass
    group.path.interface = interface
    group.path.source = source
    group.path.isUnfragmented = isUnfragmented
    var request = SampleRequest()
    request.configuration.groups = [group]
    request.sources = [sources]
    request.mark = mark
    // Names were looked up once, and are not again.
    request.resolveInterval = .zero
    request.waitsAtSignal = false
    request.tick = text.reportInterval
    return request
  }
}
