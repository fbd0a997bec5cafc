import CLinux
import Glibc
package import Wire

/// A socket that probes leave by, or that holds a place for them: what is common to all kinds.
package protocol ProbeSocket: ~Copyable {
  /// The descriptor's number; dead once its owner is gone.
  var number: Int32 { get }
}

extension ProbeSocket where Self: ~Copyable {
  // MARK: Sending

  /// Sends one message (sendmsg(2)); never waits. EAGAIN and ENOBUFS mean that there was no room for it.
  ///
  /// Where an ICMPv6 error that waited on the socket failed the call in the message's place, it is made again.
  package func send(_ octets: Span<UInt8>, _ envelope: Envelope) throws(SystemError) {
    var triesLeft = Errno.triesPastPendingErrors
    while true {
      guard let failure = attempt(octets, envelope) else { return }
      if failure.mayBePending, triesLeft > 0 {
        triesLeft -= 1
        continue
      }
      throw SystemError("sendmsg", failure)
    }
  }

  /// The same with the envelope's parts spelled out.
  package func send(
    _ octets: Span<UInt8>, to destination: SocketAddress?, packetInfoInterface: UInt32 = 0,
    source: IPv6Address? = nil
  ) throws(SystemError) {
    try send(octets, Envelope(to: destination, source: source, interface: packetInfoInterface))
  }

  /// Sends the filled slots of `batch` from `first` on (sendmmsg(2)), up to `end` (nil: all); never waits.
  package func send(_ batch: borrowing SendBatch, from first: Int = 0, upTo end: Int? = nil) -> SendOutcome {
    batch.send(number, from: first, upTo: end ?? batch.count)
  }

  private func attempt(_ octets: Span<UInt8>, _ envelope: Envelope) -> Errno? {
    var controls = envelope.controls
    let flags = Int32(MSG_DONTWAIT | Int(MSG_NOSIGNAL))
    while true {
      // The octets are lent for the call, the address and the controls are locals.
      let result = unsafe octets.withUnsafeBufferPointer { buffer in
        if let destination = envelope.destination {
          var raw = destination.raw
          return unsafe clinux_send(number, buffer.baseAddress, buffer.count, &raw, &controls, flags)
        }
        return unsafe clinux_send(number, buffer.baseAddress, buffer.count, nil, &controls, flags)
      }
      if result >= 0 { return nil }
      let failure = Errno(rawValue: errno)
      if failure != .interrupted { return failure }
    }
  }

  // MARK: Receiving

  /// Receives what is waiting (recvmmsg(2)); how many messages, 0 for none.
  @discardableResult
  package func receive(into batch: inout ReceiveBatch) throws(SystemError) -> Int {
    try batch.receive(number, flags: 0)
  }

  /// Receives entries of the error queue (MSG_ERRQUEUE); how many, 0 for none.
  @discardableResult
  package func receiveErrors(into batch: inout ReceiveBatch) throws(SystemError) -> Int {
    try batch.receive(number, flags: Int32(MSG_ERRQUEUE))
  }

  /// Empties the error queue by way of `batch`; how many entries there were. At most `limit` system calls.
  @discardableResult
  package func drainErrorQueue(
    by batch: inout ReceiveBatch, limit: Int = 64, _ body: (ErrorQueueItem, Span<UInt8>) -> Void
  ) throws(SystemError) -> Int {
    var total = 0
    for _ in 0..<max(1, limit) {
      let count = try receiveErrors(into: &batch)
      for i in 0..<count { batch.withErrorItem(i, body) }
      total += count
      if count < batch.capacity { break }
    }
    return total
  }

  /// Takes the error that waits on the socket (SO_ERROR) and would fail its next call; nil for none.
  package func takePendingError() throws(SystemError) -> Errno? {
    let waiting = try get(SOL_SOCKET, SO_ERROR, "getsockopt SO_ERROR")
    return waiting == 0 ? nil : Errno(rawValue: waiting)
  }

  /// Messages that the kernel has dropped since the socket is open, for its receive buffer was full (SO_MEMINFO); nil
  /// before Linux 4.12. Modulo 2³².
  package var receiveDrops: UInt32? {
    var numbers = InlineArray<9, UInt32>(repeating: 0)
    var length: socklen_t = 36
    var span = numbers.mutableSpan
    // Both are locals that outlive the call; the kernel writes at most `length` octets.
    let result = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe getsockopt(number, SOL_SOCKET, Int32(CLINUX_SO_MEMINFO), buffer.baseAddress, &length)
    }
    return result == 0 && length == 36 ? numbers[Int(CLINUX_SK_MEMINFO_DROPS)] : nil
  }

  // MARK: Options of one number

  /// setsockopt(2) with an int.
  func set(_ level: Int32, _ option: Int32, _ value: Int32, _ call: StaticString)
    throws(SystemError)
  {
    var value = value
    // The pointer is to a local that outlives the call, and the length is its own.
    guard unsafe setsockopt(number, level, option, &value, 4) == 0 else {
      throw SystemError(call, Errno(rawValue: errno))
    }
  }

  /// getsockopt(2) of an int.
  func get(_ level: Int32, _ option: Int32, _ call: StaticString) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var length: socklen_t = 4
    // Both pointers are to locals that outlive the call; the kernel writes at most `length` octets.
    guard unsafe getsockopt(number, level, option, &value, &length) == 0 else {
      throw SystemError(call, Errno(rawValue: errno))
    }
    return value
  }
}
