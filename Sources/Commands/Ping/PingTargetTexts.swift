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
      return try addPrefix(text, interfaces)
    }
    let target: TargetText
    do throws(TargetTextError) { target = try TargetText.parse(text, defaultZone: zone) } catch {
      throw explained(error, as: text, interfaces)
    }
    switch target {
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

  private mutating func addPrefix(
    _ text: String, _ interfaces: () -> [String]
  ) throws(PingTargetProblem) {
    let prefix: AddressPrefix
    do throws(TargetTextError) {
      prefix = try AddressPrefix(parsing: text, defaultZone: zone)
    } catch { throw explained(error, as: text, interfaces) }
    guard prefix.count <= limit - written else {
      let whose = written == 0 ? "" : ", with \(written) of other prefixes before them"
      throw PingTargetProblem(
        message:
          "\(quoted(text)): \(prefix.countText) addresses\(whose); allowed are \(limit), or as many as --limit says"
      )
    }
    written += prefix.count
    append(prefix.first, count: prefix.count, zone: try index(of: prefix.zone))
  }

  /// The words for what is wrong with `whole`.
  private func explained(
    _ error: TargetTextError, as whole: String, _ interfaces: () -> [String]
  ) -> PingTargetProblem {
    var problem = error.problem
    if case .missingZone(let address, _) = problem {
      problem = .missingZone(address: address, interfaces: interfaces())
    }
    return PingTargetProblem(message: TargetTextError(input: whole, problem: problem).message)
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
