import Wire

/// The TCP segment that `traceroute -T` sends: its flags and options.
struct ButskoyTCPProbe {
  /// Given by `-O`; the low eight are the header's.
  private var flags: UInt16 = 0
  private var areFlagsExact = false
  private var hasECN = false
  private var hasSelectiveAcknowledgment = false
  private var hasTimestamps = false
  private var hasWindowScale = false
  private var usesKernelSettings = false
  private var maximumSegment: UInt16 = 0
  private(set) var showsFlags = false

  /// `setting`: the text of a kernel setting, such as `net/ipv4/tcp_sack`.
  init(words: [String], setting: (String) -> String?) throws(EarlyExit) {
    var scanner = ClifScanner(words, options: ButskoyTCPOption.all, isKeywords: true)
    while let found = try scanner.next() { try take(found) }
    // Words that only say how to print leave the kernel's settings in force.
    let isNothingAsked =
      flags == 0 && !areFlagsExact && !hasECN && !hasSelectiveAcknowledgment && !hasTimestamps
      && !hasWindowScale
    if isNothingAsked || usesKernelSettings {
      // 2 of tcp_ecn, the kernel's default, asks for nothing.
      func isOn(_ name: String) -> Bool { setting("net/ipv4/tcp_" + name)?.utf8.first == UInt8(ascii: "1") }
      hasECN = hasECN || isOn("ecn")
      hasSelectiveAcknowledgment = hasSelectiveAcknowledgment || isOn("sack")
      hasTimestamps = hasTimestamps || isOn("timestamps")
      hasWindowScale = hasWindowScale || isOn("window_scaling")
    }
    if flags == 0, !areFlagsExact { flags = hasECN ? 0xc2 : 0x02 }
  }

  private mutating func take(_ found: ClifScanner<ButskoyTCPOption>.Found) throws(EarlyExit) {
    switch found.key {
    case .flag(let bit): flags |= bit
    case .flags:
      guard let (value, _) = CNumber.unsigned(found.argument ?? "") else { throw found.complaint }
      flags = UInt16(value & 0xff)
      areFlagsExact = true
    case .ecn: hasECN = true
    case .selectiveAcknowledgment: hasSelectiveAcknowledgment = true
    case .timestamps: hasTimestamps = true
    case .windowScale: hasWindowScale = true
    case .kernelSettings: usesKernelSettings = true
    // Source ports are ours to choose, and none is held by a socket.
    case .reuse: break
    case .maximumSegment:
      guard let value = CNumber.unsignedInt(found.argument ?? "") else { throw found.complaint }
      maximumSegment = UInt16(truncatingIfNeeded: value)
    case .info: showsFlags = true
    }
  }

  var headerFlags: TCPHeader.Flags { TCPHeader.Flags(rawValue: flags) }

  /// The options in the order of the original (RFC 9293 §3.2, RFC 2018, RFC 7323). `stamp`: any 32 bits.
  func options(stamp: UInt32) -> [UInt8] {
    var octets: [UInt8] = []
    if flags & 0x02 != 0 {
      // What an IPv6 link of 1500 octets leaves behind both headers.
      let segment = maximumSegment == 0 ? 1_440 : maximumSegment
      octets += [2, 4, UInt8(segment >> 8), UInt8(truncatingIfNeeded: segment)]
    }
    if hasTimestamps {
      octets += hasSelectiveAcknowledgment ? [4, 2] : [1, 1]
      octets += [8, 10]
      for shift in [24, 16, 8, 0] as [UInt32] { octets.append(UInt8(truncatingIfNeeded: stamp >> shift)) }
      octets += [0, 0, 0, 0]
    } else if hasSelectiveAcknowledgment {
      octets += [1, 1, 4, 2]
    }
    if hasWindowScale { octets += [1, 3, 3, 2] }
    return octets
  }
}
