import LinuxNet
import ProbeEngine
import Synchronization
import Timing
import Wire

/// The targets of a request as they were found; a name that has no address is a row all the same.
struct SampleSources: Sendable {
  /// A name that is asked for again while the run lasts.
  struct LookUp: Sendable {
    var target: Int
    var question: Question
  }

  /// A name or address in text, and the interface that serves as its zone where it has none.
  struct Question: Hashable, Sendable {
    var text: String
    var interface: String?
  }

  typealias Answer = Result<[SocketAddress], PingFailure>

  /// A name server that is silent holds up only so many names at a time.
  private static let threads = 8

  private(set) var targets: [SampleTarget] = []
  private(set) var found = SampleTargets()
  private(set) var lookUps: [LookUp] = []
  /// A signal came before all names had an answer: those left have none.
  private(set) var isInterrupted = false

  /// Asks for all names, and waits for the answers; no longer than until one of `signals` ends the run.
  static func resolve(
    _ request: SampleRequest, signals: HeldSignals? = nil
  ) throws(PingFailure) -> SampleSources {
    var questions: Set<Question> = []
    for (group, sources) in request.sources.enumerated() {
      guard request.configuration.groups.indices.contains(group) else { continue }
      let interface = request.configuration.groups[group].zoneInterface
      for source in sources {
        switch source {
        case .host(let text, _), .allAddresses(let text, _):
          if !TargetResolution.isNumeric(text) {
            questions.insert(Question(text: text, interface: interface))
          }
        case .range: break
        }
      }
    }
    var sources = SampleSources()
    do throws(SystemError) {
      sources.add(request, try sources.answers(to: Array(questions), signals))
    } catch { throw .system(error) }
    return sources
  }

  /// Asks the system's resolver; an address in text needs none. Blocks.
  static func ask(_ question: Question) -> Answer {
    let interface = question.interface.flatMap { Interfaces.index(of: $0) } ?? 0
    do throws(PingFailure) {
      return .success(try TargetResolution.addresses(question.text, interface: interface))
    } catch { return .failure(error) }
  }

  // MARK: Names

  private mutating func answers(
    to questions: [Question], _ signals: HeldSignals?
  ) throws(SystemError) -> [Question: Answer] {
    guard !questions.isEmpty else { return [:] }
    let desk = Desk(questions)
    let done = try Mailbox<Void>()
    var threads = 0
    for _ in 0..<min(SampleSources.threads, questions.count) {
      do throws(SystemError) {
        // Let go of at once: a name server that is silent must not hold up whoever wants to stop.
        _ = try Thread {
          desk.work()
          done.post(())
        }
        threads += 1
      } catch { break }
    }
    if threads == 0 { desk.work() }
    while threads > 0 {
      var poller = Poller()
      let doneSlot = poller.add(number: done.number)
      let signalSlot = (signals?.number).map { poller.add(number: $0) }
      _ = try poller.wait(until: nil)
      if poller.readiness(of: doneSlot).contains(.readable) { threads -= done.take().count }
      guard let signalSlot, poller.readiness(of: signalSlot).contains(.readable) else { continue }
      while let signal = try signals?.next() {
        switch signal {
        case .terminalStop: try Signal.stopProcess()
        case .interrupt, .terminate: isInterrupted = true
        default: break
        }
      }
      if isInterrupted { break }
    }
    desk.questions.withLock { $0 = [] }
    var answers = desk.answers.withLock { $0 }
    for question in questions where answers[question] == nil {
      answers[question] = .failure(.system(SystemError("getaddrinfo", .interrupted)))
    }
    return answers
  }

  /// Questions that several threads share.
  private final class Desk: Sendable {
    let questions: Mutex<[Question]>
    let answers = Mutex<[Question: Answer]>([:])

    init(_ questions: [Question]) { self.questions = Mutex(questions) }

    func work() {
      while let question = questions.withLock({ $0.popLast() }) {
        let answer = SampleSources.ask(question)
        answers.withLock { $0[question] = answer }
      }
    }
  }

  // MARK: Targets

  private mutating func add(_ request: SampleRequest, _ answers: [Question: Answer]) {
    for (index, sources) in request.sources.enumerated() {
      guard request.configuration.groups.indices.contains(index) else { continue }
      let group = request.configuration.groups[index]
      for source in sources {
        switch source {
        case .host(let text, let port):
          let question = Question(text: text, interface: group.zoneInterface)
          let answer = answers[question] ?? SampleSources.ask(question)
          // What the kernel prefers; the others are `allAddresses`.
          add(answer.map { Array($0.prefix(1)) }, question, index, group.probe.port(port))
        case .allAddresses(let text, let port):
          let question = Question(text: text, interface: group.zoneInterface)
          add(answers[question] ?? SampleSources.ask(question), question, index, group.probe.port(port))
        case .range(let first, let count, let zone, let port):
          addRange(first, count, zone ?? group.zoneInterface, index, group.probe.port(port))
        }
      }
    }
  }

  private mutating func add(_ answer: Answer, _ question: Question, _ group: Int, _ port: UInt16) {
    let isNumeric = TargetResolution.isNumeric(question.text)
    switch answer {
    case .success(let addresses):
      for address in addresses {
        let index = targets.count
        targets.append(SampleTarget(address.address, zone: address.scope, group: group, port: port))
        if !isNumeric || question.text.utf8.contains(UInt8(ascii: "%")) { found.names[index] = question.text }
        // A zone's interface may be made anew, with another index.
        if addresses.count == 1, !isNumeric || address.scope != 0 {
          lookUps.append(LookUp(target: index, question: question))
        }
      }
    case .failure(let error):
      let index = targets.count
      targets.append(SampleTarget(.unspecified, group: group, port: port))
      found.names[index] = question.text
      found.failures.append(SampleTargets.Failure(target: index, name: question.text, error: error))
      lookUps.append(LookUp(target: index, question: question))
    }
  }

  private mutating func addRange(
    _ first: IPv6Address, _ count: Int, _ zoneText: String?, _ group: Int, _ port: UInt16
  ) {
    var zone: UInt32 = 0
    if first.needsZone {
      zone = zoneText.flatMap { Interfaces.zone($0) } ?? 0
      if zone == 0 {
        let name = first.description
        let error: PingFailure =
          zoneText.map { .unknownInterface($0) } ?? .missingZone(name, candidates: [])
        found.failures.append(SampleTargets.Failure(target: targets.count, name: name, error: error))
      }
    }
    targets.reserveCapacity(targets.count + max(0, count))
    for i in 0..<max(0, count) {
      let address = IPv6Address(bits: first.bits &+ UInt128(i))
      let isMissing = first.needsZone && zone == 0
      if isMissing { found.names[targets.count] = address.description }
      targets.append(
        SampleTarget(isMissing ? .unspecified : address, zone: zone, group: group, port: port))
    }
  }
}

extension SampleGroup {
  /// The interface that is the zone of link-local targets without one.
  var zoneInterface: String? {
    if case .neighbor(let interface) = probe { return interface }
    return path.interface
  }
}

extension SampleProbe {
  /// Only datagrams and connections have a port.
  fileprivate func port(_ port: UInt16) -> UInt16 {
    switch self {
    case .udp, .tcp: port
    case .echo, .trace, .neighbor: 0
    }
  }
}
