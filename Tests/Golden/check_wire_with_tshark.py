#!/usr/bin/python3
"""Compares the codec with tshark and scapy, field by field. Exit 0 if all agree.

  check_wire_with_tshark.py          runs the unit test that writes the files, then compares
  check_wire_with_tshark.py FOLDER   compares files that are there already

FOLDER holds golden.fields and encoded.fields (what our decoders say, `name|key=value,value ...`, a line for
each packet) and encoded.pcap (what our encoders wrote). The golden packets themselves lie beside this script.
"""
import ipaddress
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6, _ICMPv6, in6_chksum

HERE = pathlib.Path(__file__).resolve().parent
STATUS = ("icmpv6.checksum.status", "udp.checksum.status", "tcp.checksum.status")
# What the malformed-packet machinery of tshark says; a quoted packet is often cut, and then it says so too.
FAULTS = ("_ws.malformed",)
# tshark 4.0 takes the whole message for the quote where the length field is zero, as in the legacy form.
LEGACY = ("icmp.",)
# Fields with a value that tshark shows in its own way.
DECODED_NAMES = ("icmpv6.ni.query.subject_fqdn", "icmpv6.ni.reply.node_name")

passed = failed = 0


def check(ok, what):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}")


def read_pcap(path):
    data = path.read_bytes()
    offset, packets = 24, []
    while offset < len(data):
        count = struct.unpack_from("<I", data, offset + 8)[0]
        packets.append(data[offset + 16:offset + 16 + count])
        offset += 16 + count
    return packets


def read_fields(path):
    lines = []
    for line in path.read_text().splitlines():
        name, rest = line.split("|", 1)
        pairs = (pair.split("=", 1) for pair in rest.split(" ") if pair)
        lines.append((name, {key: value.split(",") for key, value in pairs}))
    return lines


def known_fields():
    output = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    return {line.split("\t")[2] for line in output.splitlines() if line.startswith("F\t")}


def tshark(path, keys):
    """For each packet: field name to its values, in order."""
    # Ports of other protocols than ours must not make tshark dissect our payload: a quote is cut anyway.
    command = ["tshark", "-r", str(path), "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
               "-o", "ipv6.defragment:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE", "-T", "fields",
               "-E", "separator=\t", "-E", "aggregator=,", "-E", "occurrence=a"]
    for key in keys:
        command += ["-e", key]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    packets = []
    for line in output.split("\n")[:-1]:
        values = line.split("\t")
        packets.append({key: value.split(",") for key, value in zip(keys, values) if value})
    return packets


def normal(value):
    """One form for each number, address and flag."""
    if value in ("True", "False"):
        return int(value == "True")
    try:
        return int(value, 0)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return value.rstrip(".")


def compare(title, pcap, fields_path, is_ours, known):
    """All fields of our decoders against tshark, and the checksums."""
    ours = read_fields(fields_path)
    keys = sorted({key for _, fields in ours for key in fields if key in known})
    theirs = tshark(pcap, list(STATUS) + list(FAULTS) + keys)
    check(len(ours) == len(theirs), f"{title}: {len(ours)} packets here, {len(theirs)} in tshark")
    for (name, fields), shark in zip(ours, theirs):
        label = f"{title}: {name}"
        statuses = [value for key in STATUS for value in shark.get(key, [])[:1]]
        if any(key in fields for key in ("icmpv6.type", "udp.srcport", "tcp.srcport")):
            # The first is that of the packet itself; a quote that is cut has none, or 2 (unverified).
            check(statuses[:1] == ["1"], f"{label}: checksum status {statuses}")
        check("_ws.malformed" not in shark, f"{label}: malformed")
        for key, values in fields.items():
            if key not in known:
                check(False, f"{label}: tshark knows no {key}")
                continue
            if name.startswith("legacy") and key.startswith(LEGACY):
                continue
            check([normal(value) for value in values] == [normal(value) for value in shark.get(key, [])],
                  f"{label}: {key} is {values} here, {shark.get(key)} in tshark")
    if is_ours:
        check(len(ours) >= 40, f"{title}: only {len(ours)} packets")


def recompute(title, names, packets):
    """scapy must read each packet as the octets it is, and compute the checksum that it carries."""
    for name, octets in zip(names, packets):
        packet = IPv6(octets)
        check(bytes(packet) == octets, f"{title}: {name}: scapy reads it as something else")
        layer = packet
        while layer and not isinstance(layer, (TCP, UDP, _ICMPv6)):
            layer = layer.payload
        if not layer:
            # RFC 8335: scapy has no class for it, and leaves the message as octets.
            layer = packet.lastlayer()
            check(octets[40] in (160, 161), f"{title}: {name}: scapy sees no upper layer")
        number = {TCP: 6, UDP: 17}.get(type(layer), 58)
        place = {TCP: 16, UDP: 6}.get(type(layer), 2)
        message = bytearray(bytes(layer))
        carried = bytes(message[place:place + 2])
        message[place:place + 2] = b"\0\0"
        computed = in6_chksum(number, layer.underlayer, bytes(message))
        if number == 17 and computed == 0:
            computed = 0xFFFF
        check(carried == struct.pack(">H", computed), f"{title}: {name}: scapy computes {computed:#06x}")


def main():
    with tempfile.TemporaryDirectory() as temporary:
        if len(sys.argv) > 1:
            folder = pathlib.Path(sys.argv[1])
        else:
            folder = pathlib.Path(temporary)
            environment = dict(os.environ, PROBE6_GOLDEN_OUT=temporary)
            subprocess.run(["swift", "test", "--disable-xctest", "--filter", "GoldenPacketTests"],
                           cwd=HERE.parent.parent, env=environment, check=True, stdout=subprocess.DEVNULL)
        known = known_fields()
        compare("golden", HERE / "golden.pcap", folder / "golden.fields", False, known)
        compare("encoded", folder / "encoded.pcap", folder / "encoded.fields", True, known)
        names = [name for name, _ in read_fields(folder / "encoded.fields")]
        recompute("encoded", names, read_pcap(folder / "encoded.pcap"))
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
