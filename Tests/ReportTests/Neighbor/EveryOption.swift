import ProbeEngine
import Wire

@testable import Report

/// Every option that is known, whole and broken, with hostile octets wherever text can stand.
enum EveryOption {
  private static let hour: [UInt8] = [0, 0, 0x0e, 0x10]
  private static let forever: [UInt8] = [0xff, 0xff, 0xff, 0xff]

  static func all(_ octets: [UInt8]) -> [[UInt8]] {
    plain(octets) + [domain(octets, plain(octets))] + odd(octets)
  }

  /// As they should be.
  static func plain(_ hostile: [UInt8]) -> [[UInt8]] {
    let label = Array(hostile.prefix(63))
    let server = wireOctets(peer)
    return [
      option(1, mac(1).octets),
      option(2, mac(1).octets),
      makePrefix(flags: 0xff, valid: .max, preferred: .max),
      makePrefix(),
      option(4, [0, 0, 0, 0, 0, 0] + packet(hostile)),
      option(5, [0, 0, 0, 0, 0x05, 0x78]),
      option(7, [0, 0, 0, 0, 0x0b, 0xb8]),
      option(8, [0, 0, 0, 1, 0x07, 0x08]),
      option(11, [4, 0] + hostile.prefix(16) + [UInt8](repeating: 0, count: 4)),
      option(12, [0, 0] + [UInt8](repeating: 7, count: 16) + hostile),
      option(13, [0, 0, 0, 0, 0, 0, 0, 0, 0x69, 0x20, 0, 0, 0x80, 0]),
      option(14, [1, 2, 3, 4, 5, 6]),
      option(24, [48, 0x08] + hour + wireOctets(peer).prefix(8)),
      option(24, [0, 0x18] + forever),
      option(25, [0, 0] + hour + server + wireOctets(other)),
      option(26, [0x80, 0, 0, 0, 0, 0]),
      option(
        31, [0, 0] + hour + wireName([label, Array("a.b\\".utf8)]) + wireName([Array("example".utf8)])),
      option(33, [1, 0, 0, 0, 0, 60] + [1, 2, 3, 4, 5, 6, 7, 8]),
      option(34, [64, 0x13, 0, 0, 0, 60] + wireOctets(peer).prefix(8)),
      option(35, [0, 1, 0, 2, 0, 60] + server),
      option(36, [0, 1, 0, 0, 0, 2]),
      option(37, Array("https://portal.example/".utf8) + hostile),
      option(37, []),
      option(38, [0x07, 0x08, 0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)),
      resolver(label, hostile, server),
      option(144, [0, 2] + forever + [0, 12] + wireName([Array("dns".utf8), Array("exampl".utf8)])),
      option(253, hostile),
      option(200, []),
    ]
  }

  /// What breaks a rule.
  static func odd(_ hostile: [UInt8]) -> [[UInt8]] {
    [
      makePrefix(length: 200),
      makePrefix(valid: 1, preferred: 2),
      option(3, [64, 0xc0] + hour + hour + [0, 0, 0, 0] + wireOctets(linkLocal)),
      option(3, [0, 0]),
      option(5, [0, 0, 0, 0, 0, 1]),
      option(5, [UInt8](repeating: 0, count: 14)),
      option(14, []),
      option(24, [0, 0x10] + hour),
      option(26, [UInt8](repeating: 0, count: 6)),
      option(31, [0, 0] + hour + [0xff] + hostile),
      option(38, [0, 0x07, 0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)),
      option(144, [0, 1] + hour + [0xff, 0xff] + hostile),
      option(21, [0, 0, 0, 0, 0x3f] + hostile),
    ]
  }

  /// Encrypted DNS with every parameter that is known, others, and one that is cut short.
  static func resolver(_ label: [UInt8], _ hostile: [UInt8], _ server: [UInt8]) -> [UInt8] {
    func parameter(_ key: UInt16, _ value: [UInt8]) -> [UInt8] {
      [UInt8(key >> 8), UInt8(key & 0xff), 0, UInt8(truncatingIfNeeded: value.count)] + value
    }
    let short = Array(hostile.prefix(20))
    var parameters = parameter(0, [0, 1, 0, 3])
    parameters += parameter(1, [2, 0x68, 0x32, UInt8(short.count)] + short)
    parameters += parameter(1, [9, 1])
    parameters += parameter(2, [])
    parameters += parameter(3, [0x03, 0x55])
    parameters += parameter(3, [1])
    parameters += parameter(4, [192, 0, 2, 1, 192, 0, 2, 2])
    parameters += parameter(5, short)
    parameters += parameter(6, server)
    parameters += parameter(7, Array("/dns-query{?dns}".utf8) + short)
    parameters += parameter(8, [])
    parameters += parameter(65_280, short)
    parameters += [0, 3, 0xff]
    let name = wireName([label, Array("example".utf8)])
    return option(
      144,
      [0, 1] + hour + [0, UInt8(name.count)] + name + [0, UInt8(server.count)] + server
        + [UInt8(parameters.count >> 8), UInt8(parameters.count & 0xff)] + parameters)
  }

  /// A provisioning domain with a header and those options, one of them another domain.
  static func domain(_ hostile: [UInt8], _ options: [[UInt8]]) -> [UInt8] {
    let name = wireName([Array(hostile.prefix(63)), Array("pvd".utf8)])
    let pad = [UInt8](repeating: 0, count: (8 - (name.count + 6) % 8) % 8)
    let bare = option(21, [0xc0, 0x03, 0, 9] + wireName([Array("inner".utf8)]))
    let body = makeRouterAdvertisement(flags: 0xc0) + options.prefix(8).flatMap(\.self) + bare
    return option(21, [0xe0, 0x03, 0, 7] + name + pad + body)
  }

  /// An IPv6 header and what follows.
  static func packet(_ payload: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0, 0, 8, 58, 64] + wireOctets(peer) + wireOctets(other) + payload
  }
}
