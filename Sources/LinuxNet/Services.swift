import CLinux
import Glibc

/// Names of services to port numbers (getaddrinfo(3) over services(5)).
package enum Services {
  /// The port of a service by its name, or of a number as text; nil where there is none.
  package static func port(_ name: String) -> UInt16? {
    // A NUL would cut the name short, and another one would be asked for.
    guard !name.isEmpty, !name.utf8.contains(0) else { return nil }
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_INET6
    unsafe hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    // The name's octets and the hints outlive the call; the list is freed below.
    guard unsafe getaddrinfo(nil, name, &hints, &list) == 0, let first = unsafe list else { return nil }
    // The list is alive until then, and its first entry is what `list` points to.
    defer { unsafe freeaddrinfo(list) }
    guard let address = unsafe first.pointee.ai_addr, unsafe first.pointee.ai_addrlen >= 28 else { return nil }
    // ai_addrlen says that a whole address stands there.
    return unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_port.bigEndian
  }
}
