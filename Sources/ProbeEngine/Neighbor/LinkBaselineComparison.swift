import Timing
import Wire

/// How the lifetimes of a router's prefixes came down while they were watched. A router may send lifetimes that count
/// down in real time (RFC 4861 §6.2.1), so one below the baseline's is not yet a change.
struct LifetimeWatch: Sendable {
  struct Key: Hashable {
    var prefix: IPv6Address
    var length: UInt8
    var field: Finding.Field
  }
  private struct Sight {
    var lifetime: UInt32
    var at: Instant
  }

  /// Seconds that a count may be off: lifetimes are whole seconds, and advertisements are late by up to half a second.
  private static let tolerance: Int64 = 2
  /// No more than a baseline may hold of each lifetime.
  private static let maximum = LinkBaseline.Router.maximumItems * 2
  private var first: [Key: Sight] = [:]

  var count: Int { first.count }

  /// Whether `found` is not what the baseline expects.
  ///
  /// Above it, 0, and anything where one of the two is for ever are a change at once. Lower ones are believed to count
  /// down, until two of them, seconds apart, differ by anything but the time between.
  mutating func isChanged(_ key: Key, expected: UInt32, found: UInt32, at now: Instant) -> Bool {
    guard found != expected else {
      first[key] = nil
      return false
    }
    guard found < expected, found > 0, expected != .max else { return true }
    // A higher one than before was renewed, and counts down anew.
    guard let sight = first[key], found <= sight.lifetime else {
      if first.count < Self.maximum || first[key] != nil { first[key] = Sight(lifetime: found, at: now) }
      return false
    }
    let elapsed = (now - sight.at).count / 1_000_000_000
    return abs(Int64(sight.lifetime - found) - max(0, elapsed)) > Self.tolerance
  }
}

// What is not as a baseline says. `self` is the baseline's.
extension LinkBaseline.Router {
  /// What one advertisement (`seen`) alone shows: values that differ, and what is there in addition. What it does not
  /// mention may be in another.
  func differences(
    from seen: LinkBaseline.Router, lifetimes: inout LifetimeWatch, at now: Instant
  ) -> [Finding] {
    var findings: [Finding] = []
    if let finding = linkDifference(frame: seen.link, option: seen.optionLink, at: now) {
      findings.append(finding)
    }
    func compare(_ field: Finding.Field, _ expected: Finding.Value, _ found: Finding.Value) {
      if expected != found { findings.append(changed(field, expected, found, at: now)) }
    }
    compare(.hopLimit, .number(UInt64(hopLimit)), .number(UInt64(seen.hopLimit)))
    let bits: [(Finding.Field, RouterAdvertisement.Flags)] = [
      (.managed, .managed), (.other, .other), (.homeAgent, .homeAgent), (.proxy, .proxy),
    ]
    for (field, bit) in bits {
      compare(field, .flag(flags & bit.rawValue != 0), .flag(seen.flags & bit.rawValue != 0))
    }
    if lifetime > 0, seen.lifetime == 0 {
      var finding = changed(.lifetime, .number(UInt64(lifetime)), .number(0), at: now)
      finding.kind = .routerRetires
      findings.append(finding)
    } else {
      compare(.lifetime, .number(UInt64(lifetime)), .number(UInt64(seen.lifetime)))
      // Without a lifetime the preference means nothing (RFC 4191 §2.2).
      if seen.lifetime > 0 { compare(.preference, .preference(preference), .preference(seen.preference)) }
    }
    if let found = seen.mtu {
      compare(.mtu, mtu.map { .number(UInt64($0)) } ?? .none, .number(UInt64(found)))
    }
    findings += prefixDifferences(from: seen, lifetimes: &lifetimes, at: now)
    for route in seen.routes {
      let known = routes.first { $0.prefix == route.prefix && $0.length == route.length }
      guard known != route else { continue }
      var finding = changed(.route, .none, .prefix(route.prefix, length: route.length), at: now)
      if let known {
        finding.field = .preference
        finding.expected = .preference(known.preference)
        finding.found = .preference(route.preference)
      }
      finding.prefix = route.prefix
      finding.prefixLength = route.length
      findings.append(finding)
    }
    return findings
  }

  /// What is missing, or is not the same as a whole, in all that the router said (`seen`).
  func absences(in seen: LinkBaseline.Router, at now: Instant) -> [Finding] {
    var findings: [Finding] = []
    if let mtu, seen.mtu == nil { findings.append(changed(.mtu, .number(UInt64(mtu)), .none, at: now)) }
    for prefix in prefixes
    where !seen.prefixes.contains(where: { $0.prefix == prefix.prefix && $0.length == prefix.length }) {
      var finding = changed(.prefix, .prefix(prefix.prefix, length: prefix.length), .none, at: now)
      finding.kind = .prefixRemoved
      finding.prefix = prefix.prefix
      finding.prefixLength = prefix.length
      findings.append(finding)
    }
    for route in routes
    where !seen.routes.contains(where: { $0.prefix == route.prefix && $0.length == route.length }) {
      var finding = changed(.route, .prefix(route.prefix, length: route.length), .none, at: now)
      finding.prefix = route.prefix
      finding.prefixLength = route.length
      findings.append(finding)
    }
    if dnsServers != seen.dnsServers {
      findings.append(
        changed(.recursiveDNSServers, .addresses(dnsServers), .addresses(seen.dnsServers), at: now))
    }
    if dnsSearchList != seen.dnsSearchList {
      findings.append(
        changed(.dnsSearchList, Self.text(dnsSearchList), Self.text(seen.dnsSearchList), at: now))
    }
    return findings
  }

  /// A message of this router, or an advertisement for its address, that names another station: by frame, or by an
  /// option that is neither the frame's nor the one expected.
  func linkDifference(
    frame: LinkLayerAddress?, option: LinkLayerAddress?, at now: Instant
  ) -> Finding? {
    guard let link else { return nil }
    let expectedOption = optionLink ?? link
    let found: LinkLayerAddress
    if let frame, frame != link {
      found = frame
    } else if let option, option != expectedOption, option != link {
      found = option
    } else {
      return nil
    }
    var finding = changed(.link, .link(found == frame ? link : expectedOption), .link(found), at: now)
    finding.kind = .newLinkLayerAddress
    finding.link = found
    finding.otherLink = found == frame ? link : expectedOption
    return finding
  }

  private func prefixDifferences(
    from seen: LinkBaseline.Router, lifetimes: inout LifetimeWatch, at now: Instant
  ) -> [Finding] {
    var findings: [Finding] = []
    for prefix in seen.prefixes {
      func add(_ finding: Finding) {
        var finding = finding
        finding.prefix = prefix.prefix
        finding.prefixLength = prefix.length
        findings.append(finding)
      }
      guard let known = prefixes.first(where: { $0.prefix == prefix.prefix && $0.length == prefix.length })
      else {
        var finding = changed(.prefix, .none, .prefix(prefix.prefix, length: prefix.length), at: now)
        finding.kind = .prefixAdded
        add(finding)
        continue
      }
      if known.flags != prefix.flags {
        add(changed(.prefixFlags, .number(UInt64(known.flags)), .number(UInt64(prefix.flags)), at: now))
      }
      let both: [(Finding.Field, UInt32, UInt32)] = [
        (.validLifetime, known.validLifetime, prefix.validLifetime),
        (.preferredLifetime, known.preferredLifetime, prefix.preferredLifetime),
      ]
      for (field, expected, found) in both {
        let key = LifetimeWatch.Key(prefix: prefix.prefix, length: prefix.length, field: field)
        if lifetimes.isChanged(key, expected: expected, found: found, at: now) {
          add(changed(field, .number(UInt64(expected)), .number(UInt64(found)), at: now))
        }
      }
    }
    return findings
  }

  private func changed(
    _ field: Finding.Field, _ expected: Finding.Value, _ found: Finding.Value, at now: Instant
  ) -> Finding {
    var finding = Finding(.changed, .problem, at: now)
    finding.address = address
    finding.link = link
    finding.field = field
    finding.expected = expected
    finding.found = found
    return finding
  }

  /// Names with a space between.
  private static func text(_ names: [[UInt8]]) -> Finding.Value {
    names.isEmpty ? .none : .text(Array(names.joined(separator: [UInt8(ascii: " ")])))
  }
}
