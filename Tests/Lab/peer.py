"""The other end of the lab: answers echo requests and other questions as their destination tells it to, and names.

`serve_echo` answers for fd00:6:f::MODE:N; `serve_names` is a name server. Content and counts are exact; only
`delay` and `swap` say anything about time. Python 3 standard library only.
"""

import heapq
import ipaddress
import pathlib
import select
import socket
import struct
import time

ICMP6_FILTER = 1
IPV6_FREEBIND = 78
ECHO_REQUEST, ECHO_REPLY = 128, 129
NODE_QUERY, NODE_REPLY = 139, 140
EXTENDED_REQUEST, EXTENDED_REPLY = 160, 161
ELSEWHERE = ipaddress.IPv6Address("fd00:6:f::bad").packed


class Request:
    """One echo request: who asked whom, and the octets after the ICMPv6 header's first four."""

    def __init__(self, octets, asker, asked):
        self.octets, self.asker, self.asked = octets, asker, asked
        self.identifier, self.sequence = struct.unpack_from("!HH", octets, 4)
        self.payload = octets[8:]

    def reply(self, identifier=None, sequence=None, payload=None):
        return struct.pack(
            "!BBHHH", ECHO_REPLY, 0, 0,
            self.identifier if identifier is None else identifier & 0xFFFF,
            self.sequence if sequence is None else sequence & 0xFFFF,
        ) + (self.payload if payload is None else payload)

    def quoted(self, payload=None, identifier=None, to=None):
        """The request as a router would quote it: IPv6 header and message."""
        message = struct.pack(
            "!BBHHH", ECHO_REQUEST, 0, struct.unpack_from("!H", self.octets, 2)[0],
            self.identifier if identifier is None else identifier & 0xFFFF, self.sequence,
        ) + (self.payload if payload is None else payload)
        asker = ipaddress.IPv6Address(self.asker[0].split("%")[0]).packed
        header = struct.pack("!IHBB", 0x60000000, len(message), socket.IPPROTO_ICMPV6, 61)
        return (header + asker + (to or self.asked) + message)[:1232]


def error(type_and_code, quote, info=0):
    return struct.pack("!BBHI", type_and_code >> 8, type_and_code & 0xFF, 0, info) + quote


def flipped(payload, offset):
    if offset >= len(payload):
        return payload
    return payload[:offset] + bytes([payload[offset] ^ 0xFF]) + payload[offset + 1:]


# Each mode maps (request, n, how many requests came to this address before) to a list of
# (delay in seconds, source address or None for the address asked, ICMPv6 message).

def _plain(request, n, earlier):
    return [(0, None, request.reply())]


def _delay(request, n, earlier):
    return [(n / 1000, None, request.reply())]


def _copies(request, n, earlier):
    return [(0, None, request.reply())] * (1 + n)


def _unsent(request, n, earlier):
    return [(0, None, request.reply(sequence=request.sequence + n)), (0, None, request.reply())]


def _stamp(request, n, earlier):
    octets = {0: bytes(16), 1: b"\xff" * 16}.get(n, b"\x7f" + b"\xff" * 7 + b"\x00" * 8)
    return [(0, None, request.reply(payload=octets + request.payload[16:]))]


def _elsewhere(request, n, earlier):
    return [(0, ELSEWHERE, request.reply())] + ([(0, None, request.reply())] if n else [])


def _identifier(request, n, earlier):
    return [(0, None, request.reply(identifier=request.identifier + 1 + i)) for i in range(n)] + [
        (0, None, request.reply())
    ]


def _flip(request, n, earlier):
    return [(0, None, request.reply(payload=flipped(request.payload, n)))]


def _truncate(request, n, earlier):
    return [(0, None, request.reply(payload=request.payload[:n]))]


def _extend(request, n, earlier):
    return [(0, None, request.reply(payload=request.payload + b"\xa5" * n))]


def _short(request, n, earlier):
    return [(0, None, request.reply()[:max(n, 4)]), (0, None, request.reply())]


def _drop(request, n, earlier):
    return [] if n and earlier % n == n - 1 else [(0, None, request.reply())]


def _error(request, n, earlier):
    return [(0, None, error(n, request.quoted()))]


def _foreign_quote(request, n, earlier):
    return [
        (0, None, error(n, request.quoted(identifier=request.identifier + 1))),
        (0, None, error(n, request.quoted(payload=bytes(len(request.payload))))),
        (0, None, error(n, request.quoted(to=ELSEWHERE))),
        (0, None, request.reply()),
    ]


def _error_and_reply(request, n, earlier):
    return [(0, None, error(n, request.quoted())), (0, None, request.reply())]


def _short_quote(request, n, earlier):
    return [(0, None, error(0x0300, request.quoted()[:n])), (0, None, request.reply())]


def _garbage(request, n, earlier):
    noise = bytes((request.sequence * 7 + i * 13) & 0xFF for i in range(len(request.payload)))
    return [(0, None, request.reply(payload=noise))] * n + [(0, None, request.reply())]


def _too_big(request, n, earlier):
    return [(0, None, error(0x0200, request.quoted(), info=n))]


def _parameter(request, n, earlier):
    return [(0, None, error(0x0400 | n >> 8, request.quoted(), info=n & 0xFF))]


def _error_first(request, n, earlier):
    return [(0, None, error(0x0100, request.quoted()) if earlier < n else request.reply())]


# RFC 4620: what the node says of itself, each with a time to live of 0.
NODE_NAMES = b"\0\0\0\0\x04peer\x03lab\0\x05other\x04peer\x03lab\0"
NODE_ADDRESSES = ["fd00:6:f::1", "fe80::1"]
QUERY_NAME, QUERY_IPV6, QUERY_IPV4 = 2, 3, 4


def _node_information(request, n, earlier):
    kind, flags = struct.unpack_from("!HH", request.octets, 4)
    data = {
        QUERY_NAME: NODE_NAMES,
        QUERY_IPV6: b"".join(bytes(4) + ipaddress.IPv6Address(each).packed for each in NODE_ADDRESSES),
        QUERY_IPV4: bytes(4) + bytes([192, 0, 2, 7]),
    }.get(kind, b"")
    code, nonce = 0, request.octets[8:16]
    if n in (1, 2, 0x55):
        code, data = n, b""
    elif n == 4:
        data = data[:7]
    elif n == 5:
        data = bytes(4) + bytes([len(EVIL_NAME)]) + EVIL_NAME + b"\0"
    elif n == 6:
        nonce = bytes(8)
    return [(0, None, struct.pack("!BBHHH", NODE_REPLY, code, 0, kind, flags) + nonce + data)]


def _extended(request, n, earlier):
    return [(0, None, struct.pack(
        "!BBHHBB", EXTENDED_REPLY, n >> 8, 0, request.identifier, request.sequence >> 8, n & 0xFF
    ))]


MODES = {
    0x1: (_plain, "answers"),
    0x2: (_delay, "answers after N ms"),
    0x3: (None, "answers in pairs, the second request first"),
    0x4: (_copies, "answers, and N times more"),
    0x5: (_unsent, "first answers a sequence N higher than asked, then truly"),
    0x6: (_stamp, "answers with the first 16 payload octets 0 (N=0), ff (1), far in the future (2)"),
    0x7: (_elsewhere, "answers from fd00:6:f::bad; with N=1 truly as well"),
    0x8: (_identifier, "first answers with N other identifiers, then truly"),
    0x9: (_flip, "answers with payload octet N inverted"),
    0xA: (_truncate, "answers with N octets of the payload only"),
    0xB: (_extend, "answers with N octets more than asked"),
    0xC: (_short, "first answers with N octets of ICMPv6 (4 to 7), then truly"),
    0xD: (_drop, "answers, but to every Nth"),
    0xE: (_error, "answers with the ICMPv6 error of type N>>8 and code N&ff"),
    0xF: (_foreign_quote, "first sends three such errors that quote other packets, then answers"),
    0x10: (_error_and_reply, "first sends such an error, then answers"),
    0x11: (_short_quote, "first sends an error that quotes N octets only, then answers"),
    0x12: (_garbage, "first answers N times with another payload, then truly"),
    0x13: (_too_big, "answers with packet too big, mtu N"),
    0x14: (_parameter, "answers with parameter problem, code N>>8, pointer N&ff"),
    0x15: (_plain, "answers with hop limit N"),
    0x16: (_error_first, "answers the first N with no route, the others truly"),
    0x20: (_node_information, "node information as asked (N=0), refused (1), unknown query (2), code 55 (55), cut "
           "short (4), a hostile name (5), another nonce (6)"),
    0x21: (_extended, "extended echo with code N>>8 and last octet N&ff"),
}


# What each mode answers to where it is no echo request.
ASKING = {None: ECHO_REQUEST, 0x20: NODE_QUERY, 0x21: EXTENDED_REQUEST}


def serve_echo(ready):
    """Answers for fd00:6:f::MODE:N until killed."""
    link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    passes = bytearray(b"\xff" * 32)
    for asking in ASKING.values():
        passes[asking // 8] &= ~(1 << asking % 8)  # little-endian words: the same bit in any case
    link.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(passes))
    link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    link.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    ready()
    due, order, earlier, held = [], 0, {}, {}

    def send(asker, source, message, hop_limit=None):
        ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source + struct.pack("@I", 0))]
        if hop_limit is not None:
            ancillary.append((socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("@i", hop_limit)))
        try:
            link.sendmsg([message], ancillary, 0, (asker[0], 0, 0, 0))
        except OSError:
            pass  # a message that the kernel will not send is a reply that does not come

    while True:
        wait = max(due[0][0] - time.monotonic(), 0) if due else None
        readable, _, _ = select.select([link], [], [], wait)
        while due and due[0][0] <= time.monotonic():
            _, _, asker, source, message = heapq.heappop(due)
            send(asker, source, message)
        if not readable:
            continue
        octets, ancillary, _, asker = link.recvmsg(65535 + 8, 256)
        asked = next(data[:16] for level, kind, data in ancillary if kind == socket.IPV6_PKTINFO)
        mode, n = struct.unpack_from("!HH", asked, 12)
        if len(octets) < 8 or mode not in MODES or octets[0] != ASKING.get(mode, ECHO_REQUEST):
            continue
        request = Request(octets, asker, asked)
        stream = (asked, request.identifier, asker[0])
        count = earlier.get(stream, 0)
        earlier[stream] = count + 1
        if mode == 0x3:
            if stream in held:
                send(asker, asked, request.reply())
                send(asker, asked, held.pop(stream))
            else:
                held[stream] = request.reply()
            continue
        for delay, source, message in MODES[mode][0](request, n, count):
            if delay:
                order += 1
                heapq.heappush(due, (time.monotonic() + delay, order, asker, source or asked, message))
            else:
                send(asker, source or asked, message, n if mode == 0x15 else None)


# What a name may hold that a terminal must never see: ESC, BEL, CSI, OSC, C1, a bidirectional override.
EVIL_NAME = b"\x1b[31m\x1b]0;owned\x07\x9b1m\xc2\x9b2m\xe2\x80\xaex"
EVIL_LABEL = EVIL_NAME + b"\0"


def _labels(name):
    return b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"


def _pointer(address):
    return (ipaddress.IPv6Address(address).reverse_pointer).encode()


ADDRESSES = {
    b"target.lab": ["fd00:6::1"],
    b"escapes.lab": ["fd00:6::bad"],
    b"two.lab": ["fd00:6::1", "fd00:6::2"],
    b"both.lab": ["fd00:6::1", "fd00:6::6"],
    b"loss.lab": ["fd00:6::2"],
    b"quiet.lab": ["fd00:6::5"],
}
NAMES = {
    _pointer("fd00:6::1"): _labels(b"target.lab"),
    _pointer("fd00:6::2"): _labels(b"loss.lab"),
    _pointer("fd00:6::bad"): bytes([len(EVIL_LABEL)]) + EVIL_LABEL + _labels(b"lab"),
}
V4_ONLY = b"v4only.lab"
# Its addresses are the lines of a file that a test writes; without the file there is no such name.
MOVING = b"moving.lab"
MOVING_FILE = pathlib.Path("/run/lab/moving.lab")
SILENT = b"silent.lab"
AAAA, A, PTR, CNAME = 28, 1, 12, 5


def _moving():
    try:
        return MOVING_FILE.read_text().split()
    except FileNotFoundError:
        return []


def _answer(query):
    """The response to a DNS query (RFC 1035 section 4), or None for silence."""
    identifier, = struct.unpack_from("!H", query)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    name = b".".join(labels).lower()
    kind, = struct.unpack_from("!H", query, at + 1)
    question = query[12:at + 5]
    if name == SILENT or name.endswith(b"." + SILENT):
        return None
    answers = []
    addresses = _moving() if name == MOVING else ADDRESSES.get(name)
    if kind == AAAA and addresses:
        answers = [(AAAA, ipaddress.IPv6Address(each).packed) for each in addresses]
    elif kind == A and name == V4_ONLY:
        answers = [(A, bytes([192, 0, 2, 1]))]
    elif kind == PTR and name in NAMES:
        answers = [(PTR, NAMES[name])]
    known = answers or addresses or name == V4_ONLY or name in NAMES
    flags = 0x8580 | (0 if known else 3)
    records = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data for kind, data in answers
    )
    return struct.pack("!HHHHHH", identifier, flags, 1, len(answers), 0, 0) + question + records


def serve_names(ready):
    """A name server on fd00:6::53 until killed."""
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(("fd00:6::53", 53))
    ready()
    while True:
        query, asker = server.recvfrom(4096)
        try:
            response = _answer(query)
        except (IndexError, struct.error):
            continue
        if response:
            server.sendto(response, asker)
