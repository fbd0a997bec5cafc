package import ProbeEngine
package import Timing

/// What a plan file says, checked. Names are not looked up and prefixes not written out yet.
package struct SamplePlan: Sendable {
  /// A target as written.
  package enum Target: Hashable, Sendable {
    /// An address with its zone, or a name; `port` where `[ADDRESS]:PORT` or `NAME:PORT` has one.
    case host(TargetText, port: UInt16?, text: String)
    /// Every address of a prefix but the subnet-router anycast address, in order.
    case prefix(AddressPrefix)
    /// All addresses of a name.
    case allAddresses(name: String, port: UInt16?)
    /// Targets, one a line; relative to the plan's folder.
    case file(String)
  }

  package struct Group: Sendable {
    /// Everything but the targets. Its port is in `port`.
    package var group: SampleGroup
    package var port: UInt16?
    package var targets: [Target]
    package var labels: [Label]
    /// Addresses that its prefixes may have at most (65,536 unless raised by `limit`).
    package var limit: Int

    package init(group: SampleGroup, port: UInt16?, targets: [Target], labels: [Label], limit: Int) {
      self.group = group
      self.port = port
      self.targets = targets
      self.labels = labels
      self.limit = limit
    }
  }

  package struct Label: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct Output: Hashable, Sendable {
    package enum Format: String, Hashable, Sendable, CaseIterable {
      case ndjson, csv, openmetrics, atlas, junit
    }
    package var format: Format
    /// Relative to the plan's folder; `-` is standard output.
    package var path: String

    package init(format: Format, path: String) {
      self.format = format
      self.path = path
    }
  }

  package var groups: [Group] = []
  package var duration: Nanoseconds?
  package var warmup = Nanoseconds.zero
  package var splay = Nanoseconds.zero
  package var seed: UInt64?
  /// Between two look-ups of a name; zero: never again.
  package var resolveInterval = Nanoseconds.seconds(60)
  package var outputs: [Output] = []
  package var gates: [Gate] = []

  package init() {}
}

/// What is wrong with a plan, and where.
package struct PlanProblem: Hashable, Sendable {
  package enum What: Hashable, Sendable {
    /// In words: what stands there, and what would be right. Not escaped.
    case text(String)
    case target(TargetTextError)
  }
  /// From 1; nil for what did not come from a file (`--slo`).
  package var line: Int?
  package var column: Int?
  package var what: What

  package init(line: Int?, column: Int?, _ what: What) {
    self.line = line
    self.column = column
    self.what = what
  }
}

/// All that is wrong with a plan, in the order of the text.
package struct PlanProblems: Error, Hashable, Sendable {
  package var problems: [PlanProblem]
  package init(_ problems: [PlanProblem]) { self.problems = problems }
}
