/// What `probe6 ndisc` and `probe6 rdisc` print for people.
package struct LinkTextOptions: Sendable {
  /// The verdicts and problems only.
  package var isQuiet = false
  /// Also: what was sent, repeated answers, what the host added to round trips, what was not asked for.
  package var isVerbose = false
  /// Lines of events begin with their wall clock time (RFC 3339) in place of the time of day.
  package var showsTimestamps = false

  package init() {}
}
