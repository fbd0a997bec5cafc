import Timing

/// A solicitation that was handed to the kernel, as its sender knows it.
struct SentSolicitation {
  var number: UInt64
  /// Which try, from 1.
  var attempt: Int
  /// Call to send.
  var at: Instant
  /// The kernel's transmit stamp; nil until it comes.
  var transmittedAt: Instant?
  var hasFailed = false
  /// An answer waited for the stamp in vain.
  var isUnstamped = false
  var isUnicast = false
  /// Where a unicast one went.
  var link: LinkLayerAddress?
  /// Answers that fell into its window, or came late.
  var answers = 0
  /// Its window is over: it is counted as answered, unanswered or failed.
  var isClosed = false

  init(number: UInt64, attempt: Int, at: Instant) {
    self.number = number
    self.attempt = attempt
    self.at = at
  }

  /// Whether a frame with this stamp came after it, as far as can be said yet.
  func isBefore(_ stamp: Instant) -> Bool {
    guard !hasFailed else { return false }
    // Until there is a transmit stamp the call has to do; clocks may differ by their error.
    return (transmittedAt ?? at) <= stamp + PingEngine.stampTolerance
  }

  /// Takes a transmit stamp. One from before the call is not on our clock.
  mutating func stamp(_ stamp: Instant) {
    if stamp >= at - PingEngine.stampTolerance { transmittedAt = stamp } else { isUnstamped = true }
  }
}

extension LinkAdvertisement {
  /// Measures it from the youngest solicitation before it.
  mutating func measure(from solicitation: SentSolicitation?) {
    let arrival = message.arrival
    // A stamp from after the read is not on our clock.
    guard arrival.stamp <= arrival.readAt + PingEngine.stampTolerance else { return }
    hostReceive = max(arrival.readAt - arrival.stamp, .zero)
    guard let solicitation, let transmitted = solicitation.transmittedAt, transmitted <= arrival.stamp else {
      return
    }
    roundTrip = arrival.stamp - transmitted
    hostTransmit = max(transmitted - solicitation.at, .zero)
  }
}
