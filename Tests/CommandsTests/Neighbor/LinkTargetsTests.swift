import Testing

@testable import Commands

@Suite struct LinkTargetsTests {
  @Test func aListHasOneAddressToALineAndSaysWhichLinesAreNone() {
    var targets = LinkTargets(interface: nil)
    var asked = 0
    let text = """
      # hosts
      fe80::1%eth0
      2001:db8::1   # a server
        fe80::1%eth0
      fe80::2
      fe80::3
      fe80::4%eth1
      ff02::1%eth0
      2001:db8::/64
      \u{fffd}
      """
    let bad = targets.add(list: Array(text.utf8)) {
      asked += 1
      return ["eth0"]
    }
    #expect(targets.names == ["fe80::1%eth0", "2001:db8::1"])
    #expect(bad.map(\.number) == [5, 6, 7, 8, 9, 10])
    // Netlink is asked once, whatever number of zones is missing.
    #expect(asked == 1)
    #expect(bad[0].message.hasSuffix("write fe80::2%INTERFACE (one of 'eth0')"))
    #expect(
      bad[2].message
        == "'fe80::4%eth1': another link than 'eth0', which was said before; one run asks on one link")
  }

  @Test func theInterfaceThatWasSaidIsTheZoneOfAll() {
    var targets = LinkTargets(names: ["fe80::9"], interface: "eth0")
    let bad = targets.add(list: Array("fe80::1\nfe80::1%eth0\nfe80::9\nfe80::1%eth1".utf8)) { [] }
    #expect(targets.names == ["fe80::9", "fe80::1"])
    #expect(bad.map(\.number) == [4])
  }
}
