import CLinux
import Glibc

/// A file that comes whole or not at all: octets go to a temporary file beside it, which takes its name at the end.
///
/// Opened with the rights of the user who runs the program. What was not finished leaves nothing behind, and a file
/// that was there stays as it was.
package struct OutputFile: ~Copyable {
  private let descriptor: Descriptor
  private let path: String
  private let temporary: String
  private let replaces: Bool

  /// Makes the temporary file. EEXIST where the file is there and is not to be replaced; EINVAL where it is there
  /// and no regular file.
  package init(path: String, replaces: Bool) throws(SystemError) {
    var mode: mode_t = 0o666
    var path = path
    if let there = Self.status(path) {
      guard replaces else { throw SystemError("open", .exists) }
      guard there & S_IFMT == S_IFREG else { throw SystemError("open", .invalidArgument) }
      // What a symbolic link names is replaced, not the link.
      path = Self.resolved(path) ?? path
      mode = there & 0o777
    }
    var random: UInt64 = 0
    for _ in 0..<16 {
      random = UInt64.random(in: .min ... .max)
      let temporary = "\(path).\(String(random, radix: 36)).tmp"
      let opened = try UserRights.during { () -> Result<Descriptor, SystemError> in
        do throws(SystemError) {
          let number = try retrying("open") {
            // The path's octets outlive the call.
            unsafe Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode)
          }
          return .success(Descriptor(owning: number))
        } catch { return .failure(error) }
      }
      switch consume opened {
      case .success(let descriptor):
        self.descriptor = descriptor
        self.path = path
        self.temporary = temporary
        self.replaces = replaces
        return
      case .failure(let error): if error.errno != .exists { throw error }
      }
    }
    throw SystemError("open", .exists)
  }

  /// Writes the octets and gives the file its name: after this it is there, whole and on disk. When this throws,
  /// nothing has changed. `waitsForDisk`: false where another version follows, and whoever writes has no time.
  package consuming func finish(_ octets: [UInt8], waitsForDisk: Bool = true) throws(SystemError) {
    try Output.write(octets, to: descriptor.number)
    let number = descriptor.number
    if waitsForDisk {
      // EINVAL: a file system that has nothing to bring to a disk.
      do throws(SystemError) { _ = try retrying("fsync") { fsync(number) } } catch {
        guard error.errno == .invalidArgument else { throw error }
      }
    }
    let (from, to) = (temporary, path)
    let replaces = replaces
    let renamed = try UserRights.during { () -> Result<Int32, SystemError> in
      do throws(SystemError) {
        // All paths' octets outlive their calls.
        if replaces { return .success(try retrying("rename") { unsafe rename(from, to) }) }
        do throws(SystemError) {
          // link(2) does not replace; the other name goes with this value.
          return .success(try retrying("link") { unsafe link(from, to) })
        } catch  where error.errno == .operationNotPermitted && Self.status(to) == nil {
          // A file system without hard links.
          return .success(try retrying("rename") { unsafe rename(from, to) })
        }
      } catch { return .failure(error) }
    }
    if case .failure(let error) = renamed { throw error }
  }

  deinit {
    let temporary = temporary
    // After a rename there is nothing of that name.
    _ = try? UserRights.during { unsafe unlink(temporary) }
  }

  /// st_mode (stat(2)); nil for nothing there.
  private static func status(_ path: String) -> mode_t? {
    var status = stat()
    // The path's octets and the local outlive the call.
    return unsafe stat(path, &status) == 0 ? status.st_mode : nil
  }

  /// realpath(3).
  private static func resolved(_ path: String) -> String? {
    // The C library allocates the text; it is copied and freed here.
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }
}
