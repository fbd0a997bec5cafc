import CLinux
import Glibc
package import Wire

/// A socket for ICMPv6: a "ping" socket of the kernel, or a raw one.
package struct ICMPv6Socket: ~Copyable {
  package enum Kind: Hashable, Sendable {
    /// SOCK_DGRAM: echo only, needs `net.ipv4.ping_group_range`; the kernel owns the identifier, and gives
    /// this socket its own replies only.
    case datagram
    /// SOCK_RAW: any type, needs CAP_NET_RAW; hears every ICMPv6 message of the host.
    case raw
  }

  package let kind: Kind
  package let descriptor: Descriptor

  /// socket(2). EACCES: datagram sockets are off for this group; EPERM: no CAP_NET_RAW; EAFNOSUPPORT: no IPv6.
  package init(_ kind: Kind) throws(SystemError) {
    let type = kind == .datagram ? SOCK_DGRAM.rawValue : SOCK_RAW.rawValue
    let flags = SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let number = try retrying("socket") { socket(AF_INET6, Int32(type | flags), Int32(IPPROTO_ICMPV6)) }
    self.kind = kind
    descriptor = Descriptor(owning: number)
  }

  // MARK: Addresses

  /// bind(2) to a source address; the port is the identifier of a datagram socket, 0 for a raw one.
  package func bind(to address: SocketAddress) throws(SystemError) { try descriptor.bind(to: address) }

  /// connect(2): fixes the destination, and lets only its messages in. A raw socket refuses a port.
  package func connect(to address: SocketAddress) throws(SystemError) { try descriptor.connect(to: address) }

  /// getsockname(2): the port of a bound datagram socket is its echo identifier.
  package func localAddress() throws(SystemError) -> SocketAddress { try descriptor.localAddress() }

  /// The echo identifier of a datagram socket. Binds the socket to a free one when it has none yet.
  package func echoIdentifier() throws(SystemError) -> UInt16 {
    let bound = try localAddress()
    if bound.port != 0 || kind == .raw { return bound.port }
    try bind(to: bound)
    return try localAddress().port
  }

  // MARK: Sending

  /// Sends one message (sendmsg(2)); never waits. EAGAIN and ENOBUFS mean that there was no room for it.
  ///
  /// Where an ICMPv6 error that waited on the socket failed the call in the message's place, it is made again.
  package func send(_ octets: Span<UInt8>, _ envelope: Envelope) throws(SystemError) {
    var isRetried = false
    while true {
      guard let failure = attempt(octets, envelope) else { return }
      if failure.mayBePending, !isRetried {
        isRetried = true
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

  /// Sends the filled slots of `batch` from `first` on (sendmmsg(2)); never waits.
  package func send(_ batch: borrowing SendBatch, from first: Int = 0) -> SendOutcome {
    batch.send(descriptor.number, from: first)
  }

  private func attempt(_ octets: Span<UInt8>, _ envelope: Envelope) -> Errno? {
    var controls = envelope.controls
    let number = descriptor.number
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
    try batch.receive(descriptor.number, flags: 0)
  }

  /// Receives entries of the error queue (MSG_ERRQUEUE); how many, 0 for none.
  @discardableResult
  package func receiveErrors(into batch: inout ReceiveBatch) throws(SystemError) -> Int {
    try batch.receive(descriptor.number, flags: Int32(MSG_ERRQUEUE))
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
    let number = try descriptor.get(SOL_SOCKET, SO_ERROR, "getsockopt SO_ERROR")
    return number == 0 ? nil : Errno(rawValue: number)
  }
}
