import CLinux
import Glibc

/// Memory for `capacity` messages with their addresses and control messages, allocated once, as sendmmsg(2) and
/// recvmmsg(2) want it.
@safe
struct MessageStore: ~Copyable {
  let capacity: Int
  let messageSize: Int
  let controlSize: Int

  private let base: UnsafeMutableRawPointer
  private let headers: UnsafeMutablePointer<clinux_mmsghdr>
  private let parts: UnsafeMutablePointer<iovec>
  private let addresses: UnsafeMutablePointer<sockaddr_in6>
  private let controls: UnsafeMutableRawPointer
  private let octets: UnsafeMutablePointer<UInt8>

  /// At least one message of at least one octet; `controlSize` is rounded up to 8.
  init(capacity: Int, messageSize: Int, controlSize: Int) {
    let capacity = max(1, min(capacity, 1024))
    let messageSize = max(1, min(messageSize, 1 << 17))
    let controlSize = (controlSize + 7) & ~7
    self.capacity = capacity
    self.messageSize = messageSize
    self.controlSize = controlSize
    let headersSize = capacity * (unsafe MemoryLayout<clinux_mmsghdr>.stride)
    let partsSize = capacity * (unsafe MemoryLayout<iovec>.stride)
    let addressesSize = (capacity * MemoryLayout<sockaddr_in6>.stride + 7) & ~7
    let controlsSize = capacity * controlSize
    let octetsSize = capacity * messageSize
    let total = headersSize + partsSize + addressesSize + controlsSize + octetsSize
    // One block, aligned to 16; each part starts at a multiple of 8, and the sizes above add up to the block.
    // From calloc(3), which leaves pages untouched that are zero anyway.
    guard let block = unsafe calloc(1, total) else {
      fatalError("out of memory: \(total) octets for messages")
    }
    unsafe base = block
    unsafe headers = base.bindMemory(to: clinux_mmsghdr.self, capacity: capacity)
    unsafe parts = (base + headersSize).bindMemory(to: iovec.self, capacity: capacity)
    unsafe addresses = (base + headersSize + partsSize).bindMemory(to: sockaddr_in6.self, capacity: capacity)
    unsafe controls = base + headersSize + partsSize + addressesSize
    unsafe octets = (base + headersSize + partsSize + addressesSize + controlsSize)
      .bindMemory(to: UInt8.self, capacity: octetsSize)
    for i in 0..<capacity {
      // i is below the capacity that the block was made for.
      unsafe parts[i] = iovec(iov_base: octets + i * messageSize, iov_len: messageSize)
      unsafe headers[i].header.msg_iov = parts + i
      unsafe headers[i].header.msg_iovlen = 1
    }
  }

  // The block is this value's own, and nothing borrowed from it outlives a call.
  deinit { unsafe free(base) }

  // MARK: Receiving

  /// recvmmsg(2) into slots 0..<capacity; the number of messages, 0 when none is waiting.
  mutating func receive(_ descriptor: Int32, flags: Int32, previous: Int) -> Int {
    // Slots that the last call did not touch are still prepared; it may have touched one more than it gave.
    for i in 0..<min(previous + 1, capacity) { prepareToReceive(i) }
    return Int(unsafe clinux_recvmmsg(descriptor, headers, UInt32(capacity), flags))
  }

  mutating func prepareToReceive(_ i: Int) {
    precondition(i >= 0 && i < capacity)
    // In bounds by the line above; the pointers lead into this value's own block.
    unsafe headers[i].header.msg_name = UnsafeMutableRawPointer(addresses + i)
    unsafe headers[i].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
    unsafe headers[i].header.msg_control = controls + i * controlSize
    unsafe headers[i].header.msg_controllen = controlSize
    unsafe headers[i].header.msg_flags = 0
  }

  /// The sender's address of a received message; nil when there is none of this family.
  func address(_ i: Int) -> SocketAddress? {
    precondition(i >= 0 && i < capacity)
    // In bounds by the line above.
    guard unsafe headers[i].header.msg_namelen >= 28 else { return nil }
    return unsafe SocketAddress(addresses[i])
  }

  func isTruncated(_ i: Int) -> Bool {
    precondition(i >= 0 && i < capacity)
    // In bounds by the line above.
    return unsafe headers[i].header.msg_flags & Int32(MSG_TRUNC) != 0
  }

  /// Lends the octets of a received message.
  @inline(__always)
  func withOctets<E: Error, R: ~Copyable>(
    _ i: Int, _ body: (Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    precondition(i >= 0 && i < capacity)
    // The kernel wrote at most messageSize octets there; the span ends with the call.
    let count = unsafe min(Int(headers[i].length), messageSize)
    return try unsafe body(UnsafeBufferPointer(start: octets + i * messageSize, count: count).span)
  }

  /// Lends the control messages of a received message.
  @inline(__always)
  func withControl<E: Error, R: ~Copyable>(
    _ i: Int, _ body: (Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    precondition(i >= 0 && i < capacity)
    // The kernel wrote at most controlSize octets there; the span ends with the call.
    let count = unsafe min(Int(headers[i].header.msg_controllen), controlSize)
    let start = unsafe UnsafeRawPointer(controls + i * controlSize).assumingMemoryBound(to: UInt8.self)
    return try unsafe body(UnsafeBufferPointer(start: start, count: count).span)
  }

  // MARK: Sending

  /// Fills slot `i`; `body` writes octets and returns how many.
  mutating func fill<E: Error>(
    _ i: Int, _ envelope: Envelope, _ body: (inout MutableSpan<UInt8>) throws(E) -> Int
  ) throws(E) {
    let count = try writeOctets(i) { span throws(E) in try body(&span) }
    finish(i, count, envelope)
  }

  /// The same where `body` knows the envelope too; nil leaves the slot as it is. Says whether it was filled.
  mutating func fill<E: Error>(
    _ i: Int, _ body: (inout MutableSpan<UInt8>) throws(E) -> (octets: Int, envelope: Envelope)?
  ) throws(E) -> Bool {
    guard let filled = try writeOctets(i, { span throws(E) in try body(&span) }) else { return false }
    finish(i, filled.octets, filled.envelope)
    return true
  }

  @inline(__always)
  private mutating func writeOctets<E: Error, R>(
    _ i: Int, _ body: (inout MutableSpan<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    precondition(i >= 0 && i < capacity)
    // In bounds by the line above; the span covers exactly this slot and ends with the call.
    var span = unsafe UnsafeMutableBufferPointer(start: octets + i * messageSize, count: messageSize)
      .mutableSpan
    return try body(&span)
  }

  @inline(__always)
  private mutating func finish(_ i: Int, _ count: Int, _ envelope: Envelope) {
    precondition(i >= 0 && i < capacity)
    // In bounds by the line above.
    unsafe parts[i].iov_len = max(0, min(count, messageSize))
    if let destination = envelope.destination {
      unsafe addresses[i] = destination.raw
      unsafe headers[i].header.msg_name = UnsafeMutableRawPointer(addresses + i)
      unsafe headers[i].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
    } else {
      unsafe headers[i].header.msg_name = nil
      unsafe headers[i].header.msg_namelen = 0
    }
    var raw = envelope.controls
    let control = unsafe controls + i * controlSize
    let length = unsafe clinux_write_controls(control, &raw)
    unsafe headers[i].header.msg_control = length == 0 ? nil : control
    unsafe headers[i].header.msg_controllen = length
  }

  /// sendmmsg(2) of slots `range`; how many left, or -1 with errno.
  func send(_ descriptor: Int32, _ range: Range<Int>, flags: Int32) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
    // In bounds by the line above.
    return Int(
      unsafe clinux_sendmmsg(descriptor, headers + range.lowerBound, UInt32(range.count), flags))
  }
}
