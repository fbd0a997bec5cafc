import KernelLab
import LinuxNet
import Testing
import Timing
import Wire

@testable import Capture

/// Live captures on the loopback of a namespace of the test's own.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct CaptureHandleTests {
  struct Frame { var octets: [UInt8], metadata: CapturedMetadata }

  /// Frames until there are `count`; a few seconds are for ever here.
  private static func collect(_ capture: borrowing CaptureHandle, _ count: Int) throws -> [Frame] {
    var frames: [Frame] = []
    var poller = Poller()
    _ = poller.add(number: capture.descriptor)
    let deadline = SystemClock.monotonicNow() + .seconds(3)
    while frames.count < count, SystemClock.monotonicNow() < deadline {
      _ = try poller.wait(until: deadline)
      try capture.dispatch(max: 64) { octets, metadata in
        frames.append(Frame(octets: octets.indices.map { octets[$0] }, metadata: metadata))
      }
    }
    return frames
  }

  private static func echo(_ socket: borrowing ICMPv6Socket, sequence: UInt8) throws {
    let request: [UInt8] = [128, 0, 0, 0, 0x12, 0x34, 0, sequence]
    try socket.send(request.span, to: SocketAddress(.loopback))
  }

  @Test(arguments: ["lo", "any"])
  func `an echo is seen once each way, with the stamp that the socket gets`(interface: String) throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6Socket(.raw)
      try socket.setFilter(passing: [129])
      try socket.setTimestamps()
      let capture = try CaptureHandle.open(
        interface: interface, filter: CaptureFilter.icmpv6(types: [128, 129]))
      #expect(capture.linkType == (interface == "lo" ? .ethernet : .linuxCooked2))
      #expect(capture.hasNanoseconds == true)
      try Self.echo(socket, sequence: 1)
      try Self.echo(socket, sequence: 2)
      let frames = try Self.collect(capture, 4)
      let messages = frames.map { frame -> [UInt8] in
        let start = frame.metadata.linkType.networkHeaderOffset(in: frame.octets.span) ?? 0
        #expect(frame.metadata.originalLength == frame.octets.count)
        // The loopback is the first interface of a namespace; Ethernet frames do not say.
        #expect(frame.metadata.interface == (interface == "lo" ? 0 : 1))
        return [frame.octets[start + 40], frame.octets[start + 47]]
      }
      #expect(messages == [[128, 1], [129, 1], [128, 2], [129, 2]])
      var batch = ReceiveBatch(capacity: 4, messageSize: 128)
      var stamps: [Int64?] = []
      for i in 0..<(try socket.receive(into: &batch)) {
        batch.withMessage(i) { _, metadata in stamps.append(metadata.stamp) }
      }
      // The oracle: one and the same stamp of the kernel, taken when the reply came in.
      #expect(stamps == [frames[1].metadata.stamp, frames[3].metadata.stamp])
      #expect(try capture.statistics().dropped == 0)
    }
  }

  /// Sockets of AF_PACKET in this namespace, as the kernel lists them.
  static func packetSockets() throws -> Int {
    try NetworkNamespace.output("cat", "/proc/thread-self/net/packet").utf8.count { $0 == 0x0a } - 1
  }

  @Test func `a capture that nobody needs any more is closed by the kernel`() throws {
    try NetworkNamespace.run {
      for _ in 0..<8 {
        let capture = try CaptureHandle.open(interface: "lo", filter: "ip6")
        #expect(capture.descriptor >= 0)
        #expect(try Self.packetSockets() >= 1)
      }
      let deadline = SystemClock.monotonicNow() + .seconds(20)
      while try Self.packetSockets() > 0, SystemClock.monotonicNow() < deadline {
        var poller = Poller()
        _ = poller.add(number: -1)
        _ = try poller.wait(until: SystemClock.monotonicNow() + .milliseconds(5))
      }
      #expect(try Self.packetSockets() == 0)
    }
  }

  @Test func `what came before the capture was open is not handed over`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6Socket(.raw)
      try Self.echo(socket, sequence: 1)
      let capture = try CaptureHandle.open(interface: "lo", filter: CaptureFilter.icmpv6(types: [128]))
      try Self.echo(socket, sequence: 2)
      let frames = try Self.collect(capture, 1)
      #expect(frames.map(\.octets.last) == [2])
    }
  }

  @Test func `a snapshot cuts the octets and keeps the length`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6Socket(.raw)
      var options = CaptureHandle.Options()
      options.snapshotLength = 58
      let capture = try CaptureHandle.open(
        interface: "lo", filter: CaptureFilter.icmpv6(types: [128]), options: options)
      try Self.echo(socket, sequence: 1)
      let frames = try Self.collect(capture, 1)
      #expect(frames.map(\.octets.count) == [58])
      #expect(frames.map(\.metadata.originalLength) == [62])
    }
  }

  @Test func `no interface of that name, and no right to capture, are told apart`() throws {
    try NetworkNamespace.run {
      do throws(CaptureError) {
        _ = try CaptureHandle.open(interface: "nothing0", filter: "ip6")
        Issue.record("it opened")
      } catch {
        #expect(error.kind == .noSuchInterface)
        #expect(!error.text.isEmpty)
      }
      try Privileges.dropAll()
      do throws(CaptureError) {
        _ = try CaptureHandle.open(interface: "lo", filter: "ip6")
        Issue.record("it opened")
      } catch {
        #expect(error.kind == .permissionDenied)
        #expect(!error.text.isEmpty)
      }
    }
  }

  /// The oracle is tshark reading the file back.
  @Test(.enabled(if: NetworkNamespace.isInstalled("tshark"), "needs tshark"))
  func `a capture file is what tshark reads, to the nanosecond`() throws {
    let path = "/tmp/probe6-capture-\(try EntropySource.seed()).pcap"
    let frame = CaptureFilterTests.frame(next: 58, CaptureFilterTests.echoReply)
    do {
      let file = try CaptureFile(creating: path, linkType: .ethernet)
      file.append(
        frame.span,
        CapturedMetadata(
          stamp: 1_700_000_000_123_456_789, originalLength: 1_000, linkType: .ethernet, direction: nil))
      try file.flush()
    }
    defer { _ = try? NetworkNamespace.command("rm", path) }
    let fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "ipv6.dst", "icmpv6.type"]
    let text = try NetworkNamespace.output(
      ["tshark", "-r", path, "-T", "fields"] + fields.flatMap { ["-e", $0] })
    #expect(text == "1700000000.123456789\t1000\t62\t::1\t129\n")
  }

  @Test func `a capture file that cannot be written is a typed error`() throws {
    do throws(CaptureError) {
      _ = try CaptureFile(creating: "/nowhere/at/all", linkType: .ethernet)
      Issue.record("it opened")
    } catch {
      #expect(error.kind == .file)
    }
    let file = try CaptureFile(creating: "/dev/full", linkType: .ethernet)
    let frame = [UInt8](repeating: 0, count: 60)
    file.append(
      frame.span, CapturedMetadata(stamp: 0, originalLength: 60, linkType: .ethernet, direction: nil))
    do throws(CaptureError) {
      try file.flush()
      Issue.record("a full device took it")
    } catch {
      #expect(error.kind == .file)
    }
  }
}
