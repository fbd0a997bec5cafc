import ProbeEngine
import Timing
import Wire

/// The kernel's neighbor table in columns.
struct NeighborTableText {
  let run: LinkRun

  func put(_ entries: [KernelNeighbor], into out: inout [UInt8]) {
    guard !entries.isEmpty else { return }
    var rows: [[[UInt8]]] = [heading.map { Array($0.utf8) }]
    for entry in entries { rows.append(cells(entry)) }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column > 0 { out.put("  ") }
        out.put(left: widths[column]) { $0.append(contentsOf: cell) }
      }
      while out.last == 0x20 { out.removeLast() }
      out.put("\n")
    }
  }

  /// `3 entries; the table has room: 12 of 1024 (collected from 128 on)`
  func put(_ limits: KernelNeighborLimits?, entries: Int, into out: inout [UInt8]) {
    out.put(entries, "entry", "entries")
    if let limits {
      out.put("; the host's table holds ")
      out.put(decimal: UInt64(limits.entries))
      if !limits.thresholds.isEmpty {
        out.put(", gc_thresh ")
        for (index, threshold) in limits.thresholds.enumerated() {
          if index > 0 { out.put("/") }
          out.put(decimal: UInt64(threshold))
        }
      }
      if limits.tableFulls > 0 {
        out.put(", full ")
        out.put(limits.tableFulls, "time", "times")
        out.put(" since the kernel started")
      } else {
        out.put(", never full")
      }
    }
    out.put("\n")
  }

  private var isOfAllInterfaces: Bool { run.view.interface.index == 0 }

  private var heading: [String] {
    ["ADDRESS"] + (isOfAllInterfaces ? ["INTERFACE"] : [])
      + ["LINK-LAYER ADDRESS", "STATE", "FLAGS", "CONFIRMED", "USED", "UPDATED", "PROBES"]
  }

  private func cells(_ entry: KernelNeighbor) -> [[UInt8]] {
    func text(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
      var text: [UInt8] = []
      body(&text)
      return text
    }
    func age(_ age: Nanoseconds?) -> [UInt8] {
      text { if let age { DurationText.put(age: age, into: &$0) } else { $0.put("-") } }
    }
    var cells = [text { $0.put(entry.address) }]
    if isOfAllInterfaces {
      cells.append(
        text { Escape.text(run.interfaceNames[entry.interface] ?? "\(entry.interface)", into: &$0) })
    }
    cells.append(text { if let link = entry.link { $0.put(link) } else { $0.put("-") } })
    cells.append(text { $0.put(entry.state.text) })
    let flags = entry.flagNames
    cells.append(text { $0.put(flags.isEmpty ? "-" : flags.joined(separator: ",")) })
    // Without a link-layer address nothing was ever confirmed.
    cells.append(age(entry.link == nil ? nil : entry.confirmedAge))
    cells.append(age(entry.usedAge))
    cells.append(age(entry.updatedAge))
    cells.append(text { $0.put(decimal: UInt64(entry.probes)) })
    return cells
  }
}

extension KernelNeighbor {
  /// `router`, `proxy`, `extern_learn`, as ip-neighbour(8) has them.
  var flagNames: [String] {
    (isRouter ? ["router"] : []) + (isProxy ? ["proxy"] : []) + (isExternallyLearned ? ["extern_learn"] : [])
  }
}
