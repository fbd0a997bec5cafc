import Wire

/// What the probes to one target have shown so far: which node answered which flow at which hop limit. Orders wait
/// here until they leave.
///
/// Judges nothing; `PathLevels` does.
struct PathGraph: Sendable {
  /// Flows to one target; enough to see 64 next hops at 95 % and five flows on through each.
  static let maximumFlows = 1_024
  /// Probes to one target, whatever the graph asks for.
  static let maximumProbes = 16_384
  /// Orders for one flow at one hop limit: the retries and the repetitions of a test.
  static let maximumPerCell = 100

  let first: Int
  let maximum: Int
  private(set) var lanes: [PathLane] = []
  private(set) var nodes: [PathNode] = []
  private var indices: [PathNode: Int16] = [:]
  /// Lanes whose next probe to a hop waits to leave; index: hop limit - first hop.
  private var queues: [PathQueue]
  /// Probes that wait to leave.
  private(set) var queued = 0
  /// Probes that wait to leave or are in flight.
  private(set) var outstanding = 0
  /// Probes that were ordered.
  private(set) var ordered = 0
  private var flows: PathFlows

  init(flows: PathFlows, first: Int, maximum: Int) {
    self.flows = flows
    self.first = first
    self.maximum = maximum
    queues = Array(repeating: PathQueue(), count: maximum - first + 1)
  }

  var hops: ClosedRange<Int> { first...maximum }

  func cell(_ lane: Int, _ hop: Int) -> PathCell { lanes[lane].cells[hop - first] }

  func node(_ index: Int16) -> PathNode? { index >= 0 ? nodes[Int(index)] : nil }

  // MARK: Orders

  /// Adds flow 0, then others that differ in all that varies; nil when there are too many.
  mutating func addLane() -> Int? {
    add(lanes.isEmpty ? flows.base : flows.next(), purpose: .ordinary)
  }

  /// Adds a flow that differs from another in one field alone.
  mutating func addLane(varying field: PathField, of lane: Int) -> Int? {
    let flow = lanes[lane].flow
    return switch field {
    case .flowLabel: add(flows.varyingLabel(of: flow), purpose: .varied)
    case .ports: add(flows.varyingPort(of: flow), purpose: .varied)
    }
  }

  var hasPorts: Bool { flows.portField != .none }

  private mutating func add(_ flow: TraceFlow, purpose: PathLane.Purpose) -> Int? {
    guard lanes.count < Self.maximumFlows else { return nil }
    lanes.append(PathLane(flow, purpose: purpose, hops: maximum - first + 1))
    return lanes.count - 1
  }

  /// Orders one more probe of a flow to a hop; false where none may be sent.
  @discardableResult
  mutating func ask(_ lane: Int, _ hop: Int) -> Bool {
    guard hops.contains(hop), hop <= lanes[lane].end, !lanes[lane].isDropped, ordered < Self.maximumProbes,
      lanes[lane].cells[hop - first].asked < Self.maximumPerCell
    else { return false }
    lanes[lane].cells[hop - first].asked += 1
    lanes[lane].cells[hop - first].inFlight += 1
    // What was lost has cost a wait already.
    queues[hop - first].append(Int16(lane), isUrgent: lanes[lane].cells[hop - first].lost > 0)
    queued += 1
    outstanding += 1
    ordered += 1
    return true
  }

  /// Orders the first probe of a flow to a hop, if there was none.
  @discardableResult
  mutating func askOnce(_ lane: Int, _ hop: Int) -> Bool {
    guard hops.contains(hop), lanes[lane].cells[hop - first].asked == 0 else { return false }
    return ask(lane, hop)
  }

  /// Nothing more of a flow matters; what waits to leave need not.
  mutating func dropWaiting(_ lane: Int) { lanes[lane].isDropped = true }

  /// Takes the next order that may leave. Orders beyond the end of their flow are dropped.
  mutating func take(where mayProbe: (_ hop: Int) -> Bool) -> (lane: Int, hop: Int, query: Int)? {
    guard queued > 0 else { return nil }
    for index in queues.indices where !queues[index].isEmpty && mayProbe(index + first) {
      while let next = queues[index].next() {
        queued -= 1
        let lane = Int(next)
        guard index + first <= lanes[lane].end, !lanes[lane].isDropped else {
          lanes[lane].cells[index].asked -= 1
          lanes[lane].cells[index].inFlight -= 1
          outstanding -= 1
          ordered -= 1
          continue
        }
        lanes[lane].cells[index].sent += 1
        return (lane, index + first, Int(lanes[lane].cells[index].sent) - 1)
      }
    }
    return nil
  }

  // MARK: Verdicts

  mutating func noteAnswer(_ node: PathNode, lane: Int, hop: Int, isLate: Bool) {
    guard lanes.indices.contains(lane), hops.contains(hop), let index = intern(node) else { return }
    var cell = lanes[lane].cells[hop - first]
    if isLate {
      if cell.lost > 0 { cell.lost -= 1 }
    } else if cell.inFlight > 0 {
      cell.inFlight -= 1
      outstanding -= 1
    }
    if cell.answers < .max { cell.answers += 1 }
    if cell.node == PathNode.none {
      cell.node = index
    } else if cell.node != index {
      cell.other = index
    }
    lanes[lane].cells[hop - first] = cell
    if node.isTerminal { lanes[lane].end = min(lanes[lane].end, hop) }
  }

  mutating func noteLoss(lane: Int, hop: Int) {
    guard lanes.indices.contains(lane), hops.contains(hop) else { return }
    guard lanes[lane].cells[hop - first].inFlight > 0 else { return }
    lanes[lane].cells[hop - first].inFlight -= 1
    lanes[lane].cells[hop - first].lost += 1
    outstanding -= 1
  }

  private mutating func intern(_ node: PathNode) -> Int16? {
    if let index = indices[node] { return index }
    // More answers than probes cannot be; this only keeps the index from overflowing.
    guard nodes.count < Int(Int16.max) else { return nil }
    let index = Int16(nodes.count)
    nodes.append(node)
    indices[node] = index
    return index
  }
}

/// First in, first out.
private struct PathQueue: Sendable {
  private var lanes: [Int16] = []
  private var head = 0

  var isEmpty: Bool { head == lanes.count }

  mutating func append(_ lane: Int16, isUrgent: Bool) {
    guard isUrgent else { return lanes.append(lane) }
    if head > 0 {
      head -= 1
      lanes[head] = lane
    } else {
      lanes.insert(lane, at: 0)
    }
  }

  mutating func next() -> Int16? {
    guard head < lanes.count else { return nil }
    let lane = lanes[head]
    head += 1
    if head == lanes.count {
      lanes.removeAll(keepingCapacity: true)
      head = 0
    }
    return lane
  }
}
