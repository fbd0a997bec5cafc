package import Report
package import Runtime

/// A trace as one of the faces was asked for it: what is to be done, and how it is told.
package struct TraceFaceInvocation: Sendable {
  /// Whose text it is.
  package enum Text: Hashable, Sendable {
    case butskoy(ButskoyTextOptions)
    case ndisc6(Ndisc6TracerouteTextOptions)
    case tracepath(TracepathTextOptions)
  }

  package var request: TraceRequest
  package var text: Text
  /// What messages begin with, where the original's do.
  package var programName: String
  /// Prefixes and the AS numbers that they belong to.
  package var systemsFile: String?
  /// Where the target stood on the command line, and what it is called there, as Butskoy's errors say it.
  package var targetPosition = 1
  /// The destination port as ndisc6's errors name it.
  package var portText: String?
  /// A source that is a name.
  package var sourceName: (text: String, position: Int, option: String)?

  package init(request: TraceRequest, text: Text, programName: String) {
    self.request = request
    self.text = text
    self.programName = programName
  }
}
