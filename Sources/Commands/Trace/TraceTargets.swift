/// The targets of a trace as they come together from operands and lists: names for the resolver, and the one port
/// that they may name.
struct TraceTargets {
  /// A line of a list that is no target.
  struct BadLine: Hashable {
    /// From 1.
    var number: Int
    var message: String
  }

  private(set) var names: [String] = []
  private(set) var port: UInt16?
  /// `--interface`: stands in where a zone is not written.
  private let zone: String?
  /// Longer lines are cut there; no name has more than 253 octets.
  private static var longestLine: Int { 1_024 }

  init(names: [String] = [], zone: String?, port: UInt16?) {
    self.names = names
    self.zone = zone
    self.port = port
  }

  /// `interfaces` is asked for only where a zone is missing.
  mutating func add(_ text: String, interfaces: () -> [String]) throws(TargetTextError) {
    let (name, port) = try TargetText.splittingPort(text)
    do throws(TargetTextError) {
      _ = try TargetText.parse(name, defaultZone: zone)
    } catch {
      guard case .missingZone(let address, _) = error.problem else {
        throw TargetTextError(input: text, problem: error.problem, mayHavePort: true)
      }
      throw TargetTextError(
        input: text, problem: .missingZone(address: address, interfaces: interfaces()), mayHavePort: true)
    }
    if let port {
      if let chosen = self.port, chosen != port {
        throw TargetTextError(input: text, problem: .otherPort(port, chosen: chosen))
      }
      self.port = port
    }
    names.append(name)
  }

  /// Adds the targets of a list, one to a line, and returns the lines that are none. Blank lines are skipped, and
  /// what follows a `#`.
  mutating func add(list octets: [UInt8], interfaces: () -> [String]) -> [BadLine] {
    var bad: [BadLine] = []
    var known: [String]?
    for (index, line) in octets.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      let isBlank = { (octet: UInt8) in octet == 0x20 || octet == 0x09 || octet == 0x0d }
      var text = line.prefix { $0 != UInt8(ascii: "#") }.drop(while: isBlank)
      while let last = text.last, isBlank(last) { text.removeLast() }
      if text.isEmpty { continue }
      let name = String(decoding: text.prefix(Self.longestLine), as: UTF8.self)
      do throws(TargetTextError) {
        // Octets that are no UTF-8.
        if name.unicodeScalars.contains("\u{fffd}") {
          throw TargetTextError(input: name, problem: .character("\u{fffd}"), mayHavePort: true)
        }
        try add(name) {
          if known == nil { known = interfaces() }
          return known ?? []
        }
      } catch {
        bad.append(BadLine(number: index + 1, message: error.message))
      }
    }
    return bad
  }
}
