package import ProbeEngine

/// All that an act on one link needs, as plain values: what the verbs and the faces fill in.
package struct LinkRequest: Sendable {
  package enum Act: Sendable {
    /// Targets and source are filled in at set-up.
    case neighbor(NeighborConfiguration)
    /// As above; one target.
    case conformance(NeighborConfiguration)
    case routers(RouterConfiguration)
    /// The kernel's table, or a time line.
    case watch(WatchConfiguration)
    case scan(ScanConfiguration)
    case baseline(GuardConfiguration)
  }

  package var act: Act
  /// As given: names, addresses, `fe80::1%eth0`. All on one link.
  package var targetNames: [String] = []
  /// By name; nil: the targets' zone, or the interface of the route to them.
  package var interface: String?
  /// Source address text, with `%zone` where needed; nil: the interface's link-local address for link-local targets
  /// and where the interface has no other, else what the kernel would take.
  package var source: String?
  /// Hears frames for other stations as well (promiscuous mode).
  package var isPromiscuous = false
  /// Reads only what the kernel tells, without a capture, where CAP_NET_RAW is missing (`watch`).
  package var allowsKernelAlone = true
  /// Frames that were heard and sent go into this pcap file.
  package var captureFile: String?
  /// A file is to be written after the run: capabilities stay permitted, though not effective, for the real user root.
  package var keepsFileRights = false
  /// nil: from getrandom(2).
  package var seed: UInt64?

  package init(_ act: Act) { self.act = act }
}
