import Plan
import Runtime
import Wire

/// The argument of `-I`: an interface, or a source address, perhaps with its zone.
struct InterfaceChoice {
  private var source: String?
  private var interface: String?

  /// nil: neither.
  init?(_ text: String) {
    guard text.utf8.contains(UInt8(ascii: ":")) else {
      // A dotted quad would be an IPv4 source; no interface is called so.
      guard !text.isEmpty, text.utf8.count <= 15, TargetText.ipv4Address(text) == nil else { return nil }
      interface = text
      return
    }
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first, TargetText.ipv6Address(String(address)) != nil else { return nil }
    source = text
    guard parts.count > 1 else { return }
    guard (1...15).contains(parts[1].utf8.count) else { return nil }
    interface = String(parts[1])
  }

  func apply(to request: inout PingRequest) { apply(source: &request.source, interface: &request.interface) }

  func apply(to request: inout TraceRequest) { apply(source: &request.source, interface: &request.interface) }

  func apply(to request: inout LinkRequest) { apply(source: &request.source, interface: &request.interface) }

  private func apply(source: inout String?, interface: inout String?) {
    source = self.source ?? source
    interface = self.interface ?? interface
  }
}
