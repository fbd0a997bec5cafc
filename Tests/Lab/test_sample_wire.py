"""Sampling on the wire: tcpdump catches exactly as many probes as there are records, and when the schedule says."""

import statistics

from lab import equal, expect
from samples import group, sample, write_plan

GOOD, OTHER = "fd00:6::1", "fd00:6::6"


def caught(lab, plan, count, **more):
    """The run, and (seconds, destination, identifier, sequence, payload) of each echo request that left."""
    capture = lab.capture(count, "icmp6[0] == 128 and dst net fd00:6::/64")
    run = sample(lab, plan, **more)
    capture.finish()
    rows = capture.fields("frame.time_epoch", "ipv6.dst", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number",
                          "data.data")
    return run, [(float(time), *rest) for time, *rest in rows]


def test_constant_schedule(lab):
    """As many requests leave as there are records, each when its record says, and deadlines know no drift"""
    for are_on in (True, False):
        lab.ping_sockets(are_on)
        plan = write_plan(group("nodes", GOOD, OTHER, count=50, interval="40ms"))
        run, packets = caught(lab, plan, 100)
        equal((len(packets), len(run.records)), (100, 100), "requests and records", run)
        records = sorted(run.records, key=lambda each: each["transmitted_unix_ns"])
        equal([each[1] for each in packets], [each["destination"] for each in records], "destinations in order", run)
        apart = [abs(packet[0] * 1e9 - each["transmitted_unix_ns"]) for packet, each in zip(packets, records)]
        # Capture and stamp are two readings of the kernel's clock, microseconds apart unless something came between.
        expect(statistics.median(apart) < 1e6, f"the wire's times are the records', not {statistics.median(apart)} ns off")
        for target in (GOOD, OTHER):
            times = [each["scheduled_unix_ns"] for each in run.of(target)]
            missed = run.summary["missed"]
            gaps = {later - earlier for earlier, later in zip(times, times[1:])}
            if missed == 0:
                equal(gaps, {40_000_000}, f"between deadlines of {target}", run)
            # Behind a deadline that this host missed the targets whose turn it was come next.
            expect(all(gap % 20_000_000 == 0 for gap in gaps), "whole ticks", gaps)
        offset = run.of(OTHER)[0]["scheduled_unix_ns"] - run.of(GOOD)[0]["scheduled_unix_ns"]
        equal(offset % 20_000_000, 0, "targets of a group take turns", run)


def test_payloads(lab):
    """No two requests hold the same octets where a reply is matched, and their checksums are right"""
    _, packets = caught(lab, write_plan(group("nodes", GOOD, OTHER, count=30)), 60)
    equal(len({each[4][:32] for each in packets}), 60, "numbers and nonces")
    equal({len(each[4]) for each in packets}, {112}, "octets of payload, in digits")
    equal(len({each[2] for each in packets}), 1, "one identifier, for one socket")


def test_poisson_schedule(lab):
    """A Poisson schedule's gaps have the mean that was asked for and the spread of a Poisson process"""
    plan = write_plan(group("nodes", GOOD, OTHER, count=200, interval="20ms", schedule="poisson"), seed=11)
    run, packets = caught(lab, plan, 400)
    equal(len(packets), 400, "requests", run)
    times = sorted(each["scheduled_unix_ns"] for each in run.records)
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    if run.summary["missed"] == 0:
        mean, deviation = statistics.fmean(gaps), statistics.pstdev(gaps)
        # Two targets every 20 ms: 10 ms. By a seeded draw, so nothing here depends on the day.
        expect(8.5e6 < mean < 11.5e6, f"a mean gap of {mean} ns", run)
        expect(0.8 < deviation / mean < 1.2, f"deviation / mean {deviation / mean}", run)
    equal({target: len(run.of(target)) for target in (GOOD, OTHER)}, {GOOD: 200, OTHER: 200}, "each target's count", run)


def test_fields(lab):
    """Hop limit, traffic class, size and pattern of a group are on the wire"""
    plan = write_plan(
        group("nodes", GOOD, count=3, hop_limit=77, traffic_class=0xB8, size=100, pattern="a50f"),
        group("plain", OTHER, count=3, size=0),
    )
    capture = lab.capture(6, "icmp6[0] == 128 and dst net fd00:6::/64")
    run = sample(lab, plan)
    capture.finish()
    run.counts("nodes", ok=3)
    run.counts("plain", ok=3)
    fields = ["ipv6.hlim", "ipv6.tclass", "ipv6.plen", "data.data"]
    for hop_limit, traffic_class, length, data in capture.fields(*fields, match=f"ipv6.dst == {GOOD}"):
        equal((hop_limit, int(traffic_class, 0), length), ("77", 0xB8, "108"), "fields")
        equal(data[-40:], "a50f" * 10, "pattern")
    for hop_limit, traffic_class, length, data in capture.fields(*fields, match=f"ipv6.dst == {OTHER}"):
        equal((int(traffic_class, 0), length), (0, "8"), "fields of the other group")


def test_udp_payload(lab):
    """UDP probes leave from one socket, each with a number of its own"""
    capture = lab.capture(10, f"udp and dst host {GOOD}")
    run = sample(lab, write_plan(group("ports", f"[{GOOD}]:4000", probe="udp", accept=["unreachable"], count=10)))
    capture.finish()
    run.counts("ports", attempted=10, ok=10)
    packets = capture.fields("udp.dstport", "udp.checksum.status", "data.data")
    equal({each[:2] for each in packets}, {("4000", "1")}, "port and checksum", packets)
    equal(len({each[2] for each in packets}), 10, "payloads", packets)
