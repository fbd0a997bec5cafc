#!/usr/bin/env python3
"""Judge probe6's RIPE Atlas results by RIPE's own parser, ripe.atlas.sagan from PyPI.

usage: check_atlas.py RESULTS.ndjson

The first line is a calm trace of which is known here what it says; all others have every kind of answer and hostile
octets, and must be read without a malformation: traces, and pings behind them. Prints "N passed, N failed"; exits 1
where any failed.
"""
import json
import sys

from ripe.atlas.sagan import PingResult, Result, TracerouteResult

passed = failed = 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def read(line):
    # What a router says is no error of the result; a result that is not understood is.
    return Result.get(line, on_error=Result.ACTION_IGNORE, on_malformation=Result.ACTION_FAIL)


def check_any(number, line):
    raw = json.loads(line)
    try:
        result = read(line)
    except Exception as error:  # whatever the parser throws
        check(False, f"line {number} is read: {error!r} in {line[:300]}")
        return
    if raw["type"] == "ping":
        check_ping(number, raw, result)
        return
    check(isinstance(result, TracerouteResult), f"line {number} is a traceroute")
    check(not result.is_malformed, f"line {number} is not malformed")
    check(result.af == 6, f"line {number}: address family")
    check(result.protocol in ("UDP", "ICMP", "TCP"), f"line {number}: protocol")
    check(result.destination_address == raw["dst_addr"], f"line {number}: destination")
    check(result.end_time >= result.created, f"line {number} ends after its start")
    check(result.total_hops == len(raw["result"]), f"line {number}: hops")
    for hop, raw_hop in zip(result.hops, raw["result"]):
        check(hop.index == raw_hop["hop"], f"line {number}: hop {raw_hop['hop']}")
        entries = [entry for entry in raw_hop["result"] if "late" not in entry]
        check(len(hop.packets) == len(entries), f"line {number}: packets of hop {hop.index}")
        for packet, entry in zip(hop.packets, entries):
            check(packet.origin == entry.get("from"), f"line {number}: from")
            rtt = entry.get("rtt")
            check(packet.rtt == rtt or abs(packet.rtt - rtt) < 0.001, f"line {number}: rtt {rtt} read as {packet.rtt}")
            check(packet.ttl == entry.get("ttl"), f"line {number}: ttl")
            check(packet.mtu == entry.get("mtu"), f"line {number}: mtu")
            check(packet.is_error == ("err" in entry), f"line {number}: err")
            header = packet.icmp_header
            check((header is None) == ("icmpext" not in entry), f"line {number}: extensions")
            if header is not None:
                check(header.version == 2, f"line {number}: version of the extension structure")
                for item in header.objects:
                    check({"class", "type"} <= set(item), f"line {number}: an object has class and type")


def check_ping(number, raw, result):
    check(isinstance(result, PingResult), f"line {number} is a ping")
    check(not result.is_malformed, f"line {number} is not malformed")
    check(result.af == 6, f"line {number}: address family")
    check(result.protocol in ("UDP", "ICMP", "TCP"), f"line {number}: protocol")
    check(result.destination_name == raw["dst_name"], f"line {number}: name of the destination")
    check(result.destination_address == raw.get("dst_addr"), f"line {number}: destination")
    items = raw["result"]
    own = [item for item in items if "dup" not in item]
    times = [item["rtt"] for item in own if "rtt" in item]
    check(result.packets_sent == len(own), f"line {number}: sent")
    check(result.packets_received == len(times), f"line {number}: received")
    check(result.duplicates == len(items) - len(own), f"line {number}: duplicates")
    check(len(result.packets) == len(items), f"line {number}: an entry for each answer")
    for value, wanted in ((result.rtt_min, min), (result.rtt_max, max)):
        check(value == (round(wanted(times), 3) if times else None), f"line {number}: {wanted.__name__} {value}")
    mean = sum(times) / len(times) if times else None
    check(result.rtt_average == mean or abs(result.rtt_average - mean) <= 0.001, f"line {number}: mean")


def check_calm(line):
    result = read(line)
    check(result.protocol == "UDP", "protocol")
    check(result.paris_id == 1, "one flow")
    check(result.firmware == 5080, "firmware")
    check(result.source_address == "2001:db8:1::100", "source")
    check(result.destination_name == "host.example", "name of the destination")
    check(result.total_hops == 4 and [hop.index for hop in result.hops] == [1, 2, 3, 4], "hops")
    check(result.ip_path[0] == ["2001:db8:1::1"] * 3, "path")
    check(result.ip_path[1] == [None] * 3, "silence")
    check(result.destination_ip_responded and result.last_hop_responded and result.is_success, "reached")
    check(result.last_median_rtt == 4.01, f"round trip {result.last_median_rtt}")
    packets = result.hops[2].packets
    check(packets[0].is_error and packets[0].error_message == "Administratively prohibited", "error")
    labels = packets[1].icmp_header.objects[0]
    check(labels == {"class": 1, "type": 1, "mpls": [{"exp": 1, "label": 24001, "s": 1, "ttl": 2}]}, "labels")
    late = [entry for entry in json.loads(line)["result"][2]["result"] if "late" in entry]
    check(len(late) == 1 and "rtt" not in late[0], "a late answer has no round trip")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().split("\n")
    check(lines.pop() == "", "the last line is complete")
    check(len(lines) > 4, "there are several results")
    check_calm(lines[0])
    check({json.loads(line)["type"] for line in lines} == {"traceroute", "ping"}, "there are traces and pings")
    for number, line in enumerate(lines, 1):
        check_any(number, line)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
