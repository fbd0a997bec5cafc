import CPcap

/// A compiled packet filter (pcap-filter(7)).
@safe
package struct CaptureFilter: ~Copyable {
  package let text: String
  var program: bpf_program

  /// Compiles for frames of a link without an open capture.
  package init(_ text: String, linkType: LinkType, snapshotLength: Int32 = 65_535) throws(CaptureError) {
    guard let dead = unsafe pcap_open_dead(linkType.rawValue, snapshotLength) else {
      throw CaptureError(kind: .other, call: "pcap_open_dead", text: "out of memory")
    }
    // The handle is open until the end of this initialiser.
    defer { unsafe pcap_close(dead) }
    try unsafe self.init(text, handle: dead)
  }

  /// Compiles for an open handle.
  init(_ text: String, handle: OpaquePointer) throws(CaptureError) {
    var program = unsafe bpf_program()
    // The text outlives the call; 1 asks for an optimised program; the program is freed by deinit.
    guard unsafe pcap_compile(handle, &program, text, 1, UInt32.max) == 0 else {
      throw unsafe CaptureError(.filter, "pcap_compile", handle)
    }
    self.text = text
    unsafe self.program = program
  }

  /// Whether a frame passes (pcap_offline_filter(3)). Tests that look at the packet's direction need a live
  /// capture.
  package func matches(_ frame: Span<UInt8>, originalLength: Int? = nil) -> Bool {
    var header = pcap_pkthdr()
    header.caplen = UInt32(clamping: frame.count)
    header.len = UInt32(clamping: originalLength ?? frame.count)
    var program = unsafe self.program
    // The octets are lent for the call and caplen is their number; the program is this value's own.
    return unsafe frame.withUnsafeBufferPointer { octets in
      unsafe pcap_offline_filter(&program, &header, octets.baseAddress) != 0
    }
  }

  deinit {
    var program = unsafe self.program
    // Compiled in init, and freed only here.
    unsafe pcap_freecode(&program)
  }
}

extension CaptureFilter {
  /// The text of a filter for ICMPv6 messages of some types (all for an empty list), in a form that the kernel
  /// can run.
  ///
  /// pcap's own `icmp6` misses messages behind extension headers, and its `protochain` cannot run in the
  /// kernel. So a packet whose first header is an extension header passes whole: hop-by-hop (0), routing
  /// (43), fragment (44), authentication (51), destination options (60), mobility (135), HIP (139), Shim6
  /// (140). The reader walks the chain and drops what is something else.
  package static func icmpv6(types: [UInt8] = []) -> String {
    let wanted = types.map { "ip6[40] == \($0)" }.joined(separator: " or ")
    let message = wanted.isEmpty ? "ip6[6] == 58" : "(ip6[6] == 58 and (\(wanted)))"
    let extended = extensionHeaders.joined(separator: " or ")
    return "ip6 and (\(message) or \(extended))"
  }

  /// The text of a filter for neighbor discovery and what a scan of a link gets back: ICMPv6 messages whose type is in
  /// one of `types`, and whatever stands behind extension headers, as in `icmpv6`.
  ///
  /// Frames with a VLAN tag pass a live capture as others do: the kernel takes the tag off before it asks the filter,
  /// and libpcap puts it back (`LinkType.vlan`).
  package static func neighbor(types: [ClosedRange<UInt8>] = neighborTypes) -> String {
    let wanted = types.map { range in
      range.count == 1
        ? "ip6[40] == \(range.lowerBound)"
        : range.lowerBound == 0
          ? "ip6[40] <= \(range.upperBound)"
          : "(ip6[40] >= \(range.lowerBound) and ip6[40] <= \(range.upperBound))"
    }
    let tests = ["(ip6[6] == 58 and (\(wanted.joined(separator: " or "))))"] + extensionHeaders
    return "ip6 and (\(tests.joined(separator: " or ")))"
  }

  /// Errors (below 128), echo (128, 129), MLD (130 to 132, 143), neighbor discovery (133 to 137).
  package static let neighborTypes: [ClosedRange<UInt8>] = [0...137, 143...143]

  /// The text of a filter for what a trace gets back: ICMPv6 errors; echo replies, or TCP segments or UDP
  /// datagrams to a port of ours; and whatever stands behind extension headers, as in `icmpv6`.
  ///
  /// `protocol`: 17, 6, or 58 for ICMPv6 alone. `port`: ours, `remotePort`: the target's; nil for any. Of TCP only what
  /// has SYN or RST set passes. `destination`: the text of our address, where all answers go to one.
  package static func trace(
    protocol number: UInt8, port: UInt16?, remotePort: UInt16? = nil, destination: String? = nil
  ) -> String {
    // Types below 128 are errors, whatever their number.
    var wanted = ["(ip6[6] == 58 and ip6[40] < 128)"]
    if number == 58 { wanted.append("(ip6[6] == 58 and ip6[40] == 129)") }
    if number == 6 || number == 17 {
      var segment = "ip6[6] == \(number)"
      if let port { segment += " and ip6[42:2] == \(port)" }
      if let remotePort { segment += " and ip6[40:2] == \(remotePort)" }
      if number == 6 { segment += " and ip6[53] & 6 != 0" }
      wanted.append("(\(segment))")
    }
    wanted += extensionHeaders
    let host = destination.map { " and ip6 dst host \($0)" } ?? ""
    return "ip6\(host) and (\(wanted.joined(separator: " or ")))"
  }

  /// A first header that is an extension header, one test for each.
  private static var extensionHeaders: [String] {
    [0, 43, 44, 51, 60, 135, 139, 140].map { "ip6[6] == \($0)" }
  }
}
