package import ProbeEngine
package import Timing
import Wire

/// What the text must know of the run.
package struct FpingRun: Sendable {
  package var targets: [SampleTarget]
  /// As the target is shown, where that is not its address.
  package var names: [Int: String]
  /// As the target was given, where that is something else again; netdata's charts have it in their names.
  package var givenNames: [Int: String] = [:]
  package var interfaceNames: InterfaceNames = [:]
  /// Names that have no address.
  package var unknown: UInt64
  /// When the program began, names not looked up yet.
  package var startedAt: Instant
  /// Local time minus UTC, seconds, at a time in seconds since 1970.
  package var localOffset: @Sendable (Int64) -> Int64

  package init(
    targets: [SampleTarget], names: [Int: String], unknown: UInt64, startedAt: Instant,
    localOffset: @escaping @Sendable (Int64) -> Int64 = { _ in 0 }
  ) {
    self.targets = targets
    self.names = names
    self.unknown = unknown
    self.startedAt = startedAt
    self.localOffset = localOffset
  }

  /// The target's name, harmless.
  func put(name target: Int, into out: inout [UInt8]) {
    if !names.isEmpty, let name = names[target] {
      Escape.text(name, into: &out)
    } else {
      put(address: target, into: &out)
    }
  }

  func putJSON(name target: Int, into out: inout [UInt8]) {
    out.put(0x22)
    if !names.isEmpty, let name = names[target] {
      Escape.json(name.utf8, into: &out)
    } else {
      var text: [UInt8] = []
      put(address: target, into: &text)
      Escape.json(text, into: &out)
    }
    out.put(0x22)
  }

  /// What was given, with an underscore for all but ASCII letters and digits.
  func putChart(name target: Int, into out: inout [UInt8]) {
    var text: [UInt8] = []
    if let name = givenNames[target] { text.put(name) } else { put(name: target, into: &text) }
    for octet in text {
      let isLetter = (0x61...0x7a).contains(octet | 0x20)
      out.put(isLetter || (0x30...0x39).contains(octet) ? octet : 0x5f)
    }
  }

  private func put(address target: Int, into out: inout [UInt8]) {
    guard target < targets.count else { return }
    out.put(targets[target].address, zone: targets[target].zone, names: interfaceNames)
  }
}
