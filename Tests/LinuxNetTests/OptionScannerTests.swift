import KernelLab
import Testing

@testable import LinuxNet

@Suite struct OptionScannerTests {
  static let long: [OptionScanner.LongOption] = [
    .init("count", .required, short: "c"), .init("counter", .none, value: 300),
    .init("quiet", .none, short: "q"),
    .init("flood", .optional, short: "f"),
  ]

  static func scan(_ words: String..., permutes: Bool = true) -> OptionScanner.Result {
    OptionScanner.scan(words, short: "c:qnf::", long: long, permutes: permutes)
  }

  static func option(_ short: Character, _ argument: String? = nil) -> OptionScanner.Item {
    .option(OptionScanner.value(short), argument: argument)
  }

  @Test func `clusters, joined arguments and arguments of their own read alike`() {
    let wanted = [Self.option("n"), Self.option("q"), Self.option("c", "3")]
    #expect(Self.scan("-nqc3", "::1") == .init(items: wanted, operands: ["::1"]))
    #expect(Self.scan("-nqc", "3", "::1") == .init(items: wanted, operands: ["::1"]))
    #expect(Self.scan("-n", "-q", "-c", "3", "::1") == .init(items: wanted, operands: ["::1"]))
  }

  @Test func `an optional argument counts only where it is joined on`() {
    #expect(Self.scan("-f", "3").items == [Self.option("f")])
    #expect(Self.scan("-f3").items == [Self.option("f", "3")])
    #expect(Self.scan("--flood=3").items == [Self.option("f", "3")])
  }

  @Test func `operands may stand before options, unless the first one ends them`() {
    #expect(Self.scan("::1", "-q", "--", "-n").operands == ["::1", "-n"])
    #expect(Self.scan("::1", "-q", permutes: false) == .init(items: [], operands: ["::1", "-q"]))
  }

  @Test func `an empty command line has neither items nor operands`() {
    #expect(Self.scan() == .init())
    #expect(Self.scan("").operands == [""])
  }

  @Test func `long options may be shortened as far as they stay clear`() {
    #expect(Self.scan("--counte").items == [.option(300, argument: nil)])
    #expect(Self.scan("--count", "5").items == [Self.option("c", "5")])
    #expect(Self.scan("--q").items == [Self.option("q")])
  }

  @Test func `an unknown short option behind a long one is told as what it is`() {
    #expect(
      Self.scan("--quiet", "-xq").items == [Self.option("q"), .failure(.unknownShort("x")), Self.option("q")])
  }

  /// The oracle is util-linux's getopt(1), which prints what the C library complains of.
  @Test(arguments: [
    ["-x"], ["-qxn"], ["-c"], ["-nc"], ["--count"], ["--cou", "3"], ["--nothing"], ["--nothing=3"],
    ["--quiet=3"], ["--qui=3"], ["--coun=4"],
  ])
  func `complaints are the C library's own`(words: [String]) throws {
    let long = "count:,counter,quiet,flood::"
    let complaint = try NetworkNamespace.complaint(
      ["getopt", "-o", "c:qnf::", "-l", long, "--"] + words)
    let result = OptionScanner.scan(words, short: "c:qnf::", long: Self.long)
    let texts = result.items.compactMap { item -> String? in
      if case .failure(let failure) = item { return failure.text }
      return nil
    }
    #expect(texts.map { "getopt: \($0)\n" }.joined() == complaint)
  }

  @Test func `scans from many threads do not disturb each other`() async {
    await withTaskGroup(of: Bool.self) { group in
      for i in 0..<64 {
        group.addTask {
          let result = OptionScanner.scan(["-q", "a", "-c\(i)", "b"], short: "c:q", long: [])
          return result == .init(items: [Self.option("q"), Self.option("c", "\(i)")], operands: ["a", "b"])
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
