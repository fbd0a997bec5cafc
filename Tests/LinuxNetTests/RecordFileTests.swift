import Glibc
import Testing

@testable import LinuxNet

/// The oracle is the file system.
@Suite struct RecordFileTests {
  private func withPath(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/probe6-records-XXXXXX".utf8CString)
    // The array holds a NUL and outlives the call.
    let number = unsafe mkstemp(&template)
    guard number >= 0 else { throw SystemError("mkstemp", Errno(rawValue: errno)) }
    close(number)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The path's octets outlive the call.
    defer { _ = unsafe unlink(path) }
    try body(path)
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try InputFile.read(path: path, limit: 1 << 20), as: UTF8.self)
  }

  @Test func `records are there as soon as they are written, behind each other`() throws {
    try withPath { path in
      let file = try RecordFile(path: path)
      try file.begin()
      try file.write(Array("one\n".utf8))
      #expect(try text(path) == "one\n")
      try file.write(Array("two\nthree\n".utf8))
      try file.finish()
      #expect(try text(path) == "one\ntwo\nthree\n")
    }
  }

  @Test func `what was there goes when the file begins, not before`() throws {
    try withPath { path in
      let earlier = try RecordFile(path: path)
      try earlier.write(Array("earlier\n".utf8))
      try earlier.finish()
      let file = try RecordFile(path: path)
      #expect(try text(path) == "earlier\n")
      try file.begin()
      try file.write(Array("new\n".utf8))
      try file.finish()
      #expect(try text(path) == "new\n")
    }
  }

  @Test func `a full disk is an error, and so is a folder`() throws {
    let full = try RecordFile(path: "/dev/full")
    try full.begin()
    #expect(throws: SystemError("write", .noSpace)) { try full.write(Array("one\n".utf8)) }
    // Devices have nothing to bring to a disk.
    try full.finish()
    #expect(throws: SystemError("open", Errno(rawValue: EISDIR))) { _ = try RecordFile(path: "/tmp") }
  }

  @Test func `a file is the same by all its names, and devices are none`() throws {
    try withPath { path in
      let file = try RecordFile(path: path)
      #expect(file.identity != nil && file.identity == FileIdentity(path: path))
      #expect(FileIdentity(path: "/tmp/../" + path) == file.identity)
      try withPath { other in #expect(FileIdentity(path: other) != file.identity) }
      try file.finish()
    }
    #expect(FileIdentity(path: "/dev/null") == nil && FileIdentity(path: "/nonexistent") == nil)
    #expect(try RecordFile(path: "/dev/null").identity == nil)
  }
}
