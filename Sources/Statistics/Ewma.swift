/// The exponentially weighted moving average with weight 1/8, as iputils' ping keeps it (its `rtt`).
///
/// Fixed point with three fraction bits. A stored zero means "no value yet", so the first value other than
/// zero sets the average; a zero before it changes nothing, as there. Saturates at `Int64.max` / 8.
package struct Ewma: Hashable, Sendable {
  package private(set) var eighths: Int64 = 0

  package init() {}

  package mutating func record(_ value: Int64) {
    let value = min(max(value, -Self.limit), Self.limit)
    // |eighths| stays below 8 × limit, so the sum cannot leave Int64.
    eighths = eighths == 0 ? value * 8 : eighths + value - eighths / 8
  }

  /// The average in the unit of the values, rounded towards zero; zero before the first value.
  package var value: Int64 { eighths / 8 }

  private static let limit = Int64.max / 16
}
