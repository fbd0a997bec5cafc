/// Names of this host's interfaces by index, for the zones of link-local addresses. Asked for one by one, when a
/// name is to be printed: most runs need none.
package struct InterfaceNames: Sendable, ExpressibleByDictionaryLiteral {
  private let name: @Sendable (UInt32) -> String?

  /// `name`: nil for an interface that has none (any more).
  package init(_ name: @escaping @Sendable (UInt32) -> String?) { self.name = name }

  package init(dictionaryLiteral elements: (UInt32, String)...) {
    let names = Dictionary(elements, uniquingKeysWith: { $1 })
    name = { names[$0] }
  }

  package subscript(_ index: UInt32) -> String? { name(index) }
}
