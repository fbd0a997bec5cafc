import ProbeEngine
import Timing
import Wire

@testable import Report

/// 02:00:00:00:00:`last`
func mac(_ last: UInt8) -> LinkLayerAddress {
  LinkLayerAddress([2, 0, 0, 0, 0, last] as [UInt8]) ?? LinkLayerAddress(EthernetAddress(truncating: 0))
}

/// fe80::`last`
func local(_ last: UInt8) -> IPv6Address { IPv6Address(bits: linkLocal.bits - 1 + UInt128(last)) }
/// 2001:db8:1::`last`
func onLink(_ last: UInt8) -> IPv6Address { IPv6Address(bits: router(0, last).bits | 1 << 80) }
let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)

func makeInterface(_ name: String = "eth0") -> KernelInterface {
  var interface = KernelInterface(index: 2, name: name, mtu: 1_500, link: mac(0xa))
  interface.ipv6MTU = 1_500
  return interface
}

func makeLinkRun(_ act: LinkRun.Act, _ names: [String] = [], interface: KernelInterface = makeInterface())
  -> LinkRun
{
  var view = KernelView(interface: interface, at: .zero)
  view.addresses = [KernelAddress(address: local(0xa), prefixLength: 64, interface: 2, flags: 0x80)]
  var run = LinkRun(act, view: view, version: "1.0")
  run.targets = names.enumerated().map { index, name in
    LinkRun.Target(name: name, canonicalName: name, address: onLink(UInt8(0xb + index)), zone: 0)
  }
  run.source = local(0xa)
  run.interfaceNames = [2: interface.name, 3: "eth1"]
  return run
}

func makeArrival(from link: LinkLayerAddress? = mac(0xb), microseconds: Int64 = 1_000) -> FrameArrival {
  let stamp = Instant.zero + .microseconds(microseconds)
  return FrameArrival(
    interface: 2, linkSource: link, linkDestination: mac(0xa), stamp: stamp, readAt: stamp + .microseconds(11)
  )
}

/// A message as the capture would have heard it: its rules are looked at.
func makeHeard(
  _ octets: [UInt8], from source: IPv6Address = onLink(0xb), to destination: IPv6Address = local(0xa),
  link: LinkLayerAddress? = mac(0xb), hopLimit: UInt8 = 255, microseconds: Int64 = 1_000
) -> HeardMessage {
  let envelope = NeighborEnvelope(
    source: source, destination: destination, hopLimit: hopLimit, isChecksumValid: true)
  return HeardMessage(
    arrival: makeArrival(from: link, microseconds: microseconds), envelope: envelope, octets: octets,
    broken: (133...137).contains(octets.first ?? 0) ? BrokenRule.all(in: octets.span, envelope) : [])
}

/// An option: type, and what stands behind its length, with zeros up to 8 octets.
func option(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
  let count = (data.count + 2 + 7) / 8 * 8
  return [type, UInt8(truncatingIfNeeded: count / 8)] + data
    + [UInt8](repeating: 0, count: count - data.count - 2)
}

/// The octets of an address.
func wireOctets(_ address: IPv6Address) -> [UInt8] {
  (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * UInt128($0))) }
}

/// A name in DNS wire form, of any octets.
func wireName(_ labels: [[UInt8]]) -> [UInt8] {
  labels.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 } + [0]
}

func makeAdvertisement(
  of target: IPv6Address = onLink(0xb), flags: UInt8 = 0x60, link: LinkLayerAddress? = mac(0xb)
) -> [UInt8] {
  [136, 0, 0, 0, flags, 0, 0, 0] + wireOctets(target) + (link.map { option(2, $0.octets) } ?? [])
}

func makeSolicitation(of target: IPv6Address = onLink(0xb), _ options: [UInt8] = []) -> [UInt8] {
  [135, 0, 0, 0, 0, 0, 0, 0] + wireOctets(target) + options
}

/// A router advertisement: lifetime 1800 s, hop limit 64, and options.
func makeRouterAdvertisement(
  hopLimit: UInt8 = 64, flags: UInt8 = 0, lifetime: UInt16 = 1_800, _ options: [[UInt8]] = []
) -> [UInt8] {
  [134, 0, 0, 0, hopLimit, flags, UInt8(lifetime >> 8), UInt8(lifetime & 0xff), 0, 0, 0, 0, 0, 0, 0, 0]
    + options.flatMap(\.self)
}

/// Prefix information: L and A, 1 d and 4 h, in 2001:db8:1::/64.
func makePrefix(flags: UInt8 = 0xc0, valid: UInt32 = 86_400, preferred: UInt32 = 14_400, length: UInt8 = 64)
  -> [UInt8]
{
  func word(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
  return option(3, [length, flags] + word(valid) + word(preferred) + [0, 0, 0, 0] + wireOctets(onLink(0)))
}

func makeAnswer(
  _ message: HeardMessage, _ standing: LinkAdvertisement.Standing = .answer, target: Int? = 0,
  microseconds: Int64? = 213
) -> LinkAdvertisement {
  var answer = LinkAdvertisement(message: message, target: target, standing: standing, attempt: 1)
  answer.roundTrip = microseconds.map { .microseconds($0) }
  answer.hostTransmit = .microseconds(20)
  answer.hostReceive = .microseconds(11)
  return answer
}

func makeClaim(_ link: LinkLayerAddress? = mac(0xb), frame: LinkLayerAddress? = nil) -> NeighborClaim {
  NeighborClaim(
    optionLink: link, frameLink: frame ?? link, source: onLink(0xb), flags: .init(rawValue: 0x60), answers: 1,
    roundTrip: .microseconds(213), firstAt: .zero)
}

func makeEntry(
  _ state: KernelNeighbor.State = .stale, _ link: LinkLayerAddress? = mac(0xb),
  address: IPv6Address = onLink(0xb)
) -> KernelNeighbor {
  var entry = KernelNeighbor(address: address, interface: 2, link: link, state: state)
  entry.confirmedAge = .seconds(40)
  entry.usedAge = .milliseconds(3_200)
  entry.updatedAge = .seconds(600)
  return entry
}

func makeNeighborSummary(
  _ verdict: NeighborVerdict, target: Int = 0, claims: [NeighborClaim] = [], kernel: KernelNeighbor? = nil,
  attempted: Int = 1
) -> NeighborSummary {
  var summary = NeighborSummary(target: target, verdict: verdict, at: .zero + .seconds(1))
  summary.claims = claims
  summary.kernel = kernel
  summary.attempted = attempted
  summary.answered = claims.isEmpty ? 0 : 1
  summary.unanswered = attempted - summary.answered
  return summary
}

func makeRouterRow(
  _ last: UInt8 = 1, _ message: HeardMessage, parts: [AcceptedPart]? = nil
) -> RouterRow {
  var row = RouterRow(address: local(last), advertisement: message, advertisements: 1, at: .zero)
  row.frameLink = message.arrival.linkSource
  row.roundTrip = .microseconds(104_112)
  row.at = message.arrival.stamp
  row.parts = parts
  return row
}

/// A whole run through a writer.
struct PrintedLink {
  var output = OutputBuffer()

  init(_ writer: some LinkWriter, _ run: LinkRun, _ events: [LinkEvent] = []) {
    var writer = writer
    writer.begin(run, at: .zero, wall: wall, into: &output)
    for event in events { writer.write(event, wall: wall, into: &output) }
    writer.end(at: .zero + .seconds(1), wall: wall, into: &output)
  }

  var standardOutput: String { String(decoding: output.standardOutput, as: UTF8.self) }
  var lines: [String] {
    standardOutput.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
