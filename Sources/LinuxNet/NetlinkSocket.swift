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

  /// Lets the kernel heed, and check, all that a question for a dump holds (NETLINK_GET_STRICT_CHK, Linux 4.20);
  /// false: this one cannot.
  func checksStrictly() -> Bool {
    var on: Int32 = 1
    // SOL_NETLINK and the option by number: the headers hide the one and may lack the other. `on` is a local of
    // that size.
    return unsafe setsockopt(descriptor.number, 270, 12, &on, 4) == 0
  }

  /// Asks for a table; what `read` makes of each message. Where the table changed meanwhile (NLM_F_DUMP_INTR), asks
  /// again, so that no row is missing or there twice.
  func dump<Row>(
    _ call: StaticString, _ request: (_ sequence: UInt32) -> NetlinkRequest,
    reading read: (NetlinkMessage, Span<UInt8>) -> Row?
  ) throws(SystemError) -> [Row] {
    var rows: [Row] = []
    // A table that never stands still is given as it was seen last.
    for sequence: UInt32 in 1...4 {
      rows.removeAll()
      let isWhole = try ask(request(sequence), call) { message, octets in
        if let row = read(message, octets) { rows.append(row) }
      }
      if isWhole { break }
    }
    return rows
  }

  /// Sends the request and hands each message of the answer to `body`. The kernel's refusal is thrown. Returns whether
  /// the answer is of one piece: what was asked for did not change meanwhile.
  @discardableResult
  func ask(
    _ request: NetlinkRequest, _ call: StaticString, _ body: (NetlinkMessage, Span<UInt8>) -> Void
  ) throws(SystemError) -> Bool {
    var isWhole = true
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
      if try read(answer, call, &isWhole, body) { return isWhole }
    }
    throw SystemError(call, .messageTooLong)
  }

  /// Returns whether the answer is complete.
  private func read(
    _ octets: Span<UInt8>, _ call: StaticString, _ isWhole: inout Bool,
    _ body: (NetlinkMessage, Span<UInt8>) -> Void
  ) throws(SystemError) -> Bool {
    var offset = 0
    while let message = NetlinkMessage(in: octets, at: offset) {
      offset = message.end
      // NLM_F_DUMP_INTR
      if message.flags & 0x10 != 0 { isWhole = false }
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
