import LinuxNet
import Plan
import Report

/// The outputs of a run: the plan's and the command line's, opened before anything is sent.
struct SampleOutputs {
  private struct Wanted {
    var format: SamplePlan.Output.Format
    /// Relative to the working directory.
    var path: String
  }

  private let invocation: SampleInvocation
  private let file: SamplePlanFile
  private let programName: String

  init(_ invocation: SampleInvocation, _ file: SamplePlanFile, programName: String) {
    self.invocation = invocation
    self.file = file
    self.programName = programName
  }

  /// A terminal that can write over a line, and nobody who wants none.
  var showsProgress: Bool {
    invocation.display.showsProgress && !invocation.display.isQuiet && Terminal.isTerminal(2)
      && Process.environment("TERM") != "dumb"
  }

  /// Opens all; a file that cannot be written ends the program with 3, two outputs in one place with 2.
  func open() throws(EarlyExit) -> [SampleChannel] {
    var wanted = file.plan.outputs.map { output in
      let isRelative = !output.path.hasPrefix("/") && output.path != "-"
      return Wanted(format: output.format, path: isRelative ? file.folder + output.path : output.path)
    }
    wanted += invocation.outputs.map { Wanted(format: $0.format, path: $0.path) }
    if invocation.display.isJSON { wanted.append(Wanted(format: .ndjson, path: "-")) }

    var channels: [SampleChannel] = []
    var onStandardOutput: SamplePlan.Output.Format?
    var paths: [String: FileIdentity?] = [:]
    var identities: Set<FileIdentity> = []
    if case .file(let path) = invocation.plan, let plan = FileIdentity(path: path) { identities.insert(plan) }
    for output in wanted {
      let isWhole = output.format.isWhole
      if output.path == "-" {
        if onStandardOutput == output.format { continue }
        if let other = onStandardOutput {
          throw failure(
            "standard output: \(other.rawValue) and \(output.format.rawValue) exclude each other", 2)
        }
        onStandardOutput = output.format
        channels.append(
          SampleChannel(output.format.writer, to: .standardOutput, isWhole: isWhole))
        continue
      }
      let there = FileIdentity(path: output.path)
      if paths[output.path] != nil || there.map(identities.contains) ?? false {
        throw failure("\(quoted(output.path)): another output's file, or the plan's", 2)
      }
      paths[output.path] = there
      channels.append(try open(output, &identities))
    }
    if onStandardOutput == nil {
      channels.append(SampleChannel(text(descriptor: 1), to: .standardOutput, isWhole: true))
    } else if onStandardOutput != .ndjson {
      // The table and the gates have to stand somewhere.
      channels.append(SampleChannel(text(descriptor: 2), to: .standardError, isWhole: true))
    }
    return channels
  }

  /// The table as this descriptor can show it.
  func text(descriptor: Int32) -> any SampleWriter {
    let isTerminal = Terminal.isTerminal(descriptor)
    let isColored = ColorChoice.isColored(
      invocation.display.color, isTerminal: isTerminal, environment: Process.environment)
    if invocation.display.isQuiet {
      var options = GateText.Options()
      options.isUTF8 = Process.isLocaleUTF8
      options.isColored = isColored
      return SampleGateWriter(options: options)
    }
    var options = SampleTextOptions()
    options.isUTF8 = Process.isLocaleUTF8
    options.isColored = isColored
    options.width = isTerminal ? Terminal.width(descriptor) : nil
    return SampleText(options: options)
  }

  // MARK: private parts

  private func open(
    _ output: Wanted, _ identities: inout Set<FileIdentity>
  ) throws(EarlyExit) -> SampleChannel {
    do throws(SystemError) {
      if output.format.isWhole, try isReplaceable(output.path) {
        return SampleChannel(output.format.writer, renamedTo: output.path)
      }
      let records = try RecordFile(path: output.path)
      if let identity = records.identity { identities.insert(identity) }
      return SampleChannel(
        output.format.writer, path: output.path, file: records, isWhole: output.format.isWhole)
    } catch {
      throw failure("\(quoted(output.path)): \(error.errno.text)", 3)
    }
  }

  /// Makes sure that the file can be made; false: it is no regular file, and is written to.
  private func isReplaceable(_ path: String) throws(SystemError) -> Bool {
    do throws(SystemError) {
      _ = try OutputFile(path: path, replaces: true)
      return true
    } catch {
      guard error.errno == .invalidArgument else { throw error }
      return false
    }
  }

  private func failure(_ text: String, _ code: Int32) -> EarlyExit {
    EarlyExit(standardError: "\(programName): \(text)\n", exitCode: code)
  }
}
