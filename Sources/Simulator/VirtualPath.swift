package import Timing
package import Wire

/// Routers between us and the targets: forwards real packets and makes the packets that come back.
package struct VirtualPath: Sendable {
  package struct Answer: Sendable {
    /// From the probe's departure.
    package var after: Nanoseconds
    /// The packet from its IPv6 header on.
    package var octets: [UInt8]
  }

  package let nodes: [VirtualNode]
  /// How the host itself spreads packets over several first hops.
  package var hashing: VirtualNode.Hashing = .both
  /// The MTU of the host's own link.
  package var linkMTU: Int?
  /// ICMPv6 errors that each node has sent.
  package private(set) var errors: [IPv6Address: Int] = [:]
  /// Packets that came by each node.
  package private(set) var packets: [IPv6Address: Int] = [:]
  private var states: [State]
  private var turn = 0
  private var random: RandomNumbers

  private struct State: Sendable {
    var forwarded = 0
    var expired = 0
    var turn = 0
    var tokens: Double
    var filledAt = Instant.zero
  }

  package init(_ nodes: [VirtualNode], seed: UInt64 = 1) {
    self.nodes = nodes
    states = nodes.map { State(tokens: Double($0.limit?.burst ?? 0)) }
    random = RandomNumbers(seed: seed)
  }

  /// What comes back for a packet that leaves the host now.
  package mutating func answers(to packet: [UInt8], at now: Instant) -> [Answer] {
    guard let header = try? IPv6Header(decoding: packet.span) else { return [] }
    var packet = VirtualPacket(octets: packet, header: header)
    var candidates = nodes.indices.filter { nodes[$0].hop == 1 }
    var chooser: Int?
    while packet.octets[7] > 0 {
      guard let index = choose(among: candidates, from: chooser, packet) else { return [] }
      let node = nodes[index]
      packets[node.address, default: 0] += 1
      if node.isTarget { return arrive(packet, index, at: now) }
      if packet.octets[7] == 1 { return error(3, 0, 0, packet, index, at: now) }
      if let (type, code, word) = node.refuses { return error(type, code, word, packet, index, at: now) }
      states[index].forwarded += 1
      if let every = node.dropsEvery, states[index].forwarded % every == 0 { return [] }
      if let mtu = node.mtu, packet.octets.count > mtu {
        return node.isBlackHole ? [] : error(2, 0, UInt32(clamping: mtu), packet, index, at: now)
      }
      packet.octets[7] -= 1
      for rewrite in node.rewrites { packet.apply(rewrite) }
      if node.isMasking { packet.isMasked = true }
      candidates = followers(of: index)
      chooser = index
    }
    return []
  }

  // MARK: Ways

  private func followers(of index: Int) -> [Int] {
    let node = nodes[index]
    if node.next.isEmpty { return nodes.indices.filter { nodes[$0].hop == node.hop + 1 } }
    return node.next.compactMap { address in nodes.firstIndex { $0.address == address } }
  }

  private mutating func choose(among all: [Int], from chooser: Int?, _ packet: VirtualPacket) -> Int? {
    let candidates = all.filter { index in
      let node = nodes[index]
      if node.isTarget, node.onlyTo == nil, targetCount > 1 { return node.address == packet.asked }
      return node.onlyTo == nil || node.onlyTo == packet.asked
    }
    guard candidates.count > 1 else { return candidates.first }
    let hashing = chooser.map { nodes[$0].hashing } ?? self.hashing
    var seed = UInt64(chooser.map { $0 + 1 } ?? 0)
    switch hashing {
    case .flowLabel: seed = mixed(seed, packet.flowLabel, 0)
    case .ports: seed = mixed(seed, 0, packet.ports)
    case .both: seed = mixed(seed, packet.flowLabel, packet.ports)
    case .perPacket:
      let turn = chooser.map { states[$0].turn } ?? turn
      if let chooser { states[chooser].turn += 1 } else { self.turn += 1 }
      return candidates[turn % candidates.count]
    }
    var generator = RandomNumbers(seed: seed)
    return candidates[Int(generator.next() >> 33) % candidates.count]
  }

  private var targetCount: Int { nodes.count { $0.isTarget } }

  private func mixed(_ node: UInt64, _ flowLabel: UInt32, _ ports: UInt32) -> UInt64 {
    var generator = RandomNumbers(seed: UInt64(flowLabel) << 32 | UInt64(ports))
    return generator.next() &+ node &* 0x9e37_79b9_7f4a_7c15
  }

  // MARK: What comes back

  private mutating func delay(_ node: VirtualNode) -> Nanoseconds {
    guard node.jitter > .zero else { return node.delay }
    return node.delay + Nanoseconds(Int64(random.nextUnit() * Double(node.jitter.count)))
  }

  /// Whether the node's bucket has a token for an error.
  private mutating func takesToken(_ index: Int, at now: Instant) -> Bool {
    guard let (rate, burst) = nodes[index].limit else { return true }
    let elapsed = Double((now - states[index].filledAt).count) / 1e9
    states[index].tokens = min(Double(burst), states[index].tokens + elapsed * rate)
    states[index].filledAt = now
    guard states[index].tokens >= 1 else { return false }
    states[index].tokens -= 1
    return true
  }

  private mutating func error(
    _ type: UInt8, _ code: UInt8, _ word: UInt32, _ packet: VirtualPacket, _ index: Int, at now: Instant
  ) -> [Answer] {
    let node = nodes[index]
    states[index].expired += 1
    if node.isSilent { return [] }
    if let every = node.losesEvery, states[index].expired % every == 0 { return [] }
    guard takesToken(index, at: now) else { return [] }
    errors[node.address, default: 0] += 1
    let source = node.answersFrom ?? (packet.isMasked ? packet.asked : node.address)
    var octets = packet.error(type, code, word, from: node, source)
    let after = delay(node)
    var answers: [Answer] = []
    if node.forges {
      answers.append(Answer(after: after, octets: packet.forgedError(type, code, from: node, source)))
    }
    if node.hasWrongChecksum { octets[42] ^= 0xff }
    answers.append(Answer(after: after, octets: octets))
    if node.duplicates { answers.append(Answer(after: after + .microseconds(10), octets: octets)) }
    return answers
  }

  private mutating func arrive(_ packet: VirtualPacket, _ index: Int, at now: Instant) -> [Answer] {
    let node = nodes[index]
    guard packet.isIntact else { return [] }
    let service: VirtualNode.Service
    switch packet.upperLayer {
    case .udp: service = node.udp
    case .tcp: service = node.tcp
    case .icmpv6: service = node.echo
    default: return []
    }
    let source = node.answersFrom ?? (packet.isMasked ? packet.asked : node.address)
    var octets: [UInt8]?
    switch (service, packet.upperLayer) {
    case (.silent, _): return []
    case (.rejected(let type, let code), _): return error(type, code, 0, packet, index, at: now)
    case (.closed, .udp): return error(1, 4, 0, packet, index, at: now)
    case (.open, .udp): octets = packet.datagram(from: source)
    case (.open, .icmpv6): octets = packet.echoReply(from: source)
    case (.open, .tcp): octets = packet.segment([.syn, .ack], from: source)
    case (.closed, .tcp): octets = packet.segment([.rst, .ack], from: source)
    default: return []
    }
    guard let octets else { return [] }
    return [Answer(after: delay(node), octets: octets)]
  }
}
