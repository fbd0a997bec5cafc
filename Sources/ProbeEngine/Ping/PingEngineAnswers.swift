import Timing
import Wire

/// Answers to what is not an echo: node information replies and extended echo replies.
extension PingEngine {
  mutating func handleNodeInformationReply(_ octets: Span<UInt8>, _ arrival: Arrival) {
    guard let information = try? NodeInformation(decoding: octets) else {
      return reject(.malformed, type: 140, arrival)
    }
    guard case .nodeInformation(let question) = configuration.message, let slot = queried(information.nonce)
    else { return reject(.nonce, type: 140, arrival) }
    finish(slot, QuestionMessage.answer(information, to: question, in: octets), octets, arrival, type: 140)
  }

  mutating func handleExtendedEchoReply(_ octets: Span<UInt8>, _ arrival: Arrival) {
    guard let echo = try? ICMPv6ExtendedEchoReply(decoding: octets) else {
      return reject(.malformed, type: 161, arrival)
    }
    guard echo.identifier == configuration.identifier else { return reject(.identifier, type: 161, arrival) }
    guard case .extendedEcho = configuration.message else { return reject(.sequence, type: 161, arrival) }
    // There is no room for a nonce; eight bits of the sequence, the identifier and the source must do.
    guard let youngest = table.youngest(endingIn: UInt64(echo.sequence &- 1), bits: 8),
      let slot = candidate(
        from: youngest, bits: 8,
        where: { isPlausible(arrival, for: configuration.targets[Int($0.target)]) })
    else { return reject(.sequence, type: 161, arrival) }
    finish(
      slot,
      .interfaceStatus(
        code: echo.code.rawValue, state: echo.state.rawValue, isActive: echo.isActive, hasIPv4: echo.hasIPv4,
        hasIPv6: echo.hasIPv6), octets, arrival, type: 161)
  }

  /// The probe that a query's nonce names and proves.
  func queried(_ nonceOnWire: UInt64) -> ProbeSlot? {
    guard let youngest = table.youngest(endingIn: (nonceOnWire >> 48) &- 1, bits: 16),
      let slot = candidate(from: youngest, bits: 16, where: { isQuery($0, nonce: nonceOnWire) }),
      isQuery(slot, nonce: nonceOnWire)
    else { return nil }
    return slot
  }

  private func isQuery(_ slot: ProbeSlot, nonce nonceOnWire: UInt64) -> Bool {
    QuestionMessage.nonce(number: wireNumber(slot.probe), keyed: nonce(slot.probe)) == nonceOnWire
  }

  private mutating func finish(
    _ slot: ProbeSlot, _ answer: PingReply.Answer, _ octets: Span<UInt8>, _ arrival: Arrival, type: UInt8
  ) {
    var reply = makeReply(slot, octets: octets.count, arrival)
    reply.answer = answer
    guard isPlausible(arrival, for: configuration.targets[Int(slot.target)]) else {
      return reject(.source, type: type, arrival, reply: reply)
    }
    guard slot.state != .sendFailed else { return reject(.sequence, type: type, arrival, reply: reply) }
    accept(reply, slot, nil, arrival)
  }
}

extension NodeInformationQuestion {
  var queryType: NodeInformation.QueryType {
    switch kind {
    case .name: .nodeName
    case .ipv6Addresses: .nodeAddresses
    case .ipv4Addresses: .ipv4Addresses
    }
  }
}

extension QuestionMessage {
  /// More answers than this in one message are not read: 1280 octets hold fewer.
  private static let answerLimit = 256

  static func answer(
    _ information: NodeInformation, to question: NodeInformationQuestion, in octets: Span<UInt8>
  ) -> PingReply.Answer {
    guard case .reply(let result) = information.kind else { return .malformed }
    switch result {
    case .refused: return .refused
    case .unknownQueryType: return .unknownQueryType
    case .unknown(let code): return .unknownCode(code)
    case .success: break
    }
    // An answer to another question is none.
    guard information.queryType == question.queryType else { return .malformed }
    switch information.queryType {
    case .nodeName: return names(octets, information.data)
    case .nodeAddresses:
      return walked(octets, information.data) { walk throws(WireError) in
        try walk.nextIPv6(in: octets).map { $0.1 }
      }.map { .ipv6Addresses($0) } ?? .malformed
    case .ipv4Addresses:
      return walked(octets, information.data) { walk throws(WireError) in
        try walk.nextIPv4(in: octets).map { $0.1 }
      }.map { .ipv4Addresses($0) } ?? .malformed
    case .noOperation, .unknown: return .malformed
    }
  }

  private static func walked<Address>(
    _ octets: Span<UInt8>, _ data: Range<Int>, _ next: (inout NodeAddressWalk) throws(WireError) -> Address?
  ) -> [Address]? {
    var walk = NodeAddressWalk(data: data)
    var addresses: [Address] = []
    do throws(WireError) {
      while addresses.count < answerLimit, let address = try next(&walk) { addresses.append(address) }
      return addresses
    } catch { return nil }
  }

  /// A time to live of 32 bits, then names in wire form (RFC 4620 §6.2); names that do not end in the root are
  /// written without their final dot.
  private static func names(_ octets: Span<UInt8>, _ data: Range<Int>) -> PingReply.Answer {
    guard data.count > 4 else { return .malformed }
    var walk = DNSLabelWalk(range: (data.lowerBound + 4)..<data.upperBound)
    var names: [[UInt8]] = []
    do throws(WireError) {
      while names.count < answerLimit, !walk.range.isEmpty {
        var name: [UInt8] = []
        while let label = try walk.next(in: octets) {
          if !name.isEmpty { name.append(UInt8(ascii: ".")) }
          for i in label { name.append(octets[i]) }
        }
        if !name.isEmpty { names.append(name) }
      }
    } catch { return .malformed }
    return names.isEmpty ? .malformed : .names(names)
  }
}
