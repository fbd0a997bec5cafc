"""Probes of a trace as the first router gets them, caught by tcpdump and read by tshark."""

import chain
import lab as labs
from lab import equal, expect
from traces import trace, ways

BOTH = (["--raw"], []), ([], labs.without_privileges())
PORTS = ["udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport", "icmpv6.echo.identifier"]
VALIDITY = ["udp.checksum.status", "tcp.checksum.status", "icmpv6.checksum.status", "_ws.malformed"]


def caught(lab, fields, traces, count=24, code=1):
    """Runs these traces (arguments, what comes before the command), of so many probes each, one after the other; for
    each the run and the fields of its packets as they came to the first router."""
    lab.chain
    # What the kernel does to end a handshake is no probe: only SYN segments count.
    capture = lab.capture(
        count * len(traces), f"dst host {chain.PLAIN} and (not tcp or ip6[53] & 2 != 0)", interface="down",
        direction="in", node="n1",
    )
    runs = [trace(lab, *arguments, chain.PLAIN, before=before, code=code) for arguments, before in traces]
    capture.finish()
    for run in runs:
        equal((run.end["sent"], run.end["replied"]), (count, count), "sent and answered", run)
    packets = capture.fields(*fields)
    return [(run, packets[number * count:(number + 1) * count]) for number, run in enumerate(runs)]


def test_one_flow(lab):
    """Addresses, ports, flow label, traffic class and ICMPv6 checksum are the same in every probe, by every method"""
    fields = ["ipv6.src", "ipv6.dst", "ipv6.nxt", "ipv6.flow", "ipv6.tclass"] + PORTS + ["icmpv6.checksum"]
    traces = [(options + ["-m", "8"], before) for options, before in ways()]
    flows = set()
    for run, packets in caught(lab, ["ipv6.hlim"] + VALIDITY + fields, traces):
        found = {packet[1 + len(VALIDITY):] for packet in packets}
        equal(len(found), 1, f"flows {found}", run)
        flows |= found
        equal({int(flow[3], 0) for flow in found}, {0}, "flow label", run)
        hop_limits = sorted(int(packet[0]) for packet in packets)
        equal(hop_limits, sorted(list(range(1, 9)) * 3), "hop limits", run)
        equal({"".join(packet[1:1 + len(VALIDITY)]) for packet in packets}, {"1"}, "checksums", run)
    equal(len(flows), len(traces), f"each trace has a flow of its own: {flows}")


def test_tshark_accepts(lab):
    """tshark finds every probe's checksum good and nothing malformed, long or odd, and along many flows"""
    traces = [
        (options + more + ["-m", "8"], before) for options, before in BOTH
        for more in (["--packet-size", "1280"], ["--packet-size", "129"], ["--classic"], ["-I", "--packet-size", "1279"])
    ] + [(["-T", "--raw", "--classic", "-m", "8"], [])]
    for run, packets in caught(lab, VALIDITY, traces):
        equal({"".join(packet) for packet in packets}, {"1"}, "checksums", run)


def test_sizes(lab):
    """A probe is as long as asked, or so much longer that its length tells its hop"""
    sizes = ["--packet-size", "300", "-m", "8"]
    traces = [(options + ["--method", method] + sizes, before) for options, before in BOTH for method in ("udp", "icmp")]
    for run, packets in caught(lab, ["ipv6.plen"], traces):
        slack = 63 if run.start["method"] == "udp" else 0
        lengths = [40 + int(each) for each, in packets]
        expect(300 <= min(lengths) and max(lengths) <= 300 + slack, f"{lengths}", run)
        told = sorted(reply["packet_bytes"] for reply in run.events("reply"))
        equal(told, sorted(lengths), "what JSON says", run)


def test_classic(lab):
    """With --classic the destination port counts on over UDP, and the source port over TCP"""
    traces = [(options + ["--classic", "-m", "8"], before) for options, before in BOTH]
    traces.append((["-T", "--raw", "--classic", "-m", "8"], []))
    *datagrams, (run, segments) = caught(lab, PORTS[:4], traces)
    equal(len({packet[2] for packet in segments}), 24, "source ports", run)
    equal({packet[3] for packet in segments}, {"80"}, "destination ports", run)
    for run, packets in datagrams:
        equal(sorted(int(packet[1]) for packet in packets), list(range(33434, 33434 + 24)), "destination ports", run)
        told = sorted(reply["destination_port"] for reply in run.events("reply"))
        equal(told, list(range(33434, 33434 + 24)), "what JSON says", run)


def test_fields(lab):
    """Traffic class, flow label, ports and pattern are on the wire as asked, on both paths"""
    traces = []
    for number, (options, before) in enumerate(BOTH):
        # A flow label stays taken for a while.
        traces.append((options + [
            "-Q", "0xb8", "-F", hex(0xABC20 + number), "--source-port", "40001", "-p", "40002", "--pattern", "abcd",
            "--packet-size", "200", "-m", "8",
        ], before))
    fields = ["ipv6.tclass", "ipv6.flow", "udp.srcport", "udp.dstport", "data.data"]
    for number, (run, packets) in enumerate(caught(lab, fields, traces)):
        wanted = (0xB8, 0xABC20 + number, 40001, 40002)
        equal({tuple(int(each, 0) for each in packet[:4]) for packet in packets}, {wanted}, "fields", run)
        start = run.start
        told = start["traffic_class"], start["flow_label"], start["source_port"], start["destination_port"]
        equal(told, wanted, "what JSON says", run)
        expect(all("abcd" * 40 in packet[4] for packet in packets), "pattern", packets)


def test_segments(lab):
    """A half-open SYN is never completed: nothing but SYN and what the kernel says to its answer leaves"""
    traces = [(["-T", "--raw", "-f", "29", "-m", "30"], [])]
    (run, packets), = caught(lab, ["tcp.flags", "tcp.len"], traces, 6, code=0)
    equal({tuple(int(each, 0) for each in packet) for packet in packets}, {(2, 0)}, "flags and lengths", run)
    equal({tuple(reply["tcp_flags"]) for reply in run.replies(30)}, {("syn", "ack")}, "what came back", run)


def test_same_seed(lab):
    """The same seed makes the same octets, another one others"""
    traces = [(["--raw", "--seed", seed, "--source-port", "40003", "-m", "8"], []) for seed in ("7", "7", "8")]
    first, second, other = (sorted(packets) for _, packets in caught(lab, ["ipv6.hlim", "data.data"], traces))
    equal(first, second, "the same seed")
    expect(first != other, "another seed")
