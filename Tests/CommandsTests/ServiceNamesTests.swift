import Testing

@testable import Commands

@Suite struct ServiceNamesTests {
  @Test func namesAndAliasesArePorts() {
    let services = Array(
      """
      # a comment
      domain\t53/tcp
      http  80/tcp  www web  # the web
      https 443/tcp
      broken
      odd   x/udp

      """.utf8)
    #expect(ServiceNames.port("http", in: services) == 80)
    #expect(ServiceNames.port("web", in: services) == 80)
    #expect(ServiceNames.port("https", in: services) == 443)
    for name in ["", "htt", "80/tcp", "the", "#", "broken", "odd", "none"] {
      #expect(ServiceNames.port(name, in: services) == nil, "\(name)")
    }
  }
}
