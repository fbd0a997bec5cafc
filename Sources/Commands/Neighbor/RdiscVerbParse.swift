import Plan
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// One reading of the arguments of `probe6 rdisc`: the state between its options.
struct RdiscVerbParse: VerbParse {
  static var verb: String { "rdisc" }

  private enum Limits {
    static let attempts: Int128 = 1_000
  }

  private var common = LinkVerbCommon()
  private var configuration = RouterConfiguration()
  private var router: (text: String, name: String)?
  private var count: (Int, name: String)?
  private var wait: Nanoseconds?
  private var watchName: String?
  private var duration: Nanoseconds?
  private var singleName: String?
  private var isSilent = false

  mutating func take(_ found: OptionScanner<LinkVerbOption>.Found) throws(EarlyExit) {
    if try common.take(found, self, help: .rdisc) { return }
    let name = found.name
    let argument = found.argument ?? ""
    switch found.key {
    case .to: router = (argument, name)
    case .noLinkOption: configuration.includesLinkLayerAddress = false
    case .count: count = (Int(try integer(name, argument, 1...Limits.attempts)), name)
    case .wait: wait = try time(name, argument)
    case .single: singleName = name
    case .watch: watchName = name
    case .duration: duration = try time(name, argument)
    case .noSolicit: isSilent = true
    default: break
    }
  }

  mutating func finish(_ operands: [String], interfaces: () -> [String]) throws(EarlyExit) -> LinkInvocation {
    let operand = try LinkVerbCommon.interfaceOperand(operands, self, what: "rdisc", interfaces: interfaces)
    var invocation = LinkInvocation(.routers, request: LinkRequest(.routers(configuration)))
    try common.apply(to: &invocation, operand: operand, self)
    try setRouter(&invocation.request)
    guard invocation.request.interface != nil else {
      throw error("which interface?" + LinkVerbCommon.offer(interfaces()))
    }
    if let count { configuration.attempts = count.0 }
    if let wait { configuration.interval = wait }
    configuration.stopsAtFirstAnswer = singleName != nil
    if let watchName {
      try refuse(
        singleName != nil, singleName ?? "", "\(watchName) goes on after the first advertisement; say --for")
      configuration.watch = .untilStopped
    }
    if let duration { configuration.watch = .time(duration) }
    if isSilent {
      try refuse(count != nil, count?.name ?? "", "--no-solicit sends nothing")
      try refuse(!configuration.includesLinkLayerAddress, "--no-link-option", "--no-solicit sends nothing")
      try refuse(router != nil, router?.name ?? "", "--no-solicit sends nothing")
      try refuse(wait != nil, "--wait", "nothing is answered; say --for")
      configuration.attempts = 0
      if configuration.watch == .no { configuration.watch = .untilStopped }
    }
    invocation.request.act = .routers(configuration)
    return invocation
  }

  private mutating func setRouter(_ request: inout LinkRequest) throws(EarlyExit) {
    guard let router else { return }
    let target: TargetText
    // Routers are asked on the link that was said; without one their own zone says it.
    do throws(TargetTextError) {
      target = try TargetText.parse(router.text, defaultZone: request.interface)
    } catch { throw self.error("\(router.name): \(error.message)") }
    guard case .address(let address, let zone) = target else {
      throw error("\(router.name): \(quoted(router.text)) is not an IPv6 address")
    }
    if address.isMulticast || address == .unspecified {
      throw wrong(router.text, .notUnicast)
    }
    configuration.destination = address
    guard let zone else { return }
    if let chosen = request.interface, chosen != zone { throw wrong(router.text, .otherLink(chosen: chosen)) }
    request.interface = zone
  }

  private func wrong(_ text: String, _ problem: TargetTextError.Problem) -> EarlyExit {
    error("--to: " + TargetTextError(input: text, problem: problem).message)
  }
}
