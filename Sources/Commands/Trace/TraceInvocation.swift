package import Runtime

/// A trace as the command line asked for it: what is to be done, and how it is told.
package struct TraceInvocation: Sendable {
  package var request: TraceRequest
  package var output: TraceOutputOptions
  /// Lists that are read before the run begins, in the order given; their names follow those of `request`.
  package var targetLists: [TargetList] = []
  /// The destination port, where an option or a target named one.
  package var port: UInt16?
  /// Lines for standard error before the run begins, without program name or newline.
  package var notices: [String] = []

  package init(request: TraceRequest, output: TraceOutputOptions) {
    self.request = request
    self.output = output
  }
}

/// How a trace is told: which writer, and what it shows.
package struct TraceOutputOptions: Hashable, Sendable {
  package enum Style: String, Hashable, Sendable, CaseIterable {
    case text
    /// One JSON object per event.
    case json
    /// One RIPE Atlas traceroute result per target.
    case atlas
    /// One scamper JSON record per target.
    case scamper
    /// The graph of `--paths` for Graphviz.
    case dot
    /// The table of `--report`, once, at the end.
    case report
    /// The screen of `--live`.
    case live
  }

  package var style: Style = .text
  package var isVerbose = false
  /// Addresses are printed without names.
  package var isNumeric = false
  /// Wall clock before each line (`-D`).
  package var showsTimestamps = false
  /// Prefixes and the AS numbers they belong to (`PrefixTable`).
  package var systemsFile: String?

  package init() {}
}
