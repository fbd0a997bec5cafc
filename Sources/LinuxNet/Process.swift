import CLinux
import Glibc

/// What this process is and was given at its start.
package enum Process {
  /// The value of an environment variable (getenv(3)); nil if it is not set. Nobody here changes the environment.
  package static func environment(_ name: String) -> String? {
    // The C library's string lives as long as the environment does; it is copied at once.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The real user is root (getuid(2)).
  package static var isRealUserRoot: Bool { getuid() == 0 }
}
