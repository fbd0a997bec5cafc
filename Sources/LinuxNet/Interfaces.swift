import CLinux
import Glibc
package import Wire

/// A network interface (RTM_GETLINK, rtnetlink(7)).
package struct Link: Equatable, Sendable {
  package var index: UInt32
  package var name: String
  package var mtu: UInt32
  /// IFF_* of netdevice(7).
  package var flags: UInt32
  /// ARPHRD_*: 1 is Ethernet, 772 the loopback.
  package var hardwareType: UInt16
  /// Six octets for Ethernet; empty for none.
  package var linkLayerAddress: [UInt8]

  package var isUp: Bool { flags & 1 != 0 }
  package var isLoopback: Bool { flags & 8 != 0 }
  package var isRunning: Bool { flags & 0x40 != 0 }
  package var isMulticast: Bool { flags & 0x1000 != 0 }
}

/// An IPv6 address of this host (RTM_GETADDR, rtnetlink(7)).
package struct InterfaceAddress: Equatable, Sendable {
  package var address: IPv6Address
  package var prefixLength: UInt8
  /// RT_SCOPE_*: 0 global, 200 site, 253 link, 254 host.
  package var scope: UInt8
  package var interface: UInt32
  /// IFA_F_* of linux/if_addr.h.
  package var flags: UInt32
  /// Seconds left (IFA_CACHEINFO); nil: for ever, or the kernel does not say.
  package var validLifetime: UInt32?
  package var preferredLifetime: UInt32?
  /// IFAPROT_*: 1 loopback, 2 router advertisement, 3 link-local by the kernel; 0 where it does not say (Linux 5.18).
  package var origin: UInt8 = 0

  /// Duplicate address detection is still going on: no source for anything.
  package var isTentative: Bool { flags & 0x40 != 0 }
  /// Duplicate address detection found another owner.
  package var isDuplicate: Bool { flags & 0x08 != 0 }
  package var isDeprecated: Bool { flags & 0x20 != 0 }
  package var isOptimistic: Bool { flags & 0x04 != 0 }
  package var isTemporary: Bool { flags & 0x01 != 0 }
}

/// The interfaces of the calling thread's network namespace.
package enum Interfaces {
  /// The index of a name; nil for none (if_nametoindex(3)).
  package static func index(of name: String) -> UInt32? {
    guard !name.utf8.contains(0) else { return nil }
    // The name's octets outlive the call.
    let index = unsafe if_nametoindex(name)
    return index == 0 ? nil : index
  }

  /// The name of an index; nil for none (if_indextoname(3)).
  package static func name(of index: UInt32) -> String? {
    var octets = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    // The call writes at most IF_NAMESIZE octets, NUL included.
    guard unsafe if_indextoname(index, &octets) != nil else { return nil }
    return String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What the text behind "%" means: a name, or an index in decimal. nil for neither.
  package static func zone(_ text: String) -> UInt32? {
    if let index = index(of: text) { return index }
    guard let index = UInt32(text), index > 0, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      return nil
    }
    return index
  }

  package static func links() throws(SystemError) -> [Link] {
    let socket = try NetlinkSocket()
    return try socket.dump("netlink RTM_GETLINK") {
      // struct ifinfomsg, all zero: every link.
      NetlinkRequest(
        type: UInt16(RTM_GETLINK), flags: NetlinkRequest.dump, sequence: $0,
        fixed: [UInt8](repeating: 0, count: 16))
    } reading: { message, octets in
      Int32(message.type) == RTM_NEWLINK ? Link(message, octets) : nil
    }
  }

  package static func addresses() throws(SystemError) -> [InterfaceAddress] {
    let socket = try NetlinkSocket()
    return try socket.dump("netlink RTM_GETADDR") {
      // struct ifaddrmsg: the family, else zero.
      NetlinkRequest(
        type: UInt16(RTM_GETADDR), flags: NetlinkRequest.dump, sequence: $0,
        fixed: [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 7))
    } reading: { message, octets in
      Int32(message.type) == RTM_NEWADDR ? InterfaceAddress(message, octets) : nil
    }
  }
}

extension Link {
  /// nil for a message too short to hold a link.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    guard message.body.count >= 16 else { return nil }
    let start = message.body.lowerBound
    self.init(
      index: octets.native32(at: start + 4), name: "", mtu: 0, flags: octets.native32(at: start + 8),
      hardwareType: octets.native16(at: start + 2), linkLayerAddress: [])
    var offset = start + 16
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 1:  // IFLA_ADDRESS
        linkLayerAddress = value.prefix(32).map { octets[$0] }
      case 3:  // IFLA_IFNAME
        name = String(decoding: value.map { octets[$0] }.prefix { $0 != 0 }, as: UTF8.self)
      case 4 where value.count >= 4:  // IFLA_MTU
        mtu = octets.native32(at: value.lowerBound)
      default: break
      }
      offset = attribute.end
    }
  }
}

extension InterfaceAddress {
  /// nil for a message that holds no IPv6 address.
  init?(_ message: NetlinkMessage, _ octets: borrowing Span<UInt8>) {
    let start = message.body.lowerBound
    guard message.body.count >= 8, octets[start] == UInt8(AF_INET6) else { return nil }
    self.init(
      address: .unspecified, prefixLength: octets[start + 1], scope: octets[start + 3],
      interface: octets.native32(at: start + 4), flags: UInt32(octets[start + 2]))
    var found: IPv6Address?
    var local: IPv6Address?
    var offset = start + 8
    while let attribute = NetlinkAttribute(in: octets, at: offset, limit: message.body.upperBound) {
      let value = attribute.value
      switch attribute.type {
      case 1 where value.count >= 16:  // IFA_ADDRESS: with a peer, the peer's
        found = octets.address(at: value.lowerBound)
      case 2 where value.count >= 16:  // IFA_LOCAL: with a peer, our own
        local = octets.address(at: value.lowerBound)
      case 6 where value.count >= 8:  // IFA_CACHEINFO: preferred, valid
        let preferred = octets.native32(at: value.lowerBound)
        let valid = octets.native32(at: value.lowerBound + 4)
        preferredLifetime = preferred == .max ? nil : preferred
        validLifetime = valid == .max ? nil : valid
      case 8 where value.count >= 4:  // IFA_FLAGS: all 32 of them
        flags = octets.native32(at: value.lowerBound)
      case 11 where value.count >= 1:  // IFA_PROTO
        origin = octets[value.lowerBound]
      default: break
      }
      offset = attribute.end
    }
    guard let address = local ?? found else { return nil }
    self.address = address
  }
}
