import Glibc
import KernelLab
import Testing

@testable import LinuxNet

/// Capabilities belong to a thread, so each test gives up those of a thread of its own; the oracle is the kernel's
/// /proc.
@Suite struct PrivilegesTests {
  @Test func `after dropping, every set is empty and nothing can be gained`() throws {
    try OwnThread.run {
      try Privileges.dropAll()
      let status = try OwnThread.read("/proc/thread-self/status")
      for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        #expect(status.contains("\(name):\t0000000000000000\n"))
      }
      #expect(status.contains("NoNewPrivs:\t1\n"))
      #expect(try Privileges.current() == ([], []))
      let failure = #expect(throws: SystemError.self) { try Privileges.raise(.networkRaw) }
      #expect(failure?.errno == .operationNotPermitted)
      let raw = #expect(throws: SystemError.self) { _ = try ICMPv6Socket(.raw) }
      #expect(raw?.errno == .operationNotPermitted)
    }
  }

  @Test(.enabled(if: NetworkNamespace.isAvailable, "needs CAP_NET_RAW"))
  func `a lowered capability can be raised again`() throws {
    try OwnThread.run {
      try Privileges.lower(.networkRaw)
      #expect(try !Privileges.current().effective.contains(.networkRaw))
      #expect(try Privileges.current().permitted.contains(.networkRaw))
      #expect(throws: SystemError.self) { _ = try ICMPv6Socket(.raw) }
      try Privileges.raise(.networkRaw)
      _ = try ICMPv6Socket(.raw)
    }
  }

  @Test func `a test run is no secure execution`() {
    #expect(!Privileges.isSecureExecution)
  }

  @Test func `two seeds differ`() throws {
    #expect(try EntropySource.seed() != EntropySource.seed())
  }

  @Test func `an errno has the names that the headers and strerror give it`() {
    #expect(Errno.networkUnreachable.name == "ENETUNREACH")
    #expect(Errno.networkUnreachable.text == "Network is unreachable")
    #expect(Errno(rawValue: 9_999).name == "9999")
    #expect(Errno(rawValue: 9_999).text == "Unknown error 9999")
    #expect(SystemError("sendmsg", .noBufferSpace).description == "sendmsg: No buffer space available")
  }
}

/// A thread for what changes the thread.
enum OwnThread {
  private final class Outcome: @unchecked Sendable { var failure: (any Error)? }

  static func run(_ body: @escaping @Sendable () throws -> Void) throws {
    let outcome = Outcome()
    let thread = try Thread {
      do { try body() } catch { outcome.failure = error }
    }
    thread.join()
    if let failure = outcome.failure { throw failure }
  }

  static func read(_ path: String) throws -> String {
    let number = unsafe open(path, O_RDONLY)
    guard number >= 0 else { throw SystemError("open", Errno(rawValue: errno)) }
    let descriptor = Descriptor(owning: number)
    var octets = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe Glibc.read(descriptor.number, &octets, octets.count)
    return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
  }
}
