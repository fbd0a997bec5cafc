import LinuxNet
import ProbeEngine
import Wire

/// How a group's probes leave: the envelope of a probe without its destination, found once.
struct SamplePathSettings: Sendable {
  var hopLimit: UInt8?
  var trafficClass: UInt8?
  var isUnfragmented: Bool
  var source: IPv6Address?
  var sourceZone: UInt32 = 0
  /// By name; nil: the kernel's choice.
  var interfaceName: String?
  /// 0: the kernel's choice, or the named one is not there now.
  var interface: UInt32 = 0

  /// Throws for a source address that is none. An interface that is not there now may come.
  init(_ path: SamplePath) throws(PingFailure) {
    hopLimit = path.hopLimit
    trafficClass = path.trafficClass
    isUnfragmented = path.isUnfragmented
    interfaceName = path.interface
    if let name = path.interface { interface = Interfaces.index(of: name) ?? 0 }
    guard let text = path.source else { return }
    let source = try TargetResolution.source(text, interface: interface)
    self.source = source.address
    sourceZone = source.scope
  }

  /// The interface by name is not there.
  var isMissing: Bool { interfaceName != nil && interface == 0 }

  /// Looks the name up again: an interface that was made anew has another index.
  mutating func refresh() {
    if let interfaceName { interface = Interfaces.index(of: interfaceName) ?? 0 }
  }

  func envelope(to destination: SampleTarget) -> Envelope {
    var envelope = Envelope(
      to: SocketAddress(destination.address, port: destination.port, scope: destination.zone),
      source: source, interface: interface != 0 || source == nil ? interface : sourceZone,
      hopLimit: hopLimit, trafficClass: trafficClass)
    envelope.isUnfragmented = isUnfragmented
    return envelope
  }
}
