import CLinux
import Glibc
package import Wire

/// What the kernel tells of a change in its tables (rtnetlink(7)).
package enum NetlinkChange: Equatable, Sendable {
  case neighbor(NeighborEntry, isGone: Bool)
  case address(InterfaceAddress, isGone: Bool)
  case route(RouteEntry, isGone: Bool)
  case link(Link, isGone: Bool)
  case prefix(NetlinkPrefix)
  case userOption(NetlinkUserOption)
  /// Its queue for us ran over (ENOBUFS): changes are missing here.
  case lost
}

/// A prefix that a router advertisement brought (RTM_NEWPREFIX, struct prefixmsg).
package struct NetlinkPrefix: Equatable, Sendable {
  package var prefix: IPv6Address
  package var prefixLength: UInt8
  package var interface: UInt32
  /// Seconds; `UInt32.max` is for ever.
  package var validLifetime: UInt32
  package var preferredLifetime: UInt32
}

/// An option of a router advertisement that was accepted (RTM_NEWNDUSEROPT, struct nduseroptmsg).
package struct NetlinkUserOption: Equatable, Sendable {
  package var interface: UInt32
  /// Of the message: 134.
  package var type: UInt8
  package var code: UInt8
  /// The router.
  package var source: IPv6Address
  /// As on the wire, from the option's type on.
  package var octets: [UInt8]
}

/// Hears of every change in the kernel's IPv6 tables, of the network namespace that it was made in. Needs no
/// privilege.
package struct NetlinkMonitor: ~Copyable, ProbeSocket {
  /// RTNLGRP_LINK, _NEIGH, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_PREFIX, _ND_USEROPT.
  private static let groups: [UInt32] = [1, 3, 9, 11, 18, 20]
  /// A message to a group is no longer than a page or two (NLMSG_GOODSIZE).
  private static let longest = 32 << 10
  /// Room for a burst of some thousand changes, as a link that goes down makes.
  private static let queue: Int32 = 1 << 20

  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// Everything from here on is told.
  package init() throws(SystemError) {
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = Descriptor(
      owning: try retrying("socket AF_NETLINK") { socket(AF_NETLINK, type, NETLINK_ROUTE) })
    try Self.join(descriptor.number)
    self.descriptor = descriptor
    // The system's limit is what there is where it fails.
    _ = try? setReceiveBuffer(Self.queue)
  }

  private static func join(_ number: Int32) throws(SystemError) {
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = groups.reduce(0) { $0 | 1 << ($1 - 1) }
    _ = try retrying("bind AF_NETLINK") {
      // `address` is a local, and the length is its own.
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
    }
  }

  /// Hands over what waits, `limit` messages of the socket at most, without waiting for more. Returns how many there
  /// were; each holds one change or a few.
  @discardableResult
  package func receive(
    atMost limit: Int = 256, _ body: (NetlinkChange) -> Void
  ) throws(SystemError) -> Int {
    let number = number
    // Not an array: only the pages that the kernel writes to are ever touched.
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.longest)
    // Allocated above, and nothing keeps the pointer.
    defer { unsafe buffer.deallocate() }
    for received in 0..<max(1, limit) {
      var sender = sockaddr_nl()
      var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
      let count: Int
      do throws(SystemError) {
        count = try retrying("recvfrom AF_NETLINK") {
          // All three outlive the call, and each length is its own.
          unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
              unsafe recvfrom(number, buffer, Self.longest, Int32(MSG_TRUNC), $0, &length)
            }
          }
        }
      } catch {
        if error.errno == .wouldBlock { return received }
        guard error.errno == .noBufferSpace else { throw error }
        body(.lost)
        continue
      }
      // Only the kernel (port 0) is believed.
      guard sender.nl_pid == 0 else { continue }
      guard count <= Self.longest else {
        body(.lost)
        continue
      }
      // The kernel has written `count` octets, no more than there is room for.
      Self.read(unsafe UnsafeBufferPointer(start: buffer, count: count).span, body)
    }
    return max(1, limit)
  }

  static func read(_ octets: Span<UInt8>, _ body: (NetlinkChange) -> Void) {
    var offset = 0
    while let message = NetlinkMessage(in: octets, at: offset) {
      if let change = NetlinkChange(message, octets) { body(change) }
      offset = message.end
    }
  }
}

extension NetlinkChange {
  /// nil for a message of another kind, or another family.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    switch Int(message.type) {
    case RTM_NEWNEIGH, RTM_DELNEIGH:
      guard let entry = NeighborEntry(message, octets) else { return nil }
      self = .neighbor(entry, isGone: Int(message.type) == RTM_DELNEIGH)
    case RTM_NEWADDR, RTM_DELADDR:
      guard let address = InterfaceAddress(message, octets) else { return nil }
      self = .address(address, isGone: Int(message.type) == RTM_DELADDR)
    case RTM_NEWROUTE, RTM_DELROUTE:
      guard let entry = RouteEntry(message, octets) else { return nil }
      self = .route(entry, isGone: Int(message.type) == RTM_DELROUTE)
    case RTM_NEWLINK, RTM_DELLINK:
      // Of a bridge's port that leaves only the family AF_BRIDGE says so; the link itself is still there.
      guard message.body.count >= 16, octets[message.body.lowerBound] == UInt8(AF_UNSPEC),
        let link = Link(message, octets)
      else { return nil }
      self = .link(link, isGone: Int(message.type) == RTM_DELLINK)
    case RTM_NEWPREFIX:
      guard let prefix = NetlinkPrefix(message, octets) else { return nil }
      self = .prefix(prefix)
    case RTM_NEWNDUSEROPT:
      guard let option = NetlinkUserOption(message, octets) else { return nil }
      self = .userOption(option)
    default: return nil
    }
  }
}

extension NetlinkPrefix {
  fileprivate init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    // struct prefixmsg: family, padding, interface, type, length, flags, padding.
    let start = message.body.lowerBound
    guard message.body.count >= 12, octets[start] == UInt8(AF_INET6) else { return nil }
    var prefix: IPv6Address?
    validLifetime = 0
    preferredLifetime = 0
    interface = octets.native32(at: start + 4)
    prefixLength = octets[start + 9]
    var offset = start + 12
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 1 where value.count >= 16:  // PREFIX_ADDRESS
        prefix = octets.address(at: value.lowerBound)
      case 2 where value.count >= 8:  // PREFIX_CACHEINFO: preferred, valid
        preferredLifetime = octets.native32(at: value.lowerBound)
        validLifetime = octets.native32(at: value.lowerBound + 4)
      default: break
      }
      offset = attribute.end
    }
    guard let prefix else { return nil }
    self.prefix = prefix
  }
}

extension NetlinkUserOption {
  fileprivate init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    // struct nduseroptmsg: family, padding, length of options, interface, type, code, padding.
    let start = message.body.lowerBound
    guard message.body.count >= 16, octets[start] == UInt8(AF_INET6) else { return nil }
    let length = Int(octets.native16(at: start + 2))
    guard length <= message.body.count - 16 else { return nil }
    interface = octets.native32(at: start + 4)
    type = octets[start + 8]
    code = octets[start + 9]
    let options = start + 16..<start + 16 + length
    self.octets = options.map { octets[$0] }
    var source: IPv6Address?
    var offset = start + 16 + ((length + 3) & ~3)
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      // NDUSEROPT_SRCADDR
      if attribute.type == 1, attribute.value.count >= 16 {
        source = octets.address(at: attribute.value.lowerBound)
      }
      offset = attribute.end
    }
    guard let source else { return nil }
    self.source = source
  }
}
