import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Who carries out what a sampling engine orders.
struct SampleOrders {
  private let mailbox: Mailbox<SampleNews>
  private let traces: SampleTraces
  /// By interface; what failed to open says so for each order.
  private var links: [String: Result<SampleLink, PingFailure>] = [:]
  private var paths: [SamplePath] = []
  private let mark: UInt32?
  private var random: RandomNumbers

  init(_ mailbox: Mailbox<SampleNews>, common: SampleCommon, seed: UInt64) {
    self.mailbox = mailbox
    mark = common.mark
    traces = SampleTraces(mailbox, raises: common.raises)
    random = RandomNumbers(seed: seed ^ 0x6f72_6465_7273)
  }

  /// A plan. Links that are not open yet are opened, which takes privileges; what a run has open it keeps. Gives notes
  /// of what failed.
  mutating func configure(_ groups: [SampleGroup]) -> [String] {
    paths = groups.map(\.path)
    var notes: [String] = []
    for group in groups {
      guard case .neighbor(let interface) = group.probe else { continue }
      if case .success = links[interface] { continue }
      do throws(PingFailure) {
        links[interface] = .success(try SampleLink(interface: interface, mailbox))
      } catch {
        links[interface] = .failure(error)
        notes.append("\(group.name): \(error.shortText)")
      }
    }
    return notes
  }

  /// Whether anything could be opened.
  var canAskNeighbors: Bool { links.values.contains { if case .success = $0 { true } else { false } } }

  mutating func submit(_ order: SampleOrder) {
    switch order.act {
    case .trace(let act):
      let path = paths.indices.contains(order.group) ? paths[order.group] : SamplePath()
      traces.submit(
        SampleTraces.Order(
          number: order.number,
          request: TraceRequest(
            act, to: order.destination, path: path, mark: mark, seed: random.next())))
    case .neighbor(let interface):
      switch links[interface] {
      case .success(let link):
        link.submit(
          SampleLink.Order(
            number: order.number, address: order.destination.address, seed: random.next()))
      case .failure(let error):
        let errno = error.errno ?? .operationNotPermitted
        mailbox.post(
          .finding(order: order.number, .failed(errno: errno.rawValue, text: error.shortText)))
      case nil:
        mailbox.post(
          .finding(
            order: order.number, .failed(errno: Errno.noDevice.rawValue, text: "\(interface): not open")))
      }
    }
  }
}
