"""Probes of a trace as the first router gets them, caught by tcpdump and read by tshark."""

import chain
import lab as labs
from lab import equal, expect
from traces import QUICK, trace, ways

PORTS = ["udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport", "icmpv6.echo.identifier"]


def caught(lab, count, fields, *arguments, target=chain.PLAIN, **more):
    """The trace, and these fields of the packets that came to the first router."""
    lab.chain
    # What the kernel does to end a handshake is no probe: only SYN segments count.
    capture = lab.capture(
        count, f"dst host {target} and (not tcp or ip6[53] & 2 != 0)", interface="down", direction="in", node="n1"
    )
    run = trace(lab, *arguments, target, **more)
    capture.finish()
    return run, capture.fields(*fields)


VALIDITY = ["udp.checksum.status", "tcp.checksum.status", "icmpv6.checksum.status", "_ws.malformed"]


def test_one_flow(lab):
    """Addresses, ports, flow label, traffic class and ICMPv6 checksum are the same in every probe, by every method"""
    for options, before in ways():
        fields = ["ipv6.src", "ipv6.dst", "ipv6.nxt", "ipv6.flow", "ipv6.tclass"] + PORTS + ["icmpv6.checksum"]
        run, packets = caught(
            lab, 24, ["ipv6.hlim"] + VALIDITY + fields, *options, "-m", "8", before=before, code=1
        )
        flows = {packet[1 + len(VALIDITY):] for packet in packets}
        equal(len(flows), 1, f"flows by {options}: {flows}", run)
        equal(int(flows.pop()[3], 0), 0, "flow label", run)
        hop_limits = sorted(int(packet[0]) for packet in packets)
        equal(hop_limits, sorted(list(range(1, 9)) * 3), f"hop limits by {options}", run)
        equal({"".join(packet[1:1 + len(VALIDITY)]) for packet in packets}, {"1"}, f"checksums by {options}", run)


def test_tshark_accepts(lab):
    """tshark finds every probe's checksum good and nothing malformed, long or odd, and along many flows"""
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        for more in (["--packet-size", "1280"], ["--packet-size", "129"], ["--classic"], ["-I", "--packet-size", "1279"]):
            run, packets = caught(lab, 24, VALIDITY, *options, *more, "-m", "8", before=before, code=1)
            equal({"".join(packet) for packet in packets}, {"1"}, f"checksums by {options} {more}", run)
    run, packets = caught(lab, 24, VALIDITY, "-T", "--raw", "--classic", "-m", "8", code=1)
    equal({"".join(packet) for packet in packets}, {"1"}, "checksums of segments", run)


def test_sizes(lab):
    """A probe is as long as asked, or so much longer that its length tells its hop"""
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        for method, slack in (("udp", 63), ("icmp", 0)):
            run, packets = caught(
                lab, 12, ["ipv6.plen"], *options, "--method", method, "--packet-size", "300", "-m", "4", before=before,
                code=1,
            )
            lengths = [40 + int(each) for each, in packets]
            expect(300 <= min(lengths) and max(lengths) <= 300 + slack, f"{method}: {lengths}", run)
            told = sorted(reply["packet_bytes"] for reply in run.events("reply"))
            equal(told, sorted(lengths), "what JSON says", run)


def test_classic(lab):
    """With --classic the destination port counts on over UDP, and the source port over TCP"""
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        run, packets = caught(lab, 24, ["udp.dstport"], *options, "--classic", "-m", "8", before=before, code=1)
        equal(sorted(int(each) for each, in packets), list(range(33434, 33434 + 24)), "destination ports", run)
        told = sorted(reply["destination_port"] for reply in run.events("reply"))
        equal(told, list(range(33434, 33434 + 24)), "what JSON says", run)
    run, packets = caught(lab, 24, ["tcp.srcport", "tcp.dstport"], "-T", "--raw", "--classic", "-m", "8", code=1)
    equal(len({source for source, _ in packets}), 24, "source ports", run)
    equal({port for _, port in packets}, {"80"}, "destination ports", run)


def test_fields(lab):
    """Traffic class, flow label, ports and pattern are on the wire as asked, on both paths"""
    for number, (options, before) in enumerate(((["--raw"], []), ([], labs.without_privileges()))):
        # A flow label stays taken for a while.
        label = 0xABC20 + number
        asked = ["-Q", "0xb8", "-F", hex(label), "--source-port", "40001", "-p", "40002"]
        run, packets = caught(
            lab, 6, ["ipv6.tclass", "ipv6.flow", "udp.srcport", "udp.dstport"], *options, *asked, "-m", "2",
            before=before, code=1,
        )
        equal(
            {tuple(int(each, 0) for each in packet) for packet in packets}, {(0xB8, label, 40001, 40002)}, "fields", run
        )
        start = run.start
        equal(
            (start["traffic_class"], start["flow_label"], start["source_port"], start["destination_port"]),
            (0xB8, label, 40001, 40002), "what JSON says",
        )
        run, packets = caught(
            lab, 6, ["data.data"], *options, "--pattern", "abcd", "--packet-size", "200", "-m", "2", before=before, code=1
        )
        expect(all("abcd" * 40 in data for data, in packets), f"pattern in {packets}", run)


def test_segments(lab):
    """A half-open SYN is never completed: the target sees a reset, and no connection"""
    run, packets = caught(
        lab, 6, ["tcp.flags", "tcp.len"], "-T", "--raw", "-f", "29", "-m", "30", code=0
    )
    equal({tuple(int(each, 0) for each in packet) for packet in packets}, {(2, 0)}, "flags and lengths", run)
    equal({tuple(reply["tcp_flags"]) for reply in run.replies(30)}, {("syn", "ack")}, "what came back", run)


def test_same_seed(lab):
    """The same seed makes the same octets, another one others"""
    seen = []
    for seed in ("7", "7", "8"):
        _, packets = caught(lab, 6, ["ipv6.hlim", "data.data"], "--raw", "--seed", seed, "--source-port", "40003", "-m", "2",
                            *QUICK, code=1)
        seen.append(sorted(packets))
    equal(seen[0], seen[1], "the same seed")
    expect(seen[0] != seen[2], "another seed")
