import Testing
import Timing
import Wire

@testable import ProbeEngine

/// An address of a test, which is right.
func routerAddress(_ text: String) -> IPv6Address {
  guard let address = try? IPv6Address(parsing: text) else { preconditionFailure("no address: \(text)") }
  return address
}

/// 02:00:00:00:00:NN.
func routerLink(_ last: UInt8) -> LinkLayerAddress {
  LinkLayerAddress(EthernetAddress(truncating: 0x0200_0000_0000 | UInt64(last)))
}

/// A router advertisement as it comes by the capture: written with the encoders, then read from a whole packet.
struct CraftedAdvertisement {
  var source = routerAddress("fe80::a")
  var destination = routerAddress("ff02::1")
  var envelopeHopLimit: UInt8 = 255
  var header = RouterAdvertisement(lifetime: 1_800)
  var code: UInt8 = 0
  var options: [UInt8] = []
  var frameLink: LinkLayerAddress? = routerLink(0xa)
  var isOutgoing = false
  var interface: UInt32 = 3
  /// Changes the message's octets after they were written; its checksum is right then too.
  var damage: (inout [UInt8]) -> Void = { _ in }
  /// Changes the packet's octets, checksum written.
  var packetDamage: (inout [UInt8]) -> Void = { _ in }

  init(_ change: (inout CraftedAdvertisement) -> Void = { _ in }) { change(&self) }

  mutating func addLink(_ link: LinkLayerAddress) { add(.sourceLinkLayerAddress, link.octets) }

  mutating func addMTU(_ mtu: UInt32) { add(.mtu, [0, 0] + octets(mtu, 4)) }

  mutating func addPrefix(
    _ prefix: String, length: UInt8 = 64, flags: UInt8 = 0xc0, valid: UInt32 = 3_600,
    preferred: UInt32 = 1_800
  ) {
    add(
      .prefixInformation,
      [length, flags] + octets(valid, 4) + octets(preferred, 4) + [0, 0, 0, 0]
        + octets(routerAddress(prefix).bits, 16))
  }

  /// `preference`: two bits.
  mutating func addRoute(_ prefix: String, length: UInt8, preference: UInt8 = 0, lifetime: UInt32 = 900) {
    let whole = octets(routerAddress(prefix).bits, 16)
    let kept = length == 0 ? 0 : length <= 64 ? 8 : 16
    add(.routeInformation, [length, preference << 3] + octets(lifetime, 4) + whole.prefix(kept))
  }

  mutating func addServers(_ servers: [String], lifetime: UInt32 = 600) {
    add(
      .recursiveDNSServer,
      [0, 0] + octets(lifetime, 4) + servers.flatMap { octets(routerAddress($0).bits, 16) })
  }

  mutating func addNames(_ names: [String], lifetime: UInt32 = 600) {
    var data: [UInt8] = [0, 0] + octets(lifetime, 4)
    for name in names {
      for label in name.split(separator: ".") {
        data.append(UInt8(label.utf8.count))
        data += Array(label.utf8)
      }
      data.append(0)
    }
    add(.dnsSearchList, data)
  }

  mutating func addCaptivePortal(_ text: String) { add(.captivePortal, Array(text.utf8)) }

  /// Of 96 bits: the code is 0.
  mutating func addPREF64(_ prefix: String, lifetime: UInt16 = 600) {
    add(.pref64, octets(lifetime & 0xfff8, 2) + octets(routerAddress(prefix).bits, 16).prefix(12))
  }

  mutating func add(_ type: NeighborOptionType, _ data: [UInt8]) {
    options += LinkPacket.option(type, data)
  }

  func octets(_ value: some FixedWidthInteger, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }

  var packet: [UInt8] {
    var header = header
    header.code = code
    let options = options
    var message = LinkPacket.message(RouterAdvertisement.headerCount + options.count) {
      span throws(WireError) in
      try header.encode(into: &span, options: options.span)
    }
    damage(&message)
    var packet = LinkPacket(
      source: source, destination: destination, hopLimit: envelopeHopLimit, message: message
    ).octets
    packetDamage(&packet)
    return packet
  }

  func heard(at stamp: Instant, readAfter: Nanoseconds = .microseconds(30)) -> HeardMessage {
    let packet = packet
    let arrival = FrameArrival(
      interface: interface, linkSource: frameLink,
      linkDestination: LinkLayerAddress([0x33, 0x33, 0, 0, 0, 1]), isOutgoing: isOutgoing, stamp: stamp,
      readAt: stamp + readAfter)
    guard let message = HeardMessage(decoding: packet.span, arrival) else {
      preconditionFailure("no ICMPv6 packet")
    }
    return message
  }
}

/// What the kernel knows of a host with one interface, as Linux 6.18 shows it.
func hostView(at now: Instant = .zero, _ change: (inout KernelView) -> Void = { _ in }) -> KernelView {
  var interface = KernelInterface(index: 3, name: "h0", mtu: 1_500, link: routerLink(0x11))
  interface.ipv6MTU = 1_500
  interface.settings.disableIPv6 = 0
  interface.settings.forwarding = 0
  interface.settings.acceptRA = 1
  interface.settings.acceptDefaultRouter = 1
  interface.settings.acceptPrefixInformation = 1
  interface.settings.acceptRouterPreference = 1
  interface.settings.acceptRouteInformationMaximumLength = 0
  interface.settings.acceptMTU = 1
  interface.settings.acceptMinimumHopLimit = 1
  interface.settings.acceptMinimumLifetime = 0
  interface.settings.acceptFromLocal = 0
  interface.settings.autoconfiguration = 1
  interface.settings.addressGenerationMode = 0
  interface.settings.honorsDelegationPreferredFlag = 0
  interface.settings.hopLimit = 64
  var view = KernelView(interface: interface, at: now)
  var own = KernelAddress(address: routerAddress("fe80::11"), prefixLength: 64, interface: 3, flags: 0x80)
  own.origin = 3
  view.addresses = [own]
  change(&view)
  return view
}

extension KernelView {
  mutating func addAddress(_ text: String, valid: UInt32? = 3_600, flags: UInt32 = 0x100, origin: UInt8 = 2) {
    var address = KernelAddress(
      address: routerAddress(text), prefixLength: 64, interface: 3, flags: flags)
    address.validLifetime = valid
    address.origin = origin
    addresses.append(address)
  }

  mutating func addRoute(
    _ prefix: String, _ length: UInt8, via gateway: String? = nil, origin: UInt8 = 9, lifetime: UInt32? = nil,
    hopLimit: UInt32? = nil, mtu: UInt32? = nil
  ) {
    var route = KernelRoute(
      prefix: routerAddress(prefix), prefixLength: length, gateway: gateway.map { routerAddress($0) },
      interface: 3,
      origin: origin)
    route.lifetime = lifetime
    route.hopLimit = hopLimit
    route.mtu = mtu
    routes.append(route)
  }
}

/// A run of the engine in virtual time: the loop that Runtime has, without a kernel.
struct RouterRun {
  enum Input {
    case message(HeardMessage)
    case change(KernelChange)
    case stop
  }

  var engine: RouterEngine
  var now = Instant.zero
  /// What the kernel says when it is asked; nil: nothing, ever.
  var kernel: KernelView? = hostView()
  /// From the call to the transmit stamp; nil: there is none.
  var stampDelay: Nanoseconds? = .microseconds(20)
  /// From the stamp to its being handed in.
  var stampLag = Nanoseconds.zero
  /// errno of every send, where it fails.
  var sendError: Int32?

  private var inputs: [(at: Instant, input: Input)] = []
  /// Those before it were fed.
  private var nextInput = 0
  private var stamps: [(at: Instant, number: UInt64, stamp: Instant)] = []
  private(set) var packets: [[UInt8]] = []
  private(set) var sentAt: [Instant] = []
  private(set) var events: [LinkEvent] = []
  /// When each event came out.
  private(set) var eventTimes: [Instant] = []
  private(set) var viewsAsked = 0

  init(
    view: KernelView = hostView(), source: IPv6Address? = routerAddress("fe80::11"),
    _ change: (inout RouterConfiguration) -> Void = { _ in }
  ) {
    var configuration = RouterConfiguration()
    configuration.source = source
    change(&configuration)
    engine = RouterEngine(configuration, view: view, at: .zero)
  }

  mutating func hear(_ crafted: CraftedAdvertisement, at milliseconds: Int64) {
    let message = crafted.heard(at: .zero + .milliseconds(milliseconds))
    add(.message(message), at: message.arrival.readAt)
  }

  mutating func add(_ input: Input, at time: Instant) { inputs.append((time, input)) }

  /// Runs to the end, or until nothing is left before `limit`.
  mutating func run(until limit: Instant = .zero + .seconds(100_000)) {
    inputs.sort { $0.at < $1.at }
    while let next = step() {
      guard next <= limit else { return }
      now = max(now, next)
    }
  }

  /// Feeds what is due now, and says when there is more; nil: the run has ended.
  private mutating func step() -> Instant? {
    let now = now
    for stamp in stamps where stamp.at <= now { engine.handleTransmitted(stamp.number, at: stamp.stamp) }
    stamps.removeAll { $0.at <= now }
    while nextInput < inputs.count, inputs[nextInput].at <= now {
      switch inputs[nextInput].input {
      case .message(let message): engine.handleReceived(message)
      case .change(let change): engine.handleKernel(change, at: now)
      case .stop: engine.stop(at: now)
      }
      nextInput += 1
      drain()
    }
    engine.handleTimeout(at: now)
    transmit()
    if engine.wantsKernelView, var view = kernel {
      viewsAsked += 1
      view.at = now
      engine.handleKernelView(view)
    }
    drain()
    guard let timeout = engine.nextTimeout(now: now) else { return nil }
    var next = timeout
    if nextInput < inputs.count { next = min(next, inputs[nextInput].at) }
    for stamp in stamps { next = min(next, stamp.at) }
    return next
  }

  private mutating func transmit() {
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    while true {
      var span = buffer.mutableSpan
      guard let transmit = engine.pollTransmit(at: now, into: &span) else { return }
      sentAt.append(now)
      packets.append(Array(buffer.prefix(transmit.octets)))
      if let sendError {
        engine.handleSendFailure(transmit.number, errno: sendError, at: now)
      } else if let stampDelay {
        let stamp = now + stampDelay
        stamps.append((stamp + stampLag, transmit.number, stamp))
      }
    }
  }

  private mutating func drain() {
    while let event = engine.pollEvent() {
      events.append(event)
      eventTimes.append(now)
    }
  }

  // MARK: Results

  var advertisements: [LinkAdvertisement] {
    events.compactMap { if case .advertisement(let advertisement) = $0 { advertisement } else { nil } }
  }
  var rows: [RouterRow] { events.compactMap { if case .router(let row) = $0 { row } else { nil } } }
  var findings: [Finding] {
    events.compactMap { if case .finding(let finding) = $0 { finding } else { nil } }
  }
  var summaries: [RoutersSummary] {
    events.compactMap { if case .summary(.routers(let summary)) = $0 { summary } else { nil } }
  }
  var attempts: [(attempt: Int, answers: Int, at: Instant)] {
    events.compactMap {
      if case .attemptEnded(_, let attempt, let answers, let at) = $0 { (attempt, answers, at) } else { nil }
    }
  }
  func findings(_ kind: Finding.Kind) -> [Finding] { findings.filter { $0.kind == kind } }
  func times(_ kind: Finding.Kind) -> [Instant] {
    zip(events, eventTimes).compactMap { event, time in
      if case .finding(let finding) = event, finding.kind == kind { time } else { nil }
    }
  }
}
