import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct HeardMessageTests {
  private typealias Link = SolicitedLink
  private let host = IPv6Address(bits: 0xfe80 << 112 | 0xa)
  private let router = IPv6Address(bits: 0xfe80 << 112 | 0x1)
  private let target = SolicitedLink.target(0)
  private let arrival = FrameArrival(
    interface: 3, linkSource: LinkLayerAddress([2, 0, 0, 0, 0, 9]), stamp: .zero, readAt: .zero)

  private func heard(_ octets: [UInt8]) -> HeardMessage? { HeardMessage(decoding: octets.span, arrival) }

  private func rules(_ octets: [UInt8]) -> [NeighborRule] { heard(octets)?.broken.map(\.rule) ?? [] }

  private func packet(
    _ message: [UInt8], from: IPv6Address? = nil, to: IPv6Address? = nil, hopLimit: UInt8 = 255,
    isAtomicFragment: Bool = false
  ) -> [UInt8] {
    LinkPacket(
      source: from ?? router, destination: to ?? host, hopLimit: hopLimit,
      isAtomicFragment: isAtomicFragment, message: message
    ).octets
  }

  private func solicitation(_ options: [UInt8] = [], target: IPv6Address? = nil) -> [UInt8] {
    [135, 0, 0, 0, 0, 0, 0, 0] + Link.octets(target ?? self.target) + options
  }

  private func advertisement(_ options: [UInt8] = []) -> [UInt8] {
    [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0] + options
  }

  private func redirect(to target: IPv6Address, for destination: IPv6Address) -> [UInt8] {
    [137, 0, 0, 0, 0, 0, 0, 0] + Link.octets(target) + Link.octets(destination)
  }

  /// An extension header between the header of a packet and the rest.
  private func inserting(_ kind: UInt8, _ header: [UInt8], into octets: [UInt8]) -> [UInt8] {
    var octets = octets
    octets.insert(contentsOf: [octets[6]] + header.dropFirst(), at: 40)
    octets[6] = kind
    octets[5] += UInt8(header.count)
    return octets
  }

  // MARK: Packets

  @Test func `a message is read with its envelope`() throws {
    let message = try #require(heard(packet(solicitation([1, 1, 2, 0, 0, 0, 0, 9]), to: target)))
    #expect(message.type == 135 && message.source == router && message.destination == target)
    #expect(message.envelope.hopLimit == 255 && message.envelope.isChecksumValid == true)
    #expect(!message.envelope.isFragmented && message.broken.isEmpty && !message.isDiscarded)
    #expect(message.octets.count == 32 && message.options == 24..<32)
    #expect(message.linkLayerAddress(.sourceLinkLayerAddress) == LinkLayerAddress([2, 0, 0, 0, 0, 9]))
    #expect(message.linkLayerAddress(.targetLinkLayerAddress) == nil && message.option(.nonce) == nil)
  }

  @Test func `what is no ICMPv6 in IPv6 is not heard`() {
    let good = packet(solicitation())
    #expect(heard([]) == nil)
    #expect(heard([0x45] + good.dropFirst()) == nil)
    var udp = good
    udp[6] = 17
    #expect(heard(udp) == nil)
    var none = good
    none[6] = 59
    #expect(heard(none) == nil)
    var encrypted = good
    encrypted[6] = 50
    #expect(heard(encrypted) == nil)
    // A header and nothing behind it.
    #expect(heard(packet([])) == nil)
  }

  @Test func `octets behind the payload length are the frame's padding`() throws {
    let message = try #require(heard(packet(solicitation()) + [0, 0, 0, 0, 0, 0]))
    #expect(message.octets.count == 24 && message.broken.isEmpty)
  }

  @Test func `extension headers are walked`() throws {
    let good = packet(solicitation())
    let hopByHop: [UInt8] = [0, 0, 5, 2, 0, 0, 1, 0]
    let padded: [UInt8] = [0, 0, 1, 4, 0, 0, 0, 0]
    // Segments left 0: it has come to its end.
    let routing: [UInt8] = [0, 2, 2, 0, 0, 0, 0, 0] + Link.octets(target)
    let authentication: [UInt8] = [0, 4, 0, 0] + [UInt8](repeating: 1, count: 20)
    for (kind, header) in [(0, hopByHop), (60, padded), (43, routing), (51, authentication)] {
      let message = try #require(heard(inserting(UInt8(kind), header, into: good)), "\(kind)")
      #expect(message.octets == Array(good.dropFirst(40)) && message.broken.isEmpty, "\(kind)")
    }
    let all = inserting(0, hopByHop, into: inserting(60, padded, into: inserting(43, routing, into: good)))
    #expect(heard(all)?.broken.isEmpty == true)
    // With segments left the checksum is that of the last address.
    var underway = inserting(43, routing, into: packet(solicitation(), to: target))
    underway[43] = 1
    underway.replaceSubrange(24..<40, with: Link.octets(host))
    #expect(heard(underway)?.envelope.isChecksumValid == true)
    #expect(heard(underway)?.destination == host)
  }

  @Test func `a fragment is heard if it is the first, and breaks the rule`() throws {
    let good = packet(solicitation())
    func fragment(offset: UInt16, isMore: Bool) -> [UInt8] {
      let word = offset | (isMore ? 1 : 0)
      return inserting(
        44, [0, 0, UInt8(word >> 8), UInt8(truncatingIfNeeded: word), 0, 0, 0, 7], into: good)
    }
    let first = try #require(heard(fragment(offset: 0, isMore: true)))
    #expect(first.envelope.isFragmented && first.envelope.isChecksumValid == nil && first.isDiscarded)
    #expect(first.broken.map(\.rule) == [.fragmented])
    #expect(heard(fragment(offset: 24, isMore: false)) == nil)
    #expect(heard(fragment(offset: 24, isMore: true)) == nil)
    let atomic = try #require(heard(fragment(offset: 0, isMore: false)))
    #expect(atomic.broken.map(\.rule) == [.fragmented] && atomic.envelope.isChecksumValid == true)
    #expect(atomic == heard(packet(solicitation(), isAtomicFragment: true)))
  }

  @Test func `a packet that is cut anywhere is not believed`() {
    let nonce: [UInt8] = [14, 1, 1, 2, 3, 4, 5, 6]
    let whole = packet(solicitation([1, 1, 2, 0, 0, 0, 0, 9] + nonce))
    #expect(heard(whole)?.broken.isEmpty == true)
    for count in 0..<whole.count {
      let message = heard(Array(whole.prefix(count)))
      #expect((message == nil) == (count <= 40), "\(count)")
      guard let message else { continue }
      #expect(message.isDiscarded && message.broken.first?.rule == .length, "\(count)")
      #expect(message.envelope.isChecksumValid == nil && message.octets.count == count - 40)
      // What is whole is still read.
      #expect((message.linkLayerAddress(.sourceLinkLayerAddress) != nil) == (count >= 72), "\(count)")
    }
  }

  @Test func `other messages break no rule of neighbor discovery`() {
    for type in [1, 128, 129, 130, 131, 143] as [UInt8] {
      let message = heard(packet([type, 9, 0, 0, 0, 0, 0, 1], hopLimit: 1))
      #expect(message?.broken.isEmpty == true && message?.options == nil)
    }
  }

  // MARK: Rules

  /// One message for each rule that breaks it and no other.
  private var breakers: [(NeighborRule, [UInt8])] {
    let link: [UInt8] = [1, 1, 2, 0, 0, 0, 0, 9]
    let group = IPv6Address(bits: 0xff02 << 112 | 1)
    let node = target.solicitedNodeMulticast
    var coded = solicitation()
    coded[1] = 1
    var spoiled = LinkPacket(source: router, destination: host, message: solicitation())
    spoiled.spoilChecksum()
    func prefix(_ length: UInt8, valid: UInt8, preferred: UInt8, first: UInt8) -> [UInt8] {
      [3, 4, length, 0xc0, 0, 0, 0, valid, 0, 0, 0, preferred, 0, 0, 0, 0, first, 0x80]
        + [UInt8](repeating: 0, count: 14)
    }
    return [
      (.hopLimit, packet(solicitation(), hopLimit: 254)),
      (.checksum, spoiled.octets),
      (.code, packet(coded)),
      (.length, packet(Array(solicitation().prefix(16)))),
      (.optionLength, packet(solicitation([7, 0, 0, 0, 0, 0, 0, 0]))),
      (.optionLength, packet(solicitation([7, 2, 0, 0, 0, 0, 0, 0]))),
      (.optionLength, packet(solicitation(link + [0, 0, 0, 0]))),
      (.fragmented, packet(solicitation(), isAtomicFragment: true)),
      (.sourceNotLinkLocal, packet(advertisement(), from: target)),
      (.sourceNotLinkLocal, packet(redirect(to: router, for: target), from: target)),
      (.linkLayerAddressFromUnspecified, packet(solicitation(link), from: .unspecified, to: node)),
      (
        .linkLayerAddressFromUnspecified,
        packet([133, 0, 0, 0, 0, 0, 0, 0] + link, from: .unspecified, to: group)
      ),
      (.unspecifiedToOther, packet(solicitation(), from: .unspecified, to: group)),
      (.targetMulticast, packet(solicitation(target: group))),
      (
        .solicitedToMulticast,
        packet([136, 0, 0, 0, 0x40, 0, 0, 0] + Link.octets(target), to: group)
      ),
      (.redirectDestinationMulticast, packet(redirect(to: router, for: group))),
      (.redirectTarget, packet(redirect(to: target, for: host))),
      (.optionLayout, packet(advertisement([3, 1, 64, 0xc0, 0, 0, 0, 1]))),
      (.prefixLength, packet(advertisement(prefix(129, valid: 2, preferred: 1, first: 0x20)))),
      (.prefixLinkLocal, packet(advertisement(prefix(64, valid: 2, preferred: 1, first: 0xfe)))),
      (.preferredAboveValid, packet(advertisement(prefix(64, valid: 1, preferred: 2, first: 0x20)))),
      (.mtuTooSmall, packet(advertisement([5, 1, 0, 0, 0, 0, 4, 0xff]))),
      (.reservedPreference, packet(advertisement([24, 1, 0, 0x10, 0, 0, 0, 60]))),
      (.nonceTooShort, packet(solicitation([14, 1, 1, 2, 3, 4, 5, 6]))),
      (.noFlagSet, packet(advertisement([26, 1, 0, 0, 0, 0, 0, 0]))),
      (.pref64Code, packet(advertisement([38, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))),
      (.labelTooLong, packet(advertisement([31, 2, 0, 0, 0, 0, 0, 9, 64, 65, 65, 65, 65, 65, 65, 0]))),
    ]
  }

  @Test func `each rule is broken alone by a message that was made for it`() {
    for (rule, octets) in breakers where rule != .nonceTooShort {
      #expect(rules(octets) == [rule], "\(rule)")
      #expect(heard(octets)?.isDiscarded == (rule.consequence == .messageDiscarded), "\(rule)")
    }
    // An option is 8 octets long at least, so that a nonce in one has its 6.
    #expect(breakers.filter { $0.0 == .nonceTooShort }.allSatisfy { rules($0.1).isEmpty })
    let told = Set(breakers.map(\.0))
    #expect((UInt8.min...UInt8.max).compactMap(NeighborRule.init(rawValue:)).allSatisfy { told.contains($0) })
  }

  @Test func `several broken rules are told in order, those of options with their offset`() throws {
    let mtu: [UInt8] = [5, 1, 0, 0, 0, 0, 0, 1]
    var message = advertisement(mtu + [250, 1, 0, 0, 0, 0, 0, 0] + mtu + [9, 0, 0, 0, 0, 0, 0, 0])
    message[1] = 3
    let told = try #require(heard(packet(message, from: target, hopLimit: 1)))
    #expect(
      told.broken == [
        BrokenRule(.hopLimit), BrokenRule(.code), BrokenRule(.sourceNotLinkLocal),
        BrokenRule(.mtuTooSmall, at: 16), BrokenRule(.mtuTooSmall, at: 32), BrokenRule(.optionLength, at: 40),
      ])
  }

  // MARK: Options

  /// One good option of each type whose layout is known.
  private var options: [[UInt8]] {
    let address = Link.octets(target)
    let name: [UInt8] = [1, 97, 1, 98, 0]
    return [
      [1, 1, 2, 0, 0, 0, 0, 9], [2, 1, 2, 0, 0, 0, 0, 9],
      [3, 4, 64, 0xc0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0] + address,
      [4, 6, 0, 0, 0, 0, 0, 0, 0x60] + [UInt8](repeating: 0, count: 39),
      [5, 1, 0, 0, 0, 0, 5, 220], [7, 1, 0, 0, 0, 0, 3, 232], [8, 1, 0, 0, 0, 1, 0, 60],
      [11, 2, 3, 0] + [UInt8](repeating: 5, count: 12), [12, 4, 0, 0] + [UInt8](repeating: 6, count: 28),
      [13, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], [14, 1, 1, 2, 3, 4, 5, 6],
      [21, 3, 0x80, 0, 0, 1] + name + [0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8),
      [24, 3, 128, 8, 0, 0, 0, 60] + address, [25, 3, 0, 0, 0, 0, 0, 60] + address,
      [26, 1, 0x80, 0, 0, 0, 0, 0], [31, 2, 0, 0, 0, 0, 0, 60] + name + [0, 0, 0],
      [33, 2, 0, 0, 0, 0, 0, 9] + [UInt8](repeating: 7, count: 8),
      [34, 2, 64, 0x11, 0, 0, 0, 9] + [UInt8](repeating: 7, count: 8),
      [35, 3, 0, 1, 0, 0, 0, 9] + address, [36, 1, 0, 1, 0, 0, 0, 0],
      [37, 2] + Array("http://x/abcde".utf8), [38, 2, 0, 0, 0, 100, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
      [144, 6, 0, 1, 0, 0, 0, 60, 0, 5] + name + [0, 16] + address + [0, 5, 0, 1, 0, 1, 97]
        + [UInt8](repeating: 0, count: 8), [250, 2] + [UInt8](repeating: 8, count: 14),
    ]
  }

  @Test func `an option that is cut at any octet breaks the message, and what stands before it is read`()
    throws
  {
    let mtu: [UInt8] = [5, 1, 0, 0, 0, 0, 5, 220]
    for option in options {
      #expect(option.count % 8 == 0 && Int(option[1]) * 8 == option.count, "\(option)")
      let whole = try #require(heard(packet(advertisement(mtu + option))))
      #expect(whole.broken.isEmpty, "\(option): \(whole.broken)")
      for count in 1..<option.count {
        let message = try #require(heard(packet(advertisement(mtu + option.prefix(count)))))
        #expect(message.broken.map(\.rule) == [.optionLength], "\(option[0]) cut at \(count)")
        #expect(message.broken.first?.offset == 24 && message.isDiscarded)
        #expect(message.option(.mtu) == Array(mtu.dropFirst(2)))
        #expect(message.option(NeighborOptionType(rawValue: option[0])) == nil || option[0] == 5)
      }
    }
  }

  @Test func `an option of any other length never hides the next one`() throws {
    for option in options {
      for units in 1...8 {
        var other = Array(option.prefix(units * 8))
        other += [UInt8](repeating: 0, count: units * 8 - other.count)
        other[1] = UInt8(units)
        let last: [UInt8] = [15, 1, 9, 9, 9, 9, 9, 9]
        let message = try #require(heard(packet(advertisement(other + last))))
        #expect(
          !message.isDiscarded && message.broken.allSatisfy { $0.offset == 16 }, "\(option[0]) \(units)")
        #expect(message.option(NeighborOptionType(rawValue: 15)) == [9, 9, 9, 9, 9, 9])
      }
    }
    func rule(_ option: [UInt8]) -> [NeighborRule] { rules(packet(advertisement(option))) }
    // Types of one length, with one unit more.
    for option in options where [3, 5, 7, 8, 13, 35, 36, 38].contains(option[0]) {
      var longer = option + [UInt8](repeating: 0, count: 8)
      longer[1] += 1
      #expect(rule(longer) == [.optionLayout], "\(option[0])")
    }
  }

  @Test func `link-layer addresses are as long as the link's`() {
    func address(_ frame: [UInt8]?, _ option: [UInt8]) -> [UInt8]? {
      let arrival = FrameArrival(
        interface: 1, linkSource: frame.flatMap { LinkLayerAddress($0) }, stamp: .zero, readAt: .zero)
      let octets = packet(solicitation(option))
      return HeardMessage(decoding: octets.span, arrival)?.linkLayerAddress(.sourceLinkLayerAddress)?.octets
    }
    let six: [UInt8] = [1, 2, 3, 4, 5, 6]
    let eight: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    #expect(address(six, [1, 1] + six) == six)
    #expect(address(nil, [1, 1] + six) == six)
    #expect(address(eight, [1, 2] + eight + [0, 0, 0, 0, 0, 0]) == eight)
    #expect(address(eight, [1, 1] + six) == six)
    #expect(address(six, [1, 2] + eight + [0, 0, 0, 0, 0, 0])?.count == 14)
    // The first one counts.
    #expect(address(six, [1, 1] + six + [1, 1, 9, 9, 9, 9, 9, 9]) == six)
  }

  @Test func `random octets never trap`() {
    var random = RandomNumbers(seed: 6980)
    for round in 0..<20_000 {
      var octets = (0..<Int.random(in: 0...160, using: &random)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      if octets.count > 42, round % 4 != 0 {
        octets[0] = 0x60
        octets[6] = [58, 0, 43, 44, 60][Int.random(in: 0..<5, using: &random)]
        if round % 2 == 0 { octets[40] = UInt8.random(in: 130...137, using: &random) }
      }
      guard let message = heard(octets) else { continue }
      #expect(message.octets.count <= octets.count - 40 && !message.octets.isEmpty)
      #expect(message.broken.allSatisfy { ($0.offset ?? 0) <= message.octets.count })
      _ = message.option(.targetLinkLayerAddress)
    }
  }
}
