package import Runtime

/// A ping as the command line asked for it: what is to be done, and how it is told.
package struct PingInvocation: Sendable {
  package var request: PingRequest
  package var output: PingOutputOptions
  /// Lists that are read before the run begins, in the order given; their targets follow those of `request`.
  package var targetLists: [TargetList] = []
  /// Addresses that the prefixes among the targets may have.
  package var addressLimit = PingTargetTexts.usualLimit
  /// Lines for standard error before the run begins, without program name or newline.
  package var notices: [String] = []

  package init(request: PingRequest, output: PingOutputOptions) {
    self.request = request
    self.output = output
  }
}

/// How a ping is told: which writer, and what it shows.
package struct PingOutputOptions: Hashable, Sendable {
  package enum Style: Hashable, Sendable {
    /// iputils' bytes.
    case face
    case text
    case json
    case csv
  }

  /// What the exit code means.
  package enum ExitPolicy: Hashable, Sendable {
    /// 0 some reply; 1 none, or a deadline passed with fewer replies than the count; 2 everything else.
    case iputils
    /// 0 condition met; 1 not met; 2 usage or names; 3 local failure.
    case verb
  }

  package var style: Style = .text
  package var exitPolicy: ExitPolicy = .verb
  /// Header and statistics only.
  package var isQuiet = false
  package var isVerbose = false
  /// Addresses are printed without names.
  package var isNumeric = false
  /// Names are looked up for targets given as addresses too (`-H`).
  package var forcesNames = false
  /// BEL after each reply.
  package var isAudible = false
  /// Wall clock before each line (`-D`).
  package var showsTimestamps = false
  /// Round trips always with three decimals (`-3`).
  package var isPrecise = false
  /// The bytes of iputils before 20231222.
  package var isCompat2022 = false
  /// A histogram of round trips after the statistics.
  package var showsHistogram = false
  /// Each round trip in its parts: host tx, wire, host rx.
  package var showsTiming = false
  /// Dots instead of lines (`-f`).
  package var isFlood = false
  /// Pace figures in the statistics (iputils' `ipg/ewma`): interval 0, `-f` or `-A`.
  package var showsPace = false
  /// The header says source and interface: `-I` or `-B` was given.
  package var showsSource = false
  /// Hex digits of the pattern, as the line `PATTERN: 0x…` shows them; nil: no such line.
  package var patternText: String?
  /// `no answer yet` lines (`-O`).
  package var reportsOutstanding = false
  /// ICMPv6 errors and send failures neither end the run nor count against the exit code.
  package var ignoresErrors = false

  package init(style: Style, exitPolicy: ExitPolicy) {
    self.style = style
    self.exitPolicy = exitPolicy
  }
}
