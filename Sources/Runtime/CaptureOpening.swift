import Capture
import LinuxNet

/// A capture that may be opened on a thread of its own while names and tables are asked for: opening takes 7 to 17 ms,
/// nearly all of it waiting.
final class CaptureOpening {
  /// Written by the thread that opens, read after it was joined.
  private final class Outcome: @unchecked Sendable {
    var handle: CaptureHandle?
    var failure: CaptureError?

    func open(_ interface: String, _ filter: String, _ options: CaptureHandle.Options) {
      do throws(CaptureError) {
        handle = try CaptureHandle.open(interface: interface, filter: filter, options: options)
      } catch { failure = error }
    }
  }

  private let outcome = Outcome()
  private var thread: Thread?

  /// `isBeside`: on a thread.
  init(
    interface: String, filter: String, options: CaptureHandle.Options, isBeside: Bool
  ) throws(PingFailure) {
    guard isBeside else {
      outcome.open(interface, filter, options)
      return
    }
    let outcome = outcome
    do throws(SystemError) { thread = try Thread { outcome.open(interface, filter, options) } } catch {
      throw .system(error)
    }
  }

  // Whoever gives up before it is open must not leave a thread that still has privileges.
  deinit { thread.take()?.join() }

  /// Waits until it is open, or says why it is not.
  func wait() throws(PingFailure) {
    if let thread = thread.take() { thread.join() }
    if let failure = outcome.failure { throw .capture(text: failure.description) }
  }

  /// Why it is not open; nil until `wait`.
  var failure: CaptureError? { thread == nil ? outcome.failure : nil }

  /// The capture, once, after `wait`.
  func take() -> CaptureHandle? { outcome.handle.take() }
}
