import CLinux
import Glibc

/// A descriptor by which one thread wakes another (eventfd(2)): readable from `signal` until `acknowledge`.
package struct EventDescriptor: ~Copyable {
  package let descriptor: Descriptor

  /// EMFILE: no descriptor left.
  package init() throws(SystemError) {
    let flags = Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)
    descriptor = Descriptor(owning: try retrying("eventfd") { eventfd(0, flags) })
  }

  /// Makes it readable; from any thread.
  package func signal() {
    var one: UInt64 = 1
    // Eight octets of a local. What fails is a counter at its end, which is readable all the same.
    _ = unsafe write(descriptor.number, &one, 8)
  }

  /// Takes the readability away.
  package func acknowledge() {
    var count: UInt64 = 0
    // Eight octets of a local; non-blocking.
    _ = unsafe read(descriptor.number, &count, 8)
  }
}
