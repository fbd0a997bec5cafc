import CLinux
import Glibc
package import Wire

/// The kernel's routing decision for a destination (RTM_GETROUTE, rtnetlink(7)).
package struct Route: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case unicast, local, anycast, multicast, blackhole, unreachable, prohibit, throwing
    case other(UInt8)
  }

  package var kind: Kind
  /// Outgoing interface; 0 when the kernel names none.
  package var interface: UInt32
  /// The source address that the kernel would take.
  package var source: IPv6Address?
  /// The next router; nil for a neighbor on the link.
  package var gateway: IPv6Address?
  /// The route's own MTU (`ip route … mtu`), or the path's where `isCached`; nil for the interface's.
  package var mtu: UInt32?
  /// An exception that the kernel keeps for this destination alone: what it once learnt of the path's MTU.
  package var isCached = false
}

package enum Routing {
  /// What to ask for beside the destination.
  package struct Query: Hashable, Sendable {
    package var destination: IPv6Address
    package var source: IPv6Address?
    /// Outgoing interface; stands for the zone of a link-local destination as well.
    package var interface: UInt32
    package var mark: UInt32
    package var trafficClass: UInt8
    /// 20 bits.
    package var flowLabel: UInt32

    package init(
      to destination: IPv6Address, source: IPv6Address? = nil, interface: UInt32 = 0, mark: UInt32 = 0,
      trafficClass: UInt8 = 0, flowLabel: UInt32 = 0
    ) {
      self.destination = destination
      self.source = source
      self.interface = interface
      self.mark = mark
      self.trafficClass = trafficClass
      self.flowLabel = flowLabel
    }
  }

  /// Asks the kernel. Without a route: ENETUNREACH; a prohibiting or unreachable route: EACCES, EHOSTUNREACH;
  /// a blackhole: EINVAL. These are what sending would say.
  package static func lookUp(_ query: Query) throws(SystemError) -> Route {
    let conversation = try Conversation()
    return try conversation.lookUp(query)
  }

  /// Several questions by one socket.
  package struct Conversation: ~Copyable {
    private let socket: NetlinkSocket

    package init() throws(SystemError) { socket = try NetlinkSocket() }

    /// As `Routing.lookUp`.
    package func lookUp(_ query: Query) throws(SystemError) -> Route {
      guard query.flowLabel != 0 else { return try answer(to: query) }
      do throws(SystemError) { return try answer(to: query) } catch {
        // A kernel before 6.14 has no flow label in its question; the label then decides about no source address.
        guard error.errno == .operationNotSupported || error.errno == .invalidArgument else { throw error }
        var plain = query
        plain.flowLabel = 0
        return try answer(to: plain)
      }
    }

    private func answer(to query: Query) throws(SystemError) -> Route {
      var route: Route?
      try socket.ask(query.request, "netlink RTM_GETROUTE") { message, octets in
        if Int32(message.type) == RTM_NEWROUTE, route == nil { route = Route(message, octets) }
      }
      guard let route else { throw SystemError("netlink RTM_GETROUTE", .networkUnreachable) }
      return route
    }

    /// The interface of that index. ENODEV: none.
    package func link(_ index: UInt32) throws(SystemError) -> Link {
      // struct ifinfomsg: family, padding, type, index, flags, change.
      let fixed =
        [UInt8](repeating: 0, count: 4) + NetlinkRequest.native(index) + [UInt8](repeating: 0, count: 8)
      let request = NetlinkRequest(
        type: UInt16(RTM_GETLINK), flags: UInt16(NLM_F_REQUEST), sequence: 1, fixed: fixed)
      var link: Link?
      try socket.ask(request, "netlink RTM_GETLINK") { message, octets in
        if Int32(message.type) == RTM_NEWLINK, link == nil { link = Link(message, octets) }
      }
      guard let link else { throw SystemError("netlink RTM_GETLINK", .noDevice) }
      return link
    }
  }
}

extension Routing.Query {
  fileprivate var request: NetlinkRequest {
    // struct rtmsg: family, destination and source prefix lengths, traffic class, four zeros, flags.
    let fixed: [UInt8] = [
      UInt8(AF_INET6), 128, source == nil ? 0 : 128, trafficClass, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    var request = NetlinkRequest(
      type: UInt16(RTM_GETROUTE), flags: UInt16(NLM_F_REQUEST), sequence: 1, fixed: fixed)
    request.append(UInt16(RTA_DST.rawValue), destination)
    if let source { request.append(UInt16(RTA_SRC.rawValue), source) }
    if interface != 0 { request.append(UInt16(RTA_OIF.rawValue), interface) }
    if mark != 0 { request.append(UInt16(RTA_MARK.rawValue), mark) }
    // RTA_FLOWLABEL, newer than the headers of this library.
    if flowLabel != 0 { request.append(31, (flowLabel & 0xf_ffff).bigEndian) }
    return request
  }
}

extension Route {
  /// nil for a message too short to hold a route.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    guard message.body.count >= 12 else { return nil }
    let start = message.body.lowerBound
    self.init(kind: Kind(octets[start + 7]), interface: 0)
    // RTM_F_CLONED
    isCached = octets.native32(at: start + 8) & 0x200 != 0
    var offset = start + 12
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch UInt32(attribute.type) {
      case RTA_OIF.rawValue where value.count >= 4: interface = octets.native32(at: value.lowerBound)
      case RTA_PREFSRC.rawValue where value.count >= 16: source = octets.address(at: value.lowerBound)
      case RTA_GATEWAY.rawValue where value.count >= 16: gateway = octets.address(at: value.lowerBound)
      case RTA_METRICS.rawValue: mtu = Self.mtu(octets, value)
      default: break
      }
      offset = attribute.end
    }
  }

  /// RTAX_MTU within RTA_METRICS.
  private static func mtu(_ octets: borrowing Span<UInt8>, _ metrics: Range<Int>) -> UInt32? {
    var offset = metrics.lowerBound
    while let metric = NetlinkAttribute(in: octets, at: offset, limit: metrics.upperBound) {
      if metric.type == 2, metric.value.count >= 4 { return octets.native32(at: metric.value.lowerBound) }
      offset = metric.end
    }
    return nil
  }
}

extension Route.Kind {
  /// RTN_* of rtnetlink(7).
  init(_ type: UInt8) {
    self =
      switch type {
      case 1: .unicast
      case 2: .local
      case 4: .anycast
      case 5: .multicast
      case 6: .blackhole
      case 7: .unreachable
      case 8: .prohibit
      case 9: .throwing
      default: .other(type)
      }
  }
}
