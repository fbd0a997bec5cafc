import CLinux
import Glibc

/// A set of capabilities (capabilities(7)).
package struct Capabilities: OptionSet, Hashable, Sendable {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// CAP_NET_ADMIN: firewall marks, SO_DEBUG, forced buffers.
  package static let networkAdministration = Capabilities(rawValue: 1 << 12)
  /// CAP_NET_RAW: raw sockets and captures.
  package static let networkRaw = Capabilities(rawValue: 1 << 13)
}

/// What the process may do beyond its user, and giving it up for good. Per thread: act before any other starts.
package enum Privileges {
  /// The thread's effective and permitted sets (capget(2)).
  package static func current() throws(SystemError) -> (effective: Capabilities, permitted: Capabilities) {
    let sets = try read()
    return (Capabilities(rawValue: sets.effective), Capabilities(rawValue: sets.permitted))
  }

  /// Makes permitted capabilities effective. EPERM when they are not permitted.
  package static func raise(_ capabilities: Capabilities) throws(SystemError) {
    var sets = try read()
    sets.effective |= capabilities.rawValue
    try write(sets)
  }

  /// Makes capabilities ineffective while they stay permitted.
  package static func lower(_ capabilities: Capabilities) throws(SystemError) {
    var sets = try read()
    sets.effective &= ~capabilities.rawValue
    try write(sets)
  }

  /// Gives up everything for good: the set-user-id identity, every capability set, and gaining any by
  /// execve(2). Looks afterwards; anything left throws EPERM with the call that should have taken it.
  package static func dropAll() throws(SystemError) {
    // Groups first: after setuid(2) it would no longer be allowed.
    if getegid() != getgid() { _ = try retrying("setgid") { setgid(getgid()) } }
    if geteuid() != getuid() { _ = try retrying("setuid") { setuid(getuid()) } }
    _ = try retrying("prctl PR_SET_NO_NEW_PRIVS") { clinux_set_no_new_privileges() }
    do throws(SystemError) {
      _ = try retrying("prctl PR_CAP_AMBIENT") { clinux_clear_ambient_capabilities() }
    } catch  where error.errno == .invalidArgument {
      // Linux before 4.3 has no ambient set to clear.
    }
    try write(clinux_capabilities(effective: 0, permitted: 0, inheritable: 0))
    let left = try read()
    guard left.effective | left.permitted | left.inheritable == 0 else {
      throw SystemError("capset", .operationNotPermitted)
    }
    guard clinux_get_no_new_privileges() == 1 else {
      throw SystemError("prctl PR_SET_NO_NEW_PRIVS", .operationNotPermitted)
    }
    guard geteuid() == getuid(), getegid() == getgid() else {
      throw SystemError("setuid", .operationNotPermitted)
    }
  }

  /// The program was started with more rights than its user has (AT_SECURE): its environment is not to be
  /// trusted.
  package static var isSecureExecution: Bool { clinux_is_secure_execution() != 0 }

  private static func read() throws(SystemError) -> clinux_capabilities {
    var sets = clinux_capabilities()
    // `sets` is a local that outlives the call.
    guard unsafe clinux_capget(&sets) == 0 else { throw SystemError("capget", Errno(rawValue: errno)) }
    return sets
  }

  private static func write(_ sets: clinux_capabilities) throws(SystemError) {
    var sets = sets
    // `sets` is a local that outlives the call.
    guard unsafe clinux_capset(&sets) == 0 else { throw SystemError("capset", Errno(rawValue: errno)) }
  }
}
