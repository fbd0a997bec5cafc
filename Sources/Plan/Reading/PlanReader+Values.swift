import Timing
import YAML

/// A scalar as written, for words about it.
private func shown(_ node: YAMLNode) -> String {
  switch node.content {
  case .scalar(let text, _):
    node.isNull ? "nothing" : "\"\(text.count > 60 ? text.prefix(60) + "…" : text[...])\""
  case .sequence: "a list"
  case .mapping: "a mapping"
  }
}

extension PlanReader {
  /// Values by key. Unknown keys are reported; `elsewhere` tells what a key that is known somewhere else means.
  mutating func mapping(
    _ node: YAMLNode, _ what: String, keys: [String], elsewhere: (String) -> String? = { _ in nil }
  ) -> [String: YAMLNode]? {
    guard case .mapping(let entries) = node.content else {
      report(
        "\(what) is a mapping ({\(keys.prefix(3).joined(separator: ": …, ")): …}); here is \(shown(node))",
        at: node)
      return nil
    }
    var values: [String: YAMLNode] = [:]
    for entry in entries {
      if keys.contains(entry.key) {
        values[entry.key] = entry.value
        continue
      }
      if let meaning = elsewhere(entry.key) {
        report(meaning, at: entry.keyPlace)
        continue
      }
      let hint =
        Suggestion.nearest(to: entry.key, among: keys).map { "; did you mean \($0)?" }
        ?? "; known here: \(keys.joined(separator: " "))"
      report("unknown key \"\(entry.key)\" in \(what)\(hint)", at: entry.keyPlace)
    }
    return values
  }

  mutating func list(_ node: YAMLNode, _ what: String, example: String) -> [YAMLNode]? {
    guard case .sequence(let elements) = node.content else {
      report("\(what) is a list, such as \(example); here is \(shown(node))", at: node)
      return nil
    }
    return elements
  }

  /// A scalar's text, whatever YAML would make of it: `on` and `1.10` are what is written.
  mutating func text(_ node: YAMLNode?, _ what: String) -> String? {
    guard let node else { return nil }
    guard case .scalar(let text, _) = node.content, !node.isNull, !text.isEmpty else {
      report("\(what) is a text; here is \(shown(node))", at: node)
      return nil
    }
    if text.unicodeScalars.contains(where: { $0.value == 0 }) {
      report("\(what) has a NUL character", at: node)
      return nil
    }
    return text
  }

  mutating func word(_ node: YAMLNode?, _ what: String, among words: [String]) -> String? {
    guard let node else { return nil }
    if case .scalar(let text, _) = node.content, words.contains(text) { return text }
    var hint = ""
    if case .scalar(let text, _) = node.content, let nearest = Suggestion.nearest(to: text, among: words) {
      hint = "; did you mean \(nearest)?"
    }
    report("\(what) is one of \(words.joined(separator: ", ")); here is \(shown(node))\(hint)", at: node)
    return nil
  }

  /// A whole number without quotes. Hexadecimal only where allowed; a leading zero is octal to some readers of YAML
  /// and decimal to others, and refused.
  mutating func integer(
    _ node: YAMLNode?, _ what: String, _ range: ClosedRange<Int128>, allowsHex: Bool = false
  ) -> Int128? {
    guard let node else { return nil }
    func wrong(_ hint: String = "") -> String {
      let top = range.upperBound == Int128(UInt64.max) ? "" : " to \(range.upperBound)"
      return "\(what) is a whole number from \(range.lowerBound)\(top); here is \(shown(node))\(hint)"
    }
    guard case .scalar(let text, let isPlain) = node.content,
      let value = try? NumberText.integer(text, allowsHex: allowsHex), range.contains(value)
    else {
      report(wrong(), at: node)
      return nil
    }
    if !isPlain {
      report(wrong(" with quotes; write \(text)"), at: node)
      return nil
    }
    if text.utf8.count > 1, text.utf8.first == UInt8(ascii: "0"), !text.hasPrefix("0x"), !text.hasPrefix("0X")
    {
      report(wrong(", which may be octal; write it without the leading 0"), at: node)
      return nil
    }
    return value
  }

  mutating func truth(_ node: YAMLNode?, _ what: String) -> Bool? {
    guard let node else { return nil }
    if case .scalar(let text, isPlain: true) = node.content, text == "true" || text == "false" {
      return text == "true"
    }
    report("\(what) is true or false (without quotes); here is \(shown(node))", at: node)
    return nil
  }

  /// A length of time: a number of seconds, or a text with a unit.
  mutating func time(_ node: YAMLNode?, _ what: String, allowsZero: Bool = false) -> Nanoseconds? {
    guard let node else { return nil }
    let example = "write such as 100ms, 1.5s, 5m, 1h"
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      report("\(what) is a length of time; here is \(shown(node)); \(example)", at: node)
      return nil
    }
    let value: Nanoseconds
    do throws(NumberProblem) {
      value = try NumberText.seconds(text, allowsUnits: true)
    } catch {
      switch error {
      case .overflow:
        report("\(what): \(shown(node)) is too long or too short to be held; \(example)", at: node)
      case .notANumber:
        let isClock = text.utf8.contains(UInt8(ascii: ":"))
        report(
          "\(what) is a length of time; here is \(shown(node)); \(example)"
            + (isClock ? " (minutes and seconds with a colon are not read: 1:30 is 90s)" : ""), at: node)
      }
      return nil
    }
    if value < .zero || (value == .zero && !allowsZero) {
      report(
        "\(what) must be \(allowsZero ? "0 or more" : "more than 0"); here is \(shown(node)); \(example)",
        at: node)
      return nil
    }
    return value
  }
}
