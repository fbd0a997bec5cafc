import ProbeEngine
import Timing
import Wire

/// Values that several JSON lines of a link share.
extension JSONLine {
  /// Absent where there is none.
  mutating func put(_ key: String, link: LinkLayerAddress?) {
    guard let link else { return }
    var text: [UInt8] = []
    text.put(link)
    put(key, octets: text)
  }

  /// As on the wire: without a zone.
  mutating func put(_ key: String, address: IPv6Address) { put(key, address, zone: 0, names: [:]) }

  mutating func put(_ key: String, addresses: [IPv6Address]) {
    array(key, addresses) { address, octets in
      octets.put("\"")
      octets.put(address)
      octets.put("\"")
    }
  }

  /// `prefix` and `prefix_length`.
  mutating func put(prefix: IPv6Address, length: UInt8) {
    put("prefix", address: prefix)
    put("prefix_length", UInt64(length))
  }

  mutating func put(_ key: String, hexadecimal value: [UInt8]) {
    var text: [UInt8] = []
    text.put(hexadecimal: value)
    put(key, octets: text)
  }

  /// Seconds of 32 bits, in nanoseconds; all ones is the text `infinity`.
  mutating func put(_ key: String, lifetime: UInt32) {
    if lifetime == .max { put(key, "infinity") } else { put(key, seconds: UInt64(lifetime)) }
  }

  /// Seconds, in nanoseconds.
  mutating func put(_ key: String, seconds: UInt64) {
    put(key, Nanoseconds.seconds(Int64(clamping: seconds)).count)
  }

  /// Words of ours.
  mutating func put(_ key: String, words: [String]) {
    array(key, words) { word, octets in octets.put("\"\(word)\"") }
  }

  /// Text from the wire, from people or from the kernel.
  mutating func put(_ key: String, texts: [[UInt8]]) {
    array(key, texts) { text, octets in
      octets.put("\"")
      Escape.json(text, into: &octets)
      octets.put("\"")
    }
  }

  mutating func objects<Element>(
    _ key: String, _ elements: some Sequence<Element>, _ body: (Element, inout JSONLine) -> Void
  ) {
    array(key, elements) { element, octets in
      octets.append(contentsOf: JSONLine.element { body(element, &$0) })
    }
  }

  /// `errno`, `error` and `message`; absent where there is none.
  mutating func put(errno: Int32?) {
    if let errno { TraceJSONReply.put(errno: errno, mtu: nil, into: &self) }
  }

  mutating func put(_ key: String, ifKnown number: Int64?) {
    if let number { put(key, number) }
  }

  mutating func put(_ broken: BrokenRule) {
    put("rule", broken.rule.name)
    put("offset", ifKnown: broken.offset.map { Int64($0) })
    put("text", broken.rule.text.description)
    put("section", broken.rule.section.description)
    put(
      "consequence",
      broken.rule.consequence == .messageDiscarded ? "message_discarded" : "option_ignored")
  }
}
