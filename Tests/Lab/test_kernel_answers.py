"""Every answer that real kernels on the way give: errors of each kind, exact loss, duplicates."""

import lab as labs
from lab import equal, expect

QUICK = ["-c", "3", "-i", "0.02", "-W", "1"]


def error_case(address, kind, code, sentence):
    def test(lab):
        run = lab.ping(*QUICK, address)
        run.counts(attempted=3, sent=3, icmp_errors=3, replied=0, lost=0)
        equal(run.code, 1, "exit code", run)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"]), (kind, code), "type and code", event)
            expect("from" in event or "source" in event, "the error says who sent it", event)

    test.__doc__ = sentence
    return test


for _address, _kind, _code, _sentence in [
    ("fd00:6:e::0", 1, 0, "A router without a route gives destination unreachable, code 0"),
    ("fd00:6:e::1", 1, 1, "A prohibit route gives code 1"),
    ("fd00:6:e::2", 1, 0, "An unreachable route gives code 0"),
    ("fd00:6:e::3", 1, 3, "A dead neighbor of the last router gives code 3"),
    ("fd00:6:e::f", 3, 0, "A loop gives time exceeded"),
    ("fd00:6:e::10", 1, 0, "A firewall that rejects with code 0 is shown as such"),
    ("fd00:6:e::11", 1, 1, "A firewall that rejects with code 1 is shown as such"),
    ("fd00:6:e::13", 1, 3, "A firewall that rejects with code 3 is shown as such"),
    ("fd00:6:e::14", 1, 4, "A firewall that rejects with code 4 is shown as such"),
    ("fd00:6:e::15", 1, 5, "A firewall that rejects with code 5 is shown as such"),
    ("fd00:6:e::16", 1, 6, "A firewall that rejects with code 6 is shown as such"),
]:
    globals()["test_" + _address.replace(":", "_")] = error_case(_address, _kind, _code, _sentence)


def test_errors_on_raw_sockets(lab):
    """On the raw path every kind of error is told the same way."""
    for address, kind, code in [("fd00:6:e::0", 1, 0), ("fd00:6:e::16", 1, 6), ("fd00:6:e::f", 3, 0)]:
        run = lab.ping("--raw", *QUICK, address)
        run.counts(attempted=3, icmp_errors=3, lost=0)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"]), (kind, code), "type and code", event)


def test_hop_limit_exceeded(lab):
    """A hop limit of 2 ends at the second router, with time exceeded."""
    run = lab.ping(*QUICK, "-t", "2", "fd00:6::1")
    run.counts(icmp_errors=3, replied=0)
    for event in run.events("icmp_error"):
        equal((event["type"], event["code"]), (3, 0), "type and code", event)
        equal(event.get("from", event.get("source")), "fd00:6:0:2::2", "who sent it", event)


def test_packet_too_big(lab):
    """A narrow link gives packet too big with its MTU, and later probes fail at home with that MTU or come too."""
    run = lab.ping(*QUICK, "-M", "probe", "-s", "1372", "fd00:6::6")
    run.counts(attempted=3, icmp_errors=3, lost=0)
    for event in run.events("icmp_error"):
        equal((event["type"], event["code"], event["mtu"]), (2, 0, 1400), "type, code, mtu", event)


def test_black_hole_for_large_packets(lab):
    """A link that swallows large packets loses them, and only them."""
    lab.ping(*QUICK[:4], "-W", "0.3", "-M", "probe", "-s", "1372", "fd00:6::7").counts(lost=3, replied=0)
    lab.ping(*QUICK[:4], "-W", "0.3", "-M", "probe", "-s", "1000", "fd00:6::7").counts(lost=0, replied=3)


def test_silence(lab):
    """A destination that never answers loses every probe, and the summary still comes."""
    run = lab.ping(*QUICK[:4], "-W", "0.2", "fd00:6::5")
    run.counts(attempted=3, sent=3, lost=3, replied=0)
    expect("rtt_ns" not in run.summary, "no round trip without a reply", run)
    equal(run.code, 1, "exit code", run)


def test_blackhole_route(lab):
    """A blackhole route is silence too."""
    lab.ping(*QUICK[:4], "-W", "0.2", "fd00:6:e::b").counts(lost=3, icmp_errors=0)


def test_exact_loss(lab):
    """Of a hundred probes with every tenth dropped exactly ten are lost."""
    run = lab.ping("-c", "100", "-i", "0.002", "-W", "0.5", "fd00:6::2")
    run.counts(attempted=100, sent=100, replied=90, lost=10, duplicates=0)
    equal(run.code, 0, "exit code", run)
    # The counter goes on from test to test, so that the first one lost may be any of the first ten.
    lost = [event["seq"] for event in run.events("lost")]
    equal(lost, list(range(lost[0], 101, 10)), "which were lost", run)


def test_exact_loss_on_raw_sockets(lab):
    """On the raw path exactly ten of a hundred are lost as well."""
    lab.ping("--raw", "-c", "100", "-i", "0.002", "-W", "0.5", "fd00:6::2").counts(replied=90, lost=10)


def test_duplicates(lab):
    """A doubled path counts duplicates beside the replies, and loses nothing."""
    run = lab.ping("-c", "20", "-i", "0.01", "fd00:6::3")
    run.counts(attempted=20, replied=20, lost=0)
    # The last reply ends the run; its duplicate may or may not have been read by then.
    expect(run.summary["duplicates"] in (19, 20), "one duplicate for each reply", run)


def test_rate_limited(lab):
    """A limit of five in a second on the way is seen as loss of the rest, never as an error."""
    run = lab.ping("-c", "30", "-i", "0.01", "-W", "0.3", "fd00:6::4")
    run.counts(attempted=30, icmp_errors=0, send_failed=0)
    expect(5 <= run.summary["replied"] <= 8, "about five of thirty within 0.3 s", run)


def test_link_local(lab):
    """A link-local address with its zone is answered, and the reply names the interface."""
    run = lab.ping(*QUICK, "fe80::1%uplink")
    run.counts(replied=3)
    for event in run.events("reply"):
        equal(event["source"], "fe80::1%uplink", "source", event)


def test_multicast(lab):
    """All nodes of a link answer a multicast probe: one reply, the others beside it."""
    run = lab.ping("-c", "3", "-i", "0.1", "ff02::1%uplink")
    run.counts(attempted=3, replied=3, lost=0)


def test_every_reply_has_kernel_stamps(lab):
    """Round trips come from the kernel's stamps, on both paths."""
    for path in ("--datagram", "--raw"):
        run = lab.ping(path, "-c", "20", "-i", "0.005", "fd00:6::1")
        run.counts(replied=20)
        wanted = {"kernel"} if path == "--datagram" else {"kernel", "capture"}
        found = {event["rtt_source"] for event in run.events("reply")}
        expect(found <= wanted, f"round trips on {path} come from {found}", run)
        for event in run.events("reply"):
            expect(0 < event["rtt_ns"] < 1_000_000_000, "a round trip below a second", event)


def test_beyond_scope(lab):
    """A link-local source to a global destination gives code 2 from the first router."""
    own = lab.must("ip", "-6", "-br", "addr", "show", "dev", "uplink").split()
    address = next(each.split("/")[0] for each in own if each.startswith("fe80"))
    run = lab.ping(*QUICK, "-I", f"{address}%uplink", "fd00:6::1")
    run.counts(attempted=3, icmp_errors=3)
    for event in run.events("icmp_error"):
        equal((event["type"], event["code"]), (1, 2), "type and code", event)


def test_schema(lab):
    """The JSON schema accepts every line of every kind that a run prints, and refuses others"""
    labs.needs_schema()
    for address in ("fd00:6::2", "fd00:6::3", "fd00:6:e::1", "fd00:6:f::9:20", "fd00:6:f::6:0", "fd00:6:f::2:64"):
        lab.ping("--report-sent", "-O", "-c", "12", "-i", "0.01", "-W", "0.05", address)
    for line in ('{"schema":"probe6/1","event":"reply"}', '{"schema":"probe6/2","event":"start","time":"x"}'):
        try:
            labs.checked_line(line, None)
        except AssertionError:
            continue
        raise AssertionError(f"the schema accepts {line}")
