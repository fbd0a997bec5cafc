"""A path that is a program: every frame that comes by one interface is a probe, and MODE says how hops answer.

emulator.py INTERFACE LOG. A probe to fd00:33:MODE:N::HOPS (hexadecimal, but HOPS as in `hops 12`: decimal) goes along
routers fd00:34::1, fd00:34::2 ... (decimal), and the destination itself is the last of so many hops. Content and counts
are exact; the log, one JSON object for each answer, says how late it really was. Python 3 standard library only.
"""

import fcntl
import heapq
import ipaddress
import json
import select
import socket
import struct
import sys
import time

ICMP, TCP, UDP = 58, 6, 17
EXCEEDED, UNREACHABLE, TOO_BIG = 0x0300, 0x0104, 0x0200
OPEN_PORT, ECHO_PORT = 80, 7
SO_TIMESTAMPNS = 35


def packed(text):
    return ipaddress.IPv6Address(text).packed


def router(hop, other=0):
    return f"fd00:34::{hop}" if not other else f"fd00:34:0:{other}::{hop}"


def destination(mode, n=0, hops=5):
    return str(ipaddress.IPv6Address(f"fd00:33:{mode:x}:{n:x}::{hops}"))


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source, target, protocol, message, at, hop_limit=64, traffic_class=0):
    """An IPv6 packet whose message has its checksum, `at` octets in, filled in."""
    message = message[:at] + b"\0\0" + message[at + 2:]
    total = checksum(source + target + struct.pack("!II", len(message), protocol) + message)
    if protocol == UDP and total == 0:
        total = 0xFFFF
    message = message[:at] + struct.pack("!H", total) + message[at + 2:]
    return struct.pack("!IHBB", 6 << 28 | traffic_class << 20, len(message), protocol, hop_limit) + source + target \
        + message


def extension_object(class_number, kind, data, length=None):
    return struct.pack("!HBB", 4 + len(data) if length is None else length, class_number, kind) + data


def labels(*entries):
    """RFC 4950: (label, traffic class, time to live), the last at the bottom."""
    return extension_object(1, 1, b"".join(
        struct.pack("!I", label << 12 | traffic_class << 9 | (number == len(entries) - 1) << 8 | lifetime)
        for number, (label, traffic_class, lifetime) in enumerate(entries)
    ))


def interface(index, address, name, mtu):
    """RFC 5837, incoming."""
    octets = name.encode()
    octets = bytes([(1 + len(octets) + 3) // 4 * 4]) + octets
    octets += bytes(-len(octets) % 4)
    return extension_object(2, 0x0F, struct.pack("!IHH", index, 2, 0) + packed(address) + octets
                            + struct.pack("!I", mtu))


def structure(objects, version=2, is_damaged=False):
    """RFC 4884 section 7: header, then objects."""
    header = struct.pack("!BBH", version << 4, 0, 0)
    total = checksum(header + objects) ^ (0x5555 if is_damaged else 0)
    return struct.pack("!BBH", version << 4, 0, total or 0xFFFF) + objects


# What hop I adds in modes 3 and 4, from hop 1 on; later hops as the last.
EXTENSIONS = [
    labels((100, 0, 1)),
    labels((0xFFFFF, 7, 254), (17, 1, 255)),
    interface(7, "fd00:34::3", "ge-0/0/3", 9000),
    extension_object(200, 7, b"\xde\xad\xbe\xef"),
    labels((5, 0, 5)) + interface(9, "fd00:34::5", "eth0", 1500),
]


class Probe:
    def __init__(self, octets):
        self.octets = octets
        self.word, self.length, self.protocol, self.hop_limit = struct.unpack_from("!IHBB", octets)
        self.source, self.target = octets[8:24], octets[24:40]
        self.mode, self.n = struct.unpack_from("!HH", octets, 28)
        self.hops = int(f"{struct.unpack_from('!H', octets, 38)[0]:x}")
        self.message = octets[40:]
        self.is_answerable = len(self.message) >= 8 and (
            self.protocol == UDP
            or self.protocol == ICMP and self.message[0] == 128
            or self.protocol == TCP and len(self.message) >= 20 and self.message[13] & 0x12 == 0x02
        )

    @property
    def hop(self):
        """Which hop it reaches."""
        return min(self.hop_limit, self.hops)

    @property
    def has_arrived(self):
        return self.hop_limit >= self.hops

    @property
    def router(self):
        return packed(router(self.hop))

    def quoted(self, **changes):
        """The probe as a router sees it when it drops it, with these header or message fields changed."""
        octets = bytearray(self.octets)
        octets[7] = changes.pop("hop_limit", 1)
        for name, value in changes.items():
            if name == "traffic_class":
                struct.pack_into("!I", octets, 0, self.word & ~(0xFF << 20) | value << 20)
            elif name == "flow_label":
                struct.pack_into("!I", octets, 0, self.word & ~0xFFFFF | value)
            elif name == "length":
                struct.pack_into("!H", octets, 4, value)
            elif name == "source":
                octets[8:24] = value
            elif name == "target":
                octets[24:40] = value
            else:  # so many octets into the message
                struct.pack_into("!H", octets, 40 + int(name[2:]), value)
        return bytes(octets)

    def field(self, at):
        return struct.unpack_from("!H", self.message, at)[0]

    def error(self, kind, quote=None, info=0, source=None, tail=b"", hop_limit=64):
        quote = self.quoted() if quote is None else quote
        # RFC 4443 section 2.4 (c): no error is longer than the minimum MTU.
        body = quote[:1232 - len(tail)] + tail
        message = struct.pack("!BBHI", kind >> 8, kind & 0xFF, 0, info) + body
        return packet(source or (self.target if self.has_arrived else self.router), self.source, ICMP, message, 2,
                      hop_limit)

    def extended(self, extension, is_legacy=False, words=None, quote=None):
        """A time exceeded with an extension structure behind a quote of whole 8 octets, or of 128 and unsaid."""
        quote = self.quoted() if quote is None else quote
        if is_legacy:
            quote = quote[:128].ljust(128, b"\0")
        else:
            quote = quote[:(1232 - len(extension)) // 8 * 8]
            quote = quote.ljust(max(128, (len(quote) + 7) // 8 * 8), b"\0")
        length = 0 if is_legacy else (len(quote) // 8 if words is None else words)
        return self.error(EXCEEDED, quote, info=length << 24, tail=extension)

    def arrival(self, source=None, acknowledged=0):
        """What the target answers."""
        source = source or self.target
        if self.protocol == ICMP:
            return packet(source, self.source, ICMP, b"\x81\0" + self.message[2:], 2)
        if self.protocol == TCP:
            mine, theirs, sequence = struct.unpack_from("!HHI", self.message)
            flags, window = (0x12, 65535) if theirs == OPEN_PORT else (0x14, 0)
            return packet(source, self.source, TCP, struct.pack(
                "!HHIIBBHHH", theirs, mine, 77 if flags == 0x12 else 0, sequence + 1 + acknowledged & 0xFFFFFFFF, 0x50,
                flags, window, 0, 0,
            ), 16)
        if self.field(2) == ECHO_PORT:
            mine, theirs, length = struct.unpack_from("!HHH", self.message)
            return packet(source, self.source, UDP, struct.pack("!HHHH", theirs, mine, length, 0) + self.message[8:], 6)
        return self.error(UNREACHABLE, source=source)

    def answer(self, **options):
        """What it truly gets."""
        return self.arrival() if self.has_arrived else self.error(EXCEEDED, **options)


# Each mode maps (probe, n, how many probes came to this hop before) to [(delay in seconds, packet)].

def _plain(probe, n, earlier):
    return [(0, probe.answer())]


def _delays(probe, n, earlier):
    return [(probe.hop * n / 1000, probe.answer())]


def _slow(probe, n, earlier):
    return [(n / 1000 if probe.hop == 2 else 0, probe.answer())]


def _extensions(probe, n, earlier, is_legacy=False):
    if probe.has_arrived:
        return [(0, probe.arrival())]
    objects = EXTENSIONS[min(probe.hop, len(EXTENSIONS)) - 1]
    return [(0, probe.extended(structure(objects), is_legacy))]


def _legacy(probe, n, earlier):
    return _extensions(probe, n, earlier, True)


def _cut(probe, n, earlier):
    return [(0, probe.arrival() if probe.has_arrived else probe.error(EXCEEDED, probe.quoted()[:n]))]


def _malformed(probe, n, earlier):
    good = labels((100, 0, 1))
    extension, words = {
        0: (structure(extension_object(1, 1, b"", 0)), None),
        1: (structure(extension_object(1, 1, b"\0\0\x11\x01", 400)), None),
        2: (structure(good, is_damaged=True), None),
        3: (structure(good, version=3), None),
        4: (structure(good), 255),
        5: (structure(b"")[:3], None),
        6: (structure(extension_object(1, 1, b"\0\0\x11")), None),
        7: (bytes(each * 37 & 0xFF for each in range(200)), None),
        8: (structure(good), 1),
    }[n]
    return [(0, probe.arrival() if probe.has_arrived else probe.extended(extension, words=words))]


ELSEWHERE = packed("fd00:34::bad")
# What mode 7 changes, by N.
REWRITES = {
    1: ("differentiated_services", lambda probe: {"traffic_class": (probe.word >> 20 & 0xFF) ^ 0xB8}),
    2: ("ecn", lambda probe: {"traffic_class": (probe.word >> 20 & 0xFF) ^ 0x01}),
    3: ("flow_label", lambda probe: {"flow_label": (probe.word & 0xFFFFF) ^ 0xABCDE}),
    4: ("source_port", lambda probe: {"at0": probe.field(0) ^ 0x0101}),
    5: ("destination_port", lambda probe: {"at2": probe.field(2) ^ 0x0101}),
    6: ("source", lambda probe: {"source": ELSEWHERE}),
    7: ("destination", lambda probe: {"target": ELSEWHERE}),
    8: ("length", lambda probe: {"length": probe.length + 8}),
    9: ("checksum", lambda probe: {
        {UDP: "at6", ICMP: "at2", TCP: "at16"}[probe.protocol]:
        probe.field({UDP: 6, ICMP: 2, TCP: 16}[probe.protocol]) ^ 0x1234
    }),
}


def _rewritten(probe, n, earlier):
    # From hop 3 on, as behind a middle box.
    if probe.has_arrived or probe.hop < 3:
        return [(0, probe.answer())]
    return [(0, probe.error(EXCEEDED, probe.quoted(**REWRITES[n][1](probe))))]


def _keyless(probe, fill=0xA5):
    """Everything that could hold a key is filled in, but ports, identifier and lengths are right."""
    octets = bytearray(probe.quoted())
    keyed = {UDP: 48, ICMP: 46, TCP: 44}[probe.protocol]
    end = 48 if probe.protocol == TCP else len(octets)
    octets[keyed:end] = bytes([fill]) * (end - keyed)
    return bytes(octets)


def _foreign(probe):
    """Another program's probe to the same destination."""
    octets = bytearray(_keyless(probe))
    at = 44 if probe.protocol == ICMP else 40
    octets[at] ^= 0x55
    octets[at + 1] ^= 0xAA
    return bytes(octets)


def _forged(probe, n, earlier):
    forgeries = {
        1: lambda: probe.error(EXCEEDED, _keyless(probe), source=ELSEWHERE),
        2: lambda: probe.error(EXCEEDED, _foreign(probe), source=ELSEWHERE),
        3: lambda: probe.error(UNREACHABLE, _keyless(probe), source=ELSEWHERE),
        4: lambda: (lambda good: good[:42] + bytes([good[42] ^ 0xFF]) + good[43:])(
            probe.error(EXCEEDED, source=ELSEWHERE)),
        5: lambda: probe.error(EXCEEDED, _keyless(probe, 0), source=ELSEWHERE),
    }
    return [(0, forgeries[n]()), (0, probe.answer())]


def _copies(probe, n, earlier):
    return [(0, probe.answer())] * (1 + n)


def _alternating(probe, n, earlier):
    if probe.has_arrived or probe.hop != 2:
        return [(0, probe.answer())]
    return [(0, probe.error(EXCEEDED, source=packed(router(2, earlier % 2))))]


def _ends(probe, n, earlier):
    if probe.hop_limit < 3:
        return [(0, probe.answer())]
    info = {2: 1280, 4: 6}.get(n >> 8, 0)
    return [(0, probe.error(n, source=packed(router(3)), info=info))]


def _first_only(probe, n, earlier):
    return [(0, probe.answer())] if earlier < n & 0xFF or probe.hop != 2 else []


def _too_big(probe, n, earlier):
    if probe.hop_limit >= 3 and len(probe.octets) > n:
        return [(0, probe.error(TOO_BIG, info=n, source=packed(router(3))))]
    return [(0, probe.answer())]


def _headers(probe, n, earlier):
    """The quote has extension headers: destination options, hop-by-hop and destination options, a fragment."""
    if probe.has_arrived:
        return [(0, probe.arrival())]
    chain = {1: [60], 2: [0, 60], 3: [44]}[n]
    inserted = b""
    for following in chain[1:] + [probe.protocol]:
        body = b"\0\0\x12\x34\x56\x78" if chain[len(inserted) // 8] == 44 else b"\x01\x04\0\0\0\0"
        inserted += bytes([following, 0]) + body
    whole = probe.quoted()
    quote = whole[:4] + struct.pack("!HB", probe.length + len(inserted), chain[0]) + whole[7:40] + inserted + whole[40:]
    return [(0, probe.error(EXCEEDED, quote))]


def _from_elsewhere(probe, n, earlier):
    return [(0, probe.arrival(ELSEWHERE) if probe.has_arrived else probe.error(EXCEEDED))]


def _hop_limit(probe, n, earlier):
    return [(0, probe.arrival() if probe.has_arrived else probe.error(EXCEEDED, hop_limit=n))]


def _forged_segment(probe, n, earlier):
    if probe.has_arrived and probe.protocol == TCP:
        return [(0, probe.arrival(acknowledged=1 + n)), (0.01, probe.arrival())]
    return [(0, probe.answer())]


def _quoted_hop_limit(probe, n, earlier):
    return [(0, probe.arrival() if probe.has_arrived else probe.error(EXCEEDED, probe.quoted(hop_limit=n)))]


def _dark(probe, n, earlier):
    return [] if probe.hop > n else [(0, probe.answer())]


MODES = {
    0x0: (_plain, "answers"),
    0x1: (_delays, "hop I after I x N ms"),
    0x2: (_slow, "hop 2 after N ms, the others at once"),
    0x3: (_extensions, "MPLS, interface and other extensions (RFC 4884)"),
    0x4: (_legacy, "the same behind 128 octets, without a length"),
    0x5: (_cut, "errors quote N octets"),
    0x6: (_malformed, "extension malformed in way N (0 to 8)"),
    0x7: (_rewritten, "from hop 3 on field N of the quoted packet is changed (1 to 9)"),
    0x8: (_forged, "first a forged error: no key (1), another flow (2), no key and unreachable (3), "
          "checksum (4), zeros for a key (5)"),
    0x9: (_copies, "answers, and N times more"),
    0xA: (_alternating, "hop 2 answers from two addresses in turn"),
    0xB: (_ends, "hop 3 answers with type N>>8, code N&ff"),
    0xC: (_first_only, "hop 2 answers the first N&ff probes only"),
    0xD: (_too_big, "hop 3 answers packets above N octets with packet too big"),
    0xE: (_headers, "quotes have extension headers in way N (1 to 3)"),
    0xF: (_from_elsewhere, "the destination answers from fd00:34::bad"),
    0x10: (_hop_limit, "errors have hop limit N"),
    0x11: (_forged_segment, "first a TCP answer that acknowledges another segment"),
    0x12: (_quoted_hop_limit, "quotes have hop limit N"),
    0x13: (_dark, "no hop after N answers"),
}


def _advertisement(octets, mac):
    """The answer to a neighbor solicitation, for whatever address (RFC 4861 section 4.4)."""
    asker, wanted = octets[8:24], octets[48:64]
    message = struct.pack("!BBHI", 136, 0, 0, 0xE0000000) + wanted + b"\x02\x01" + mac
    return packet(wanted, asker, ICMP, message, 2, hop_limit=255)


def emulate(name, log):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
    link.bind((name, 0x86DD))
    link.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    mac = fcntl.ioctl(link, 0x8927, struct.pack("16s24x", name.encode()))[18:24]  # SIOCGIFHWADDR
    print("ready", flush=True)
    due, order, earlier = [], 0, {}

    def send(asker, octets):
        link.send(asker + mac + b"\x86\xdd" + octets)

    while True:
        wait = max(due[0][0] - time.clock_gettime_ns(time.CLOCK_REALTIME), 0) / 1e9 if due else None
        readable, _, _ = select.select([link], [], [], wait)
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        while due and due[0][0] <= now:
            _, _, asker, octets, arrived, record = heapq.heappop(due)
            now = time.clock_gettime_ns(time.CLOCK_REALTIME)
            send(asker, octets)
            record["true_ns"] = now - arrived
            print(json.dumps(record), file=log, flush=True)
        if not readable:
            continue
        frame, ancillary, _, where = link.recvmsg(65535, 256)
        if where[2] == socket.PACKET_OUTGOING or len(frame) < 62:
            continue
        seconds, nanoseconds = next(struct.unpack("@qq", data) for _, kind, data in ancillary if kind == SO_TIMESTAMPNS)
        arrived = seconds * 1_000_000_000 + nanoseconds
        asker, octets = frame[6:12], frame[14:]
        if octets[6] == ICMP and octets[40] == 135 and len(octets) >= 64:
            send(asker, _advertisement(octets, mac))
            continue
        if octets[24:28] != b"\xfd\x00\x00\x33":
            continue
        probe = Probe(octets)
        if not probe.is_answerable or probe.mode not in MODES:
            continue
        key = (octets[8:40], probe.hop_limit)
        count = earlier.get(key, 0)
        earlier[key] = count + 1
        for delay, answer in MODES[probe.mode][0](probe, probe.n, count):
            order += 1
            record = {"to": str(ipaddress.IPv6Address(probe.target)), "hop_limit": probe.hop_limit, "n": count,
                      "delay_ns": int(delay * 1e9)}
            heapq.heappush(due, (arrived + int(delay * 1e9), order, asker, answer, arrived, record))


if __name__ == "__main__":
    emulate(sys.argv[1], open(sys.argv[2], "a"))
