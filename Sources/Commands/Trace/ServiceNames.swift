import LinuxNet

/// Ports by the names of services (services(5)), read from /etc/services as the C library does.
enum ServiceNames {
  /// Ten times what distributions ship.
  private static let limit = 1 << 18

  static func port(_ name: String) -> UInt16? {
    guard let octets = try? InputFile.read(path: "/etc/services", limit: limit) else { return nil }
    return port(name, in: octets)
  }

  /// The first line that has the name, or the name as an alias, whatever its protocol.
  static func port(_ name: String, in services: [UInt8]) -> UInt16? {
    let name = Array(name.utf8)
    guard !name.isEmpty else { return nil }
    for line in services.split(separator: 0x0a) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 0x20 || $0 == 0x09 }
      // Name, port/protocol, aliases.
      guard words.count > 1, words.indices.contains(where: { $0 != 1 && words[$0].elementsEqual(name) })
      else {
        continue
      }
      return UInt16(String(decoding: words[1].prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self))
    }
    return nil
  }
}
