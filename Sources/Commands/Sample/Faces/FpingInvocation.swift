package import Report
package import Timing
package import Wire

/// What a command line of `fping6` asks for, as plain values.
package struct FpingInvocation: Hashable, Sendable {
  package enum Targets: Hashable, Sendable {
    case names([String])
    /// `-`: standard input.
    case file(String)
    /// `-g`
    case range(first: IPv6Address, last: IPv6Address, zone: String?)
  }

  /// argv[0], with which messages begin.
  package var programName: String
  package var text = FpingTextOptions()
  package var targets = Targets.names([])
  package var count: UInt64?
  /// `-r`
  package var retries: UInt32 = 3
  package var backoff = 1.5
  /// `-i`, `-p`, `-t`
  package var spacing = Nanoseconds.milliseconds(10)
  package var period = Nanoseconds.seconds(1)
  package var timeout = Nanoseconds.milliseconds(500)
  package var payloadLength = 56
  package var hasRandomPayload = false
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  package var interface: String?
  package var source: String?
  package var mark: UInt32?
  package var isUnfragmented = false
  /// `-m`, `-A`, `-n`, `-d`
  package var takesAllAddresses = false
  package var showsAddresses = false
  package var looksUpAddresses = false
  package var looksUpAll = false

  package init(programName: String) { self.programName = programName }
}
