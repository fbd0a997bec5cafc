import Plan

/// The targets of a trace as they come together from operands and lists: names for the resolver, and the one port
/// that they may name.
struct TraceTargets {
  private(set) var names: [String] = []
  private(set) var port: UInt16?
  /// `--interface`: stands in where a zone is not written.
  private let zone: String?

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

  /// Adds the targets of a list, and returns the lines that are none.
  mutating func add(list octets: [UInt8], interfaces: () -> [String]) -> [TargetList.BadLine] {
    var bad: [TargetList.BadLine] = []
    var known: [String]?
    for line in TargetList.lines(of: octets) {
      do throws(TargetTextError) {
        if let problem = line.problem { throw problem }
        try add(line.text) {
          if known == nil { known = interfaces() }
          return known ?? []
        }
      } catch { bad.append(TargetList.BadLine(number: line.number, message: error.message)) }
    }
    return bad
  }
}
