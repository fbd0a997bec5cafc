import CLinux
import Glibc

/// A kernel router in a network namespace of its own, one hop away from the namespace of the test. It forwards to
/// 2001:db8:2::/64 and no further, and limits no errors.
package struct NeighborRouter: ~Copyable {
  /// The test's end of the link is `v0`; these are the addresses of both ends.
  package static let host = "2001:db8:1::1"
  package static let router = "2001:db8:1::2"
  /// Behind the router: a hop limit of 1 does not get there.
  package static let beyond = "2001:db8:2::2"

  private let process: Int32

  /// Call inside of `NetworkNamespace.run`.
  package static func start() throws -> NeighborRouter {
    let router = NeighborRouter(process: try hold())
    try router.connect()
    return router
  }

  private init(process: Int32) { self.process = process }

  private static func hold() throws -> Int32 {
    // The process that holds the namespace lets go of the pipe when it is set up; its number is what it wrote.
    let hold =
      "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0 net.ipv6.conf.default.accept_dad=0"
      + " && ip link set lo up && echo $$ && exec sleep 60 >/dev/null 2>&1"
    let text = try NetworkNamespace.output(
      "sh", "-c", "unshare -n sh -c '\(hold)' &")
    let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard let process = Int32(String(decoding: digits, as: UTF8.self)), process > 1 else {
      throw NetworkNamespace.NotReady(text: text)
    }
    return process
  }

  private func connect() throws {
    try NetworkNamespace.command("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
    try NetworkNamespace.command(
      "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v0", "netns", "\(process)")
    try NetworkNamespace.command("ip", "addr", "add", "\(Self.host)/64", "dev", "v0")
    try NetworkNamespace.command("ip", "link", "set", "v0", "up")
    try command("ip", "addr", "add", "\(Self.router)/64", "dev", "v0")
    try command("ip", "link", "set", "v0", "up")
    try command("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1")
    try command("ip", "addr", "add", "2001:db8:2::1/64", "dev", "d0")
    try command("ip", "link", "set", "d0", "up")
    try command("ip", "link", "set", "d1", "up")
    try NetworkNamespace.command("ip", "-6", "route", "add", "2001:db8:2::/64", "via", Self.router)
  }

  /// Runs a program in the router's namespace.
  package func command(_ words: String...) throws {
    try NetworkNamespace.execute(["nsenter", "-t", "\(process)", "-n"] + words)
  }

  // Started by init, and reaped by init of the machine, as its parent has ended.
  deinit { kill(process, SIGKILL) }
}
