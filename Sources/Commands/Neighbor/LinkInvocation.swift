package import Report
package import Runtime

/// An act on a link as the command line asked for it: what is to be done, and how it is told.
package struct LinkInvocation: Sendable {
  /// The file of `--baseline`, and what it is for.
  package struct Baseline: Hashable, Sendable {
    package enum Use: Hashable, Sendable {
      /// The link is compared with it.
      case compare
      /// It is made; an existing one only gives way where that was asked for.
      case write(replaces: Bool)
    }
    package var file: TargetList
    package var use: Use
  }

  package var request: LinkRequest
  package var act: LinkRun.Act
  package var output = LinkOutputOptions()
  /// Lists that are read before the run begins, in the order given; their names follow those of `request`.
  package var targetLists: [TargetList] = []
  package var baseline: Baseline?
  /// Lines for standard error before the run begins, without program name or newline.
  package var notices: [String] = []

  package init(_ act: LinkRun.Act, request: LinkRequest) {
    self.act = act
    self.request = request
  }
}

/// How an act on a link is told: which writer, and what it shows.
package struct LinkOutputOptions: Hashable, Sendable {
  package enum Style: String, Hashable, Sendable {
    case text
    /// One JSON object per event.
    case json
  }

  package var style: Style = .text
  /// Only what the act is about.
  package var isQuiet = false
  package var isVerbose = false
  /// Wall clock before each line (`-D`).
  package var showsTimestamps = false

  package init() {}
}
