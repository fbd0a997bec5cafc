import ProbeEngine
import Synchronization
import Testing

@testable import Report

@Suite struct InterfaceNamesTests {
  private final class Asked: Sendable {
    let indices = Mutex<[UInt32]>([])
  }

  @Test func aNameIsAskedForOnlyWhereOneIsPrinted() {
    let asked = Asked()
    var run = makeTraceRun()
    run.interfaceNames = InterfaceNames { index in
      asked.indices.withLock { $0.append(index) }
      return index == 3 ? "eth3" : nil
    }
    _ = PrintedTrace(TraceText(options: TraceTextOptions()), run, [.hop(makePlainHop(1))])
    #expect(asked.indices.withLock { $0 } == [])
    func line(_ zone: UInt32) -> String {
      let hop = makeHop(1, [.reply(makeTraceReply(1, zone: zone))])
      return PrintedTrace(TraceText(options: TraceTextOptions()), run, [.hop(hop)]).lines[1]
    }
    #expect(line(3) == " 1  2001:db8:1::1%eth3  1.000 ms")
    #expect(line(4) == " 1  2001:db8:1::1%4  1.000 ms")
    #expect(asked.indices.withLock { $0 } == [3, 4])
  }
}
