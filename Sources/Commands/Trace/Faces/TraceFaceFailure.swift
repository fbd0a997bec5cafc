import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Wire

/// A trace of a face that could not begin, in the words and with the exit code of the original.
enum TraceFaceFailure {
  static func exit(_ failure: PingFailure, _ invocation: TraceFaceInvocation) -> EarlyExit {
    // Standard output that a reader closed is no news to anybody.
    if case .system(let error) = failure, error.errno == .brokenPipe { return EarlyExit(exitCode: 1) }
    return switch invocation.text {
    case .butskoy(let options): butskoy(failure, invocation, options)
    case .ndisc6: ndisc6(failure, invocation)
    case .tracepath(let options): tracepath(failure, invocation, options)
    }
  }

  /// A source that is a name, and has no address.
  static func source(
    _ source: (text: String, position: Int, option: String), _ error: ResolverError,
    _ invocation: TraceFaceInvocation
  ) -> EarlyExit {
    let name = escaped(source.text)
    guard case .butskoy = invocation.text else {
      return EarlyExit(standardError: "\(name) : \(error.text)\n", exitCode: 1)
    }
    return EarlyExit(
      standardError:
        "\(name): \(error.text)\nCannot handle `\(source.option)' option with arg `\(name)' (argc \(source.position))\n",
      exitCode: 2)
  }

  // MARK: Butskoy

  private static func butskoy(
    _ failure: PingFailure, _ invocation: TraceFaceInvocation, _ options: ButskoyTextOptions
  ) -> EarlyExit {
    switch failure {
    case .resolution(let name, let error, let hasIPv4):
      return badTarget(
        name, hasIPv4 ? "the name has only IPv4 addresses, and this is an IPv6 tool" : error.text, invocation)
    case .unknownInterface(let name) where name != invocation.request.interface:
      // The zone of the target.
      return badTarget(invocation.target, "Name or service not known", invocation)
    case .unknownInterface: return failed("setsockopt SO_BINDTODEVICE: No such device", invocation, options)
    case .missingZone: return failed("connect: Invalid argument", invocation, options)
    case .source(_, let error): return failed("bind: \(error.errno.text)", invocation, options)
    case .noRoute(let error): return failed("connect: \(error.errno.text)", invocation, options)
    case .notPermitted:
      var exit = failed("socket: Operation not permitted", invocation, options)
      exit.standardError =
        "You do not have enough privileges to use this traceroute method." + exit.standardError
      return exit
    case .option(let name, let error):
      return failed("\(option(name)): \(error.errno.text)", invocation, options)
    default:
      let text = PingFailureText.text(failure, isFace: true).joined(separator: "; ")
      return failed(text, invocation, options)
    }
  }

  /// The target, or a gateway, of which the original says no more.
  private static func badTarget(
    _ name: String, _ reason: String, _ invocation: TraceFaceInvocation
  ) -> EarlyExit {
    let name = escaped(name)
    guard name == escaped(invocation.target) else {
      return EarlyExit(standardError: "\(name): \(reason)\n\n", exitCode: 2)
    }
    return EarlyExit(
      standardError:
        "\(name): \(reason)\nCannot handle \"host\" cmdline arg `\(name)' on position 1 (argc \(invocation.targetPosition))\n",
      exitCode: 2)
  }

  /// UDP has printed its header by then; the other methods open their socket before.
  private static func failed(
    _ text: String, _ invocation: TraceFaceInvocation, _ options: ButskoyTextOptions
  ) -> EarlyExit {
    let configuration = invocation.request.configuration
    var out = OutputBuffer()
    if configuration.method == .udp, let address = TraceFaceFailure.address(invocation.target) {
      ButskoyText.putHeader(
        name: invocation.target, address: address, maximumHops: configuration.maximumHops,
        packetLength: options.packetLength, into: &out)
    }
    return EarlyExit(
      standardOutput: String(decoding: out.standardOutput, as: UTF8.self), standardError: "\n\(text)\n",
      exitCode: 1)
  }

  private static func option(_ name: String) -> String {
    switch name {
    case "--source-port": "bind"
    case "--traffic-class": "setsockopt IPV6_TCLASS"
    case "--gateway": "setsockopt IPV6_RTHDR"
    case "--mark": "setsockopt SO_MARK"
    default: name.hasPrefix("-") ? name : "setsockopt " + name
    }
  }

  /// The address that a header would show, where it can be found out again.
  private static func address(_ target: String) -> String? {
    if TargetText.ipv6Address(String(target.prefix { $0 != "%" })) != nil { return target }
    return (try? Resolver.resolve(target))?.addresses.first?.address.description
  }

  // MARK: ndisc6

  private static func ndisc6(_ failure: PingFailure, _ invocation: TraceFaceInvocation) -> EarlyExit {
    let target = escaped(invocation.target)
    func exit(_ text: String) -> EarlyExit { EarlyExit(standardError: text + "\n", exitCode: 1) }
    func unresolved(_ name: String, _ reason: String) -> EarlyExit {
      let port = name == invocation.target ? "port " + (invocation.portText.map(escaped) ?? "") : ""
      return exit("\(escaped(name)) \(port): \(reason)")
    }
    switch failure {
    case .resolution(let name, _, _) where TargetText.ipv4Address(name) != nil:
      return unresolved(name, "Address family for hostname not supported")
    case .resolution(let name, let error, let hasIPv4):
      return unresolved(
        name, hasIPv4 ? "the name has only IPv4 addresses, and this is an IPv6 tool" : error.text)
    case .unknownInterface(let name) where name != invocation.request.interface:
      return unresolved(invocation.target, "Name or service not known")
    case .unknownInterface(let name): return exit("\(escaped(name)): No such device or address")
    case .missingZone: return exit("\(target): Invalid argument")
    case .source(let text, let error): return exit("\(escaped(text)): \(error.errno.text)")
    case .noRoute(let error): return exit("\(target): \(error.errno.text)")
    case .notPermitted: return exit("Raw IPv6 socket: Operation not permitted")
    default:
      return exit(
        PingFailureText.text(failure, isFace: true).map { "\(escaped(invocation.programName)): \($0)" }
          .joined(separator: "\n"))
    }
  }

  // MARK: tracepath

  private static func tracepath(
    _ failure: PingFailure, _ invocation: TraceFaceInvocation, _ options: TracepathTextOptions
  ) -> EarlyExit {
    let program = escaped(invocation.programName)
    switch failure {
    case .resolution(let name, let error, let hasIPv4):
      let reason = hasIPv4 ? "the name has only IPv4 addresses, and this is an IPv6 tool" : error.text
      return EarlyExit(standardError: "\(program): \(escaped(name)): \(reason)\n", exitCode: 1)
    case .unknownInterface:
      return EarlyExit(
        standardError: "\(program): \(escaped(invocation.target)): Name or service not known\n", exitCode: 1)
    case .missingZone, .noRoute:
      var out = OutputBuffer()
      TracepathText.putSendFailed(hopLimit: 1, packetLength: options.packetLength, into: &out)
      return EarlyExit(standardOutput: String(decoding: out.standardOutput, as: UTF8.self), exitCode: 0)
    default:
      return EarlyExit(
        standardError: PingFailureText.text(failure, isFace: true).map { "\(program): \($0)\n" }.joined(),
        exitCode: 1)
    }
  }
}

/// `tracepath -m 0`: no hop may be asked.
enum EmptyPath {
  static func exit(_ invocation: TraceFaceInvocation, _ options: TracepathTextOptions) -> EarlyExit {
    let target = invocation.target
    if TargetText.ipv6Address(String(target.prefix { $0 != "%" })) == nil {
      do throws(ResolverError) {
        _ = try Resolver.resolve(target)
      } catch {
        return TraceFaceFailure.exit(
          .resolution(name: target, error, hasIPv4: false), invocation)
      }
    }
    let length = options.packetLength
    return EarlyExit(
      standardOutput: "     Too many hops: pmtu \(length)\n     Resume: pmtu \(length) \n", exitCode: 0)
  }
}

extension TraceFaceInvocation {
  /// As it was given.
  var target: String { request.targetNames.first ?? "" }
}
