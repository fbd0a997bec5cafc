import Glibc

/// Golden text beside this file. `PROBE6_WRITE_GOLDEN=1` writes it anew: a deliberate act, to be read before it is
/// committed.
enum GoldenFiles {
  static let isWriting = unsafe getenv("PROBE6_WRITE_GOLDEN") != nil

  private static func path(_ name: String) -> String {
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast().joined(separator: "/") + "/" + name
  }

  static func read(_ name: String) -> String { read(path: "Golden/\(name).txt") }

  /// A file beside this one; empty if there is none.
  static func read(path name: String) -> String {
    // The path is a string of this process, and the stream is closed here.
    guard let file = unsafe fopen(path(name), "r") else { return "" }
    defer { unsafe fclose(file) }
    var octets: [UInt8] = []
    // getc reads from the stream that is open.
    while case let c = unsafe getc(file), c >= 0 { octets.append(UInt8(truncatingIfNeeded: c)) }
    return String(decoding: octets, as: UTF8.self)
  }

  /// The names in a folder beside this file that end so, without that end, in order.
  static func names(in folder: String, ending suffix: String) -> [String] {
    // The path is a string of this process, and the folder is closed here.
    guard let opened = unsafe opendir(path(folder)) else { return [] }
    defer { unsafe closedir(opened) }
    var names: [String] = []
    // An entry is valid until the next call, and its name ends with zero.
    while let entry = unsafe readdir(opened) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(suffix) { names.append(String(name.dropLast(suffix.count))) }
    }
    return names.sorted()
  }

  static func write(_ text: String, _ name: String) {
    // As above.
    guard let file = unsafe fopen(path("Golden/\(name).txt"), "w") else { return }
    defer { unsafe fclose(file) }
    // putc writes to the stream that is open.
    for octet in text.utf8 { _ = unsafe putc(Int32(octet), file) }
  }
}
