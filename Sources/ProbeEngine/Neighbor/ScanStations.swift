import Wire

/// The stations of a link as they become known: by the link-layer address of their frames.
struct ScanStations: Sendable {
  struct Station: Sendable {
    var addresses: [IPv6Address: StationRow.Ways] = [:]
    /// Solicited-node groups that it listens to.
    var groups: Set<IPv6Address> = []
    var isRouter = false
  }

  /// What came of a piece of evidence.
  enum Recording: Equatable {
    case known, added
    /// The address is with another station already, which is `first`.
    case conflict(first: LinkLayerAddress)
    /// There is no room for more.
    case noRoom
  }

  private struct Owner {
    var link: LinkLayerAddress?
    /// Stations that have shown the address.
    var stations = 1
  }

  /// A conflict about one address is told for so many stations at most.
  static let maximumConflicts = 8

  private let maximum: Int
  private var stations: [LinkLayerAddress?: Station] = [:]
  private var owners: [IPv6Address: Owner] = [:]
  /// Addresses and groups that are remembered, each for each station: `maximum` at most.
  private(set) var count = 0

  /// `own` and its addresses are this host's: they take no room.
  init(maximum: Int, own: LinkLayerAddress?, addresses: [IPv6Address]) {
    self.maximum = maximum
    for address in addresses { owners[address] = Owner(link: own) }
  }

  mutating func record(_ address: IPv6Address, at link: LinkLayerAddress?, _ way: StationRow.Ways)
    -> Recording
  {
    if let ways = stations[link]?.addresses[address] {
      stations[link]?.addresses[address] = StationRow.Ways(rawValue: ways.rawValue | way.rawValue)
      return .known
    }
    guard count < maximum else { return .noRoom }
    count += 1
    stations[link, default: Station()].addresses[address] = way
    guard let owner = owners[address] else {
      owners[address] = Owner(link: link)
      return .added
    }
    guard let first = owner.link, let link, first != link, owner.stations < Self.maximumConflicts else {
      return .added
    }
    owners[address]?.stations += 1
    return .conflict(first: first)
  }

  mutating func record(group: IPv6Address, at link: LinkLayerAddress?) -> Recording {
    if stations[link]?.groups.contains(group) == true { return .known }
    guard count < maximum else { return .noRoom }
    count += 1
    stations[link, default: Station()].groups.insert(group)
    return .added
  }

  /// It calls itself a router. Only for a station of which an address is known.
  mutating func setRouter(_ link: LinkLayerAddress?) { stations[link]?.isRouter = true }

  /// In no order.
  var rows: [StationRow] {
    stations.map { link, station in
      let addresses = station.addresses.sorted { $0.key.bits < $1.key.bits }
      let explained = Set(addresses.map { $0.key.solicitedNodeMulticast })
      return StationRow(
        link: link, addresses: addresses.map { StationRow.Address($0.key, ways: $0.value) },
        unexplainedGroups: station.groups.subtracting(explained).sorted { $0.bits < $1.bits },
        isRouter: station.isRouter)
    }
  }
}
