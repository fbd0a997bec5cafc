import CLinux
import Glibc
import Wire

/// Room for messages to be received by one system call (recvmmsg(2)), allocated once.
package struct ReceiveBatch: ~Copyable {
  private var store: MessageStore
  /// How many messages the last receive brought.
  package private(set) var count = 0
  /// The asynchronous error that the last receive found waiting on the socket and took away (SO_ERROR).
  package private(set) var pendingError: Errno?

  /// `capacity` messages of up to `messageSize` octets each; longer ones are cut and say so.
  package init(capacity: Int, messageSize: Int) {
    store = MessageStore(capacity: capacity, messageSize: messageSize, controlSize: 512)
    for i in 0..<store.capacity { store.prepareToReceive(i) }
  }

  package var capacity: Int { store.capacity }

  /// Lends message `i` (below `count`).
  @inline(__always)
  package func withMessage<E: Error, R: ~Copyable>(
    _ i: Int, _ body: (Span<UInt8>, ReceivedMetadata) throws(E) -> R
  ) throws(E) -> R {
    let metadata = metadata(i)
    return try store.withOctets(i) { octets throws(E) in try body(octets, metadata) }
  }

  private func metadata(_ i: Int) -> ReceivedMetadata {
    precondition(i < count)
    let source = store.address(i) ?? SocketAddress(.unspecified)
    let isTruncated = store.isTruncated(i)
    return store.withControl(i) { control in
      ReceivedMetadata(source: source, control: control, isTruncated: isTruncated)
    }
  }

  /// Lends entry `i` of an error queue (below `count`).
  @inline(__always)
  package func withErrorItem<E: Error, R: ~Copyable>(
    _ i: Int, _ body: (ErrorQueueItem, Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    precondition(i < count)
    let destination = store.address(i)
    let item = store.withControl(i) { control in
      ErrorQueueItem(destination: destination, control: control) ?? .other
    }
    return try store.withOctets(i) { octets throws(E) in try body(item, octets) }
  }

  /// Receives what is waiting, without waiting for more.
  ///
  /// An ICMPv6 error makes the kernel fail one receive call; that error is kept in `pendingError` and the
  /// call is made again.
  mutating func receive(_ descriptor: Int32, flags: Int32) throws(SystemError) -> Int {
    pendingError = nil
    var pendingErrorsLeft = 4
    while true {
      let result = store.receive(descriptor, flags: flags | Int32(MSG_DONTWAIT), previous: count)
      if result >= 0 {
        count = result
        return result
      }
      count = 0
      let number = errno
      switch number {
      case EINTR: continue
      case EAGAIN: return 0
      case EBADF, EFAULT, EINVAL, ENOTSOCK, ENOMEM:
        throw SystemError("recvmmsg", Errno(rawValue: number))
      default:
        pendingError = Errno(rawValue: number)
        pendingErrorsLeft -= 1
        // Errors keep coming faster than they are taken: what waits behind them is read at the next call.
        if pendingErrorsLeft == 0 { return 0 }
      }
    }
  }
}
