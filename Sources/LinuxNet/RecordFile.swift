import CLinux
import Glibc

/// A file that grows by whole records while a program runs (open(2) O_APPEND, write(2)): what a crash or a full disk
/// leaves behind is whole lines.
///
/// Opened with the rights of the user who runs the program; what is there is kept until `begin`.
package struct RecordFile: ~Copyable {
  private let descriptor: Descriptor
  /// nil: no regular file.
  package let identity: FileIdentity?

  package init(path: String) throws(SystemError) {
    let opened = try UserRights.during { () -> Result<Descriptor, SystemError> in
      do throws(SystemError) {
        let number = try retrying("open") {
          // The path's octets outlive the call.
          unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0o666)
        }
        return .success(Descriptor(owning: number))
      } catch { return .failure(error) }
    }
    switch consume opened {
    case .success(let descriptor):
      identity = FileIdentity(number: descriptor.number)
      self.descriptor = descriptor
    case .failure(let error): throw error
    }
  }

  /// Empties the file (ftruncate(2)).
  package borrowing func begin() throws(SystemError) {
    guard identity != nil else { return }
    let number = descriptor.number
    _ = try retrying("ftruncate") { ftruncate(number, 0) }
  }

  /// Writes records, each ended by a line feed. When this throws, a record that was not wholly written is gone again,
  /// and those before it are there.
  package borrowing func write(_ records: [UInt8]) throws(SystemError) {
    try Output.write(records, to: descriptor.number)
  }

  /// Brings it to the disk and closes it; either error.
  package consuming func finish() throws(SystemError) {
    let number = descriptor.number
    // What has no disk behind it cannot be brought there.
    do throws(SystemError) { _ = try retrying("fdatasync") { fdatasync(number) } } catch {
      guard error.errno == .invalidArgument || error.errno == Errno(rawValue: EROFS) else { throw error }
    }
    try descriptor.close()
  }
}

/// Which regular file it is, whatever name it is called by (stat(2)).
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// nil: nothing is there, or no regular file.
  package init?(path: String) {
    var status = stat()
    // The path's octets and the local outlive the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(number: Int32) {
    var status = stat()
    // The local outlives the call.
    guard unsafe fstat(number, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
