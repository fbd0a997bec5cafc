package import Wire

/// A prefix (RFC 4291 §2.3) and what is in it.
package struct AddressPrefix: Hashable, Sendable {
  package var text: String
  /// Its first address as a number, and its length in bits.
  package var bits: UInt128
  package var length: Int
  package var zone: String?

  package init(text: String, bits: UInt128, length: Int, zone: String?) {
    self.text = text
    self.bits = bits
    self.length = length
    self.zone = zone
  }

  /// Reads `2001:db8::/120`, with a zone at either place: `fe80::%eth0/120` (RFC 4007 §11.7), `fe80::/120%eth0`. Bits
  /// behind the length must be zero: `2001:db8::5/120` may be an address that is meant.
  package init(
    parsing text: String, defaultZone: String? = nil, interfaces: [String] = []
  ) throws(TargetTextError) {
    guard let slash = text.firstIndex(of: "/") else {
      throw TargetTextError(input: text, problem: .badPrefixLength(""))
    }
    let behind = text[text.index(after: slash)...]
    let percent = behind.firstIndex(of: "%") ?? behind.endIndex
    let base = String(text[..<slash]) + behind[percent...]
    let written = String(behind[..<percent])
    let target: TargetText
    do throws(TargetTextError) {
      target = try TargetText.parse(base, defaultZone: defaultZone, interfaces: interfaces)
    } catch {
      throw TargetTextError(input: text, problem: error.problem)
    }
    guard case .address(let address, let zone) = target else {
      throw TargetTextError(input: text, problem: .prefixOfName(base))
    }
    guard let length = (try? NumberText.integer(written)).flatMap(Int.init(exactly:)),
      (0...128).contains(length)
    else { throw TargetTextError(input: text, problem: .badPrefixLength(written)) }
    let mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
    guard address.bits & ~mask == 0 else {
      throw TargetTextError(
        input: text,
        problem: .bitsBehindPrefix(
          right: IPv6Address(bits: address.bits & mask).description
            + (base.utf8.contains(UInt8(ascii: "%")) ? "%\(zone ?? "")" : "")
            + "/\(length)", address: base))
    }
    if address.isMulticast { throw TargetTextError(input: text, problem: .notUnicast) }
    self.init(text: text, bits: address.bits, length: length, zone: zone)
  }

  /// Its first address is the subnet-router anycast address (RFC 4291 §2.6.1), which is left out. A /127 is a link
  /// between two routers and has none (RFC 6164 §4), and a /128 is an address.
  private var hasAnycast: Bool { length < 127 }

  /// The first address that is meant.
  package var first: IPv6Address { IPv6Address(bits: hasAnycast ? bits | 1 : bits) }
  /// How many addresses are meant; `Int.max` where they are more.
  package var count: Int {
    guard length > 65 else { return .max }
    return (1 << (128 - length)) - (hasAnycast ? 1 : 0)
  }
  /// For words about it.
  package var countText: String { length > 65 ? String(count) : "2^\(128 - length)" }
}
