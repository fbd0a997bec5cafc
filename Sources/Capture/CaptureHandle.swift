import CCapture
import CPcap

/// A live capture on one interface (libpcap). Opening costs 8 ms and more; closing is left to the kernel.
@safe
package struct CaptureHandle: ~Copyable {
  private let handle: OpaquePointer
  /// What each frame starts with.
  package private(set) var linkType: LinkType
  /// Whether stamps have nanoseconds; else microseconds, times 1,000.
  package private(set) var hasNanoseconds: Bool
  /// To be polled for readability; not to be read or closed.
  package private(set) var descriptor: Int32

  /// What to capture and how.
  package struct Options: Sendable {
    /// Octets kept of each frame.
    package var snapshotLength: Int32 = 65_535
    /// Hands each frame over as it comes, in place of a block at a time.
    package var isImmediate = true
    package var wantsNanoseconds = true
    /// Octets of the kernel's ring.
    package var bufferSize: Int32 = 2 << 20
    /// Leaves out the frames that this host sends.
    package var incomingOnly = false
    /// Leaves the interface in its own mode; promiscuous hears frames for other stations as well.
    package var isPromiscuous = false

    package init() {}
  }

  /// Opens a capture on an interface by name; "any" is all of them. Nothing that came before the filter was
  /// in place is handed over.
  ///
  /// On the loopback interface each packet passes twice, once going out and once coming in. libpcap leaves the
  /// outgoing copy away where it can tell; a caller that must be sure compares octets with the frame before.
  package static func open(
    interface: String, filter text: String, options: Options = Options()
  ) throws(CaptureError) -> CaptureHandle {
    var capture = unsafe CaptureHandle(owning: try create(interface))
    try capture.activate(options)
    try capture.install(text, options)
    // What lies in the ring was let in before the filter was there. Bounded: a ring holds no more.
    _ = try capture.dispatch(max: 1 << 16) { _, _ in }
    return capture
  }

  /// A whole value around a handle that is not active yet: whatever throws from here on, deinit closes it.
  private init(owning handle: OpaquePointer) {
    unsafe self.handle = handle
    descriptor = -1
    linkType = .ethernet
    hasNanoseconds = false
  }

  private static func create(_ interface: String) throws(CaptureError) -> OpaquePointer {
    var errors = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    // libpcap writes at most PCAP_ERRBUF_SIZE octets, NUL included.
    guard let handle = unsafe pcap_create(interface, &errors) else {
      throw CaptureError(kind: .other, call: "pcap_create", text: text(errors))
    }
    return unsafe handle
  }

  private mutating func activate(_ options: Options) throws(CaptureError) {
    // Everything here acts on the value's own open handle; the setters fail on an active one only.
    unsafe pcap_set_snaplen(handle, options.snapshotLength)
    unsafe pcap_set_promisc(handle, options.isPromiscuous ? 1 : 0)
    unsafe pcap_set_immediate_mode(handle, options.isImmediate ? 1 : 0)
    unsafe pcap_set_timeout(handle, 1)
    unsafe pcap_set_buffer_size(handle, options.bufferSize)
    if options.wantsNanoseconds {
      unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    }
    let status = unsafe pcap_activate(handle)
    // Above 0 are warnings: the capture works.
    if status < 0 { throw unsafe CaptureError(status: status, "pcap_activate", handle) }
    // "any" tells a frame's interface only in the second form of its header (libpcap 1.10).
    if unsafe pcap_datalink(handle) == LinkType.linuxCooked.rawValue {
      unsafe pcap_set_datalink(handle, LinkType.linuxCooked2.rawValue)
    }
    unsafe linkType = LinkType(rawValue: pcap_datalink(handle))
    unsafe hasNanoseconds = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
    descriptor = unsafe pcap_get_selectable_fd(handle)
    guard descriptor >= 0 else {
      throw CaptureError(kind: .other, call: "pcap_get_selectable_fd", text: "the capture cannot be polled")
    }
  }

  private func install(_ text: String, _ options: Options) throws(CaptureError) {
    // As in activate; the filter lives until the end, the kernel takes a copy.
    let filter = try unsafe CaptureFilter(text, handle: handle)
    var program = unsafe filter.program
    if unsafe pcap_setfilter(handle, &program) != 0 {
      throw unsafe CaptureError(.filter, "pcap_setfilter", handle)
    }
    if options.incomingOnly, unsafe pcap_setdirection(handle, PCAP_D_IN) != 0 {
      throw unsafe CaptureError(.other, "pcap_setdirection", handle)
    }
    var errors = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    if unsafe pcap_setnonblock(handle, 1, &errors) != 0 {
      throw CaptureError(kind: .other, call: "pcap_setnonblock", text: Self.text(errors))
    }
  }

  /// Hands over frames that wait, `max` at most, and returns how many. The span ends with the call of `body`.
  @discardableResult
  package func dispatch(
    max: Int, _ body: (Span<UInt8>, CapturedMetadata) -> Void
  ) throws(CaptureError) -> Int {
    var handed = 0
    while handed < max {
      var header: UnsafeMutablePointer<pcap_pkthdr>?
      var octets: UnsafePointer<UInt8>?
      // Both pointers are libpcap's and valid until its next call on this handle, which `body` cannot make.
      let status = unsafe pcap_next_ex(handle, &header, &octets)
      if status == 0 { break }
      guard status == 1, let header = unsafe header, let octets = unsafe octets else {
        throw unsafe CaptureError(.reading, "pcap_next_ex", handle)
      }
      let found = unsafe header.pointee
      let frame = unsafe UnsafeBufferPointer(start: octets, count: Int(found.caplen)).span
      let fraction = Int64(found.ts.tv_usec)
      let metadata = CapturedMetadata(
        stamp: Int64(found.ts.tv_sec) &* 1_000_000_000 &+ (hasNanoseconds ? fraction : fraction &* 1_000),
        originalLength: Int(found.len), linkType: linkType, direction: linkType.direction(of: frame),
        interface: linkType.interface(of: frame))
      body(frame, metadata)
      handed += 1
    }
    return handed
  }

  /// Frames that passed the filter, and those lost for want of room, since the start (pcap_stats(3)).
  package func statistics() throws(CaptureError) -> CaptureStatistics {
    var numbers = pcap_stat()
    // `numbers` is a local that outlives the call.
    guard unsafe pcap_stats(handle, &numbers) == 0 else {
      throw unsafe CaptureError(.reading, "pcap_stats", handle)
    }
    return CaptureStatistics(received: Int(numbers.ps_recv), dropped: Int(numbers.ps_drop))
  }

  /// Lends libpcap's handle to the file writer.
  func withHandle<R: ~Copyable, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
    // The handle stays open as long as this value, which the call borrows.
    try unsafe body(handle)
  }

  deinit {
    // Where that fails, closing takes its time. The descriptor is libpcap's, open until the next line.
    if descriptor >= 0 { _ = ccapture_close_later(descriptor) }
    // The handle is this value's own.
    unsafe pcap_close(handle)
  }

  /// Leaves the end of another packet socket (AF_PACKET) to the kernel, as a capture's: closing it then takes no time.
  /// False: it could not be done, and nothing has changed.
  @discardableResult
  package static func closeLater(packetSocket number: Int32) -> Bool { ccapture_close_later(number) == 0 }

  static func text(_ errors: [CChar]) -> String {
    String(decoding: errors.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// What libpcap says about a frame beside its octets.
package struct CapturedMetadata: Equatable, Sendable {
  /// When the kernel saw it: real time, nanoseconds since 1970.
  package var stamp: Int64
  /// Its length on the link; more than the octets when the snapshot cut it.
  package var originalLength: Int
  package var linkType: LinkType
  /// nil where the link does not tell.
  package var direction: FrameDirection?
  /// Index of the interface that the frame passed; 0 where the link does not tell.
  package var interface: UInt32 = 0

  package init(
    stamp: Int64, originalLength: Int, linkType: LinkType, direction: FrameDirection?, interface: UInt32 = 0
  ) {
    self.stamp = stamp
    self.originalLength = originalLength
    self.linkType = linkType
    self.direction = direction
    self.interface = interface
  }
}

package struct CaptureStatistics: Equatable, Sendable {
  package var received: Int
  package var dropped: Int
}

extension CaptureError {
  /// The handle's last error.
  init(_ kind: Kind, _ call: StaticString, _ handle: OpaquePointer) {
    // libpcap's string lies in the handle, which the caller holds open.
    let text = unsafe String(cString: pcap_geterr(handle))
    self.init(kind: kind, call: call, text: text)
  }

  /// A negative status of pcap_activate.
  init(status: Int32, _ call: StaticString, _ handle: OpaquePointer) {
    let kind: Kind =
      switch status {
      case PCAP_ERROR_PERM_DENIED: .permissionDenied
      case PCAP_ERROR_NO_SUCH_DEVICE: .noSuchInterface
      case PCAP_ERROR_IFACE_NOT_UP: .interfaceDown
      default: .other
      }
    // As above; the status has a text of its own where the handle says nothing.
    let detail = unsafe String(cString: pcap_geterr(handle))
    let general = unsafe String(cString: pcap_statustostr(status))
    self.init(kind: kind, call: call, text: detail.isEmpty ? general : detail)
  }
}
