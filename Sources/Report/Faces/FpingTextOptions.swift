package import Timing

/// What the command line of `fping6` decides about the text.
package struct FpingTextOptions: Hashable, Sendable {
  package enum Mode: Hashable, Sendable {
    /// Each target is asked until it has answered.
    case reach
    /// `-c`, `-C`
    case count
    /// `-l`
    case loop
  }

  /// How `-D` writes a time.
  package enum Timestamp: Hashable, Sendable {
    /// Seconds since 1970 with five decimals.
    case unix
    /// As `%c` of strftime(3) in the C locale, `%Y-%m-%dT%T%z`, and `%Y-%m-%d %H:%M:%S`: local time.
    case ctime, iso, rfc3339
  }

  package var mode = Mode.reach
  /// A line for each probe that has an outcome.
  package var showsProbes = false
  /// Lines of words about each target: `is alive`, `is unreachable`.
  package var isVerbose = true
  /// `-q` and `-Q`: no messages on standard error either.
  package var isQuiet = false
  /// `-a`, `-u`
  package var listsAlive = false
  package var listsUnreachable = false
  /// `-e`
  package var showsElapsed = false
  /// `-s`
  package var showsStatistics = false
  /// `-C`: all round trips of a target on one line.
  package var listsRoundTrips = false
  /// `-o`
  package var showsOutage = false
  /// `-p`, by which outages are reckoned.
  package var period = Nanoseconds.seconds(1)
  /// `-Q`: nil without one.
  package var reportInterval: Nanoseconds?
  /// `-Q SECONDS,cumulative`
  package var isCumulative = false
  /// `-N`
  package var isNetdata = false
  /// `-J`
  package var isJSON = false
  /// `-D`
  package var timestamp: Timestamp?
  package var showsHopLimit = false
  package var showsTrafficClass = false
  /// `--print-srcaddr`, which the original does not know for IPv6, and says so.
  package var showsSource = false
  /// `--check-source`: an answer from another address is none.
  package var checksSource = false
  /// `-x` and `-X`: so many targets have to answer; 0: all.
  package var required: UInt32 = 0
  /// `-X`: the run is over as soon as they have.
  package var endsWhenReached = false

  package init() {}
}
