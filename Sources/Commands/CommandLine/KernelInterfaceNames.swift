import LinuxNet
import Report
import Synchronization

extension InterfaceNames {
  private final class Known: Sendable {
    let names = Mutex<[UInt32: String?]>([:])
  }

  /// Those of this host; the kernel is asked once for each.
  static var ofThisHost: InterfaceNames {
    let known = Known()
    return InterfaceNames { index in
      known.names.withLock { names in
        if let name = names[index] { return name }
        let name = Interfaces.name(of: index)
        names[index] = .some(name)
        return name
      }
    }
  }

  /// Interfaces of this host to offer where one is missing: those that are up, the loopback aside.
  static func offered() -> [String] {
    ((try? Interfaces.links()) ?? []).filter { $0.isUp && !$0.isLoopback }.map(\.name)
  }
}
