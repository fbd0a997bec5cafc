import CLinux
import Glibc

/// Files that a user names are opened with that user's rights, also where the program was started with more.
enum UserRights {
  /// Runs `body` as the real user and group, and comes back (the saved ids allow it). Throws only where the ids cannot
  /// be changed.
  static func during<Result: ~Copyable>(_ body: () -> Result) throws(SystemError) -> Result {
    let (user, group) = (geteuid(), getegid())
    if group != getgid() { _ = try retrying("setegid") { setegid(getgid()) } }
    if user != getuid() { _ = try retrying("seteuid") { seteuid(getuid()) } }
    let result = body()
    if user != geteuid() { _ = try retrying("seteuid") { seteuid(user) } }
    if group != getegid() { _ = try retrying("setegid") { setegid(group) } }
    return result
  }
}
