/// What `probe6 ping` prints for people.
package struct PingTextOptions: Sendable {
  /// The summary only.
  package var isQuiet = false
  /// Also: the path that was taken and why, what was not believed, the run's own lateness.
  package var isVerbose = false
  /// No reverse names.
  package var isNumeric = false
  /// Each round trip with what the host added to it.
  package var showsTiming = false
  /// Each line begins with its wall clock time.
  package var showsTimestamps = false
  /// Draw round trips at the end.
  package var showsHistogram = false
  /// The terminal shows UTF-8.
  package var isUTF8 = true
  /// Columns.
  package var terminalWidth = 80

  package init() {}
}
