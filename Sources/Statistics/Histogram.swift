/// How often which length of time occurred: a log-linear histogram of nanoseconds with bounded error.
///
/// Each octave (power of two) is cut into 128 buckets of equal width; values up to 255 ns have a bucket each.
/// A bucket is at most 1/128 of its lower end wide and is represented by its middle, so a percentile is
/// within 0.4 % of the value it stands for, over the whole range of 0 ... 2^63 - 1 ns. Minimum and maximum
/// are exact.
///
/// Memory: about 300 octets, and 128 more for each quarter of an octave that has occurred. Round trips
/// between 1 and 8 ms take under 2 KiB; if every quarter occurred it would be 29 KiB. After a quarter's first
/// value recording allocates nothing, unless a copy of the histogram shares its storage.
///
/// Negative values are recorded as zero. Counts are 64 bits wide and saturate.
package struct Histogram: Sendable {
  static let bucketsPerOctaveLog2 = 7
  static let bucketsPerBlockLog2 = 5
  static let bucketsPerBlock = 1 << bucketsPerBlockLog2
  /// Values below 2^7 fill the first 128 buckets; 56 octaves follow.
  static let bucketCount = (63 - bucketsPerOctaveLog2 + 1) << bucketsPerOctaveLog2
  static let blockCount = bucketCount >> bucketsPerBlockLog2

  /// A range of values and how many fell into it. Both ends are part of the range.
  package struct Bucket: Hashable, Sendable {
    package let lower: Int64
    package let upper: Int64
    package let count: UInt64
  }

  /// For each block of buckets where its counts stand in `counts`, in blocks, plus one; 0 if not present.
  private var directory = InlineArray<228, UInt8>(repeating: 0)
  /// The low 32 bits of each count.
  private var counts: [UInt32] = []
  /// The high 32 bits of the few counts that have any, by their place in `counts`.
  private var highs: [(place: Int, value: UInt32)] = []
  /// How many values have been recorded.
  package private(set) var count: UInt64 = 0
  private var least = Int64.max
  private var greatest = Int64.min

  package init() {}

  package mutating func record(_ value: Int64) {
    let value = Swift.max(value, 0)
    let place = place(ofBucket: Self.bucket(of: value))
    counts[place] &+= 1
    if counts[place] == 0 { carry(at: place) }
    count = count.addingSaturating(1)
    least = Swift.min(least, value)
    greatest = Swift.max(greatest, value)
  }

  /// Adds what the other has recorded: the result is as if all had been recorded here.
  package mutating func merge(_ other: Histogram) {
    for block in 0..<Self.blockCount where other.directory[block] != 0 {
      for bucket in (block << Self.bucketsPerBlockLog2)..<((block + 1) << Self.bucketsPerBlockLog2) {
        let added = other.count(ofBucket: bucket)
        guard added > 0 else { continue }
        let place = place(ofBucket: bucket)
        setCount(count(at: place).addingSaturating(added), at: place)
      }
    }
    count = count.addingSaturating(other.count)
    least = Swift.min(least, other.least)
    greatest = Swift.max(greatest, other.greatest)
  }

  /// A histogram as it was written: its buckets, by any order, and the exact extremes.
  ///
  /// `buckets`: lower end, upper end (part of the bucket), count. Nil where they are none of ours, an extreme lies
  /// outside, or a bucket stands there twice.
  package init?(
    buckets: some Sequence<(lower: Int64, upper: Int64, count: UInt64)>, minimum: Int64?, maximum: Int64?
  ) {
    self.init()
    for (lower, upper, count) in buckets {
      guard lower >= 0, count > 0 else { return nil }
      let bucket = Self.bucket(of: lower)
      guard Self.range(ofBucket: bucket) == lower...Swift.max(lower, upper), self.count(ofBucket: bucket) == 0
      else { return nil }
      setCount(count, at: place(ofBucket: bucket))
      self.count = self.count.addingSaturating(count)
      least = Swift.min(least, lower)
      greatest = Swift.max(greatest, upper)
    }
    guard count > 0 else {
      if minimum != nil || maximum != nil { return nil }
      return
    }
    // Each within the bucket at its end.
    guard let minimum, let maximum, minimum <= maximum, minimum >= 0,
      Self.bucket(of: minimum) == Self.bucket(of: least),
      Self.bucket(of: maximum) == Self.bucket(of: greatest)
    else { return nil }
    (least, greatest) = (minimum, maximum)
  }

  /// Forgets all values and keeps the memory.
  package mutating func reset() {
    directory = InlineArray(repeating: 0)
    counts.removeAll(keepingCapacity: true)
    highs.removeAll(keepingCapacity: true)
    (count, least, greatest) = (0, .max, .min)
  }

  /// The smallest value, exactly; nil before the first.
  package var min: Int64? { count == 0 ? nil : least }
  /// The largest value, exactly; nil before the first.
  package var max: Int64? { count == 0 ? nil : greatest }
  /// The 50th percentile.
  package var median: Int64? { percentile(50) }

  /// The value that `p` percent of all values do not exceed, by nearest rank: the one at place ⌈p/100 × n⌉ of
  /// the sorted values, counted from 1.
  ///
  /// The first and the last place give the exact minimum and maximum, all others the middle of the bucket.
  /// `p` is taken to a hundred-millionth of one percent, so that 99.9 means what it says; below 0 it counts
  /// as 0 and above 100 as 100. Nil before the first value, and if `p` is not a number.
  package func percentile(_ p: Double) -> Int64? {
    guard count > 0, !p.isNaN else { return nil }
    let parts = UInt128(UInt64(Swift.min(Swift.max(p, 0), 100) * 1e8 + 0.5))
    let rank = UInt64(clamping: (UInt128(count) * parts + 9_999_999_999) / 10_000_000_000)
    if rank <= 1 { return least }
    if rank >= count { return greatest }
    var seen: UInt64 = 0
    for bucket in buckets {
      seen = seen.addingSaturating(bucket.count)
      if seen >= rank {
        let middle = bucket.lower + (bucket.upper - bucket.lower) / 2
        return Swift.min(Swift.max(middle, least), greatest)
      }
    }
    return greatest
  }

  /// The buckets that are not empty, by rising value.
  package var buckets: Buckets { Buckets(histogram: self) }

  package struct Buckets: Sequence, IteratorProtocol, Sendable {
    private let histogram: Histogram
    private var bucket = 0

    fileprivate init(histogram: Histogram) { self.histogram = histogram }

    package mutating func next() -> Bucket? {
      while bucket < Histogram.bucketCount {
        guard histogram.directory[bucket >> Histogram.bucketsPerBlockLog2] != 0 else {
          bucket = ((bucket >> Histogram.bucketsPerBlockLog2) + 1) << Histogram.bucketsPerBlockLog2
          continue
        }
        let count = histogram.count(ofBucket: bucket)
        defer { bucket += 1 }
        guard count > 0 else { continue }
        let range = Histogram.range(ofBucket: bucket)
        return Bucket(lower: range.lowerBound, upper: range.upperBound, count: count)
      }
      return nil
    }
  }

  /// Which bucket a value falls into; the value must not be negative.
  static func bucket(of value: Int64) -> Int {
    let octave = Swift.max(63 - value.leadingZeroBitCount - bucketsPerOctaveLog2, 0)
    // The shifted value has its leading bit at 2^7 from the second octave on, and so counts the octave
    // itself.
    return (octave << bucketsPerOctaveLog2) + Int(value >> Int64(octave))
  }

  /// The values that fall into a bucket.
  static func range(ofBucket bucket: Int) -> ClosedRange<Int64> {
    let octave = Swift.max((bucket >> bucketsPerOctaveLog2) - 1, 0)
    let lower = Int64(bucket - (octave << bucketsPerOctaveLog2)) << Int64(octave)
    return lower...(lower + ((1 << Int64(octave)) - 1))
  }

  /// For the tests: how many octets the counts have reserved.
  var reservedOctets: Int { counts.capacity * 4 + highs.capacity * 16 }

  private mutating func place(ofBucket bucket: Int) -> Int {
    let block = bucket >> Self.bucketsPerBlockLog2
    if directory[block] == 0 { addBlock(block) }
    return (Int(directory[block]) - 1) << Self.bucketsPerBlockLog2 | bucket & (Self.bucketsPerBlock - 1)
  }

  private mutating func addBlock(_ block: Int) {
    // Room for precisely one block more: with many targets, doubling would be a megabyte or two.
    counts.reserveCapacity(counts.count + Self.bucketsPerBlock)
    counts.append(contentsOf: repeatElement(0, count: Self.bucketsPerBlock))
    directory[block] = UInt8(counts.count >> Self.bucketsPerBlockLog2)
  }

  private func count(ofBucket bucket: Int) -> UInt64 {
    let block = Int(directory[bucket >> Self.bucketsPerBlockLog2])
    guard block > 0 else { return 0 }
    return count(at: (block - 1) << Self.bucketsPerBlockLog2 | bucket & (Self.bucketsPerBlock - 1))
  }

  private func count(at place: Int) -> UInt64 {
    UInt64(highs.first { $0.place == place }?.value ?? 0) << 32 | UInt64(counts[place])
  }

  private mutating func setCount(_ count: UInt64, at place: Int) {
    counts[place] = UInt32(truncatingIfNeeded: count)
    let high = UInt32(count >> 32)
    if let index = highs.firstIndex(where: { $0.place == place }) {
      highs[index].value = high
    } else if high > 0 {
      highs.append((place, high))
    }
  }

  /// The low half has gone from its largest value to zero.
  private mutating func carry(at place: Int) {
    let before = count(at: place) | UInt64(UInt32.max)
    setCount(before.addingSaturating(1), at: place)
  }
}

extension Histogram: Equatable {
  /// Whether both have recorded the same counts, whatever the order.
  package static func == (a: Histogram, b: Histogram) -> Bool {
    a.count == b.count && a.min == b.min && a.max == b.max && a.buckets.elementsEqual(b.buckets)
  }
}
