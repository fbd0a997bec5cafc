// swift-tools-version: 6.3
import PackageDescription

// One file that runs in any container: `scripts/probe6` sets PROBE6_STATIC=1 and passes
// `--disable-local-rpath` (glibc refuses a static PIE with a RUNPATH). Without the variable, plain
// `swift build` and `swift test` make ordinary dynamic executables.
let isStatic = Context.environment["PROBE6_STATIC"] == "1"
// Fuzz targets need -sanitize=fuzzer and own `main`; they exist only for `scripts/fuzz`.
let isFuzzing = Context.environment["PROBE6_FUZZ"] == "1"

let house: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    // Nothing here needs regular expressions; one `contains` of it would link two megabytes.
    .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
  ]
  + (isStatic ? [.unsafeFlags(["-static-executable", "-Xfrontend", "-prespecialize-generic-metadata"])] : [])

// What runs at start stands together in the file (`scripts/startup.order`, made by `scripts/order-startup`), and
// relocations are packed: start-up is page faults, and this saves a tenth of a millisecond and 1.5 MiB.
// PROBE6_SYMBOLS=1 keeps the names that `scripts/order-startup` and a profiler need.
let hasSymbols = Context.environment["PROBE6_SYMBOLS"] == "1"
let linking: [LinkerSetting] =
  isStatic
  ? [
    .unsafeFlags(
      [
        "-static-executable", "-use-ld=lld", "-Xclang-linker", "-static-pie",
        "-Xlinker", "-zpack-relative-relocs", "-Xlinker", "--no-warn-symbol-ordering",
        "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/scripts/startup.order",
      ]
        + (hasSymbols
          ? ["-Xlinker", "--no-demangle", "-Xlinker", "-Map=\(Context.packageDirectory)/.build/symbols/map"]
          : ["-Xlinker", "-s"]))
  ] : []

func room(_ name: String, _ dependencies: [Target.Dependency] = [], isFast: Bool = false) -> Target {
  // libm: the standard library's floating-point functions call it in debug builds.
  .target(
    name: name, dependencies: dependencies,
    swiftSettings: isFast ? house + [.unsafeFlags(["-O"], .when(configuration: .debug))] : house,
    linkerSettings: [.linkedLibrary("m")])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
    swiftSettings: house)
}

var targets: [Target] = [
  // floor 0
  // Their tests draw and add by the million: not optimized they would take minutes, and optimizing takes seconds.
  room("Wire"), room("Timing", isFast: true), room("Statistics", isFast: true),
  // floor 1
  room("ProbeEngine", ["Wire", "Timing", "Statistics"]),
  // floor 2
  .target(name: "CLinux"),
  .target(name: "CCapture"),
  .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
  // libyaml has no module map of its own.
  .target(name: "CYAML", linkerSettings: [.linkedLibrary("yaml")]),
  room("YAML", ["CYAML"]),
  room("LinuxNet", ["CLinux", "Wire", "Timing"]),
  room("Capture", ["CPcap", "CCapture", "Wire", "Timing"]),
  // floor 3
  .target(
    name: "Report", dependencies: ["ProbeEngine", "Wire", "Timing", "Statistics"], exclude: ["Schema"],
    swiftSettings: house),
  .target(
    name: "Plan", dependencies: ["YAML", "ProbeEngine", "Wire", "Timing", "Statistics"], exclude: ["Schema"],
    swiftSettings: house),
  room("Simulator", ["ProbeEngine", "Wire", "Timing"]),
  room("Runtime", ["ProbeEngine", "LinuxNet", "Capture", "Wire", "Timing"]),
  // floor 4
  room(
    "Commands", ["Runtime", "Report", "Plan", "ProbeEngine", "Wire", "Timing", "Statistics", "LinuxNet"]),
  // floor 5
  .executableTarget(
    name: "probe6", dependencies: ["Commands"], swiftSettings: house, linkerSettings: linking),

  tests("Wire", []),
  tests("Timing", []),
  tests("Statistics", []),
  tests("ProbeEngine", ["Wire", "Timing", "Statistics"]),
  .target(
    name: "KernelLab", dependencies: ["CLinux", "LinuxNet", "Timing", "Wire"], path: "Tests/KernelLab",
    swiftSettings: house),
  tests("LinuxNet", ["KernelLab", "CLinux", "Wire", "Timing"]),
  tests("YAML", []),
  tests("Plan", ["YAML", "ProbeEngine", "Wire", "Timing", "Statistics"], exclude: ["Cases"]),
  tests("Capture", ["KernelLab", "LinuxNet", "Wire", "Timing"]),
  tests("Report", ["ProbeEngine", "Wire", "Timing", "Statistics"]),
  tests(
    "Simulator", ["ProbeEngine", "Report", "Wire", "Timing", "Statistics"], exclude: ["Golden", "Scenarios"]),
  tests("Commands", ["Runtime", "Report", "Plan", "ProbeEngine", "Wire", "Timing", "Statistics"]),
]

if isFuzzing {
  // libFuzzer owns `main`, and the fuzzed code must carry its coverage: `scripts/fuzz` builds these with
  // --sanitize=fuzzer.
  let rooms: [String: [Target.Dependency]] = [
    "Trace": ["ProbeEngine", "Wire", "Timing"], "Neighbor": ["ProbeEngine", "Wire", "Timing"],
    "Plan": ["Plan", "YAML", "ProbeEngine", "Timing"],
  ]
  for name in ["Chain", "ICMPError", "Echo", "TCP", "Address", "Trace", "Neighbor", "Plan"] {
    targets.append(
      .executableTarget(
        name: "Fuzz" + name, dependencies: rooms[name] ?? ["Wire"],
        swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]))
  }
}
if Context.environment["PROBE6_BENCH"] == "1" {
  targets.append(
    .executableTarget(
      name: "probe6-codec-bench", dependencies: ["Wire"], swiftSettings: house, linkerSettings: linking))
}

let package = Package(name: "probe6", targets: targets)
