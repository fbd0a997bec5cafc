/// Text in columns, by octets: what stands in a column is ASCII, or is padded by the caller.
extension [UInt8] {
  /// What `body` writes, with blanks in front up to `width` octets; longer text is kept whole.
  mutating func put(right width: Int, _ body: (inout [UInt8]) -> Void) {
    var text: [UInt8] = []
    body(&text)
    put(blanks: width - text.count)
    append(contentsOf: text)
  }

  /// What `body` writes, with blanks behind up to `width` octets; longer text is kept whole.
  mutating func put(left width: Int, _ body: (inout [UInt8]) -> Void) {
    let start = count
    body(&self)
    put(blanks: width - (count - start))
  }

  mutating func put(blanks count: Int) {
    if count > 0 { append(contentsOf: repeatElement(0x20, count: count)) }
  }

  /// Tenths with their one decimal: 123 is `12.3`.
  mutating func put(tenths number: Int64) {
    if number < 0 { append(0x2d) }
    put(decimal: number.magnitude / 10)
    append(0x2e)
    put(decimal: number.magnitude % 10)
  }

  /// Nanoseconds as milliseconds with one decimal, rounded half away from zero.
  mutating func put(tenthsOfMilliseconds nanoseconds: Int64) {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 100_000)
    put(tenths: quotient + (remainder >= 50_000 ? 1 : remainder <= -50_000 ? -1 : 0))
  }

  /// `part` of `whole` as percent with one decimal; of nothing it is 0.
  mutating func put(tenthsOfPercent part: UInt64, of whole: UInt64) {
    guard whole > 0 else { return put(tenths: 0) }
    let tenths = (UInt128(part) * 1_000 + UInt128(whole) / 2) / UInt128(whole)
    put(tenths: Int64(clamping: tenths))
  }
}
