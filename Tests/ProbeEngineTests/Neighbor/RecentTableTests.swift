import Testing

@testable import ProbeEngine

@Suite struct RecentTableTests {
  @Test func theLastKeysUsedAreThereAndTheBoundHolds() {
    var table = RecentTable<Int, Int>(limit: 100)
    for key in 0..<10_000 {
      table[key] = -key
      #expect(table.count <= 200)
      // Read all the time, so it stays.
      #expect(table[0] == 0)
    }
    for key in 9_901..<10_000 { #expect(table[key] == -key) }
    #expect(table[5_000] == nil)
  }

  @Test func whatIsRemovedIsGoneFromBothGenerations() {
    var table = RecentTable<Int, Int>(limit: 2)
    for key in 0..<4 { table[key] = key }
    table[1] = nil
    table[3] = nil
    #expect(table[1] == nil && table[3] == nil && table[2] == 2)
  }
}
