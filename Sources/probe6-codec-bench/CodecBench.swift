import Glibc
import Wire

private let rounds = 101
/// Calls in a round: some tenths of a millisecond, long beside a read of the clock, short beside a time slice.
private let calls = 20_000

/// Keeps a result from being optimised away: the compiler cannot see what becomes of it.
@inline(never) private func blackHole(_ value: UInt64) { withExtendedLifetime(value) {} }

private func nanoseconds() -> Int64 {
  var now = timespec()
  // `now` lives through the call, which writes nothing else.
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// The median time of one call.
private func median(_ body: (Int) -> UInt64) -> Double {
  var times: [Double] = []
  for round in 0...rounds {
    var sum: UInt64 = 0
    let start = nanoseconds()
    for call in 0..<calls { sum &+= body(call) }
    let end = nanoseconds()
    blackHole(sum)
    // The first round warms up.
    if round > 0 { times.append(Double(end - start) / Double(calls)) }
  }
  times.sort()
  return times[times.count / 2]
}

private func report(_ name: String, _ value: Double, _ unit: String) {
  let hundredths = Int((value * 100).rounded())
  let fraction = hundredths % 100
  print("\(name) \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(unit)")
}

private let source = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
private let destination = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0002)

func printFigures() {
  var buffer = [UInt8](repeating: 0, count: 2048)
  var span = buffer.mutableSpan
  let data = (0..<96).map { UInt8($0) }
  let failure = "the codec refused a message of the bench"

  // Encode: header, 96 octets of data and the checksum over pseudo-header and message, 104 octets in all.
  report(
    "echo_encode_104",
    median { call in
      let echo = ICMPv6Echo(.request, identifier: 0xbeef, sequence: UInt16(truncatingIfNeeded: call))
      guard let count = try? echo.encode(into: &span, data: data.span, from: source, to: destination) else {
        fatalError(failure)
      }
      return UInt64(truncatingIfNeeded: count) &+ UInt64(span[2])
    }, "ns")

  guard
    let template = try? EchoTemplate(
      encodingInto: &span, layout: EchoTemplate.Layout(dataCount: 96), identifier: 0xbeef, fill: [0x70].span,
      addresses: (source, destination))
  else { fatalError(failure) }
  report(
    "echo_patch_104",
    median { call in
      let value = UInt64(truncatingIfNeeded: call)
      guard
        (try? template.patch(
          &span, sequence: UInt16(truncatingIfNeeded: call), stamp: (value, value &* 3), nonce: value &* 5))
          != nil
      else { fatalError(failure) }
      return UInt64(span[2])
    }, "ns")

  // Sixteen messages in turn, so that no result can be kept from one call to the next.
  let message = span.span.copy(104)
  let messages = (0..<16).flatMap { _ in message }
  report(
    "echo_decode_104",
    median { call in
      let start = (call & 15) * 104
      guard let echo = try? ICMPv6Echo(decoding: messages.span.extracting(start..<(start + 104))) else {
        fatalError(failure)
      }
      var sum = UInt64(echo.sequence) ^ UInt64(echo.identifier) ^ UInt64(echo.checksum) ^ UInt64(echo.code)
      sum ^= UInt64(echo.kind.rawValue) ^ UInt64(truncatingIfNeeded: echo.data.count)
      return sum &* UInt64(truncatingIfNeeded: call)
    }, "ns")

  for count in [104, 1232] {
    let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    let time = median { call in
      var checksum = InternetChecksum()
      checksum.add(UInt16(truncatingIfNeeded: call))
      checksum.add(octets.span)
      return UInt64(checksum.value)
    }
    report("checksum_\(count)", time, "ns")
    report("checksum_\(count)_rate", Double(count) / time, "GB/s")
  }
  for count in [104, 1232] {
    let from = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    var to = [UInt8](repeating: 0, count: count)
    let time = median { call in
      // Both arrays hold `count` octets and live through the call.
      unsafe to.withUnsafeMutableBytes { target in
        unsafe from.withUnsafeBytes { octets in
          if let target = target.baseAddress, let octets = octets.baseAddress {
            unsafe memcpy(target, octets, count)
          }
        }
      }
      return UInt64(to[call % count])
    }
    report("memcpy_\(count)", time, "ns")
    report("memcpy_\(count)_rate", Double(count) / time, "GB/s")
  }
}

extension Span where Element == UInt8 {
  fileprivate func copy(_ count: Int) -> [UInt8] {
    var octets: [UInt8] = []
    for index in 0..<count { octets.append(self[index]) }
    return octets
  }
}
