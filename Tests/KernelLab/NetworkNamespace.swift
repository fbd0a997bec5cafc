import CLinux
import Glibc
import LinuxNet
import Timing
import Wire

/// A fresh network namespace with its loopback interface up, for the thread that runs `body` and for the
/// programs that it starts. Needs CAP_SYS_ADMIN: root, or `unshare -Urn swift test`.
package enum NetworkNamespace {
  /// What the thread leaves behind; read only after it was joined.
  private final class Outcome: @unchecked Sendable {
    var isEntered = false
    var failure: (any Error)?
  }

  /// Whether a namespace can be made here; asked once.
  package static let isAvailable: Bool = (try? enter {})?.isEntered ?? false

  /// Runs `body` on a thread of its own inside a new namespace; throws what it throws.
  package static func run(_ body: @escaping @Sendable () throws -> Void) throws {
    let outcome = try enter(body)
    guard outcome.isEntered else { throw NotPermitted() }
    if let failure = outcome.failure { throw failure }
  }

  private static func enter(_ body: @escaping @Sendable () throws -> Void) throws -> Outcome {
    let outcome = Outcome()
    let thread = try Thread {
      guard clinux_unshare(Int32(CLINUX_CLONE_NEWNET)) == 0 else { return }
      outcome.isEntered = true
      do {
        try command("ip", "link", "set", "lo", "up")
        _ = stamper
        try body()
      } catch {
        outcome.failure = error
      }
    }
    thread.join()
    return outcome
  }

  /// A socket that keeps the kernel's receive stamps on for as long as the tests run; they start late for the first
  /// one that asks, and are for the whole host. Made in the first namespace, when a reply came with a stamp.
  private static let stamper: Stamper? = try? Stamper()

  private final class Stamper: Sendable {
    private let socket: ICMPv6Socket

    init() throws {
      let socket = try ICMPv6Socket(.raw)
      try socket.setTimestamps(transmit: .none)
      try socket.setFilter(passing: [129])
      var batch = ReceiveBatch(capacity: 1, messageSize: 64)
      var isStamped = false
      let request: [UInt8] = [128, 0, 0, 0, 0, 0, 0, 0]
      let deadline = SystemClock.monotonicNow() + .seconds(5)
      while !isStamped, SystemClock.monotonicNow() < deadline {
        try socket.send(request.span, to: SocketAddress(.loopback))
        var poller = Poller()
        _ = poller.add(socket.descriptor)
        _ = try poller.wait(until: deadline)
        if try socket.receive(into: &batch) > 0 {
          isStamped = batch.withMessage(0) { _, metadata in metadata.stamp != nil }
        }
        ICMPv6Socket.letStampsStart()
      }
      self.socket = socket
    }
  }

  package struct CommandFailed: Error { var words: [String], status: Int32 }
  package struct NotPermitted: Error {}

  /// Runs a program to its end, in this thread's namespace.
  package static func command(_ words: String...) throws { try execute(words) }

  package static func execute(_ words: [String]) throws {
    let status = finish(try spawn(words))
    guard status == 0 else { throw CommandFailed(words: words, status: status) }
  }

  /// The same, and what it wrote to its standard output.
  package static func output(_ words: String...) throws -> String { try output(words) }

  package static func output(_ words: [String]) throws -> String {
    let (text, status) = try read(words, from: 1)
    guard status == 0 else { throw CommandFailed(words: words, status: status) }
    return text
  }

  package struct NotReady: Error { package let text: String }

  /// Whether a program is there.
  package static func isInstalled(_ program: String) -> Bool {
    (try? command("sh", "-c", "command -v \(program)")) != nil
  }

  /// What a program writes to its standard error, whatever its exit status.
  package static func complaint(_ words: [String]) throws -> String { try read(words, from: 2).text }

  /// Starts a program; `finish` takes its process id.
  package static func start(_ words: String...) throws -> Int32 { try spawn(words) }

  /// Waits for a program's end; the status of wait(2).
  package static func finish(_ pid: Int32) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private static func read(_ words: [String], from output: Int32) throws -> (text: String, status: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw CommandFailed(words: words, status: errno) }
    let reader = Descriptor(owning: ends[0])
    let writer = Descriptor(owning: ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let pid = try spawn(words, output, writer.number)
    try writer.close()
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe Glibc.read(reader.number, &chunk, chunk.count)
      if count <= 0 { break }
      text += chunk[..<count]
    }
    return (String(decoding: text, as: UTF8.self), finish(pid))
  }

  private static func spawn(_ words: [String], _ output: Int32? = nil, _ target: Int32 = -1) throws -> pid_t {
    var arguments = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    defer { for i in 0..<words.count { unsafe free(arguments[i]) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // What nobody asked to see goes nowhere.
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, target, output) }
    var pid = pid_t()
    let status = unsafe posix_spawnp(&pid, words[0], &actions, nil, arguments, environ)
    guard status == 0 else { throw CommandFailed(words: words, status: status) }
    return pid
  }

  /// Lets the process open ping sockets in this thread's namespace.
  package static func allowPingSockets() throws {
    // Our own group only: in a user namespace others have no name.
    try SystemControl.write("net/ipv4/ping_group_range", "\(getegid()) \(getegid())")
  }
}
