import Plan
import ProbeEngine
import Report

/// Link-layer addresses as people write them.
enum LinkLayerText {
  /// Why a text is none.
  enum Problem: Error, Hashable {
    case empty
    /// Not the octets of an Ethernet address.
    case octets(Int)
    /// An octet of more than two digits, or without any.
    case octet(String)
    case badDigit(Unicode.Scalar)
    /// More than are kept of any link-layer address.
    case tooLong
    case group
    case zero
  }

  /// A station's Ethernet address: six octets with `:` or `-` between, or three groups of four digits with dots.
  static func station(_ text: String) throws(Problem) -> LinkLayerAddress {
    let address = try address(isDotted(text) ? undotted(text) : text)
    guard address.octets.count == 6 else { throw .octets(address.octets.count) }
    if address.octets[0] & 1 == 1 { throw .group }
    if address.octets.allSatisfy({ $0 == 0 }) { throw .zero }
    return address
  }

  /// Octets with `:` or `-` between, as many as there are.
  static func address(_ text: String) throws(Problem) -> LinkLayerAddress {
    if text.isEmpty { throw .empty }
    let separator: Character = text.utf8.contains(UInt8(ascii: ":")) ? ":" : "-"
    var octets: [UInt8] = []
    for part in text.split(separator: separator, omittingEmptySubsequences: false) {
      var octet: UInt8 = 0
      for scalar in part.unicodeScalars {
        guard scalar.isASCII, let digit = NumberText.hexDigit(UInt8(truncatingIfNeeded: scalar.value)) else {
          throw .badDigit(scalar)
        }
        octet = octet << 4 | digit
      }
      guard (1...2).contains(part.unicodeScalars.count) else { throw .octet(String(part)) }
      octets.append(octet)
      if octets.count > LinkLayerAddress.longest { throw .tooLong }
    }
    guard let address = LinkLayerAddress(octets) else { throw .empty }
    return address
  }

  /// One line: the input, what is wrong, and what would be right.
  static func message(_ text: String, _ problem: Problem) -> String {
    quoted(text) + ": " + explanation(problem)
  }

  private static func explanation(_ problem: Problem) -> String {
    let right = "six octets such as 02:00:00:00:00:0b"
    return switch problem {
    case .empty: "a link-layer address is missing; give \(right)"
    case .octets(let count):
      "\(count) octet\(count == 1 ? "" : "s"), and an Ethernet address has six; give \(right)"
    case .octet(""): "an octet is missing; give \(right)"
    case .octet(let octet): "\(quoted(octet)) is not an octet of two hexadecimal digits; give \(right)"
    case .badDigit(let scalar): "\(quoted(String(scalar))) is not a hexadecimal digit; give \(right)"
    case .tooLong: "more than \(LinkLayerAddress.longest) octets; give \(right)"
    case .group: "the address of a group, and no station has it; give a station's"
    case .zero: "all zero, and no station has it; give a station's"
    }
  }

  private static func isDotted(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { $0.unicodeScalars.count == 4 }
  }

  /// `0200.0000.000b` as octets.
  private static func undotted(_ text: String) -> String {
    text.split(separator: ".").flatMap { [String($0.prefix(2)), String($0.suffix(2))] }.joined(separator: ":")
  }
}
