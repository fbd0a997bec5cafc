import CLinux
import Glibc

/// A terminal taken over for a screen: the alternate screen, no cursor, keys one by one and unechoed. Given back as
/// it was found by `leave`, and when it goes.
///
/// Signal characters (Ctrl-C, Ctrl-Z) keep their meaning; Ctrl-S does not stop the output.
package struct TerminalScreen: ~Copyable {
  /// Where keys come from; nil where there is no terminal to listen to.
  package let input: Int32?
  private let output: Int32
  /// /dev/tty, where standard input is something else.
  private let ownInput: Descriptor?
  /// What the terminal was like before `enter`, while it is taken.
  private var original: termios?
  private var isEntered = false

  /// nil: `output` is no terminal.
  package init?(output: Int32) {
    guard isatty(output) == 1 else { return nil }
    self.output = output
    if isatty(0) == 1 {
      ownInput = nil
      input = 0
      return
    }
    // The path is a literal; standard input may be a list of targets.
    let number = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    ownInput = number < 0 ? nil : Descriptor(owning: number)
    input = number < 0 ? nil : number
  }

  deinit { TerminalScreen.giveBack(output, input, original, isEntered) }

  /// Takes the terminal, again where it was left or somebody else changed it meanwhile.
  package mutating func enter() throws(SystemError) {
    if let input {
      var mode = termios()
      // `mode` is a local that outlives the call.
      _ = try retrying("tcgetattr") { unsafe tcgetattr(input, &mode) }
      if original == nil { original = mode }
      mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN)
      mode.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR)
      // A read gives what is there and does not wait (termios(3): MIN 0, TIME 0).
      TerminalScreen.set(&mode, VMIN, 0)
      TerminalScreen.set(&mode, VTIME, 0)
      _ = try retrying("tcsetattr") { unsafe tcsetattr(input, TCSANOW, &mode) }
    }
    isEntered = true
    // Alternate screen, no cursor, no line wrap, cleared (xterm's control sequences).
    try Output.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J\u{1b}[H", to: output)
  }

  /// Gives the terminal back; keys that were typed and not read are dropped.
  package mutating func leave() {
    TerminalScreen.giveBack(output, input, original, isEntered)
    isEntered = false
    original = nil
  }

  /// Columns and rows (ioctl TIOCGWINSZ); 80 and 24 where the terminal does not know.
  package var size: (columns: Int, rows: Int) {
    var size = winsize()
    // `size` is a local that outlives the call, and what this request writes.
    guard unsafe ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// There is room for output: a terminal that is not read does not hold the program up.
  package var isWritable: Bool {
    var entry = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
    // One entry, a local that outlives the call.
    return unsafe poll(&entry, 1, 0) == 1 && Int32(entry.revents) & Int32(POLLOUT) != 0
  }

  package func write(_ octets: [UInt8]) throws(SystemError) { try Output.write(octets, to: output) }

  /// The octets that were typed, at most 256; empty where the terminal has gone.
  package func readKeys() -> [UInt8] {
    guard let input else { return [] }
    var octets = [UInt8](repeating: 0, count: 256)
    // The array outlives the call and is as long as the call is told.
    let count = unsafe read(input, &octets, 256)
    return count > 0 ? Array(octets[..<count]) : []
  }

  // MARK: private parts

  private static func giveBack(_ output: Int32, _ input: Int32?, _ original: termios?, _ isEntered: Bool) {
    guard isEntered else { return }
    try? Output.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l", to: output)
    // In the background the modes are the shell's, and setting them would stop the process (SIGTTOU).
    guard let input, var mode = original, tcgetpgrp(input) == getpgrp() else { return }
    tcflush(input, TCIFLUSH)
    // `mode` is a local that outlives the call.
    _ = unsafe tcsetattr(input, TCSANOW, &mode)
  }

  private static func set(_ mode: inout termios, _ index: Int32, _ value: cc_t) {
    // The field is a tuple of NCCS octets; the index is one of the C library's own.
    unsafe withUnsafeMutableBytes(of: &mode.c_cc) { octets in
      unsafe octets[Int(index)] = value
    }
  }
}
