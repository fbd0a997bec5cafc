/// What a live screen shows of a trace, chosen by keys, and how large it is.
package struct LiveView: Hashable, Sendable {
  package enum ColumnSet: Int, Hashable, Sendable, CaseIterable {
    /// Loss, count, last, average, best, worst, deviation.
    case times
    /// Loss, count, late, last, jitter.
    case jitter
    case percentiles
    case histogram
  }

  package var columns = 80
  package var rows = 24
  /// Counts up for ever; taken modulo the number of sets.
  package var columnSet = 0
  /// Names beside addresses where they are known.
  package var showsNames = true
  package var showsHelp = false
  package var isPaused = false
  /// Lines of the table that have scrolled out at the top.
  package var firstLine = 0
  /// The terminal shows UTF-8.
  package var isUTF8 = true

  package init() {}

  package var set: ColumnSet {
    let count = ColumnSet.allCases.count
    return ColumnSet.allCases[((columnSet % count) + count) % count]
  }
}
