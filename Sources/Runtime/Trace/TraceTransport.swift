import LinuxNet
import ProbeEngine
import Timing
import Wire

/// A trace's way out and its way back.
protocol TraceTransport: ~Copyable {
  /// To be waited for; the same from beginning to end.
  var descriptors: [Int32] { get }
  /// Sends what is due. The instant at which to call again though nothing arrives: there was no room to send; the
  /// engine need not be asked before.
  mutating func transmit(_ engine: inout TraceEngine, clock: KernelClock) -> Instant?
  /// Reads what came by `descriptors[index]`.
  mutating func receive(
    from index: Int, _ readiness: Readiness, _ engine: inout TraceEngine, clock: KernelClock
  ) throws(SystemError)
}

/// Where probes of one target go to.
struct TraceDestination: Sendable {
  var address: IPv6Address
  var zone: UInt32
}

/// Bounds of a transport, each with its reason.
enum TraceLimits {
  /// Probes that one system call may take along: what comes back for them must fit into the socket's error queue
  /// (two entries of a kilobyte or two for each) before it is read.
  static let batch = 32
  /// System calls that read before the loop goes on.
  static let readsAtOnce = 64
  static let framesAtOnce = 256
  /// Room for what comes back: an ICMPv6 error is at most 1280 octets.
  static let minimumMessageSize = 1_536
  /// How long a probe without room to leave holds up the others before it counts as failed: shorter than the wait
  /// for an answer.
  static let patience = Nanoseconds.milliseconds(400)
  /// Between two tries to send without room.
  static let retry = Nanoseconds.milliseconds(1)
  /// For the kernel to begin with receive stamps, at the most; a trace without them is worth more than none.
  static let stampWait = Nanoseconds.milliseconds(100)
  /// Descriptors that are not a socket for probes: standard ones, signals, pollers, a resolver's.
  static let otherDescriptors = 14
  static let sockets = 1_024

  /// Sockets that a run may have open.
  static var maximumSockets: Int {
    max(4, min(sockets, Process.descriptorLimit - otherDescriptors))
  }
}

extension Errno {
  /// There was no room for a message; it may leave a little later.
  var isForWantOfRoom: Bool { self == .wouldBlock || self == .noBufferSpace || self == .outOfMemory }
}
