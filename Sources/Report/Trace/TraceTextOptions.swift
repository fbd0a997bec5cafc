/// What `probe6 trace` prints for people.
package struct TraceTextOptions: Sendable {
  /// No reverse names.
  package var isNumeric = false
  /// Also: why the path was chosen, what was not believed, the hop limit that each answer came with.
  package var isVerbose = false
  /// Each hop's line begins with its wall clock time.
  package var showsTimestamps = false
  /// The terminal shows UTF-8.
  package var isUTF8 = true

  package init() {}
}
