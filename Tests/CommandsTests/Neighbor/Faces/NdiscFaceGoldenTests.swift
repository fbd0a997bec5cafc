import Testing

@testable import Commands

/// The faces beside what the installed tools printed of the same advertisements (`make_ndisc_faces.py`).
@Suite struct NdiscFaceGoldenTests {
  @Test func theRecordingsAreThere() {
    #expect(NdiscFaceRecording.all.count > 60)
    #expect(NdiscFaceRecording.all.allSatisfy { !$0.arguments.isEmpty && $0.exitCode >= 0 })
  }

  @Test(arguments: NdiscFaceRecording.all.filter { !$0.isDefect })
  func theTextIsTheOriginals(_ recording: NdiscFaceRecording) throws {
    let replay = try NdiscFaceReplay(recording)
    #expect(replay.standardOutput == recording.standardOutput)
    #expect(replay.standardError.isEmpty)
  }

  // MARK: Defects that are not copied

  static let header = """
    Soliciting ff02::2 (ff02::2) on ndv0...

    Hop limit                 :           64 (      0x40)
    Stateful address conf.    :           No
    Stateful other conf.      :           No
    Mobile home agent         :           No
    Router preference         :       medium
    Neighbor discovery proxy  :           No
    Router lifetime           :         1800 (0x00000708) seconds
    Reachable time            :  unspecified (0x00000000)
    Retransmit time           :  unspecified (0x00000000)

    """
  static let mtu = " MTU                      :         1500 bytes (valid)\n"
  static let prefix = """
     Prefix                   : 2001:db8:1::/64
      On-link                 :          Yes
      Autonomous address conf.:          Yes
      Valid time              :           60 (0x0000003c) seconds
      Pref. time              :           60 (0x0000003c) seconds

    """
  static let end = " from fe80::ff:fe00:b\n"
  static let nothing = "Soliciting ff02::2 (ff02::2) on ndv0...\nTimed out.\nNo response.\n"

  static func list(_ count: Int) -> String {
    var text = " DNS search list          : "
    for number in 0..<count { text += "name\(number < 10 ? "0" : "")\(number).example " }
    return text + "\n  DNS search list lifetime:           60 (0x0000003c) seconds\n"
  }

  static func answer(from source: String) -> String {
    "Soliciting 2001:db8:1::e (2001:db8:1::e) on ndv0...\nTarget link-layer address: 02:00:00:00:00:0B\n from \(source)\n"
  }

  static let corrected: [(name: String, text: String)] = [
    ("a proxy", answer(from: "2001:db8:1::b")),
    ("a proxy with a link-local source", answer(from: "fe80::ff:fe00:b")),
    (
      "an option of length 0 behind the address",
      "Soliciting 2001:db8:1::e (2001:db8:1::e) on ndv0...\nTimed out.\nNo response.\n"
    ),
    ("an option of length 0", nothing),
    ("an option that is cut off", nothing),
    ("octets behind the last option", nothing),
    ("half an advertisement", header + mtu + prefix + end),
    ("a prefix of 200 bits", header + prefix + end),
    ("a prefix option of 40 octets", header + prefix + end),
    ("an MTU option of 16 octets", header + prefix + end),
    ("a global source", nothing),
    ("a search list of 256 octets", header + list(16) + mtu + end),
    ("a search list of 264 octets", header + list(17) + mtu + end),
    ("a label that reaches beyond its option", header + mtu + end),
    ("a compression pointer", header + mtu + end),
    (
      "a name that a terminal obeys",
      header
        + " DNS search list          : a\\x1b[2J\\x0d.example \n  DNS search list lifetime:           60 (0x0000003c) seconds\n"
        + mtu + end
    ),
  ]

  @Test func everyDefectHasItsCorrection() {
    #expect(
      NdiscFaceRecording.all.filter(\.isDefect).map(\.name).sorted() == Self.corrected.map(\.name).sorted())
  }

  @Test(arguments: corrected)
  func aDefectIsNotCopied(_ corrected: (name: String, text: String)) throws {
    let recording = try #require(NdiscFaceRecording.named(corrected.name))
    let replay = try NdiscFaceReplay(recording)
    #expect(replay.standardOutput == corrected.text)
    #expect(replay.standardOutput != recording.standardOutput)
  }
}
