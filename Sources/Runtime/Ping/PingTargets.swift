package import ProbeEngine
import Wire

/// The targets of a run, found: addresses, and names only of those that were not given as an address in its own
/// spelling. A hundred thousand addresses take 24 octets each.
package struct PingTargets: RandomAccessCollection, Sendable {
  private struct Names {
    var name: String
    var canonicalName: String
    var isNumeric: Bool
  }

  /// What is asked.
  package private(set) var addresses: [ProbeTarget] = []
  private var names: [Int: Names] = [:]

  package init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { addresses.count }

  /// nil where the target was given as an address in its own spelling.
  package func named(_ index: Int) -> PingStart.Target? {
    guard let known = names[index] else { return nil }
    let target = addresses[index]
    return PingStart.Target(
      name: known.name, canonicalName: known.canonicalName, address: target.address, zone: target.zone,
      isNumeric: known.isNumeric)
  }

  package subscript(index: Int) -> PingStart.Target {
    if let target = named(index) { return target }
    let target = addresses[index]
    let text = target.address.description
    return PingStart.Target(
      name: text, canonicalName: text, address: target.address, zone: target.zone, isNumeric: true)
  }

  mutating func append(_ target: PingStart.Target) {
    names[addresses.count] = Names(
      name: target.name, canonicalName: target.canonicalName, isNumeric: target.isNumeric)
    addresses.append(ProbeTarget(address: target.address, zone: target.zone))
  }

  mutating func append(_ target: ProbeTarget) { addresses.append(target) }

  mutating func reserveCapacity(_ count: Int) { addresses.reserveCapacity(count) }
}
