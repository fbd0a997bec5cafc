import Timing
import Wire

/// The routers that an inspection remembers, in the order in which they were heard first.
///
/// A router is an address and the link-layer address of its frames: whoever advertises as another router from
/// elsewhere has a record of its own.
struct RouterRecords {
  struct Record {
    var message: HeardMessage
    var optionLink: LinkLayerAddress?
    var lifetime: UInt16
    var advertisements: UInt64
    /// Of its first answer that has one.
    var roundTrip: Nanoseconds?
    /// Its first answer that may have a round trip yet.
    var answer: FrameArrival?

    /// Takes the round trip once it is known.
    mutating func complete(_ solicitations: RouterSolicitations) {
      guard roundTrip == nil, let answer,
        case .known(let roundTrip, _) = solicitations.roundTrip(to: answer)
      else { return }
      self.roundTrip = roundTrip
    }
  }

  struct Key: Hashable {
    var address: IPv6Address
    var link: LinkLayerAddress?
  }

  private(set) var all: [Record] = []
  private var indices: [Key: Int] = [:]
  private let maximum: Int

  init(maximum: Int) { self.maximum = max(0, maximum) }

  func index(of message: HeardMessage) -> Int? {
    indices[Key(address: message.source, link: message.arrival.linkSource)]
  }

  /// Another one that advertises from the address of `message`.
  func namesake(of message: HeardMessage) -> Record? {
    all.first {
      $0.message.source == message.source && $0.message.arrival.linkSource != message.arrival.linkSource
    }
  }

  var isFull: Bool { all.count >= maximum }

  /// The record of a router that has none yet.
  mutating func add(_ message: HeardMessage, link: LinkLayerAddress?, lifetime: UInt16) -> Int {
    indices[Key(address: message.source, link: message.arrival.linkSource)] = all.count
    all.append(Record(message: message, optionLink: link, lifetime: lifetime, advertisements: 0))
    return all.count - 1
  }

  subscript(index: Int) -> Record { all[index] }

  /// The newest advertisement of a router.
  mutating func update(
    _ index: Int, _ message: HeardMessage, link: LinkLayerAddress?, lifetime: UInt16, isAnswer: Bool
  ) {
    all[index].message = message
    all[index].optionLink = link
    all[index].lifetime = lifetime
    all[index].advertisements &+= 1
    if isAnswer, all[index].roundTrip == nil { all[index].answer = message.arrival }
  }

  mutating func complete(_ index: Int, _ solicitations: RouterSolicitations) {
    all[index].complete(solicitations)
  }

  mutating func forEach(_ body: (inout Record) -> Void) {
    for index in all.indices { body(&all[index]) }
  }
}

/// Solicitations that answers are measured from: the youngest few.
struct RouterSolicitations {
  struct Entry {
    let number: UInt64
    let attempt: Int
    let at: Instant
    var transmittedAt: Instant?
    var hasFailed = false
  }

  enum RoundTrip: Equatable {
    /// And call to send until transmit stamp.
    case known(Nanoseconds, hostTransmit: Nanoseconds)
    /// The transmit stamp of this one may still come.
    case waits(UInt64)
    case none
  }

  /// Answers come to the youngest, late ones to the one before.
  private static let kept = 4
  /// Clocks that are read in pairs are good to far less than this.
  static let tolerance = Nanoseconds.microseconds(100)

  private var entries: [Entry] = []

  mutating func add(_ entry: Entry) {
    if entries.count == Self.kept { entries.removeFirst() }
    entries.append(entry)
  }

  mutating func transmitted(_ number: UInt64, at stamp: Instant) -> Bool {
    guard let index = entries.firstIndex(where: { $0.number == number }),
      entries[index].transmittedAt == nil, stamp >= entries[index].at - Self.tolerance
    else { return false }
    entries[index].transmittedAt = stamp
    return true
  }

  /// nil: not known here, or told before.
  mutating func failed(_ number: UInt64) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.number == number }), !entries[index].hasFailed
    else { return nil }
    entries[index].hasFailed = true
    return entries[index]
  }

  /// The youngest that left before `stamp`.
  func youngest(before stamp: Instant) -> Entry? {
    entries.last { !$0.hasFailed && ($0.transmittedAt ?? $0.at - Self.tolerance) <= stamp }
  }

  func roundTrip(to arrival: FrameArrival) -> RoundTrip {
    guard arrival.stamp <= arrival.readAt + Self.tolerance, let entry = youngest(before: arrival.stamp)
    else { return .none }
    guard let transmitted = entry.transmittedAt else { return .waits(entry.number) }
    return .known(arrival.stamp - transmitted, hostTransmit: max(transmitted - entry.at, .zero))
  }
}
