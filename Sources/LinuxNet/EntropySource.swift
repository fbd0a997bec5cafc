import CLinux
import Glibc

/// Chance from the kernel (getrandom(2)).
package enum EntropySource {
  /// 64 bits that nobody can guess. ENOSYS before Linux 3.17.
  package static func seed() throws(SystemError) -> UInt64 {
    var value: UInt64 = 0
    // Eight octets of a local that outlives the call; up to 256 come whole.
    _ = try retrying("getrandom") { unsafe clinux_getrandom(&value, 8) }
    return value
  }
}
