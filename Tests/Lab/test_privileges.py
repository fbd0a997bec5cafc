"""What a running probe6 may still do, and what it says where it may do nothing."""

import pathlib

import lab as labs
from lab import Skip, equal, expect


def status(process):
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def test_nothing_is_kept(lab):
    """After the start no capability is left and none can come back, on every path."""
    for path in ([], ["--datagram"], ["--raw"], ["--raw", "--capture", "pcap"], ["--raw", "--capture", "socket"]):
        running = lab.start_ping(*path, "-i", "0.1", "fd00:6::1")
        running.wait_for('"event":"reply"')
        found = status(running.pid)
        for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            equal(int(found[kind], 16), 0, f"{kind} on {path or 'automatic'}")
        equal(found["NoNewPrivs"], "1", f"NoNewPrivs on {path or 'automatic'}")
        for each in pathlib.Path(f"/proc/{running.pid}/task").iterdir():
            thread = dict(
                line.split(":\t", 1) for line in (each / "status").read_text().splitlines() if ":\t" in line
            )
            equal((int(thread["CapEff"], 16), thread["NoNewPrivs"]), (0, "1"), f"thread {each.name}")
        running.send(labs.INTERRUPT)
        labs.Run(running.finish())


def test_ordinary_user(lab):
    """A user without privileges pings through ping sockets, with kernel stamps and errors."""
    run = lab.ping("-c", "5", "-i", "0.02", "fd00:6::1", before=labs.without_privileges())
    run.counts(attempted=5, replied=5)
    equal({event["rtt_source"] for event in run.events("reply")}, {"kernel"}, "clocks", run)
    run = lab.ping("-c", "3", "-i", "0.02", "fd00:6:e::1", before=labs.without_privileges())
    run.counts(attempted=3, icmp_errors=3)


def test_no_way(lab):
    """Where neither path is open the message names both remedies."""
    lab.ping_sockets(False)
    for command, code in (
        (["probe6", "ping", "-c", "1", "::1"], 3),
        (["probe6", "ping", "--raw", "-c", "1", "::1"], 3),
        (["probe6", "ping", "--datagram", "-c", "1", "::1"], 3),
        (["ping6", "-c", "1", "::1"], 2),
    ):
        done = lab.run(*labs.without_privileges(), *command)
        equal(done.code, code, "exit code", done)
        if command[2].startswith("-r"):
            expect("cap_net_raw" in done.err.lower(), "names the capability", done)
        elif command[2].startswith("--d"):
            expect("ping_group_range" in done.err, "names the sysctl", done)
        else:
            expect("ping_group_range" in done.err, "names the sysctl", done)
            expect("cap_net_raw" in done.err.lower(), "names the capability", done)


def test_root_without_ping_sockets(lab):
    """With ping sockets off, root falls back to raw sockets, and says so in JSON."""
    lab.ping_sockets(False)
    run = lab.ping("-c", "3", "-i", "0.02", "fd00:6::1")
    run.counts(attempted=3, replied=3)


def test_file_capability(lab):
    """A binary with cap_net_raw serves a user without privileges where ping sockets are off."""
    labs.needs("setcap", "libcap2-bin")
    if not labs.is_root():
        raise Skip("file capabilities need a real root")
    lab.ping_sockets(False)
    lab.must("cp", "/run/lab/bin/probe6", "/run/lab/probe6-with-capability")
    lab.must("setcap", "cap_net_raw+ep", "/run/lab/probe6-with-capability")
    done = lab.run(
        *labs.without_privileges(), "/run/lab/probe6-with-capability", "ping", "--json", "-c", "3", "-i", "0.02",
        "fd00:6::1",
    )
    labs.Run(done).counts(attempted=3, replied=3)


def test_limits_for_ordinary_users(lab):
    """The face refuses to flood or to hurry multicast for an ordinary user, as iputils does."""
    if not labs.is_root():
        raise Skip("in a user namespace of one user that user has the number of root")
    for arguments in (["-f", "-c", "5", "::1"], ["-i", "0.001", "-c", "5", "::1"]):
        done = lab.run(*labs.without_privileges(), "ping6", *arguments)
        equal(done.code, 2, "exit code", done)
        expect("minimal interval" in done.err, "says why", done)
