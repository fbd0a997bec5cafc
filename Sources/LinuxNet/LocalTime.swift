import Glibc

/// The time zone of this process (TZ, /etc/localtime).
package enum LocalTime {
  private static let isReady: Void = tzset()

  /// Local time minus UTC, seconds, at a time in seconds since 1970 (localtime_r(3)); 0 where it has no local time.
  package static func offset(at seconds: Int64) -> Int64 {
    _ = isReady
    var time = time_t(seconds)
    var parts = unsafe tm()
    // Both are locals that outlive the call.
    guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
    return Int64(unsafe parts.tm_gmtoff)
  }
}
