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

  package mutating func removeAll() { count = 0 }

  /// Sends slots from `first` on; how many left, and what stopped the next one.
  borrowing func send(_ descriptor: Int32, from first: Int) -> SendOutcome {
    var sent = 0
    var isRetried = false
    while first + sent < count {
      let result = store.send(
        descriptor, first + sent..<count, flags: Int32(MSG_DONTWAIT | Int(MSG_NOSIGNAL)))
      if result > 0 {
        sent += result
        isRetried = false
        continue
      }
      let failure = Errno(rawValue: errno)
      if failure == .interrupted { continue }
      // The kernel may have failed the call for an ICMPv6 error that waited on the socket: then it has taken
      // that error away, and only a failure of the message's own comes back.
      if failure.mayBePending, !isRetried {
        isRetried = true
        continue
      }
      return SendOutcome(sent: sent, failure: failure)
    }
    return SendOutcome(sent: sent, failure: nil)
  }
}

/// What became of a batch.
package struct SendOutcome: Equatable, Sendable {
  /// How many messages, from the first asked for, left.
  package var sent: Int
  /// Why the message after those did not; nil when all left.
  package var failure: Errno?
}

extension Errno {
  /// What an ICMPv6 error leaves on a socket (icmpv6_err_convert in the kernel), and what fails a later call in
  /// its place. EMSGSIZE is left out: sending again would queue a second local error.
  var mayBePending: Bool {
    switch rawValue {
    case ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EPROTO: true
    default: false
    }
  }

  /// Whether a message that failed so used up one of the stamp ids that the kernel counts by itself: one dropped
  /// by the local firewall (EPERM) or a full queue (ENOBUFS) had its id already, one without a route had not.
  package var consumesStampIdentifier: Bool { self == .operationNotPermitted || self == .noBufferSpace }
}
