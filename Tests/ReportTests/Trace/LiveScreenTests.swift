import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct LiveScreenTests {
  static func screen(_ events: [TraceEvent] = TraceReportTests.events) -> LiveScreen {
    var screen = LiveScreen()
    screen.begin(makeTraceRun(method: .icmp, mode: .rounds(count: nil, interval: .seconds(1))), at: .zero)
    for event in events { screen.handle(event) }
    return screen
  }

  static func lines(_ view: LiveView, _ screen: LiveScreen = screen()) -> [String] {
    var names = TraceNames()
    names.names = [TraceAddress(router(1)): "gw.example"]
    return screen.draw(view, at: .zero, wall: wall, names: names).map { String(decoding: $0, as: UTF8.self) }
  }

  static func view(_ body: (inout LiveView) -> Void = { _ in }) -> LiveView {
    var view = LiveView()
    body(&view)
    return view
  }

  @Test func theFirstColumnsAreTimes() {
    #expect(
      Self.lines(Self.view()) == [
        "probe6 trace to host.example (2001:db8:9::1), icmp by error  round 10  10:05:16Z",
        "q quit  p pause  r reset  d columns  n names  ? help",
        "Hop Host                    Loss%   Sent    Last     Avg    Best   Worst   StDev",
        "  1 gw.example               0.0%     10     1.0     0.5     0.1     1.0     0.3",
        "  2 2001:db8:2::1           70.0%     10  3000.0  1001.3     2.0  3000.0  1730.9",
        "    2001:db8:2::2",
        "  3 host.example             0.0%     10    12.3    12.3    12.3    12.3     0.0",
      ])
  }

  @Test func otherColumnsComeByKey() {
    #expect(
      Self.lines(Self.view { $0.columnSet = 1 })[2]
        == "Hop Host                             Loss%   Sent   Late    Last  Jitter     Avg")
    let percentiles = Self.lines(
      Self.view {
        $0.columnSet = 2
        $0.columns = 100
        $0.showsNames = false
      })
    #expect(
      percentiles[2]
        == "Hop Host                                        Loss%   Sent  Median     90%     95%     99%   Worst"
    )
    #expect(
      percentiles[3]
        == "  1 2001:db8:1::1                                0.0%     10     0.4     0.8     1.0     1.0     1.0"
    )
  }

  @Test func theHistogramHasOneScaleForAllHops() {
    let blocks = Self.lines(Self.view { $0.columnSet = 3 })
    #expect(blocks[2] == "Hop Host                         Loss%   Sent    Last             0.1..3000.0 ms")
    #expect(
      blocks[6] == "  3 host.example                  0.0%     10    12.3             █            ")
    let plain = Self.lines(
      Self.view {
        $0.columnSet = 3
        $0.isUTF8 = false
      })
    #expect(
      plain[3] == "  1 gw.example                    0.0%     10     1.0 : :::=#                   ")
    #expect(plain.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
  }

  @Test func aPauseIsShownAndHelpStandsInPlaceOfTheTable() {
    #expect(Self.lines(Self.view { $0.isPaused = true })[0].hasSuffix("  PAUSED  round 10  10:05:16Z"))
    let help = Self.lines(Self.view { $0.showsHelp = true })
    #expect(help.contains("r           forget the figures, keep the path"))
    #expect(!help.contains { $0.hasPrefix("Hop") })
  }

  @Test func theTableScrollsBelowItsTitles() {
    let small = Self.view { $0.rows = 5 }
    let screen = Self.screen()
    #expect(Self.lines(small).count == 5)
    #expect(screen.scrollLimit(small) == 2)
    let scrolled = Self.lines(
      Self.view {
        $0.rows = 5
        $0.firstLine = 2
      })
    #expect(scrolled[2].hasPrefix("Hop Host"))
    #expect(scrolled[3] == "    2001:db8:2::2")
    #expect(Self.lines(Self.view { $0.firstLine = .max }).count == 3)
    #expect(Self.lines(Self.view { $0.firstLine = .min }).count == 7)
  }

  /// Characters of a line: each of ours takes one column.
  static func width(_ line: String) -> Int { line.unicodeScalars.count }

  @Test(arguments: [EveryEvent.hostileName, "host.example", "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"])
  func noLineIsWiderThanTheTerminalAndNoneIsTooMany(name: String) {
    let every = EveryTraceEvent(
      name: name, octets: EveryEvent.hostileOctets, mode: .rounds(count: 1, interval: .zero))
    var screen = LiveScreen()
    screen.begin(every.run, at: .zero)
    var names = TraceNames()
    for event in every.events + every.strangers { screen.handle(event) }
    for address in screen.addresses { names.names[address] = name }
    names.systems = every.systems
    for columns in [0, 1, 2, 3, 4, 5, 7, 10, 20, 24, 30, 40, 57, 80, 132, 400] {
      for rows in [0, 1, 2, 3, 4, 24] {
        for set in -1...4 {
          var view = LiveView()
          (view.columns, view.rows, view.columnSet) = (columns, rows, set)
          view.isPaused = set == 2
          let lines = screen.draw(view, at: .zero, wall: wall, names: names)
          #expect(lines.count <= rows)
          for line in lines {
            #expect(HarmlessOutputTests.harm(in: line, besides: []) == [])
            #expect(Self.width(String(decoding: line, as: UTF8.self)) <= columns)
            #expect(view.set == .histogram || line.allSatisfy { $0 < 0x80 })
          }
        }
      }
    }
  }

  @Test func aRedrawClearsWhatWasThereAndScrollsNothing() {
    let view = Self.view { $0.rows = 3 }
    let octets = Self.screen().render(view, at: .zero, wall: wall, names: TraceNames())
    let text = String(decoding: octets, as: UTF8.self)
    #expect(text.hasPrefix("\u{1b}[H\u{1b}[m\u{1b}[Kprobe6 trace to ") || text.hasPrefix("\u{1b}[Hprobe6"))
    #expect(text.hasSuffix("\u{1b}[m\u{1b}[J"))
    // Two line ends for three lines: none behind the last, where it would scroll.
    #expect(octets.count(where: { $0 == 0x0a }) == 2)
    #expect(text.split(separator: "\r\n").dropFirst().allSatisfy { $0.hasPrefix("\u{1b}[m\u{1b}[K") })
  }

  @Test func theTableIsPrintedOnceMoreAtTheEnd() {
    let table = Self.screen().table(at: .zero, wall: wall, names: TraceNames())
    #expect(String(decoding: table, as: UTF8.self).hasPrefix("Start: 2026-11-21T10:05:16+0000\nHOST: "))
  }

  @Test func severalTargetsHaveTheirOwnParts() {
    var screen = LiveScreen()
    screen.begin(makeTraceRun(["one", "two"]), at: .zero)
    screen.handle(.reply(makeTraceReply(1)))
    screen.handle(.reply(makeTraceReply(1, target: 1)))
    let lines = Self.lines(Self.view(), screen)
    #expect(lines[0].hasPrefix("probe6 trace to 2 targets, udp"))
    #expect(lines[3] == "one (2001:db8:9::1)")
    #expect(lines[5] == "two (2001:db8:9::2)")
    #expect(screen.scrollLimit(Self.view { $0.rows = 4 }) == 3)
  }
}
