/// Why a packet did not get through (RFC 4443 §3.1, IANA "Type 1 – Destination Unreachable").
package enum DestinationUnreachableCode: Hashable, Sendable {
  case noRoute
  case administrativelyProhibited
  case beyondScope
  case addressUnreachable
  case portUnreachable
  /// Source address failed ingress or egress policy.
  case sourcePolicy
  case rejectRoute
  /// RFC 6550 §11.2.
  case sourceRoutingError
  /// RFC 8883 §3.
  case headersTooLong
  /// Error in P-Route (RFC 9914).
  case pRouteError
  case unknown(UInt8)

  package init(rawValue: UInt8) {
    self =
      switch rawValue {
      case 0: .noRoute
      case 1: .administrativelyProhibited
      case 2: .beyondScope
      case 3: .addressUnreachable
      case 4: .portUnreachable
      case 5: .sourcePolicy
      case 6: .rejectRoute
      case 7: .sourceRoutingError
      case 8: .headersTooLong
      case 9: .pRouteError
      default: .unknown(rawValue)
      }
  }

  package var rawValue: UInt8 {
    switch self {
    case .noRoute: 0
    case .administrativelyProhibited: 1
    case .beyondScope: 2
    case .addressUnreachable: 3
    case .portUnreachable: 4
    case .sourcePolicy: 5
    case .rejectRoute: 6
    case .sourceRoutingError: 7
    case .headersTooLong: 8
    case .pRouteError: 9
    case .unknown(let value): value
    }
  }
}

/// What ran out (RFC 4443 §3.3).
package enum TimeExceededCode: Hashable, Sendable {
  case hopLimit
  case reassembly
  case unknown(UInt8)

  package init(rawValue: UInt8) {
    self =
      switch rawValue {
      case 0: .hopLimit
      case 1: .reassembly
      default: .unknown(rawValue)
      }
  }

  package var rawValue: UInt8 {
    switch self {
    case .hopLimit: 0
    case .reassembly: 1
    case .unknown(let value): value
    }
  }
}

/// What was wrong with the packet (RFC 4443 §3.4, IANA "Type 4 – Parameter Problem").
package enum ParameterProblemCode: Hashable, Sendable {
  case erroneousField
  case unrecognizedNextHeader
  case unrecognizedOption
  /// The first fragment lacks part of the chain (RFC 7112).
  case incompleteFirstFragment
  /// Segment routing upper-layer header error (RFC 8754 §4.3.1.2).
  case segmentRoutingUpperLayer
  /// Unrecognized next header at a transit node (RFC 8883).
  case unrecognizedNextHeaderInTransit
  case extensionHeaderTooBig
  case chainTooLong
  case tooManyExtensionHeaders
  case tooManyOptions
  case optionTooBig
  case unknown(UInt8)

  package init(rawValue: UInt8) {
    self =
      switch rawValue {
      case 0: .erroneousField
      case 1: .unrecognizedNextHeader
      case 2: .unrecognizedOption
      case 3: .incompleteFirstFragment
      case 4: .segmentRoutingUpperLayer
      case 5: .unrecognizedNextHeaderInTransit
      case 6: .extensionHeaderTooBig
      case 7: .chainTooLong
      case 8: .tooManyExtensionHeaders
      case 9: .tooManyOptions
      case 10: .optionTooBig
      default: .unknown(rawValue)
      }
  }

  package var rawValue: UInt8 {
    switch self {
    case .erroneousField: 0
    case .unrecognizedNextHeader: 1
    case .unrecognizedOption: 2
    case .incompleteFirstFragment: 3
    case .segmentRoutingUpperLayer: 4
    case .unrecognizedNextHeaderInTransit: 5
    case .extensionHeaderTooBig: 6
    case .chainTooLong: 7
    case .tooManyExtensionHeaders: 8
    case .tooManyOptions: 9
    case .optionTooBig: 10
    case .unknown(let value): value
    }
  }
}
