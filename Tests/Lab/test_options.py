"""Options of `probe6 ping` end to end: when it ends, how it paces, what it shows, and its exit codes."""

import csv
import io
import re
import statistics
import subprocess

import lab as labs
from lab import equal, expect

BOTH_PATHS = (["--datagram"], ["--raw"])


def drops_every(n):
    return f"fd00:6:f::d:{n:x}"


def errors_before_answers(n):
    return f"fd00:6:f::16:{n:x}"


def nanoseconds(event):
    """The wall clock of an event, in nanoseconds since midnight; no run here lasts past it by more than the test."""
    hours, minutes, seconds, fraction = re.search(r"T(\d+):(\d+):(\d+)\.(\d{9})Z", event["time"]).groups()
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000_000_000 + int(fraction)


def departures(run):
    """When the schedule wanted each probe to leave, in seconds after the first."""
    day = 86_400 * 1_000_000_000
    times = [nanoseconds(event) - event["schedule_error_ns"] for event in run.events("sent")]
    return [(each - times[0]) % day / 1e9 for each in times]


# --- when it ends ---------------------------------------------------------------------------------------


def test_until_reply(lab):
    """--until reply ends with the wanted number of replies, whatever is lost between them"""
    run = lab.ping("--until", "reply", "-i", "0.05", "-W", "1", "fd00:6::1")
    run.counts(attempted=1, replied=1)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--until", "reply", "-c", "3", "-i", "0.1", "-W", "1", drops_every(2))
    run.counts(attempted=5, replied=3)
    equal(run.code, 0, "exit code", run)


def test_until_reply_ends_at_an_error(lab):
    """--until reply gives up at an error or a failed send, and with --ignore-errors it does not"""
    run = lab.ping("--until", "reply", "-i", "0.05", "-w", "5", errors_before_answers(3))
    run.counts(attempted=1, icmp_errors=1, replied=0)
    equal(run.code, 1, "exit code", run)
    run = lab.ping("--until", "reply", "--ignore-errors", "-i", "0.05", "-w", "5", errors_before_answers(3))
    run.counts(attempted=4, icmp_errors=3, replied=1)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--raw", "--until", "reply", "-i", "0.05", "-w", "5", "fd00:6:e::20")
    run.counts(attempted=1, send_failed=1)
    equal(run.code, 1, "exit code", run)
    run = lab.ping("--raw", "--until", "reply", "--ignore-errors", "-i", "0.05", "-w", "0.3", "fd00:6:e::20")
    expect(run.summary["send_failed"] > 1, "it went on", run)
    equal(run.code, 1, "exit code", run)


def test_until_up(lab):
    """--until up waits through errors for the first reply, or for the deadline"""
    run = lab.ping("--until", "up", "-i", "0.05", "-w", "5", errors_before_answers(4))
    run.counts(attempted=5, icmp_errors=4, replied=1)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--until", "up", "-i", "0.05", "-w", "0.3", "fd00:6:e::1")
    expect(run.summary["icmp_errors"] > 1, "it went on", run)
    equal(run.code, 1, "exit code", run)


def test_until_down(lab):
    """--until down ends with the first probe that is lost or met by an error, or with the deadline"""
    run = lab.ping("--until", "down", "-i", "0.05", "-W", "0.2", "-w", "10", drops_every(4))
    run.counts(lost=1)
    equal([event["seq"] for event in run.events("lost")], [4], "which was lost", run)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--until", "down", "-i", "0.05", "-w", "10", "fd00:6:e::1")
    run.counts(attempted=1, icmp_errors=1)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--until", "down", "-i", "0.05", "-w", "0.3", "fd00:6::1")
    expect(run.summary["replied"] > 1 and run.summary["lost"] == 0, "it went on", run)
    equal(run.code, 1, "exit code", run)


def test_until_count(lab):
    """--until count sends as many probes as --count says, replies or not"""
    run = lab.ping("--until", "count", "-c", "5", "-i", "0.02", "-W", "0.2", drops_every(2))
    run.counts(attempted=5, replied=3, lost=2)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--until", "count", "-c", "2", "-i", "0.02", "-W", "0.1", "fd00:6::5")
    run.counts(attempted=2, lost=2)
    equal(run.code, 1, "exit code", run)


def test_deadline(lab):
    """--deadline ends the run after that long, and what was in flight is counted as such"""
    run = lab.ping("--deadline", "0.5", "-i", "0.1", "fd00:6::1")
    expect(5 <= run.summary["replied"] <= 6, "five or six in half a second", run)
    expect(0.5e9 <= run.summary["duration_ns"] < 0.7e9, "how long it took", run)
    equal(run.code, 0, "exit code", run)
    run = lab.ping("--deadline", "500ms", "-i", "0.1", "-W", "5", "fd00:6::5")
    run.counts(replied=0, lost=0)
    expect(5 <= run.summary["in_flight"] <= 6, "nothing was given up before its time", run)
    expect(0.5e9 <= run.summary["duration_ns"] < 0.7e9, "how long it took", run)
    equal(run.code, 1, "exit code", run)


# --- how it paces ---------------------------------------------------------------------------------------


def test_poisson(lab):
    """--schedule poisson has random gaps of the wanted mean, and a seed gives the same ones again"""
    arguments = ["--schedule", "poisson", "--report-sent", "-c", "200", "-i", "0.002"]
    first, again, other = (
        departures(lab.ping(*arguments, "--seed", seed, "fd00:6::1")) for seed in ("6", "6", "7")
    )
    gaps = [later - earlier for earlier, later in zip(first, first[1:])]
    # 199 gaps of an exponential distribution: mean and deviation within 5 standard errors of 2 ms.
    expect(0.0013 < statistics.mean(gaps) < 0.0027, "mean gap", gaps)
    expect(0.0010 < statistics.pstdev(gaps) < 0.0030, "deviation of the gaps", gaps)
    expect(max(abs(a - b) for a, b in zip(first, again)) < 1e-6, "same seed, same departures", first, again)
    expect(max(abs(a - b) for a, b in zip(first, other)) > 1e-3, "other seed, others", first, other)


def test_constant(lab):
    """The constant schedule has equal gaps"""
    times = departures(lab.ping("--report-sent", "-c", "50", "-i", "0.005", "fd00:6::1"))
    expect(max(abs(each - 0.005 * n) for n, each in enumerate(times)) < 1e-6, "departures", times)


def test_burst(lab):
    """--schedule burst:4 sends four at once, each interval"""
    run = lab.ping("--schedule", "burst:4", "--report-sent", "-c", "12", "-i", "0.1", "fd00:6::1")
    run.counts(attempted=12, replied=12)
    times = departures(run)
    equal([round(each, 3) for each in times], [0.0] * 4 + [0.1] * 4 + [0.2] * 4, "departures", run)


def test_precise_pace(lab):
    """--pace precise sends every probe, and none before its time"""
    run = lab.ping("--pace", "precise", "--report-sent", "-c", "60", "-i", "0.005", "fd00:6::1")
    run.counts(attempted=60, replied=60)
    sent = run.events("sent")
    equal(len(sent), 60, "probes reported as sent", run)
    expect(all(event["schedule_error_ns"] >= 0 for event in sent), "a probe left before its time", run)


# --- what it shows --------------------------------------------------------------------------------------


def test_csv(lab):
    """Python's csv reads --csv: a header, as many fields in every record, and the figures of JSON"""
    done = lab.run("probe6", "ping", "--csv", "-c", "4", "-i", "0.02", "-W", "0.2", drops_every(4))
    equal(done.code, 0, "exit code", done)
    rows = list(csv.reader(io.StringIO(done.out, newline=""), strict=True))
    equal({len(row) for row in rows}, {len(rows[0])}, "numbers of fields", done)
    records = [dict(zip(rows[0], row)) for row in rows[1:]]
    equal([record["event"] for record in records], ["start"] + ["reply"] * 3 + ["lost", "summary"], "events", done)
    for number, record in enumerate(records[1:4], 1):
        equal((record["seq"], record["source"], record["bytes"]), (str(number), drops_every(4), "64"), "reply", done)
        expect(0 < int(record["rtt_ns"]) < 1_000_000_000, "a round trip", record)
    equal(records[4]["seq"], "4", "which was lost", done)
    verdicts = {name: int(records[5][name]) for name in labs.VERDICTS}
    equal(verdicts, {**dict.fromkeys(labs.VERDICTS, 0), "replied": 3, "lost": 1}, "verdicts", done)
    equal((records[5]["attempted"], records[5]["sent"]), ("4", "4"), "attempted and sent", done)
    round_trips = [int(record["rtt_ns"]) for record in records[1:4]]
    equal(int(records[5]["rtt_min_ns"]), min(round_trips), "least round trip", done)
    equal(int(records[5]["rtt_max_ns"]), max(round_trips), "greatest round trip", done)


def test_histogram(lab):
    """--histogram counts every round trip once, where it belongs, in JSON and as drawn"""
    run = lab.ping("--histogram", "-c", "50", "-i", "0.002", "fd00:6::1")
    buckets = run.summary["histogram"]
    found = run.round_trips()
    equal(sum(count for _, _, count in buckets), 50, "sum of the buckets", run)
    edges = [edge for low, high, _ in buckets for edge in (low, high)]
    equal(edges, sorted(edges), "buckets are in order", run)
    for low, high, count in buckets:
        equal(count, sum(low <= each < high for each in found), f"round trips from {low} to {high}", sorted(found))
    done = lab.run("probe6", "ping", "--histogram", "-c", "50", "-i", "0.002", "fd00:6::1")
    drawn = re.findall(r"^([\d.]+) - ([\d.]+) ms \|[^\d\n]*(\d*)$", done.out, re.M)
    expect(len(drawn) > 1, "rows", done)
    equal(sum(int(count or 0) for _, _, count in drawn), 50, "sum of the rows", done)
    bars = {int(count): line.count("█") + line.count("#")
            for line in done.out.splitlines() if (count := (re.search(r"\|\D*(\d+)$", line) or [0, 0])[1])}
    greatest = max(bars)
    equal(bars[greatest], max(bars.values()), "the longest bar is the fullest bucket's", done)


def test_timing(lab):
    """--timing shows parts that add up, and JSON carries the same parts"""
    for path in BOTH_PATHS:
        done = lab.run("probe6", "ping", *path, "--timing", "-c", "5", "-i", "0.02", "fd00:6::1")
        pattern = r"\(host tx ([\d.]+) \+ wire ([\d.]+) \+ host rx ([\d.]+) = ([\d.]+) µs\)"
        parts = [[round(float(each) * 1000) for each in found] for found in re.findall(pattern, done.out)]
        # On a ping socket the first reply may come before the kernel has begun to stamp.
        expect(len(parts) >= 4, "replies with parts", done)
        for transmit, wire, receive, total in parts:
            equal(transmit + wire + receive, total, "sum of the parts", done)
            expect(transmit > 0 and wire > 0 and receive > 0, "every part took some time", done)


def test_parts_fit_in_the_run(lab):
    """Host and wire together are no longer than it was from the call to the read"""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "--report-sent", "-c", "10", "-i", "0.02", "fd00:6::1")
        sent = {event["seq"]: nanoseconds(event) for event in run.events("sent")}
        stamped = [event for event in run.events("reply") if "host_tx_ns" in event]
        expect(len(stamped) >= 9, "replies with parts", run)
        for event in stamped:
            parts = event["host_tx_ns"] + event["rtt_ns"] + event["host_rx_ns"]
            whole = (nanoseconds(event) - sent[event["seq"]]) % (86_400 * 1_000_000_000)
            expect(abs(whole - parts) < 1_000_000, f"parts of {parts} ns, {whole} ns from call to read", event, run)


def test_report_sent(lab):
    """--report-sent reports each probe once, before its verdict"""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "--report-sent", "-c", "5", "-i", "0.02", "fd00:6::1")
        equal([event["seq"] for event in run.events("sent")], [1, 2, 3, 4, 5], "sent", run)
        told = [(event["event"], event["seq"]) for event in run.lines if "seq" in event]
        for number in range(1, 6):
            expect(told.index(("sent", number)) < told.index(("reply", number)), "sent before the reply", run)
    expect(not lab.ping("-c", "2", "-i", "0.02", "fd00:6::1").events("sent"), "not reported without the option")


# --- targets --------------------------------------------------------------------------------------------


def test_two_targets(lab):
    """Two targets have each their own probes and figures"""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "10", "-i", "0.02", "-W", "0.2", "fd00:6::1", drops_every(5), targets=2)
        by_target = {summary["target"]: summary for summary in run.summaries}
        equal(set(by_target), {"fd00:6::1", drops_every(5)}, "targets", run)
        first, second = by_target["fd00:6::1"], by_target[drops_every(5)]
        equal((first["attempted"], first["replied"], first["lost"]), (10, 10, 0), "first target", run)
        equal((second["attempted"], second["replied"], second["lost"]), (10, 8, 2), "second target", run)
        for event in run.events("reply"):
            equal(event["source"], event["target"], "who answered", event)
        equal(
            [(event["target"], event["seq"]) for event in run.events("lost")],
            [(drops_every(5), 5), (drops_every(5), 10)], "which were lost", run,
        )
        equal(run.code, 0, "exit code", run)


def test_one_of_two_targets_is_silent(lab):
    """The exit code is 1 where one of two targets never replied"""
    run = lab.ping("-c", "2", "-i", "0.02", "-W", "0.2", "fd00:6::1", "fd00:6::5", targets=2)
    equal([summary["replied"] for summary in run.summaries], [2, 0], "replies", run)
    equal(run.code, 1, "exit code", run)


def test_name_as_target(lab):
    """A target given by name is counted like any other, and called by its name"""
    run = lab.ping("-c", "3", "-i", "0.02", "target.lab")
    run.counts(attempted=3, replied=3)
    equal({event["target"] for event in run.lines if "target" in event}, {"target.lab"}, "names", run)
    equal({event["destination"] for event in run.events("reply")}, {"fd00:6::1"}, "addresses", run)


# --- exit codes -----------------------------------------------------------------------------------------


def test_exit_codes(lab):
    """0, 1, 2 and 3 mean what help says they mean"""
    for code, arguments in [
        (0, ["-c", "1", "fd00:6::1"]),
        (0, ["--help"]),
        (0, ["--version"]),
        (1, ["-c", "1", "-W", "0.1", "fd00:6::5"]),
        (1, ["-c", "1", "-W", "1", "fd00:6:e::1"]),
        (2, []),
        (2, ["--nonsense", "::1"]),
        (2, ["-c", "0", "::1"]),
        (2, ["-c", "1", "-w", "0", "::1"]),
        (2, ["-c", "1", "nonsense.lab"]),
        (1, ["-c", "1", "::1", "nonsense.lab"]),
        (2, ["--json", "--csv", "-c", "1", "::1"]),
        (2, ["--until", "count", "::1"]),
        (2, ["-c", "1", "-I", "nosuch", "::1"]),
        (3, ["-c", "1", "--source", "fd00:6::77", "::1"]),
    ]:
        done = lab.run("probe6", "ping", *arguments)
        equal(done.code, code, f"exit code of {arguments}", done)
        equal(bool(done.err), code >= 2 or "nonsense.lab" in arguments, f"something on stderr of {arguments}", done)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            ["probe6", "ping", "-c", "1", "::1"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
    equal(done.returncode, 3, "exit code without a place to write", done)
