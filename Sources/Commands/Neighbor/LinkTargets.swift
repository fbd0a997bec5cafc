import Plan
import Wire

/// The targets of a question to neighbors as they come together from operands and lists: all on one link, each once.
struct LinkTargets {
  private(set) var names: [String] = []
  private var known: Set<TargetText> = []
  /// The zone that was said first: `-I`, or a target's.
  private var zone: String?
  /// `-I`: stands in where a zone is not written.
  private let defaultZone: String?

  init(names: [String] = [], interface: String?) {
    defaultZone = interface
    zone = interface
    // They were taken once already.
    for name in names { try? add(name) { [] } }
  }

  /// Takes a target; one that was said before is asked once. `interfaces` is asked for only where a zone is missing.
  mutating func add(_ text: String, interfaces: () -> [String]) throws(TargetTextError) {
    let target: TargetText
    do throws(TargetTextError) { target = try TargetText.parse(text, defaultZone: defaultZone) } catch {
      guard case .missingZone(let address, _) = error.problem else { throw error }
      throw TargetTextError(
        input: text, problem: .missingZone(address: address, interfaces: interfaces()))
    }
    if case .address(let address, let zone) = target {
      if address.isMulticast || address == .unspecified {
        throw TargetTextError(input: text, problem: .notUnicast)
      }
      if let zone {
        if let chosen = self.zone, chosen != zone, !isIndex(chosen), !isIndex(zone) {
          throw TargetTextError(input: text, problem: .otherLink(chosen: chosen))
        }
        self.zone = self.zone ?? zone
      }
    }
    guard known.insert(target).inserted else { return }
    names.append(text)
  }

  /// Adds the targets of a list, and returns the lines that are none.
  mutating func add(list octets: [UInt8], interfaces: () -> [String]) -> [TargetList.BadLine] {
    var bad: [TargetList.BadLine] = []
    var offered: [String]?
    for line in TargetList.lines(of: octets) {
      do throws(TargetTextError) {
        if let problem = line.problem { throw problem }
        try add(line.text) {
          if offered == nil { offered = interfaces() }
          return offered ?? []
        }
      } catch { bad.append(TargetList.BadLine(number: line.number, message: error.message)) }
    }
    return bad
  }

  /// The number of an interface may be the same as another's name: only the kernel knows.
  private func isIndex(_ zone: String) -> Bool {
    !zone.isEmpty && zone.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
