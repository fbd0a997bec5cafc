#!/usr/bin/env python3
"""Judge the files of a sampling run by the readers that they are made for.

usage: check_sample_formats.py FOLDER

FOLDER holds one hostile run as sample.ndjson, sample.csv, sample.prom and sample.xml. OpenMetrics is read by
prometheus_client's parser from PyPI and, where it is installed, by Prometheus's own promtool; CSV by Python's csv
module, JUnit by its XML parser. All must tell the same. Prints "N passed, N failed"; exits 1 where any failed.
"""
import collections
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree

from prometheus_client.openmetrics.parser import text_string_to_metric_families

passed = failed = 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def check_csv(text, lines):
    records = list(csv.DictReader(text.splitlines(), strict=True))
    told = [line for line in lines if line["event"] in ("record", "duplicate")]
    check(len(records) == len(told) > 5, "a CSV record for each record of the JSON lines")
    texts = ("group", "target", "destination", "from")
    for number, (record, line) in enumerate(zip(records, told), 1):
        check(None not in record and None not in record.values(), f"record {number} has as many fields as the header")
        for key, field in record.items():
            if key in texts:
                # Text has other escapes there.
                check(bool(field) == (key in line), f"record {number}: {key}")
                continue
            value = line.get(key, "")
            value = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
            check(field == value, f"record {number}: {key} is {field!r}, in JSON {value!r}")


def check_open_metrics(path, lines):
    text = path.read_text(encoding="utf-8")
    check(text.endswith("# EOF\n"), "OpenMetrics ends in # EOF")
    families = list(text_string_to_metric_families(text))
    check(len(families) > 20, "there are families of metrics")
    for family in families:
        check(family.documentation, f"{family.name} has help")
        check(family.samples, f"{family.name} has samples")
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        check(len(series) == len(set(series)), f"{family.name}: each series once")
    samples = collections.defaultdict(list)
    for family in families:
        for sample in family.samples:
            samples[sample.name].append(sample)
    last = [line for line in lines if not line.get("snapshot")]
    targets = [line for line in last if line["event"] == "target"]
    summary = last[-1]
    for key, outcome in (
        ("ok", "ok"), ("late", "late"), ("lost", "lost"), ("icmp_errors", "icmp_error"), ("send_errors", "send_error")
    ):
        total = sum(line[key] for line in targets)
        found = sum(
            sample.value for sample in samples["probe6_results_total"] if sample.labels["outcome"] == outcome
        )
        check(found == total, f"{outcome}: {found}, in JSON {total}")
    counts = [line["rtt_ns"]["count"] if "rtt_ns" in line else 0 for line in targets]
    check([sample.value for sample in samples["probe6_rtt_seconds_count"]] == counts, "round trips of each target")
    check(len(samples["probe6_target_info"]) == len(targets), "an address for each target")
    gates = {line["gate"]: line["held"] for line in last if line["event"] == "gate"}
    check([bool(s.value) for s in samples["probe6_gate_held"]] == list(gates.values()), "gates")
    check(samples["probe6_rejected_total"][0].value == summary["rejected"], "rejected")
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool is not installed: not asked")
        return
    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    check(result.returncode == 0, f"promtool: {result.stdout}{result.stderr}")


def check_junit(path, lines):
    suites = xml.etree.ElementTree.parse(path).getroot()
    suite = suites.find("testsuite")
    gates = [line for line in lines if line["event"] == "gate" and not line.get("snapshot")]
    cases = suite.findall("testcase")
    check(suites.tag == "testsuites" and len(cases) == len(gates) > 3, "a test case for each gate")
    failures = [gate for gate in gates if not gate["held"]]
    check(int(suite.get("tests")) == len(gates), "tests")
    check(int(suite.get("failures")) == len(failures) > 0, "failures")
    for case, gate in zip(cases, gates):
        check((case.find("failure") is None) == gate["held"], f"{gate['gate']!r} is a failure where it failed")
        check(case.get("name").isprintable(), f"{gate['gate']!r} is harmless")
    check(cases[1].get("name") == "nothing", "name of a case")
    check(cases[1].find("failure").get("message") == "nothing was measured", "message of a failure")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    lines = [json.loads(line) for line in (folder / "sample.ndjson").read_text(encoding="utf-8").split("\n")[:-1]]
    check_csv((folder / "sample.csv").read_text(encoding="utf-8"), lines)
    check_open_metrics(folder / "sample.prom", lines)
    check_junit(folder / "sample.xml", lines)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
