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

  /// setsockopt(2) with an int.
  borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32, _ call: StaticString)
    throws(SystemError)
  {
    var value = value
    // The pointer is to a local that outlives the call, and the length is its own.
    guard unsafe setsockopt(number, level, option, &value, 4) == 0 else {
      throw SystemError(call, Errno(rawValue: errno))
    }
  }

  /// getsockopt(2) of an int.
  borrowing func get(_ level: Int32, _ option: Int32, _ call: StaticString) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var length: socklen_t = 4
    // Both pointers are to locals that outlive the call; the kernel writes at most `length` octets.
    guard unsafe getsockopt(number, level, option, &value, &length) == 0 else {
      throw SystemError(call, Errno(rawValue: errno))
    }
    return value
  }
}
