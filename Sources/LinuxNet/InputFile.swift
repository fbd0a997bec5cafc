import CLinux
import Glibc

/// Whole files that a user names (open(2), read(2)).
package enum InputFile {
  /// The octets of a file, at most `limit` (EFBIG beyond). Opened with the rights of the user who runs the program,
  /// also where it was started with more.
  package static func read(path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = try open(path)
    return try readAll(descriptor.number, limit)
  }

  /// The octets of standard input until its end.
  package static func readStandardInput(limit: Int) throws(SystemError) -> [UInt8] { try readAll(0, limit) }

  /// The octets of a file of any length, part by part.
  package static func read(path: String, _ body: ([UInt8]) -> Void) throws(SystemError) {
    let descriptor = try open(path)
    try readParts(descriptor.number, body)
  }

  /// The same of standard input.
  package static func readStandardInput(_ body: ([UInt8]) -> Void) throws(SystemError) {
    try readParts(0, body)
  }

  private static func open(_ path: String) throws(SystemError) -> Descriptor {
    let opened = try UserRights.during { () -> Result<Descriptor, SystemError> in
      do throws(SystemError) {
        // The path's octets outlive the call.
        let number = try retrying("open") { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
        return .success(Descriptor(owning: number))
      } catch { return .failure(error) }
    }
    switch consume opened {
    case .success(let descriptor): return descriptor
    case .failure(let error): throw error
    }
  }

  private static func readParts(_ number: Int32, _ body: ([UInt8]) -> Void) throws(SystemError) {
    while true {
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      // The array outlives the call and is as long as the call is told.
      let count = try retrying("read") { unsafe Glibc.read(number, &chunk, 1 << 16) }
      if count == 0 { return }
      chunk.removeLast(chunk.count - count)
      body(chunk)
    }
  }

  private static func readAll(_ number: Int32, _ limit: Int) throws(SystemError) -> [UInt8] {
    var octets: [UInt8] = []
    while true {
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      // The array outlives the call and is as long as the call is told.
      let count = try retrying("read") { unsafe Glibc.read(number, &chunk, 1 << 16) }
      if count == 0 { return octets }
      guard octets.count + count <= limit else { throw SystemError("read", Errno(rawValue: EFBIG)) }
      octets.append(contentsOf: chunk[..<count])
    }
  }
}
