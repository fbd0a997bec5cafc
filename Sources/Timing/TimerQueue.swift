/// Payloads ordered by deadline; payloads with equal deadlines keep the order of their insertion.
///
/// A binary min-heap that knows where each timer is, so that cancelling takes it out at once: memory follows
/// the largest number of timers pending at a time, never the number ever inserted, and nothing is allocated
/// below that number. Insert, cancel, reschedule and pop are O(log n), looking at the earliest O(1).
package struct TimerQueue<Payload> {
  /// Names one inserted timer. Once that timer has fired or was cancelled the handle names nothing, even if
  /// its place is used again.
  package struct Handle: Hashable, Sendable {
    fileprivate let slot: Int
    fileprivate let insertion: UInt64
  }

  private struct Entry {
    var deadline: Instant
    var insertion: UInt64
    var slot: Int

    func isBefore(_ other: Entry) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : insertion < other.insertion
    }
  }

  fileprivate struct Slot {
    /// Which insertion holds the slot; 0, which no insertion is, while it is free.
    var insertion: UInt64
    /// While held, the position in the heap; while free, the next free slot or -1.
    var link: Int
    var payload: Payload?
  }

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var firstFree = -1
  private var insertions: UInt64 = 0

  package init(minimumCapacity: Int = 0) {
    heap.reserveCapacity(minimumCapacity)
    slots.reserveCapacity(minimumCapacity)
  }

  package var count: Int { heap.count }
  package var isEmpty: Bool { heap.isEmpty }
  /// The deadline of the timer that fires next.
  package var earliest: Instant? { heap.first?.deadline }

  /// Adds a timer; it is due from `deadline` on.
  @discardableResult
  package mutating func insert(_ payload: Payload, at deadline: Instant) -> Handle {
    insertions &+= 1
    let held = Slot(insertion: insertions, link: heap.count, payload: payload)
    let slot: Int
    if firstFree >= 0 {
      slot = firstFree
      firstFree = slots[slot].link
      slots[slot] = held
    } else {
      slot = slots.count
      slots.append(held)
    }
    heap.append(Entry(deadline: deadline, insertion: insertions, slot: slot))
    siftUp(from: heap.count - 1)
    return Handle(slot: slot, insertion: insertions)
  }

  /// Takes out the earliest timer if it is due at `now`. Call until nil to fire all that are due.
  package mutating func popDue(at now: Instant) -> (deadline: Instant, payload: Payload)? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    return remove(at: 0).map { (first.deadline, $0) }
  }

  /// Takes out a timer before it fires. Nil if it has fired or was cancelled already.
  @discardableResult
  package mutating func cancel(_ handle: Handle) -> Payload? {
    guard let position = position(of: handle) else { return nil }
    return remove(at: position)
  }

  /// Gives a pending timer another deadline; among equal deadlines it keeps the place of its first insertion.
  /// False if it has fired or was cancelled already.
  @discardableResult
  package mutating func reschedule(_ handle: Handle, to deadline: Instant) -> Bool {
    guard let position = position(of: handle) else { return false }
    heap[position].deadline = deadline
    siftUp(from: position)
    siftDown(from: position)
    return true
  }

  /// Forgets all timers and keeps the memory.
  package mutating func removeAll() {
    heap.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
    firstFree = -1
  }

  /// For the tests: how many timers there is memory for.
  var slotCount: Int { slots.count }

  private func position(of handle: Handle) -> Int? {
    guard slots.indices.contains(handle.slot), slots[handle.slot].insertion == handle.insertion else {
      return nil
    }
    return slots[handle.slot].link
  }

  private mutating func remove(at position: Int) -> Payload? {
    let slot = heap[position].slot
    let payload = slots[slot].payload
    slots[slot] = Slot(insertion: 0, link: firstFree, payload: nil)
    firstFree = slot
    let last = heap.removeLast()
    if position < heap.count {
      place(last, at: position)
      siftUp(from: position)
      siftDown(from: position)
    }
    return payload
  }

  private mutating func siftUp(from start: Int) {
    var position = start
    let entry = heap[position]
    while position > 0 {
      let parent = (position - 1) / 2
      guard entry.isBefore(heap[parent]) else { break }
      place(heap[parent], at: position)
      position = parent
    }
    if position != start { place(entry, at: position) }
  }

  private mutating func siftDown(from start: Int) {
    var position = start
    let entry = heap[position]
    while true {
      var child = 2 * position + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(entry) else { break }
      place(heap[child], at: position)
      position = child
    }
    if position != start { place(entry, at: position) }
  }

  private mutating func place(_ entry: Entry, at position: Int) {
    heap[position] = entry
    slots[entry.slot].link = position
  }
}

extension TimerQueue: Sendable where Payload: Sendable {}
extension TimerQueue.Slot: Sendable where Payload: Sendable {}
