import Testing

@testable import Wire

@Suite struct NeighborRuleTests {
  private static let linkLocal = IPv6Address("fe80::1") ?? .loopback
  private static let target = IPv6Address("2001:db8::b") ?? .loopback

  private let none: [UInt8] = []

  private func message(_ body: (inout MutableSpan<UInt8>) throws -> Int) rethrows -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: 256)
    var span = octets.mutableSpan
    let count = try body(&span)
    return Array(octets[..<count])
  }

  private func solicitation(options: [UInt8] = []) throws -> [UInt8] {
    try message { try NeighborSolicitation(target: Self.target).encode(into: &$0, options: options.span) }
  }

  private func advertisement(options: [UInt8] = []) throws -> [UInt8] {
    try message { try RouterAdvertisement(lifetime: 1800).encode(into: &$0, options: options.span) }
  }

  private func broken(
    _ octets: [UInt8], from source: IPv6Address = linkLocal, to destination: IPv6Address? = nil,
    hopLimit: UInt8 = 255, isFragmented: Bool = false, isChecksumValid: Bool? = true
  ) -> [NeighborRule] {
    let set = NeighborRule.broken(
      by: octets.span,
      NeighborEnvelope(
        source: source, destination: destination ?? Self.target.solicitedNodeMulticast, hopLimit: hopLimit,
        isFragmented: isFragmented, isChecksumValid: isChecksumValid))
    return every.filter { set.contains($0) }
  }

  private var every: [NeighborRule] { (UInt8.min...UInt8.max).compactMap(NeighborRule.init(rawValue:)) }

  // What Linux answers and what it drops (the crafted solicitations of the neighbor lab) is the oracle of these.
  @Test func `what the kernel answers breaks no rule`() throws {
    let address: [UInt8] = [1, 1, 2, 0, 0, 0, 0, 11]
    #expect(broken(try solicitation(options: address)).isEmpty)
    #expect(broken(try solicitation(), to: Self.target).isEmpty)
    #expect(broken(try solicitation(), from: .unspecified).isEmpty)
    #expect(broken(try solicitation(options: [14, 1, 1, 2, 3, 4, 5, 6]), from: .unspecified).isEmpty)
    var reserved = try solicitation(options: address)
    reserved[4] = 0xff
    #expect(broken(reserved).isEmpty)
    #expect(broken(try solicitation(options: [250, 1, 0, 0, 0, 0, 0, 0] + address)).isEmpty)
  }

  @Test func `what the kernel drops breaks the rule that says so`() throws {
    let address: [UInt8] = [1, 1, 2, 0, 0, 0, 0, 11]
    let plain = try solicitation(options: address)
    #expect(broken(plain, hopLimit: 254) == [.hopLimit])
    #expect(broken(plain, isChecksumValid: false) == [.checksum])
    #expect(broken(plain, isFragmented: true) == [.fragmented])
    var coded = plain
    coded[1] = 1
    #expect(broken(coded) == [.code])
    #expect(broken(Array(plain[..<16])) == [.length])
    #expect(broken(plain, from: .unspecified) == [.linkLayerAddressFromUnspecified])
    #expect(broken(try solicitation(), from: .unspecified, to: Self.target) == [.unspecifiedToOther])
    var group = plain
    group[8] = 0xff
    #expect(broken(group) == [.targetMulticast])
    #expect(broken(try solicitation(options: [1, 0, 2, 0, 0, 0, 0, 11])) == [.optionLength])
    #expect(broken(try solicitation(options: [1, 2, 2, 0, 0, 0, 0, 11])) == [.optionLength])
    #expect(broken(try solicitation(options: address + [0, 0, 0, 0])) == [.optionLength])
  }

  @Test func `an advertisement comes from a link-local address`() throws {
    #expect(broken(try advertisement()).isEmpty)
    #expect(broken(try advertisement(), from: Self.target) == [.sourceNotLinkLocal])
  }

  @Test func `a solicited answer is not multicast`() throws {
    let answer = try message {
      try NeighborAdvertisement(flags: .solicited, target: Self.target).encode(into: &$0, options: none.span)
    }
    #expect(broken(answer, to: Self.linkLocal).isEmpty)
    #expect(broken(answer, to: IPv6Address("ff02::1")) == [.solicitedToMulticast])
  }

  @Test func `a redirect names a link-local router or the destination itself`() throws {
    func redirect(to target: IPv6Address, for destination: IPv6Address) throws -> [UInt8] {
      try message {
        try Redirect(target: target, destination: destination).encode(into: &$0, options: none.span)
      }
    }
    #expect(broken(try redirect(to: Self.linkLocal, for: Self.target)).isEmpty)
    #expect(broken(try redirect(to: Self.target, for: Self.target)).isEmpty)
    #expect(broken(try redirect(to: .loopback, for: Self.target)) == [.redirectTarget])
    let group = IPv6Address("ff02::1") ?? .loopback
    #expect(broken(try redirect(to: Self.linkLocal, for: group)) == [.redirectDestinationMulticast])
  }

  @Test(
    arguments: [
      ([5, 1, 0, 0, 0, 0, 4, 255], NeighborRule.mtuTooSmall),
      ([5, 2, 0, 0, 0, 0, 5, 220, 0, 0, 0, 0, 0, 0, 0, 0], .optionLayout),
      ([3, 1, 64, 0xc0, 0, 0, 0, 1], .optionLayout),
      ([25, 2, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0], .optionLayout),
      ([26, 1, 0, 0, 0, 0, 0, 0], .noFlagSet),
      ([14, 1, 1, 2, 3, 4, 5, 6], nil),
      ([24, 1, 0, 0x10, 0, 0, 0, 60], .reservedPreference),
      ([24, 1, 64, 0, 0, 0, 0, 60], .optionLayout),
      ([38, 2, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .pref64Code),
      ([31, 2, 0, 0, 0, 0, 0, 60, 64, 65, 65, 65, 65, 65, 65, 0], .labelTooLong),
      ([31, 2, 0, 0, 0, 0, 0, 60, 1, 97, 0, 0, 0, 0, 0, 0], nil),
    ] as [([UInt8], NeighborRule?)])
  func `an option that breaks a rule is ignored, and the message holds`(
    option: [UInt8], rule: NeighborRule?
  ) throws {
    let octets = try advertisement(options: option)
    #expect(broken(octets) == (rule.map { [$0] } ?? []))
    let set = NeighborRule.broken(
      by: octets.span,
      NeighborEnvelope(source: Self.linkLocal, destination: .loopback, hopLimit: 255))
    #expect(!set.discardsMessage)
  }

  @Test func `a prefix longer than an address, or preferred for longer than valid, is ignored`() throws {
    func prefix(_ length: UInt8, valid: UInt8, preferred: UInt8, first: UInt8 = 0x20) -> [UInt8] {
      [3, 4, length, 0xc0, 0, 0, 0, valid, 0, 0, 0, preferred, 0, 0, 0, 0, first, 0x80]
        + [UInt8](repeating: 0, count: 14)
    }
    #expect(broken(try advertisement(options: prefix(64, valid: 2, preferred: 1))).isEmpty)
    #expect(broken(try advertisement(options: prefix(200, valid: 2, preferred: 1))) == [.prefixLength])
    #expect(broken(try advertisement(options: prefix(64, valid: 1, preferred: 2))) == [.preferredAboveValid])
    #expect(
      broken(try advertisement(options: prefix(64, valid: 2, preferred: 1, first: 0xfe))) == [
        .prefixLinkLocal
      ])
  }

  @Test func `every rule says what should have been and where it is written`() {
    #expect(every.count == 23)
    for rule in every {
      #expect(!rule.text.description.isEmpty)
      #expect(rule.section.description.hasPrefix("RFC "))
    }
    #expect(every.filter { $0.consequence == .messageDiscarded }.count == 13)
  }

  @Test func `options come back`() throws {
    var random = SplitMix(seed: 4861)
    for count in 0..<200 {
      let data = random.octets(count)
      let octets = try message {
        try NeighborOption.encode(NeighborOptionType(rawValue: 250), data: data.span, into: &$0)
      }
      var walk = NeighborOptionWalk(range: 0..<octets.count)
      let option = try walk.next(in: octets.span)
      #expect(option?.range == 0..<octets.count)
      #expect(octets.count % 8 == 0)
      #expect(Array(octets[2..<(2 + count)]) == data)
      #expect(try walk.next(in: octets.span) == nil)
    }
  }
}
