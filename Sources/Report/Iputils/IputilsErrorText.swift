/// ICMPv6 errors in iputils' words, which are not quite the RFCs'.
enum IputilsErrorText {
  static func put(
    type: UInt8, code: UInt8, info: UInt32, form: IputilsTextOptions.Form, into out: inout [UInt8]
  ) {
    switch type {
    case 1:
      out.put("Destination unreachable: ")
      switch code {
      case 0: out.put("No route")
      case 1: out.put("Administratively prohibited")
      case 2: out.put("Beyond scope of source address")
      case 3: out.put("Address unreachable")
      case 4: out.put("Port unreachable")
      // 20221126 does not know the codes that RFC 4443 added to RFC 2463's.
      case 5 where form == .v20231222: out.put("Source address failed ingress/egress policy")
      case 6 where form == .v20231222: out.put("Reject route to destination")
      default: put("Unknown code ", code, into: &out)
      }
    case 2:
      out.put("Packet too big: mtu=")
      out.put(decimal: UInt64(info))
      if code != 0 { put(", code=", code, into: &out) }
    case 3:
      out.put("Time exceeded: ")
      switch code {
      case 0: out.put("Hop limit")
      case 1: out.put("Defragmentation failure")
      default: put("code ", code, into: &out)
      }
    case 4:
      out.put("Parameter problem: ")
      switch code {
      case 0: out.put("Wrong header field ")
      case 1: out.put("Unknown header ")
      case 2: out.put("Unknown option ")
      default:
        put("code ", code, into: &out)
        out.put(0x20)
      }
      out.put("at ")
      out.put(decimal: UInt64(info))
    default: put("unknown icmp type: ", type, into: &out)
    }
  }

  private static func put(_ text: String, _ number: UInt8, into out: inout [UInt8]) {
    out.put(text)
    out.put(decimal: UInt64(number))
  }
}
