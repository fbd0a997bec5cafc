@testable import Plan
import ProbeEngine
import Report
import Timing
import Wire

@testable import Commands

/// A run of a face over what a recording's station sent.
struct NdiscFaceReplay {
  private(set) var standardOutput = ""
  private(set) var standardError = ""

  init(_ recording: NdiscFaceRecording) throws {
    let invocation = try NdiscFaceInvocation(
      parsing: recording.arguments, recording.tool, programName: "face")
    guard let target = TargetText.ipv6Address(invocation.target) else { return }
    let options = invocation.text(target: target)
    switch recording.tool {
    case .neighbor:
      run(recording, Ndisc6Text(options: options), target, isSingle: invocation.answers != .all)
    case .router: run(recording, Rdisc6Text(options: options), target, isSingle: invocation.answers != .all)
    }
  }

  private mutating func run(
    _ recording: NdiscFaceRecording, _ writer: some LinkWriter, _ target: IPv6Address, isSingle: Bool
  ) {
    var writer = writer
    var out = OutputBuffer()
    let wall = WallClock(offset: 0)
    let interface = KernelInterface(index: 2, name: "ndv0", mtu: 1_500, link: nil)
    writer.begin(
      LinkRun(
        recording.tool == .neighbor ? .resolve : .routers, view: KernelView(interface: interface, at: .zero),
        version: "0"),
      at: .zero, wall: wall, into: &out)
    var answers = 0
    for (index, attempt) in recording.attempts.enumerated() {
      answers = 0
      for heard in attempt {
        let message = Self.message(heard)
        guard recording.tool == .router || Self.isAnswer(message, target) || message.isDiscarded else {
          continue
        }
        answers += message.isDiscarded ? 0 : 1
        writer.write(
          .advertisement(
            LinkAdvertisement(
              message: message, target: 0, standing: message.isDiscarded ? .discarded : .answer,
              attempt: index + 1)),
          wall: wall, into: &out)
      }
      writer.write(
        .attemptEnded(target: 0, attempt: index + 1, answers: answers, at: .zero), wall: wall, into: &out)
      if answers > 0 { break }
    }
    switch recording.tool {
    case .neighbor:
      let verdict: NeighborVerdict = answers > 0 ? .agrees : .silent
      writer.write(
        .summary(.neighbor(NeighborSummary(target: 0, verdict: verdict, at: .zero))), wall: wall, into: &out)
    case .router: writer.write(.summary(.routers(RoutersSummary(at: .zero))), wall: wall, into: &out)
    }
    writer.end(at: .zero, wall: wall, into: &out)
    standardOutput = String(decoding: out.standardOutput, as: UTF8.self)
    standardError = String(decoding: out.standardError, as: UTF8.self)
  }

  static func message(_ heard: NdiscFaceRecording.Heard) -> HeardMessage {
    let envelope = NeighborEnvelope(
      source: heard.source, destination: IPv6Address(bits: 0x2001_0db8_0001 << 80 | 0xa), hopLimit: 255,
      isChecksumValid: true)
    return HeardMessage(
      arrival: FrameArrival(interface: 2, stamp: .zero, readAt: .zero), envelope: envelope,
      octets: heard.octets,
      broken: BrokenRule.all(in: heard.octets.span, envelope))
  }

  /// An advertisement for the target with its link-layer address.
  private static func isAnswer(_ message: HeardMessage, _ target: IPv6Address) -> Bool {
    guard let advertisement = try? NeighborAdvertisement(decoding: message.octets.span),
      advertisement.target == target
    else { return false }
    var walk = NeighborOptionWalk(range: advertisement.options)
    while let option = try? walk.next(in: message.octets.span) {
      if option.type == .targetLinkLayerAddress { return true }
    }
    return false
  }
}
