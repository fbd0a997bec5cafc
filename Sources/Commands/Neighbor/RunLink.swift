import LinuxNet
import ProbeEngine
import Report
import Runtime

/// Runs what `probe6 ndisc` and `probe6 rdisc` ask for and turns its end into an exit code.
enum RunLink {
  static func ndisc(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    throw EarlyExit(standardError: "probe6 ndisc: not yet\n", exitCode: 3)
  }

  static func rdisc(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    throw EarlyExit(standardError: "probe6 rdisc: not yet\n", exitCode: 3)
  }
}

extension CommandDescription {
  package static let ndisc = CommandDescription(
    name: "ndisc", summary: "who has an address on the link, and is it the right one", operands: "ADDRESS...",
    examples: [],
    options: [], sections: [])
  package static let rdisc = CommandDescription(
    name: "rdisc", summary: "what routers on the link advertise, and what the kernel made of it",
    operands: "INTERFACE",
    examples: [], options: [], sections: [])
}
