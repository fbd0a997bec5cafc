@testable import Wire

/// A packet that scapy built, and the fields it was built with (`Tests/Golden/make_golden.py`).
struct GoldenPacket: CustomStringConvertible, Sendable {
  let name: String
  let octets: [UInt8]
  let fields: [String: [String]]
  var description: String { name }

  /// All of `Tests/Golden/golden.txt`.
  static let all: [GoldenPacket] = {
    let text = (try? TestFiles.read(TestFiles.folder + "/Golden/golden.txt")) ?? []
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("#") }
    return stride(from: 0, to: lines.count - 2, by: 3).map { index in
      var fields: [String: [String]] = [:]
      for pair in lines[index + 2].split(separator: " ") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        fields[String(parts[0])] = parts[1].split(separator: ",").map(String.init)
      }
      return GoldenPacket(name: String(lines[index]), octets: octets(lines[index + 1]), fields: fields)
    }
  }()

  private static func octets(_ hexadecimal: Substring) -> [UInt8] {
    let digits = hexadecimal.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
