"""Output files of sampling, read by those who made the formats: Prometheus, its Python client, RIPE Atlas, csv."""

import csv
import io
import pathlib
import subprocess

import lab as labs
from lab import Skip, equal, expect
from samples import Sample, group, sample, write_plan

GOOD, LOSSY, HOSTILE = "fd00:6::1", "fd00:6::2", "escapes.lab"
LABEL = 'a "quoted"\\ name: 50 %'
PLACE = pathlib.Path("/run/lab/out")


def plan(*outputs, **more):
    PLACE.mkdir(exist_ok=True)
    return write_plan(
        group("nodes", GOOD, LOSSY, HOSTILE, "nonsense.lab", count=20, timeout="2s",
              labels={"site": LABEL}),
        group("errors", "fd00:6:e::1", count=3),
        group("all", {"all_addresses": "both.lab"}, count=10, timeout="2s"),
        output=[{each: str(PLACE / f"run.{each}")} for each in outputs], **more)


def test_ndjson(lab):
    """The NDJSON file is what --json prints, line by line of the schema, and the last line is the summary"""
    labs.needs_schema()
    file = PLACE / "run.ndjson"
    done = lab.run("probe6", "sample", plan("ndjson"), seconds=60)
    equal(done.code, 0, "exit code", done)
    run = Sample(labs.Done(done.command, done.code, file.read_text(), done.err), 0)
    run.counts("nodes", attempted=80, ok=58, lost=2, send_errors=20)
    run.counts("errors", icmp_errors=3)
    names = [line["event"] for line in run.lines]
    equal((names.count("record"), names.count("target"), names.count("group")), (103, 7, 3), "lines", names)


def test_open_metrics(lab):
    """promtool and the OpenMetrics parser of prometheus_client accept the file, and its counts are the run's"""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    except ImportError:
        raise Skip("needs Python's prometheus_client: scripts/test installs it in .build/venv") from None
    file = PLACE / "run.openmetrics"
    run = sample(lab, plan("openmetrics"))
    text = file.read_text()
    expect(text.endswith("# EOF\n"), "ends", text[-200:])
    families = {family.name: family for family in parse(text)}
    results = {}
    for family in families.values():
        for each in family.samples:
            if "outcome" in each.labels:
                key = each.labels["group"], each.labels["target"], each.labels.get("address"), each.labels["outcome"]
                expect(key not in results, f"{key} once", text)
                results[key] = each.value
    for figures in run.rows:
        name, target = figures["group"], figures["target"]
        for outcome, figure in (("ok", "ok"), ("lost", "lost"), ("late", "late"), ("icmp_error", "icmp_errors"),
                                ("send_error", "send_errors")):
            found = [value for (group, each, address, what), value in results.items() if (group, each, what) == (
                name, target, outcome) and (address is None or address == figures.get("destination", ""))]
            equal(found, [figures[figure]], f"{outcome} of {target}", text)
    labels = next(each.labels for family in families.values() for each in family.samples if "site" in each.labels)
    equal(labels["site"], LABEL, "a label")
    for family in families.values():
        if family.type == "histogram":
            check_histogram(family, text)
    labs.needs("promtool", "prometheus")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    equal(done.returncode, 0, "exit code of promtool", done.stdout, done.stderr, text)
    equal((done.stdout + done.stderr).strip(), "", "what promtool says", text)


def check_histogram(family, text):
    """Buckets only grow, and the last is the count."""
    series = {}
    for each in family.samples:
        key = tuple(sorted((name, value) for name, value in each.labels.items() if name != "le"))
        series.setdefault(key, {"buckets": []})
        if each.name.endswith("_bucket"):
            series[key]["buckets"].append((float(each.labels["le"]), each.value))
        else:
            series[key][each.name.rsplit("_", 1)[1]] = each.value
    for key, values in series.items():
        counts = [count for _, count in sorted(values["buckets"])]
        equal(counts, sorted(counts), f"buckets of {key}", text)
        equal(values["buckets"][-1][0], float("inf"), "last bucket", text)
        equal(counts[-1], values["count"], f"count of {key}", text)


def test_atlas(lab):
    """RIPE Atlas's own parser reads each result, and its counts are the run's"""
    try:
        from ripe.atlas.sagan import PingResult, Result
    except ImportError:
        raise Skip("needs Python's ripe.atlas.sagan: scripts/test installs it in .build/venv") from None
    run = sample(lab, plan("atlas"))
    lines = (PLACE / "run.atlas").read_text().splitlines()
    results = [Result.get(line) for line in lines]
    expect(lines and all(isinstance(each, PingResult) and not each.is_malformed for each in results), "pings", lines)
    for target in (GOOD, LOSSY):
        figures = run.targets["nodes", target]
        own = [each for each in results if each.destination_name == target]
        equal(sum(each.packets_sent for each in own), figures["attempted"], f"sent to {target}", lines)
        equal(sum(each.packets_received for each in own), figures["ok"], f"received from {target}", lines)
        times = [packet.rtt for each in own for packet in each.packets if packet.rtt is not None]
        equal(len(times), figures["ok"], f"round trips of {target}", lines)
        expect(abs(min(times) - figures["rtt_ns"]["min"] / 1e6) < 0.001, "shortest", min(times), figures["rtt_ns"])
    expect(all(each.af == 6 and each.protocol == "ICMP" for each in results), "what they are", lines)


def test_csv(lab):
    """The CSV has a header and a line for each record, and nothing that a spreadsheet would run"""
    run = sample(lab, plan("csv"))
    rows = list(csv.DictReader(io.StringIO((PLACE / "run.csv").read_text()), strict=True))
    records = [row for row in rows if row.get("event", "record") == "record"]
    equal(len(records), len(run.records), "records", rows[:3])
    outcomes = sorted(row["outcome"] for row in records)
    equal(outcomes, sorted(each["outcome"] for each in run.records), "outcomes")
    for row in rows:
        for name, value in row.items():
            expect(value is not None and (value.isprintable() or value == ""), f"{name} is printable", row)
            expect(value[:1] not in tuple("=+@"), f"{name} is no formula", row)


def test_all_at_once(lab):
    """Every output of one run is complete, and the text is on standard output"""
    kinds = ("ndjson", "csv", "openmetrics", "atlas", "junit")
    file = plan(*kinds, gates=["nodes: lost == 2.5%"])
    done = lab.run("probe6", "sample", file, seconds=60)
    equal(done.code, 0, "exit code", done)
    for each in kinds:
        expect((PLACE / f"run.{each}").stat().st_size > 100, f"{each} is written")
    for word in ("nodes", "errors", "p99"):
        expect(word in done.out, f"the table has {word}", done)


def test_text(lab):
    """The text has no control character where it is no terminal, colours follow NO_COLOR and --color"""
    file = plan()
    done = lab.run("probe6", "sample", file)
    expect("\x1b" not in done.out and "\x9b" not in done.out, "no escape", repr(done.out))
    labs.needs("script", "bsdutils")
    for words, has_colour in (("", True), ("NO_COLOR=1 ", False)):
        shown = lab.run("script", "-qec", f"{words}probe6 sample --no-progress {file}", "/dev/null")
        equal("\x1b[" in shown.out, has_colour, f"colour with {words!r}", repr(shown.out))
    coloured = lab.run("probe6", "sample", "--color", "always", file)
    expect("\x1b[" in coloured.out, "colour where it is wanted", repr(coloured.out))
