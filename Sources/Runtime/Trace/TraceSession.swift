package import ProbeEngine

/// Runs one trace from request to end: the only place where trace engine, sockets, clock and signals meet.
package enum TraceSession {
  /// Runs to the end; the ends of all targets in the order of targets.
  package static func run<Sink: TraceSink & ~Copyable>(
    _ request: TraceRequest, sink: inout Sink
  ) throws(PingFailure) -> [TraceEnd] { [] }
}
