import CLinux
import Glibc

/// One control message (struct cmsghdr, cmsg(3)) within a received control buffer.
struct ControlMessage {
  var level: Int32
  var type: Int32
  /// Where its data lies in the buffer.
  var data: Range<Int>
  /// Where the next one starts.
  var end: Int

  /// The message that starts at `offset`; nil where none fits or its length is impossible.
  @inline(__always)
  init?(in control: borrowing Span<UInt8>, at offset: Int) {
    // offset is at most the buffer's length rounded up to 8, so nothing here can overflow.
    guard offset + Self.headerLength <= control.count else { return nil }
    let length = control.native64(at: offset)
    guard length >= UInt64(Self.headerLength), length <= UInt64(control.count - offset) else { return nil }
    level = Int32(bitPattern: control.native32(at: offset + 8))
    type = Int32(bitPattern: control.native32(at: offset + 12))
    data = offset + Self.headerLength..<offset + Int(length)
    end = offset + (Int(length) + 7) & ~7
  }

  /// sizeof(struct cmsghdr), asserted in CLinux.
  static let headerLength = 16
}
