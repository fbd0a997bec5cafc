#!/usr/bin/python3
"""Makes golden.txt and golden.pcap: packets built by scapy, and the fields they were built with.

The files are committed; the unit tests need neither scapy nor this script. Run it after adding a packet.
Field names are those of tshark; of several values the outermost comes first.
"""
import ipaddress
import pathlib
import struct
import sys

from scapy.layers.inet import ICMP, TCP, UDP  # noqa: F401
from scapy.layers.inet6 import (
    ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6NIQueryIPv6, ICMPv6NIQueryName,
    ICMPv6NIReplyIPv4, ICMPv6NIReplyIPv6, ICMPv6NIReplyName, ICMPv6NIReplyRefuse, ICMPv6NIReplyUnknown,
    ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, HAO, Jumbo, PadN,
    RouterAlert, ICMPv6MLDMultAddrRec, ICMPv6MLQuery, ICMPv6MLQuery2, ICMPv6MLReport, ICMPv6MLReport2, ICMPv6ND_NA,
    ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6ND_Redirect, ICMPv6NDOptAdvInterval, ICMPv6NDOptDNSSL,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptHAInfo, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS,
    ICMPv6NDOptRedirectedHdr, ICMPv6NDOptRouteInfo, ICMPv6NDOptSrcLLAddr)
from scapy.packet import Raw
from scapy.utils import checksum
from scapy.layers.inet6 import in6_chksum

A, B, C, D = "2001:db8::1", "2001:db8:0:1::2", "2001:db8:ffff::3", "fe80::1:2:3:4"
packets = []


def add(name, packet, **fields):
    """Keeps a packet with the fields it was built with; `__` in a keyword stands for a dot."""
    octets = bytes(packet)
    values = {key.replace("__", "."): value for key, value in fields.items()}
    packets.append((name, octets, values))


def with_checksum(source, destination, message, **header):
    """An IPv6 packet around an ICMPv6 message that scapy has no class for."""
    message = bytearray(message)
    message[2:4] = b"\0\0"
    packet = IPv6(src=source, dst=destination, nh=58, **header)
    message[2:4] = struct.pack(">H", in6_chksum(58, packet, bytes(message)))
    return packet / Raw(bytes(message))


def extension(*objects):
    """An RFC 4884 extension structure."""
    body = b"".join(struct.pack(">HBB", len(data) + 4, number, kind) + data for number, kind, data in objects)
    structure = b"\x20\0\0\0" + body
    return b"\x20\0" + struct.pack(">H", checksum(structure)) + body


def with_extension(quote, structure, type_=3, code=0, field=True, **header):
    """An error message with a padded quote and an extension structure behind it."""
    padded = quote.ljust(max(128, (len(quote) + 7) // 8 * 8), b"\0")
    first = bytes([type_, code, 0, 0, len(padded) // 8 if field else 0, 0, 0, 0])
    return with_checksum(C, A, first + padded + structure, **header)


# Plain messages.
for count in (0, 1, 56, 57, 1232):
    data = bytes(index & 0xFF for index in range(count))
    add(f"echo request {count}",
        IPv6(src=A, dst=B, tc=0xB8, fl=0xABCDE, hlim=64) / ICMPv6EchoRequest(id=0xBEEF, seq=0xFFFE, data=data),
        ipv6__src=A, ipv6__dst=B, ipv6__tclass=0xB8, ipv6__flow=0xABCDE, ipv6__hlim=64, ipv6__nxt=58,
        ipv6__plen=8 + count, icmpv6__type=128, icmpv6__code=0, icmpv6__echo__identifier=0xBEEF,
        icmpv6__echo__sequence_number=0xFFFE)
add("echo reply", IPv6(src=D, dst="ff02::1", hlim=255) / ICMPv6EchoReply(id=1, seq=2, data=b"x" * 31),
    ipv6__src=D, ipv6__dst="ff02::1", ipv6__hlim=255, icmpv6__type=129, icmpv6__echo__identifier=1,
    icmpv6__echo__sequence_number=2)
add("udp", IPv6(src=A, dst=B) / UDP(sport=50053, dport=33434) / Raw(b"probe6!"),
    udp__srcport=50053, udp__dstport=33434, udp__length=15, ipv6__nxt=17)
add("tcp syn", IPv6(src=A, dst=B) / TCP(
    sport=40000, dport=443, seq=0xDEADBEEF, flags="S", window=65535,
    options=[("MSS", 1440), ("SAckOK", b""), ("Timestamp", (123456789, 0)), ("NOP", None), ("WScale", 7)]),
    tcp__srcport=40000, tcp__dstport=443, tcp__seq_raw=0xDEADBEEF, tcp__ack_raw=0, tcp__flags=0x002,
    tcp__window_size_value=65535, tcp__hdr_len=40, tcp__options__mss_val=1440, tcp__options__wscale__shift=7,
    tcp__options__timestamp__tsval=123456789, tcp__options__timestamp__tsecr=0)
add("tcp data", IPv6(src=A, dst=B) / TCP(
    sport=1, dport=65535, seq=1, ack=0xFFFFFFFF, flags="PAUEC", window=1, urgptr=7,
    options=[("NOP", None), ("NOP", None), ("SAck", (1000, 2000, 3000, 4000))]) / Raw(b"odd"),
    tcp__srcport=1, tcp__dstport=65535, tcp__ack_raw=0xFFFFFFFF, tcp__flags=0x0F8, tcp__urgent_pointer=7,
    tcp__hdr_len=40, tcp__options__sack_le="1000,3000", tcp__options__sack_re="2000,4000")

# Extension headers.
add("hop-by-hop router alert", IPv6(src=D, dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(
    options=[RouterAlert(value=0), PadN(optdata=b"")]) / ICMPv6EchoRequest(id=7, seq=8),
    ipv6__nxt=0, ipv6__hopopts__nxt=58, ipv6__opt__router_alert=0, ipv6__opt__type="5,1",
    icmpv6__echo__identifier=7)
add("destination options", IPv6(src=A, dst=B) / IPv6ExtHdrDestOpt(
    options=[HAO(hoa=C)]) / UDP(sport=1, dport=2) / Raw(b"z"),
    ipv6__nxt=60, ipv6__dstopts__nxt=17, udp__srcport=1, udp__dstport=2)
add("minimum path MTU", IPv6(src=A, dst=B) / IPv6ExtHdrHopByHop(
    options=[PadN(otype=0x30, optlen=4, optdata=bytes.fromhex("05dc0501"))]) / UDP(sport=9, dport=10) / Raw(b"m"),
    ipv6__opt__pmtu__min=1500, ipv6__opt__pmtu__r_flag=1, udp__dstport=10)
add("routing type 0", IPv6(src=A, dst=B) / IPv6ExtHdrRouting(
    type=0, segleft=2, addresses=[C, "2001:db8::99"]) / ICMPv6EchoRequest(id=3, seq=4, data=b"route"),
    ipv6__nxt=43, ipv6__routing__type=0, ipv6__routing__segleft=2, ipv6__routing__src__addr=f"{C},2001:db8::99",
    icmpv6__echo__identifier=3)
add("routing type 0 at its end", IPv6(src=A, dst=B) / IPv6ExtHdrRouting(
    type=0, segleft=0, addresses=[C]) / UDP(sport=3, dport=4) / Raw(b"r"),
    ipv6__routing__segleft=0, udp__srcport=3)
add("routing type 2", IPv6(src=A, dst=B) / IPv6ExtHdrRouting(
    type=2, segleft=1, addresses=[C]) / UDP(sport=5, dport=6) / Raw(b"home"),
    ipv6__routing__type=2, ipv6__routing__segleft=1, ipv6__routing__mipv6__home_address=C, udp__srcport=5)
add("segment routing", IPv6(src=A, dst=B) / IPv6ExtHdrSegmentRouting(
    addresses=["2001:db8::a", "2001:db8::b", B], segleft=2, lastentry=2) / UDP(sport=7, dport=8) / Raw(b"srv6"),
    ipv6__routing__type=4, ipv6__routing__segleft=2,
    ipv6__routing__srh__addr=f"2001:db8::a,2001:db8::b,{B}", udp__srcport=7)
add("atomic fragment", IPv6(src=A, dst=B) / IPv6ExtHdrFragment(offset=0, m=0, id=0x12345678) /
    ICMPv6EchoRequest(id=5, seq=6, data=b"atomic"),
    ipv6__fraghdr__offset=0, ipv6__fraghdr__more=0, ipv6__fraghdr__ident=0x12345678, icmpv6__echo__identifier=5)
add("later fragment", IPv6(src=A, dst=B, nh=44) / IPv6ExtHdrFragment(nh=17, offset=181, m=1, id=0xCAFE) /
    Raw(b"f" * 16),
    ipv6__fraghdr__nxt=17, ipv6__fraghdr__offset=181, ipv6__fraghdr__more=1, ipv6__fraghdr__ident=0xCAFE)
add("no next header", IPv6(src=A, dst=B, nh=59, plen=0), ipv6__nxt=59, ipv6__plen=0)
add("three headers", IPv6(src=A, dst=B) / IPv6ExtHdrHopByHop(options=[RouterAlert(value=1)]) /
    IPv6ExtHdrRouting(type=0, segleft=0, addresses=[C]) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) /
    TCP(sport=11, dport=12, flags="A", seq=1, ack=2),
    ipv6__hopopts__nxt=43, ipv6__routing__segleft=0, ipv6__dstopts__nxt=6, tcp__srcport=11)
add("tunnel", IPv6(src=A, dst=B) / IPv6(src=C, dst=D, hlim=3) / ICMPv6EchoRequest(id=0x55, seq=0xAA),
    ipv6__src=f"{A},{C}", ipv6__dst=f"{B},{D}", ipv6__nxt="41,58", icmpv6__echo__identifier=0x55)

# Errors: every type and code, with quotes of each kind.
probe = IPv6(src=A, dst=B, hlim=1) / UDP(sport=0xC000, dport=33435) / Raw(b"trace me" * 4)
for code in range(10):
    add(f"destination unreachable {code}", IPv6(src=C, dst=A) / ICMPv6DestUnreach(code=code) / probe,
        icmpv6__type=1, icmpv6__code=code, ipv6__src=f"{C},{A}", ipv6__dst=f"{A},{B}", udp__srcport=0xC000,
        udp__dstport=33435)
echo = IPv6(src=A, dst=B, hlim=1) / ICMPv6EchoRequest(id=0x1234, seq=0x5678, data=b"d" * 24)
for code in (0, 1):
    add(f"time exceeded {code}", IPv6(src=C, dst=A) / ICMPv6TimeExceeded(code=code) / echo,
        icmpv6__type="3,128", icmpv6__code=f"{code},0", icmpv6__echo__identifier=0x1234,
        icmpv6__echo__sequence_number=0x5678)
add("packet too big", IPv6(src=C, dst=A) / ICMPv6PacketTooBig(mtu=1280) / Raw(bytes(
    IPv6(src=A, dst=B) / UDP(sport=1, dport=2) / Raw(b"b" * 1400))[:1232]),
    icmpv6__type=2, icmpv6__mtu=1280, ipv6__plen="1240,1408", udp__length=1408)
for code in range(11):
    add(f"parameter problem {code}", IPv6(src=C, dst=A) / ICMPv6ParamProblem(code=code, ptr=40 + code) / (
        IPv6(src=A, dst=B) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / TCP(
            sport=2, dport=3, seq=9, flags="S")),
        icmpv6__type=4, icmpv6__code=code, icmpv6__pointer=40 + code, tcp__srcport=2, tcp__seq_raw=9,
        ipv6__dstopts__nxt=6)
add("quoted fragment", IPv6(src=C, dst=A) / ICMPv6TimeExceeded(code=1) / (
    IPv6(src=A, dst=B) / IPv6ExtHdrFragment(offset=0, m=1, id=77, nh=17) / UDP(sport=21, dport=22, len=2000, chksum=1)
    / Raw(b"q" * 16)),
    icmpv6__type=3, ipv6__fraghdr__more=1, ipv6__fraghdr__ident=77, udp__srcport=21, udp__length=2000)

# Extensions (RFC 4884) with MPLS (RFC 4950) and interface information (RFC 5837).
mpls = struct.pack(">II", 16001 << 12 | 5 << 9 | 0 << 8 | 1, 0xFFFFF << 12 | 0 << 9 | 1 << 8 | 255)
add("mpls", with_extension(bytes(probe), extension((1, 1, mpls))),
    icmpv6__type=3, icmp__ext__class=1, icmp__ext__ctype=1, icmp__mpls__label="16001,1048575",
    icmp__mpls__exp="5,0", icmp__mpls__s="0,1", icmp__mpls__ttl="1,255", udp__dstport=33435)
add("mpls behind a long quote", with_extension(
    bytes(IPv6(src=A, dst=B, hlim=1) / UDP(sport=6, dport=7) / Raw(b"l" * 100)), extension((1, 1, mpls[4:]))),
    icmp__mpls__label=1048575, udp__srcport=6, udp__length=108)
name = b"\x08ge-0/0" + b"\0"
information = struct.pack(">I", 42) + struct.pack(">HH", 2, 0) + bytes.fromhex(
    "20010db8000000000000000000000077") + name + struct.pack(">I", 9000)
add("interface information", with_extension(bytes(probe), extension((2, 0x0F, information)), type_=1, code=4),
    icmpv6__type=1, icmp__ext__class=2, icmp__int_info__role=0, icmp__int_info__index=42,
    icmp__int_info__ipv6="2001:db8::77", icmp__int_info__mtu=9000)
add("interface by IPv4", with_extension(
    bytes(probe), extension((2, 0x8C, struct.pack(">IHH", 7, 1, 0) + bytes([192, 0, 2, 1])))),
    icmp__int_info__role=2, icmp__int_info__index=7, icmp__int_info__ipv4="192.0.2.1")
add("mpls and interface", with_extension(
    bytes(probe), extension((1, 1, mpls), (2, 0x08, struct.pack(">I", 3)), (247, 1, b"\xde\xad\xbe\xef"))),
    icmp__ext__class="1,2,247", icmp__int_info__index=3, icmp__mpls__ttl="1,255")
# Senders older than RFC 4884 leave the length zero. tshark takes the rest for the quote, so only our own
# fields are compared.
add("legacy mpls", with_extension(bytes(probe), extension((1, 1, mpls)), field=False),
    icmp__mpls__label="16001,1048575", udp__dstport=33435)

# RFC 8335.
for title, type_, data, local in (
        ("name", 1, b"eth0", 1), ("index", 2, struct.pack(">I", 2), 1),
        ("IPv6 address", 3, struct.pack(">HBB", 2, 16, 0) + bytes.fromhex("fe80" + "00" * 13 + "01"), 0)):
    add(f"extended echo request by {title}", with_checksum(
        A, B, struct.pack(">BBHHBB", 160, 0, 0, 0x4242, 9, local) + extension((3, type_, data))),
        icmpv6__type=160, icmpv6__ext__echo__seq=9, icmpv6__ext__echo__req__local=local)
add("extended echo reply", with_checksum(B, A, struct.pack(">BBHHBB", 161, 0, 0, 0x4242, 9, 2 << 5 | 5)),
    icmpv6__type=161, icmpv6__code=0, icmpv6__ext__echo__seq=9, icmpv6__ext__echo__rsp__state=2,
    icmpv6__ext__echo__rsp__active=1, icmpv6__ext__echo__rsp__ipv4=0, icmpv6__ext__echo__rsp__ipv6=1)

# RFC 4620.
nonce = b"\x01\x02\x03\x04\x05\x06\x07\x08"
number = int.from_bytes(nonce, "big")
add("node information query by address", IPv6(src=A, dst=B) / ICMPv6NIQueryIPv6(
    nonce=nonce, qtype=3, flags=0x3A, data=B),
    icmpv6__type=139, icmpv6__code=0, icmpv6__ni__qtype=3, icmpv6__ni__flag=0x3A, icmpv6__ni__nonce=number,
    icmpv6__ni__query__subject_ipv6=B)
add("node information query by name", IPv6(src=A, dst="ff02::2:ff00:1") / ICMPv6NIQueryName(
    nonce=nonce, qtype=2, data=b"host.example.org."),
    icmpv6__type=139, icmpv6__code=1, icmpv6__ni__qtype=2)
add("node information reply with name", IPv6(src=B, dst=A) / ICMPv6NIReplyName(
    nonce=nonce, data=[0, b"host.example.org."]),
    icmpv6__type=140, icmpv6__code=0, icmpv6__ni__qtype=2, icmpv6__ni__reply__node_ttl=0)
add("node information reply with addresses", IPv6(src=B, dst=A) / ICMPv6NIReplyIPv6(
    nonce=nonce, data=[(60, C), (0, D)]),
    icmpv6__ni__qtype=3, icmpv6__ni__reply__node_ttl="60,0", icmpv6__ni__reply__node_address=f"{C},{D}")
add("node information reply with IPv4 addresses", IPv6(src=B, dst=A) / ICMPv6NIReplyIPv4(
    nonce=nonce, data=[(60, "192.0.2.9")]),
    icmpv6__ni__qtype=4, icmpv6__ni__reply__node_ttl=60, icmpv6__ni__reply__ipv4_address="192.0.2.9")
add("node information refused", IPv6(src=B, dst=A) / ICMPv6NIReplyRefuse(nonce=nonce, qtype=2),
    icmpv6__type=140, icmpv6__code=1)
add("node information unknown", IPv6(src=B, dst=A) / ICMPv6NIReplyUnknown(nonce=nonce, qtype=9),
    icmpv6__type=140, icmpv6__code=2, icmpv6__ni__qtype=9)

# Neighbor discovery (RFC 4861) and its options; MLD. Where scapy has no class, octets from the RFC's figure.
LL, MAC = "fe80::ff:fe00:b", bytes.fromhex("02000000000b")


def option(number, data):
    """An option whose data is padded to 8 octets."""
    data += b"\0" * (-(len(data) + 2) % 8)
    return bytes([number, (len(data) + 2) // 8]) + data


def neighbor(name, type_, body, options=b"", source=LL, destination="ff02::1", **fields):
    add(name, with_checksum(source, destination, struct.pack(">BBH", type_, 0, 0) + body + options, hlim=255),
        icmpv6__type=type_, ipv6__hlim=255, **fields)


def address(text):
    return ipaddress.ip_address(text).packed


add("router solicitation", IPv6(src=LL, dst="ff02::2", hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(
    lladdr="02:00:00:00:00:0b"), icmpv6__type=133, icmpv6__opt__type=1, icmpv6__opt__linkaddr="02:00:00:00:00:0b")
add("router advertisement", IPv6(src=LL, dst="ff02::1", hlim=255) / ICMPv6ND_RA(
    chlim=64, M=1, O=0, H=1, prf=3, P=1, routerlifetime=1800, reachabletime=30000, retranstimer=1000) /
    ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:0b") / ICMPv6NDOptMTU(mtu=1400) / ICMPv6NDOptPrefixInfo(
        prefixlen=64, L=1, A=1, R=1, validlifetime=0xFFFFFFFF, preferredlifetime=604800, prefix=A) /
    ICMPv6NDOptRouteInfo(len=3, plen=48, prf=1, rtlifetime=600, prefix=C) / ICMPv6NDOptRDNSS(
        lifetime=300, dns=[A, B]) / ICMPv6NDOptDNSSL(lifetime=301, searchlist=["a.example.", "b.example."]) /
    ICMPv6NDOptAdvInterval(advint=600000) / ICMPv6NDOptHAInfo(pref=7, lifetime=900),
    icmpv6__type=134, icmpv6__nd__ra__cur_hop_limit=64, icmpv6__nd__ra__flag__m=1, icmpv6__nd__ra__flag__o=0,
    icmpv6__nd__ra__flag__h=1, icmpv6__nd__ra__flag__prf=3, icmpv6__nd__ra__flag__p=1,
    icmpv6__nd__ra__router_lifetime=1800, icmpv6__nd__ra__reachable_time=30000,
    icmpv6__nd__ra__retrans_timer=1000, icmpv6__opt__mtu=1400, icmpv6__opt__prefix__length="64,48",
    icmpv6__opt__prefix__flag__l=1, icmpv6__opt__prefix__flag__r=1,
    icmpv6__opt__prefix__valid_lifetime=0xFFFFFFFF, icmpv6__opt__prefix__preferred_lifetime=604800,
    icmpv6__opt__prefix=f"{A},{C}", icmpv6__opt__route_lifetime=600, icmpv6__opt__rdnss__lifetime=300,
    icmpv6__opt__rdnss=f"{A},{B}", icmpv6__opt__dnssl__lifetime=301, icmpv6__opt__dnssl="a.example,b.example",
    icmpv6__opt__advertisement_interval=600000, icmpv6__opt__home_agent_preference=7,
    icmpv6__opt__home_agent_lifetime=900)
add("neighbor solicitation", IPv6(src=LL, dst="ff02::1:ff00:b", hlim=255) / ICMPv6ND_NS(tgt=B) /
    ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:0b"),
    icmpv6__type=135, icmpv6__nd__ns__target_address=B, icmpv6__opt__linkaddr="02:00:00:00:00:0b")
neighbor("duplicate address detection", 135, bytes(4) + address(B), option(14, b"nonce6"), source="::",
         destination="ff02::1:ff00:2", icmpv6__nd__ns__target_address=B, icmpv6__opt__nonce=b"nonce6".hex())
for bits in range(8):
    add(f"neighbor advertisement {bits}", IPv6(src=LL, dst=A, hlim=255) / ICMPv6ND_NA(
        R=bits >> 2, S=bits >> 1 & 1, O=bits & 1, tgt=B) / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:0b"),
        icmpv6__type=136, icmpv6__nd__na__target_address=B, icmpv6__nd__na__flag__r=bits >> 2,
        icmpv6__nd__na__flag__s=bits >> 1 & 1, icmpv6__nd__na__flag__o=bits & 1,
        icmpv6__opt__linkaddr="02:00:00:00:00:0b")
add("redirect", IPv6(src=LL, dst=A, hlim=255) / ICMPv6ND_Redirect(tgt=D, dst=C) / ICMPv6NDOptDstLLAddr(
    lladdr="02:00:00:00:00:0b") / ICMPv6NDOptRedirectedHdr(pkt=IPv6(src=A, dst=C) / UDP(sport=1, dport=2)),
    icmpv6__type=137, icmpv6__nd__rd__target_address=D, icmpv6__rd__na__destination_address=C,
    icmpv6__opt__type="2,4")
RA = struct.pack(">BBHII", 64, 0, 1800, 0, 0)
neighbor("PREF64", 134, RA, option(38, struct.pack(">H", 600 << 0 & 0xFFF8 | 0) + address("64:ff9b::")[:12]),
         icmpv6__opt__pref64__scaled_lifetime=75, icmpv6__opt__pref64__prefix="64:ff9b::")
neighbor("captive portal", 134, RA, option(37, b"https://portal.example/api"),
         icmpv6__opt__captive_portal="https://portal.example/api")
neighbor("6LoWPAN context", 134, RA, option(34, struct.pack(">BBHH", 64, 0x10 | 5, 0, 60) + address(A)[:8]),
         icmpv6__opt__6co__context_length=64, icmpv6__opt__6co__flag__c=1, icmpv6__opt__6co__flag__cid=5,
         icmpv6__opt__6co__valid_lifetime=60)
neighbor("border router", 134, RA, option(35, struct.pack(">HHH", 0x1234, 0x5678, 90) + address(A)),
         icmpv6__opt__abro__version_low=0x1234, icmpv6__opt__abro__version_high=0x5678,
         icmpv6__opt__abro__valid_lifetime=90, icmpv6__opt__abro__6lbr_address=A)
neighbor("address registration", 135, bytes(4) + address(B), option(1, MAC) + option(
    33, struct.pack(">BBHH", 0, 0, 0, 600) + b"\x02\0\0\xff\xfe\0\0\x0b"), destination=B,
    icmpv6__opt__aro__status=0, icmpv6__opt__aro__registration_lifetime=600)
neighbor("an option that nobody knows", 134, RA, option(250, b"whatever") + option(1, MAC),
         icmpv6__opt__type="250,1")
add("MLD query version 1", IPv6(src=LL, dst="ff02::1", hlim=1) / IPv6ExtHdrHopByHop(
    options=[RouterAlert(value=0), PadN(optdata=b"")]) / ICMPv6MLQuery(mrd=10000, mladdr="ff02::db8"),
    icmpv6__type=130, icmpv6__mld__maximum_response_delay=10000, icmpv6__mld__multicast_address="ff02::db8")
add("MLD query version 2", IPv6(src=LL, dst="ff02::1", hlim=1) / IPv6ExtHdrHopByHop(
    options=[RouterAlert(value=0), PadN(optdata=b"")]) / ICMPv6MLQuery2(
        mrd=10000, mladdr="::", S=1, QRV=2, QQIC=125, sources=[A, B]),
    icmpv6__mld__maximum_response_code=10000, icmpv6__mld__flag__s=1, icmpv6__mld__flag__qrv=2,
    icmpv6__mld__qqi=125, icmpv6__mld__nb_sources=2, icmpv6__mld__source_address=f"{A},{B}")
add("MLD report version 1", IPv6(src=LL, dst="ff02::db8", hlim=1) / IPv6ExtHdrHopByHop(
    options=[RouterAlert(value=0), PadN(optdata=b"")]) / ICMPv6MLReport(mladdr="ff02::db8"),
    icmpv6__type=131, icmpv6__mld__multicast_address="ff02::db8")
add("MLD report version 2", IPv6(src=LL, dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(
    options=[RouterAlert(value=0), PadN(optdata=b"")]) / ICMPv6MLReport2(records=[
        ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::1:ff00:b"), ICMPv6MLDMultAddrRec(
            rtype=1, dst="ff02::db8", sources=[A, B])]),
    icmpv6__type=143, icmpv6__mldr__nb_mcast_records=2, icmpv6__mldr__mar__record_type="4,1",
    icmpv6__mldr__mar__multicast_address="ff02::1:ff00:b,ff02::db8",
    icmpv6__mldr__mar__source_address=f"{A},{B}")


def main():
    folder = pathlib.Path(__file__).parent
    lines = [
        "# Made by make_golden.py: name, octets in hexadecimal, the fields that the packet was built with.",
        "# Three lines each; field names are those of tshark."]
    for name_, octets, fields in packets:
        lines.append(name_)
        lines.append(octets.hex())
        lines.append(" ".join(f"{key}={value}" for key, value in sorted(fields.items())))
    (folder / "golden.txt").write_text("\n".join(lines) + "\n")
    # A pcap file by hand: scapy would put the time of day into it. Link type 229 is bare IPv6.
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 229)
    for index, (_, octets, _) in enumerate(packets):
        pcap += struct.pack("<IIII", index, 0, len(octets), len(octets)) + octets
    (folder / "golden.pcap").write_bytes(pcap)
    print(f"{len(packets)} packets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
