import LinuxNet
import Report
import Runtime
import Wire

/// The targets of an fping: looked up before the first probe, in their order.
struct FpingTargets {
  /// As many as the original makes with `-g`.
  static let generatedLimit = 131_070

  private enum Limits {
    /// A million names of 64 octets.
    static let octets = 1 << 26
    /// Of a name in a list.
    static let name = 255
  }

  /// Neighbors in the list that are neighbors in number as well stand together.
  private(set) var sources: [SampleSource] = []
  /// As shown, where that is not the address.
  private(set) var names: [Int: String] = [:]
  /// As given, where that is something else again.
  private(set) var givenNames: [Int: String] = [:]
  private(set) var count = 0
  private(set) var unknown: UInt64 = 0
  /// What there is to say of names.
  private(set) var messages = OutputBuffer()

  private let invocation: FpingInvocation
  private var zones: [UInt32: String] = [:]
  private var pending: (first: IPv6Address, count: Int, zone: String?)?

  init(_ invocation: FpingInvocation) throws(EarlyExit) {
    self.invocation = invocation
    switch invocation.targets {
    case .names(let names): for name in names { add(name) }
    case .file(let path): for name in try Self.words(path, invocation) { add(name) }
    case .range(let first, let last, let zone): addRange(first, last, zone: zone)
    }
    close()
  }

  /// The first word of each line; a word that begins with `#` begins a comment.
  static func words(of octets: [UInt8]) -> [[UInt8]] {
    let isBlank = { (octet: UInt8) in octet == 0x20 || (0x09...0x0d).contains(octet) }
    return octets.split(separator: 0x0a).compactMap { line in
      let word = line.drop(while: isBlank).prefix { !isBlank($0) && $0 != 0 }
      return word.isEmpty || word.first == UInt8(ascii: "#") ? nil : Array(word)
    }
  }

  private static func words(_ path: String, _ invocation: FpingInvocation) throws(EarlyExit) -> [String] {
    let octets: [UInt8]
    do throws(SystemError) {
      octets =
        path == "-"
        ? try InputFile.readStandardInput(limit: Limits.octets)
        : try InputFile.read(path: path, limit: Limits.octets)
    } catch {
      throw EarlyExit(
        standardError: "\(escaped(invocation.programName)): fopen : \(error.errno.text)\n", exitCode: 4)
    }
    let words = words(of: octets)
    guard words.allSatisfy({ $0.count <= Limits.name }) else {
      throw EarlyExit(
        standardError: "\(escaped(invocation.programName)): target name too long\n", exitCode: 1)
    }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func addRange(_ first: IPv6Address, _ last: IPv6Address, zone: String?) {
    guard last.bits >= first.bits else { return }
    let number = Int(clamping: last.bits - first.bits) + 1
    if invocation.looksUpAddresses || invocation.looksUpAll || zone != nil {
      for step in 0..<number {
        let address = IPv6Address(bits: first.bits + UInt128(step)).description
        add(zone.map { "\(address)%\($0)" } ?? address)
      }
    } else {
      sources.append(.range(first: first, count: number, zone: nil, port: 0))
      count += number
    }
  }

  private mutating func add(_ name: String) {
    let answer: Resolver.Answer
    do throws(ResolverError) { answer = try Resolver.resolve(name) } catch {
      unknown += 1
      if !invocation.text.isQuiet {
        messages.standardError += Array("\(escaped(name)): \(error.text)\n".utf8)
      }
      if invocation.text.isJSON {
        FpingText.putJSONWarning(name: name, message: error.text, into: &messages.standardOutput)
      }
      return
    }
    for address in invocation.takesAllAddresses ? answer.addresses[...] : answer.addresses.prefix(1) {
      add(address, name: name)
    }
  }

  private mutating func add(_ address: SocketAddress, name: String) {
    let zone = address.scope == 0 ? nil : self.zone(address.scope)
    let text = zone.map { "\(address.address)%\($0)" } ?? address.address.description
    var shown = name
    if invocation.looksUpAll || (invocation.looksUpAddresses && Self.isNumeric(name)) {
      shown = ReverseResolver.name(of: address) ?? text
    }
    if invocation.showsAddresses {
      shown = invocation.looksUpAll || invocation.looksUpAddresses ? "\(shown) (\(text))" : text
    }
    if shown != text { names[count] = shown }
    if invocation.text.isNetdata, name != shown { givenNames[count] = name }
    count += 1
    if let last = pending, last.zone == zone, address.address.bits == last.first.bits &+ UInt128(last.count) {
      pending?.count += 1
    } else {
      close()
      pending = (address.address, 1, zone)
    }
  }

  private mutating func close() {
    guard let pending else { return }
    sources.append(.range(first: pending.first, count: pending.count, zone: pending.zone, port: 0))
    self.pending = nil
  }

  private mutating func zone(_ index: UInt32) -> String {
    if let known = zones[index] { return known }
    let name = Interfaces.name(of: index) ?? String(index)
    zones[index] = name
    return name
  }

  private static func isNumeric(_ name: String) -> Bool {
    do throws(ResolverError) {
      _ = try Resolver.resolve(name, numericOnly: true)
      return true
    } catch { return false }
  }
}
