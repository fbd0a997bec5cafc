import CLinux
import Glibc

/// Waits for any number of sockets as one descriptor (epoll(7)): readable while one of them is ready.
package struct EventPoll: ~Copyable {
  package let descriptor: Descriptor
  private var tokens = [UInt64](repeating: 0, count: 64)
  private var events = [UInt32](repeating: 0, count: 64)

  package init() throws(SystemError) {
    descriptor = Descriptor(owning: try retrying("epoll_create1") { clinux_epoll_create() })
  }

  /// Adds a socket; errors are told of in any case. It leaves by being closed.
  package func add(
    _ socket: borrowing some ProbeSocket & ~Copyable, token: UInt64, wanting wanted: Readiness = .readable
  ) throws(SystemError) {
    let number = descriptor.number
    let other = socket.number
    var events: UInt32 = 0
    if wanted.contains(.readable) { events |= UInt32(POLLIN) }
    if wanted.contains(.writable) { events |= UInt32(POLLOUT) }
    _ = try retrying("epoll_ctl") { clinux_epoll_add(number, other, events, token) }
  }

  /// Those that are ready now, 64 at most, by their tokens; does not wait.
  package mutating func ready(_ body: (UInt64, Readiness) -> Void) throws(SystemError) -> Int {
    let number = descriptor.number
    let count = Int32(tokens.count)
    // Both arrays hold `count` entries and outlive the call.
    let found = Int(try retrying("epoll_wait") { unsafe clinux_epoll_take(number, &tokens, &events, count) })
    for i in 0..<found { body(tokens[i], Readiness(pollEvents: Int32(bitPattern: events[i]))) }
    return found
  }
}
