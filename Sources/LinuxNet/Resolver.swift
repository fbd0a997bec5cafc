import CLinux
import Glibc

/// A name that has no IPv6 address, and why (getaddrinfo(3)).
package struct ResolverError: Error, Equatable, CustomStringConvertible {
  /// EAI_*.
  package var code: Int32
  /// What gai_strerror(3) says, or for EAI_SYSTEM the errno's text.
  package var text: String
  /// Set for EAI_SYSTEM.
  package var errno: Errno?

  package var description: String { text }

  /// EAI_NONAME, EAI_NODATA or EAI_ADDRFAMILY: asked and answered, there is none.
  package var isNameWithoutAddress: Bool { code == EAI_NONAME || code == -5 || code == -9 }
}

/// Names to addresses (getaddrinfo(3)). Blocks while the system's resolver asks.
package enum Resolver {
  package struct Answer: Equatable, Sendable {
    /// In the system's order of preference (RFC 6724); never empty.
    package var addresses: [SocketAddress]
    package var canonicalName: String?
  }

  /// The IPv6 addresses of a name, or of an address in text with an optional zone.
  package static func resolve(_ name: String, numericOnly: Bool = false) throws(ResolverError) -> Answer {
    var flags = AI_CANONNAME
    if numericOnly { flags |= AI_NUMERICHOST }
    // Plain names need no conversion, and libidn2 is not loaded for them.
    if name.utf8.contains(where: { $0 >= 0x80 }) { flags |= Int32(CLINUX_AI_IDN) }
    var answer = Answer(addresses: [])
    // The entries are alive until look() returns; ai_addrlen says what ai_addr points to.
    try unsafe look(name, family: AF_INET6, flags: flags) { entry in
      guard let address = unsafe entry.ai_addr, unsafe entry.ai_addrlen >= 28 else { return }
      let raw = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
      if let address = SocketAddress(raw) { answer.addresses.append(address) }
      if answer.canonicalName == nil, let canonical = unsafe entry.ai_canonname {
        unsafe answer.canonicalName = String(cString: canonical)
      }
    }
    guard !answer.addresses.isEmpty else { throw ResolverError(code: EAI_NONAME, text: text(EAI_NONAME)) }
    return answer
  }

  /// Whether the name has IPv4 addresses: asked when it has no IPv6 ones, to say so.
  package static func hasIPv4(_ name: String) -> Bool {
    do throws(ResolverError) {
      try unsafe look(name, family: AF_INET, flags: 0) { _ in }
      return true
    } catch {
      return false
    }
  }

  /// Whether the name has IPv4 addresses and no IPv6 ones.
  package static func hasOnlyIPv4(_ name: String) -> Bool {
    do throws(ResolverError) {
      _ = try resolve(name)
      return false
    } catch {
      return hasIPv4(name)
    }
  }

  private static func look(
    _ name: String, family: Int32, flags: Int32, _ body: (borrowing addrinfo) -> Void
  ) throws(ResolverError) {
    // A NUL would cut the name short, and another one would be asked for.
    guard !name.utf8.contains(0) else { throw ResolverError(code: EAI_NONAME, text: text(EAI_NONAME)) }
    var hints = unsafe addrinfo()
    // One entry per address: a socket type keeps the list from naming each one three times.
    unsafe hints.ai_family = family
    unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    unsafe hints.ai_protocol = Int32(IPPROTO_UDP)
    unsafe hints.ai_flags = flags
    var list: UnsafeMutablePointer<addrinfo>?
    // The name's octets and the hints outlive the call; the list is freed below.
    let code = unsafe getaddrinfo(name, nil, &hints, &list)
    guard code == 0 else {
      if code == EAI_SYSTEM {
        let failure = Errno(rawValue: errno)
        throw ResolverError(code: code, text: failure.text, errno: failure)
      }
      throw ResolverError(code: code, text: text(code))
    }
    var next = unsafe list
    while let entry = unsafe next {
      // The list is linked by its own pointers and ends with NULL.
      unsafe body(entry.pointee)
      unsafe next = entry.pointee.ai_next
    }
    unsafe freeaddrinfo(list)
  }

  private static func text(_ code: Int32) -> String {
    // The C library returns a static string.
    unsafe String(cString: gai_strerror(code))
  }
}
