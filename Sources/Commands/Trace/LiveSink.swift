import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Shows a trace on a terminal and listens to its keys: redraws ten times a second at most, at once for a key, and
/// leaves the terminal as it was found.
struct LiveSink: TraceSink, ~Copyable {
  private static let drawInterval = Nanoseconds.milliseconds(100)
  /// Lines that stay in sight, head lines among them.
  private static let pageOverlap = 6

  private var picture = LiveScreen()
  private var screen: TerminalScreen
  private let request: TraceRequest
  private var names = TraceNames()
  private var resolver: ReverseResolver?
  private var keys = LiveKeyReader()
  private var view = LiveView()
  private var isShown = false
  private var isDirty = true
  private var lastDraw: Instant?
  private var offset: Int64 = 0
  /// Reads that brought nothing although the terminal said it had something: it has gone.
  private var emptyReads = 0
  private var pending = OutputBuffer()
  private let programName: String
  private(set) var failedTargets = 0

  init(
    _ screen: consuming TerminalScreen, request: TraceRequest, looksUpNames: Bool, systems: PrefixTable?,
    programName: String
  ) {
    self.screen = screen
    self.request = request
    self.programName = programName
    view.showsNames = looksUpNames
    view.isUTF8 = Process.isLocaleUTF8
    if let systems { names.systems = { systems.text(of: $0) } }
  }

  mutating func begin(_ start: TraceStart, clock: KernelClock) {
    offset = clock.pair.offset
    picture.begin(TraceRun(start, request), at: start.at)
    show()
  }

  mutating func targetFailed(_ name: String, _ failure: PingFailure) {
    failedTargets += 1
    for line in PingFailureText.text(failure, isFace: false) {
      pending.standardError.append(contentsOf: "\(programName): \(line)\n".utf8)
    }
  }

  mutating func handle(_ event: TraceEvent, clock: KernelClock) {
    offset = clock.pair.offset
    picture.handle(event)
    isDirty = true
  }

  mutating func snapshot(at now: Instant, clock: KernelClock) { isDirty = true }

  mutating func end(at now: Instant, clock: KernelClock) {
    offset = clock.pair.offset
    hide()
    pending.standardOutput += picture.table(at: now, wall: WallClock(offset: offset), names: shownNames())
  }

  mutating func flush(isLast: Bool) throws(SystemError) {
    if isShown {
      let now = SystemClock.monotonicNow()
      if let wake = nextWake, wake <= now { try draw(at: now) }
    } else if isLast {
      try pending.flush()
    }
  }

  var wakeDescriptor: Int32? { resolver?.descriptor.number }

  var nextWake: Instant? {
    guard isShown, isDirty else { return nil }
    return lastDraw.map { $0 + LiveSink.drawInterval } ?? .zero
  }

  mutating func wake() {
    resolver?.acknowledge()
    isDirty = true
  }

  var inputDescriptor: Int32? { isShown ? screen.input : nil }

  mutating func input() -> TraceControl? {
    let octets = screen.readKeys()
    emptyReads = octets.isEmpty ? emptyReads + 1 : 0
    if emptyReads > 2 { return .quit }
    let wasPaused = view.isPaused
    for key in keys.read(octets) {
      if key == .quit { return .quit }
      press(key)
      // At once.
      isDirty = true
      lastDraw = nil
    }
    if view.isPaused == wasPaused { return nil }
    return view.isPaused ? .pause : .resume
  }

  mutating func redraw() { show() }

  mutating func suspend() { hide() }

  // MARK: private parts

  private mutating func press(_ key: LiveKey) {
    switch key {
    case .pause: view.isPaused.toggle()
    case .reset: picture.reset(at: SystemClock.monotonicNow())
    case .columns: view.columnSet &+= 1
    case .names: view.showsNames.toggle()
    case .help: view.showsHelp.toggle()
    case .up: view.firstLine -= 1
    case .down: view.firstLine += 1
    case .pageUp: view.firstLine -= max(1, view.rows - LiveSink.pageOverlap)
    case .pageDown: view.firstLine += max(1, view.rows - LiveSink.pageOverlap)
    case .top: view.firstLine = 0
    case .bottom: view.firstLine = .max
    case .quit: break
    }
    view.firstLine = max(0, min(view.firstLine, picture.scrollLimit(view)))
  }

  /// Without a terminal's help there is nothing to be done about a failure; the next write says it.
  private mutating func show() {
    try? screen.enter()
    isShown = true
    isDirty = true
    lastDraw = nil
  }

  private mutating func hide() {
    guard isShown else { return }
    screen.leave()
    isShown = false
  }

  private mutating func draw(at now: Instant) throws(SystemError) {
    lastDraw = now
    // Tried again a tenth of a second later.
    guard screen.isWritable else { return }
    isDirty = false
    (view.columns, view.rows) = screen.size
    view.firstLine = max(0, min(view.firstLine, picture.scrollLimit(view)))
    try screen.write(picture.render(view, at: now, wall: WallClock(offset: offset), names: shownNames()))
  }

  private mutating func shownNames() -> TraceNames {
    guard view.showsNames else {
      var bare = TraceNames()
      bare.systems = names.systems
      return bare
    }
    if resolver == nil { resolver = try? ReverseResolver() }
    if let resolver {
      for address in picture.addresses where names.names[address] == nil {
        if case .name(let name?) = resolver.lookUp(address.address, scope: address.zone) {
          names.names[address] = name
        }
      }
    }
    return names
  }
}
