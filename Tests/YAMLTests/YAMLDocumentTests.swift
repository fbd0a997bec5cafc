import Testing

@testable import YAML

struct YAMLDocumentTests {
  func parse(_ text: String) throws(YAMLError) -> YAMLNode { try YAMLDocument.parse(Array(text.utf8)) }

  /// As far as a test needs to look.
  func plain(_ node: YAMLNode) -> String {
    switch node.content {
    case .scalar(let text, let isPlain): isPlain ? text : "'\(text)'"
    case .sequence(let elements): "[" + elements.map(plain).joined(separator: ",") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\($0.key):\(plain($0.value))" }.joined(separator: ",") + "}"
    }
  }

  @Test(arguments: [
    ("a: 1\nb: [x, 'y z']\n", "{a:1,b:[x,'y z']}"),
    ("- {a: \"1\"}\n- ~\n", "[{a:'1'},~]"),
    (#"{"version": 1, "groups": [{"name": "n"}]}"#, "{version:1,groups:[{name:'n'}]}"),
    ("a: &x [1, 2]\nb: *x\n", "{a:[1,2],b:[1,2]}"),
    ("targets: [\"fd00::1\", fe80::1%eth0]\n", "{targets:['fd00::1',fe80::1%eth0]}"),
    ("a: !!str 5\n", "{a:'5'}"),
    ("", ""),
  ])
  func blocksFlowsQuotesAndJSONAreOneTree(text: String, wanted: String) throws {
    #expect(plain(try parse(text)) == wanted)
  }

  @Test func everyValueKnowsItsLineAndColumn() throws {
    guard case .mapping(let entries) = try parse("a: 1\nlong:\n  - x\n").content else {
      Issue.record(); return
    }
    #expect(entries[1].keyPlace == YAMLPlace(line: 2, column: 1))
    guard case .sequence(let elements) = entries[1].value.content else { Issue.record(); return }
    #expect(elements[0].place == YAMLPlace(line: 3, column: 5))
  }

  @Test(arguments: [
    ("a: 1\na: 2\n", 2, 1), ("a: [1\nb: 2\n", 2, 2), ("a: *nobody\n", 1, 4), ("[a]: 1\n", 1, 1),
    ("a: 1\n---\nb: 2\n", 2, 1), ("a: !own 1\n", 1, 4), ("a:\n\t- 1\n", 2, 1), ("a: \u{7}\n", 1, 4),
  ])
  func whatIsWrongIsToldWithItsPlace(text: String, line: Int, column: Int) {
    #expect {
      _ = try parse(text)
    } throws: { error in
      (error as? YAMLError)?.place == YAMLPlace(line: line, column: column)
    }
  }

  @Test func aliasesThatMultiplyAndListsThatNestComeToAnEnd() {
    var text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (name, last) in zip("bcdefghij", "abcdefghi") {
      text += "\(name): &\(name) [" + String(repeating: "*\(last),", count: 9) + "*\(last)]\n"
    }
    #expect(throws: YAMLError.self) { try parse(text) }
    #expect(throws: YAMLError.self) { try parse(String(repeating: "[", count: 10_000)) }
    #expect(throws: YAMLError.self) { try parse(String(repeating: "- ", count: 500) + "x") }
  }

  @Test func randomOctetsAreReadOrRefusedNeverTrappedOn() {
    var state: UInt64 = 7
    for _ in 0..<2_000 {
      var octets: [UInt8] = []
      for _ in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let pool = Array("ab:-[]{}&*!#'\"|>%@, \n\t?~".utf8)
        octets.append(
          state >> 60 == 0 ? UInt8(truncatingIfNeeded: state >> 40) : pool[Int(state >> 33) % pool.count])
      }
      _ = try? YAMLDocument.parse(octets)
    }
  }
}
