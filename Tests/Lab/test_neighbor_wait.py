"""The time that neighbor resolution takes is the host's, not the network's."""

import os
import select
import socket
import struct
import threading
import time

import namespaces
from forge import checksum
from lab import equal, expect

NEIGHBOR = "fd00:6:b::2"
MAC = bytes.fromhex("020000000b02")
SOLICITATION, ADVERTISEMENT = 135, 136


def advertisement(solicitation):
    """The frame that answers the frame of a solicitation (RFC 4861 section 4.4)."""
    target, asker = solicitation[62:78], solicitation[22:38]
    # Solicited and override; the link-layer address of the target as the option.
    message = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, 0x60000000) + target + b"\x02\x01" + MAC
    message = message[:2] + struct.pack("!H", checksum(target, asker, message)) + message[4:]
    header = struct.pack("!IHBB", 0x60000000, len(message), socket.IPPROTO_ICMPV6, 255) + target + asker
    return solicitation[6:12] + MAC + b"\x86\xdd" + header + message


class SlowNeighbor:
    """Answers the first solicitation for NEIGHBOR a second after it came."""

    def __init__(self):
        with namespaces.inside("target"):
            self.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
        self.link.bind(("slow", 0x86DD))
        self.end_of_it, self.told = os.pipe()
        self.waited = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        target = socket.inet_pton(socket.AF_INET6, NEIGHBOR)
        answer_at, frame = None, None
        while True:
            wait = None if answer_at is None else max(answer_at - time.monotonic(), 0)
            readable, _, _ = select.select([self.link, self.end_of_it], [], [], wait)
            if self.end_of_it in readable:
                return
            if answer_at is not None and time.monotonic() >= answer_at:
                self.waited.append(NEIGHBOR)
                self.link.send(advertisement(frame))
                answer_at = None
            if self.link in readable:
                octets = self.link.recv(2048)
                if len(octets) >= 78 and octets[54] == SOLICITATION and octets[62:78] == target and not answer_at:
                    answer_at, frame = time.monotonic() + 1, octets

    def stop(self):
        os.close(self.told)
        self.thread.join()
        os.close(self.end_of_it)
        self.link.close()


def test_slow_neighbor(lab):
    """A neighbor that answers solicitations after a second has small round trips, and the host waited"""
    lab.change("ip link add slow type veth peer name slow netns target", "ip link del slow")
    lab.must("ip", "-n", "target", "link", "set", "slow", "address", MAC.hex(":"))
    lab.must("ip", "addr", "add", "fd00:6:b::1/64", "dev", "slow", "nodad")
    lab.must("ip", "link", "set", "slow", "up")
    lab.must("ip", "-n", "target", "link", "set", "slow", "up")
    # AnyIP: the neighbor's kernel answers echo requests for the address, and no solicitation.
    lab.must("ip", "-n", "target", "route", "add", "local", f"{NEIGHBOR}/128", "dev", "lo")
    lab.undo.append(f"ip -n target route del local {NEIGHBOR}/128 dev lo")
    own = lab.must("ip", "-br", "link", "show", "dev", "slow").split()[2]
    lab.must("ip", "-n", "target", "route", "add", "fd00:6:b::/64", "dev", "slow")
    lab.must("ip", "-n", "target", "neigh", "replace", "fd00:6:b::1", "lladdr", own, "dev", "slow")
    neighbor = SlowNeighbor()
    try:
        for number, path in enumerate(("--datagram", "--raw"), 1):
            lab.must("ip", "-6", "neigh", "flush", "dev", "slow")
            run = lab.ping(path, "-c", "3", "-i", "0.02", "-W", "5", NEIGHBOR)
            run.counts(attempted=3, replied=3, lost=0)
            equal(len(neighbor.waited), number, "solicitations that were answered late", run)
            first = next(event for event in run.events("reply") if event["seq"] == 1)
            expect(first["rtt_ns"] < 100_000_000, "the round trip is the network's", run)
            expect(0.9e9 < first["host_tx_ns"] < 2e9, "the wait is the host's", run)
            expect(first["rtt_source"] != "user", "measured from the transmit stamp", run)
    finally:
        neighbor.stop()
