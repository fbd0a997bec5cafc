import Testing
import Timing

@testable import LinuxNet

@Suite struct EventDescriptorTests {
  private static func isReadable(_ event: borrowing EventDescriptor) throws -> Bool {
    var poller = Poller()
    let slot = poller.add(event.descriptor)
    _ = try poller.wait(until: SystemClock.monotonicNow())
    return poller.readiness(of: slot).contains(.readable)
  }

  @Test func `it is readable from the first signal until it is acknowledged, however often it was signalled`()
    throws
  {
    let event = try EventDescriptor()
    #expect(try !Self.isReadable(event))
    event.signal()
    event.signal()
    #expect(try Self.isReadable(event))
    event.acknowledge()
    #expect(try !Self.isReadable(event))
    // Nothing to take away: it must not wait.
    event.acknowledge()
    #expect(try !Self.isReadable(event))
  }

  private final class Holder: Sendable {
    let event: EventDescriptor
    init() throws { event = try EventDescriptor() }
  }

  @Test func `a thread that waits is woken by another`() throws {
    let holder = try Holder()
    let thread = try Thread { holder.event.signal() }
    var poller = Poller()
    let slot = poller.add(holder.event.descriptor)
    _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(10))
    #expect(poller.readiness(of: slot).contains(.readable))
    thread.join()
  }
}
