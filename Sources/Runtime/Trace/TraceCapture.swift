import Capture
import LinuxNet

/// A capture of what answers a trace, which may be opened on a thread of its own while names are asked for:
/// opening takes 7 to 17 ms.
final class TraceCapture {
  /// Written by the thread that opens, read after it was joined.
  private final class Outcome: @unchecked Sendable {
    var handle: CaptureHandle?
    var failure: CaptureError?

    func open(filter: String, _ options: CaptureHandle.Options) {
      // Answers may come back by another interface than the one that probes leave by.
      do throws(CaptureError) {
        handle = try CaptureHandle.open(interface: "any", filter: filter, options: options)
      } catch { failure = error }
    }
  }

  private let outcome = Outcome()
  private var thread: Thread?

  /// `filter`: what `CaptureFilter.trace` says. `packetLength`: octets of the longest answer that is no ICMPv6
  /// error. `isBeside`: on a thread.
  init(filter: String, packetLength: Int, isBeside: Bool) throws(PingFailure) {
    var options = CaptureHandle.Options()
    options.incomingOnly = true
    // The ring has slots of the snapshot's size: this gives a thousand for errors, which have 1280 octets at most.
    // Its size does not matter for the time to open.
    options.snapshotLength = Int32(clamping: max(1_600, packetLength + 256))
    options.bufferSize = 2 << 20
    guard isBeside else {
      outcome.open(filter: filter, options)
      return
    }
    let outcome = outcome
    let chosen = options
    do throws(SystemError) { thread = try Thread { outcome.open(filter: filter, chosen) } } catch {
      throw .system(error)
    }
  }

  /// Waits until it is open, or says why it is not.
  func wait() throws(PingFailure) {
    if let thread = thread.take() { thread.join() }
    if let failure = outcome.failure { throw .capture(text: failure.description) }
  }

  /// The capture, once, after `wait`.
  func take() -> CaptureHandle? { outcome.handle.take() }
}
