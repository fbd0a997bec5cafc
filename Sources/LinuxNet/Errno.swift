import CLinux
import Glibc

/// An error number of the kernel (errno(3)).
package struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  package var rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The symbol, like "ENETUNREACH"; the number in decimal where there is none.
  package var name: String {
    // The C library returns a static string or NULL.
    guard let symbol = unsafe clinux_errno_name(rawValue) else { return "\(rawValue)" }
    return unsafe String(cString: symbol)
  }

  /// What strerror(3) says in the C locale, like "Network is unreachable".
  package var text: String {
    // The C library returns a static string or NULL.
    guard let words = unsafe clinux_errno_text(rawValue) else { return "Unknown error \(rawValue)" }
    return unsafe String(cString: words)
  }

  package var description: String { name }

  package static let permissionDenied = Errno(rawValue: EACCES)
  package static let operationNotPermitted = Errno(rawValue: EPERM)
  package static let wouldBlock = Errno(rawValue: EAGAIN)
  package static let interrupted = Errno(rawValue: EINTR)
  package static let invalidArgument = Errno(rawValue: EINVAL)
  package static let operationNotSupported = Errno(rawValue: EOPNOTSUPP)
  package static let messageTooLong = Errno(rawValue: EMSGSIZE)
  package static let noBufferSpace = Errno(rawValue: ENOBUFS)
  package static let outOfMemory = Errno(rawValue: ENOMEM)
  package static let networkUnreachable = Errno(rawValue: ENETUNREACH)
  package static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
  package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  package static let protocolError = Errno(rawValue: EPROTO)
  package static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
  package static let addressInUse = Errno(rawValue: EADDRINUSE)
  package static let addressFamilyNotSupported = Errno(rawValue: EAFNOSUPPORT)
  package static let protocolNotSupported = Errno(rawValue: EPROTONOSUPPORT)
  package static let networkDown = Errno(rawValue: ENETDOWN)
  package static let noDevice = Errno(rawValue: ENODEV)
  package static let noSuchDevice = Errno(rawValue: ENXIO)
  package static let noEntry = Errno(rawValue: ENOENT)
  package static let brokenPipe = Errno(rawValue: EPIPE)
  package static let noSpace = Errno(rawValue: ENOSPC)
  package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
  package static let exists = Errno(rawValue: EEXIST)
  package static let notConnected = Errno(rawValue: ENOTCONN)
}

/// A system call that failed: which one, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The call by its C name, with the option for setsockopt(2): "sendmsg", "setsockopt SO_MARK".
  package var call: StaticString
  package var errno: Errno

  package init(_ call: StaticString, _ errno: Errno) {
    self.call = call
    self.errno = errno
  }

  package var description: String { "\(call): \(errno.text)" }

  package static func == (a: SystemError, b: SystemError) -> Bool {
    a.errno == b.errno && a.call.description == b.call.description
  }
}

/// Makes `attempt` until it is not interrupted by a signal; a negative result throws what errno says.
@inline(__always)
func retrying<Result: SignedInteger>(
  _ call: StaticString, _ attempt: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = attempt()
    if result >= 0 { return result }
    let number = errno
    if number != EINTR { throw SystemError(call, Errno(rawValue: number)) }
  }
}
