import CLinux
import Glibc
import Synchronization

/// Command lines as the C library reads them (getopt_long(3)): clusters, joined arguments, abbreviated long
/// options, permutation. Prints nothing.
package struct OptionScanner: Sendable {
  /// An option with a long name.
  package struct LongOption: Hashable, Sendable {
    package enum Argument: Int32, Hashable, Sendable { case none, required, optional }

    package var name: String
    package var argument: Argument
    /// What `Item.option` gives; a short option's character, or any other number above 0.
    package var value: Int32

    package init(_ name: String, _ argument: Argument, value: Int32) {
      self.name = name
      self.argument = argument
      self.value = value
    }

    package init(_ name: String, _ argument: Argument, short: Character) {
      self.init(name, argument, value: OptionScanner.value(short))
    }
  }

  /// What stands in a command line, in the order in which the C library meets it.
  package enum Item: Equatable, Sendable {
    /// A known option: its character or its long option's value.
    case option(Int32, argument: String?)
    case failure(Failure)
  }

  /// What getopt_long would have complained of.
  package enum Failure: Equatable, Sendable {
    case unknownShort(Character)
    /// As typed, with its dashes and "=argument".
    case unknownLong(String)
    /// With the long options that it could mean.
    case ambiguousLong(String, candidates: [String])
    case missingArgumentShort(Character)
    case missingArgumentLong(String)
    case unexpectedArgumentLong(String)

    /// The C library's own line in the C locale, without the program's name.
    package var text: String {
      switch self {
      case .unknownShort(let character): "invalid option -- '\(character)'"
      case .unknownLong(let name): "unrecognized option '\(name)'"
      case .ambiguousLong(let name, let candidates):
        "option '\(name)' is ambiguous; possibilities:" + candidates.map { " '--\($0)'" }.joined()
      case .missingArgumentShort(let character): "option requires an argument -- '\(character)'"
      case .missingArgumentLong(let name): "option '--\(name)' requires an argument"
      case .unexpectedArgumentLong(let name): "option '--\(name)' doesn't allow an argument"
      }
    }
  }

  /// All that a command line says.
  package struct Result: Equatable, Sendable {
    package var items: [Item] = []
    /// What is no option, in order.
    package var operands: [String] = []
  }

  /// Reads `arguments`, without the program's name.
  ///
  /// `short` is getopt's: "c:" takes an argument, "c::" may have one joined on. With `permutes` options may
  /// stand behind operands; without, the first operand ends them. "--" always does.
  package static func scan(
    _ arguments: [String], short: String, long: [LongOption] = [], permutes: Bool = true
  ) -> Result {
    // getopt keeps its place in globals; one reader at a time, from its reset to its end.
    turn.withLock { _ in
      read(arguments, (permutes ? "" : "+") + ":" + short, long)
    }
  }

  /// The value by which a short option is known.
  package static func value(_ character: Character) -> Int32 { Int32(character.asciiValue ?? 0) }

  private static let turn = Mutex(())

  private static func read(_ arguments: [String], _ short: String, _ long: [LongOption]) -> Result {
    var result = Result()
    // C strings that live until the end of this function; getopt shuffles the pointers, so they are freed by
    // this array and not by the one it gets. A NUL cannot stand in an argument of execve(2).
    let owned = unsafe ([""] + arguments).map { unsafe strdup($0) }
    let names = unsafe long.map { unsafe strdup($0.name) }
    defer {
      for i in 0...arguments.count { unsafe free(owned[i]) }
      for i in 0..<long.count { unsafe free(names[i]) }
    }
    var vector = unsafe owned + [nil]
    var table = unsafe [option]()
    for i in long.indices {
      unsafe table.append(
        option(name: names[i], has_arg: long[i].argument.rawValue, flag: nil, val: long[i].value))
    }
    unsafe table.append(option(name: nil, has_arg: 0, flag: nil, val: 0))

    clinux_getopt_reset()
    var current: Int32 = 0
    var next: Int32 = 1
    while true {
      var argument: UnsafePointer<CChar>?
      // The vector and the table end with nulls and outlive the call.
      let found = unsafe clinux_getopt_long(
        Int32(arguments.count + 1), &vector, short, table, &current, &argument, &next)
      if found == -1 { break }
      // optind counts from 1 and stays within the vector; what was being read is behind it.
      let typed = unsafe text(vector[max(0, min(Int(next) - 1, arguments.count))])
      switch found {
      case 0x3f: result.items.append(.failure(refusal(current, typed, long)))
      case 0x3a: result.items.append(.failure(missing(current, typed, long)))
      default:
        result.items.append(.option(found, argument: unsafe argument.map { unsafe String(cString: $0) }))
      }
    }
    let first = max(1, min(Int(next), arguments.count + 1))
    for i in first..<arguments.count + 1 {
      // Operands stand behind the options by now.
      result.operands.append(unsafe text(vector[i]))
    }
    return result
  }

  /// '?': `option` is the character, or the long option's value, or 0 for a long option that is unknown or
  /// ambiguous.
  private static func refusal(_ option: Int32, _ typed: String, _ long: [LongOption]) -> Failure {
    if option != 0 {
      // Inside of a cluster `typed` is the word before it, which had its turn already.
      guard typed.contains("="), let known = find(option, typed, long) else {
        return .unknownShort(character(option))
      }
      return .unexpectedArgumentLong(known.name)
    }
    let name = name(typed)
    let candidates = long.filter { $0.name.hasPrefix(name) }.map(\.name)
    return candidates.isEmpty ? .unknownLong(typed) : .ambiguousLong(typed, candidates: candidates)
  }

  /// ':': an argument is missing.
  private static func missing(_ option: Int32, _ typed: String, _ long: [LongOption]) -> Failure {
    guard let known = find(option, typed, long) else { return .missingArgumentShort(character(option)) }
    return .missingArgumentLong(known.name)
  }

  /// The long option that was typed, maybe abbreviated; nil when a short one was.
  private static func find(_ value: Int32, _ typed: String, _ long: [LongOption]) -> LongOption? {
    guard typed.hasPrefix("--") else { return nil }
    let name = name(typed)
    return long.first { $0.value == value && $0.name.hasPrefix(name) }
  }

  private static func name(_ typed: String) -> String { String(typed.dropFirst(2).prefix { $0 != "=" }) }

  private static func character(_ option: Int32) -> Character {
    Character(Unicode.Scalar(UInt8(truncatingIfNeeded: option)))
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    // A C string of the vector, alive until it is freed at the end of the scan.
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer)
  }
}
