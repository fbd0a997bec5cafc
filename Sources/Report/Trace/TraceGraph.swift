import ProbeEngine
import Timing

/// The paths to one target: nodes by the hop limit at which they answer, and who follows whom. A router that
/// answers at two hop limits (paths of uneven length) is a node at each.
struct TraceGraph: Sendable {
  struct Vertex: Hashable, Sendable {
    /// 0 for the host itself.
    var hopLimit: UInt8
    var node: TraceNode
  }

  /// All nodes but the host itself, by hop limit, in the order in which they were found.
  private(set) var levels: [UInt8: [TraceNode]] = [:]
  /// Next hops, in the order in which they were found.
  private(set) var next: [Vertex: [Vertex]] = [:]
  private(set) var balancers: [Vertex: TraceBalancer] = [:]
  private(set) var arrivals: Set<Vertex> = []
  /// The shortest round trip of each, in nanoseconds, where hops told one.
  private(set) var shortest: [Vertex: Int64] = [:]
  private(set) var linkCount = 0

  var isEmpty: Bool { levels.isEmpty }
  var hopLimits: [UInt8] { levels.keys.sorted() }
  /// A router at two hop limits is one.
  var nodeCount: Int { Set(levels.values.joined()).count }

  /// Everyone who has an address, each once.
  var addresses: [TraceAddress] {
    var seen: Set<TraceAddress> = []
    return hopLimits.flatMap { levels[$0] ?? [] }.compactMap(\.address).filter { seen.insert($0).inserted }
  }

  mutating func add(_ link: TraceLink) {
    let from = Vertex(hopLimit: link.hopLimit > 0 ? link.hopLimit - 1 : 0, node: link.from)
    let to = Vertex(hopLimit: link.hopLimit, node: link.to)
    add(from)
    add(to)
    if !next[from, default: []].contains(to) {
      next[from, default: []].append(to)
      linkCount += 1
    }
    if link.isArrival { arrivals.insert(to) }
  }

  mutating func add(_ balancer: TraceBalancer) {
    balancers[Vertex(hopLimit: balancer.hopLimit, node: balancer.node)] = balancer
  }

  /// Takes the time; nodes come by links alone.
  mutating func record(_ reply: TraceReply) {
    guard let roundTrip = reply.roundTrip?.count else { return }
    let vertex = Vertex(
      hopLimit: reply.probe.hopLimit, node: .router(reply.address, zone: reply.zone))
    shortest[vertex] = min(shortest[vertex] ?? .max, roundTrip)
  }

  private mutating func add(_ vertex: Vertex) {
    guard vertex.node != .origin else { return }
    if !levels[vertex.hopLimit, default: []].contains(vertex.node) {
      levels[vertex.hopLimit, default: []].append(vertex.node)
    }
  }
}
