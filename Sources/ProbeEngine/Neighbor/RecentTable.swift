/// Remembers what was used of late, within a bound: the last `limit` keys that were read or written are there, and
/// never more than twice as many.
///
/// Two generations: what is used moves into the young one; once that is full it becomes the old one, and the old one
/// is forgotten. Nothing is searched for something to throw out, and nobody can keep others out for good.
struct RecentTable<Key: Hashable, Value> {
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  /// How many there are, `2 * limit` at most.
  var count: Int { young.count + old.count }

  subscript(key: Key) -> Value? {
    mutating get {
      if let value = young[key] { return value }
      guard let value = old.removeValue(forKey: key) else { return nil }
      insert(value, for: key)
      return value
    }
    set {
      old[key] = nil
      guard let newValue else {
        young[key] = nil
        return
      }
      insert(newValue, for: key)
    }
  }

  private mutating func insert(_ value: Value, for key: Key) {
    if young[key] == nil, young.count >= limit {
      old = young
      young = [:]
    }
    young[key] = value
  }
}

extension RecentTable: Sendable where Key: Sendable, Value: Sendable {}
