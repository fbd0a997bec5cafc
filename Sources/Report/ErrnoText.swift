/// What Linux calls its error numbers (errno(3), strerror(3) in the C locale): those that sending a packet, or
/// opening what sends it, can bring. Numbers are those of every architecture but Alpha, MIPS, PA-RISC and SPARC.
package enum ErrnoText {
  /// `ENOBUFS`; nil for a number that is not in the table.
  package static func name(_ errno: Int32) -> String? { entry(errno)?.name }

  /// `No buffer space available`; for a number that is not in the table what glibc says.
  package static func text(_ errno: Int32) -> String { entry(errno)?.text ?? "Unknown error \(errno)" }

  private static func entry(_ errno: Int32) -> (name: String, text: String)? {
    switch errno {
    case 1: ("EPERM", "Operation not permitted")
    case 2: ("ENOENT", "No such file or directory")
    case 4: ("EINTR", "Interrupted system call")
    case 5: ("EIO", "Input/output error")
    case 6: ("ENXIO", "No such device or address")
    case 9: ("EBADF", "Bad file descriptor")
    case 11: ("EAGAIN", "Resource temporarily unavailable")
    case 12: ("ENOMEM", "Cannot allocate memory")
    case 13: ("EACCES", "Permission denied")
    case 14: ("EFAULT", "Bad address")
    case 16: ("EBUSY", "Device or resource busy")
    case 19: ("ENODEV", "No such device")
    case 22: ("EINVAL", "Invalid argument")
    case 23: ("ENFILE", "Too many open files in system")
    case 24: ("EMFILE", "Too many open files")
    case 28: ("ENOSPC", "No space left on device")
    case 32: ("EPIPE", "Broken pipe")
    case 38: ("ENOSYS", "Function not implemented")
    case 70: ("ECOMM", "Communication error on send")
    case 71: ("EPROTO", "Protocol error")
    case 88: ("ENOTSOCK", "Socket operation on non-socket")
    case 89: ("EDESTADDRREQ", "Destination address required")
    case 90: ("EMSGSIZE", "Message too long")
    case 92: ("ENOPROTOOPT", "Protocol not available")
    case 93: ("EPROTONOSUPPORT", "Protocol not supported")
    case 94: ("ESOCKTNOSUPPORT", "Socket type not supported")
    case 95: ("EOPNOTSUPP", "Operation not supported")
    case 97: ("EAFNOSUPPORT", "Address family not supported by protocol")
    case 98: ("EADDRINUSE", "Address already in use")
    case 99: ("EADDRNOTAVAIL", "Cannot assign requested address")
    case 100: ("ENETDOWN", "Network is down")
    case 101: ("ENETUNREACH", "Network is unreachable")
    case 102: ("ENETRESET", "Network dropped connection on reset")
    case 103: ("ECONNABORTED", "Software caused connection abort")
    case 104: ("ECONNRESET", "Connection reset by peer")
    case 105: ("ENOBUFS", "No buffer space available")
    case 106: ("EISCONN", "Transport endpoint is already connected")
    case 107: ("ENOTCONN", "Transport endpoint is not connected")
    case 110: ("ETIMEDOUT", "Connection timed out")
    case 111: ("ECONNREFUSED", "Connection refused")
    case 112: ("EHOSTDOWN", "Host is down")
    case 113: ("EHOSTUNREACH", "No route to host")
    case 122: ("EDQUOT", "Disk quota exceeded")
    default: nil
    }
  }
}
