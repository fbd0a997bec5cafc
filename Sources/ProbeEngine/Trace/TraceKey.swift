/// What a probe carries to be known again, made from its number and a key that nobody else has.
struct TraceKey: Sendable {
  private let nonce: KeyedNonce
  /// Hide the number from whoever sees a probe: the same for all probes of a run.
  private let cookieMask: UInt32
  private let sequenceMask: UInt16
  /// 16 bits that tell this run from another one (where ndisc6 has its process id).
  let run: UInt16

  init(_ nonce: KeyedNonce) {
    self.nonce = nonce
    // Numbers count from 0, so the highest ones are free for constants. A name server takes the first two octets for
    // the identification of a query, if the bit behind them says that it is one (RFC 1035 §4.1.1).
    cookieMask = UInt32(truncatingIfNeeded: nonce(.max)) & ~0x8000
    sequenceMask = UInt16(truncatingIfNeeded: nonce(.max - 1))
    run = UInt16(truncatingIfNeeded: nonce(.max - 2))
  }

  // MARK: Payload cookie

  /// Octets of a cookie: 4 for the number, 8 for the nonce.
  static var cookieCount: Int { 12 }

  /// The two words of a probe's cookie, as they stand on the wire: of the number the lowest bits first.
  func cookie(_ number: UInt64) -> (low: UInt32, nonce: UInt64) {
    let low = UInt32(truncatingIfNeeded: number)
    return ((low << 16 | low >> 16) ^ cookieMask, nonce(number))
  }

  /// The low bits of the number that the first word of a cookie stands for.
  func low(_ word: UInt32) -> UInt32 {
    let low = word ^ cookieMask
    return low << 16 | low >> 16
  }

  /// The same for the first two octets of a cookie.
  func low(ofIdentification word: UInt16) -> UInt16 { word ^ UInt16(truncatingIfNeeded: cookieMask >> 16) }

  /// Whether a nonce is that of this probe.
  func isNonce(_ word: UInt64, of number: UInt64) -> Bool { nonce(number) == word }

  // MARK: TCP sequence

  /// A probe's TCP sequence: 16 bits of its nonce and 16 of its number.
  func sequence(_ number: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: nonce(number) >> 48) << 16
      | UInt32(UInt16(truncatingIfNeeded: number) ^ sequenceMask)
  }

  /// The low bits of the number that a TCP sequence stands for.
  func low(ofSequence sequence: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: sequence) ^ sequenceMask }
}
