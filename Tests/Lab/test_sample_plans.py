"""Plans, gates and exit codes of `probe6 sample`: checked before anything leaves, judged when all is over."""

import json
import pathlib
import xml.etree.ElementTree as xml

import lab as labs
from lab import equal, expect
from samples import Sample, group, sample, write_plan

GOOD, LOSSY = "fd00:6::1", "fd00:6::2"
YAML = """\
version: 1   # as in README
defaults: {interval: 20ms, timeout: 5s, labels: {cluster: lab}}
groups:
  - {name: nodes, probe: icmp6, targets: ["fd00:6::1", "target.lab", "fe80::1%uplink"]}
  - name: ports
    probe: tcp
    port: 81
    accept: [reset]
    targets: ["[fd00:6::1]:82", fd00:6::6]
run: {count: 5, schedule: poisson, seed: 7}
gates: ["nodes: p99 < 5s", "ports: loss == 0%", "scheduler: missed < 1000"]
"""


def test_yaml_plan(lab):
    """A plan in YAML does what it says, and all its gates hold"""
    run = sample(lab, write_plan(text=YAML))
    run.counts("nodes", attempted=15, ok=15, targets=3, labels={"cluster": "lab"})
    run.counts("ports", attempted=10, ok=10, targets=2)
    equal(set(run.gates().values()), {True}, "gates", run)


def test_json_plan_from_standard_input(lab):
    """A plan in JSON, from standard input"""
    plan = write_plan(group("nodes", GOOD, count=5))
    done = lab.run("sh", "-c", f"exec probe6 sample - --json <{plan}")
    Sample(done, 0).counts("nodes", attempted=5, ok=5)


def test_seed(lab):
    """The same seed gives the same schedule, another one another"""
    plan = write_plan(group("nodes", GOOD, "fd00:6::6", count=15, schedule="poisson", interval="20ms"))

    def schedule(seed):
        run = sample(lab, plan, "--seed", seed)
        first = min(each["scheduled_unix_ns"] for each in run.records)
        # A deadline that this host missed is left out.
        return run.summary["missed"], [(each["scheduled_unix_ns"] - first, each["target"]) for each in run.of()]

    pairs = [schedule("5"), schedule("5"), schedule("6")]
    expect(pairs[0][1] != pairs[2][1], "another seed", pairs)
    if all(missed == 0 for missed, _ in pairs):
        equal(pairs[0][1], pairs[1][1], "the same seed")


def test_problems(lab):
    """Everything that is wrong with a plan is told in one go, each with line and column, and exit code 2"""
    text = """\
version: 1
groups:
  - {name: nodes, probe: icmp, targets: ["fd00:6::1"]}
  - {name: nodes, probe: icmp6, targets: ["fe80::1", "192.0.2.1"], intervall: 1s}
  - {name: api, probe: tcp, targets: ["fd00:6::1"]}
run: {duration: fast}
gates: ["nodez: p99 < 2ms", "nodes: p99 < 2%"]
"""
    plan = write_plan(text=text)
    for arguments in (["--check"], [], ["--dry-run"]):
        done = lab.run("probe6", "sample", plan, *arguments)
        equal(done.code, 2, "exit code", done)
        equal(done.out, "", "stdout", done)
        for place in (f"{plan}:3:", f"{plan}:4:", f"{plan}:5:", f"{plan}:6:", f"{plan}:7:"):
            expect(place in done.err, f"names {place}", done)
        for word in ("icmp6", "interval", "fe80::1", "IPv4", "port", "duration"):
            expect(word in done.err, f"says {word}", done)


def test_link_local_without_zone(lab):
    """A link-local target without its zone is told by --check, with the interfaces that there are"""
    plan = write_plan(text="version: 1\ngroups:\n  - {name: a, probe: icmp6, targets: [\"fe80::1\"]}\n")
    done = lab.run("probe6", "sample", "--check", plan)
    equal(done.code, 2, "exit code", done)
    expect(f"{plan}:3:" in done.err and "%" in done.err and "uplink" in done.err, "says what would be right", done)
    good = write_plan(group("a", "fe80::1", interface="uplink", count=3))
    sample(lab, good).counts("a", ok=3)


def test_check_and_dry_run(lab):
    """--check sends nothing and says nothing wrong; --dry-run names what would be sent, to whom, at what rate"""
    plan = write_plan(group("nodes", GOOD, "target.lab", interval="500ms"), duration="10s")
    capture = lab.capture(1, "icmp6 and dst host fd00:6::1")
    done = lab.run("probe6", "sample", "--check", plan)
    equal(done.code, 0, "exit code", done)
    done = lab.run("probe6", "sample", "--dry-run", plan)
    equal(done.code, 0, "exit code", done)
    for word in ("nodes", GOOD, "target.lab"):
        expect(word in done.out, f"names {word}", done)
    # The capture's first packet is the ping's, which comes after.
    lab.run("probe6", "ping", "-c", "1", "--identifier", "4711", GOOD)
    capture.finish()
    equal([int(each, 0) for each, in capture.fields("icmpv6.echo.identifier")], [4711], "nothing else was sent")


def test_exit_codes(lab):
    """0: all gates held, or none; 1: one failed; 2: plan or usage; 3: local failure, which wins over 1"""
    good = group("nodes", GOOD, count=3)
    failing = ["nodes: ok == 4"]
    for wanted, arguments in (
        (0, [write_plan(good)]),
        (0, [write_plan(good, gates=["nodes: ok == 3", "nodes: p50 < 5s"])]),
        (1, [write_plan(good, gates=failing)]),
        (1, [write_plan(good), "--slo", "nodes: ok == 4"]),
        (1, [write_plan(good, gates=["nodes: from_schedule_p99 < 1ns"])]),
        (2, [write_plan(good, gates=["nodes: okay == 4"])]),
        (2, [write_plan(good), "--slo", "nodes: okay == 4"]),
        (2, [write_plan(good), "--no-such-option"]),
        (2, ["/run/lab/no-such-plan.yaml"]),
        (3, [write_plan(good, gates=failing, output=[{"ndjson": "/run/lab/no/such/folder/run.ndjson"}])]),
        (3, [write_plan(good, gates=failing, output=[{"csv": "/dev/full"}])]),
    ):
        done = lab.run("probe6", "sample", *arguments)
        equal(done.code, wanted, "exit code", arguments, done)
        if wanted >= 2:
            expect(done.err.strip(), "says why", done)


def test_gate_without_measure(lab):
    """A gate that nothing can be measured by has failed"""
    run = sample(lab, write_plan(group("nodes", "nonsense.lab", count=2), gates=["nodes: p99 < 1h"]), code=1)
    gate, = run.events("gate")
    expect(gate["held"] is False and not any(key.startswith("measured") for key in gate), "gate", gate)


def test_gates_of_targets(lab):
    """A gate on each target is decided by the worst, one on a target by that alone"""
    gates = ["nodes/*: loss < 5%", f"nodes/{GOOD}: loss == 0%", f"nodes/{LOSSY}: lost == 10%", "nodes: loss <= 5%"]
    run = sample(lab, write_plan(group("nodes", GOOD, LOSSY, count=20, timeout="2s"), gates=gates), code=1)
    equal(run.gates(), dict(zip(gates, [False, True, True, True])), "gates", run)
    equal(run.events("gate")[0]["target"], LOSSY, "who decided", run)


def test_gate_texts(lab):
    """Gates as text, JSON and JUnit XML say the same"""
    gates = ["nodes: lost == 10%", "nodes: loss < 10%", "nodes: p50 < 5s", "nodes: icmp_errors == 0%"]
    held = [True, False, True, True]
    place = pathlib.Path("/run/lab/gates.xml")
    plan = write_plan(group("nodes", LOSSY, count=10, timeout="1s"), gates=gates)
    run = sample(lab, plan, "-o", f"junit:{place}", code=1)
    equal(run.gates(), dict(zip(gates, held)), "JSON", run)
    root = xml.parse(place).getroot()
    suite = root if root.tag == "testsuite" else root.find("testsuite")
    cases = list(root.iter("testcase"))
    equal([each.get("name") for each in cases], gates, "cases", place.read_text())
    equal([each.find("failure") is None for each in cases], held, "cases that held", place.read_text())
    equal((suite.get("tests"), suite.get("failures")), ("4", "1"), "sums", place.read_text())
    done = lab.run("probe6", "sample", plan)
    equal(done.code, 1, "exit code", done)
    for text in gates:
        expect(text in done.out, f"the text has {text}", done)
    lines = {text: next(line for line in done.out.splitlines() if text in line) for text in gates}
    failed = [text for text, line in lines.items() if "fail" in line.lower()]
    equal(failed, ["nodes: loss < 10%"], "failed in the text", done)


def test_duration_and_count(lab):
    """--duration and --count are stronger than the plan's"""
    plan = write_plan(group("nodes", GOOD, interval="100ms"), duration="1h")
    sample(lab, plan, "--count", "4").counts("nodes", attempted=4)
    run = sample(lab, plan, "--duration", "1s")
    equal(run.groups["nodes"]["attempted"] + run.summary["missed"], 10, "deadlines in a second", run)


def test_compare(lab):
    """A run that is slower by more than chance fails the comparison with the faster one, and not with itself"""
    files = []
    for delay in (1, 60):
        file = pathlib.Path(f"/run/lab/compare-{delay}.ndjson")
        plan = write_plan(group("nodes", f"fd00:6:f::2:{delay:x}", count=120), output=[{"ndjson": str(file)}])
        done = lab.run("probe6", "sample", plan, "-q")
        equal(done.code, 0, "exit code", done)
        files.append(file)
    fast, slow = files
    for first, second, code in ((fast, slow, 1), (fast, fast, 0), (slow, fast, 0)):
        done = lab.run("probe6", "compare", first, second)
        equal(done.code, code, f"{first.name} and {second.name}", done)
        expect("nodes" in done.out, "names the group", done)
    done = lab.run("probe6", "compare", "--json", fast, slow)
    equal(done.code, 1, "exit code", done)
    lines = [labs.checked_line(line, done) for line in done.out.splitlines()]
    equal([line["event"] for line in lines], ["comparison"] * 4 + ["summary"], "events", done)
    for arguments, code in (([fast], 2), ([fast, "/run/lab/nothing"], 2), ([fast, "/etc/hosts"], 2)):
        done = lab.run("probe6", "compare", *arguments)
        equal(done.code, code, "exit code", done)


def test_merge(lab):
    """Runs merge without loss: counts and histograms are sums, and the result can be merged and compared again"""
    files, runs = [], []
    for number, (target, count) in enumerate(((GOOD, 30), (LOSSY, 20))):
        file = pathlib.Path(f"/run/lab/merge-{number}.ndjson")
        plan = write_plan(group("nodes", target, count=count, timeout="2s"), output=[{"ndjson": str(file)}])
        equal(lab.run("probe6", "sample", plan, "-q").code, 0, "exit code")
        files.append(file)
        runs.append([json.loads(line) for line in file.read_text().splitlines()])

    def figures(lines):
        return next(line for line in reversed(lines) if line["event"] == "group")

    def histogram(line):
        return {(low, high): count for low, high, count in line["rtt_ns"]["histogram"]}

    done = lab.run("probe6", "merge", *files)
    equal(done.code, 0, "exit code", done)
    merged = figures([labs.checked_line(line, done) for line in done.out.splitlines()])
    parts = [figures(run) for run in runs]
    for key in ("attempted", "ok", "lost", "late", "icmp_errors", "send_errors"):
        equal(merged[key], sum(each[key] for each in parts), key, done)
    sums = {}
    for each in parts:
        for bucket, count in histogram(each).items():
            sums[bucket] = sums.get(bucket, 0) + count
    equal(histogram(merged), sums, "histogram", done)
    for key, pick in (("min", min), ("max", max)):
        equal(merged["rtt_ns"][key], pick(each["rtt_ns"][key] for each in parts), key, done)
    again = pathlib.Path("/run/lab/merged.ndjson")
    equal(lab.run("probe6", "merge", *files, "-o", again).code, 0, "exit code")
    equal(figures([json.loads(line) for line in again.read_text().splitlines()])["ok"], merged["ok"], "written")
    twice = lab.run("probe6", "merge", again, files[0])
    equal(figures([json.loads(line) for line in twice.out.splitlines()])["ok"], merged["ok"] + parts[0]["ok"], "twice",
          twice)
    equal(lab.run("probe6", "compare", again, again).code, 0, "compared with itself")
