"""Command lines that the faces of ndisc6 and rdisc6 and their originals take alike: what `both` of test_ndisc_faces is
to run on the lab's link. Text that is made from a script's advertisements is compared by Tests/Golden/make_ndisc_faces.py.
"""

from link import ALICE, DEAF, DUPLICATE, HOST, ROUTER1, SILENT, link_local

# (name, command): standard output, standard error and exit code are the same to the octet.
SAME = [
    ("an answer", f"ndisc6 {ALICE} lan0"),
    ("quiet", f"ndisc6 -q {ALICE} lan0"),
    ("options behind operands, in a cluster", f"ndisc6 {ALICE} lan0 -vqr1"),
    ("every answer", f"ndisc6 -m -w 300 {ALICE} lan0"),
    ("one answer", f"ndisc6 --sing {ALICE} lan0"),
    ("a link-local target", f"ndisc6 {link_local(0x0a)} lan0"),
    ("a zone of another interface", f"ndisc6 {link_local(0x0a)}%lo lan0"),
    ("a zone of an interface that there is not", f"ndisc6 {link_local(0x0a)}%nosuch lan0"),
    ("multicast is answered", f"ndisc6 {DEAF} lan0"),
    ("nobody, three times", f"ndisc6 -w 100 {SILENT} lan0"),
    ("nobody, in base 8 and 16", f"ndisc6 -w 0x32 -r 02 {SILENT} lan0"),
    ("nobody, quiet", f"ndisc6 -qr1 -w 100 {SILENT} lan0"),
    ("no attempt", f"ndisc6 -r 0 {ALICE} lan0"),
    ("no solicitation", f"ndisc6 -d -w 100 {SILENT} lan0"),
    ("the host itself", f"ndisc6 -w 100 {HOST} lan0"),
    ("a source", f"ndisc6 -s {HOST} {ALICE} lan0"),
    ("no source", f"ndisc6 -s :: {ALICE} lan0"),
    ("somebody's source", f"ndisc6 -s {ALICE} {ALICE} lan0"),
    ("a source that is no address", f"ndisc6 -ns nohost {ALICE} lan0"),
    ("an IPv4 address", "ndisc6 192.0.2.1 lan0"),
    ("a name where addresses are wanted", "ndisc6 -n localhost lan0"),
    ("no such interface", f"ndisc6 {ALICE} nosuch"),
    ("the loopback", f"ndisc6 {ALICE} lo"),
    ("a group", "ndisc6 -w 100 -r 1 ff02::1 lan0"),
    ("no operand", "ndisc6"),
    ("no interface", f"ndisc6 {ALICE}"),
    ("too many operands", f"ndisc6 {ALICE} lan0 lan0"),
    ("an option that there is not", "ndisc6 -x"),
    ("a long option that there is not", "ndisc6 --nonsense=1"),
    ("an ambiguous option", "ndisc6 --ver=1"),
    ("an argument too many", "ndisc6 --quiet=1"),
    ("an argument too few", "ndisc6 --wait"),
    ("no number", f"ndisc6 -w 5x {ALICE} lan0"),
    ("a number that is too large", f"ndisc6 -r 4294967296 {ALICE} lan0"),
    ("no such interface for routers", "rdisc6 nosuch"),
    ("the loopback for routers", "rdisc6 lo"),
    ("too many operands for routers", "rdisc6 a b c"),
    ("no attempt for routers", "rdisc6 -r 0 lan0"),
    ("no router", "rdisc6 -w 100 -r 2 loop0"),
]

# (name, command, router): the originals and the faces hear the same routers, but when each advertises is its own
# business: compare `advertisements` of the outputs, of `router` alone if the others are not asked.
ROUTERS = [
    ("all routers", "rdisc6 lan0", ""),
    ("all routers, quiet", "rdisc6 -q lan0", ""),
    ("all routers, by their group", "rdisc6 ff02::2 lan0", ""),
    ("one router is asked", f"rdisc6 {ROUTER1} lan0", ROUTER1),
]

# (name, command, why): where the faces are to differ.
DIFFERENT = [
    ("two stations", f"ndisc6 {DUPLICATE} lan0", "standard error tells of the second"),
    ("every one of two stations", f"ndisc6 -m -w 300 {DUPLICATE} lan0", "standard error tells that there are two"),
    ("a router that is not on the link", "rdisc6 -r 1 -w 100 2001:db8:ffff::1 lan0",
     "unreachable there; the original asks by another interface"),
    ("a source of another interface", f"ndisc6 -s ::1 {ALICE} lan0", "refused, as no answer could come to it"),
]


def advertisements(output, router=""):
    """What was heard (of `router`, if named), whatever the order and however often: a sorted list of advertisements, or
    of lines if quiet."""
    parts = output.split(b"\n\n") if b"\n\n" in output else output.split(b"\n")
    named = f" from {router}".encode() if router else b""
    return sorted({part.strip(b"\n") for part in parts if named in part})
