import CLinux
import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Nothing here asks a name server: numbers, and names that cannot exist.
@Suite struct ResolverTests {
  @Test func `an address in text resolves to itself with its zone`() throws {
    #expect(try Resolver.resolve("::1").addresses == [SocketAddress(.loopback)])
    let zoned = try Resolver.resolve("fe80::1%lo")
    let index = try #require(Interfaces.index(of: "lo"))
    #expect(zoned.addresses == [SocketAddress(IPv6Address(bits: 0xfe80 << 112 | 1), scope: index)])
  }

  @Test(arguments: ["", ":::1", "fe80::1%nothing", "a\0b", "[::1]:80", "192.0.2.1"])
  func `what is no IPv6 name is a typed error with words`(name: String) {
    let failure = #expect(throws: ResolverError.self) { try Resolver.resolve(name, numericOnly: true) }
    #expect(failure?.text.isEmpty == false)
    #expect(failure?.code != 0)
  }

  @Test func `an IPv4 address has only IPv4`() {
    #expect(Resolver.hasOnlyIPv4("192.0.2.1"))
    #expect(!Resolver.hasOnlyIPv4("::1"))
    #expect(!Resolver.hasIPv4("::1"))
  }

  @Test func `a socket address survives the kernel's form`() {
    let address = SocketAddress(
      IPv6Address(bits: 0x2001_0db8 << 96 | 0xff), port: 4_660, scope: 3, flowInfo: 0x0b8_12345)
    #expect(SocketAddress(address.raw) == address)
    var foreign = address.raw
    foreign.sin6_family = 2
    #expect(SocketAddress(foreign) == nil)
  }

  @Test func `the poller reports nothing when time is up and forgets what is not wanted`() throws {
    let signals = try ReverseResolver()
    var poller = Poller()
    let slot = poller.add(number: signals.descriptor.number, wanting: [.readable, .writable])
    let ready3 = try poller.wait(until: .zero)
    #expect(ready3 == 1)
    #expect(poller.readiness(of: slot) == .writable)
    poller.setWanted(nil, of: slot)
    let ready4 = try poller.wait(until: SystemClock.monotonicNow() + .microseconds(100))
    #expect(ready4 == 0)
    #expect(poller.readiness(of: slot) == [])
    poller.setWanted(.writable, of: slot)
    let ready5 = try poller.wait(until: nil)
    #expect(ready5 == 1)
  }
}

/// In a namespace where no name server can be reached, so that each question has its end at once.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct ReverseResolverTests {
  @Test func `a reverse lookup does not wait, and its answer makes the descriptor readable`() throws {
    try NetworkNamespace.run {
      let resolver = try ReverseResolver()
      #expect(resolver.lookUp(.loopback) == .pending)
      var poller = Poller()
      let slot = poller.add(number: resolver.descriptor.number)
      let ready1 = try poller.wait(until: SystemClock.monotonicNow() + .seconds(30))
      #expect(ready1 == 1)
      #expect(poller.readiness(of: slot) == .readable)
      resolver.acknowledge()
      // The oracle is the same call without the thread.
      #expect(resolver.lookUp(.loopback) == .name(ReverseResolver.name(of: SocketAddress(.loopback))))
      let ready2 = try poller.wait(until: .zero)
      #expect(ready2 == 0)
    }
  }

  @Test func `a full queue says so instead of growing`() throws {
    try NetworkNamespace.run {
      let resolver = try ReverseResolver(queueLimit: 1, cacheLimit: 2)
      var answers: [ReverseResolver.Answer] = []
      for i in 1...5_000 { answers.append(resolver.lookUp(IPv6Address(bits: UInt128(i)), scope: 0)) }
      #expect(answers.contains(.busy))
    }
  }
}
