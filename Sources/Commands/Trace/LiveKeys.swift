/// What a key means to a live screen.
enum LiveKey: Hashable, Sendable {
  case pause, reset, columns, names, help, quit
  case up, down, pageUp, pageDown, top, bottom
}

/// Reads keys from a terminal's octets: letters, and the cursor keys as xterm sends them (`ESC [ A`, `ESC O A`,
/// `ESC [ 5 ~`). A sequence may come in pieces; what is not known is skipped.
struct LiveKeyReader {
  private enum State {
    case ground
    case escape
    /// Parameters of `ESC [` so far; more than a few digits are not kept.
    case control(UInt16)
    case shiftThree
  }

  private var state = State.ground

  mutating func read(_ octets: some Sequence<UInt8>) -> [LiveKey] { octets.compactMap { take($0) } }

  private mutating func take(_ octet: UInt8) -> LiveKey? {
    if octet == 0x1b {
      state = .escape
      return nil
    }
    switch state {
    case .ground: return Self.plain(octet)
    case .escape:
      switch octet {
      case UInt8(ascii: "["): state = .control(0)
      case UInt8(ascii: "O"): state = .shiftThree
      // Escape alone, and then a key.
      default:
        state = .ground
        return Self.plain(octet)
      }
      return nil
    case .shiftThree:
      state = .ground
      return Self.cursor(octet)
    case .control(let parameter):
      switch octet {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        state = .control(min(parameter * 10 + UInt16(octet - UInt8(ascii: "0")), 999))
        return nil
      case UInt8(ascii: "~"):
        state = .ground
        return Self.numbered(parameter)
      // Final octets of a control sequence (ECMA-48 §5.4).
      case 0x40...0x7e:
        state = .ground
        return Self.cursor(octet)
      default: return nil
      }
    }
  }

  private static func plain(_ octet: UInt8) -> LiveKey? {
    switch octet {
    case UInt8(ascii: "p"), UInt8(ascii: " "): .pause
    case UInt8(ascii: "r"): .reset
    case UInt8(ascii: "d"): .columns
    case UInt8(ascii: "n"): .names
    case UInt8(ascii: "?"), UInt8(ascii: "h"): .help
    // Ctrl-C and Ctrl-D where the terminal makes no signal or end of them.
    case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04: .quit
    case UInt8(ascii: "+"), UInt8(ascii: "j"): .down
    case UInt8(ascii: "-"), UInt8(ascii: "k"): .up
    default: nil
    }
  }

  private static func cursor(_ octet: UInt8) -> LiveKey? {
    switch octet {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "H"): .top
    case UInt8(ascii: "F"): .bottom
    default: nil
    }
  }

  private static func numbered(_ parameter: UInt16) -> LiveKey? {
    switch parameter {
    case 1, 7: .top
    case 4, 8: .bottom
    case 5: .pageUp
    case 6: .pageDown
    default: nil
    }
  }
}
