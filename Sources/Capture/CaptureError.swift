/// What libpcap refused, in its own words.
package struct CaptureError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// PCAP_ERROR_PERM_DENIED: no CAP_NET_RAW.
    case permissionDenied
    /// PCAP_ERROR_NO_SUCH_DEVICE.
    case noSuchInterface
    /// PCAP_ERROR_IFACE_NOT_UP.
    case interfaceDown
    /// The filter's text does not compile.
    case filter
    /// The capture broke while reading.
    case reading
    case file
    case other
  }

  package var kind: Kind
  /// The libpcap function.
  package var call: StaticString
  package var text: String

  package var description: String { "\(call): \(text)" }

  package static func == (a: CaptureError, b: CaptureError) -> Bool {
    a.kind == b.kind && a.text == b.text && a.call.description == b.call.description
  }
}
