import Glibc
import KernelLab
import Testing
import Timing

@testable import LinuxNet

@Suite struct SignalsTests {
  @Test func `a signal becomes readable, is read once, and the mask comes back`() throws {
    try OwnThread.run {
      // The pool's threads, one of which started this one, block nearly everything.
      var before = sigset_t()
      unsafe sigemptyset(&before)
      unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
      do {
        let signals = try SignalDescriptor([.user1, .user2])
        #expect(try signals.next() == nil)
        // To this thread alone.
        raise(SIGUSR1)
        var poller = Poller()
        let slot = poller.add(signals.descriptor)
        let ready1 = try poller.wait(until: SystemClock.monotonicNow() + .seconds(1))
        #expect(ready1 == 1)
        #expect(poller.readiness(of: slot) == .readable)
        #expect(try signals.next() == .user1)
        #expect(try signals.next() == nil)
      }
      var after = sigset_t()
      unsafe pthread_sigmask(SIG_BLOCK, nil, &after)
      #expect(unsafe sigismember(&after, SIGUSR1) == 0)
    }
  }

  @Test func `a stopped process really stops, and goes on with SIGCONT`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      // A process group of its own with its parent outside, else the kernel ignores terminal stops.
      setpgid(0, 0)
      let signals = try SignalDescriptor([.terminalStop, .continue])
      let pid = getpid()
      let watcher =
        "for i in $(seq 500); do grep -q '^State:.T' /proc/\(pid)/status && kill -CONT \(pid) && exit 0;"
        + " sleep 0.01; done; exit 1"
      let child = try NetworkNamespace.start("sh", "-c", watcher)
      raise(SIGTSTP)
      guard try signals.next() == .terminalStop else { exit(1) }
      try Signal.stopProcess()
      // The watcher ends well only when it has seen the stop.
      guard NetworkNamespace.finish(child) == 0 else { exit(2) }
      // Stopping took the signal that it raised with it. (SIGCONT may have gone to another thread.)
      while let signal = try signals.next() { guard signal == .continue else { exit(3) } }
      exit(7)
    }
  }

  @Test func `with SIGPIPE ignored a closed pipe is an error of the write`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      try Signal.pipe.ignore()
      var ends: [Int32] = [0, 0]
      guard unsafe pipe(&ends) == 0 else { exit(1) }
      close(ends[0])
      do throws(SystemError) {
        try Output.write("text\n", to: ends[1])
        exit(2)
      } catch {
        exit(error.errno == .brokenPipe ? 7 : 3)
      }
    }
  }
}

@Suite struct OutputTests {
  @Test func `a full device is an error of the write`() throws {
    let full = Descriptor(owning: unsafe open("/dev/full", O_WRONLY))
    let failure = #expect(throws: SystemError.self) { try Output.write("text\n", to: full.number) }
    #expect(failure == SystemError("write", .noSpace))
  }

  @Test func `a slow reader on a non-blocking pipe still gets every octet`() throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let reader = ends[0]
    let writer = Descriptor(owning: ends[1])
    try writer.setNonblocking()
    let text = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
    let received = Received()
    let thread = try Thread {
      var chunk = [UInt8](repeating: 0, count: 1_000)
      while true {
        let count = unsafe read(reader, &chunk, chunk.count)
        if count <= 0 { break }
        received.octets += chunk[..<count]
      }
    }
    try Output.write(text, to: writer.number)
    try writer.close()
    thread.join()
    close(reader)
    #expect(received.octets == text)
  }

  private final class Received: @unchecked Sendable { var octets: [UInt8] = [] }

  @Test func `a pipe is no terminal and has no width`() throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let reader = Descriptor(owning: ends[0])
    let writer = Descriptor(owning: ends[1])
    #expect(!Terminal.isTerminal(reader.number))
    #expect(Terminal.width(writer.number) == nil)
  }
}
