import CLinux
import Glibc

/// A file descriptor with one owner; closed when the owner goes.
package struct Descriptor: ~Copyable {
  /// The kernel's number; not to be closed by the reader, and dead once the descriptor is.
  package let number: Int32

  /// Takes over an open descriptor.
  package init(owning number: Int32) { self.number = number }

  /// close(2), with its error. On Linux the descriptor is gone even when this throws.
  package consuming func close() throws(SystemError) {
    let number = release()
    if Glibc.close(number) != 0, errno != EINTR { throw SystemError("close", Errno(rawValue: errno)) }
  }

  /// Gives the number away; the caller closes it.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  deinit { _ = Glibc.close(number) }
}

extension Descriptor {
  /// fcntl(2) O_NONBLOCK.
  package borrowing func setNonblocking(_ on: Bool = true) throws(SystemError) {
    let number = number
    let flags = try retrying("fcntl F_GETFL") { fcntl(number, F_GETFL) }
    _ = try retrying("fcntl F_SETFL") {
      fcntl(number, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK)
    }
  }

  /// socket(2) of this address family: non-blocking, closed by execve(2).
  init(socketOf type: UInt32, protocol number: Int32) throws(SystemError) {
    let type = Int32(type | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    self.init(owning: try retrying("socket") { socket(AF_INET6, type, number) })
  }
}
