import CLinux
import Glibc

/// Room for messages to be sent by one system call (sendmmsg(2)), allocated once.
package struct SendBatch: ~Copyable {
  private var store: MessageStore
  /// How many slots are filled: 0..<count.
  package private(set) var count = 0

  /// `capacity` messages of up to `messageSize` octets each.
  package init(capacity: Int, messageSize: Int) {
    store = MessageStore(
      capacity: capacity, messageSize: messageSize, controlSize: Envelope.controlsSpace)
  }

  package var capacity: Int { store.capacity }
  package var isFull: Bool { count == store.capacity }

  /// Fills the next slot: `body` writes the octets and returns how many there are. Not when `isFull`.
  package mutating func append<E: Error>(
    _ envelope: Envelope, _ body: (inout MutableSpan<UInt8>) throws(E) -> Int
  ) throws(E) {
    try store.fill(count, envelope, body)
    count += 1
  }

  /// The same where the envelope is known only after the octets are written; `body` returns nil to leave the slot
  /// empty. Says whether it was filled.
  @discardableResult
  package mutating func append<E: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(E) -> (octets: Int, envelope: Envelope)?
  ) throws(E) -> Bool {
    guard try store.fill(count, body) else { return false }
    count += 1
    return true
  }

  package mutating func removeAll() { count = 0 }

  /// Sends slots from `first` up to `end`; how many left, and what stopped the next one.
  borrowing func send(_ descriptor: Int32, from first: Int, upTo end: Int) -> SendOutcome {
    var outcome = SendOutcome(sent: 0, failure: nil)
    var triesLeft = Errno.triesPastPendingErrors
    var most = end - first
    while first + outcome.sent < end {
      let next = first + outcome.sent
      let asked = min(most, end - next)
      let result = store.send(
        descriptor, next..<next + asked, flags: Int32(MSG_DONTWAIT | Int(MSG_NOSIGNAL)))
      if result > 0 {
        outcome.sent += result
        triesLeft = Errno.triesPastPendingErrors
        // A near router answers before the next message leaves, which then fails for that error after nearly all the
        // work of sending. Taking the errors away costs less.
        if result < asked { most = 1 }
        if most == 1, outcome.sent < end - first { clearPendingError(descriptor) }
        continue
      }
      let failure = Errno(rawValue: errno)
      if failure == .interrupted { continue }
      // The kernel may have failed the call for an ICMPv6 error that waited on the socket: then it has taken
      // that error away, and only a failure of the message's own comes back each time.
      if failure.mayBePending, triesLeft > 0 {
        triesLeft -= 1
        outcome.isRetried = true
        continue
      }
      outcome.failure = failure
      break
    }
    return outcome
  }

  /// Takes away the error that waits on the socket, if there is one (SO_ERROR); its entry in the queue stays.
  private func clearPendingError(_ descriptor: Int32) {
    var waiting: Int32 = 0
    var length: socklen_t = 4
    // Both pointers are to locals that outlive the call; the kernel writes at most `length` octets.
    _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &waiting, &length)
  }
}

/// What became of a batch.
package struct SendOutcome: Equatable, Sendable {
  /// How many messages, from the first asked for, left.
  package var sent: Int
  /// Why the message after those did not; nil when all left.
  package var failure: Errno?
  /// Calls failed on the way and were made again: a kernel that counts messages itself (no
  /// `takesStampIdentifier`) may have counted those too.
  package var isRetried = false
}

extension Errno {
  /// What an ICMPv6 error leaves on a socket (icmpv6_err_convert in the kernel), and what fails a later call in
  /// its place.
  var mayBePending: Bool {
    switch rawValue {
    case ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EPROTO, EMSGSIZE: true
    default: false
    }
  }

  /// How often a call is made again that may have failed for an error that waited. More than once: on a path of
  /// many hops the next error may be there before the next try is. Each try takes an error away, so only a failure
  /// of the message's own gets past the last.
  static let triesPastPendingErrors = 4

  /// Whether a message that failed so used up one of the stamp ids that the kernel counts by itself: one dropped
  /// by the local firewall (EPERM) or a full queue (ENOBUFS) had its id already, one without a route had not.
  package var consumesStampIdentifier: Bool { self == .operationNotPermitted || self == .noBufferSpace }
}
