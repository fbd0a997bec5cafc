"""What goes wrong with the host while it samples: counted as what it is, told, and never the end of the run."""

import pathlib
import subprocess
import tempfile
import time

import lab as labs
from lab import Skip, equal, expect
from samples import Sample, ends_by, group, record, sample, start_sample, write_plan

GOOD, OTHER, QUIET = "fd00:6::1", "fd00:6::6", "fd00:6::5"


def test_interrupt(lab):
    """SIGINT and SIGTERM end a run with its records and its summary"""
    for number in (labs.INTERRUPT, labs.TERMINATE):
        running = start_sample(lab, write_plan(group("nodes", GOOD, QUIET, timeout="1s", late="100ms")))
        running.wait_for(record("ok"), 20)
        run = ends_by(running, number)
        expect(run.summary["interrupted"] is True, "it says so", run.summary)
        equal(run.groups["nodes"]["attempted"], len(run.records) + run.summary["in_flight"], "records", run)


def test_interrupted_gates(lab):
    """A run that was interrupted is judged by what it has measured"""
    for gate, code in (("nodes: loss == 0%", 0), ("nodes: p50 < 1ns", 1)):
        running = start_sample(lab, write_plan(group("nodes", GOOD), gates=[gate]))
        running.wait_for(record("ok"), 5)
        ends_by(running, code=code)


def test_snapshot(lab):
    """SIGQUIT gives the figures so far, and the run goes on"""
    running = start_sample(lab, write_plan(group("nodes", GOOD)))
    running.wait_for(record("ok"), 5)
    for count in (1, 2):
        running.send(labs.QUIT)
        running.wait_for('"event":"snapshot"', count)
    before = running.out.count(b'"outcome":"ok"')
    running.wait_for(record("ok"), before + 5)
    run = ends_by(running)
    snapshots = run.events("snapshot")
    equal(len(snapshots), 2, "snapshots", run)
    for each in snapshots:
        expect(0 < each["ok"] <= run.summary["ok"], "figures so far", each)


def test_reload(lab):
    """SIGHUP takes the new plan: what stays keeps its figures, what is new begins, what is gone ends"""
    plan = write_plan(group("nodes", GOOD, OTHER))
    running = start_sample(lab, plan)
    running.wait_for(record("ok", GOOD), 10)
    new = write_plan(group("more", "fd00:6::3"), group("nodes", GOOD))
    plan.write_bytes(new.read_bytes())
    running.send(labs.HANG_UP)
    running.wait_for('"event":"reload"')
    running.wait_for(record("ok", "fd00:6::3"), 5)
    before = running.out.count(b'"outcome":"ok"')
    running.wait_for(record("ok"), before + 10)
    run = ends_by(running)
    equal(set(run.targets), {("more", "fd00:6::3"), ("nodes", GOOD)}, "targets at the end", run)
    kept = run.of(GOOD)
    equal(run.targets["nodes", GOOD]["ok"], len([each for each in kept if each["outcome"] == "ok"]), "all of it", run)
    equal([each["seq"] for each in kept], list(range(1, len(kept) + 1)), "its sequence goes on", run)
    at = next(number for number, line in enumerate(run.lines) if line["event"] == "reload")
    late = [line for line in run.lines[at:] if line["event"] == "record" and line["target"] == OTHER]
    expect(len(late) <= 2, "what is gone is asked no more", late)


def test_reload_of_a_broken_plan(lab):
    """A broken new plan is told with its line, and the old one goes on"""
    plan = write_plan(group("nodes", GOOD))
    running = start_sample(lab, plan)
    running.wait_for(record("ok"), 5)
    plan.write_text("version: 1\ngroups:\n  - {name: nodes, probe: nothing, targets: []}\n")
    running.send(labs.HANG_UP)
    running.wait_for(rf"{plan}:3:")
    before = running.out.count(b'"outcome":"ok"')
    running.wait_for(record("ok"), before + 10)
    run = ends_by(running)
    equal(len(run.events("reload")), 0, "no reload", run)
    run.counts("nodes", lost=0, late=0)
    expect(len(run.records) == run.groups["nodes"]["attempted"] - run.summary["in_flight"], "no record is lost", run)


def test_clock_steps(lab):
    """A step of the clock by 30 s, either way, changes no round trip, no count and no schedule"""
    labs.needs_debug_binary()
    library = labs.faketime_library()
    for step in ("+30", "-30"):
        with tempfile.NamedTemporaryFile("w", suffix=".faketime") as file:
            file.write("+0\n")
            file.flush()
            plan = write_plan(group("nodes", GOOD, interval="100ms", count=30))
            running = lab.start(
                "env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={file.name}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", str(labs.DEBUG_BINARY), "sample", plan, "--json",
            )
            running.wait_for(record("ok"), 5)
            pathlib.Path(file.name).write_text(step + "\n")
            run = Sample(running.finish(40), 0)
            run.counts("nodes", attempted=30, ok=30, late=0, lost=0)
            for each in run.records:
                expect(0 <= each["rtt_ns"] < 5_000_000_000, "round trip", each)
            # All times of a record are on one clock, so its schedule stays what it was; a step is between records.
            expect(run.groups["nodes"]["from_schedule_ns"]["max"] < 10_000_000_000, "from schedule", run)


def test_full_disk(lab):
    """On a disk that fills up the file holds whole records only, exit code 3 says so, the other output is complete"""
    place = pathlib.Path("/run/lab/small")
    place.mkdir(exist_ok=True)
    lab.change(f"mount -t tmpfs -o size=64k tmpfs {place}", f"umount {place}")
    other = pathlib.Path("/run/lab/complete.csv")
    # Each record is above 200 octets: 64 KiB are full long before 1,000.
    plan = write_plan(group("nodes", "::1", count=1000, interval="1ms"),
                      output=[{"ndjson": str(place / "run.ndjson")}, {"csv": str(other)}])
    done = lab.run("probe6", "sample", plan, seconds=60)
    equal(done.code, 3, "exit code", done)
    expect(str(place / "run.ndjson") in done.err or "run.ndjson" in done.err, "names the file", done)
    octets = (place / "run.ndjson").read_bytes()
    expect(len(octets) > 30_000 and octets.endswith(b"\n"), "the last record is whole", octets[-200:])
    lines = [labs.checked_line(line, done) for line in octets.decode().splitlines()]
    records = [line for line in lines if line["event"] == "record"]
    equal([each["seq"] for each in records], list(range(1, len(records) + 1)), "records in a row")
    expect(len(records) < 1000, "it was full")
    text = other.read_text()
    expect(text.endswith("\n"), "the other file is whole", text[-200:])
    equal(sum(",record," in line or line.startswith("record,") for line in text.splitlines()) or len(text.splitlines()) - 1,
          1000, "records of the other file", text[:500])
    expect("nodes" in done.out, "the table is printed all the same", done)


def test_full_device(lab):
    """An output on a full device is told and gives exit code 3, whatever else there is"""
    for option in ("ndjson", "csv", "openmetrics", "atlas", "junit"):
        plan = write_plan(group("nodes", "::1", count=3), gates=["nodes: ok == 3"])
        done = lab.run("probe6", "sample", plan, "-q", "-o", f"{option}:/dev/full")
        equal(done.code, 3, f"exit code with {option}", done)
        expect("/dev/full" in done.err, "names the file", done)


def test_standard_output_that_is_full(lab):
    """A full standard output gives exit code 3 and one line"""
    for more in ([], ["--json"]):
        plan = write_plan(group("nodes", "::1", count=3))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(["probe6", "sample", str(plan), *more], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=20)
        equal(done.returncode, 3, "exit code", more, done)
        equal(len(done.stderr.strip().splitlines()), 1, "lines on stderr", done)


def test_closed_pipe(lab):
    """A closed pipe ends the run at once and quietly"""
    plan = write_plan(group("nodes", "::1"))
    done = lab.run("sh", "-c", f"probe6 sample {plan} --json | head -n 5", seconds=20)
    equal(len(done.out.splitlines()), 5, "lines", done)
    equal(done.err, "", "stderr", done)


def injected(lab, what, plan, before=(), code=0):
    labs.needs_strace()
    return sample(lab, plan, before=[*before, "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={what}"], code=code)


def test_enobufs(lab):
    """ENOBUFS from the kernel is a send error, never loss, and the run goes on"""
    plan = write_plan(group("nodes", GOOD, count=40, interval="20ms"))
    run = injected(lab, "sendmsg,sendto,sendmmsg:error=ENOBUFS:when=8+4", plan)
    figures = run.groups["nodes"]
    equal((figures["attempted"], figures["lost"], figures["icmp_errors"]), (40, 0, 0), "figures", run)
    expect(figures["send_errors"] >= 2, "send errors", run)
    equal({each["error"] for each in run.of(outcome="send_error")}, {"ENOBUFS"}, "errno", run)
    equal(figures["ok"], 40 - figures["send_errors"], "the others are answered", run)


def interruption_case(calls, error, sentence):
    def test(lab):
        plan = write_plan(group("nodes", GOOD, count=30, interval="20ms"))
        run = injected(lab, f"{calls}:error={error}:when=20+3", plan)
        run.counts("nodes", attempted=30, ok=30, lost=0, send_errors=0)

    test.__doc__ = sentence
    return test


for _calls, _error, _sentence in [
    ("sendmsg,sendto,sendmmsg", "EINTR", "Sampling: EINTR on a send is no failure"),
    ("recvmsg,recvfrom,recvmmsg", "EAGAIN", "Sampling: EAGAIN on a receive loses nothing"),
    ("ppoll,poll,epoll_wait,epoll_pwait,epoll_pwait2", "EINTR", "Sampling: EINTR while waiting loses nothing"),
]:
    globals()[f"test_{_calls.split(',')[0]}_{_error.lower()}"] = interruption_case(_calls, _error, _sentence)


def test_own_firewall(lab):
    """The host's own firewall gives EPERM on a raw socket: a send error, and never loss"""
    lab.ping_sockets(False)
    own_firewall(lab)


def test_own_firewall_on_datagram_sockets(lab):
    """On a datagram socket, which keeps the firewall's EPERM to itself, a probe that never left is a send error too"""
    own_firewall(lab)


def own_firewall(lab):
    run = sample(lab, write_plan(group("nodes", "fd00:6:e::20", GOOD, count=4, interval="50ms", timeout="300ms")))
    equal(run.targets["nodes", "fd00:6:e::20"]["send_errors"], 4, "send errors", run)
    equal(run.targets["nodes", GOOD]["ok"], 4, "the other target", run)
    equal({each["error"] for each in run.of("fd00:6:e::20")}, {"EPERM"}, "errno", run)


def test_local_routes(lab):
    """A local blackhole, prohibit or unreachable route is a send error with its errno"""
    names = {"fd00:6:e::21": {"EINVAL"}, "fd00:6:e::22": {"EACCES"}, "fd00:6:e::23": {"EHOSTUNREACH", "ENETUNREACH"}}
    run = sample(lab, write_plan(group("nodes", *names, GOOD, count=3, interval="50ms")))
    for address, wanted in names.items():
        equal(run.targets["nodes", address]["send_errors"], 3, f"send errors of {address}", run)
        expect({each["error"] for each in run.of(address)} <= wanted, "errno", run.of(address))
    equal(run.targets["nodes", GOOD]["ok"], 3, "the reachable target", run)


def test_stopped_process(lab):
    """A process that was stopped drops what it missed, tells it, and goes on in the old rhythm"""
    running = start_sample(lab, write_plan(group("nodes", GOOD, interval="100ms")))
    running.wait_for(record("ok"), 5)
    running.send(labs.signal.SIGSTOP)
    running.wait_state("T")
    time.sleep(1.5)
    running.send(labs.signal.SIGCONT)
    before = running.out.count(b'"outcome":"ok"')
    running.wait_for(record("ok"), before + 10)
    run = ends_by(running)
    gaps = run.events("gap")
    expect(sum(each["skipped"] for each in gaps) >= 12, "what was missed", gaps)
    equal(sum(each["skipped"] for each in gaps), run.summary["missed"], "missed", run)
    first = min(each["scheduled_unix_ns"] for each in run.records)
    for each in run.records:
        off = (each["scheduled_unix_ns"] - first + 1000) % 100_000_000
        expect(off <= 2000, f"in the old rhythm, not off by {off} ns", each)
    run.counts("nodes", lost=0)


def capabilities(running):
    """Of the process: effective, permitted, and whether execve(2) can give it any."""
    status = pathlib.Path(f"/proc/{running.pid}/status").read_text()
    found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return int(found["CapEff"], 16), int(found["CapPrm"], 16), found["NoNewPrivs"] == "0"


def test_nothing_is_kept(lab):
    """After the start no capability is effective; one that came with the file is gone for good"""
    plan = write_plan(group("nodes", GOOD, interval="50ms"))
    for are_on in (True, False):
        lab.ping_sockets(are_on)
        running = start_sample(lab, plan)
        running.wait_for(record("ok"), 3)
        # Who is root may make its output files with the rights of root, when it comes to that.
        equal(capabilities(running)[0], 0, "effective capabilities of root")
        ends_by(running)
    labs.needs("setcap", "libcap2-bin")
    if not labs.is_root():
        raise Skip("file capabilities need a real root")
    copy = "/run/lab/probe6-that-samples"
    lab.must("cp", "/run/lab/bin/probe6", copy)
    lab.must("setcap", "cap_net_raw+ep", copy)
    running = lab.start(*labs.without_privileges(), copy, "sample", plan, "--json")
    running.wait_for(record("ok"), 3)
    equal(capabilities(running), (0, 0, False), "capabilities of an ordinary user")
    ends_by(running)


def test_progress(lab):
    """The progress line is on stderr where that is a terminal, and nowhere else"""
    plan = write_plan(group("nodes", GOOD, interval="100ms", count=15))
    done = lab.run("probe6", "sample", plan)
    equal(done.err, "", "stderr that is no terminal", done)
    labs.needs("script", "bsdutils")
    done = lab.run("script", "-qec", f"probe6 sample {plan} >/dev/null", "/dev/null")
    expect("15" in done.out and "\r" in done.out, "a line that is written anew", repr(done.out))
    done = lab.run("script", "-qec", f"probe6 sample --no-progress {plan} >/dev/null", "/dev/null")
    equal(done.out.strip(), "", "none where it is not wanted", repr(done.out))
