import LinuxNet
import ProbeEngine
import Timing

/// Looks a run's names up again from time to time, on a thread: never in the way of a probe.
struct SampleLookUps {
  /// Counts plans: what a thread says of an older one is of no use.
  private(set) var generation = 0
  /// When to call `startIfDue`.
  private(set) var due = Instant.distantFuture
  private var interval: Nanoseconds
  private var lookUps: [SampleSources.LookUp]
  private let mailbox: Mailbox<SampleNews>

  init(
    _ lookUps: [SampleSources.LookUp], every interval: Nanoseconds, _ mailbox: Mailbox<SampleNews>,
    at now: Instant
  ) {
    self.lookUps = lookUps
    self.interval = interval
    self.mailbox = mailbox
    wait(at: now)
  }

  mutating func replace(
    _ lookUps: [SampleSources.LookUp], every interval: Nanoseconds, at now: Instant
  ) {
    generation += 1
    self.lookUps = lookUps
    self.interval = interval
    wait(at: now)
  }

  mutating func startIfDue(at now: Instant) {
    guard due <= now else { return }
    due = .distantFuture
    let generation = generation
    let lookUps = lookUps
    let mailbox = mailbox
    do throws(SystemError) {
      // Let go of at once: a name server that is silent cannot hold us.
      _ = try Thread {
        var answers: [SampleSources.Question: SampleSources.Answer] = [:]
        for lookUp in lookUps {
          let answer = answers[lookUp.question] ?? SampleSources.ask(lookUp.question)
          answers[lookUp.question] = answer
          mailbox.post(.address(generation: generation, target: lookUp.target, answer))
        }
        mailbox.post(.lookedUp(generation: generation))
      }
    } catch { wait(at: now) }
  }

  /// All were asked for; the next time is an interval from here, so that they never pile up.
  mutating func handleEnd(of generation: Int, at now: Instant) {
    if generation == self.generation { wait(at: now) }
  }

  private mutating func wait(at now: Instant) {
    due = lookUps.isEmpty || interval <= .zero ? .distantFuture : now + interval
  }
}
