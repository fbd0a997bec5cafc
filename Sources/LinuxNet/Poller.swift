import CLinux
import Glibc
package import Timing

/// What a descriptor is ready for (poll(2)).
package struct Readiness: OptionSet, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// POLLIN.
  package static let readable = Readiness(rawValue: 1)
  /// POLLOUT.
  package static let writable = Readiness(rawValue: 2)
  /// POLLERR: for a socket, the error queue holds something, or an error waits. Always reported.
  package static let errorQueue = Readiness(rawValue: 4)
  /// POLLHUP or POLLNVAL. Always reported.
  package static let hangup = Readiness(rawValue: 8)

  /// Of the bits of poll(2), which are those of epoll(7).
  init(pollEvents events: Int32) {
    self = []
    if events & Int32(POLLIN) != 0 { insert(.readable) }
    if events & Int32(POLLOUT) != 0 { insert(.writable) }
    if events & Int32(POLLERR) != 0 { insert(.errorQueue) }
    if events & Int32(POLLHUP | POLLNVAL) != 0 { insert(.hangup) }
  }
}

/// Waits for up to eight descriptors and a deadline (ppoll(2), nanoseconds); for more see `EventPoll`.
///
/// It holds their numbers only: keep the descriptors open while it is in use.
package struct Poller {
  /// One of the poller's descriptors.
  package struct Slot: Hashable, Sendable {
    fileprivate var index: Int
  }

  private var entries = InlineArray<8, pollfd>(repeating: pollfd(fd: -1, events: 0, revents: 0))
  private var count = 0

  package init() {}

  /// Adds a descriptor; at most eight.
  package mutating func add(_ descriptor: borrowing Descriptor, wanting wanted: Readiness = .readable) -> Slot
  {
    add(number: descriptor.number, wanting: wanted)
  }

  /// Adds a descriptor that belongs to somebody else, like libpcap's or standard input.
  package mutating func add(number: Int32, wanting wanted: Readiness = .readable) -> Slot {
    precondition(count < entries.count)
    entries[count] = pollfd(fd: number, events: Self.events(wanted), revents: 0)
    count += 1
    return Slot(index: count - 1)
  }

  /// Changes what is wanted; nothing at all, not even errors, for nil.
  package mutating func setWanted(_ wanted: Readiness?, of slot: Slot) {
    let number = entries[slot.index].fd
    // poll(2) skips negative numbers; ~ keeps the number, 0 included.
    let isIgnored = number < 0
    if (wanted == nil) != isIgnored { entries[slot.index].fd = ~number }
    entries[slot.index].events = Self.events(wanted ?? [])
    entries[slot.index].revents = 0
  }

  /// Waits until a descriptor is ready or the monotonic clock shows `deadline` (nil: for ever). Returns how many
  /// are ready; 0 when time is up or a signal came.
  package mutating func wait(until deadline: Instant?) throws(SystemError) -> Int {
    for i in 0..<count { entries[i].revents = 0 }
    var timeout = timespec()
    if let deadline {
      let left = (deadline - SystemClock.monotonicNow()).count
      if left > 0 {
        timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      }
    }
    let used = nfds_t(count)
    var span = entries.mutableSpan
    // The array outlives the call and holds at least `used` entries; so does `timeout`.
    let result = unsafe span.withUnsafeMutableBufferPointer { buffer in
      if deadline == nil { return unsafe clinux_ppoll(buffer.baseAddress, used, nil) }
      return unsafe clinux_ppoll(buffer.baseAddress, used, &timeout)
    }
    if result >= 0 { return Int(result) }
    if errno == EINTR { return 0 }
    throw SystemError("ppoll", Errno(rawValue: errno))
  }

  /// What the last wait found.
  package func readiness(of slot: Slot) -> Readiness {
    Readiness(pollEvents: Int32(entries[slot.index].revents))
  }

  private static func events(_ wanted: Readiness) -> Int16 {
    var events: Int32 = 0
    if wanted.contains(.readable) { events |= Int32(POLLIN) }
    if wanted.contains(.writable) { events |= Int32(POLLOUT) }
    return Int16(events)
  }
}
