package import Wire

/// One JSON object on one line (RFC 8259), written key by key. Keys are ours and need no escaping; values do.
package struct JSONLine {
  package private(set) var octets: [UInt8] = []
  private var isFirst = true

  package init() {
    octets.reserveCapacity(384)
    octets.put(0x7b)
  }

  /// A line behind what `out` holds already, in the same storage: for those who write many. Until `end(into:)`
  /// gives it back, `out` is empty.
  package init(behind out: inout [UInt8]) {
    swap(&octets, &out)
    octets.put(0x7b)
  }

  /// The end of a line that began with `init(behind:)`.
  package mutating func end(into out: inout [UInt8]) {
    octets.put("}\n")
    swap(&octets, &out)
  }

  /// The line with its end.
  package consuming func finished() -> [UInt8] {
    octets.put("}\n")
    return octets
  }

  package mutating func put(_ key: String, _ value: String) {
    self.key(key)
    octets.put(0x22)
    Escape.json(value.utf8, into: &octets)
    octets.put(0x22)
  }

  /// Text as octets, in whatever encoding they are.
  package mutating func put(_ key: String, octets value: [UInt8]) {
    self.key(key)
    octets.put(0x22)
    Escape.json(value, into: &octets)
    octets.put(0x22)
  }

  /// The inside of a JSON string, as `Escape.json` has made it.
  mutating func put(_ key: String, escaped value: [UInt8]) {
    self.key(key)
    octets.put(0x22)
    octets.append(contentsOf: value)
    octets.put(0x22)
  }

  /// A share of one, with as many digits as it takes to read the same number back. What is no number is 0.
  package mutating func put(_ key: String, share: Double) {
    self.key(key)
    octets.put(share.isFinite ? share.description : "0")
  }

  /// Absent where there is no value.
  package mutating func put(_ key: String, ifKnown value: String?) {
    if let value { put(key, value) }
  }

  package mutating func put(_ key: String, _ value: UInt64) {
    self.key(key)
    octets.put(decimal: value)
  }

  package mutating func put(_ key: String, _ value: Int64) {
    self.key(key)
    octets.put(decimal: value)
  }

  /// Nanoseconds as a number of milliseconds with three decimals: other tools' formats have such.
  mutating func put(_ key: String, milliseconds nanoseconds: Int64) {
    self.key(key)
    octets.put(milliseconds: nanoseconds)
  }

  /// A share of one as percent, with at most two decimals.
  mutating func put(_ key: String, percent share: Double) {
    self.key(key)
    octets.put(percent: share)
  }

  package mutating func put(_ key: String, _ value: Bool) {
    self.key(key)
    octets.put(value ? "true" : "false")
  }

  package mutating func put(
    _ key: String, _ address: IPv6Address, zone: UInt32, names: InterfaceNames
  ) {
    self.key(key)
    octets.put(0x22)
    octets.put(address)
    if zone != 0 {
      octets.put(0x25)
      if let name = names[zone] {
        Escape.json(name.utf8, into: &octets)
      } else {
        octets.put(decimal: UInt64(zone))
      }
    }
    octets.put(0x22)
  }

  /// RFC 3339, UTC, nanoseconds.
  package mutating func put(_ key: String, time nanosecondsSinceEpoch: Int64) {
    self.key(key)
    octets.put(0x22)
    WallTime(nanosecondsSinceEpoch: nanosecondsSinceEpoch).put(into: &octets)
    octets.put(0x22)
  }

  package mutating func object(_ key: String, _ body: (inout JSONLine) -> Void) {
    self.key(key)
    octets.put(0x7b)
    isFirst = true
    body(&self)
    octets.put(0x7d)
    isFirst = false
  }

  /// An array; `element` writes one element's octets.
  package mutating func array<Element>(
    _ key: String, _ elements: some Sequence<Element>, _ element: (Element, inout [UInt8]) -> Void
  ) {
    self.key(key)
    octets.put(0x5b)
    var isFirstElement = true
    for item in elements {
      if !isFirstElement { octets.put(0x2c) }
      isFirstElement = false
      element(item, &octets)
    }
    octets.put(0x5d)
  }

  /// A key that is not ours.
  mutating func put(anyKey key: String, _ value: String) {
    if !isFirst { octets.put(0x2c) }
    isFirst = false
    octets.put(0x22)
    Escape.json(key.utf8, into: &octets)
    octets.put("\":\"")
    Escape.json(value.utf8, into: &octets)
    octets.put(0x22)
  }

  private mutating func key(_ key: String) {
    if !isFirst { octets.put(0x2c) }
    isFirst = false
    octets.put(0x22)
    octets.put(key)
    octets.put("\":")
  }
}
