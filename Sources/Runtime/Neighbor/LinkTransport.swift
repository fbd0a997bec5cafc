import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Bounds of an act on a link, each with its reason.
enum LinkLimits {
  /// Octets kept of a frame: an Ethernet frame with tags at least; a jumbo frame at most.
  static let shortestSnapshot = 1_600
  static let longestSnapshot = 9_216
  /// Octets of the capture's ring: some thousand frames for an act of seconds, more where nobody knows what comes.
  static let ring: Int32 = 2 << 20
  static let longRing: Int32 = 8 << 20
  /// Packets that leave before answers are looked at.
  static let packetsAtOnce = 32
  static let framesAtOnce = 256
  /// Rounds of so many frames before the loop goes on: a flood must not keep it.
  static let roundsAtOnce = 16
  /// How long a packet without room to leave is tried again before it counts as failed: shorter than the wait for an
  /// answer. And between two tries.
  static let patience = Nanoseconds.milliseconds(400)
  static let retry = Nanoseconds.milliseconds(1)
  /// Between two looks at what the capture lost.
  static let lossInterval = Nanoseconds.milliseconds(200)
}

/// The way out to a link, and what comes back: sockets, capture, the kernel's own word.
struct LinkTransport: ~Copyable {
  /// Something with one owner, to be lent while its holder changes.
  private final class Owned<Value: ~Copyable> {
    let value: Value

    init(_ value: consuming Value) { self.value = value }

    /// nil for nothing.
    convenience init?(_ value: consuming Value?) {
      guard let value else { return nil }
      self.init(value)
    }
  }

  private let packetSocket: Owned<PacketSocket>?
  private let linkSocket: Owned<LinkSocket>?
  private let capture: Owned<CaptureHandle>?
  private let monitor: Owned<NetlinkMonitor>?
  /// 0: all of them.
  private let interface: KernelInterface
  /// Frames of both directions are heard.
  private let hearsOutgoing: Bool
  /// Linux 6.13 takes our own number with each packet, to come back with its transmit stamp.
  private let numbersStamps: Bool
  private var packetLedger = StampLedger()
  private var linkLedger = StampLedger()
  private var usesLinkSocket = false
  private var stampBatch = ReceiveBatch(capacity: 8, messageSize: 64)

  private var buffer: [UInt8]
  /// Lies in `buffer` and has not left.
  private var pending: LinkTransmit?
  private var stuckSince: Instant?
  /// The last that was sent.
  private var last: UInt64 = 0

  private var file: Owned<CaptureFile>?
  private var droppedFrames = 0
  private var lossesSeenAt = Instant.zero

  init(_ setup: inout LinkSetup, longestPacket: Int) {
    packetSocket = Owned(setup.packetSocket.take())
    linkSocket = Owned(setup.linkSocket.take())
    capture = Owned(setup.takeCapture())
    monitor = Owned(setup.monitor.take())
    interface = setup.start.view.interface
    hearsOutgoing = setup.hearsOutgoing
    numbersStamps = packetSocket?.value.takesStampIdentifier() ?? false
    buffer = [UInt8](repeating: 0, count: longestPacket)
  }

  // A capture's handle does the same for itself.
  deinit { if let number = linkSocket?.value.number { CaptureHandle.closeLater(packetSocket: number) } }

  /// Creates the file that frames are written to. Only root's is made before privileges are dropped: any other user's
  /// is made as that user.
  mutating func openFile(_ path: String) throws(CaptureError) {
    guard let capture else { return }
    file = Owned(try CaptureFile(creating: path, linkType: capture.value.linkType))
  }

  /// Throws when the file could not take what was written.
  func closeFile() throws(CaptureError) { try file?.value.flush() }

  // MARK: Waiting

  struct Slots {
    fileprivate var packet: Poller.Slot?
    fileprivate var link: Poller.Slot?
    fileprivate var capture: Poller.Slot?
    fileprivate var monitor: Poller.Slot?
  }

  func listen(_ poller: inout Poller) -> Slots {
    var slots = Slots()
    if let number = packetSocket?.value.number { slots.packet = poller.add(number: number, wanting: []) }
    if let number = linkSocket?.value.number { slots.link = poller.add(number: number, wanting: []) }
    if let number = capture?.value.descriptor { slots.capture = poller.add(number: number) }
    if let number = monitor?.value.number { slots.monitor = poller.add(number: number) }
    return slots
  }

  // MARK: Out

  /// Sends what is due. The instant at which to call again though nothing arrives: there was no room to send, and the
  /// engine need not be asked before.
  mutating func transmit<Engine: LinkEngine>(_ engine: inout Engine, clock: KernelClock) -> Instant? {
    guard !buffer.isEmpty else { return nil }
    var retry: Instant?
    var hasSent = false
    for _ in 0..<LinkLimits.packetsAtOnce {
      if pending == nil {
        var span = buffer.mutableSpan
        pending = engine.pollTransmit(at: SystemClock.monotonicNow(), into: &span)
      }
      guard let transmit = pending else { break }
      let before = SystemClock.monotonicNow()
      do throws(SystemError) {
        try send(transmit)
        hasSent = true
        last = transmit.number
        note(transmit, at: clock.realtime(from: before))
      } catch {
        let now = SystemClock.monotonicNow()
        if error.errno.isForWantOfRoom {
          let since = stuckSince ?? now
          stuckSince = since
          if now - since < LinkLimits.patience {
            retry = now + LinkLimits.retry
            break
          }
        }
        engine.handleSendFailure(transmit.number, errno: error.errno.rawValue, at: now)
        rearmStamps()
      }
      pending = nil
      stuckSince = nil
    }
    if hasSent { takeStamps(&engine, clock: clock) }
    return retry
  }

  private mutating func send(_ transmit: LinkTransmit) throws(SystemError) {
    let identifier = numbersStamps ? UInt32(truncatingIfNeeded: transmit.number) : nil
    if let link = transmit.linkDestination {
      return try sendFrame(transmit, to: link.octets, identifier)
    }
    do throws(SystemError) { try sendPacket(transmit, identifier) } catch {
      // Without any address of its own yet an interface has no route for a packet; a frame needs none.
      guard error.errno == .addressNotAvailable || error.errno == .networkUnreachable,
        transmit.destination.isMulticast, interface.link?.ethernet != nil,
        let group = LinkLayerAddress(ethernet: transmit.destination)
      else { throw error }
      try sendFrame(transmit, to: group.octets, identifier)
    }
  }

  private mutating func sendPacket(_ transmit: LinkTransmit, _ identifier: UInt32?) throws(SystemError) {
    guard let socket = packetSocket else { throw SystemError("sendmsg", .operationNotPermitted) }
    try socket.value.send(
      buffer.span.extracting(0..<min(transmit.octets, buffer.count)),
      Envelope(
        to: SocketAddress(transmit.destination, scope: interface.index), interface: interface.index,
        stampIdentifier: identifier))
    if !numbersStamps { packetLedger.noteSent(transmit.number) }
  }

  private mutating func sendFrame(
    _ transmit: LinkTransmit, to link: [UInt8], _ identifier: UInt32?
  ) throws(SystemError) {
    guard let socket = linkSocket else { throw SystemError("sendmsg", .operationNotPermitted) }
    // The kernel would fill up a short address, and cut a long one.
    guard link.count == interface.link?.octets.count else { throw SystemError("sendmsg", .invalidArgument) }
    try socket.value.send(
      buffer.span.extracting(0..<min(transmit.octets, buffer.count)), to: link, interface: interface.index,
      stampIdentifier: identifier)
    usesLinkSocket = true
    if !numbersStamps { linkLedger.noteSent(transmit.number) }
  }

  /// Whether the kernel counted a message that it then refused is unknown; setting the option anew starts from 0.
  private mutating func rearmStamps() {
    guard !numbersStamps else { return }
    for stamps in [TransmitStamps.none, .each] {
      try? packetSocket?.value.setTimestamps(transmit: stamps, receive: false)
      try? linkSocket?.value.setTimestamps(transmit: stamps, receive: false)
    }
    packetLedger.restart()
    linkLedger.restart()
  }

  // MARK: Stamps

  private mutating func takeStamps<Engine: LinkEngine>(_ engine: inout Engine, clock: KernelClock) {
    for _ in 0..<LinkLimits.packetsAtOnce {
      guard let count = try? packetSocket?.value.receiveErrors(into: &stampBatch), count > 0 else { break }
      hand(packetLedger, &engine, clock)
      if count < stampBatch.capacity { break }
    }
    // Most acts send nothing by it.
    guard usesLinkSocket else { return }
    for _ in 0..<LinkLimits.packetsAtOnce {
      guard let count = try? linkSocket?.value.receiveErrors(into: &stampBatch), count > 0 else { break }
      hand(linkLedger, &engine, clock)
      if count < stampBatch.capacity { break }
    }
  }

  private func hand<Engine: LinkEngine>(
    _ ledger: StampLedger, _ engine: inout Engine, _ clock: KernelClock
  ) {
    for i in 0..<stampBatch.count {
      stampBatch.withErrorItem(i) { item, _ in
        guard case .transmitted(let id, let stamp) = item else { return }
        // Numbers count up, and no stamp is older than 2^32 packets.
        let number =
          numbersStamps ? last &- UInt64(UInt32(truncatingIfNeeded: last) &- id) : ledger.probe(for: id)
        if let number { engine.handleTransmitted(number, at: clock.monotonic(fromRealtime: stamp)) }
      }
    }
  }

  // MARK: In

  /// Reads all that came, in the order that makes most sense of it: stamps, frames, the kernel's changes.
  mutating func receive<Engine: LinkEngine>(
    _ slots: Slots, _ poller: Poller, _ engine: inout Engine, clock: KernelClock
  ) throws(LinkEnd) {
    let packet = slots.packet.map { poller.readiness(of: $0) } ?? []
    let link = slots.link.map { poller.readiness(of: $0) } ?? []
    if !packet.isEmpty || !link.isEmpty {
      takeStamps(&engine, clock: clock)
      // An error without an entry in the queue would wake the poller for ever.
      _ = try? packetSocket?.value.takePendingError()
      _ = try? linkSocket?.value.takePendingError()
    }
    if let slot = slots.capture { try receiveFrames(poller.readiness(of: slot), &engine, clock: clock) }
    if let slot = slots.monitor, !poller.readiness(of: slot).isEmpty { try receiveChanges(&engine) }
  }

  private mutating func receiveFrames<Engine: LinkEngine>(
    _ readiness: Readiness, _ engine: inout Engine, clock: KernelClock
  ) throws(LinkEnd) {
    let now = SystemClock.monotonicNow()
    if !readiness.isEmpty {
      do throws(CaptureError) {
        var rounds = 0
        while rounds < LinkLimits.roundsAtOnce,
          try dispatch(&engine, clock: clock) == LinkLimits.framesAtOnce
        { rounds += 1 }
      } catch { throw broken(error.text) }
      // What libpcap takes no notice of would wake the poller for ever.
      if readiness.contains(.hangup) { throw broken("the capture has ended") }
    }
    guard now - lossesSeenAt >= LinkLimits.lossInterval else { return }
    lossesSeenAt = now
    guard let dropped = try? capture?.value.statistics().dropped, dropped > droppedFrames else { return }
    engine.handleCaptureLoss(UInt64(dropped - droppedFrames), at: now)
    droppedFrames = dropped
  }

  private func broken(_ text: String) -> LinkEnd {
    .capture(interface.index == 0 ? text : "\(interface.name): \(text)")
  }

  private mutating func dispatch<Engine: LinkEngine>(
    _ engine: inout Engine, clock: KernelClock
  ) throws(CaptureError) -> Int {
    let interface = interface
    let hearsOutgoing = hearsOutgoing
    let file = file
    guard let capture else { return 0 }
    return try capture.value.dispatch(max: LinkLimits.framesAtOnce) { frame, metadata in
      let type = metadata.linkType
      // What carries the tag of a VLAN is on another link; a tag of priority alone (0) is not.
      guard type.vlan(in: frame) ?? 0 == 0, let offset = type.networkHeaderOffset(in: frame) else { return }
      file?.value.append(frame, metadata)
      // A frame that we have cut ourselves breaks no rule of its own.
      guard metadata.originalLength <= frame.count else {
        engine.handleCaptureLoss(1, at: SystemClock.monotonicNow())
        return
      }
      let addresses = type.addresses(in: frame)
      let source = addresses.source.flatMap { LinkLayerAddress(frame, $0) }
      let isOutgoing =
        hearsOutgoing
        && (metadata.direction.map { $0 == .outgoing } ?? (source != nil && source == interface.link))
      let arrival = FrameArrival(
        interface: metadata.interface != 0 ? metadata.interface : interface.index, linkSource: source,
        linkDestination: addresses.destination.flatMap { LinkLayerAddress(frame, $0) },
        isOutgoing: isOutgoing, stamp: clock.monotonic(fromRealtime: metadata.stamp),
        readAt: SystemClock.monotonicNow())
      guard
        let message = HeardMessage(decoding: frame.extracting(offset..<frame.count), arrival)
      else { return }
      engine.handleReceived(message)
    }
  }

  /// Passes over what was heard until now, which answers nothing that is asked from here on.
  mutating func forget() {
    for _ in 0..<LinkLimits.roundsAtOnce {
      guard let count = try? capture?.value.dispatch(max: LinkLimits.framesAtOnce, { _, _ in }),
        count == LinkLimits.framesAtOnce
      else { return }
    }
  }

  private func receiveChanges<Engine: LinkEngine>(_ engine: inout Engine) throws(LinkEnd) {
    let interface = interface
    var isGone = false
    do throws(SystemError) {
      _ = try monitor?.value.receive { change in
        let now = SystemClock.monotonicNow()
        if case .link(let link, true) = change, link.index == interface.index { isGone = true }
        for change in KernelChange.all(change, on: interface.index) { engine.handleKernel(change, at: now) }
      }
    } catch { throw .system(error) }
    if isGone { throw broken("the interface is gone") }
  }

  // MARK: File

  /// A packet of ours into the file: with the header that its frame has on Ethernet, and the time of the call, so that
  /// it stands before its answer.
  private func note(_ transmit: LinkTransmit, at stamp: Int64) {
    guard file != nil, capture?.value.linkType == .ethernet, let source = interface.link?.ethernet
    else { return }
    let link = transmit.linkDestination ?? LinkLayerAddress(ethernet: transmit.destination)
    guard let destination = link?.ethernet else { return }
    var frame = [UInt8](repeating: 0, count: 14)
    var span = frame.mutableSpan
    let header = EthernetHeader(destination: destination, source: source, etherType: .ipv6)
    // There are 14 octets.
    _ = try? header.encode(into: &span)
    frame += buffer.prefix(transmit.octets)
    file?.value.append(
      frame.span,
      CapturedMetadata(
        stamp: stamp, originalLength: frame.count, linkType: .ethernet, direction: .outgoing))
  }
}

/// Why a run had to end before its engine said so.
enum LinkEnd: Error {
  case system(SystemError)
  /// The capture broke, or its interface is gone; in words.
  case capture(String)
}

extension LinkLayerAddress {
  /// Octets of a frame.
  fileprivate init?(_ frame: Span<UInt8>, _ range: Range<Int>) {
    self.init(range.map { frame[$0] })
  }

  /// Where a multicast packet goes on Ethernet; nil for a unicast one.
  fileprivate init?(ethernet destination: IPv6Address) {
    guard destination.isMulticast else { return nil }
    self.init(EthernetAddress(multicast: destination))
  }
}
