import Glibc

/// The table of plans and what is to be said of them.
enum PlanCases {
  struct Line {
    var number: Int
    var verdict: String
    var plan: String
  }

  static func lines() throws -> [Line] {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let text = try TestFile.text(folder.joined(separator: "/") + "/Cases/plans.txt")
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      index, line in
      let parts = line.split(separator: "\t")
      guard parts.count == 2, !line.hasPrefix("#") else { return nil }
      return Line(number: index + 1, verdict: String(parts[0]), plan: String(parts[1]))
    }
  }
}

enum TestFile {
  struct Missing: Error {
    var path: String
  }

  static func text(_ path: String) throws -> String {
    // The path is a string of this process; the stream is closed below.
    guard let file = unsafe fopen(path, "r") else { throw Missing(path: path) }
    // Open until here.
    defer { unsafe fclose(file) }
    var octets: [UInt8] = []
    while true {
      // The stream is open until this function ends.
      let octet = unsafe getc(file)
      if octet == EOF { break }
      octets.append(UInt8(truncatingIfNeeded: octet))
    }
    return String(decoding: octets, as: UTF8.self)
  }
}
