import CLinux
import Glibc
package import Wire

/// Which messages a socket has stamped when they leave.
package enum TransmitStamps: Hashable, Sendable {
  case none
  /// Those whose envelope `wantsStamp`.
  case asked
  case each
  /// Also when a message reaches the queue of its device, which says that nothing on this host dropped it; a
  /// datagram socket has no other way to tell.
  case eachAndQueued
}

/// What the kernel does about the path's MTU (IPV6_PMTUDISC_*).
package enum PathMTUMode: Int32, Sendable {
  /// Fragments locally to the link's MTU, ignores the path's (`ping -M dont`).
  case dont = 0
  /// Fragments to the path's MTU (`ping -M want`).
  case want = 1
  /// Never fragments; too long is EMSGSIZE (`ping -M do`).
  case `do` = 2
  /// Never fragments, ignores the path's MTU (`ping -M probe`).
  case probe = 3
  case interface = 4
  case omit = 5
}

/// Options of ipv6(7), socket(7) and raw(7), by what they do. Each throws what setsockopt(2) says.
extension ProbeSocket where Self: ~Copyable {
  private static var ipv6: Int32 { Int32(IPPROTO_IPV6) }

  // MARK: What to tell about received messages

  /// Hop limit (IPV6_RECVHOPLIMIT).
  package func setReceiveHopLimit(_ on: Bool = true) throws(SystemError) {
    try set(Self.ipv6, IPV6_RECVHOPLIMIT, on ? 1 : 0, "setsockopt IPV6_RECVHOPLIMIT")
  }

  /// Traffic class (IPV6_RECVTCLASS).
  package func setReceiveTrafficClass(_ on: Bool = true) throws(SystemError) {
    try set(Self.ipv6, IPV6_RECVTCLASS, on ? 1 : 0, "setsockopt IPV6_RECVTCLASS")
  }

  /// Destination address and interface (IPV6_RECVPKTINFO).
  package func setReceivePacketInfo(_ on: Bool = true) throws(SystemError) {
    try set(Self.ipv6, IPV6_RECVPKTINFO, on ? 1 : 0, "setsockopt IPV6_RECVPKTINFO")
  }

  /// Flow label (IPV6_FLOWINFO).
  package func setReceiveFlowInfo(_ on: Bool = true) throws(SystemError) {
    try set(Self.ipv6, Int32(CLINUX_IPV6_FLOWINFO), on ? 1 : 0, "setsockopt IPV6_FLOWINFO")
  }

  /// Software stamps of both directions (SO_TIMESTAMPING): received messages carry theirs, sent ones give it
  /// to the error queue with a counting id.
  ///
  /// Where nobody on the host stamped before, receive stamps start only when a worker of the kernel has had a
  /// processor (net_enable_timestamp): the first messages may lack them. Set this early, or see
  /// `letStampsStart`.
  package func setTimestamps(
    transmit: TransmitStamps = .each, receive: Bool = true
  ) throws(SystemError) {
    var flags = UInt32(SOF_TIMESTAMPING_SOFTWARE)
    if receive { flags |= UInt32(SOF_TIMESTAMPING_RX_SOFTWARE) }
    if transmit == .each || transmit == .eachAndQueued { flags |= UInt32(SOF_TIMESTAMPING_TX_SOFTWARE) }
    if transmit == .eachAndQueued { flags |= UInt32(SOF_TIMESTAMPING_TX_SCHED) }
    if transmit != .none {
      flags |= UInt32(SOF_TIMESTAMPING_OPT_ID)
      // TSONLY: the stamp comes without a copy of the message. CMSG: for IPv6 the id comes at all.
      flags |= UInt32(SOF_TIMESTAMPING_OPT_TSONLY) | UInt32(SOF_TIMESTAMPING_OPT_CMSG)
    }
    try set(
      SOL_SOCKET, Int32(CLINUX_SO_TIMESTAMPING), Int32(bitPattern: flags), "setsockopt SO_TIMESTAMPING")
  }

  /// Gives the processor away once (sched_yield(2)), so that the kernel's worker can switch receive stamps on.
  /// Right behind `setTimestamps` on an idle host the next message is stamped nearly always, at a price of
  /// tens of microseconds; without it not for the rest of the time slice. On a busy host the price may be a slice.
  package static func letStampsStart() { sched_yield() }

  /// Whether a message may bring its own stamp id (`Envelope.stampIdentifier`, Linux 6.13). Ask after
  /// `setTimestamps`; sends nothing.
  ///
  /// `port`: one to name as the destination's where the protocol wants one (UDP).
  package func takesStampIdentifier(port: UInt16 = 0) -> Bool {
    clinux_takes_stamp_identifier(number, port) != 0
  }

  /// ICMPv6 errors to the error queue (IPV6_RECVERR), with their extensions' place where the kernel can
  /// (IPV6_RECVERR_RFC4884, Linux 5.9).
  package func setReceiveErrors(_ on: Bool = true) throws(SystemError) {
    try set(Self.ipv6, IPV6_RECVERR, on ? 1 : 0, "setsockopt IPV6_RECVERR")
    do throws(SystemError) {
      try set(
        Self.ipv6, Int32(CLINUX_IPV6_RECVERR_RFC4884), on ? 1 : 0, "setsockopt IPV6_RECVERR_RFC4884")
    } catch  where error.errno == Errno(rawValue: ENOPROTOOPT) {
      // An older kernel: errors come all the same, only the extensions are not pointed out.
    }
  }

  /// Lets only messages of these ICMPv6 types in (ICMP6_FILTER, raw sockets only).
  package func setFilter(passing types: [UInt8]) throws(SystemError) {
    var blocked = [UInt32](repeating: .max, count: 8)
    for type in types { blocked[Int(type >> 5)] &= ~(1 << UInt32(type & 31)) }
    let result = unsafe blocked.withUnsafeBytes { bytes in
      // 32 octets of an array that outlives the call: struct icmp6_filter, a set bit blocks its type.
      unsafe setsockopt(number, Int32(IPPROTO_ICMPV6), Int32(CLINUX_ICMPV6_FILTER), bytes.baseAddress, 32)
    }
    guard result == 0 else { throw SystemError("setsockopt ICMPV6_FILTER", Errno(rawValue: errno)) }
  }

  // MARK: How to send

  /// Hop limit of unicast messages, 0...255; nil is the route's (IPV6_UNICAST_HOPS).
  package func setUnicastHops(_ hops: UInt8?) throws(SystemError) {
    try set(
      Self.ipv6, IPV6_UNICAST_HOPS, hops.map(Int32.init) ?? -1, "setsockopt IPV6_UNICAST_HOPS")
  }

  /// Hop limit of multicast messages; nil is the kernel's 1 (IPV6_MULTICAST_HOPS).
  package func setMulticastHops(_ hops: UInt8?) throws(SystemError) {
    try set(
      Self.ipv6, IPV6_MULTICAST_HOPS, hops.map(Int32.init) ?? -1, "setsockopt IPV6_MULTICAST_HOPS")
  }

  /// Whether this host hears its own multicast (IPV6_MULTICAST_LOOP).
  package func setMulticastLoop(_ on: Bool) throws(SystemError) {
    try set(Self.ipv6, IPV6_MULTICAST_LOOP, on ? 1 : 0, "setsockopt IPV6_MULTICAST_LOOP")
  }

  /// Interface for multicast, by index (IPV6_MULTICAST_IF).
  package func setMulticastInterface(_ index: UInt32) throws(SystemError) {
    try set(
      Self.ipv6, IPV6_MULTICAST_IF, Int32(bitPattern: index), "setsockopt IPV6_MULTICAST_IF")
  }

  /// Joins a multicast group on an interface (IPV6_JOIN_GROUP), for as long as the socket lives: the kernel reports it
  /// (MLD), and the network card lets its frames in. EADDRINUSE: it is in already.
  package func join(group: IPv6Address, interface: UInt32) throws(SystemError) {
    var request = ipv6_mreq(ipv6mr_multiaddr: group.raw, ipv6mr_interface: interface)
    let size = socklen_t(MemoryLayout<ipv6_mreq>.size)
    // `request` is a local of that size.
    guard unsafe setsockopt(number, Self.ipv6, IPV6_JOIN_GROUP, &request, size) == 0 else {
      throw SystemError("setsockopt IPV6_JOIN_GROUP", Errno(rawValue: errno))
    }
  }

  /// Interface for unicast, by index, without the privilege that binding to a device wants (IPV6_UNICAST_IF).
  package func setUnicastInterface(_ index: UInt32) throws(SystemError) {
    try set(
      Self.ipv6, IPV6_UNICAST_IF, Int32(bitPattern: index.bigEndian), "setsockopt IPV6_UNICAST_IF")
  }

  /// Traffic class (IPV6_TCLASS).
  package func setTrafficClass(_ value: UInt8) throws(SystemError) {
    try set(Self.ipv6, IPV6_TCLASS, Int32(value), "setsockopt IPV6_TCLASS")
  }

  /// Leases `label` (20 bits, 0 lets the kernel choose) towards `destination` from the kernel, and lets
  /// messages carry one (IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND). Returns the label to put into
  /// `SocketAddress.flowInfo`. EEXIST: the label is taken. A shared lease keeps nobody else from the label.
  @discardableResult
  package func leaseFlowLabel(
    _ label: UInt32, to destination: IPv6Address, isShared: Bool = false
  ) throws(SystemError) -> UInt32 {
    var request = clinux_flowlabel_request()
    request.destination = destination.raw
    request.label = (label & 0xf_ffff).bigEndian
    request.action = UInt8(CLINUX_FLOWLABEL_GET)
    request.share = UInt8(isShared ? CLINUX_FLOWLABEL_SHARE_ANY : CLINUX_FLOWLABEL_SHARE_EXCL)
    request.flags = UInt16(
      isShared ? CLINUX_FLOWLABEL_CREATE : CLINUX_FLOWLABEL_CREATE | CLINUX_FLOWLABEL_EXCL)
    let option = Int32(CLINUX_IPV6_FLOWLABEL_MGR)
    // `request` is a local of the 32 octets that the kernel expects; it writes the chosen label back.
    guard unsafe setsockopt(number, Self.ipv6, option, &request, 32) == 0 else {
      throw SystemError("setsockopt IPV6_FLOWLABEL_MGR", Errno(rawValue: errno))
    }
    try setSendFlowInfo()
    return UInt32(bigEndian: request.label) & 0xf_ffff
  }

  /// Lets each message carry the flow label of its destination address (IPV6_FLOWINFO_SEND). A lease is needed only
  /// on a host where somebody holds an exclusive one; then sending is EINVAL without.
  package func setSendFlowInfo() throws(SystemError) {
    try set(Self.ipv6, Int32(CLINUX_IPV6_FLOWINFO_SEND), 1, "setsockopt IPV6_FLOWINFO_SEND")
  }

  /// Sends every packet by way of routers, in order (IPV6_RTHDR with a segment routing header, RFC 8754; the last
  /// segment is each message's destination). EINVAL or ENOPROTOOPT: the kernel has no segment routing.
  package func setSegments(_ routers: [IPv6Address]) throws(SystemError) {
    let last = UInt8(clamping: routers.count)
    // Next header (the kernel's to fill), length in units of 8 beyond the first, type 4, segments left, last entry,
    // flags, tag. Then the segments, the last one first; its place is filled by the kernel.
    var header: [UInt8] = [0, last &* 2 &+ 2, 4, last, last, 0, 0, 0]
    header += [UInt8](repeating: 0, count: 16)
    for router in routers.reversed() { header += NetlinkRequest.network(router) }
    let result = unsafe header.withUnsafeBytes { bytes in
      // The array outlives the call and the length is its own.
      unsafe setsockopt(number, Self.ipv6, IPV6_RTHDR, bytes.baseAddress, socklen_t(bytes.count))
    }
    guard result == 0 else { throw SystemError("setsockopt IPV6_RTHDR", Errno(rawValue: errno)) }
  }

  /// Whether the kernel makes up flow labels for this socket (IPV6_AUTOFLOWLABEL).
  package func setAutomaticFlowLabel(_ on: Bool) throws(SystemError) {
    try set(Self.ipv6, IPV6_AUTOFLOWLABEL, on ? 1 : 0, "setsockopt IPV6_AUTOFLOWLABEL")
  }

  /// IPV6_MTU_DISCOVER.
  package func setPathMTUDiscovery(_ value: PathMTUMode) throws(SystemError) {
    try set(Self.ipv6, IPV6_MTU_DISCOVER, value.rawValue, "setsockopt IPV6_MTU_DISCOVER")
  }

  /// Refuses to fragment locally (IPV6_DONTFRAG).
  package func setDontFragment(_ on: Bool) throws(SystemError) {
    try set(Self.ipv6, IPV6_DONTFRAG, on ? 1 : 0, "setsockopt IPV6_DONTFRAG")
  }

  /// Firewall mark (SO_MARK); needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17.
  package func setMark(_ mark: UInt32) throws(SystemError) {
    try set(SOL_SOCKET, SO_MARK, Int32(bitPattern: mark), "setsockopt SO_MARK")
  }

  /// Keeps off IPv4 addresses mapped into IPv6, and so off the IPv4 port of the same number (IPV6_V6ONLY).
  package func setIPv6Only() throws(SystemError) {
    try set(Self.ipv6, IPV6_V6ONLY, 1, "setsockopt IPV6_V6ONLY")
  }

  /// Only to directly connected hosts (SO_DONTROUTE).
  package func setDontRoute(_ on: Bool) throws(SystemError) {
    try set(SOL_SOCKET, SO_DONTROUTE, on ? 1 : 0, "setsockopt SO_DONTROUTE")
  }

  /// SO_DEBUG; needs CAP_NET_ADMIN.
  package func setDebug(_ on: Bool) throws(SystemError) {
    try set(SOL_SOCKET, SO_DEBUG, on ? 1 : 0, "setsockopt SO_DEBUG")
  }

  /// Asks for `octets` of send buffer: beyond the system's limit where privileged (SO_SNDBUFFORCE). Returns
  /// what the kernel gave (it doubles the figure for its own bookkeeping).
  @discardableResult
  package func setSendBuffer(_ octets: Int32) throws(SystemError) -> Int32 {
    do throws(SystemError) {
      try set(SOL_SOCKET, SO_SNDBUFFORCE, octets, "setsockopt SO_SNDBUFFORCE")
    } catch {
      try set(SOL_SOCKET, SO_SNDBUF, octets, "setsockopt SO_SNDBUF")
    }
    return try get(SOL_SOCKET, SO_SNDBUF, "getsockopt SO_SNDBUF")
  }

  /// The same for receiving (SO_RCVBUFFORCE, SO_RCVBUF).
  @discardableResult
  package func setReceiveBuffer(_ octets: Int32) throws(SystemError) -> Int32 {
    do throws(SystemError) {
      try set(SOL_SOCKET, SO_RCVBUFFORCE, octets, "setsockopt SO_RCVBUFFORCE")
    } catch {
      try set(SOL_SOCKET, SO_RCVBUF, octets, "setsockopt SO_RCVBUF")
    }
    return try get(SOL_SOCKET, SO_RCVBUF, "getsockopt SO_RCVBUF")
  }
}
