import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Wire

/// Makes a group's sources of its targets, those of files among them; keeps what is wrong with those files.
struct SampleTargetLists {
  private enum Limits {
    /// A million names of 64 octets.
    static let octets = 1 << 26
    /// Lines about bad lines of one list; the others are counted.
    static let badLines = 20
  }

  private let folder: String
  private let programName: String
  /// Offered where a zone is missing.
  private let interfaces: [String]
  /// Lines for standard error.
  private(set) var problems = ""

  init(folder: String, interfaces: [String], programName: String) {
    self.folder = folder
    self.interfaces = interfaces
    self.programName = programName
  }

  mutating func sources(of group: SamplePlan.Group) -> [SampleSource] {
    var sources: [SampleSource] = []
    for target in group.targets {
      guard case .file(let path) = target else {
        sources += self.sources(target, group)
        continue
      }
      sources += list(path, group)
    }
    return sources
  }

  private func sources(_ target: SamplePlan.Target, _ group: SamplePlan.Group) -> [SampleSource] {
    let port = group.port ?? 0
    switch target {
    case .host(.address(let address, let zone), let own, _):
      return [.host(address.description + (zone.map { "%" + $0 } ?? ""), port: own ?? port)]
    case .host(.name(let name), let own, _): return [.host(name, port: own ?? port)]
    case .allAddresses(let name, let own): return [.allAddresses(name, port: own ?? port)]
    case .prefix(let prefix):
      return [.range(first: prefix.first, count: prefix.count, zone: prefix.zone, port: port)]
    case .file: return []
    }
  }

  // MARK: files

  private mutating func list(_ path: String, _ group: SamplePlan.Group) -> [SampleSource] {
    let path = path.hasPrefix("/") ? path : folder + path
    var reader = TargetLines(of: group, interfaces: interfaces)
    let octets: [UInt8]
    do throws(SystemError) { octets = try InputFile.read(path: path, limit: Limits.octets) } catch {
      problems +=
        "\(programName): targets of \(quoted(group.group.name)): \(quoted(path)): \(error.errno.text)\n"
      return []
    }
    var sources: [SampleSource] = []
    var bad = 0
    let lines = TargetList.lines(of: octets)
    for line in lines {
      do throws(TargetTextError) {
        if let problem = line.problem { throw problem }
        if let target = try reader.read(line.text) { sources += self.sources(target, group) }
      } catch {
        bad += 1
        if bad <= Limits.badLines { problems += "\(escaped(path)):\(line.number): \(error.message)\n" }
      }
    }
    if bad > Limits.badLines {
      problems += "\(escaped(path)): \(bad - Limits.badLines) more lines are no targets\n"
    }
    if reader.lacksPort {
      problems +=
        "\(escaped(path)): the group has no port, and neither have all targets here ([ADDRESS]:PORT)\n"
    }
    if lines.isEmpty { problems += "\(escaped(path)): no targets\n" }
    return sources
  }
}
