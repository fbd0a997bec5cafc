import ProbeEngine
package import Wire

/// What the command lines of `ndisc6` and `rdisc6` decide about the text.
package struct NdiscTextOptions: Hashable, Sendable {
  /// `-q`: nothing but what scripts want, the link-layer address or the prefixes.
  package var isQuiet = false
  /// `-1`, and ndisc6 without `-m`: the first answer and no other.
  package var isSingle = false
  /// Without `-d`: nobody but those who were asked is shown.
  package var solicits = true
  /// `-r`
  package var attempts: UInt32 = 3
  /// As given.
  package var name: String
  package var address: IPv6Address
  /// As given.
  package var interface: String
  /// argv[0], which notices begin with.
  package var programName: String

  package init(name: String, address: IPv6Address, interface: String, programName: String) {
    self.name = name
    self.address = address
    self.interface = interface
    self.programName = programName
  }

  /// The first line, which is printed before anything is sent; empty where the text is to be quiet.
  package func putHeader(into out: inout [UInt8]) {
    guard !isQuiet else { return }
    out.put("Soliciting ")
    Escape.text(name, into: &out)
    out.put(" (")
    out.put(presentation: address)
    out.put(") on ")
    Escape.text(interface, into: &out)
    out.put("...\n")
  }
}

/// The lines that ndisc6 and rdisc6 have in common: what is asked, attempts without an answer, and the end.
struct NdiscLines {
  private enum Limits {
    /// "Timed out." for attempts that nobody had to wait for.
    static let attemptsNotMade: UInt32 = 255
  }

  let options: NdiscTextOptions
  private var hasAnswer = false
  private var hasAnswerInAttempt = false
  /// An attempt could not be made: the original ends there.
  private var hasFailed = false

  init(options: NdiscTextOptions) { self.options = options }

  /// Whether this advertisement is one to show; such a one is an answer.
  ///
  /// - evenUnsolicited: nobody need have asked for it.
  mutating func takes(_ advertisement: LinkAdvertisement, type: UInt8, evenUnsolicited: Bool) -> Bool {
    guard !hasFailed, options.attempts > 0, advertisement.message.type == type,
      !advertisement.message.isDiscarded
    else { return false }
    switch advertisement.standing {
    case .answer, .repeated: break
    case .unsolicited: if !evenUnsolicited { return false }
    case .discarded, .loopedBack: return false
    }
    return !(options.isSingle && hasAnswer)
  }

  /// An answer was shown.
  mutating func noteAnswer(from source: IPv6Address, into out: inout [UInt8]) {
    hasAnswer = true
    hasAnswerInAttempt = true
    guard !options.isQuiet else { return }
    out.put(" from ")
    out.put(presentation: source)
    out.put(0x0a)
  }

  /// Lines that the other events make.
  mutating func write(_ event: LinkEvent, into out: inout OutputBuffer) {
    switch event {
    case .attemptEnded:
      if !hasAnswerInAttempt, !hasFailed, options.attempts > 0 { put("Timed out.\n", into: &out) }
      hasAnswerInAttempt = false
    case .sendFailed(_, let errno):
      guard !hasFailed, !hasAnswer else { return }
      hasFailed = true
      out.standardError.put("Sending ICMPv6 packet: \(ErrnoText.text(Self.errnoOfRoute(errno)))\n")
    case .summary(.neighbor(let summary)):
      // The original waits for an answer from the host that it runs on, and gets none.
      if summary.verdict == .local {
        for _ in 0..<min(options.attempts, Limits.attemptsNotMade) { put("Timed out.\n", into: &out) }
      }
      if summary.verdict != .interrupted { end(into: &out) }
    case .summary(.routers(let summary)):
      if !summary.isInterrupted { end(into: &out) }
    default: break
    }
  }

  /// ENETDOWN is what a frame meets on an interface that is down; the original's packet had no route to it before,
  /// ENETUNREACH.
  private static func errnoOfRoute(_ errno: Int32) -> Int32 { errno == 100 ? 101 : errno }

  private func end(into out: inout OutputBuffer) {
    if !hasAnswer, !hasFailed { put("No response.\n", into: &out) }
  }

  private func put(_ line: String, into out: inout OutputBuffer) {
    if !options.isQuiet { out.standardOutput.put(line) }
  }
}

extension [UInt8] {
  /// The address as inet_ntop(3) writes it: as RFC 5952, and the IPv4-compatible ones (::/96 beyond ::/112) with a
  /// dotted tail as well.
  mutating func put(presentation address: IPv6Address) {
    guard address.bits >> 32 == 0, address.bits >> 16 != 0 else { return put(address) }
    put("::")
    put(ipv4: UInt32(truncatingIfNeeded: address.bits))
  }

  /// Octets in capitals with colons between, and a newline; nothing at all for none.
  mutating func putLinkLayerAddress(_ octets: some Sequence<UInt8>) {
    var isFirst = true
    for octet in octets {
      if !isFirst { put(0x3a) }
      isFirst = false
      for nibble in [octet >> 4, octet & 0xf] { put(nibble < 10 ? 0x30 &+ nibble : 0x37 &+ nibble) }
    }
    if !isFirst { put(0x0a) }
  }
}
