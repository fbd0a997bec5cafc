package import Timing
import Wire

/// Compares what the routers of one link advertise (RFC 4861 §6.2.7).
///
/// What that section lists is a problem; differences that other RFCs ask routers to avoid, or that a person should
/// know of, are notices. Different sets of prefixes, and what a router leaves unspecified, are fine.
package enum RouterConsistency {
  /// Clocks, delays and rounding, where lifetimes count down in real time.
  static let skew = Nanoseconds.seconds(5)

  /// Findings about the last valid advertisement of each router: `limit` at most, and how many more there would be.
  ///
  /// What most of them say is expected, of several the first; `address` is who says otherwise, `otherAddress` the
  /// first who says what is expected.
  package static func findings(
    of messages: [HeardMessage], at now: Instant, limit: Int = .max
  ) -> (findings: [Finding], omitted: UInt64) {
    var comparison = Comparison(now: now, limit: limit)
    let routers = messages.compactMap { message in
      AdvertisedContents(message).map { Router(message: message, contents: $0) }
    }
    guard routers.count > 1 else { return ([], 0) }
    comparison.compareHeaders(routers)
    comparison.comparePrefixes(routers)
    comparison.compareNames(routers)
    return (comparison.findings, comparison.omitted)
  }

  private struct Router {
    let message: HeardMessage
    let contents: AdvertisedContents
  }

  /// What one router says about one thing.
  private struct Statement<Value> {
    let router: Router
    let value: Value
  }

  private struct Comparison {
    let now: Instant
    let limit: Int
    var findings: [Finding] = []
    var omitted: UInt64 = 0

    mutating func compareHeaders(_ routers: [Router]) {
      compareNumbers(routers, .hopLimit, .problem) {
        $0.header.hopLimit == 0 ? nil : UInt64($0.header.hopLimit)
      }
      compare(
        routers, .managed, .problem, { $0.header.flags.rawValue & 0x80 != 0 }, shown: Finding.Value.flag)
      compare(routers, .other, .problem, { $0.header.flags.rawValue & 0x40 != 0 }, shown: Finding.Value.flag)
      compareNumbers(routers, .reachableTime, .problem) {
        $0.header.reachableTime == 0 ? nil : UInt64($0.header.reachableTime)
      }
      compareNumbers(routers, .retransmitTimer, .problem) {
        $0.header.retransmitTimer == 0 ? nil : UInt64($0.header.retransmitTimer)
      }
      compareNumbers(routers, .mtu, .problem) { $0.mtu.map { UInt64($0) } }
    }

    mutating func comparePrefixes(_ routers: [Router]) {
      var order: [PrefixKey] = []
      var prefixes: [PrefixKey: [Statement<AdvertisedContents.Prefix>]] = [:]
      for router in routers {
        var seen: Set<PrefixKey> = []
        for prefix in router.contents.prefixes where prefix.broken == nil {
          // A router that says it twice is not compared with itself.
          guard seen.insert(prefix.key).inserted else { continue }
          if prefixes[prefix.key] == nil { order.append(prefix.key) }
          prefixes[prefix.key, default: []].append(Statement(router: router, value: prefix))
        }
      }
      for key in order {
        guard let statements = prefixes[key], statements.count > 1 else { continue }
        compareLifetimes(statements, key, .validLifetime) { $0.validLifetime }
        compareLifetimes(statements, key, .preferredLifetime) { $0.preferredLifetime }
        compare(
          statements.map { Statement(router: $0.router, value: $0.value.information.flags.rawValue) },
          .prefixFlags, .notice, prefix: key, areSame: { $0.value == $1.value },
          shown: { .number(UInt64($0)) })
      }
    }

    mutating func compareNames(_ routers: [Router]) {
      compare(
        routers, .recursiveDNSServers, .notice, { $0.dnsServers.isEmpty ? nil : $0.dnsServers },
        shown: Finding.Value.addresses)
      compare(routers, .dnsSearchList, .notice, { $0.dnsNames }, shown: Finding.Value.text)
      compare(routers, .captivePortal, .notice, { $0.captivePortal }, shown: Finding.Value.text)
      compare(
        routers, .pref64, .notice, { $0.translationPrefixes.isEmpty ? nil : $0.translationPrefixes },
        shown: { prefixes in
          // Not empty, as above.
          prefixes.first.map { .prefix($0.prefix, length: $0.length) } ?? .none
        })
    }

    // MARK: One field

    private mutating func compareNumbers(
      _ routers: [Router], _ field: Finding.Field, _ severity: Finding.Severity,
      _ value: (AdvertisedContents) -> UInt64?
    ) {
      compare(routers, field, severity, value, shown: Finding.Value.number)
    }

    /// Of the routers that say something: nil says nothing.
    private mutating func compare<Value: Equatable>(
      _ routers: [Router], _ field: Finding.Field, _ severity: Finding.Severity,
      _ value: (AdvertisedContents) -> Value?, shown: (Value) -> Finding.Value
    ) {
      let statements = routers.compactMap { router in
        value(router.contents).map { Statement(router: router, value: $0) }
      }
      compare(
        statements, field, severity, prefix: nil, areSame: { $0.value == $1.value }, shown: shown)
    }

    private mutating func compareLifetimes(
      _ statements: [Statement<AdvertisedContents.Prefix>], _ key: PrefixKey, _ field: Finding.Field,
      _ lifetime: (NeighborOptionValue.PrefixInformation) -> UInt32
    ) {
      let lifetimes = statements.map { Statement(router: $0.router, value: lifetime($0.value.information)) }
      compare(
        lifetimes, field, .problem, prefix: key,
        areSame: { left, right in
          if left.value == right.value { return true }
          // All ones is for ever, which never comes nearer.
          if left.value == .max || right.value == .max { return false }
          let ends = [left, right].map {
            $0.router.contents.stamp + Nanoseconds.seconds(Int64($0.value))
          }
          return max(ends[0], ends[1]) - min(ends[0], ends[1]) <= RouterConsistency.skew
        }, shown: { .number(UInt64($0)) })
    }

    private mutating func compare<Value>(
      _ statements: [Statement<Value>], _ field: Finding.Field, _ severity: Finding.Severity,
      prefix: PrefixKey?, areSame: (Statement<Value>, Statement<Value>) -> Bool,
      shown: (Value) -> Finding.Value
    ) {
      guard let expected = mostSaid(statements, areSame) else { return }
      for statement in statements where !areSame(statement, expected) {
        guard findings.count < limit else {
          omitted += 1
          continue
        }
        var finding = Finding(.inconsistentRouters, severity, at: now)
        finding.address = statement.router.message.source
        finding.link = statement.router.message.arrival.linkSource
        finding.otherAddress = expected.router.message.source
        finding.otherLink = expected.router.message.arrival.linkSource
        finding.field = field
        finding.prefix = prefix?.prefix
        finding.prefixLength = prefix?.length
        finding.expected = shown(expected.value)
        finding.found = shown(statement.value)
        findings.append(finding)
      }
    }

    /// The first of those with whom most agree.
    private func mostSaid<Value>(
      _ statements: [Statement<Value>], _ areSame: (Statement<Value>, Statement<Value>) -> Bool
    ) -> Statement<Value>? {
      var best: (statement: Statement<Value>, count: Int)?
      for statement in statements {
        var count = 0
        for other in statements where areSame(statement, other) { count += 1 }
        if count > best?.count ?? 0 { best = (statement, count) }
        // Nobody can have more.
        if count == statements.count { break }
      }
      return best?.statement
    }
  }
}
