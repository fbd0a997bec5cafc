#!/usr/bin/python3
"""Makes ndisc_faces.txt: what the installed ndisc6 and rdisc6 (1.0.5, C locale) print of given advertisements.

Needs root, iproute2 and the package ndisc6; makes two network namespaces of its own. The file is committed; the unit
tests need neither the tools nor this script. Run it after adding a case.

Each attempt of a case is a list of messages that a station of the link sends when it hears the solicitation.

    make_ndisc_faces.py                    records
    make_ndisc_faces.py --check PROBE6     runs the faces of that program over the same link, and compares with the file
"""
import contextlib
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Lab"))
import namespaces  # noqa: E402

ASKER, STATION = "ndfaces-a", "ndfaces-b"
LINK = "ndv0"
TARGET = "2001:db8:1::e"
FIRST, SECOND = "fe80::ff:fe00:b", "fe80::ff:fe00:c"
MACS = {FIRST: "02:00:00:00:00:0b", SECOND: "02:00:00:00:00:0c"}
OUR_MAC = bytes.fromhex("02000000000a")
WAIT = "400"
INFINITE = 0xFFFFFFFF

FILE = pathlib.Path(__file__).with_name("ndisc_faces.txt")

cases = []


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def option(kind, data):
    """One option, padded to a multiple of 8 octets."""
    data += bytes(-(len(data) + 2) % 8)
    return bytes([kind, (len(data) + 2) // 8]) + data


def slla(text):
    return option(1, bytes.fromhex(text.replace(":", "")))


def mtu(number):
    return option(5, struct.pack("!HI", 0, number))


def prefix(text, flags, valid, preferred):
    base, length = text.split("/")
    return option(3, struct.pack("!BBIII", int(length), flags, valid, preferred, 0) + address(base))


def route(text, bits, lifetime, octets):
    base, length = text.split("/")
    return option(24, struct.pack("!BBI", int(length), bits, lifetime) + address(base)[:octets])


def servers(lifetime, *texts):
    return option(25, struct.pack("!HI", 0, lifetime) + b"".join(address(each) for each in texts))


def names(lifetime, *texts):
    data = b""
    for text in texts:
        data += b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"
    return option(31, struct.pack("!HI", 0, lifetime) + data)


def ra(*options, hop_limit=64, flags=0, lifetime=1800, reachable=0, retransmit=0):
    header = struct.pack("!BBHBBHII", 134, 0, 0, hop_limit, flags, lifetime, reachable, retransmit)
    return header + b"".join(options)


def na(*options, target=TARGET, flags=0x60, code=0):
    return struct.pack("!BBHI", 136, code, 0, flags << 24) + address(target) + b"".join(options)


def tlla(text):
    return option(2, bytes.fromhex(text.replace(":", "")))


def case(name, tool, arguments, *attempts):
    """`attempts`: for each solicitation the messages that answer it, as (source, octets) or octets from the first."""
    whole = [[each if isinstance(each, tuple) else (FIRST, each) for each in attempt] for attempt in attempts]
    cases.append(("case", name, tool, arguments, whole))


def defect(name, tool, arguments, *attempts):
    """The same, where ours is not to be like the original."""
    case(name, tool, arguments, *attempts)
    cases[-1] = ("defect", *cases[-1][1:])


RD = ["-w", WAIT, LINK]
case("nothing", "rdisc6", RD, [ra(hop_limit=0, lifetime=0)])
case("silence", "rdisc6", ["-r", "2", *RD], [], [])
case("silence once", "rdisc6", ["-r", "1", *RD], [])
case("quiet silence", "rdisc6", ["-q", "-r", "1", *RD], [])
case("every flag", "rdisc6", RD, [ra(flags=0xE4, lifetime=1, reachable=1, retransmit=1, hop_limit=255)])
case("flags that it does not know", "rdisc6", RD, [ra(flags=0x03)])
case("one flag each", "rdisc6", RD, [ra(flags=0x80), ra(flags=0x40), ra(flags=0x20), ra(flags=0x04)])
case("preferences", "rdisc6", RD, [ra(flags=0x08), ra(flags=0x10), ra(flags=0x18), ra(flags=0x00)])
case("largest", "rdisc6", RD, [ra(lifetime=65535, reachable=INFINITE, retransmit=INFINITE, hop_limit=1)])
case("times", "rdisc6", RD, [ra(lifetime=2, reachable=30000, retransmit=2, hop_limit=9)])
case("link-layer addresses", "rdisc6", RD, [
    ra(slla("02:00:00:00:00:0b")), ra(slla("ab:cd:ef:00:00:0b:01:02:03:04:05:06:07:08")), ra(tlla("02:00:00:00:00:0b")),
    ra(slla("02:00:00:00:00:0b"), slla("02:00:00:00:00:0c"))])
case("MTU", "rdisc6", RD, [ra(*(mtu(each) for each in (1280, 1279, 1, 0, 1500, 65535, 99999, 100000, INFINITE)))])
case("prefixes", "rdisc6", RD, [ra(
    prefix("2001:db8:1::/64", 0xC0, 86400, 14400), prefix("2001:db8:2::/64", 0x80, INFINITE, INFINITE),
    prefix("2001:db8:3::/64", 0x40, 1, 0), prefix("2001:db8:4::/128", 0x00, 0, 1), prefix("::/0", 0xF0, 2, 2),
    prefix("2001:db8:5:6:7:8:9:a/64", 0x3F, 10, 20), prefix("fe80::/64", 0xC0, 100, 50))])
case("addresses as inet_ntop has them", "rdisc6", RD, [ra(
    prefix("::ffff:192.0.2.1/128", 0, 2, 2), prefix("::192.0.2.1/128", 0, 2, 2), prefix("::1/128", 0, 2, 2),
    prefix("::1:0/128", 0, 2, 2), prefix("::ffff/128", 0, 2, 2), prefix("::1:2:3/128", 0, 2, 2),
    prefix("64:ff9b::192.0.2.1/96", 0, 2, 2), prefix("1:0:0:2:0:0:0:3/128", 0, 2, 2), prefix("1:0:2:3:4:5:6:7/128", 0, 2, 2),
    prefix("::ffff:0:1.2.3.4/128", 0, 2, 2))])
case("routes", "rdisc6", RD, [ra(
    route("::/0", 0x00, 1800, 0), route("::/0", 0x08, 0, 16), route("2001:db8::/32", 0x18, 1, 8),
    route("2001:db8:1:2::/64", 0x08, INFINITE, 8), route("2001:db8:1:2:3::/80", 0x00, 2, 16),
    route("2001:db8:1:2:3:4:5:6/128", 0x10, 600, 16), route("2001:db8:1:2:3:4:5:6/64", 0x1F, 600, 16))])
case("routes of wrong length", "rdisc6", RD, [ra(
    route("2001:db8::/65", 0, 60, 8), route("2001:db8::/1", 0, 60, 0), route("2001:db8::/200", 0, 60, 16), mtu(1500))])
case("servers", "rdisc6", RD, [ra(
    servers(1800, "2001:db8::53"), servers(1, "2001:db8::53", "fe80::53"), servers(0, "2001:db8::53"),
    servers(INFINITE, "2001:db8::1", "2001:db8::2", "2001:db8::3"))])
case("servers of wrong length", "rdisc6", RD, [ra(option(25, bytes(6)), option(25, bytes(14)), option(25, bytes(30)), mtu(1500))])
case("search list", "rdisc6", RD, [ra(
    names(1800, "example"), names(1, "a.example", "b.example"), names(0, "x.y.z.example"), names(INFINITE, "host.example"),
    names(60, "one", "two", "three"))])
case("search list without a name", "rdisc6", RD, [ra(option(31, struct.pack("!HI", 0, 60) + bytes(8)), mtu(1500))])
case("search list of the longest label", "rdisc6", RD, [ra(names(60, "a" * 63 + ".example"))])
case("options that it does not know", "rdisc6", RD, [ra(
    option(7, struct.pack("!HI", 0, 1000)), option(8, struct.pack("!HHH", 0, 1, 2)), option(14, bytes(6)),
    option(26, b"\x80" + bytes(5)), option(37, b"http://portal.example/"), option(38, bytes(14)), option(144, bytes(22)),
    option(253, bytes(6)), option(4, bytes(6)), option(0, bytes(6)), option(255, bytes(254)), mtu(1400))])
case("all in their order", "rdisc6", RD, [ra(
    names(60, "example"), servers(60, "2001:db8::53"), route("2001:db8:7::/48", 0, 60, 8), mtu(1492),
    prefix("2001:db8:1::/64", 0xC0, 60, 60), slla("02:00:00:00:00:0b"), prefix("2001:db8:2::/64", 0xC0, 60, 60),
    flags=0xC0)])
case("two routers", "rdisc6", RD, [
    (FIRST, ra(prefix("2001:db8:1::/64", 0xC0, 60, 60))), (SECOND, ra(prefix("2001:db8:2::/64", 0xC0, 60, 60), flags=0x08))])
case("one router twice", "rdisc6", RD, [ra(mtu(1500)), ra(mtu(1400)), ra(mtu(1500))])
case("single", "rdisc6", ["-1", *RD], [(FIRST, ra(mtu(1500))), (SECOND, ra(mtu(1400)))])
case("the last of single and multiple counts", "rdisc6", ["-1m", *RD], [(FIRST, ra(mtu(1500))), (SECOND, ra(mtu(1400)))])
case("second attempt", "rdisc6", RD, [], [ra(mtu(1500))])
case("quiet", "rdisc6", ["-q", *RD], [
    ra(slla("02:00:00:00:00:0b"), prefix("2001:db8:1::/64", 0xC0, 60, 60), mtu(1500), prefix("2001:db8:2::/48", 0, 0, 0)),
    (SECOND, ra(servers(60, "2001:db8::53"), prefix("fd00::/8", 0xC0, 60, 60)))])
case("quiet without a prefix", "rdisc6", ["-q", *RD], [ra(mtu(1500))])
case("quiet and verbose", "rdisc6", ["-qv", *RD], [ra(mtu(1500))])
case("a router by name", "rdisc6", ["-w", WAIT, FIRST, LINK], [ra()])
case("code 1", "rdisc6", ["-r", "1", *RD], [b"\x86\x01" + ra()[2:]])

ND = ["-w", WAIT, TARGET, LINK]
case("an answer", "ndisc6", ND, [(TARGET, na(tlla("02:00:00:00:00:0b")))])
case("flags do not matter", "ndisc6", ND, [(TARGET, na(tlla("02:00:00:00:00:0b"), flags=0))])
case("capitals", "ndisc6", ND, [(TARGET, na(tlla("ab:cd:ef:01:23:9a")))])
case("quiet answer", "ndisc6", ["-q", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b")))])
case("nobody", "ndisc6", ND, [], [], [])
case("nobody once", "ndisc6", ["-r", "1", *ND], [])
case("nobody quiet", "ndisc6", ["-qr", "1", *ND], [])
case("answer to the third", "ndisc6", ND, [], [], [(TARGET, na(tlla("02:00:00:00:00:0b")))])
case("two stations, single", "ndisc6", ND, [(TARGET, na(tlla("02:00:00:00:00:0b"))), (TARGET, na(tlla("02:00:00:00:00:0c")))])
case("two stations", "ndisc6", ["-m", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b"))), (TARGET, na(tlla("02:00:00:00:00:0c")))])
case("two stations quiet", "ndisc6", ["-mq", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b"))), (TARGET, na(tlla("02:00:00:00:00:0c")))])
case("one station twice", "ndisc6", ["-m", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b"))), (TARGET, na(tlla("02:00:00:00:00:0b")))])
case("a long link-layer address", "ndisc6", ND, [(TARGET, na(tlla("02:00:00:00:00:0b:aa:bb:cc:dd:ee:ff:10:11")))])
case("the first of two options", "ndisc6", ND, [(TARGET, na(tlla("02:00:00:00:00:0b"), tlla("02:00:00:00:00:0c")))])
case("an unknown option before it", "ndisc6", ND, [(TARGET, na(option(253, bytes(14)), tlla("02:00:00:00:00:0b")))])
case("a source link-layer address alone", "ndisc6", ["-r", "1", *ND], [(TARGET, na(slla("02:00:00:00:00:0b")))])
case("no option", "ndisc6", ["-r", "1", *ND], [(TARGET, na())])
case("another target", "ndisc6", ["-r", "1", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b"), target="2001:db8:1::f"))])
case("code 1 answer", "ndisc6", ["-r", "1", *ND], [(TARGET, na(tlla("02:00:00:00:00:0b"), code=1))])

# What the original gets wrong: the test says what is printed in its place.
BEFORE, BEHIND = mtu(1500), prefix("2001:db8:1::/64", 0xC0, 60, 60)
OTHER = prefix("2001:db8:2::/64", 0xC0, 60, 60)
NAME = b"\x07example\x00"
defect("a proxy", "ndisc6", ["-r", "1", *ND], [("2001:db8:1::b", na(tlla("02:00:00:00:00:0b")))])
defect("a proxy with a link-local source", "ndisc6", ["-r", "1", *ND], [(FIRST, na(tlla("02:00:00:00:00:0b")))])
defect("an option of length 0 behind the address", "ndisc6", ["-r", "1", *ND], [
    (TARGET, na(tlla("02:00:00:00:00:0b"), bytes(8)))])
defect("an option of length 0", "rdisc6", ["-r", "1", *RD], [ra(BEFORE, bytes([5, 0]) + bytes(6), BEHIND)])
defect("an option that is cut off", "rdisc6", ["-r", "1", *RD], [ra(BEFORE, BEHIND[:24])])
defect("octets behind the last option", "rdisc6", ["-r", "1", *RD], [ra(BEFORE, bytes(4))])
defect("half an advertisement", "rdisc6", ["-r", "1", *RD], [ra(BEFORE, bytes([3, 1]) + bytes(6), BEHIND)])
defect("a prefix of 200 bits", "rdisc6", ["-r", "1", *RD], [ra(prefix("2001:db8:7::/200", 0xC0, 60, 60), BEHIND)])
defect("a prefix option of 40 octets", "rdisc6", ["-r", "1", *RD], [ra(bytes([3, 5]) + OTHER[2:] + bytes(8), BEHIND)])
defect("an MTU option of 16 octets", "rdisc6", ["-r", "1", *RD], [ra(bytes([5, 2]) + BEFORE[2:] + bytes(8), BEHIND)])
defect("a global source", "rdisc6", ["-r", "1", *RD], [("2001:db8:1::b", ra(BEFORE))])
defect("a search list of 256 octets", "rdisc6", ["-r", "1", *RD], [ra(
    names(60, *(f"name{number:02}.example" for number in range(16))), BEFORE)])
defect("a search list of 264 octets", "rdisc6", ["-r", "1", *RD], [ra(
    names(60, *(f"name{number:02}.example" for number in range(17))), BEFORE)])
defect("a label that reaches beyond its option", "rdisc6", ["-r", "1", *RD], [ra(
    option(31, struct.pack("!HI", 0, 60) + NAME + b"\x3fexample"), BEFORE)])
defect("a compression pointer", "rdisc6", ["-r", "1", *RD], [ra(
    option(31, struct.pack("!HI", 0, 60) + NAME + b"\xc0\x08"), BEFORE)])
defect("a name that a terminal obeys", "rdisc6", ["-r", "1", *RD], [ra(names(60, "a\x1b[2J\r.example"), BEFORE)])


# The link


def run(*command):
    subprocess.run(command, check=True)


def make_link():
    for name in (ASKER, STATION):
        namespaces.make_network(name)
    run("ip", "-n", ASKER, "link", "add", LINK, "address", "02:00:00:00:00:0a", "type", "veth", "peer", "name", "ndv1",
        "netns", STATION, "address", "02:00:00:00:00:0b")
    run("ip", "netns", "exec", ASKER, "sysctl", "-qw", f"net.ipv6.conf.{LINK}.accept_dad=0",
        f"net.ipv6.conf.{LINK}.accept_ra=0", f"net.ipv6.conf.{LINK}.router_solicitations=0")
    # Nothing of the station's own answers.
    run("ip", "netns", "exec", STATION, "sysctl", "-qw", "net.ipv6.conf.ndv1.disable_ipv6=1")
    run("ip", "-n", ASKER, "address", "add", "2001:db8:1::a/64", "dev", LINK, "nodad")
    run("ip", "-n", STATION, "link", "set", "ndv1", "up")
    run("ip", "-n", ASKER, "link", "set", LINK, "up")
    deadline = 100
    while b"state UP" not in subprocess.run(
            ["ip", "-n", ASKER, "link", "show", "dev", LINK], capture_output=True, check=True).stdout:
        deadline -= 1
        if not deadline:
            raise SystemExit("the link does not come up")
        select.select([], [], [], 0.1)


def checksummed(source, destination, message):
    words = address(source) + address(destination) + struct.pack("!IHBB", len(message), 0, 0, 58) + message
    words += bytes(len(words) % 2)
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return message[:2] + struct.pack("!H", 0xFFFF - total) + message[4:]


def frame(source, message, asker):
    link = bytes.fromhex(MACS.get(source, MACS[FIRST]).replace(":", ""))
    header = struct.pack("!IHBB", 0x60000000, len(message), 58, 255) + address(source) + address(asker)
    return OUR_MAC + link + b"\x86\xdd" + header + checksummed(source, asker, message)


def record(name, command, tool, attempts):
    """Runs the tool and answers its solicitations; returns output, errors and exit code."""
    with namespaces.inside(STATION):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
    wire.bind(("ndv1", 0x86DD))
    done = subprocess.Popen(
        ["ip", "netns", "exec", ASKER, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    wanted = {"rdisc6": 133, "ndisc6": 135}[tool]
    left = list(attempts)
    while done.poll() is None:
        ready, _, _ = select.select([wire], [], [], 0.02)
        if not ready:
            continue
        heard = wire.recv(2000)
        if len(heard) < 62 or heard[20] != 58 or heard[54] != wanted:
            continue
        if wanted == 135 and heard[62:78] != address(TARGET):
            continue
        if not left:
            raise SystemExit(f"{name}: more solicitations than attempts")
        asker = socket.inet_ntop(socket.AF_INET6, heard[22:38])
        for source, message in left.pop(0):
            wire.send(frame(source, message, asker))
    wire.close()
    out, err = done.communicate()
    if left:
        raise SystemExit(f"{name}: {len(left)} attempts were not made; {err.decode()}")
    return out, err, done.returncode


@contextlib.contextmanager
def link():
    try:
        make_link()
        yield
    finally:
        for name in (ASKER, STATION):
            subprocess.run(["ip", "netns", "delete", name], check=False)


def described(out, code):
    """Lines of the file: exit code and output."""
    # Anything but printable characters is written as C does, so that each line stays one.
    lines = out.decode("latin-1").split("\n")
    if lines.pop():
        raise SystemExit("the last line has no end")
    return [f"exit {code}", *("> " + line.encode("unicode_escape").decode("ascii") for line in lines)]


def check(program):
    """Our faces beside the file; those of defects are only shown to differ."""
    text = FILE.read_text()
    wrong = 0
    with link():
        for kind, name, tool, arguments, attempts in cases:
            out, err, code = record(name, [program, tool, *arguments], tool, attempts)
            block = text.split(f"\n{kind} {name}\n")[1].split("\n\n")[0].rstrip("\n").split("\n")
            expected = [line for line in block if line.startswith(("exit ", ">"))]
            # ndisc6 without -1 and -m tells of a second station.
            notice = name == "two stations, single" or (tool == "ndisc6" and "-m" in " ".join(arguments) and len(
                {message for _, message in attempts[0]}) > 1)
            same = described(out, code) == expected and bool(err) == notice
            if same == (kind == "defect"):
                wrong += 1
                print(f"{kind} {name}: exit {code}", out.decode("latin-1"), err.decode("latin-1"), sep="\n")
    print(f"{len(cases)} cases, {wrong} not as they should be")
    return 1 if wrong else 0


def main():
    if sys.argv[1:2] == ["--check"]:
        sys.exit(check(sys.argv[2]))
    out = ["# Made by make_ndisc_faces.py from ndisc6 1.0.5 in the C locale. Do not edit."]
    with link():
        for kind, name, tool, arguments, attempts in cases:
            printed, err, code = record(name, [tool, *arguments], tool, attempts)
            if err:
                raise SystemExit(f"{name}: {err.decode()}")
            out += ["", f"{kind} {name}", f"run {tool} " + " ".join(arguments)]
            for attempt in attempts:
                out.append("attempt")
                out += [f"hear {source} {message.hex()}" for source, message in attempt]
            out += described(printed, code)
    FILE.write_text("\n".join(out) + "\n")


main()
