"""Many targets of one ping, on the kernel's own replies: prefixes, lists, names that fail, and what the run means."""

import json
import re

import lab as labs
from lab import equal, expect

ANSWERING = "fd00:6::1"
SILENT = "fd00:6::5"


def events(done):
    return [json.loads(line) for line in done.out.splitlines()]


def ways():
    return ["--raw", "--datagram"] if labs.is_root() else ["--datagram"]


def test_a_prefix(lab):
    """A prefix is asked at every address but its first, each as often as the others, by either path"""
    # The home's own loopback answers for a whole prefix.
    lab.change("ip -6 route add local fd00:77::/64 dev lo", "ip -6 route del local fd00:77::/64 dev lo")
    for way in ways():
        done = lab.run("probe6", "ping", "--json", way, "-c", "3", "-i", "300ms", "fd00:77::/122")
        equal(done.code, 0, "exit code", done)
        summaries = {line["target"]: line for line in events(done) if line["event"] == "summary"}
        equal(set(summaries), {f"fd00:77::{each:x}" for each in range(1, 64)}, "targets", done)
        equal({(line["attempted"], line["replied"]) for line in summaries.values()}, {(3, 3)}, "counts", done)


def test_one_that_is_silent(lab):
    """One that does not answer is lost, the others are not, and the exit code says so"""
    done = lab.run("probe6", "ping", "-n", "-c", "2", "-i", "200ms", "-W", "500ms", ANSWERING, SILENT)
    equal(done.code, 1, "exit code", done)
    rows = {line.split()[0]: line.split()[1:4] for line in done.out.splitlines() if re.match(r"fd00:\S+ +\d", line)}
    equal(rows, {ANSWERING: ["2", "2", "0.0"], SILENT: ["2", "0", "100.0"]}, "rows", done)
    expect(f"{ANSWERING}: seq 1 from {ANSWERING}, " in done.out, "lines name their target", done)
    expect("\n2 targets, 1 answered\n4 attempted = 2 replied + 2 lost\n" in done.out, "sum", done)


def test_a_name_that_fails(lab):
    """A name without an address is a row, an event and a line on standard error, and the others are asked"""
    text = lab.run("probe6", "ping", "-c", "1", ANSWERING, "nosuch.invalid")
    equal(text.code, 1, "exit code", text)
    expect(re.search(r"^probe6 ping: nosuch\.invalid: .+", text.err, re.M), "standard error", text)
    expect(re.search(r"^nosuch\.invalid  .+", text.out, re.M), "row", text)
    expect("1 target, 1 answered; 1 name without an address" in text.out, "sum", text)
    lines = events(lab.run("probe6", "ping", "--json", "-c", "1", "nosuch.invalid", ANSWERING))
    equal([line["target"] for line in lines if line["event"] == "unresolved"], ["nosuch.invalid"], "event", lines)
    equal([line["replied"] for line in lines if line["event"] == "summary"], [1], "the other", lines)
    alone = lab.run("probe6", "ping", "-c", "1", "nosuch.invalid")
    equal((alone.code, alone.out), (2, ""), "a single name", alone)


def test_a_list(lab):
    """A list gives targets, a bad line of it is told by its number, and standard input is a list as well"""
    listed = f"# hosts\\n{ANSWERING} # one\\n\\nfd00:6:::2\\nFD00:6::3\\n"
    done = lab.run("sh", "-c", f"printf '{listed}' | probe6 ping --json -c 1 -W 300ms -")
    equal(done.code, 2, "exit code", done)
    expect("standard input:4: " in done.err, "line", done)
    targets = {line["target"]: line["destination"] for line in events(done) if line["event"] == "summary"}
    equal(targets, {ANSWERING: ANSWERING, "FD00:6::3": "fd00:6::3"}, "targets as they were spelled", done)


def test_a_flood_of_many(lab):
    """A flood of many targets loses nothing and leaves no target out"""
    lab.change("ip -6 route add local fd00:77::/64 dev lo", "ip -6 route del local fd00:77::/64 dev lo")
    done = lab.run("probe6", "ping", "-q", "--flood", "-c", "40", "fd00:77::/120")
    equal(done.code, 0, "exit code", done)
    expect(done.out.endswith("\n255 targets, 255 answered\n10200 attempted = 10200 replied\n"), "sum", done)


def test_too_many(lab):
    """A prefix with more addresses than the limit is refused before anything is sent"""
    done = lab.run("probe6", "ping", "-c", "1", "fd00:77::/64")
    equal((done.code, done.out), (2, ""), "exit code", done)
    expect("2^64 addresses; allowed are 65536" in done.err, "why", done)
