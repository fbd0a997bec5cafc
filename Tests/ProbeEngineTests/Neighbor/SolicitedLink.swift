import Testing
import Timing
import Wire

@testable import ProbeEngine

/// A link in virtual time: what an engine sends is handed to a closure that says who answers, and how late.
struct SolicitedLink {
  /// A packet of the engine, read as any receiver would read it.
  struct Question {
    var transmit: LinkTransmit
    var octets: [UInt8]
    var message: HeardMessage
    var at: Instant
    var target: IPv6Address? { (try? NeighborSolicitation(decoding: message.octets.span))?.target }
    /// From 0 over the whole run.
    var number: Int { Int(transmit.number) }
  }

  /// A frame that comes because of it.
  struct Reply {
    var delay: Nanoseconds
    var octets: [UInt8]
    var frame: LinkLayerAddress?
    var isOutgoing = false
  }

  enum Fate {
    case silence
    case failure(errno: Int32)
    case replies([Reply])
  }

  struct Result {
    var events: [LinkEvent] = []
    var questions: [Question] = []
    var elapsed = Nanoseconds.zero
    var summaries: [NeighborSummary] = []
    var advertisements: [LinkAdvertisement] = []
    var findings: [Finding] = []
    var rows: [ConformanceRow] = []
    var tried = 0
    var asExpected = 0
    /// Told as sent, and as not sent.
    var sent = 0
    var failed = 0
    /// Numbers of either.
    var told = Set<UInt64>()
    var windows: [(target: Int, attempt: Int, answers: Int)] = []
    var verdicts: [NeighborVerdict] { summaries.sorted { $0.target < $1.target }.map(\.verdict) }
  }

  enum Input {
    case stamp(UInt64, Instant)
    case frame([UInt8], LinkLayerAddress?, stamp: Instant, isOutgoing: Bool)
    case capture(frames: UInt64)
    case failure(UInt64, errno: Int32)
    case stop
  }

  static let source = IPv6Address(bits: 0xfe80 << 112 | 0xa)
  static let link = LinkLayerAddress([2, 0, 0, 0, 0, 0x0a])
  static let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)
  static let start = Instant(nanoseconds: 1_000_000_000)

  static func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: 0x2001_0db8 << 96 | UInt128(0x100 + number))
  }
  static func station(_ number: Int) -> LinkLayerAddress? {
    LinkLayerAddress([2, 0, 0, 1, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
  }

  static func view(_ entries: [(Int, LinkLayerAddress?, KernelNeighbor.State)] = [], own: [IPv6Address] = [])
    -> KernelView
  {
    var view = KernelView(
      interface: KernelInterface(index: 3, name: "veth", mtu: 1_500, link: link), at: start)
    view.addresses = ([source] + own).map {
      KernelAddress(address: $0, prefixLength: 64, interface: 3, flags: 0x80)
    }
    view.neighbors = entries.map {
      KernelNeighbor(address: target($0.0), interface: 3, link: $0.1, state: $0.2)
    }
    return view
  }

  static func configuration(
    _ act: NeighborConfiguration.Act = .resolve, targets: Int = 1,
    _ change: (inout NeighborConfiguration) -> Void = { _ in }
  ) -> NeighborConfiguration {
    var configuration = NeighborConfiguration(
      targets: (0..<targets).map { .init(target($0)) }, source: source)
    configuration.act = act
    configuration.seed = 7
    change(&configuration)
    return configuration
  }

  /// A neighbor advertisement as a whole packet.
  static func advertisement(
    _ target: IPv6Address, flags: UInt8 = 0x60, option: LinkLayerAddress? = nil, from: IPv6Address? = nil,
    to destination: IPv6Address = source, hopLimit: UInt8 = 255, further: [UInt8] = []
  ) -> [UInt8] {
    var options: [UInt8] = option.map { [2, 1] + $0.octets } ?? []
    options += further
    let message: [UInt8] = [136, 0, 0, 0, flags, 0, 0, 0] + octets(target) + options
    return LinkPacket(
      source: from ?? target, destination: destination, hopLimit: hopLimit, message: message
    ).octets
  }

  static func octets(_ address: IPv6Address) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * UInt128($0))) }
  }

  /// What Linux does, as measured in the crafted solicitations: an address's owner with this link-layer address.
  static func owner(
    _ question: Question, link: LinkLayerAddress?, after delay: Nanoseconds = .microseconds(80),
    from address: IPv6Address? = nil, flags: UInt8 = 0
  ) -> [Reply] {
    guard let target = question.target, !question.message.isDiscarded else { return [] }
    if let to = question.transmit.linkDestination {
      guard to == link else { return [] }
      return [
        Reply(
          delay: delay,
          octets: advertisement(target, flags: flags | 0x40, from: address, to: question.message.source),
          frame: link)
      ]
    }
    let isUnspecified = question.message.source == .unspecified
    return [
      Reply(
        delay: delay,
        octets: advertisement(
          target, flags: flags | (isUnspecified ? 0x20 : 0x60), option: link, from: address,
          to: isUnspecified ? allNodes : question.message.source), frame: link)
    ]
  }

  /// The engine's run to its end. A stamp is of 5 µs after the call, and comes `stampDelay` after it; nil: never.
  static func run(
    _ engine: some LinkEngine, stampDelay: Nanoseconds? = .microseconds(10),
    inputs: [(Nanoseconds, Input)] = [], sourceLocation: SourceLocation = #_sourceLocation,
    _ fate: (Question) -> Fate = { _ in .silence }
  ) -> Result {
    var engine = engine
    var result = Result()
    var queue = TimerQueue<Input>()
    for (delay, input) in inputs { queue.insert(input, at: start + delay) }
    var now = start
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    var span = buffer.mutableSpan
    var steps = 0
    while let next = engine.nextTimeout(now: now) {
      steps += 1
      guard steps < 2_000_000 else {
        Issue.record("the engine does not end", sourceLocation: sourceLocation)
        break
      }
      now = max(now, min(next, queue.earliest ?? .distantFuture))
      while let due = queue.popDue(at: now) {
        switch due.payload {
        case .stamp(let number, let stamp): engine.handleTransmitted(number, at: stamp)
        case .capture(let frames): engine.handleCaptureLoss(frames, at: now)
        case .stop: engine.stop(at: now)
        case .failure(let number, let errno):
          engine.handleSendFailure(number, errno: errno, at: now)
        case .frame(let octets, let frame, let stamp, let isOutgoing):
          let arrival = FrameArrival(
            interface: 3, linkSource: frame, isOutgoing: isOutgoing, stamp: stamp, readAt: now)
          if let message = HeardMessage(decoding: octets.span, arrival) { engine.handleReceived(message) }
        }
      }
      engine.handleTimeout(at: now)
      while let transmit = engine.pollTransmit(at: now, into: &span) {
        let octets = (0..<transmit.octets).map { span[$0] }
        guard
          let message = HeardMessage(
            decoding: octets.span,
            FrameArrival(interface: 3, linkSource: link, isOutgoing: true, stamp: now, readAt: now))
        else {
          Issue.record("a packet that nobody can read", sourceLocation: sourceLocation)
          break
        }
        let question = Question(transmit: transmit, octets: octets, message: message, at: now)
        result.questions.append(question)
        let replies: [Reply]
        switch fate(question) {
        case .failure(let errno):
          engine.handleSendFailure(transmit.number, errno: errno, at: now)
          continue
        case .silence: replies = []
        case .replies(let some): replies = some
        }
        if let stampDelay {
          queue.insert(.stamp(transmit.number, now + .microseconds(5)), at: now + stampDelay)
        }
        for reply in replies {
          let stamp = now + .microseconds(5) + reply.delay
          queue.insert(
            .frame(reply.octets, reply.frame, stamp: stamp, isOutgoing: reply.isOutgoing),
            at: stamp + .microseconds(3))
        }
      }
      while let event = engine.pollEvent() { result.take(event) }
    }
    while let event = engine.pollEvent() { result.take(event) }
    result.elapsed = now - start
    return result
  }

  /// A run of the engine for neighbors, held to what must be so whatever happens.
  static func ask(
    _ configuration: NeighborConfiguration, view: KernelView = view(),
    stampDelay: Nanoseconds? = .microseconds(10), inputs: [(Nanoseconds, Input)] = [],
    sourceLocation: SourceLocation = #_sourceLocation, _ fate: (Question) -> Fate = { _ in .silence }
  ) -> Result {
    let engine = NeighborEngine(configuration, view: view, at: start)
    let result = run(
      engine, stampDelay: stampDelay, inputs: inputs, sourceLocation: sourceLocation, fate)
    result.holdsLaws(configuration, sourceLocation)
    return result
  }
}

extension SolicitedLink.Result {
  mutating func take(_ event: LinkEvent) {
    events.append(event)
    switch event {
    case .sent(let probe):
      sent += 1
      told.insert(probe.number)
    case .sendFailed(let probe, _):
      failed += 1
      told.insert(probe.number)
    case .advertisement(let advertisement): advertisements.append(advertisement)
    case .attemptEnded(let target, let attempt, let answers, _): windows.append((target, attempt, answers))
    case .finding(let finding): findings.append(finding)
    case .conformance(let row): rows.append(row)
    case .summary(.neighbor(let summary)): summaries.append(summary)
    case .summary(.conformance(let tried, let asExpected, _)):
      self.tried = tried
      self.asExpected = asExpected
    default: break
    }
  }

  var kinds: [Finding.Kind] { findings.map(\.kind) }
  var standings: [LinkAdvertisement.Standing] { advertisements.map(\.standing) }

  func holdsLaws(_ configuration: NeighborConfiguration, _ sourceLocation: SourceLocation) {
    let targets = configuration.targets.indices
    #expect(
      summaries.map(\.target).sorted() == Array(targets), "each target has one summary",
      sourceLocation: sourceLocation)
    #expect(told == Set(questions.map(\.transmit.number)), sourceLocation: sourceLocation)
    #expect(summaries.reduce(0) { $0 + $1.sendFailed } == failed, sourceLocation: sourceLocation)
    #expect(
      summaries.reduce(0) { $0 + $1.attempted } == questions.count,
      sourceLocation: sourceLocation)
    var ended = Set<Int>()
    for event in events {
      var about: Int?
      switch event {
      case .sent(let probe), .sendFailed(let probe, _): about = probe.target
      case .advertisement(let advertisement): about = advertisement.target
      case .attemptEnded(let target, _, _, _): about = target
      case .finding(let finding): about = finding.target
      case .summary(.neighbor(let summary)):
        #expect(
          summary.attempted == summary.answered + summary.unanswered + summary.sendFailed,
          sourceLocation: sourceLocation)
        #expect(
          summary.answered >= 0 && summary.unanswered >= 0 && summary.claims.count <= 16,
          sourceLocation: sourceLocation)
        #expect(ended.insert(summary.target).inserted, sourceLocation: sourceLocation)
        continue
      default: Issue.record("no event of this act: \(event)", sourceLocation: sourceLocation)
      }
      guard let about else { continue }
      #expect(targets.contains(about) && !ended.contains(about), sourceLocation: sourceLocation)
    }
    for advertisement in advertisements {
      #expect(
        (advertisement.roundTrip ?? .zero) >= .zero && (advertisement.hostReceive ?? .zero) >= .zero,
        sourceLocation: sourceLocation)
    }
  }
}
