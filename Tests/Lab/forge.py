"""Neighbor discovery messages put together by hand, whole or broken on purpose, and mallory, who sends them.

Needs scapy. Frames are octets from the Ethernet header on.
"""

import socket
import struct
import threading
import time

import namespaces
from lab import Skip
from link import link_address

LINK = link_address(0xEE)
SOURCE = "fe80::bad"
ALL_NODES = "ff02::1"
SOLICITATION, ADVERTISEMENT, ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 135, 136, 133, 134


def needs_scapy():
    try:
        import scapy.layers.inet6  # noqa: F401
    except ImportError:
        raise Skip("needs scapy (python3-scapy)")


def packed(address):
    return socket.inet_pton(socket.AF_INET6, address)


def text(octets):
    return socket.inet_ntop(socket.AF_INET6, octets)


def option(kind, body=b"", length=None):
    """An option of this type; its length in units of eight octets is what its body needs where none is given."""
    body += bytes(-(len(body) + 2) % 8)
    return bytes([kind, (len(body) + 2) // 8 if length is None else length]) + body


def link_option(kind, link=LINK):
    return option(kind, bytes.fromhex(link.replace(":", "")))


def prefix_option(prefix, length=64, flags=0xC0, valid=7200, preferred=3600):
    return option(3, struct.pack("!BBIII", length, flags, valid, preferred, 0) + packed(prefix))


def mtu_option(mtu):
    return option(5, struct.pack("!HI", 0, mtu))


def route_option(prefix, length, preference=0, lifetime=1800, octets=16):
    return option(24, struct.pack("!BBI", length, preference << 3, lifetime) + packed(prefix)[:octets])


def servers_option(*addresses, lifetime=1200):
    return option(25, struct.pack("!HI", 0, lifetime) + b"".join(map(packed, addresses)))


def labels(name):
    return b"".join(bytes([len(each)]) + each for each in name.split(b".")) + b"\0"


def names_option(*names, lifetime=1200):
    return option(31, struct.pack("!HI", 0, lifetime) + b"".join(map(labels, names)))


def router_advertisement(*options, hop_limit=64, flags=0, lifetime=1800, reachable=0, retransmit=0, code=0):
    return struct.pack("!BBHBBHII", 134, code, 0, hop_limit, flags, lifetime, reachable, retransmit) + b"".join(options)


def neighbor_advertisement(target, *options, flags=0x60, code=0):
    return struct.pack("!BBHB3x", 136, code, 0, flags) + packed(target) + b"".join(options)


def neighbor_solicitation(target, *options, code=0):
    return struct.pack("!BBHI", 135, code, 0, 0) + packed(target) + b"".join(options)


def router_solicitation(*options, code=0):
    return struct.pack("!BBHI", 133, code, 0, 0) + b"".join(options)


def redirect(target, destination, *options, code=0):
    return struct.pack("!BBHI", 137, code, 0, 0) + packed(target) + packed(destination) + b"".join(options)


def multicast_link(destination):
    return "33:33:" + ":".join(f"{each:02x}" for each in packed(destination)[-4:])


def frame(message, source=SOURCE, destination=ALL_NODES, link=LINK, to_link=None, hop_limit=255, checksum=None,
          fragment=False):
    """A frame with this ICMPv6 message, its checksum made by scapy; `checksum` is added to the right one."""
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, in6_chksum
    from scapy.layers.l2 import Ether

    header = IPv6(src=source, dst=destination, hlim=hop_limit, nh=58)
    right = in6_chksum(58, header, message)
    if checksum:
        right = (right + checksum) & 0xFFFF
    message = message[:2] + struct.pack("!H", right) + message[4:]
    if fragment:
        header = IPv6(src=source, dst=destination, hlim=hop_limit) / IPv6ExtHdrFragment(nh=58, offset=0, m=0, id=7)
    to_link = to_link or (multicast_link(destination) if packed(destination)[0] == 0xFF else None)
    return bytes(Ether(src=link, dst=to_link or "ff:ff:ff:ff:ff:ff", type=0x86DD) / header / message)


class Asked:
    """A solicitation that mallory hears."""

    def __init__(self, octets):
        self.link = ":".join(f"{each:02x}" for each in octets[6:12])
        self.source, self.destination = text(octets[22:38]), text(octets[38:54])
        self.type = octets[54]
        self.target = text(octets[62:78]) if self.type == SOLICITATION and len(octets) >= 78 else None


class Mallory:
    """Sends frames, and answers solicitations as told, until `stop`."""

    def __init__(self, node="mallory", port="eth0"):
        needs_scapy()
        with namespaces.inside(node):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
            self.socket.bind((port, 0x86DD))
        self.socket.settimeout(0.1)
        self.answers, self.asked = {}, []
        self._stops = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def send(self, *frames):
        for each in frames:
            self.socket.send(each)

    def answer(self, target, make):
        """`make(asked)` gives the frames that answer a solicitation for `target`; None: a router solicitation."""
        self.answers[target] = make

    def advertise(self, target, *messages, **envelope):
        """Answers solicitations for `target` with these messages, to whoever asked."""
        def make(asked):
            destination = envelope.get("destination", asked.source if asked.source != "::" else ALL_NODES)
            more = {key: value for key, value in envelope.items() if key != "destination"}
            to_link = None if packed(destination)[0] == 0xFF else asked.link
            return [frame(each, **{"source": target, "destination": destination, "to_link": to_link} | more)
                    for each in messages]
        self.answer(target, make)

    def route(self, *messages, **envelope):
        """Answers router solicitations with these messages, to all nodes."""
        frames = [frame(each, **envelope) for each in messages]
        self.answer(None, lambda _: frames)

    def _serve(self):
        while not self._stops:
            try:
                octets, where = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            if where[2] == socket.PACKET_OUTGOING or len(octets) < 62 or octets[20] != 58:
                continue
            if octets[54] not in (SOLICITATION, ROUTER_SOLICITATION):
                continue
            asked = Asked(octets)
            make = self.answers.get(asked.target)
            if make:
                self.asked.append(asked)
                self.send(*make(asked))

    def stop(self):
        self._stops = True
        self._thread.join()
        self.socket.close()


def checksum(source, destination, message):
    """RFC 4443 section 2.3: over the pseudo-header and the message, of an even number of octets."""
    total = sum(struct.unpack("!16H", source + destination)) + len(message) + 58
    total += sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def many_routers(count):
    """Frames of so many routers, each with its own address, link-layer address and prefix. Made without scapy, which
    needs a millisecond for each."""
    destination, frames = packed(ALL_NODES), []
    for number in range(count):
        link = struct.pack("!HI", 0x0200, 0x77000000 + number)
        source = packed("fe80::77:0:0")[:12] + struct.pack("!I", number)
        message = router_advertisement(
            option(1, link), mtu_option(1500), prefix_option(f"fd77:{number >> 16:x}:{number & 0xffff:x}::"),
        )
        message = message[:2] + struct.pack("!H", checksum(source, destination, message)) + message[4:]
        header = struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + source + destination
        frames.append(bytes.fromhex("333300000001") + link + b"\x86\xdd" + header + message)
    return frames


def flood(frames, seconds, node="mallory", port="eth0"):
    """Sends these frames over and over as fast as it goes; how many left."""
    sent = 0
    with namespaces.inside(node), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
        link.bind((port, 0x86DD))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for each in frames[sent % len(frames):][:1000]:
                try:
                    link.send(each)
                except OSError:
                    continue  # no room in the device's queue just now
                sent += 1
    return sent
