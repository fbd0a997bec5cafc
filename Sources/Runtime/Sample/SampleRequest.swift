package import LinuxNet
package import ProbeEngine
package import Timing
package import Wire

/// Where targets of a group come from.
package enum SampleSource: Hashable, Sendable {
  /// An address or a name, as written, with its own port or the group's.
  case host(String, port: UInt16)
  /// All addresses of a name, as they are when the plan is read: which ones there are does not change while it runs.
  case allAddresses(String, port: UInt16)
  /// So many addresses from `first` on (in steps of one), with an interface for a zone.
  case range(first: IPv6Address, count: Int, zone: String?, port: UInt16)
}

/// All that a sampling run needs, as plain values: what the verb and the face fill in.
package struct SampleRequest: Sendable {
  /// The engine's part; its targets are filled in after name resolution.
  package var configuration = SampleConfiguration(groups: [], targets: [])
  /// By group.
  package var sources: [[SampleSource]] = []
  package var usesRawSocket = false
  package var mark: UInt32?
  /// Octets of the sockets' receive buffers; nil: as much as a second of replies needs.
  package var receiveBuffer: Int?
  /// Between two look-ups of a name; zero: never again.
  package var resolveInterval = Nanoseconds.seconds(60)
  /// nil: from getrandom(2).
  package var seed: UInt64?
  /// Between two calls of `SampleSink.tick`; nil: none.
  package var tick: Nanoseconds?
  /// The first signal leaves time for answers to what is in flight; the second ends the run.
  package var waitsAtSignal = true
  /// Capabilities of the real user root stay raisable, for output files.
  package var keepsFileRights = false

  package init() {}
}

/// The targets of a run as they were found.
package struct SampleTargets: Sendable {
  /// A name or text for target i where it is not simply the address; names of 100,000 plain addresses are not kept.
  package var names: [Int: String] = [:]
  package var failures: [Failure] = []

  /// A name that has no address now: its target is there (`::`), its probes are send errors.
  package struct Failure: Sendable {
    package var target: Int
    package var name: String
    package var error: PingFailure

    package init(target: Int, name: String, error: PingFailure) {
      self.target = target
      self.name = name
      self.error = error
    }
  }

  package init() {}
}

/// What a run tells before its first probe, and again after a new plan.
package struct SampleStart: Sendable {
  package var configuration: SampleConfiguration
  package var targets: SampleTargets
  package var path: ICMPv6Socket.Kind = .datagram
  package var isCaptured = false
  /// Why the first choice of path was not taken.
  package var notes: [String] = []
  package var at: Instant

  package init(configuration: SampleConfiguration, targets: SampleTargets, at: Instant) {
    self.configuration = configuration
    self.targets = targets
    self.at = at
  }
}

/// Where a run's events go. Whoever implements this does the writing; an error of `flush` ends the run.
package protocol SampleSink: ~Copyable {
  mutating func begin(_ start: SampleStart, clock: KernelClock)
  mutating func handle(_ event: SampleEvent, clock: KernelClock)
  /// Every `SampleRequest.tick`: the progress line.
  mutating func tick(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock)
  /// SIGQUIT.
  mutating func snapshot(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock)
  /// A signal ends the run early: nothing more is sent.
  mutating func interrupted()
  /// SIGHUP: a new request, or nil: the old one stays (the sink has said why).
  mutating func reload() -> SampleRequest?
  /// After `reload`, with what the run goes on with.
  mutating func reloaded(_ start: SampleStart, clock: KernelClock)
  mutating func end(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock)
  /// The kernel had no room for so many messages since it was told last: answers that seem lost.
  mutating func dropped(_ messages: UInt64, at now: Instant, clock: KernelClock)
  /// Writes what has come together. `isLast`: nothing comes after.
  mutating func flush(isLast: Bool) throws(SystemError)
}

extension SampleSink where Self: ~Copyable {
  package mutating func dropped(_ messages: UInt64, at now: Instant, clock: KernelClock) {}
  package mutating func interrupted() {}
}
