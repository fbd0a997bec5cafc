import Plan
import ProbeEngine
import Timing
import YAML

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the buffer does not outlive it.
  check(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// The first octet says what the others are read as. Whatever they are, they are read, or refused for reasons that
/// have their places within the text.
private func check(_ octets: [UInt8]) {
  guard let what = octets.first else { return }
  let rest = Array(octets.dropFirst())
  switch what % 3 {
  case 0: plan(rest)
  case 1: gate(rest)
  default: _ = try? RunFile.read(rest)
  }
}

private func plan(_ octets: [UInt8]) {
  let lines = octets.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + octets.count / 2 + 1
  do throws(PlanProblems) {
    let plan = try PlanText.read(octets, interfaces: ["eth0"])
    precondition(!plan.groups.isEmpty, "a plan without groups")
    for group in plan.groups {
      precondition(group.group.interval > .zero && group.group.timeout > .zero && !group.targets.isEmpty)
    }
  } catch {
    precondition(!error.problems.isEmpty, "refused for no reason")
    for problem in error.problems {
      // Two octets at least make a line break of Unicode's.
      precondition((1...lines + 1).contains(problem.line ?? 1) && (problem.column ?? 1) >= 1, "no such place")
    }
  }
}

/// What is read must be read the same from its own text.
private func gate(_ octets: [UInt8]) {
  let groups = ["n", "nodes"]
  guard let gate = try? PlanText.gate(String(decoding: octets, as: UTF8.self), groups: groups) else { return }
  precondition((try? PlanText.gate(gate.text, groups: groups)) == gate, "read otherwise the second time")
}
