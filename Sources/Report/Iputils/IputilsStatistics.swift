import ProbeEngine
import Timing

/// A summary in iputils' figures. "Received" are replies, late ones and corrupted ones; "transmitted" are probes
/// that left; "errors" are ICMPv6 errors and probes that did not leave.
struct IputilsStatistics {
  private let options: IputilsTextOptions
  private let summary: PingSummary
  private let transmitted: UInt64
  private let received: UInt64

  init(_ options: IputilsTextOptions, _ summary: PingSummary) {
    self.options = options
    self.summary = summary
    transmitted = summary.sent
    received = Self.sum(summary.replied, summary.late, summary.corrupted)
  }

  /// The lines after `--- … ping statistics ---`. The last one is empty where there was nothing to time, as
  /// parsers of iputils' output expect it.
  func put(into out: inout [UInt8]) {
    out.put(decimal: transmitted)
    out.put(" packets transmitted, ")
    out.put(decimal: received)
    out.put(" received")
    let errors = Self.sum(summary.icmpErrors, summary.extraErrors, summary.sendFailed)
    put(", +", summary.duplicates, " duplicates", into: &out)
    put(", +", errors, " errors", into: &out)
    // Where all failed to leave, iputils still says 100 % (it counts them as transmitted), and monitoring
    // plugins look for it.
    if summary.attempted > 0 {
      out.put(", ")
      if transmitted == 0 {
        out.put("100")
      } else {
        IputilsNumber.put(lossOf: received, in: transmitted, into: &out)
      }
      out.put("% packet loss, time ")
      out.put(decimal: UInt64((sendingTime.count.addingSaturating(500_000)) / 1_000_000))
      out.put("ms")
    }
    out.put("\n")

    var comma = ""
    if isTimed, let times = summary.roundTrip {
      out.put("rtt min/avg/max/mdev = ")
      put(times.minimum, into: &out)
      out.put("/")
      put(times.mean, into: &out)
      out.put("/")
      put(times.maximum, into: &out)
      out.put("/")
      put(times.mdev, into: &out)
      out.put(" ms")
      comma = ", "
    }
    if summary.pipe > 1 {
      out.put(comma)
      out.put("pipe ")
      out.put(decimal: summary.pipe)
      comma = ", "
    }
    if received > 0, transmitted > 1, options.isIntervalZero || options.isFlood || options.isAdaptive {
      out.put(comma)
      out.put("ipg/ewma ")
      let gaps = Int64(clamping: transmitted - 1)
      out.put(thousandths: sendingTime.count / 1_000 / gaps)
      out.put("/")
      out.put(thousandths: ewma)
      out.put(" ms")
    }
    out.put("\n")
  }

  /// The answer to SIGQUIT.
  func putStatus(into out: inout [UInt8]) {
    out.put("\r")
    out.put(decimal: received)
    out.put("/")
    out.put(decimal: transmitted)
    out.put(" packets, ")
    let lost = transmitted - min(received, transmitted)
    out.put(decimal: transmitted == 0 ? 0 : UInt64(UInt128(lost) * 100 / UInt128(transmitted)))
    out.put("% loss")
    if isTimed, let times = summary.roundTrip {
      out.put(", min/avg/ewma/max = ")
      put(times.minimum, into: &out)
      out.put("/")
      put(times.mean, into: &out)
      out.put("/")
      out.put(thousandths: ewma)
      out.put("/")
      put(times.maximum, into: &out)
      out.put(" ms")
    }
    out.put("\n")
  }

  private var isTimed: Bool { received > 0 && options.isTimingShown }

  /// From the first to the last departure: 0 with one probe, however long the run waited.
  private var sendingTime: Nanoseconds {
    guard let last = summary.lastSentAt else { return .zero }
    return max(last - (summary.firstSentAt ?? summary.startedAt), .zero)
  }

  /// Microseconds.
  private var ewma: Int64 { max(summary.ewmaEighthMicroseconds, 0) / 8 }

  private func put(_ time: Nanoseconds, into out: inout [UInt8]) {
    out.put(thousandths: max(roundedMicroseconds(time.count), 0))
  }

  private func put(_ before: String, _ count: UInt64, _ after: String, into out: inout [UInt8]) {
    guard count > 0 else { return }
    out.put(before)
    out.put(decimal: count)
    out.put(after)
  }

  private static func sum(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    let (ab, overflow) = a.addingReportingOverflow(b)
    let (abc, again) = ab.addingReportingOverflow(c)
    return overflow || again ? .max : abc
  }
}
