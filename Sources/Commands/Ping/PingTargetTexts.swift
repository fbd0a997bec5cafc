import LinuxNet
import Plan
import Runtime
import Wire

/// A text that is no target of a ping, in words.
struct PingTargetProblem: Error {
  var message: String
}

/// The targets of a ping as they come together from operands and lists: names, addresses and prefixes.
struct PingTargetTexts {
  /// Addresses that the prefixes of a run may have, unless `--limit` says otherwise.
  static let usualLimit = 65_536

  private(set) var targets: [PingRequest.Target] = []
  /// `--interface`: stands in where a zone is not written.
  private let zone: String?
  private let limit: Int
  /// Addresses of prefixes so far.
  private var written = 0
  /// The zone that was looked up last: a hundred thousand lines may have the same.
  private var knownZone: (text: String, index: UInt32)?

  init(zone: String?, limit: Int) {
    self.zone = zone
    self.limit = limit
  }

  /// `interfaces` is asked for only where a zone is missing.
  mutating func add(_ text: String, interfaces: () -> [String]) throws(PingTargetProblem) {
    if let slash = text.firstIndex(of: "/"), text[..<slash].utf8.contains(UInt8(ascii: ":")) {
      return try addPrefix(text, slash, interfaces)
    }
    switch try parse(text, as: text, interfaces) {
    case .name: targets.append(.name(text))
    case .address(let address, let zone):
      // Whatever is not the address's own spelling is shown as it was typed.
      guard text == address.description + (zone.map { "%" + $0 } ?? ""), zone.map(Self.isName) ?? true else {
        targets.append(.name(text))
        return
      }
      append(address, count: 1, zone: try index(of: zone))
    }
  }

  /// Adds the targets of a list, and returns the lines that are none.
  mutating func add(list octets: [UInt8], interfaces: () -> [String]) -> [TargetList.BadLine] {
    var bad: [TargetList.BadLine] = []
    var known: [String]?
    for line in TargetList.lines(of: octets) {
      if let problem = line.problem {
        bad.append(TargetList.BadLine(number: line.number, message: problem.message))
        continue
      }
      do throws(PingTargetProblem) {
        try add(line.text) {
          if known == nil { known = interfaces() }
          return known ?? []
        }
      } catch { bad.append(TargetList.BadLine(number: line.number, message: error.message)) }
    }
    return bad
  }

  /// `2001:db8::/120`, `fe80::/120%eth0`, and as RFC 4007 §11.7 has it `fe80::%eth0/120`: every address but the
  /// subnet-router anycast address (RFC 4291 §2.6.1), which links between two routers do not have (RFC 6164).
  private mutating func addPrefix(
    _ text: String, _ slash: String.Index, _ interfaces: () -> [String]
  ) throws(PingTargetProblem) {
    let rest = text[text.index(after: slash)...]
    let percent = rest.firstIndex(of: "%")
    let digits = String(percent.map { rest[..<$0] } ?? rest)
    let zoned = String(text[..<slash]) + (percent.map { String(rest[$0...]) } ?? "")
    guard let length = (try? NumberText.integer(digits)).flatMap(Int.init(exactly:)),
      (0...128).contains(length)
    else {
      throw PingTargetProblem(
        message: quoted(text) + ": " + quoted(digits) + " is not a prefix length; allowed: 0 to 128")
    }
    guard case .address(let address, let zone) = try parse(zoned, as: text, interfaces) else {
      throw PingTargetProblem(message: quoted(text) + ": a prefix has an address before its length")
    }
    let mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
    let hasAnycast = length < 127
    // Of ::/0 the number of addresses itself does not fit.
    let count = (UInt128.max >> UInt128(length == 128 ? 127 : length)) &+ (hasAnycast ? 0 : 1)
    let hosts = length == 128 ? 1 : count
    guard hosts <= UInt128(limit - written) else {
      let whose = written == 0 ? "" : ", with \(written) of other prefixes before them"
      throw PingTargetProblem(
        message:
          "\(quoted(text)): \(hosts) addresses\(whose); allowed are \(limit), or as many as --limit says")
    }
    written += Int(hosts)
    let first = IPv6Address(bits: address.bits & mask &+ (hasAnycast ? 1 : 0))
    append(first, count: Int(hosts), zone: try index(of: zone))
  }

  /// Tells of a problem as one of `whole`.
  private func parse(
    _ text: String, as whole: String, _ interfaces: () -> [String]
  ) throws(PingTargetProblem) -> TargetText {
    do throws(TargetTextError) {
      return try TargetText.parse(text, defaultZone: zone)
    } catch {
      guard case .missingZone(let address, _) = error.problem else {
        throw PingTargetProblem(message: TargetTextError(input: whole, problem: error.problem).message)
      }
      let problem = TargetTextError.Problem.missingZone(address: address, interfaces: interfaces())
      throw PingTargetProblem(message: TargetTextError(input: whole, problem: problem).message)
    }
  }

  /// Not an index, which stands for a name as well.
  private static func isName(_ zone: String) -> Bool { UInt32(zone) == nil }

  private mutating func index(of zone: String?) throws(PingTargetProblem) -> UInt32 {
    guard let zone else { return 0 }
    if let knownZone, knownZone.text == zone { return knownZone.index }
    guard let index = Interfaces.zone(zone) else {
      throw PingTargetProblem(message: "\(quoted(zone)) is not an interface of this host")
    }
    knownZone = (zone, index)
    return index
  }

  /// One entry for addresses that follow each other.
  private mutating func append(_ first: IPv6Address, count: Int, zone: UInt32) {
    if case .addresses(let before, let known, zone)? = targets.last,
      before.bits &+ UInt128(known) == first.bits
    {
      targets[targets.count - 1] = .addresses(before, count: known + count, zone: zone)
    } else {
      targets.append(.addresses(first, count: count, zone: zone))
    }
  }
}
