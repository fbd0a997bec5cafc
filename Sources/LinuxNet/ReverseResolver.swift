import CLinux
import Glibc
import Synchronization
package import Wire

/// Names of addresses (getnameinfo(3)), asked for on a thread of its own so that the caller never waits.
///
/// The thread starts with the first question, and takes over the capabilities of the thread that asks.
package final class ReverseResolver: Sendable {
  package enum Answer: Equatable, Sendable {
    /// What the system's resolver said; nil when the address has no name. As it came: escape before printing.
    case name(String?)
    /// Being asked for.
    case pending
    /// Too many questions wait already; ask again later.
    case busy
  }

  /// Readable once an answer is there; `acknowledge` makes it unreadable again.
  package let descriptor: Descriptor

  private let shared: Shared
  private let started = Mutex(false)

  /// At most `queueLimit` questions wait, at most `cacheLimit` answers are kept.
  package init(queueLimit: Int = 256, cacheLimit: Int = 4096) throws(SystemError) {
    let flags = Int32(EFD_CLOEXEC)
    let answered = try retrying("eventfd") { eventfd(0, flags | Int32(EFD_NONBLOCK)) }
    descriptor = Descriptor(owning: answered)
    let asked = try retrying("eventfd") { eventfd(0, flags | Int32(EFD_SEMAPHORE)) }
    // The thread may still write when this object has gone: it has descriptors of its own.
    let copy = try retrying("fcntl F_DUPFD_CLOEXEC") { fcntl(answered, F_DUPFD_CLOEXEC, 0) }
    shared = Shared(
      asked: Descriptor(owning: asked), answered: Descriptor(owning: copy), queueLimit: max(1, queueLimit),
      cacheLimit: max(1, cacheLimit))
  }

  /// What is known of an address; starts to ask when nothing is. Never waits.
  package func lookUp(_ address: IPv6Address, scope: UInt32 = 0) -> Answer {
    let key = SocketAddress(address, scope: scope)
    let (answer, isNew) = shared.state.withLock { state -> (Answer, Bool) in
      if let known = state.cache[key] { return (.name(known), false) }
      if state.waiting.contains(key) { return (.pending, false) }
      guard state.queue.count < shared.queueLimit else { return (.busy, false) }
      state.queue.append(key)
      state.waiting.insert(key)
      return (.pending, true)
    }
    guard isNew else { return answer }
    guard startOnce() else {
      // Without a thread there will be no answer: the address stays without a name.
      shared.finish(key, nil)
      return .name(nil)
    }
    Self.signal(shared.asked.number)
    return answer
  }

  /// Takes the descriptor's readability away; ask `lookUp` again for what was pending.
  package func acknowledge() {
    var count: UInt64 = 0
    // Eight octets of a local; non-blocking.
    _ = unsafe read(descriptor.number, &count, 8)
  }

  deinit {
    shared.state.withLock { $0.isEnding = true }
    Self.signal(shared.asked.number)
  }

  private func startOnce() -> Bool {
    started.withLock { started in
      if started { return true }
      let shared = shared
      do throws(SystemError) {
        // Let go of at once: it ends by itself, and a name server that does not answer cannot hold us.
        _ = try Thread { shared.run() }
        started = true
        return true
      } catch {
        return false
      }
    }
  }

  fileprivate static func signal(_ number: Int32) {
    var one: UInt64 = 1
    // Eight octets of a local.
    _ = unsafe write(number, &one, 8)
  }

  /// What both threads hold.
  private final class Shared: Sendable {
    struct State {
      var queue: [SocketAddress] = []
      var waiting: Set<SocketAddress> = []
      var cache: [SocketAddress: String?] = [:]
      var isEnding = false
    }

    let asked: Descriptor
    let answered: Descriptor
    let queueLimit: Int
    let cacheLimit: Int
    let state = Mutex(State())

    init(asked: consuming Descriptor, answered: consuming Descriptor, queueLimit: Int, cacheLimit: Int) {
      self.asked = asked
      self.answered = answered
      self.queueLimit = queueLimit
      self.cacheLimit = cacheLimit
    }

    func run() {
      var count: UInt64 = 0
      while true {
        // Eight octets of a local; waits for a question.
        let result = unsafe read(asked.number, &count, 8)
        if result < 0, errno == EINTR { continue }
        if result != 8 { return }
        let next = state.withLock { state -> SocketAddress? in
          state.isEnding || state.queue.isEmpty ? nil : state.queue.removeFirst()
        }
        guard let next else {
          if state.withLock({ $0.isEnding }) { return }
          continue
        }
        finish(next, ReverseResolver.name(of: next))
      }
    }

    func finish(_ key: SocketAddress, _ name: String?) {
      state.withLock { state in
        // A full cache starts anew: simpler than to keep ages, and as bounded.
        if state.cache.count >= cacheLimit { state.cache.removeAll(keepingCapacity: true) }
        state.cache[key] = .some(name)
        state.waiting.remove(key)
        state.queue.removeAll { $0 == key }
      }
      ReverseResolver.signal(answered.number)
    }
  }

  /// getnameinfo(3) with NI_NAMEREQD; nil for no name. Blocks.
  package static func name(of address: SocketAddress) -> String? {
    var raw = address.raw
    var octets = [CChar](repeating: 0, count: 1025)
    // `raw` is a local sockaddr_in6, and at most 1025 (NI_MAXHOST) octets are written, NUL included.
    let status = unsafe withUnsafePointer(to: &raw) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getnameinfo($0, 28, &octets, 1025, nil, 0, NI_NAMEREQD)
      }
    }
    guard status == 0 else { return nil }
    return String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
