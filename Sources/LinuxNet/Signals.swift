import CLinux
import Glibc

/// A signal by number (signal(7)).
package struct Signal: RawRepresentable, Hashable, Sendable {
  package var rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let interrupt = Signal(rawValue: SIGINT)
  package static let quit = Signal(rawValue: SIGQUIT)
  package static let terminate = Signal(rawValue: SIGTERM)
  package static let hangUp = Signal(rawValue: SIGHUP)
  package static let alarm = Signal(rawValue: SIGALRM)
  package static let pipe = Signal(rawValue: SIGPIPE)
  /// A file has reached the size that this process may give it (setrlimit(2)); ignored, write(2) fails with EFBIG.
  package static let fileSizeLimit = Signal(rawValue: SIGXFSZ)
  package static let terminalStop = Signal(rawValue: SIGTSTP)
  package static let `continue` = Signal(rawValue: SIGCONT)
  package static let windowChange = Signal(rawValue: SIGWINCH)
  package static let user1 = Signal(rawValue: SIGUSR1)
  package static let user2 = Signal(rawValue: SIGUSR2)

  /// Makes the process deaf to it (SIG_IGN). With SIGPIPE ignored a write to a closed pipe is EPIPE.
  package func ignore() throws(SystemError) {
    let number = rawValue
    _ = try retrying("signal") { clinux_ignore_signal(number) }
  }

  /// Stops this process the way the terminal's Ctrl-Z would, though SIGTSTP is caught by a
  /// `SignalDescriptor`; returns when SIGCONT lets it go on.
  package static func stopProcess() throws(SystemError) {
    _ = try retrying("raise SIGTSTP") { clinux_stop_by_sigtstp() }
  }
}

/// Signals read as data (signalfd(2)) in place of interrupting: no handler, nothing to be reentrant.
///
/// Blocks the signals for the calling thread, and for those it starts later; gives them back when it goes.
package struct SignalDescriptor: ~Copyable {
  package let descriptor: Descriptor
  private let oldMask: sigset_t

  package init(_ signals: [Signal]) throws(SystemError) {
    var mask = sigset_t()
    var oldMask = sigset_t()
    // Both sets are locals that outlive the calls.
    unsafe sigemptyset(&mask)
    for signal in signals { unsafe sigaddset(&mask, signal.rawValue) }
    let result = unsafe pthread_sigmask(SIG_BLOCK, &mask, &oldMask)
    guard result == 0 else { throw SystemError("pthread_sigmask", Errno(rawValue: result)) }
    // As above.
    let number = unsafe clinux_signalfd(&mask)
    guard number >= 0 else {
      let failure = Errno(rawValue: errno)
      _ = unsafe pthread_sigmask(SIG_SETMASK, &oldMask, nil)
      throw SystemError("signalfd", failure)
    }
    descriptor = Descriptor(owning: number)
    self.oldMask = oldMask
  }

  /// The next signal that came; nil when none is waiting.
  package func next() throws(SystemError) -> Signal? {
    let number = descriptor.number
    let signal = try retrying("read signalfd") { clinux_read_signal(number) }
    return signal == 0 ? nil : Signal(rawValue: signal)
  }

  deinit {
    var mask = oldMask
    // `mask` is a local that outlives the call.
    _ = unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
  }
}
