import LinuxNet

extension SignalDescriptor {
  /// What every run does with signals and time first: those given are read as data, a closed pipe is an error of
  /// write(2), and waits end when they should.
  static func ofSession(_ signals: [Signal]) throws(PingFailure) -> SignalDescriptor {
    do throws(SystemError) {
      try Signal.pipe.ignore()
      try SystemClock.setTimerSlack(nanoseconds: 1)
      return try SignalDescriptor(signals)
    } catch { throw .system(error) }
  }
}

/// A session's signals for an engine that runs with signals or, in the course of another run, without.
final class HeldSignals {
  private let signals: SignalDescriptor

  init(_ signals: consuming SignalDescriptor) { self.signals = signals }

  /// To be waited for.
  var number: Int32 { signals.descriptor.number }

  /// The next signal that came; nil when none is waiting.
  func next() throws(SystemError) -> Signal? { try signals.next() }
}
