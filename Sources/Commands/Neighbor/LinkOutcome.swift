import ProbeEngine

/// What an act on a link came to, and what that means to a script.
struct LinkOutcome: Hashable {
  /// What the events said before the summaries.
  struct Tally: Hashable {
    /// Findings that are problems; that no router answered is told by the summary.
    var problems = 0
    /// Packets that left, or were to.
    var sent = 0
    /// Stations of a scan that are not this host.
    var otherStations = 0
    /// Crafted solicitations that were answered, and that did not leave.
    var conformanceAnswered = 0
    var conformanceFailed = 0

    mutating func take(_ event: LinkEvent) {
      switch event {
      case .sent: sent += 1
      case .finding(let finding):
        if finding.severity == .problem, finding.kind != .noRouter { problems += 1 }
      case .station(let row): if !row.isThisHost { otherStations += 1 }
      case .conformance(let row):
        if row.received != nil { conformanceAnswered += 1 }
        if row.errno != nil { conformanceFailed += 1 }
      default: break
      }
    }
  }

  /// What a script gets to know; of several the gravest.
  enum Grade: Int, Comparable {
    case fine, noAnswer, usage, broken, localFailure

    static func < (left: Grade, right: Grade) -> Bool { left.rawValue < right.rawValue }

    var exitCode: Int32 {
      switch self {
      case .fine: 0
      case .noAnswer: 1
      case .usage: 2
      case .broken: 4
      case .localFailure: 3
      }
    }
  }

  /// One for each summary. Empty: the run ended before it had a result.
  var grades: [Grade]
  /// Findings that are problems.
  var problems = 0
  /// Lines of lists that were no targets.
  var failedLines = 0

  init(_ summaries: [LinkSummary], tally: Tally = Tally(), failedLines: Int = 0) {
    grades = summaries.map { $0.grade(tally) }
    problems = tally.problems
    self.failedLines = failedLines
  }

  /// 0 all is well; 1 no answer; 2 a line of a list was no target; 4 something is wrong on the link; 3 this host could
  /// not: the later outweighs.
  var exitCode: Int32 {
    var grade = grades.max() ?? .noAnswer
    if problems > 0 { grade = max(grade, .broken) }
    if failedLines > 0 { grade = max(grade, .usage) }
    return grade.exitCode
  }
}

extension LinkSummary {
  func grade(_ tally: LinkOutcome.Tally) -> LinkOutcome.Grade {
    switch self {
    case .neighbor(let summary): summary.verdict.grade
    case .routers(let summary):
      summary.routers > 0
        ? .fine
        : summary.sendFailed > 0 && summary.sendFailed >= summary.solicitations ? .localFailure : .noAnswer
    case .table, .watch: .fine
    case .scan(let summary):
      tally.otherStations > 0
        ? .fine : summary.questions > 0 && summary.sendFailed >= summary.questions ? .localFailure : .noAnswer
    case .baseline(let summary):
      summary.sendFailed > 0 && summary.sendFailed >= tally.sent
        ? .localFailure : summary.problems > 0 ? .broken : .fine
    case .conformance(let tried, let asExpected, _): tally.conformance(tried: tried, asExpected: asExpected)
    }
  }
}

extension LinkOutcome.Tally {
  /// Nothing is said of a target that answered nothing, nor of what was not tried.
  fileprivate func conformance(tried: Int, asExpected: Int) -> LinkOutcome.Grade {
    if conformanceFailed > 0 { return .localFailure }
    if conformanceAnswered == 0 { return .noAnswer }
    if asExpected < tried { return .broken }
    return tried < CraftedSolicitation.allCases.count ? .noAnswer : .fine
  }
}

extension NeighborVerdict {
  var grade: LinkOutcome.Grade {
    switch self {
    case .agrees, .absent, .local, .free, .fresh, .stale: .fine
    case .silent, .dead, .interrupted: .noAnswer
    case .differs, .conflict, .inUse, .loopedBack, .multicastOnly: .broken
    case .sendFailed: .localFailure
    }
  }
}
