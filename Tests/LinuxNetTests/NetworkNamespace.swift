import Glibc
import Testing

@testable import CLinux
@testable import LinuxNet

/// A fresh network namespace with its loopback interface up, for the thread that runs `body` and for the
/// programs that it starts. Needs CAP_SYS_ADMIN: root, or `unshare -Urn swift test`.
enum NetworkNamespace {
  /// What the thread leaves behind; read only after it was joined.
  private final class Outcome: @unchecked Sendable {
    var isEntered = false
    var failure: (any Error)?
  }

  /// Whether a namespace can be made here; asked once.
  static let isAvailable: Bool = (try? enter {})?.isEntered ?? false

  /// Runs `body` on a thread of its own inside a new namespace; throws what it throws.
  static func run(_ body: @escaping @Sendable () throws -> Void) throws {
    let outcome = try enter(body)
    try #require(outcome.isEntered, "no network namespace")
    if let failure = outcome.failure { throw failure }
  }

  private static func enter(_ body: @escaping @Sendable () throws -> Void) throws -> Outcome {
    let outcome = Outcome()
    let thread = try Thread {
      guard clinux_unshare(Int32(CLINUX_CLONE_NEWNET)) == 0 else { return }
      outcome.isEntered = true
      do {
        try command("ip", "link", "set", "lo", "up")
        try body()
      } catch {
        outcome.failure = error
      }
    }
    thread.join()
    return outcome
  }

  struct CommandFailed: Error { var words: [String], status: Int32 }

  /// Runs a program to its end, in this thread's namespace.
  static func command(_ words: String...) throws { _ = try run(words, output: nil) }

  /// The same, and what it wrote.
  static func output(_ words: String...) throws -> String {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw CommandFailed(words: words, status: errno) }
    let reader = Descriptor(owning: ends[0])
    do {
      let writer = Descriptor(owning: ends[1])
      _ = try run(words, output: writer.number)
    }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(reader.number, &chunk, chunk.count)
      if count <= 0 { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func run(_ words: [String], output: Int32?) throws -> Int32 {
    var arguments = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    defer { for i in 0..<words.count { unsafe free(arguments[i]) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var pid = pid_t()
    let status = unsafe posix_spawnp(&pid, words[0], &actions, nil, arguments, environ)
    guard status == 0 else { throw CommandFailed(words: words, status: status) }
    var result: Int32 = 0
    while unsafe waitpid(pid, &result, 0) < 0, errno == EINTR {}
    guard result == 0 else { throw CommandFailed(words: words, status: result) }
    return result
  }

  /// Lets every group open ping sockets in this thread's namespace.
  static func allowPingSockets() throws {
    try SystemControl.write("net/ipv4/ping_group_range", "0 2147483647")
  }
}
