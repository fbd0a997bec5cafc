import Glibc
import Testing

@testable import Report

/// Oracle: glibc's constants and strerror(3).
@Suite struct ErrnoTextTests {
  static let constants: [(Int32, String)] = [
    (EPERM, "EPERM"), (ENOENT, "ENOENT"), (EINTR, "EINTR"), (EIO, "EIO"), (ENXIO, "ENXIO"), (EBADF, "EBADF"),
    (EAGAIN, "EAGAIN"), (ENOMEM, "ENOMEM"), (EACCES, "EACCES"), (EFAULT, "EFAULT"), (EBUSY, "EBUSY"),
    (ENODEV, "ENODEV"), (EINVAL, "EINVAL"), (ENFILE, "ENFILE"), (EMFILE, "EMFILE"), (ENOSPC, "ENOSPC"),
    (EPIPE, "EPIPE"), (ENOSYS, "ENOSYS"), (ECOMM, "ECOMM"), (EPROTO, "EPROTO"), (ENOTSOCK, "ENOTSOCK"),
    (EDESTADDRREQ, "EDESTADDRREQ"), (EMSGSIZE, "EMSGSIZE"), (ENOPROTOOPT, "ENOPROTOOPT"),
    (EPROTONOSUPPORT, "EPROTONOSUPPORT"), (ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"), (EOPNOTSUPP, "EOPNOTSUPP"),
    (EAFNOSUPPORT, "EAFNOSUPPORT"), (EADDRINUSE, "EADDRINUSE"), (EADDRNOTAVAIL, "EADDRNOTAVAIL"),
    (ENETDOWN, "ENETDOWN"), (ENETUNREACH, "ENETUNREACH"), (ENETRESET, "ENETRESET"),
    (ECONNABORTED, "ECONNABORTED"), (ECONNRESET, "ECONNRESET"), (ENOBUFS, "ENOBUFS"), (EISCONN, "EISCONN"),
    (ENOTCONN, "ENOTCONN"), (ETIMEDOUT, "ETIMEDOUT"), (ECONNREFUSED, "ECONNREFUSED"),
    (EHOSTDOWN, "EHOSTDOWN"), (EHOSTUNREACH, "EHOSTUNREACH"), (EDQUOT, "EDQUOT"),
  ]

  @Test func namesAreThoseOfTheConstants() {
    for (number, name) in Self.constants { #expect(ErrnoText.name(number) == name) }
    #expect((0...4_096).count(where: { ErrnoText.name($0) != nil }) == Self.constants.count)
  }

  @Test func textsAreGlibcs() {
    for (number, _) in Self.constants + [(4_095, "")] {
      // strerror may reuse its buffer; the text is copied at once.
      #expect(unsafe strerror(number).map { unsafe String(cString: $0) } == ErrnoText.text(number))
    }
  }
}
