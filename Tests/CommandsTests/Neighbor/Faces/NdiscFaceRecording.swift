import LinuxNet
@testable import Plan
import Testing
import Wire

@testable import Commands

/// What the installed ndisc6 and rdisc6 printed of given advertisements: `Tests/Golden/ndisc_faces.txt`.
struct NdiscFaceRecording: Sendable, CustomTestStringConvertible {
  struct Heard: Sendable {
    var source: IPv6Address
    var octets: [UInt8]
  }

  var name: String
  /// Ours is not to be like it.
  var isDefect: Bool
  var tool: NdiscFaceInvocation.Tool
  var arguments: [String]
  /// For each solicitation what answered it.
  var attempts: [[Heard]]
  var exitCode: Int32
  var standardOutput: String

  var testDescription: String { name }

  static let all: [NdiscFaceRecording] = {
    // The folder `Tests`, from the place of this file.
    let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    let path = parts.dropLast(4).joined(separator: "/") + "/Golden/ndisc_faces.txt"
    let octets = (try? InputFile.read(path: path, limit: 1 << 20)) ?? []
    return read(String(decoding: octets, as: UTF8.self))
  }()

  static func named(_ name: String) -> NdiscFaceRecording? { all.first { $0.name == name } }

  private static func read(_ text: String) -> [NdiscFaceRecording] {
    var recordings: [NdiscFaceRecording] = []
    for line in text.split(separator: "\n") {
      let (word, rest) = cut(line)
      if word == "case" || word == "defect" {
        recordings.append(
          NdiscFaceRecording(
            name: String(rest), isDefect: word == "defect", tool: .neighbor, arguments: [], attempts: [],
            exitCode: -1,
            standardOutput: ""))
      }
      guard let last = recordings.indices.last else { continue }
      switch word {
      case "run":
        let (tool, arguments) = cut(rest)
        recordings[last].tool = tool == "rdisc6" ? .router : .neighbor
        recordings[last].arguments = arguments.split(separator: " ").map { String($0) }
      case "attempt": recordings[last].attempts.append([])
      case "hear":
        let (source, octets) = cut(rest)
        guard let address = TargetText.ipv6Address(String(source)) else { continue }
        recordings[last].attempts[recordings[last].attempts.count - 1].append(
          Heard(source: address, octets: hexadecimal(octets)))
      case "exit": recordings[last].exitCode = Int32(rest) ?? -1
      case ">": recordings[last].standardOutput += rest + "\n"
      default: break
      }
    }
    return recordings
  }

  /// The first word, and what follows its blank.
  private static func cut(_ text: Substring) -> (Substring, Substring) {
    guard let blank = text.firstIndex(of: " ") else { return (text, "") }
    return (text[..<blank], text[text.index(after: blank)...])
  }

  private static func hexadecimal(_ text: Substring) -> [UInt8] {
    var octets: [UInt8] = []
    var high: UInt8?
    for character in text {
      guard let digit = character.hexDigitValue else { return [] }
      if let first = high {
        octets.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    return octets
  }
}
