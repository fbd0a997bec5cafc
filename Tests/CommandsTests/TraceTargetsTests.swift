import Testing

@testable import Commands

@Suite struct TraceTargetsTests {
  @Test func aListHasOneTargetToALineAndSaysWhichLinesAreNone() {
    var targets = TraceTargets(zone: nil, port: nil)
    let text = """
      # routers
      fd00::1

        name.example   # the one beside
      \tfd00::2\r
      fd00:::1
      10.0.0.1
      two words
      """
    let bad = targets.add(list: Array(text.utf8)) { [] }
    #expect(targets.names == ["fd00::1", "name.example", "fd00::2"])
    #expect(bad.map(\.number) == [6, 7, 8])
    #expect(bad.first?.message.hasPrefix("'fd00:::1': three colons in a row") == true)
  }

  @Test func aPortInAListIsThatOfTheRun() {
    var targets = TraceTargets(names: ["first"], zone: "eth0", port: nil)
    let bad = targets.add(list: Array("[fd00::1]:443\nfe80::1\nb:80\nc:443".utf8)) { [] }
    #expect(targets.names == ["first", "fd00::1", "fe80::1", "c"])
    #expect(targets.port == 443)
    #expect(bad.map(\.number) == [3])
  }

  @Test func octetsThatAreNoTextAreBadLinesAndNothingElse() {
    var targets = TraceTargets(zone: nil, port: nil)
    let bad = targets.add(
      list: [0xff, 0xfe, 0x0a, 0x1b, 0x5b, 0x41, 0x0a] + [UInt8](repeating: 0x3a, count: 5_000)
    ) {
      []
    }
    #expect(targets.names.isEmpty)
    #expect(bad.map(\.number) == [1, 2, 3])
    for line in bad { #expect(line.message.unicodeScalars.allSatisfy { $0.value >= 0x20 }) }
  }
}
