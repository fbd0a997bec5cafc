import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Which way a group's probes take.
enum SampleWay: Sendable {
  case echo, udp, tcp
  /// The engine sends nothing itself.
  case order

  init(_ probe: SampleProbe) {
    switch probe {
    case .echo: self = .echo
    case .udp: self = .udp
    case .tcp: self = .tcp
    case .trace, .neighbor: self = .order
    }
  }
}

/// A socket that all probes of one kind share, and what is known of the stamps of what left by it.
final class SampleSocket<Socket: ProbeSocket & ~Copyable> {
  let socket: Socket
  /// The kernel hands back our own probe number with each transmit stamp (Linux 6.13).
  let numbersStamps: Bool
  private let stamps: TransmitStamps
  var ledger = StampLedger()
  /// Transmit stamps that have not come yet; one that the kernel had no room for stays among them.
  var stampsOut = 0
  /// What a local error said last (EMSGSIZE).
  var localMTU: UInt32?
  private var seenDrops: UInt32

  init(_ socket: consuming Socket, stamps: TransmitStamps, isUDP: Bool) {
    numbersStamps = socket.takesStampIdentifier(port: isUDP ? 1 : 0)
    self.stamps = stamps
    seenDrops = socket.receiveDrops ?? 0
    self.socket = socket
  }

  /// Whether the kernel counted a message that it then refused is unknown; setting the option anew starts from 0.
  func rearmStamps() {
    guard !numbersStamps else { return }
    try? socket.setTimestamps(transmit: .none)
    try? socket.setTimestamps(transmit: stamps)
    ledger.restart()
  }

  /// Messages that the kernel had no room for since the last call.
  func newDrops() -> UInt64 {
    guard let drops = socket.receiveDrops else { return 0 }
    defer { seenDrops = drops }
    return UInt64(drops &- seenDrops)
  }
}

/// The sockets of a run that probes share, and the capture where replies come by libpcap.
struct SampleSockets: ~Copyable {
  var echo: SampleSocket<ICMPv6Socket>?
  var udp: SampleSocket<UDPSocket>?
  var capture: CaptureOpening?
  /// What a probe fails with for which there is no socket.
  var echoFailure = Errno.operationNotPermitted
  var udpFailure = Errno.operationNotPermitted
  var identifier: UInt16 = 0

  /// Room for what a second may bring, where the kernel gives it: 254 addresses asked as fast as possible answer in
  /// less.
  private static let receiveBuffer = 8 << 20

  init() {}

  /// Opens what the groups need and what is not open yet; what fails is a note, and the first failure's reason.
  mutating func openMissing(_ request: SampleRequest, _ start: inout SampleStart) -> PingFailure? {
    var failure: PingFailure?
    let ways = request.configuration.groups.map { SampleWay($0.probe) }
    if ways.contains(.echo), echo == nil {
      do throws(PingFailure) { try openEcho(request, &start) } catch {
        echoFailure = error.errno ?? .operationNotPermitted
        start.notes.append("echo: \(error.shortText)")
        failure = error
      }
    }
    if ways.contains(.udp), udp == nil {
      do throws(PingFailure) { try openUDP(request) } catch {
        udpFailure = error.errno ?? .operationNotPermitted
        start.notes.append("UDP: \(error.shortText)")
        failure = failure ?? error
      }
    }
    return failure
  }

  /// Opens the "ping" socket, else a raw one with a capture.
  mutating func openEcho(_ request: SampleRequest, _ start: inout SampleStart) throws(PingFailure) {
    var ping = PingRequest()
    ping.path = request.usesRawSocket ? .raw : .automatic
    var pingStart = PingStart()
    let socket = try PingSetup.openSocket(ping, &pingStart)
    let isRaw = socket.kind == .raw
    start.path = socket.kind
    start.notes += pingStart.notes
    // Whole replies alone come by capture; where some are longer the socket puts them together.
    let longest = request.configuration.groups.map(\.echoLength).max() ?? 0
    var isCaptured = isRaw && longest <= PingSetup.largestUnfragmented
    if isCaptured {
      do throws(PingFailure) {
        let opening = try CaptureOpening.ofEcho()
        try opening.wait()
        capture = opening
      } catch {
        // The raw socket hears the same; only its stamps are a little later.
        isCaptured = false
        start.notes.append("capture: \(error.shortText)")
      }
    }
    start.isCaptured = isCaptured
    try configure(socket, request, receives: !isCaptured)
    let stamps: TransmitStamps = !isRaw && request.configuration.reportsDepartures ? .eachAndQueued : .each
    try SocketSettings.option("SO_TIMESTAMPING") { () throws(SystemError) in
      try socket.setTimestamps(transmit: stamps)
    }
    if isRaw {
      try SocketSettings.option("ICMP6_FILTER") { () throws(SystemError) in
        try socket.setFilter(passing: isCaptured ? [] : [129])
      }
    }
    do throws(SystemError) {
      let asked = request.configuration.identifier
      if isRaw {
        identifier = asked != 0 ? asked : UInt16(truncatingIfNeeded: try EntropySource.seed()) | 1
      } else {
        if asked != 0 { try socket.bind(to: SocketAddress(.unspecified, port: asked)) }
        identifier = try socket.echoIdentifier()
      }
    } catch { throw .option("--identifier", error) }
    echo = SampleSocket(consume socket, stamps: stamps, isUDP: false)
  }

  /// Opens the UDP socket, on a port of the kernel's choice.
  mutating func openUDP(_ request: SampleRequest) throws(PingFailure) {
    let socket = try SampleSockets.makeUDP()
    try configure(socket, request, receives: true)
    udp = SampleSocket(consume socket, stamps: .each, isUDP: true)
  }

  private static func makeUDP() throws(PingFailure) -> UDPSocket {
    do throws(SystemError) {
      let socket = try UDPSocket()
      try socket.setIPv6Only()
      try socket.setTimestamps()
      try socket.bind(to: SocketAddress(.unspecified))
      return socket
    } catch { throw .socket(error) }
  }

  private func configure(
    _ socket: borrowing some ProbeSocket & ~Copyable, _ request: SampleRequest, receives: Bool
  ) throws(PingFailure) {
    try SocketSettings(mark: request.mark).apply(to: socket)
    // Which address a probe was sent from is of no interest here: its target and its number say all.
    do throws(SystemError) {
      try socket.setReceiveErrors()
      if receives {
        try socket.setReceiveHopLimit()
        try socket.setReceiveTrafficClass()
      }
    } catch { throw .socket(error) }
    // A failure costs room, not truth: what the kernel drops is counted.
    let octets = request.receiveBuffer ?? SampleSockets.receiveBuffer
    if receives { _ = try? socket.setReceiveBuffer(Int32(clamping: octets)) }
  }
}

extension CaptureOpening {
  /// Echo replies and ICMPv6 errors, by whichever interface they come.
  fileprivate static func ofEcho() throws(PingFailure) -> CaptureOpening {
    var options = PingSetup.captureOptions
    options.bufferSize = 16 << 20
    return try CaptureOpening(
      interface: "any", filter: PingSetup.captureFilter(types: [129]), options: options, isBeside: false)
  }
}

extension SampleGroup {
  /// Octets of an echo request behind the IPv6 header; 0 for other kinds.
  fileprivate var echoLength: Int {
    if case .echo = probe { payloadLength + 8 } else { 0 }
  }
}
