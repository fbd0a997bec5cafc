/// The options of `probe6 sample`.
enum SampleVerbOption: Hashable, Sendable {
  case check, dryRun, slo, duration, count, seed
  case output, json, quiet, noProgress, color
  case help, version, ipv6, ipv4
}

extension OptionTable<SampleVerbOption> {
  private static let run = "The run"
  private static let telling = "Output"

  /// In the order in which help lists them.
  static let sampleVerb = OptionTable([
    Entry(
      .check, nil, "check", group: run,
      "Read the plan, say all that is wrong with it, and send nothing."),
    Entry(
      .dryRun, "n", "dry-run", group: run,
      "Say who would be asked, how often, with how many octets and for how long, and send nothing. Names are looked "
        + "up."),
    Entry(
      .slo, "g", "slo", argument: "GATE", group: run,
      "One more gate, such as 'nodes: p99 < 2ms'; may be repeated."),
    Entry(
      .duration, "d", "duration", argument: "TIME", group: run,
      "Send for so long, whatever the plan says."),
    Entry(
      .count, "c", "count", argument: "N", group: run,
      "Probes to each target, whatever the plan says; a duration still ends the run."),
    Entry(
      .seed, nil, "seed", argument: "N", group: run,
      "Seed of nonces, schedules and splay: same seed, same octets at the same times."),

    Entry(
      .output, "o", "output", argument: "FORMAT:FILE", group: telling,
      "Beside the plan's outputs write this file: ndjson, csv, openmetrics, atlas or junit. - is standard output. A "
        + "file that is there is replaced; may be repeated."),
    Entry(
      .json, nil, "json", group: telling,
      "Records, figures and gates on standard output, one JSON object per line, in place of the table."),
    Entry(.quiet, "q", "quiet", group: telling, "No progress line; on standard output gates only."),
    Entry(.noProgress, nil, "no-progress", group: telling, "No progress line."),
    Entry(
      .color, nil, "color", argument: "WHEN", choices: ["auto", "always", "never"], group: telling,
      "auto (default): on a terminal, unless NO_COLOR is set or TERM is dumb; also where FORCE_COLOR is set."),

    Entry(.help, "h", "help", group: "Other", "Print this and exit."),
    Entry(.version, "V", "version", group: "Other", "Print the version and exit."),
    Entry(.ipv6, "6", isHidden: true, "Accepted: this is always IPv6."),
    Entry(.ipv4, "4", isHidden: true, "Refused."),
  ])
}

extension CommandDescription {
  static let sample = CommandDescription(
    name: "sample",
    summary: "Samples many targets by one plan, and says whether its gates held.",
    operands: "PLAN",
    takesFiles: true,
    examples: [
      Example("probe6 sample plan.yaml", "run it; progress on stderr, a table at the end"),
      Example("probe6 sample plan.yaml --check", "what is wrong with the plan"),
      Example("probe6 sample plan.yaml --dry-run", "who would be asked, and how often"),
      Example("probe6 sample plan.yaml --duration 10s", "a short run of the same plan"),
      Example("probe6 sample plan.yaml --slo 'nodes: p99 < 2ms'", "one more promise to keep"),
      Example("probe6 sample plan.yaml -o ndjson:run.ndjson", "keep records, for compare and merge"),
      Example("probe6 sample plan.yaml -o junit:gates.xml", "gates as tests of a CI job"),
      Example("probe6 sample - --json", "plan from a program, records to another"),
    ],
    options: OptionTable.sampleVerb.descriptions,
    sections: [
      Section(
        title: "A plan",
        lines: [
          "version: 1",
          "groups:",
          "  - {name: nodes, probe: icmp6, interval: 100ms, targets: [\"fd00::1\", node2.example]}",
          "run: {duration: 5m, warmup: 5s}",
          "output: [{ndjson: run.ndjson}]",
          "gates: [\"nodes: p99 < 2ms\", \"nodes: loss < 0.1%\"]",
        ]),
      Section(
        title: "Signals",
        lines: [
          "SIGINT, SIGTERM  send nothing more, wait for answers, write everything, judge; once more: do not wait",
          "SIGHUP   read the plan again; a plan with problems changes nothing. Outputs stay those of the start",
          "SIGQUIT  the figures so far on standard error, openmetrics and junit files written anew",
        ]),
      Section(
        title: "Exit codes",
        lines: [
          "0  all gates held, or there are none",
          "1  a gate failed",
          "2  the command line is wrong, or the plan; nothing was sent",
          "3  this host could not: no socket, an output was not written, or (without gates) no probe left it",
          "Of several, 3 outweighs 1.",
        ]),
    ])
}
