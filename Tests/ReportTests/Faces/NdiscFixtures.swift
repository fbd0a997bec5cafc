import ProbeEngine
import Timing
import Wire

@testable import Report

/// Whose addresses the tests of ndisc6's and rdisc6's texts show.
enum NdiscFixture {
  /// 2001:db8::b
  static let target = IPv6Address(bits: 0x2001_0db8 << 96 | 0xb)
  /// fe80::1
  static let firstRouter = IPv6Address(bits: 0xfe80 << 112 | 1)
  /// fe80::2
  static let secondRouter = IPv6Address(bits: 0xfe80 << 112 | 2)

  static func options(_ body: (inout NdiscTextOptions) -> Void = { _ in }) -> NdiscTextOptions {
    var options = NdiscTextOptions(
      name: "host.example", address: target, interface: "eth0", programName: "ndisc6")
    body(&options)
    return options
  }

  /// A type, a length in units of 8 octets, and what they frame.
  static func option(_ type: UInt8, _ units: UInt8, _ data: [UInt8]) -> [UInt8] { [type, units] + data }

  /// So many octets, filled by `encode`.
  private static func message(
    _ count: Int, _ encode: (inout MutableSpan<UInt8>) throws(WireError) -> Int
  ) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: count)
    var span = octets.mutableSpan
    _ = try? encode(&span)
    return octets
  }

  static func heard(_ octets: [UInt8], from source: IPv6Address, hopLimit: UInt8 = 255) -> HeardMessage {
    let envelope = NeighborEnvelope(
      source: source, destination: IPv6Address(bits: 0xfe80 << 112 | 0xa), hopLimit: hopLimit,
      isChecksumValid: true)
    return HeardMessage(
      arrival: FrameArrival(interface: 2, stamp: .zero, readAt: .zero), envelope: envelope, octets: octets,
      broken: BrokenRule.all(in: octets.span, envelope))
  }

  /// An advertisement of `target`.
  static func neighbor(
    _ options: [UInt8], from source: IPv6Address = target, standing: LinkAdvertisement.Standing = .answer
  ) -> LinkEvent {
    let octets = message(NeighborAdvertisement.headerCount + options.count) {
      span throws(WireError) in
      try NeighborAdvertisement(flags: .solicited, target: target).encode(into: &span, options: options.span)
    }
    return .advertisement(
      LinkAdvertisement(
        message: heard(octets, from: source), target: 0, standing: standing, attempt: 1))
  }

  /// Of the link-layer address 02:00:00:00:ab:`last`.
  static func neighbor(_ last: UInt8, standing: LinkAdvertisement.Standing = .answer) -> LinkEvent {
    neighbor(option(2, 1, [2, 0, 0, 0, 0xab, last]), standing: standing)
  }

  static func router(
    _ header: RouterAdvertisement = RouterAdvertisement(lifetime: 1_800), _ options: [UInt8] = [],
    from source: IPv6Address = firstRouter, hopLimit: UInt8 = 255,
    standing: LinkAdvertisement.Standing = .answer
  ) -> LinkEvent {
    let octets = message(RouterAdvertisement.headerCount + options.count) {
      span throws(WireError) in
      try header.encode(into: &span, options: options.span)
    }
    return .advertisement(
      LinkAdvertisement(
        message: heard(octets, from: source, hopLimit: hopLimit), target: nil, standing: standing, attempt: 1)
    )
  }

  static func attemptEnded(_ attempt: Int = 1) -> LinkEvent {
    .attemptEnded(target: 0, attempt: attempt, answers: 0, at: .zero)
  }

  static func end(_ verdict: NeighborVerdict = .absent) -> LinkEvent {
    .summary(.neighbor(NeighborSummary(target: 0, verdict: verdict, at: .zero)))
  }

  static func sendFailed(_ errno: Int32, attempt: Int = 1) -> LinkEvent {
    .sendFailed(
      LinkProbe(
        number: 0, target: 0, type: 135, source: firstRouter, destination: target, attempt: attempt, at: .zero
      ),
      errno: errno)
  }

  /// What a writer prints of events.
  static func printed(_ writer: some LinkWriter, _ events: [LinkEvent]) -> (out: String, error: String) {
    var writer = writer
    var out = OutputBuffer()
    let interface = KernelInterface(index: 2, name: "eth0", mtu: 1_500, link: nil)
    writer.begin(
      LinkRun(.resolve, view: KernelView(interface: interface, at: .zero), version: "0"), at: .zero,
      wall: wall, into: &out)
    for event in events { writer.write(event, wall: wall, into: &out) }
    writer.end(at: .zero, wall: wall, into: &out)
    return (
      String(decoding: out.standardOutput, as: UTF8.self), String(decoding: out.standardError, as: UTF8.self)
    )
  }
}
