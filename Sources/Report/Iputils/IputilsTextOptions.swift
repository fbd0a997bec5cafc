/// What of iputils ping's options changes what it prints (ping(8)).
package struct IputilsTextOptions: Sendable {
  /// Whose bytes.
  package enum Form: Sendable {
    /// iputils 20231222 and later.
    case v20231222
    /// iputils 20221126 (Debian 12) and before.
    case v20221126
  }

  package var form: Form = .v20231222
  /// `-q`: header, statistics and, as in iputils, `-O` lines only.
  package var isQuiet = false
  /// `-n`
  package var isNumeric = false
  /// `-H`: names even where the target was given as an address, or with `-n`.
  package var areNamesForced = false
  /// `-v`
  package var isVerbose = false
  /// `-a`
  package var isAudible = false
  /// `-f`: dots and backspaces instead of lines. Implies `isNumeric`; wants `sent` events.
  package var isFlood = false
  /// `-A`
  package var isAdaptive = false
  /// `-i 0`, or `-f` without `-i`.
  package var isIntervalZero = false
  /// `-D`
  package var showsTimestamps = false
  /// `-3`
  package var isPrecise = false
  /// `-p`, the octets of the pattern; empty: none given.
  package var pattern: [UInt8] = []
  /// False where iputils could not measure (`-s` below 16, `-N`): no time, no rtt line.
  package var isTimingShown = true
  /// The source address was chosen (`-I` address, `-B`): the header names it.
  package var isSourceChosen = false
  /// `-I` with an interface: the header names it.
  package var chosenInterface: String?
  /// Columns of the terminal; dots stop when so many probes are in flight.
  package var terminalWidth = 80

  package init() {}
}
