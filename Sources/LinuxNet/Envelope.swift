import CLinux
package import Wire

/// Where a message goes, and what it says for itself in place of the socket's own settings.
package struct Envelope: Hashable, Sendable {
  /// nil on a connected socket.
  package var destination: SocketAddress?
  /// Source address and outgoing interface (IPV6_PKTINFO); nil and 0 leave the choice to the kernel.
  package var source: IPv6Address?
  package var interface: UInt32
  /// nil is the socket's own (IPV6_HOPLIMIT, IPV6_TCLASS).
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// The message is refused (EMSGSIZE) where it would have to be fragmented (IPV6_DONTFRAG).
  package var isUnfragmented = false
  /// Asks for a transmit stamp of this message (SO_TIMESTAMPING as a control message), where the socket's own are
  /// set to `.asked`.
  package var wantsStamp = false
  /// The id that the transmit stamp comes back with (SCM_TS_OPT_ID, Linux 6.13), where
  /// `ProbeSocket.takesStampIdentifier`; else the kernel counts.
  ///
  /// On one socket always or never: a message without an id gets that of the message before it, once one had
  /// its own (seen on Linux 6.18).
  package var stampIdentifier: UInt32?

  package init(
    to destination: SocketAddress?, source: IPv6Address? = nil, interface: UInt32 = 0, hopLimit: UInt8? = nil,
    trafficClass: UInt8? = nil, stampIdentifier: UInt32? = nil
  ) {
    self.destination = destination
    self.source = source
    self.interface = interface
    self.hopLimit = hopLimit
    self.trafficClass = trafficClass
    self.stampIdentifier = stampIdentifier
  }

  var controls: clinux_controls {
    clinux_controls(
      packet_info: clinux_in6_pktinfo(address: (source ?? .unspecified).raw, interface: interface),
      has_packet_info: source != nil || interface != 0 ? 1 : 0,
      hop_limit: hopLimit.map(Int32.init) ?? -1,
      traffic_class: trafficClass.map(Int32.init) ?? -1,
      dont_fragment: isUnfragmented ? 1 : 0,
      wants_stamp: wantsStamp ? 1 : 0,
      has_stamp_identifier: stampIdentifier == nil ? 0 : 1,
      stamp_identifier: stampIdentifier ?? 0)
  }
}

extension Envelope {
  /// Octets that all control messages of one envelope need.
  static let controlsSpace = Int(CLINUX_CONTROLS_SPACE)
}
