package import ProbeEngine
import Wire

/// The targets of a run as its writers see them: texts are made when they are wanted, so that a hundred thousand
/// addresses keep none.
package struct PingRunTargets: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral, Sendable
{
  private var addresses: [ProbeTarget]
  /// Of targets whose text is not that of their address alone.
  private var named: [Int: PingRun.Target] = [:]
  private let interfaceNames: InterfaceNames

  /// Targets that were given as addresses.
  package init(_ addresses: [ProbeTarget], interfaceNames: InterfaceNames) {
    self.addresses = addresses
    self.interfaceNames = interfaceNames
  }

  package init(arrayLiteral elements: PingRun.Target...) {
    addresses = []
    interfaceNames = [:]
    for element in elements { append(element) }
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { addresses.count }

  package subscript(index: Int) -> PingRun.Target {
    get {
      if let target = named[index] { return target }
      var octets: [UInt8] = []
      octets.put(addresses[index].address, zone: addresses[index].zone, names: interfaceNames)
      let text = String(decoding: octets, as: UTF8.self)
      return PingRun.Target(name: text, canonicalName: text, address: text, isNumeric: true)
    }
    set { named[index] = newValue }
  }

  package mutating func append(_ target: PingRun.Target) {
    named[addresses.count] = target
    addresses.append(ProbeTarget(address: .unspecified))
  }
}
