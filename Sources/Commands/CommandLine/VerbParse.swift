import Plan
import Timing

/// One reading of a verb's arguments: typed arguments, refused in words that name the option, what was given and
/// what would be right.
protocol VerbParse {
  /// As typed after `probe6`.
  static var verb: String { get }
}

extension VerbParse {
  /// INT_MAX milliseconds, as ping has it.
  private var longestTime: Nanoseconds { .milliseconds(2_147_483_647) }

  func error(_ text: String) -> EarlyExit { VerbError.usage(Self.verb, text) }

  /// The next option; a wrong one in the verb's words.
  func next<Key>(
    _ scanner: inout OptionScanner<Key>, _ description: CommandDescription
  ) throws(EarlyExit) -> OptionScanner<Key>.Found? {
    do throws(OptionScanError) { return try scanner.next() } catch {
      throw VerbError.usage(Self.verb, VerbError.text(error, options: description.options))
    }
  }

  func refuse(_ condition: Bool, _ name: String, _ reason: String) throws(EarlyExit) {
    if condition { throw error("\(name) makes no sense here: \(reason)") }
  }

  /// Keeps a choice that can be made once, or again the same.
  func choose<Value: Equatable>(
    _ chosen: inout (Value, name: String)?, _ value: Value, _ name: String
  ) throws(EarlyExit) {
    if let chosen, chosen.0 != value { throw error("\(chosen.name) and \(name) exclude each other") }
    chosen = (value, name)
  }

  func path(_ name: String, _ text: String) throws(EarlyExit) -> String {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw error("\(name): \(quoted(text)) is not a file name")
    }
    return text
  }

  func choice<Value>(
    _ name: String, _ text: String, _ values: KeyValuePairs<String, Value>
  ) throws(EarlyExit) -> Value {
    for (word, value) in values where word == text { return value }
    throw error("\(name): \(quoted(text)); allowed: \(values.map(\.key).joined(separator: ", "))")
  }

  func integer(
    _ name: String, _ text: String, _ range: ClosedRange<Int128>, allowsHex: Bool = false
  ) throws(EarlyExit) -> Int128 {
    let allowed = "; allowed: \(range.lowerBound) to \(range.upperBound)"
    let value: Int128
    do throws(NumberProblem) {
      value = try NumberText.integer(text, allowsHex: allowsHex)
    } catch {
      let what = error == .overflow ? " is out of range" : " is not a whole number"
      throw self.error("\(name): \(quoted(text))\(what)\(allowed)")
    }
    guard range.contains(value) else { throw error("\(name): \(quoted(text)) is out of range\(allowed)") }
    return value
  }

  func time(_ name: String, _ text: String, allowsZero: Bool = false) throws(EarlyExit) -> Nanoseconds {
    let allowed = "; allowed: \(allowsZero ? "0" : "1ns") to 2147483.647s"
    let value: Nanoseconds
    do throws(NumberProblem) {
      value = try NumberText.seconds(text, allowsUnits: true)
    } catch {
      let what = error == .overflow ? " is out of range" : " is not a length of time such as 0.5, 100us or 2m"
      throw self.error("\(name): \(quoted(text))\(what)\(allowed)")
    }
    guard value <= longestTime, value > .zero || (allowsZero && value == .zero) else {
      throw error("\(name): \(quoted(text)) is out of range\(allowed)")
    }
    return value
  }

  func pattern(_ name: String, _ text: String) throws(EarlyExit) -> [UInt8] {
    let digits = Array(text.utf8)
    guard !digits.isEmpty, digits.count <= 2 * IputilsPing.Limits.patternOctets, digits.count % 2 == 0,
      digits.allSatisfy({ NumberText.hexDigit($0) != nil })
    else {
      throw error(
        "\(name): \(quoted(text)) is not a pattern; allowed: 1 to 16 octets of two hexadecimal digits")
    }
    return IputilsPing.pattern(digits)
  }

  func source(_ name: String, _ text: String) throws(EarlyExit) -> InterfaceChoice {
    guard text.utf8.contains(UInt8(ascii: ":")), let choice = InterfaceChoice(text) else {
      throw error("\(name): \(quoted(text)) is not an IPv6 address (with %INTERFACE where it needs one)")
    }
    return choice
  }

  func interface(_ name: String, _ text: String) throws(EarlyExit) -> InterfaceChoice {
    guard let choice = InterfaceChoice(text) else {
      throw error(
        "\(name): \(quoted(text)) is neither an interface name (1 to 15 octets) nor an IPv6 address")
    }
    return choice
  }
}
