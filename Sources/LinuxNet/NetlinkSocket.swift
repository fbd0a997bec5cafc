import CLinux
import Glibc

/// One conversation with the kernel's routing room: a question, and its answers.
struct NetlinkSocket: ~Copyable {
  /// The kernel makes no part of a dump longer than half of this.
  private static let longest = 64 << 10

  private let descriptor: Descriptor

  init() throws(SystemError) {
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = Descriptor(
      owning: try retrying("socket AF_NETLINK") { socket(AF_NETLINK, type, NETLINK_ROUTE) })
    // The kernel answers at once; the limit only keeps a broken one from holding us.
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    // `limit` is a local of that size.
    _ = unsafe setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
  }

  /// Sends the request and hands each message of the answer to `body`. The kernel's refusal is thrown.
  func ask(
    _ request: NetlinkRequest, _ call: StaticString, _ body: (NetlinkMessage, Span<UInt8>) -> Void
  ) throws(SystemError) {
    let number = descriptor.number
    let question = request.octets
    // The array outlives the call.
    _ = try retrying(call) { unsafe send(number, question, question.count, 0) }
    // Not an array: only the pages that the kernel writes to are ever touched.
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.longest)
    // Allocated above, and nothing keeps the pointer.
    defer { unsafe buffer.deallocate() }
    // A dump comes in many parts; the bound is far above any real table of links or addresses.
    for _ in 0..<4096 {
      var sender = sockaddr_nl()
      var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
      let count = try retrying(call) {
        // All three outlive the call, and each length is its own.
        unsafe withUnsafeMutablePointer(to: &sender) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe recvfrom(number, buffer, Self.longest, Int32(MSG_TRUNC), $0, &length)
          }
        }
      }
      guard count <= Self.longest else { throw SystemError(call, .messageTooLong) }
      // Only the kernel (port 0) is believed.
      guard sender.nl_pid == 0 else { continue }
      // The kernel has written `count` octets, no more than there is room for.
      let answer = unsafe UnsafeBufferPointer(start: buffer, count: count).span
      if try read(answer, call, body) { return }
    }
    throw SystemError(call, .messageTooLong)
  }

  /// Returns whether the answer is complete.
  private func read(
    _ octets: Span<UInt8>, _ call: StaticString, _ body: (NetlinkMessage, Span<UInt8>) -> Void
  ) throws(SystemError) -> Bool {
    var offset = 0
    while let message = NetlinkMessage(in: octets, at: offset) {
      offset = message.end
      switch Int32(message.type) {
      case NLMSG_ERROR:
        guard message.body.count >= 4 else { throw SystemError(call, .protocolError) }
        let code = Int32(bitPattern: octets.native32(at: message.body.lowerBound))
        if code != 0 { throw SystemError(call, Errno(rawValue: code == .min ? EPROTO : -code)) }
        return true
      case NLMSG_DONE: return true
      case NLMSG_NOOP: continue
      default: body(message, octets)
      }
      if message.flags & UInt16(NLM_F_MULTI) == 0 { return true }
    }
    return false
  }
}
