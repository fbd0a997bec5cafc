import CPcap

/// A capture file being written (pcap_dump(3), nanosecond stamps): evidence to be read with tcpdump or tshark.
@safe
package struct CaptureFile: ~Copyable {
  private let dead: OpaquePointer
  private let dumper: OpaquePointer

  /// Creates or empties the file at `path`; "-" is standard output.
  package init(creating path: String, linkType: LinkType, snapshotLength: Int32 = 65_535) throws(CaptureError)
  {
    let nanoseconds = UInt32(PCAP_TSTAMP_PRECISION_NANO)
    guard
      let dead = unsafe pcap_open_dead_with_tstamp_precision(linkType.rawValue, snapshotLength, nanoseconds)
    else {
      throw CaptureError(kind: .other, call: "pcap_open_dead", text: "out of memory")
    }
    // The path's octets outlive the call, and the handle is open.
    guard let dumper = unsafe pcap_dump_open(dead, path) else {
      let failure = unsafe CaptureError(.file, "pcap_dump_open", dead)
      unsafe pcap_close(dead)
      throw failure
    }
    unsafe self.dead = dead
    unsafe self.dumper = dumper
  }

  /// Appends a frame.
  package func append(_ frame: Span<UInt8>, _ metadata: CapturedMetadata) {
    var header = pcap_pkthdr()
    header.ts.tv_sec = Int(metadata.stamp / 1_000_000_000)
    header.ts.tv_usec = Int(metadata.stamp % 1_000_000_000)
    header.caplen = UInt32(clamping: frame.count)
    header.len = UInt32(clamping: metadata.originalLength)
    // pcap_dump takes the dumper as its callback's user pointer; the octets are lent for the call.
    unsafe frame.withUnsafeBufferPointer { octets in
      let user = unsafe UnsafeMutableRawPointer(dumper).assumingMemoryBound(to: UInt8.self)
      unsafe pcap_dump(user, &header, octets.baseAddress)
    }
  }

  /// Writes out what is buffered. Throws when the file could not take it, as a full disk cannot.
  package func flush() throws(CaptureError) {
    // The dumper is this value's own, open until deinit.
    guard unsafe pcap_dump_flush(dumper) == 0 else {
      throw CaptureError(kind: .file, call: "pcap_dump_flush", text: "the capture file could not be written")
    }
  }

  deinit {
    // Both are this value's own; closing writes out what is buffered.
    unsafe pcap_dump_close(dumper)
    unsafe pcap_close(dead)
  }
}
