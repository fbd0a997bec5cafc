import Testing

@testable import Commands

@Suite struct LiveKeysTests {
  private func keys(_ text: String) -> [LiveKey] {
    var reader = LiveKeyReader()
    return reader.read(text.utf8)
  }

  @Test func lettersAndCursorKeysAreKeys() {
    #expect(
      keys("p rdn?hqQ+-") == [
        .pause, .pause, .reset, .columns, .names, .help, .help, .quit, .quit, .down, .up,
      ])
    #expect(keys("\u{1b}[A\u{1b}[B\u{1b}OA\u{1b}OB") == [.up, .down, .up, .down])
    #expect(
      keys("\u{1b}[5~\u{1b}[6~\u{1b}[1~\u{1b}[4~\u{1b}[H\u{1b}[F") == [
        .pageUp, .pageDown, .top, .bottom, .top, .bottom,
      ])
    #expect(keys("\u{3}\u{4}") == [.quit, .quit])
  }

  @Test func aSequenceMayComeInPieces() {
    var reader = LiveKeyReader()
    #expect(reader.read([0x1b]) == [])
    #expect(reader.read([0x5b]) == [])
    #expect(reader.read([0x41]) == [.up])
    #expect(reader.read([0x71]) == [.quit])
  }

  @Test func whatIsNotKnownIsSkippedWhole() {
    // Modified arrows, function keys, a mouse report, a lone escape before a letter.
    #expect(keys("\u{1b}[1;5A") == [.up])
    #expect(keys("\u{1b}[15~\u{1b}[99999999999999~x\u{1b}q") == [.quit])
    #expect(keys("zäß\u{7f}\u{0}") == [])
  }
}
