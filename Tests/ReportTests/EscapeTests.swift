import Testing

@testable import Report

@Suite struct EscapeTests {
  static let valid = "plain-name.example é ß 漢字 🙂 \u{10fffd}"

  static func escaped(_ octets: [UInt8]) -> String { text { Escape.text(octets, into: &$0) } }
  static func json(_ octets: [UInt8]) -> String { text { Escape.json(octets, into: &$0) } }
  static func csv(_ octets: some StringProtocol) -> String { text { Escape.csv(octets.utf8, into: &$0) } }

  @Test func wellFormedPrintableTextPassesUnchanged() {
    #expect(Self.escaped(Array(Self.valid.utf8)) == Self.valid)
    #expect(Self.json(Array(Self.valid.utf8)) == Self.valid)
    #expect(text { Escape.text(Self.valid, into: &$0) } == Self.valid)
  }

  @Test(arguments: [
    ("\u{1b}[31m", "\\x1b[31m"), ("a\0b", "a\\x00b"), ("\u{7}", "\\x07"), ("\u{7f}", "\\x7f"),
    ("\n\r\t", "\\x0a\\x0d\\x09"), ("\u{9b}31m", "\\u{9b}31m"), ("\u{202e}x", "\\u{202e}x"),
    ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"), ("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
    ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"), ("a\\b", "a\\\\b"), ("\u{e0041}", "\\u{e0041}"),
  ])
  func harmfulCodePointsAreWrittenOut(hostile: String, expected: String) {
    #expect(Self.escaped(Array(hostile.utf8)) == expected)
    #expect(text { Escape.text(hostile, into: &$0) } == expected)
  }

  @Test(
    arguments: [
      ([0x9b, 0x41], "\\x9bA"), ([0xff], "\\xff"), ([0xc0, 0xaf], "\\xc0\\xaf"),
      ([0xe2, 0x80], "\\xe2\\x80"), ([0xe2, 0x80, 0x41], "\\xe2\\x80A"),
      ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),
      ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0xf0, 0x80], "\\xf0\\x80"),
      ([0xf0, 0x9f, 0x98, 0xc3, 0xa9], "\\xf0\\x9f\\x98é"), ([0xc3], "\\xc3"),
      ([0xc3, 0xc3, 0xa9], "\\xc3é"),
    ] as [([UInt8], String)])
  func octetsThatAreNoUTF8AreWrittenOutOneByOne(octets: [UInt8], expected: String) {
    #expect(Self.escaped(octets) == expected)
  }

  @Test func jsonStringsEscapeAsRFC8259AsksAndHarmfulCodePointsToo() {
    #expect(Self.json(Array("\"\\\n\r\t\u{1b}\u{7f}".utf8)) == "\\\"\\\\\\n\\r\\t\\u001b\\u007f")
    #expect(Self.json(Array("\u{9b}\u{202e}\u{e0041}".utf8)) == "\\u009b\\u202e\\udb40\\udc41")
    #expect(Self.json([0x61, 0xff, 0xc0, 0x62]) == "a\\ufffd\\ufffdb")
  }

  @Test func csvFieldsAreQuotedAndFormulasDisarmed() {
    #expect(Self.csv("plain") == "plain")
    #expect(Self.csv("a,b") == "\"a,b\"")
    #expect(Self.csv("say \"no\"") == "\"say \"\"no\"\"\"")
    for first in ["=", "+", "-", "@"] { #expect(Self.csv(first + "1+1") == "\"'" + first + "1+1\"") }
    #expect(Self.csv("\t=1") == "\\x09=1")
    #expect(Self.csv("a\nb") == "a\\x0ab")
  }

  @Test func validationAgreesWithTheStandardLibraryOnRandomOctets() {
    var generator = Generator(state: 6)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...6, using: &generator)
      var octets = (0..<count).map { _ in UInt8.random(in: 0x7e...0xff, using: &generator) }
      // Lead octets followed by mostly continuation octets come close to being well-formed.
      for index in octets.indices.dropFirst() where Bool.random(using: &generator) {
        octets[index] = 0x80 | octets[index] & 0x3f
      }
      let isWellFormed = String(validating: octets, as: UTF8.self) != nil
      #expect(!Self.escaped(octets).contains("\\x") == (isWellFormed && !octets.contains(0x7f)), "\(octets)")
      #expect(Self.json(octets).utf8.contains(0x5c) == (!isWellFormed || Self.hasHarm(octets)), "\(octets)")
    }
  }

  static func hasHarm(_ octets: [UInt8]) -> Bool {
    String(decoding: octets, as: UTF8.self).unicodeScalars.contains { Escape.isHarmful($0.value) }
  }

  /// Oracle: the Unicode tables of the standard library.
  @Test func everyControlFormatAndSeparatorCodePointIsHarmfulAndNoLetterIs() {
    for value: UInt32 in 0...0x10_ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        #expect(Escape.isHarmful(value), "U+\(String(value, radix: 16))")
      case .uppercaseLetter, .lowercaseLetter, .otherLetter, .decimalNumber, .mathSymbol, .otherSymbol,
        .currencySymbol, .dashPunctuation, .otherPunctuation, .spaceSeparator:
        #expect(!Escape.isHarmful(value), "U+\(String(value, radix: 16))")
      default: break
      }
    }
  }
}

/// The same octets in every run (splitmix64).
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
