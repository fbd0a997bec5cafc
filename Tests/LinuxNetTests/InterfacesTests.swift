import KernelLab
import Testing
import Wire

@testable import LinuxNet

/// Lifetimes and settings, as `ip addr` and sysctl tell them.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct InterfacesTests {
  static let ip = NetworkNamespace.command

  @Test func `an address has its lifetimes and its origin`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      try Self.ip(
        "ip", "addr", "add", "2001:db8:1::5/64", "dev", "left", "valid_lft", "1000", "preferred_lft", "500",
        "nodad")
      let left = try #require(Interfaces.index(of: "left"))
      let addresses = try Interfaces.addresses().filter { $0.interface == left }
      let text = try KernelText("-6", "-o", "addr", "show", "dev", "left")
      #expect(addresses.count == text.lines.count)
      for address in addresses {
        let words = try #require(text.lines.first { $0.contains("\(address.address)/64") })
        for (lifetime, key) in [
          (address.validLifetime, "valid_lft"), (address.preferredLifetime, "preferred_lft"),
        ] as [(UInt32?, Substring)] {
          let word = try #require(words.value(key))
          // "forever", or "1000sec".
          if word == "forever" {
            #expect(lifetime == nil)
          } else {
            let seconds = try #require(UInt32(word.prefix { $0.isNumber }))
            #expect(abs(Int(lifetime ?? 0) - Int(seconds)) <= 1)
          }
        }
        // IFAPROT_KERNEL_LL; an older ip does not print it. IFAPROT_KERNEL_RA: see NetlinkMonitorTests.
        #expect(address.origin == (address.address.isLinkLocalUnicast ? 3 : 0))
      }
      #expect(addresses.contains { $0.validLifetime != nil })
      #expect(addresses.contains { $0.validLifetime == nil && $0.origin == 3 })
    }
  }

  @Test func `settings are read by interface, also where its name has a dot`() throws {
    try NetworkNamespace.run {
      try NeighborTableTests.arrange()
      try Self.ip("ip", "link", "set", "right", "down")
      try Self.ip("ip", "link", "set", "right", "name", "left.5")
      try SystemControl.write("net/ipv6/conf/left.5/accept_ra", "2")
      try SystemControl.write("net/ipv6/conf/left/accept_ra", "0")
      try SystemControl.write("net/ipv6/conf/left.5/mtu", "1400")
      let tagged = IPv6Settings(interface: "left.5")
      #expect(tagged["accept_ra"] == 2)
      #expect(tagged["mtu"] == 1400)
      #expect(IPv6Settings(interface: "left")["accept_ra"] == 0)
      // No such setting; not to be read; no number; not an interface's name.
      #expect(tagged["nothing"] == nil)
      #expect(tagged["stable_secret"] == nil)
      #expect(IPv6Settings(interface: "nothing")["accept_ra"] == nil)
      #expect(IPv6Settings(interface: "../all")["accept_ra"] == nil)
    }
  }
}
