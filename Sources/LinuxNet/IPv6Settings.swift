/// Settings of IPv6 on one interface (/proc/sys/net/ipv6/conf/NAME/*, ip-sysctl), of the calling thread's network
/// namespace.
package struct IPv6Settings: Equatable, Sendable {
  package let interface: String

  package init(interface: String) { self.interface = interface }

  /// A setting by its file's name, like "accept_ra"; nil where this kernel has none, or it cannot be read.
  package subscript(_ name: String) -> Int? {
    // A name of an interface has no slash (the kernel refuses one); a dot is but a dot in a path.
    guard !interface.utf8.contains(0x2f) else { return nil }
    guard let text = try? SystemControl.read("net/ipv6/conf/\(interface)/\(name)") else { return nil }
    return Int(text)
  }
}
