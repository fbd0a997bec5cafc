import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// What a live screen shows, chosen by keys.
struct LiveView: Hashable, Sendable {
  var columns = 80
  var rows = 24
  /// Which set of columns; counts up for ever, the picture takes what it has.
  var columnSet = 0
  var showsNames = true
  var showsHelp = false
  var isPaused = false
  /// Hops that have scrolled out at the top.
  var firstLine = 0
}

/// Figures that are drawn again and again.
protocol LivePicture {
  mutating func begin(_ run: TraceRun, at now: Instant)
  mutating func handle(_ event: TraceEvent)
  /// Forgets the figures, not the path.
  mutating func reset(at now: Instant)
  /// Lines of the screen from the top, each at most `view.columns` wide, at most `view.rows`; harmless to a terminal.
  func draw(_ view: LiveView, at now: Instant, wall: WallClock, names: TraceNames) -> [[UInt8]]
  /// Lines below the ones shown: how far the picture can be scrolled.
  func scrollLimit(_ view: LiveView) -> Int
  /// The figures once more, for the terminal that is given back.
  func table(at now: Instant, wall: WallClock, names: TraceNames) -> [UInt8]
}

/// Shows a trace on a terminal and listens to its keys: redraws ten times a second at most, at once for a key, and
/// leaves the terminal as it was found.
struct LiveSink<Picture: LivePicture>: TraceSink, ~Copyable {
  private static var drawInterval: Nanoseconds { .milliseconds(100) }
  /// Addresses whose names are asked for.
  private static var addressLimit: Int { 4_096 }
  private static var pageOverlap: Int { 6 }

  private var picture: Picture
  private var screen: TerminalScreen
  private let request: TraceRequest
  private var names = TraceNames()
  private var resolver: ReverseResolver?
  private var addresses: Set<TraceAddress> = []
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
    _ picture: Picture, screen: consuming TerminalScreen, request: TraceRequest, looksUpNames: Bool,
    systems: PrefixTable?, programName: String
  ) {
    self.picture = picture
    self.screen = screen
    self.request = request
    self.programName = programName
    view.showsNames = looksUpNames
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
    switch event {
    case .reply(let reply), .late(let reply):
      if addresses.count < LiveSink.addressLimit {
        addresses.insert(TraceAddress(reply.address, zone: reply.zone))
      }
    default: break
    }
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
    var octets = Array("\u{1b}[H".utf8)
    let lines = picture.draw(view, at: now, wall: WallClock(offset: offset), names: shownNames())
    for (index, line) in lines.prefix(view.rows).enumerated() {
      if index > 0 { octets += "\r\n".utf8 }
      // Cleared first: behind a line that is full the cursor stands on its last column.
      octets += "\u{1b}[m\u{1b}[K".utf8
      octets += line
    }
    octets += "\u{1b}[m\u{1b}[J".utf8
    try screen.write(octets)
  }

  private mutating func shownNames() -> TraceNames {
    guard view.showsNames else {
      var bare = TraceNames()
      bare.systems = names.systems
      return bare
    }
    if resolver == nil { resolver = try? ReverseResolver() }
    if let resolver {
      for address in addresses where names.names[address] == nil {
        if case .name(let name?) = resolver.lookUp(address.address, scope: address.zone) {
          names.names[address] = name
        }
      }
    }
    return names
  }
}
