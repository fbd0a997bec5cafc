import LinuxNet
import Timing
import Wire

/// From what a person typed to an address with its zone.
enum TargetResolution {
  /// Resolves one target: its first address. `interface`: the index that `-I` chose, or 0; it serves as the zone where
  /// one is missing.
  static func resolve(_ text: String, interface: UInt32) throws(PingFailure) -> PingStart.Target {
    // The resolver throws where it has no address.
    guard let first = try resolve(text, interface: interface, atMost: 1).first else {
      throw .missingZone(text, candidates: [])
    }
    return first
  }

  /// So many addresses of a name, in the system's order of preference; never empty.
  static func resolve(
    _ text: String, interface: UInt32, atMost count: Int
  ) throws(PingFailure) -> [PingStart.Target] {
    let (addressText, zoneText) = split(text)
    if let address = try? IPv6Address(parsing: addressText) {
      let zone = try zone(zoneText, of: address, in: text, interface: interface)
      return [
        PingStart.Target(
          name: text, canonicalName: text, address: address, zone: zone, isNumeric: true)
      ]
    }
    let answer = try lookUp(text)
    var targets: [PingStart.Target] = []
    for found in answer.addresses.prefix(count) {
      let zone = found.scope == 0 && found.address.needsZone ? interface : found.scope
      guard zone != 0 || !found.address.needsZone else { throw .missingZone(text, candidates: candidates()) }
      targets.append(
        PingStart.Target(
          name: text, canonicalName: answer.canonicalName ?? text, address: found.address, zone: zone,
          isNumeric: false))
    }
    return targets
  }

  /// All addresses of a target, in the system's order of preference; never none.
  static func addresses(_ text: String, interface: UInt32) throws(PingFailure) -> [SocketAddress] {
    if isNumeric(text) {
      let target = try resolve(text, interface: interface)
      return [SocketAddress(target.address, scope: target.zone)]
    }
    var addresses = try lookUp(text).addresses
    for i in addresses.indices where addresses[i].scope == 0 && addresses[i].address.needsZone {
      addresses[i].scope = interface
    }
    addresses.removeAll { $0.scope == 0 && $0.address.needsZone }
    guard !addresses.isEmpty else { throw .missingZone(text, candidates: candidates()) }
    return addresses
  }

  private static func lookUp(_ name: String) throws(PingFailure) -> Resolver.Answer {
    do throws(ResolverError) { return try Resolver.resolve(name) } catch {
      throw .resolution(name: name, error, hasIPv4: error.isNameWithoutAddress && Resolver.hasIPv4(name))
    }
  }

  /// An address in text, which needs no resolver.
  static func isNumeric(_ text: String) -> Bool { (try? IPv6Address(parsing: split(text).address)) != nil }

  /// The source that was asked for: an address, with its zone where it needs one.
  static func source(_ text: String, interface: UInt32) throws(PingFailure) -> SocketAddress {
    let (addressText, zoneText) = split(text)
    guard let address = try? IPv6Address(parsing: addressText) else {
      throw .source(text, SystemError("bind", .invalidArgument))
    }
    let zone = try zone(zoneText, of: address, in: text, interface: interface)
    return SocketAddress(address, scope: zone)
  }

  private static func split(_ text: String) -> (address: String, zone: String?) {
    guard let percent = text.firstIndex(of: "%") else { return (text, nil) }
    return (String(text[..<percent]), String(text[text.index(after: percent)...]))
  }

  private static func zone(
    _ zoneText: String?, of address: IPv6Address, in text: String, interface: UInt32
  ) throws(PingFailure) -> UInt32 {
    if let zoneText {
      guard let zone = Interfaces.zone(zoneText) else { throw .unknownInterface(zoneText) }
      return zone
    }
    guard address.needsZone else { return 0 }
    // Interface-local multicast has one sensible zone when none is given: the loopback is not it, so ask.
    guard interface != 0 else { throw .missingZone(text, candidates: candidates()) }
    return interface
  }

  /// Interfaces that are up, the loopback aside.
  private static func candidates() -> [String] {
    ((try? Interfaces.links()) ?? []).filter { $0.isUp && !$0.isLoopback }.map(\.name)
  }
}
