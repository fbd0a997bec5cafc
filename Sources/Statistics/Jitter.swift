/// The interarrival jitter of RFC 3550 §6.4.1, computed from round trips in the order of their arrival.
///
/// D is the difference between consecutive round trips: with a sender's and a receiver's clock being one,
/// (R_j - S_j) - (R_i - S_i). J = J + (|D| - J) / 16, in the integer form of RFC 3550 appendix A.8: four
/// fraction bits, J / 16 rounded to the nearest. A lost probe leaves no gap: D spans it. Round trips more
/// than 2^58 ns (9 years) apart count as that far apart.
package struct Jitter: Hashable, Sendable {
  private var previous: Int64?
  private var sixteenths: UInt64 = 0
  /// How many differences have been taken: one less than the round trips.
  package private(set) var differences: UInt64 = 0

  package init() {}

  package mutating func record(_ roundTrip: Int64) {
    defer { previous = roundTrip }
    guard let previous else { return }
    let difference = min(previous.separation(from: roundTrip), 1 << 58)
    // The right-hand part is at most the left one, and the sum stays below 16 × 2^58 + 16.
    sixteenths = sixteenths + difference - ((sixteenths + 8) >> 4)
    differences = differences.addingSaturating(1)
  }

  /// In nanoseconds, rounded to the nearest (the RFC's own code cuts here); nil before the second round trip.
  package var value: Int64? { differences == 0 ? nil : Int64((sixteenths + 8) >> 4) }
}
