import Timing
import Wire

/// The routers of a guarded link: those of the baseline, and those that were heard, within a bound.
struct GuardRouters: Sendable {
  /// A router of the baseline.
  struct Expected: Sendable {
    let baseline: LinkBaseline.Router
    var lifetimes = LifetimeWatch()
    /// Its last advertisement.
    var heardAt: Instant?
    /// It was told that it is missing, and has not been heard since.
    var isMissing = false
  }

  /// A router that was heard.
  struct Seen: Sendable {
    /// What it said last, its advertisements of one second taken together.
    var picture: LinkBaseline.Router
    /// That second is not over yet.
    var isCollecting: Bool
    var heardAt: Instant
  }

  /// A stranger that was silent for so long makes room for another when there is none.
  static let forgottenAfter = Nanoseconds.seconds(60)

  private(set) var expected: [IPv6Address: Expected]
  private(set) var seen: [IPv6Address: Seen] = [:]
  /// Of those seen, how many are not of the baseline.
  private var strangers = 0
  private let maximumStrangers: Int
  private var sweptAt: Instant?

  init(_ baseline: LinkBaseline?, maximumStrangers: Int) {
    self.maximumStrangers = max(0, maximumStrangers)
    expected = [:]
    for router in baseline?.routers ?? [] { expected[router.address] = Expected(baseline: router.inOrder) }
  }

  /// Whether there is room for what this address says.
  mutating func hasRoom(for address: IPv6Address, at now: Instant) -> Bool {
    if expected[address] != nil || seen[address] != nil || strangers < maximumStrangers { return true }
    // Looks through them once a second at most.
    if let sweptAt, now - sweptAt < .seconds(1) { return false }
    sweptAt = now
    for (other, router) in seen where expected[other] == nil && now - router.heardAt >= Self.forgottenAfter {
      seen[other] = nil
      strangers -= 1
    }
    return strangers < maximumStrangers
  }

  /// Takes in what a router says; there must be room. True: a second begins, after which `endCollecting` is due.
  mutating func take(_ router: LinkBaseline.Router, at now: Instant) -> Bool {
    expected[router.address]?.heardAt = now
    expected[router.address]?.isMissing = false
    guard let known = seen[router.address] else {
      if expected[router.address] == nil { strangers += 1 }
      seen[router.address] = Seen(picture: router, isCollecting: true, heardAt: now)
      return true
    }
    seen[router.address]?.heardAt = now
    if known.isCollecting {
      seen[router.address]?.picture.merge(router)
      return false
    }
    seen[router.address]?.picture = router
    seen[router.address]?.isCollecting = true
    return true
  }

  /// The second is over: what the baseline has and the router did not say in it.
  mutating func endCollecting(_ address: IPv6Address, at now: Instant) -> [Finding] {
    guard let router = seen[address], router.isCollecting else { return [] }
    seen[address]?.isCollecting = false
    return expected[address]?.baseline.absences(in: router.picture, at: now) ?? []
  }

  /// What one advertisement of a router of the baseline shows.
  mutating func differences(from router: LinkBaseline.Router, at now: Instant) -> [Finding] {
    guard var known = expected[router.address] else { return [] }
    let findings = known.baseline.differences(from: router, lifetimes: &known.lifetimes, at: now)
    expected[router.address] = known
    return findings
  }

  mutating func setMissing(_ address: IPv6Address) { expected[address]?.isMissing = true }

  /// What was heard, in the order of addresses.
  var picture: LinkBaseline {
    LinkBaseline(routers: seen.values.map(\.picture).sorted { $0.address.bits < $1.address.bits })
  }

  /// In the order of addresses.
  var collecting: [IPv6Address] {
    seen.filter(\.value.isCollecting).keys.sorted { $0.bits < $1.bits }
  }
}
