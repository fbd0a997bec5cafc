import CLinux
import Glibc

/// Kernel settings under /proc/sys (sysctl(8)), of the calling thread's network namespace where they have one.
package enum SystemControl {
  /// The text of a setting like "net/ipv4/ping_group_range", without the line's end.
  package static func read(_ name: String) throws(SystemError) -> String {
    let descriptor = try open(name, O_RDONLY)
    let number = descriptor.number
    var octets = [UInt8](repeating: 0, count: 4096)
    // The array outlives the call and is as long as the call is told.
    let count = try retrying("read") { unsafe Glibc.read(number, &octets, 4096) }
    var text = octets[..<count]
    while let last = text.last, last == 0x0a || last == 0x20 { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  /// Changes a setting.
  package static func write(_ name: String, _ value: String) throws(SystemError) {
    let descriptor = try open(name, O_WRONLY)
    let number = descriptor.number
    let octets = Array(value.utf8)
    // As above.
    _ = try retrying("write") { unsafe Glibc.write(number, octets, octets.count) }
  }

  /// The groups that may open datagram ICMPv6 sockets (net.ipv4.ping_group_range, which rules IPv6 as well);
  /// nil for the kernel's "none".
  package static func pingGroupRange() throws(SystemError) -> ClosedRange<UInt32>? {
    let words = try read("net/ipv4/ping_group_range").split { $0 == "\t" || $0 == " " }
    guard words.count == 2, let low = UInt32(words[0]), let high = UInt32(words[1]), low <= high else {
      return nil
    }
    return low...high
  }

  private static func open(_ name: String, _ flags: Int32) throws(SystemError) -> Descriptor {
    let path = "/proc/sys/" + name
    // The path's octets outlive the call.
    let number = try retrying("open") { unsafe Glibc.open(path, flags | O_CLOEXEC) }
    return Descriptor(owning: number)
  }
}
