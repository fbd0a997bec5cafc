package import Timing
package import Wire

/// Reads what the kernel knows of its neighbors, once or for long.
package struct WatchConfiguration: Sendable {
  /// false: the table as it is, once.
  package var isContinuous: Bool
  /// nil: until stopped.
  package var duration: Nanoseconds?
  /// Shows this host's own solicitations and advertisements as well.
  package var includesOutgoing = true

  package init(isContinuous: Bool) { self.isContinuous = isContinuous }
}

package struct WatchSummary: Hashable, Sendable {
  package var messages: UInt64
  package var kernelChanges: UInt64
  package var findings: UInt64
  /// Frames that the capture had no room for, and changes that netlink had none for.
  package var droppedFrames: UInt64
  package var droppedChanges: UInt64
  package var at: Instant

  package init(at: Instant) {
    messages = 0
    kernelChanges = 0
    findings = 0
    droppedFrames = 0
    droppedChanges = 0
    self.at = at
  }
}

/// Finds what is on the link.
package struct ScanConfiguration: Sendable {
  /// Addresses of this interface to ask from: a station answers with an address of the same scope, so each prefix
  /// gives others.
  package var sources: [IPv6Address] = []
  /// Echo requests to ff02::1.
  package var asksEcho = true
  /// Packets with a destination option 10xxxxxx that nobody knows, to ff02::1: the answer is Parameter Problem.
  package var asksUnknownOption = true
  /// A router solicitation, as every host sends one: routers then show themselves.
  package var asksRouters = true
  /// A general MLDv2 query. Only on request: it can win the querier election.
  package var asksListeners = false
  /// Rounds of questions, and the pause between them.
  package var rounds = 2
  package var interval = Nanoseconds.seconds(1)
  /// How long to listen after the last question.
  package var patience = Nanoseconds.seconds(2)
  /// Stations and addresses that are remembered; further ones are counted.
  package var maximumAddresses = 65_536
  package var seed: UInt64 = 0

  package init() {}
}

/// One station: a link-layer address and what answers there.
package struct StationRow: Hashable, Sendable {
  package struct Ways: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let echo = Ways(rawValue: 1)
    package static let parameterProblem = Ways(rawValue: 2)
    package static let neighborDiscovery = Ways(rawValue: 4)
    package static let listenerReport = Ways(rawValue: 8)
    package static let other = Ways(rawValue: 16)
    package func contains(_ ways: Ways) -> Bool { rawValue & ways.rawValue == ways.rawValue }
  }
  package struct Address: Hashable, Sendable {
    package var address: IPv6Address
    package var ways: Ways
    package init(_ address: IPv6Address, ways: Ways) {
      self.address = address
      self.ways = ways
    }
  }
  /// nil: the link has no link-layer addresses.
  package var link: LinkLayerAddress?
  /// In the order of numbers.
  package var addresses: [Address]
  /// Solicited-node groups it listens to that no address above explains: the low 24 bits of addresses not seen.
  package var unexplainedGroups: [IPv6Address]
  package var isRouter: Bool
  package var isThisHost: Bool

  package init(
    link: LinkLayerAddress?, addresses: [Address], unexplainedGroups: [IPv6Address] = [],
    isRouter: Bool = false,
    isThisHost: Bool = false
  ) {
    self.link = link
    self.addresses = addresses
    self.unexplainedGroups = unexplainedGroups
    self.isRouter = isRouter
    self.isThisHost = isThisHost
  }
}

package struct ScanSummary: Hashable, Sendable {
  package var stations: Int
  package var addresses: Int
  package var questions: Int
  package var sendFailed: Int
  package var sendErrno: Int32?
  /// Addresses beyond `maximumAddresses`, and frames without room.
  package var dropped: UInt64
  package var problems: Int
  package var at: Instant

  package init(at: Instant) {
    stations = 0
    addresses = 0
    questions = 0
    sendFailed = 0
    sendErrno = nil
    dropped = 0
    problems = 0
    self.at = at
  }
}

/// What a link should look like. Written once, compared later.
package struct LinkBaseline: Hashable, Sendable {
  package struct Prefix: Hashable, Sendable {
    package var prefix: IPv6Address
    package var length: UInt8
    /// L, A, R, P as on the wire.
    package var flags: UInt8
    package var validLifetime: UInt32
    package var preferredLifetime: UInt32
    package init(
      prefix: IPv6Address, length: UInt8, flags: UInt8, validLifetime: UInt32, preferredLifetime: UInt32
    ) {
      self.prefix = prefix
      self.length = length
      self.flags = flags
      self.validLifetime = validLifetime
      self.preferredLifetime = preferredLifetime
    }
  }

  package struct Route: Hashable, Sendable {
    package var prefix: IPv6Address
    package var length: UInt8
    package var preference: RouterPreference
    package init(prefix: IPv6Address, length: UInt8, preference: RouterPreference) {
      self.prefix = prefix
      self.length = length
      self.preference = preference
    }
  }

  package struct Router: Hashable, Sendable {
    package var address: IPv6Address
    /// Where its frames come from; on a link that does not tell, what its option says.
    package var link: LinkLayerAddress?
    /// From its source link-layer address option, where that names another than `link` (a proxy, a repeater).
    package var optionLink: LinkLayerAddress?
    package var hopLimit: UInt8
    /// The header's flags without the preference.
    package var flags: UInt8
    package var preference: RouterPreference
    package var lifetime: UInt16
    package var mtu: UInt32?
    /// In the order of numbers, as are the others.
    package var prefixes: [Prefix]
    package var routes: [Route]
    package var dnsServers: [IPv6Address]
    /// Names in presentation form, octets as on the wire.
    package var dnsSearchList: [[UInt8]]

    package init(
      address: IPv6Address, link: LinkLayerAddress?, hopLimit: UInt8, flags: UInt8,
      preference: RouterPreference,
      lifetime: UInt16
    ) {
      self.address = address
      self.link = link
      self.hopLimit = hopLimit
      self.flags = flags
      self.preference = preference
      self.lifetime = lifetime
      mtu = nil
      prefixes = []
      routes = []
      dnsServers = []
      dnsSearchList = []
    }
  }

  package var routers: [Router]

  package init(routers: [Router] = []) { self.routers = routers }
}

/// Compares a link with its baseline, or makes one.
package struct GuardConfiguration: Sendable {
  /// nil: makes a baseline, which the summary carries.
  package var baseline: LinkBaseline?
  /// Solicits routers at the start, as an inspection does; else only listens.
  package var solicits = true
  /// nil: until stopped. One window of an inspection where it is not continuous.
  package var duration: Nanoseconds? = .seconds(4)
  /// Advertisements in one second from which on it is a flood.
  package var floodRate = 50
  /// Routers (and other stations) that are remembered; further ones are counted.
  package var maximumRouters = 256
  /// Findings of one kind about one address in one minute; further ones are counted.
  package var maximumRepeats = 1
  package var source: IPv6Address?

  package init() {}
}

package struct GuardSummary: Hashable, Sendable {
  /// What the link looks like now.
  package var baseline: LinkBaseline
  /// It was made here, and is to be written; false: it was compared with one.
  package var isWritten: Bool
  package var advertisements: UInt64
  package var problems: UInt64
  package var notices: UInt64
  /// Findings that were not told, since they had been within the minute.
  package var repeats: UInt64 = 0
  /// Not looked at, for want of room.
  package var dropped: UInt64
  package var sendFailed: Int
  package var sendErrno: Int32?
  /// It was stopped before its time was over.
  package var isInterrupted = false
  package var at: Instant

  package init(baseline: LinkBaseline, isWritten: Bool, at: Instant) {
    self.baseline = baseline
    self.isWritten = isWritten
    advertisements = 0
    problems = 0
    notices = 0
    dropped = 0
    sendFailed = 0
    sendErrno = nil
    self.at = at
  }
}
