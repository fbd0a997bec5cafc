import Testing

@testable import Commands

@Suite struct OptionScannerTests {
  private static let table = OptionTable<String>([
    .init("n", "n", "numeric", ""), .init("q", "q", "quiet", ""), .init("quick", nil, "quick", ""),
    .init("c", "c", "count", argument: "N", ""), .init("i", "i", "interval", argument: "N", ""),
    .init("v", "v", "verbose", ""), .init("version", nil, "version", ""),
    .init("u", "u", "unicast", argument: "MAC", isArgumentOptional: true, ""),
  ])

  /// The vector in one form: options with their arguments, then `--`, then operands; or the error's case.
  private func scan(
    _ arguments: [String], longNames: OptionScanner<String>.LongNames = .byPrefix, permutes: Bool = true
  ) -> [String] {
    var scanner = OptionScanner(arguments, table: Self.table, longNames: longNames, permutes: permutes)
    var result: [String] = []
    do throws(OptionScanError) {
      while let found = try scanner.next() {
        result += ["-" + found.key] + (found.argument.map { [$0] } ?? [])
      }
      return result + ["--"] + scanner.operands
    } catch {
      return ["\(error)"]
    }
  }

  /// The oracle is getopt(1) of util-linux, which is glibc's getopt_long(3):
  /// `getopt -o nqc:i:vu:: -l unicast::,count:,interval:,quiet,quick,numeric,verbose,version -- ARGUMENTS`.
  @Test(arguments: [
    (["-nqc3", "h"], ["-n", "-q", "-c", "3", "--", "h"]),
    (["-n", "-qc", "3", "h"], ["-n", "-q", "-c", "3", "--", "h"]),
    (["h", "-c3", "x", "-q"], ["-c", "3", "-q", "--", "h", "x"]),
    (["-c", "-1", "h"], ["-c", "-1", "--", "h"]),
    (["-c", "--", "h"], ["-c", "--", "--", "h"]),
    (["--count=3", "h"], ["-c", "3", "--", "h"]),
    (["--count", "3", "h"], ["-c", "3", "--", "h"]),
    (["--count=", "h"], ["-c", "", "--", "h"]),
    (["--cou", "3", "h"], ["-c", "3", "--", "h"]),
    (["--co=4"], ["-c", "4", "--"]),
    (["--quie", "h"], ["-q", "--", "h"]),
    (["--verb", "h"], ["-v", "--", "h"]),
    (["--n"], ["-n", "--"]),
    (["--", "-n", "h"], ["--", "-n", "h"]),
    (["h", "--", "-n"], ["--", "h", "-n"]),
    (["-", "-q"], ["-q", "--", "-"]),
    (["-i.2", "--", "h"], ["-i", ".2", "--", "h"]),
    (["-c=3", "h"], ["-c", "=3", "--", "h"]),
    (["-q", "--count", "-q"], ["-q", "-c", "-q", "--"]),
    (["--quiet", "--", "--quiet"], ["-q", "--", "--quiet"]),
    (["-vvv"], ["-v", "-v", "-v", "--"]),
    // getopt(1) shows an argument that was left out as an empty one.
    (["-uX", "h"], ["-u", "X", "--", "h"]),
    (["-u", "h"], ["-u", "--", "h"]),
    (["-nuq"], ["-n", "-u", "q", "--"]),
    (["--unicast", "h"], ["-u", "--", "h"]),
    (["--unicast=X", "h"], ["-u", "X", "--", "h"]),
    (["--unicast=", "h"], ["-u", "", "--", "h"]),
    (["--uni=X"], ["-u", "X", "--"]),
    ([""], ["--", ""]),
    ([], ["--"]),
  ]) func vectorsComeApartAsGetoptTakesThemApart(_ arguments: [String], _ expected: [String]) {
    #expect(scan(arguments) == expected)
  }

  @Test func wrongVectorsAreTypedErrors() {
    func error(
      _ arguments: String..., longNames: OptionScanner<String>.LongNames = .byPrefix
    ) -> OptionScanError? {
      var scanner = OptionScanner(arguments, table: Self.table, longNames: longNames)
      do throws(OptionScanError) {
        while try scanner.next() != nil {}
        return nil
      } catch {
        return error
      }
    }
    #expect(error("-z") == .unknownShort("z"))
    #expect(error("-qz") == .unknownShort("z"))
    #expect(error("-n-q") == .unknownShort("-"))
    #expect(error("-é") == .unknownShort("é"))
    #expect(error("-c") == .missingArgument(option: "-c"))
    #expect(error("--count") == .missingArgument(option: "--count"))
    #expect(error("--coun") == .missingArgument(option: "--count"))
    #expect(error("--quiet=1") == .unexpectedArgument(option: "--quiet"))
    #expect(error("--nope") == .unknownLong("nope"))
    #expect(error("--=3") == .unknownLong(""))
    #expect(error("--qui") == .ambiguous("qui", candidates: ["quiet", "quick"]))
    #expect(error("--quie", longNames: .exactOrCluster) == .unknownShort("-"))
    #expect(error("--quiet", longNames: .exactOrCluster) == nil)
  }

  @Test func withoutPermutationTheFirstOperandEndsTheOptions() {
    #expect(scan(["-q", "h", "-n"], permutes: false) == ["-q", "--", "h", "-n"])
    #expect(scan(["h", "--", "-n"], permutes: false) == ["--", "h", "--", "-n"])
  }
}
