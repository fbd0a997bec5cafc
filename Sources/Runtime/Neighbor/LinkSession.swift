import LinuxNet
package import ProbeEngine

/// Runs one act on a link from request to end: the only place where link engines, sockets, capture, netlink, clock
/// and signals meet.
package enum LinkSession {
  /// Runs to the end; the summaries in the order in which they came.
  package static func run<Sink: LinkSink & ~Copyable>(
    _ request: LinkRequest, sink: inout Sink
  ) throws(PingFailure) -> [LinkSummary] {
    throw .system(SystemError("socket", .operationNotPermitted))
  }
}
