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
    // Numbers count from 0, so the highest ones are free for constants.
    cookieMask = UInt32(truncatingIfNeeded: nonce(.max))
    sequenceMask = UInt16(truncatingIfNeeded: nonce(.max - 1))
    run = UInt16(truncatingIfNeeded: nonce(.max - 2))
  }

  // MARK: Payload cookie

  /// Octets of a cookie: 4 for the number, 8 for the nonce.
  static var cookieCount: Int { 12 }

  /// The two words of a probe's cookie, as they stand on the wire.
  func cookie(_ number: UInt64) -> (low: UInt32, nonce: UInt64) {
    (UInt32(truncatingIfNeeded: number) ^ cookieMask, nonce(number))
  }

  /// The low bits of the number that the first word of a cookie stands for.
  func low(_ word: UInt32) -> UInt32 { word ^ cookieMask }

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
