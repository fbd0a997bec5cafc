"""What is on the wire: octets and header fields that the options ask for, as tcpdump catches and tshark reads them."""

import re

from lab import equal, expect

TARGET = "fd00:6::1"
BOTH_PATHS = (["--datagram"], ["--raw"])
QUICK = ["-i", "0.02", "-W", "1"]


def caught(lab, arguments, fields, count=3, target=TARGET, **more):
    """The run, and these fields of the `count` requests that it sent."""
    capture = lab.capture(count, f"dst host {target}", **more)
    run = lab.ping("-c", str(count), *QUICK, *arguments, target)
    capture.finish()
    return run, capture.fields(*fields)


def payloads(lab, arguments):
    _, packets = caught(lab, arguments, ["data.data"])
    return [bytes.fromhex(data) for data, in packets]


def test_field_options(lab):
    """Hop limit, traffic class, flow label and identifier are on the wire as asked, on both paths"""
    fields = ["ipv6.hlim", "ipv6.tclass", "ipv6.flow", "icmpv6.echo.identifier"]
    for number, path in enumerate(BOTH_PATHS):
        # A flow label stays taken for a while.
        label = 0xABC10 + number
        run, packets = caught(lab, [
            *path, "--hop-limit", "77", "--traffic-class", "0xb8", "--flow-label", hex(label), "--identifier", "4660",
        ], fields)
        run.counts(replied=3)
        for hop_limit, traffic_class, flow, identifier in packets:
            equal(
                (hop_limit, int(traffic_class, 0), int(flow, 0), int(identifier, 0)), ("77", 0xB8, label, 4660),
                "fields", packets,
            )
        start = run.events("start")[0]
        equal((start["identifier"], start["flow_label"]), (4660, label), "what JSON says", start)


def test_hop_limit_of_one(lab):
    """A hop limit of 1 leaves as 1 and ends at the first router, which says so"""
    for path in BOTH_PATHS:
        run, packets = caught(lab, [*path, "--hop-limit", "1"], ["ipv6.hlim"])
        equal(packets, [("1",)] * 3, "hop limits", run)
        run.counts(icmp_errors=3, replied=0)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"], event["from"]), (3, 0, "fd00:6:0:1::2"), "error", event)


def test_sequences(lab):
    """Sequences count from 1, one request each"""
    for path in BOTH_PATHS:
        _, packets = caught(lab, path, ["icmpv6.type", "icmpv6.code", "icmpv6.echo.sequence_number"], 5)
        equal(packets, [("128", "0", str(each)) for each in range(1, 6)], "requests")


def test_sizes(lab):
    """Payloads of 0 to 8000 octets leave and come back whole, fragmented where they must be"""
    for path in BOTH_PATHS:
        for size in (0, 8, 16, 1400):
            run, packets = caught(lab, [*path, "--size", str(size)], ["ipv6.plen"])
            run.counts(attempted=3, replied=3, corrupted=0)
            equal(packets, [(str(size + 8),)] * 3, "payload lengths", run)
            equal(run.events("start")[0]["payload_bytes"], size, "what JSON says", run)
            equal({event["bytes"] for event in run.events("reply")}, {size + 8}, "octets of the replies", run)
            expect(all(0 < each < 1_000_000_000 for each in run.round_trips()), "round trips", run)
            equal(len(run.round_trips()), 3, "round trips", run)
        # 8008 octets in fragments of at most 1448.
        capture = lab.capture(6)
        run = lab.ping(*path, "-c", "1", *QUICK, "--size", "8000", TARGET)
        capture.finish()
        run.counts(attempted=1, replied=1, corrupted=0)
        equal(len(run.round_trips()), 1, "round trips", run)
        equal(capture.fields("ipv6.reassembled.length", match="icmpv6"), [("8008",)], "reassembled", run)


def test_pattern(lab):
    """--pattern fills the payload but for the nonce at its start, and below 8 octets all of it"""
    for path in BOTH_PATHS:
        for data in payloads(lab, [*path, "--pattern", "ff00"]):
            equal(data[8:], bytes.fromhex("ff00") * 24, "payload after the nonce", data.hex())
        for data in payloads(lab, [*path, "--pattern", "c0ffee", "--size", "7"]):
            equal(data.hex(), "c0ffeec0ffeec0", "payload without a nonce")
    run = lab.ping("-c", "3", *QUICK, "--pattern", "ff00", TARGET)
    run.counts(replied=3, corrupted=0, rejected=0)


def test_seed(lab):
    """The same seed gives the same octets but for the time stamp, and another seed or none gives others"""
    for path in BOTH_PATHS:
        first, again, other = (
            [data[16:] for data in payloads(lab, [*path, "--seed", seed])] for seed in ("6", "6", "7")
        )
        equal(first, again, "payloads of the same seed")
        equal({len(data) for data in first}, {40}, "lengths after the stamp")
        unseeded = [data[16:] for data in payloads(lab, path)]
        unseeded_again = [data[16:] for data in payloads(lab, path)]
        everything = [data[:8] for data in first + other + unseeded + unseeded_again]
        equal(len(set(everything)), 12, "nonces, of which none came twice", everything)


def test_source(lab):
    """--source is the source of every packet, and replies come back to it"""
    lab.change("ip addr add fd00:6:0:1::77/64 dev uplink nodad", "ip addr del fd00:6:0:1::77/64 dev uplink")
    for path in BOTH_PATHS:
        for address in ("fd00:6:0:1::77", "fd00:6:0:1::1"):
            run, packets = caught(lab, [*path, "--source", address], ["ipv6.src"])
            run.counts(replied=3)
            equal(packets, [(address,)] * 3, "sources", run)
            equal(run.events("start")[0]["source"], address, "what JSON says", run)


def test_interface(lab):
    """--interface is where packets leave, even where the route goes elsewhere"""
    lab.change("ip link add aside type veth peer name aside netns target", "ip link del aside")
    lab.must("ip", "addr", "add", "fd00:6:c::1/64", "dev", "aside", "nodad")
    lab.must("ip", "link", "set", "aside", "up")
    lab.must("ip", "-n", "target", "link", "set", "aside", "up")
    lab.must("ip", "-6", "route", "add", f"{TARGET}/128", "dev", "aside", "metric", "4000")
    for path in BOTH_PATHS:
        run, packets = caught(lab, [*path, "--interface", "uplink"], ["ipv6.dst"])
        run.counts(replied=3)
        equal({event["source"] for event in run.events("reply")}, {TARGET}, "who answered", run)
        capture = lab.capture(1, "icmp6[icmp6type] == icmp6-neighborsolicit", "aside")
        run = lab.ping(*path, "-c", "1", "-W", "0.2", "--interface", "aside", TARGET)
        capture.finish()
        run.counts(replied=0)


def test_flow_label_that_is_taken(lab):
    """A flow label that another run holds is refused with the reason"""
    holder = lab.start_ping("--flow-label", "0xabcde", "-i", "0.1", TARGET)
    holder.wait_for('"event":"reply"')
    done = lab.run("probe6", "ping", "-c", "1", "--flow-label", "0xabcde", TARGET)
    equal(done.code, 3, "exit code", done)
    expect("--flow-label: another process has it" in done.err, "says why", done)


def test_mark(lab):
    """--mark is what policy routing sees"""
    lab.change("ip -6 rule add fwmark 42 unreachable", "ip -6 rule del fwmark 42 unreachable")
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "2", *QUICK, "--mark", "42", TARGET)
        run.counts(attempted=2, send_failed=2)
        run = lab.ping(*path, "-c", "2", *QUICK, "--mark", "0x2b", TARGET)
        run.counts(attempted=2, replied=2)


def test_path_mtu_discovery(lab):
    """--pmtud do fails with EMSGSIZE and the MTU where a packet is too large for the link; want fragments it"""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "2", *QUICK, "--pmtud", "do", "-s", "1453", TARGET)
        run.counts(attempted=2, sent=0, send_failed=2)
        for event in run.events("send_failed"):
            equal((event["error"], event.get("mtu")), ("EMSGSIZE", 1500), "errno and MTU", event)
        lab.ping(*path, "-c", "2", *QUICK, "--pmtud", "do", "-s", "1452", TARGET).counts(replied=2)
        lab.ping(*path, "-c", "2", *QUICK, "--pmtud", "want", "-s", "1453", TARGET).counts(replied=2)


COMBINATIONS = [
    "",
    "--size 0",
    "--size 1 --pattern a5",
    "--size 23",
    "--size 24 --seed 1",
    "--size 1452 --pmtud do",
    "--size 4000",
    "--size 56 --pattern 00ff00ff --traffic-class 255 --hop-limit 255",
    "--identifier 65535 --flow-label LABEL --size 1001",
    "--schedule burst:3 --user-to-user --mark 1",
    "--source fd00:6:0:1::1 --interface uplink --sticky-source",
    "--flood --size 100",
    "--probe eth0",
    "--probe a-name-of-17-chars",
    "--probe 4294967295",
    "--probe 192.0.2.1 --neighbor",
    "--probe 2001:db8::1",
    "--raw --node-info name",
    "--raw --node-info ipv4-all --node-info subject-name=host",
]


def test_tshark_finds_nothing_wrong(lab):
    """Whatever the options, tshark finds every checksum right and nothing malformed"""
    for options in COMBINATIONS:
        for label, path in enumerate(BOTH_PATHS if "--raw" not in options else ([],), 0xFFFFE):
            # A flow label stays taken for a while.
            arguments = [*path, *options.replace("LABEL", hex(label)).split()]
            fragments = 3 if "4000" in options else 1
            capture = lab.capture(3 * fragments)
            lab.ping("-c", "3", "-i", "0.02", "-W", "0.1", *arguments, TARGET)
            capture.finish()
            packets = capture.fields(
                "icmpv6.checksum.status", "_ws.malformed", "_ws.expert.message", match="icmpv6")
            equal(len(packets), 3, f"messages of {arguments}", packets)
            for status, malformed, expert in packets:
                # That no answer was seen in the capture is no fault of the request.
                expert = re.sub(r"No response seen to ICMPv6 request[^,]*,?", "", expert)
                equal((status, malformed, expert), ("1", "", ""), f"tshark's verdict on {arguments}")
