import Glibc

/// Files of the tests, read and written whole.
enum TestFiles {
  /// The folder `Tests`, from the place of this file.
  static let folder: String = {
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/")
  }()

  struct Failure: Error { let path: String }

  static func read(_ path: String) throws -> [UInt8] {
    // The path is a string of this process; open only reads it.
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(path: path) }
    defer { close(descriptor) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      // The array lives through the call and holds as many octets as the call is told.
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard count >= 0 else { throw Failure(path: path) }
      guard count > 0 else { return octets }
      octets += chunk[..<count]
    }
  }

  static func write(_ octets: [UInt8], to path: String) throws {
    // The path is a string of this process; open only reads it.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw Failure(path: path) }
    defer { close(descriptor) }
    var start = 0
    while start < octets.count {
      let rest = Array(octets[start...])
      // As above.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure(path: path) }
      start += count
    }
  }

  /// An environment variable.
  static func environment(_ name: String) -> String? {
    // getenv's text lives until the environment changes, which these tests do not.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
