import CLinux
import Glibc

/// Whole writes to a descriptor that may be a pipe, a terminal or a file (write(2)).
package enum Output {
  /// Writes every octet. Waits where the descriptor is non-blocking and full, goes on after signals.
  ///
  /// EPIPE (with SIGPIPE ignored) and ENOSPC are thrown; octets before them have gone out.
  package static func write(_ octets: Span<UInt8>, to number: Int32) throws(SystemError) {
    var written = 0
    while written < octets.count {
      let rest = octets.extracting(droppingFirst: written)
      // The octets are lent for the call, and the count is theirs.
      let result = unsafe rest.withUnsafeBufferPointer { buffer in
        unsafe Glibc.write(number, buffer.baseAddress, buffer.count)
      }
      if result > 0 {
        written += result
        continue
      }
      if result == 0 { throw SystemError("write", .noSpace) }
      let failure = Errno(rawValue: errno)
      switch failure {
      case .interrupted: continue
      case .wouldBlock:
        var poller = Poller()
        _ = poller.add(number: number, wanting: .writable)
        _ = try poller.wait(until: nil)
      default:
        mend(octets.extracting(first: written), number)
        throw SystemError("write", failure)
      }
    }
  }

  /// Takes the torn last line off a regular file that took only part of the octets: what a reader finds there is
  /// whole lines. Pipes and terminals cannot be mended.
  private static func mend(_ written: Span<UInt8>, _ number: Int32) {
    var torn = 0
    while torn < written.count, written[written.count - 1 - torn] != UInt8(ascii: "\n") { torn += 1 }
    guard torn > 0 else { return }
    let end = lseek(number, 0, SEEK_CUR)
    // Fails with ESPIPE on what has no position.
    guard end >= torn else { return }
    _ = ftruncate(number, end - torn)
    _ = lseek(number, end - torn, SEEK_SET)
  }

  /// The same for an array.
  package static func write(_ octets: [UInt8], to number: Int32) throws(SystemError) {
    try write(octets.span, to: number)
  }

  /// The same for text, as UTF-8.
  package static func write(_ text: String, to number: Int32) throws(SystemError) {
    try write(Array(text.utf8).span, to: number)
  }
}

/// The terminal behind a descriptor, where there is one.
package enum Terminal {
  /// isatty(3).
  package static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

  /// Columns (ioctl TIOCGWINSZ); nil without a terminal or when it does not know.
  package static func width(_ number: Int32) -> Int? {
    var size = winsize()
    // `size` is a local that outlives the call, and what this request writes.
    guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
