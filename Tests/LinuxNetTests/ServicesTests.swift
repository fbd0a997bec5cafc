import Testing

@testable import LinuxNet

@Suite struct ServicesTests {
  @Test func aServiceHasItsPort() {
    // As in the services(5) of every distribution.
    #expect(Services.port("domain") == 53)
    #expect(Services.port("443") == 443)
  }

  @Test(arguments: ["", "nonsense", "domain\u{0}x", "domain "]) func whatIsNoServiceHasNone(_ name: String) {
    #expect(Services.port(name) == nil)
  }
}
