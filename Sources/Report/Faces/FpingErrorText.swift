import Wire

/// ICMPv6 errors as fping 5.5 names them.
enum FpingErrorText {
  /// Without who sent it, for what.
  static func text(type: UInt8, code: UInt8) -> String {
    switch type {
    case 1: "ICMPv6 Destination Unreachable (\(unreachable(code) ?? "Code \(code)"))"
    case 2: "ICMPv6 Packet Too Big"
    case 3: "ICMPv6 Time Exceeded (\(timeExceeded(code) ?? "Code \(code)"))"
    case 4: "ICMPv6 Parameter Problem (\(parameterProblem(code) ?? "Code \(code)"))"
    default: "ICMPv6 Type \(type) Code \(code)"
    }
  }

  /// Codes of the registry (IANA, ICMPv6 parameters, type 1).
  private static func unreachable(_ code: UInt8) -> String? {
    switch code {
    case 0: "No route to destination"
    case 1: "Communication with destination administratively prohibited"
    case 2: "Beyond scope of source address"
    case 3: "Address unreachable"
    case 4: "Port unreachable"
    case 5: "Source address failed ingress/egress policy"
    case 6: "Reject route to destination"
    case 7: "Error in Source Routing Header"
    case 8: "Headers too long"
    case 9: "Error in P-Route"
    default: nil
    }
  }

  private static func timeExceeded(_ code: UInt8) -> String? {
    switch code {
    case 0: "Hop limit exceeded in transit"
    case 1: "Fragment reassembly time exceeded"
    default: nil
    }
  }

  private static func parameterProblem(_ code: UInt8) -> String? {
    switch code {
    case 0: "Erroneous header field encountered"
    case 1: "Unrecognized Next Header type encountered"
    case 2: "Unrecognized IPv6 option encountered"
    case 3: "IPv6 First Fragment has incomplete IPv6 Header Chain"
    case 4: "SR Upper-layer Header Error"
    case 5: "Unrecognized Next Header type encountered by intermediate node"
    case 6: "Extension header too big"
    case 7: "Extension header chain too long"
    case 8: "Too many extension headers"
    case 9: "Too many options in extension header"
    case 10: "Option too big"
    default: nil
    }
  }
}
