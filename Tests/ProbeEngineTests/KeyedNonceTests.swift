import Testing

@testable import ProbeEngine

/// Values of SipHash-2-4 by the PyPI package `siphash24`:
/// `siphash24.siphash24(n.to_bytes(8, "little"), key=k0.to_bytes(8, "little") + k1.to_bytes(8, "little"))`,
/// the digest read as a little-endian number.
@Suite struct KeyedNonceTests {
  @Test(
    arguments: [
      (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908, 0x0706_0504_0302_0100, 0x93f5_f579_9a93_2462),
      (0, 0, 0, 0xe849_e8bb_6ffe_2567),
      (0, 0, 1, 0x8004_c5a6_9410_5f5e),
      (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 65_536, 0x7a28_daf4_8ae2_8197),
      (.max, .max, .max, 0xf13e_7749_1777_f9d0),
      (7, 9, 0x1_0000_0001, 0x8607_a3de_52dd_523e),
    ] as [(UInt64, UInt64, UInt64, UInt64)])
  func `the nonce is SipHash-2-4 of the number`(k0: UInt64, k1: UInt64, number: UInt64, digest: UInt64) {
    #expect(KeyedNonce(key: (k0, k1))(number) == digest)
  }
}
