import Wire

/// The addresses of this host as the kernel tells them, of one interface or of all.
struct OwnAddresses: Sendable {
  private struct Key: Hashable {
    var address: IPv6Address
    var interface: UInt32
  }
  /// 0: all interfaces.
  private var index: UInt32
  private var link: LinkLayerAddress?
  /// Those that duplicate address detection refused.
  private var refused: Set<Key> = []
  private var keys: Set<Key> = []
  /// Changes were lost: the kernel must be asked again.
  private(set) var isStale = false

  init(_ view: KernelView) {
    index = view.interface.index
    link = view.interface.link
    take(view)
  }

  /// What the kernel knows was read anew.
  mutating func take(_ view: KernelView) {
    link = view.interface.link
    keys = Set(view.addresses.map { Key(address: $0.address, interface: $0.interface) })
    refused = Set(
      view.addresses.filter(\.isDuplicate).map { Key(address: $0.address, interface: $0.interface) })
    isStale = false
  }

  /// An address came or went, or changes were lost. True: duplicate address detection has just refused it.
  mutating func handle(_ change: KernelChange) -> Bool {
    switch change {
    case .lost:
      isStale = true
      return false
    case .address(let address, let isGone):
      guard index == 0 || address.interface == index else { return false }
      let key = Key(address: address.address, interface: address.interface)
      if isGone {
        keys.remove(key)
        refused.remove(key)
        return false
      }
      keys.insert(key)
      guard address.isDuplicate else {
        refused.remove(key)
        return false
      }
      return refused.insert(key).inserted
    default: return false
    }
  }

  func contains(_ address: IPv6Address, on interface: UInt32) -> Bool {
    keys.contains(Key(address: address, interface: index == 0 ? interface : index))
  }

  /// Somebody else's advertisement for one of these: not ours by frame or by option.
  func isClaimedByOther(_ claim: AddressClaim, on interface: UInt32) -> Bool {
    guard contains(claim.address, on: interface) else { return false }
    guard let link else { return true }
    return (claim.optionLink ?? link) != link || (claim.frameLink ?? link) != link
  }

  /// The link-layer address of the one interface; nil where there are several or it has none.
  var linkAddress: LinkLayerAddress? { index == 0 ? nil : link }
}
