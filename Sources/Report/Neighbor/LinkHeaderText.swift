import ProbeEngine
import Wire

/// The line above an act on a link: what is asked of whom, from which source, on which interface.
struct LinkHeaderText {
  let run: LinkRun

  func put(into out: inout [UInt8]) {
    switch run.act {
    case .resolve, .unicast, .dad, .conformance:
      out.put(run.act.rawValue)
      out.put(" ")
      if run.targets.count == 1 {
        put(nameOf: run.targets[0], into: &out)
      } else {
        out.put(run.targets.count, "target", "targets")
      }
      putSource(run.act == .dad ? .unspecified : run.source, into: &out)
      putInterface(into: &out)
    case .routers:
      out.put("routers")
      putInterface(into: &out)
      if run.source != nil { putSource(run.source, into: &out) }
    // The table's own heading says it.
    case .neighbors: return
    case .watch:
      out.put("watch")
      putInterface(into: &out)
      out.put(run.isCaptured ? ": wire and kernel" : ": the kernel alone")
      out.put(", times are UTC")
    case .scan:
      out.put("scan")
      putInterface(into: &out)
      if run.source != nil { putSource(run.source, into: &out) }
    case .baseline:
      out.put("guard")
      putInterface(into: &out)
      out.put(", times are UTC")
    }
    out.put("\n")
  }

  func putNotes(into out: inout [UInt8]) {
    for note in run.notes {
      out.put("note: ")
      Escape.text(note, into: &out)
      out.put("\n")
    }
  }

  private func put(nameOf target: LinkRun.Target, into out: inout [UInt8]) {
    Escape.text(target.name, into: &out)
    var address: [UInt8] = []
    address.put(target.address)
    var zoned: [UInt8] = []
    zoned.put(target.address, zone: target.zone, names: run.interfaceNames)
    let name = Array(target.name.utf8)
    guard name != address, name != zoned else { return }
    out.put(" (")
    out.append(contentsOf: address)
    out.put(")")
  }

  private func putSource(_ source: IPv6Address?, into out: inout [UInt8]) {
    guard let source else { return }
    out.put(" from ")
    out.put(source)
    guard let link = run.view.interface.link else { return }
    out.put(" (")
    out.put(link)
    out.put(")")
  }

  private func putInterface(into out: inout [UInt8]) {
    guard run.view.interface.index != 0 else { return out.put(" on all interfaces") }
    out.put(" on ")
    Escape.text(run.view.interface.name, into: &out)
  }
}
