import CLinux
import Glibc

/// What this process is and was given at its start.
package enum Process {
  /// The arguments of main, argv[0] first; octets that are not UTF-8 are repaired.
  package static var arguments: [String] {
    (0..<clinux_argument_count()).map { index in
      // The C library's strings live as long as the process; the index is below their number.
      guard let text = unsafe clinux_argument(index) else { return "" }
      return unsafe String(cString: text)
    }
  }

  /// exit(3)
  package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

  /// The value of an environment variable (getenv(3)); nil if it is not set. Nobody here changes the environment.
  package static func environment(_ name: String) -> String? {
    // The C library's string lives as long as the environment does; it is copied at once.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The locale of the environment names UTF-8 (locale(7): LC_ALL before LC_CTYPE before LANG).
  package static var isLocaleUTF8: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = environment(name), !value.isEmpty else { continue }
      let codeset = value.split(separator: ".").last.map(String.init)?.lowercased()
      return codeset == "utf-8" || codeset == "utf8"
    }
    return false
  }

  /// How many descriptors this process may have (getrlimit(2) RLIMIT_NOFILE).
  package static var descriptorLimit: Int {
    var limit = rlimit()
    // `limit` is a local that outlives the call.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 256 }
    return Int(clamping: limit.rlim_cur)
  }

  /// Raises the limit of descriptors as far as that needs no privilege (setrlimit(2)); says what it is then.
  @discardableResult
  package static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    // `limit` is a local that outlives the calls.
    if unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      _ = unsafe setrlimit(resource, &limit)
    }
    return descriptorLimit
  }

  /// The name of this host (gethostname(2)); nil where it is longer than 255 octets.
  package static var hostName: String? {
    var octets = [CChar](repeating: 0, count: 256)
    // The call writes at most the octets it is told of.
    guard unsafe gethostname(&octets, octets.count) == 0, octets.contains(0) else { return nil }
    return String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The real user is root (getuid(2)).
  package static var isRealUserRoot: Bool { getuid() == 0 }
}
