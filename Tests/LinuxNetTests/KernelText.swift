import KernelLab

/// What `ip` of iproute2 prints, cut into words.
struct KernelText {
  let lines: [[Substring]]

  /// Runs `ip` in this thread's namespace.
  init(_ words: String...) throws {
    lines = try NetworkNamespace.output(["ip"] + words).split(separator: "\n").map { line in
      line.split { $0 == " " || $0 == "\\" }
    }
  }

  /// The line whose first word is `first`.
  func line(_ first: String) -> [Substring]? { lines.first { $0.first ?? "" == first } }
}

extension [Substring] {
  /// The word that follows `key`.
  func value(_ key: Substring) -> Substring? {
    guard let at = firstIndex(of: key), at + 1 < count else { return nil }
    return self[at + 1]
  }
}

/// Octets as `ip` prints a link-layer address.
func linkText(_ octets: [UInt8]) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
}
