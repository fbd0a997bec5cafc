import Glibc

/// Golden text beside this file. `PROBE6_WRITE_GOLDEN=1` writes it anew: a deliberate act, to be read before it is
/// committed.
enum GoldenFiles {
  static let isWriting = unsafe getenv("PROBE6_WRITE_GOLDEN") != nil

  private static func path(_ name: String) -> String {
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast().joined(separator: "/") + "/Golden/\(name).txt"
  }

  static func read(_ name: String) -> String {
    // The path is a string of this process, and the stream is closed here.
    guard let file = unsafe fopen(path(name), "r") else { return "" }
    defer { unsafe fclose(file) }
    var octets: [UInt8] = []
    // getc reads from the stream that is open.
    while case let c = unsafe getc(file), c >= 0 { octets.append(UInt8(truncatingIfNeeded: c)) }
    return String(decoding: octets, as: UTF8.self)
  }

  static func write(_ text: String, _ name: String) {
    // As above.
    guard let file = unsafe fopen(path(name), "w") else { return }
    defer { unsafe fclose(file) }
    // putc writes to the stream that is open.
    for octet in text.utf8 { _ = unsafe putc(Int32(octet), file) }
  }
}
