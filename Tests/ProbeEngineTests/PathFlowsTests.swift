import Testing

@testable import ProbeEngine

@Suite struct PathFlowsTests {
  private func flows(
    _ method: TraceConfiguration.Method, _ change: (inout TraceConfiguration) -> Void = { _ in }
  ) -> PathFlows {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.method = method
    configuration.flow = TraceFlow(sourcePort: 50_000, destinationPort: 33_434, flowLabel: 7)
    configuration.seed = 3
    change(&configuration)
    return PathFlows(configuration, target: 0)
  }

  @Test func `UDP varies destination port and flow label together`() {
    var flows = flows(.udp)
    #expect(flows.base == TraceFlow(sourcePort: 50_000, destinationPort: 33_434, flowLabel: 7))
    var ports: Set<UInt16> = []
    var labels: Set<UInt32> = []
    for number in 1...500 {
      let flow = flows.next()
      #expect(flow.sourcePort == 50_000)
      #expect(flow.destinationPort == 33_434 + UInt16(number))
      #expect(flow.flowLabel < 1 << 20)
      ports.insert(flow.destinationPort)
      labels.insert(flow.flowLabel)
    }
    #expect(ports.count == 500)
    #expect(labels.count == 500 && !labels.contains(7) && !labels.contains(0))
  }

  @Test func `TCP varies the source port, ICMPv6 the flow label alone`() {
    var tcp = flows(.tcp)
    let segment = tcp.next()
    #expect(segment.sourcePort == 50_001 && segment.destinationPort == 33_434 && segment.flowLabel != 7)
    var icmp = flows(.icmp)
    let echo = icmp.next()
    #expect(echo.sourcePort == 50_000 && echo.destinationPort == 33_434 && echo.flowLabel != 7)
    #expect(icmp.portField == .none)
  }

  @Test func `A destination port that the user named stays`() {
    var crafted = flows(.udp) {
      $0.isDestinationPortFixed = true
      $0.framing = .packet
    }
    let flow = crafted.next()
    #expect(flow.destinationPort == 33_434 && flow.sourcePort == 50_001)
    var plain = flows(.udp) { $0.isDestinationPortFixed = true }
    #expect(plain.next().destinationPort == 33_434)
    #expect(plain.next().sourcePort == 50_000)
  }

  @Test func `One field is varied by itself, and ports that would overflow go on from 1024`() {
    var flows = flows(.udp) { $0.flow.destinationPort = 65_534 }
    let label = flows.varyingLabel(of: flows.base)
    #expect(label.destinationPort == 65_534 && label.flowLabel != 7)
    let port = flows.varyingPort(of: flows.base)
    #expect(port.destinationPort == 65_535 && port.flowLabel == 7)
    #expect(flows.varyingPort(of: flows.base).destinationPort == 1_024)
  }

  @Test func `A flow needs a source port of its own where the kernel would pick one for each probe`() {
    let crafted = flows(.udp) {
      $0.flow.sourcePort = 0
      $0.framing = .packet
    }
    #expect(crafted.base.sourcePort > 1_023)
    #expect(flows(.tcp) { $0.flow.sourcePort = 0 }.base.sourcePort > 1_023)
  }
}
