import Testing

@testable import Timing

@Suite struct TimerQueueTests {
  private func at(_ nanoseconds: Int64) -> Instant { Instant(nanoseconds: nanoseconds) }

  @Test func `timers fire by deadline and, at one deadline, in the order of insertion`() {
    var queue = TimerQueue<String>()
    queue.insert("late", at: at(30))
    queue.insert("first of two", at: at(10))
    queue.insert("middle", at: at(20))
    queue.insert("second of two", at: at(10))
    var fired: [String] = []
    while let timer = queue.popDue(at: at(30)) { fired.append(timer.payload) }
    #expect(fired == ["first of two", "second of two", "middle", "late"])
    #expect(queue.isEmpty)
  }

  @Test func `a timer is due from its deadline on and not before`() {
    var queue = TimerQueue<Int>()
    #expect(queue.earliest == nil)
    queue.insert(1, at: at(100))
    #expect(queue.earliest == at(100))
    #expect(queue.popDue(at: at(99)) == nil)
    let timer = queue.popDue(at: at(100))
    #expect(timer?.deadline == at(100) && timer?.payload == 1)
    #expect(queue.popDue(at: .distantFuture) == nil)
  }

  @Test func `a handle names nothing once its timer has fired, even if its place is used again`() {
    var queue = TimerQueue<Int>()
    let handle = queue.insert(1, at: at(1))
    _ = queue.popDue(at: at(1))
    let successor = queue.insert(2, at: at(2))
    #expect(queue.slotCount == 1)
    #expect(queue.cancel(handle) == nil)
    #expect(queue.reschedule(handle, to: at(0)) == false)
    #expect(queue.cancel(successor) == 2)
    #expect(queue.cancel(successor) == nil)
    let third = queue.insert(3, at: at(3))
    queue.removeAll()
    #expect(queue.cancel(third) == nil && queue.isEmpty)
  }

  @Test func `optional payloads are payloads`() {
    var queue = TimerQueue<Int?>()
    queue.insert(nil, at: at(1))
    #expect(queue.popDue(at: at(1)) != nil)
  }

  @Test func `cancelled timers give back their memory at once`() {
    var queue = TimerQueue<Int>()
    for round in 0..<20_000 {
      let handles = (0..<10).map { queue.insert($0, at: at(Int64(1_000_000 - round + $0))) }
      for handle in handles { queue.cancel(handle) }
    }
    #expect(queue.isEmpty && queue.slotCount == 10)
  }

  /// A list, sorted anew each time, that does the same by obvious means.
  private struct Model {
    var timers: [(deadline: Instant, order: Int, payload: Int)] = []
    mutating func popDue(at now: Instant) -> Int? {
      timers.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
      guard let first = timers.first, first.deadline <= now else { return nil }
      return timers.removeFirst().payload
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `any mixture of operations does what a sorted list does`(seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    var queue = TimerQueue<Int>()
    var model = Model()
    var handles: [Int: TimerQueue<Int>.Handle] = [:]
    for payload in 0..<3_000 {
      // Few distinct deadlines, so that ties are common.
      let deadline = at(Int64(random.next() % 64))
      switch random.next() % 8 {
      case 0...3:
        handles[payload] = queue.insert(payload, at: deadline)
        model.timers.append((deadline, payload, payload))
      case 4:
        let victim = Int(random.next() % UInt64(payload + 1))
        let index = model.timers.firstIndex { $0.payload == victim }
        #expect(handles[victim].flatMap { queue.cancel($0) } == index.map { model.timers[$0].payload })
        if let index { model.timers.remove(at: index) }
      case 5:
        let victim = Int(random.next() % UInt64(payload + 1))
        let index = model.timers.firstIndex { $0.payload == victim }
        #expect((handles[victim].map { queue.reschedule($0, to: deadline) } ?? false) == (index != nil))
        if let index { model.timers[index].deadline = deadline }
      default:
        #expect(queue.popDue(at: deadline)?.payload == model.popDue(at: deadline))
      }
      #expect(queue.count == model.timers.count)
      #expect(queue.earliest == model.timers.map(\.deadline).min())
    }
    while let expected = model.popDue(at: .distantFuture) {
      #expect(queue.popDue(at: .distantFuture)?.payload == expected)
    }
    #expect(queue.isEmpty)
  }
}
