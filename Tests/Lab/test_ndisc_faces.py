"""The faces of ndisc6 and rdisc6 beside the installed 1.0.5, and its defects, which they do not have."""

import concurrent.futures
import re
import subprocess

import forge
import lab as labs
import link
import ndisc_face_cases
from forge import link_option, neighbor_advertisement, option, prefix_option, router_advertisement
from lab import Skip, equal, expect
from link import ALICE, DUPLICATE, PROXIED, STATIONS, link_address
from test_face_bytes import difference

BIN = "/run/lab/bin"
TWINS = [link_address(STATIONS[name][0]).upper() for name in ("twin1", "twin2")]
TARGET = link.PREFIX + "bad2"


def needs_the_original(face="ndisc6"):
    labs.needs(f"/usr/bin/{face}", "ndisc6")
    if not labs.is_root():
        raise Skip(f"{face} needs a real root")
    done = subprocess.run([f"/usr/bin/{face}", "-V"], capture_output=True, text=True)
    if "1.0.5" not in done.stdout:
        raise Skip("needs ndisc6 1.0.5")


def run(guest, command, executable=None, seconds=60):
    """(exit code, stdout, stderr) as octets; the first word names the face, or its original where `executable` says
    so."""
    words = command.split()
    there = guest.command if guest else []
    # argv[0] is the face's plain name with both.
    done = subprocess.run(
        [*there, "bash", "-c", 'exec -a "$0" "$@"', words[0], executable or f"{BIN}/{words[0]}", *words[1:]],
        env={"PATH": f"{BIN}:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}, capture_output=True, timeout=seconds,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def both(guest, command, at_once=False):
    """What the original gives, and what ours does; at once where nobody answers, for the wait is long."""
    face = command.split()[0]
    needs_the_original(face)
    executables = [f"/usr/bin/{face}", None]
    if not at_once:
        return tuple(run(guest, command, each) for each in executables)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return tuple(pool.map(lambda each: run(guest, command, each), executables))


# --- the same octets -------------------------------------------------------------------------------------

# What router solicitations are answered with, by the name in front of a command line; `-`: not at all.
ADVERTISEMENTS = {
    "plain": router_advertisement(link_option(1), prefix_option("fd00:36:c::")),
    "rich": router_advertisement(
        link_option(1), forge.mtu_option(1400), prefix_option("fd00:36:c::"),
        prefix_option("fd00:36:d::", 56, 0x80, 0xFFFFFFFF, 1), prefix_option("fd00:36:e::", 128, 0x40, 1, 0),
        forge.route_option("fd00:36:aa::", 48, 1), forge.route_option("fd00:36:bb::", 64, 3, 0xFFFFFFFF, octets=8),
        forge.route_option("::", 0, 0, 1, octets=0), forge.servers_option("fd00:36::53"),
        forge.servers_option("fd00:36::53", "fd00:36::54", "fd00:36::55", lifetime=0xFFFFFFFF),
        forge.names_option(b"lab.example", b"other.example", lifetime=1), flags=0xC8, lifetime=1, reachable=1,
        retransmit=4_294_967_295,
    ),
    "bare": router_advertisement(hop_limit=0, flags=0xFF, lifetime=0, reachable=30_000, retransmit=1_000),
    "low": router_advertisement(flags=0x18, lifetime=65_535),
    "reserved": router_advertisement(flags=0x10),
    "narrow": router_advertisement(forge.mtu_option(1279)),
    "odd": router_advertisement(option(250, b"unknown"), forge.mtu_option(0xFFFFFFFF), option(14, b"nonce!")),
}
OWN = link.PREFIX + "9:99"

# Command lines, each run with both programs on a guest that has the address OWN.
SAME = [
    # Answers.
    f"ndisc6 {ALICE} lan0", f"ndisc6 -q {ALICE} lan0", f"ndisc6 -1 {ALICE} lan0", f"ndisc6 -m -w 200 {ALICE} lan0",
    f"ndisc6 -mq -w200 {ALICE} lan0", f"ndisc6 -n {ALICE} lan0", f"ndisc6 -v {ALICE} lan0", f"ndisc6 -vq {ALICE} lan0",
    f"ndisc6 -qv {ALICE} lan0", f"ndisc6 --single --quiet {ALICE} lan0", f"ndisc6 --verb {ALICE} lan0",
    f"ndisc6 -s {OWN} {ALICE} lan0", f"ndisc6 -s :: {ALICE} lan0", f"ndisc6 -r 7 -w 0x100 {ALICE} lan0",
    f"ndisc6 {link.link_local(0x0a)} lan0", f"ndisc6 {link.link_local(0x0a)}%lan0 lan0", f"ndisc6 FD00:36::0A lan0",
    f"ndisc6 -w 200 {link.DEAF} lan0", f"ndisc6 --retry=2 --wait=200 {ALICE} lan0", f"ndisc6 -1m {ALICE} -w 200 lan0",
    # Silence.
    f"ndisc6 -w 100 {link.SILENT} lan0", f"ndisc6 -r 2 -w 100 {link.SILENT} lan0", f"ndisc6 -q -w 100 {link.SILENT} lan0",
    f"ndisc6 -r 0 {ALICE} lan0", f"ndisc6 -r0 -q {ALICE} lan0", f"ndisc6 -m -r 1 -w 100 {link.SILENT} lan0",
    f"ndisc6 -d -r 1 -w 100 {ALICE} lan0", f"ndisc6 -r 010 -w 20 {link.SILENT} lan0", f"ndisc6 -r 1 -w 0 {link.SILENT} lan0",
    # Routers.
    *[f"{name} rdisc6 -1 -w 300 lan0" for name in ADVERTISEMENTS],
    *[f"{name} rdisc6 -1 -q -w 300 lan0" for name in ADVERTISEMENTS],
    "rich rdisc6 -m -w 300 lan0", "rich rdisc6 -w 300 lan0", "rich rdisc6 -r 1 -w 300 lan0", "rich rdisc6 -n -w 300 lan0",
    "plain rdisc6 -v -w 300 lan0", "plain rdisc6 -1 fe80::bad lan0", "plain rdisc6 -1 -w 300 ff02::2 lan0",
    f"plain rdisc6 -1 -w 300 -s {OWN} lan0", "plain rdisc6 --single --wait 300 lan0",
    "- rdisc6 -w 100 lan0", "- rdisc6 -r 1 -w 100 lan0", "- rdisc6 -q -w 100 lan0", "- rdisc6 -r 0 lan0",
    "- rdisc6 -1 -r 2 -w 100 lan0", "- rdisc6 -d -r 1 -w 100 lan0", "- rdisc6 -r 1 -w 100 fe80::77 lan0",
    # Command lines that are wrong, and hosts and interfaces that are not there.
    "ndisc6", f"ndisc6 {ALICE}", f"ndisc6 {ALICE} lan0 more", "ndisc6 -Z", f"ndisc6 -Z {ALICE} lan0", "ndisc6 --nonsense",
    "ndisc6 --s x", "ndisc6 -r", "ndisc6 -w", "ndisc6 --retry", "ndisc6 -s", f"ndisc6 -r x {ALICE} lan0",
    f"ndisc6 -w x {ALICE} lan0", f"ndisc6 -r -1 {ALICE} lan0", f"ndisc6 -w 5x {ALICE} lan0", f"ndisc6 -r 300 -w 1 {ALICE} lan0",
    f"ndisc6 -r 99999999999999999999 {ALICE} lan0", f"ndisc6 -w 99999999999 {ALICE} lan0",
    f"ndisc6 {ALICE} nonsense0", "ndisc6 nonsense.lab lan0", "ndisc6 127.0.0.1 lan0", "ndisc6 -n target.lab lan0",
    f"ndisc6 -s fd00::77 {ALICE} lan0", f"ndisc6 -s nonsense.lab {ALICE} lan0", f"ndisc6 -s 127.0.0.1 {ALICE} lan0",
    f"ndisc6 -n -s target.lab {ALICE} lan0", f"ndisc6 {ALICE} \"\"", "rdisc6", "rdisc6 nonsense0", "rdisc6 fe80::1 nonsense0",
    "rdisc6 fe80::1 lan0 more", "rdisc6 -Z lan0", "rdisc6 nonsense.lab lan0", "rdisc6 -s fd00::77 lan0", "rdisc6 127.0.0.1 lan0",
    "rdisc6 -w", "rdisc6 -r x lan0",
]


def expect_same(command, theirs, ours):
    problems = [] if theirs[0] == ours[0] else [f"exit code {ours[0]}, the original's {theirs[0]}"]
    for name, their_octets, our_octets in zip(("stdout", "stderr"), theirs[1:], ours[1:]):
        if their_octets != our_octets:
            problems.append(difference(name, their_octets.decode(errors="backslashreplace"),
                                       our_octets.decode(errors="backslashreplace")) or f"{name}: line ends differ")
    expect(not problems, command, *problems)


def same_case(line):
    words = line.split()
    answer = words.pop(0) if words[0] in ADVERTISEMENTS or words[0] == "-" else None
    command = " ".join(words)

    def test(lab):
        guest = lab.guest([OWN])
        if answer in ADVERTISEMENTS:
            lab.mallory().route(ADVERTISEMENTS[answer])
        expect_same(command, *both(guest, command, at_once=answer == "-"))

    test.__doc__ = f"{line}: the octets and exit code of the original"
    return test


def host_case(words, command):
    def test(lab):
        lab.link
        expect_same(command, *both(None, command))

    test.__doc__ = f"{command} on the host ({words}): the octets and exit code of the original"
    return test


for _number, _line in enumerate(SAME):
    globals()[f"test_same_{_number:03}"] = same_case(_line)
for _number, (_words, _line) in enumerate(ndisc_face_cases.SAME):
    globals()[f"test_same_on_the_host_{_number:03}"] = host_case(_words, _line)


def routers_case(words, command, router):
    def test(lab):
        lab.radvd()
        lab.dnsmasq()
        theirs, ours = both(None, command)
        equal((ours[0], ours[2]), (theirs[0], theirs[2]), "exit code and stderr", theirs, ours)
        theirs_heard, ours_heard = (ndisc_face_cases.advertisements(each[1], router) for each in (theirs, ours))
        expect(theirs_heard, "the original hears an advertisement", theirs)
        equal(ours_heard, theirs_heard, "advertisements", theirs, ours)

    test.__doc__ = f"{command} ({words}): the advertisements of the original, octet by octet"
    return test


for _number, (_words, _line, _router) in enumerate(ndisc_face_cases.ROUTERS):
    globals()[f"test_routers_{_number:03}"] = routers_case(_words, _line, _router)


def test_different_on_purpose(lab):
    """Where the faces are to differ, they say why on stderr, and nothing else on stdout"""
    lab.link
    for words, command, why in ndisc_face_cases.DIFFERENT:
        theirs, ours = both(None, command)
        expect(ours[2] != theirs[2] and ours[2], f"{words}: {why}", theirs, ours)
        if ours[0] == 0:
            equal(len(ours[1]), len(theirs[1]), f"octets of stdout: {words}", theirs, ours)


# --- defects of 1.0.5, not copied ------------------------------------------------------------------------


def test_proxy_answer(lab):
    """ndisc6 refuses the answer of a proxy, whose source is link-local; the face takes it"""
    guest = lab.guest()
    command = f"ndisc6 -q -w 300 {PROXIED} lan0"
    theirs, ours = both(guest, command)
    equal(theirs[:2], (2, b""), "the original", theirs)
    equal(ours, (0, link_address(0x09).upper().encode() + b"\n", b""), "the face")


def test_second_station(lab):
    """ndisc6 hides the second station of a duplicate address; the face says on stderr that there are two"""
    guest = lab.guest()
    theirs, ours = both(guest, f"ndisc6 -q {DUPLICATE} lan0")
    equal((theirs[0], theirs[1].count(b"\n"), theirs[2]), (0, 1, b""), "the original", theirs)
    equal((ours[0], ours[1].count(b"\n")), (0, 1), "stdout and exit code are the same", ours)
    expect(all(each.encode() in ours[2] for each in TWINS), "both are named", ours)
    equal(run(guest, f"ndisc6 -1 -q {DUPLICATE} lan0")[2], b"", "with -1 that is not asked for")


def test_answer_to_another(lab):
    """An answer with a wrong checksum, hop limit or option length is no answer for the face"""
    guest, mallory = lab.guest(), lab.mallory()
    good = neighbor_advertisement(TARGET, link_option(2))
    for message, envelope in ((good, {"hop_limit": 254}), (good, {"checksum": 1}), (good, {"fragment": True}),
                              (neighbor_advertisement(TARGET, link_option(2), option(99, b"", 0)), {})):
        mallory.advertise(TARGET, message, **envelope)
        equal(run(guest, f"ndisc6 -q -w 200 {TARGET} lan0"), (2, b"", b""), f"the face, of {envelope or 'length 0'}")
    mallory.advertise(TARGET, good)
    equal(run(guest, f"ndisc6 -q -w 200 {TARGET} lan0"), (0, forge.LINK.upper().encode() + b"\n", b""), "a good one")


def test_multiple_takes_no_argument(lab):
    """rdisc6 --multiple swallows the next word; the face does not"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.route(router_advertisement(prefix_option("fd00:36:c::")))
    theirs, ours = both(guest, "rdisc6 --multiple -q -w 300 lan0")
    expect(b"fd00:36:c::/64" not in theirs[1] or theirs[0] != 0 or b"Soliciting" in theirs[1], "the original", theirs)
    equal(ours, (0, b"fd00:36:c::/64\n", b""), "the face")


def advertised(lab, *messages, **envelope):
    guest, mallory = lab.guest(), lab.mallory()
    mallory.route(*messages, **envelope)
    return guest


def test_zero_length_option(lab):
    """rdisc6 counts an advertisement with an option of length 0; the face does not (RFC 4861 section 6.1.2)"""
    guest = advertised(lab, router_advertisement(prefix_option("fd00:36:c::"), option(1, bytes(6), 0)))
    theirs, ours = both(guest, "rdisc6 -1 -q -w 300 lan0")
    equal(theirs[0], 0, "the original", theirs)
    equal(ours, (2, b"", b""), "the face")


def test_truncated_option(lab):
    """rdisc6 counts an advertisement whose last option overruns; the face does not"""
    guest = advertised(lab, router_advertisement(prefix_option("fd00:36:c::"), option(1, bytes(6), 5)))
    theirs, ours = both(guest, "rdisc6 -1 -q -w 300 lan0")
    equal(theirs[0], 0, "the original", theirs)
    equal(ours, (2, b"", b""), "the face")


def test_half_an_advertisement(lab):
    """rdisc6 prints half an advertisement with a short prefix option, and then that nobody answered; the face prints
    it whole but for that option"""
    guest = advertised(lab, router_advertisement(link_option(1), option(3, bytes(6)), forge.mtu_option(1400)))
    theirs, ours = both(guest, "rdisc6 -1 -r 1 -w 300 lan0")
    equal((theirs[0], b"Timed out." in theirs[1], b" from " in theirs[1]), (2, True, False), "the original", theirs)
    equal(ours[0], 0, "the face's exit code", ours)
    expect(b" MTU                      :         1400 bytes (valid)\n" in ours[1], "the rest", ours)
    expect(ours[1].endswith(b" from fe80::bad\n") and b"Prefix " not in ours[1], "whole", ours)


def test_impossible_prefix(lab):
    """rdisc6 prints a prefix of 200 bits; the face does not"""
    guest = advertised(lab, router_advertisement(prefix_option("fd00:36:c::", 200), prefix_option("fd00:36:d::")))
    theirs, ours = both(guest, "rdisc6 -1 -q -w 300 lan0")
    expect(b"/200" in theirs[1], "the original", theirs)
    equal(ours, (0, b"fd00:36:d::/64\n", b""), "the face")


def test_router_that_is_not_link_local(lab):
    """rdisc6 takes an advertisement from a global address; the face does not"""
    guest = advertised(lab, router_advertisement(prefix_option("fd00:36:c::")), source="fd00:36::ee")
    theirs, ours = both(guest, "rdisc6 -1 -q -w 300 lan0")
    equal(theirs[0], 0, "the original", theirs)
    equal(ours, (2, b"", b""), "the face")


def test_long_search_list(lab):
    """rdisc6 counts the octets of a search list in eight bits; the face reads a list of forty names to its end"""
    names = [f"name{each:02}.example".encode() for each in range(40)]
    guest = advertised(lab, router_advertisement(forge.names_option(*names)))
    theirs, ours = both(guest, "rdisc6 -1 -w 300 lan0")
    shown = re.search(rb"DNS search list +: (.*)\n", ours[1])
    expect(shown, "the face shows it", ours)
    equal(shown[1].split(), names, "names of the face")
    expect(names[-1] not in theirs[1], "the original does not", theirs)


def test_long_advertisement(lab):
    """An advertisement of 9,000 octets on a link that carries it is read to its end"""
    lab.change("ip link add wide0 mtu 9000 type veth peer name wide1 mtu 9000 netns mallory", "ip link del wide0")
    lab.must("ip", "-n", "mallory", "link", "set", "wide1", "up")
    lab.must("ip", "link", "set", "wide0", "up")
    mallory = forge.Mallory(port="wide1")
    lab.undo.append(mallory.stop)
    prefixes = [f"fd00:36:{each:x}::/64" for each in range(0x100, 0x1a0)]
    mallory.route(router_advertisement(*[prefix_option(each.split("/")[0]) for each in prefixes]))
    ours = run(None, "rdisc6 -1 -q -w 1000 wide0")
    equal((ours[0], ours[1].decode().split()), (0, prefixes), "prefixes")


def test_own_address(lab):
    """An address of the host itself has the text of one that nobody has, at once"""
    guest = lab.guest([link.PREFIX + "9:a:1"])
    theirs, ours = both(guest, f"ndisc6 -r 1 -w 300 {link.PREFIX}9:a:1 lan0")
    equal(ours, theirs, "face and original")


def test_without_privileges(lab):
    """An ordinary user gets the original's message and exit code"""
    guest = lab.guest()
    for face in (f"ndisc6 {ALICE} lan0", "rdisc6 lan0"):
        words = face.split()
        done = lab.run(*guest.command, *labs.without_privileges(), *words)
        equal((done.code, done.out, done.err), (1, "", "Raw IPv6 socket: Operation not permitted\n"), face)
