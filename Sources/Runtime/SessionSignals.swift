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
