import Glibc
import Testing

@testable import LinuxNet

/// The oracle is the file system.
@Suite struct OutputFileTests {
  /// A folder of the test's own.
  private func withFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/probe6-output-XXXXXX".utf8CString)
    // The array holds a NUL and outlives the call.
    guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp", Errno(rawValue: errno)) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in (try? names(path)) ?? [] {
        // The path's octets outlive the call.
        _ = unsafe unlink(path + "/" + name)
      }
      // As above.
      _ = unsafe rmdir(path)
    }
    try body(path)
  }

  private func names(_ folder: String) throws -> [String] {
    // The path's octets outlive the call; the stream is closed below.
    guard let stream = unsafe opendir(folder) else { throw SystemError("opendir", Errno(rawValue: errno)) }
    // It is open until here.
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    // The entry is valid until the next call, and its name ends with a NUL.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { octets in
        unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try InputFile.read(path: path, limit: 1 << 20), as: UTF8.self)
  }

  @Test func `a new file comes whole, and nothing is left beside it`() throws {
    try withFolder { folder in
      let path = folder + "/new"
      let file = try OutputFile(path: path, replaces: false)
      // Before its end it has not its name.
      #expect(try names(folder).count == 1 && names(folder) != ["new"])
      try file.finish(Array("all of it\n".utf8))
      #expect(try names(folder) == ["new"])
      #expect(try text(path) == "all of it\n")
    }
  }

  @Test func `what is not finished leaves nothing`() throws {
    try withFolder { folder in
      do {
        let file = try OutputFile(path: folder + "/new", replaces: false)
        #expect(try names(folder).count == 1)
        _ = consume file
      }
      #expect(try names(folder).isEmpty)
    }
  }

  @Test func `a file that is there gives way only where that was asked for`() throws {
    try withFolder { folder in
      let path = folder + "/kept"
      try OutputFile(path: path, replaces: false).finish(Array("first".utf8))
      let failure = #expect(throws: SystemError.self) { _ = try OutputFile(path: path, replaces: false) }
      #expect(failure?.errno == .exists)
      // Its mode is kept; the path's octets outlive the call.
      #expect(unsafe chmod(path, 0o640) == 0)
      try OutputFile(path: path, replaces: true).finish(Array("second".utf8))
      #expect(try text(path) == "second")
      #expect(try names(folder) == ["kept"])
      var status = stat()
      // The path's octets and the local outlive the call.
      #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    }
  }

  @Test func `a file that appears meanwhile is not lost`() throws {
    try withFolder { folder in
      let path = folder + "/raced"
      let file = try OutputFile(path: path, replaces: false)
      try OutputFile(path: path, replaces: false).finish(Array("theirs".utf8))
      var failure: SystemError?
      do throws(SystemError) { try file.finish(Array("ours".utf8)) } catch { failure = error }
      #expect(failure?.errno == .exists)
      #expect(try text(path) == "theirs")
      #expect(try names(folder) == ["raced"])
    }
  }

  @Test func `an end that fails keeps the old file`() throws {
    try withFolder { folder in
      let path = folder + "/old"
      try OutputFile(path: path, replaces: false).finish(Array("old".utf8))
      let file = try OutputFile(path: path, replaces: true)
      // Somebody takes the temporary file away.
      for name in try names(folder) where name != "old" {
        // The path's octets outlive the call.
        #expect(unsafe unlink(folder + "/" + name) == 0)
      }
      var failure: SystemError?
      do throws(SystemError) { try file.finish(Array("new".utf8)) } catch { failure = error }
      #expect(failure?.errno == .noEntry)
      #expect(try text(path) == "old")
      #expect(try names(folder) == ["old"])
    }
  }

  @Test func `a link is followed, and a folder or a device is no file`() throws {
    try withFolder { folder in
      let path = folder + "/real"
      let link = folder + "/link"
      try OutputFile(path: path, replaces: false).finish(Array("a".utf8))
      // Both paths' octets outlive the call.
      #expect(unsafe symlink(path, link) == 0)
      try OutputFile(path: link, replaces: true).finish(Array("b".utf8))
      #expect(try text(path) == "b")
      #expect(try names(folder) == ["link", "real"])
      for other in [folder, "/dev/null"] {
        let failure = #expect(throws: SystemError.self) { _ = try OutputFile(path: other, replaces: true) }
        #expect(failure?.errno == .invalidArgument)
      }
      let missing = #expect(throws: SystemError.self) {
        _ = try OutputFile(path: folder + "/none/file", replaces: false)
      }
      #expect(missing?.errno == .noEntry)
    }
  }
}
