"""A trace and what is around it: names, privileges, files, faults of its own host."""

import pathlib
import time

import chain
import lab as labs
import test_names as names_of_pings
from chain import router
from lab import equal, expect
from traces import QUICK, Trace, trace

BOTH = (["--raw"], []), ([], labs.without_privileges())
EVIL = "fd00:6::bad"


def test_names(lab):
    """Reverse names are shown, escaped, and asked for no longer than they take"""
    for options, before in BOTH:
        for style in ([], ["--json"]):
            done = lab.run(*before, "probe6", "trace", *style, *options, *QUICK, "fd00:6::1")
            equal(done.code, 0, "exit code", done)
            expect("target.lab" in done.out, "the target's name", done)
            done = lab.run(*before, "probe6", "trace", *style, *options, *QUICK, EVIL)
            equal(done.code, 0, "exit code", done)
            names_of_pings.clean(done)


def test_name_server_is_dead(lab):
    """A name server that says nothing holds up no probe"""
    lab.drop_at_home("udp dport 53")
    lab.chain
    began = time.monotonic()
    done = lab.run("probe6", "trace", "--json", "-q", "1", "-m", "4", "fd00:6::1")
    took = time.monotonic() - began
    run = Trace(done, 0)
    sent = max(reply["rtt_ns"] for reply in run.events("reply"))
    expect(sent < 500_000_000, "round trips", run)
    expect(took < 8, f"took {took} s", run)


def test_privileges_are_given_up(lab):
    """While it waits a trace has no capability left, on either path"""
    lab.chain
    for path in (["--raw"], ["--unprivileged"], ["-T", "--raw"]):
        running = lab.start("probe6", "trace", "--json", "-n", *path, "-w", "20", chain.DARK)
        running.wait_for('"event":"reply"', 3)
        lines = pathlib.Path(f"/proc/{running.pid}/status").read_text().splitlines()
        found = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            equal(int(found[kind], 16), 0, f"{kind} on {path}")
        equal(found["NoNewPrivs"], "1", f"NoNewPrivs on {path}")
        running.send(labs.INTERRUPT)
        Trace(running.finish(), 1)


def test_systems(lab):
    """AS numbers come from the file of prefixes, the longest that fits"""
    place = pathlib.Path("/run/lab/systems")
    place.write_text("# prefixes\nfd00:31::/32 64500\nfd00:31:0:2::/64 64502\n")
    run = trace(lab, *QUICK, "-m", "3", "--as-file", place, chain.PLAIN, code=1)
    equal([run.replies(hop)[0].get("as") for hop in (1, 2, 3)], ["AS64500", "AS64502", "AS64500"], "numbers", run)


def test_targets_from_standard_input(lab):
    """Targets come by standard input too"""
    lab.chain
    targets = [f"{chain.MANY}{each:x}" for each in (1, 2, 3)]
    pathlib.Path("/run/lab/list").write_text("\n".join(targets) + "\n")
    done = lab.run("sh", "-c", "probe6 trace --json -n -q 1 - < /run/lab/list")
    equal(set(Trace(done, 0).ends), set(targets), "targets", done.err)


def test_full_device(lab):
    """Output that cannot be written ends the trace with exit code 3 and one line"""
    lab.chain
    done = lab.run("sh", "-c", f"probe6 trace -n {chain.PLAIN} > /dev/full")
    equal(done.code, 3, "exit code", done)
    equal(len(done.err.splitlines()), 1, "lines on standard error", done)


def test_refused_sends(lab):
    """Sends that the host's own firewall refuses are no loss, and those that fail for a while are tried again"""
    lab.chain
    lab.drop_at_home(f"ip6 daddr {chain.PLAIN} ip6 hoplimit 3")
    for options, before in BOTH:
        run = trace(lab, *options, *QUICK, "-m", "5", chain.PLAIN, before=before, code=1)
        equal([each[0] if each else None for each in run.addresses()],
              [router(1), router(2), None, router(4), router(5)], "path", run)
        equal((run.end["lost"], run.end["send_failed"]), (0, 3), "lost and refused", run)
        equal({reply.get("error") for reply in run.hop(3)["replies"]}, {"EPERM"}, "errors", run)


def test_no_buffers(lab):
    """ENOBUFS and EAGAIN from the kernel are failed sends or tried again, and never loss"""
    labs.needs_strace()
    lab.chain
    for error in ("ENOBUFS", "EAGAIN"):
        for path in ("--raw", "--unprivileged"):
            done = lab.run(
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=sendmsg,sendmmsg,sendto:error={error}:when=6+4",
                "probe6", "trace", "--json", "-n", path, "-m", "20", chain.PLAIN,
            )
            run = Trace(done, 1)
            equal(run.end["lost"], 0, f"lost with {error} {path}", run)
            for hop in run.hops():
                answered = {reply["address"] for reply in hop["replies"] if "address" in reply}
                expect(answered <= {router(hop["hop_limit"])}, "addresses", hop)


def test_source_and_interface(lab):
    """Source address and interface are as asked, and wrong ones are named"""
    run = trace(lab, *QUICK, "-m", "2", "-s", chain.ELSEWHERE, "-i", "trail", chain.PLAIN, code=1)
    equal((run.start["source"], run.start["interface"]), (chain.ELSEWHERE, "trail"), "start", run)
    done = lab.run("probe6", "trace", "-n", "-i", "nowhere", chain.PLAIN)
    expect(done.code in (2, 3) and "nowhere" in done.err, "a wrong interface", done)
    run = trace(lab, *QUICK, "-m", "2", "fe80::1%uplink", code=0)
    run.ended("reached", hops=1)
