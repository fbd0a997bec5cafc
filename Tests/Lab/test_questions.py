"""What a ping can ask beside the echo: extended echo (RFC 8335) and node information (RFC 4620)."""

import pathlib

import lab as labs
from lab import Skip, equal, expect

BOTH_PATHS = (["--datagram"], ["--raw"])
ONCE = ["-c", "1", "-W", "1"]
NO_SUCH_INTERFACE = 2


def answers(run):
    return [event["answer"] for event in run.events("reply")]


def interface_status(code=0, state=0, active=False, ipv4=False, ipv6=False):
    return {
        "kind": "interface_status", "code": code, "state": state, "active": active, "ipv4": ipv4, "ipv6": ipv6,
    }


def kernel_answers(lab):
    """The host's own kernel answers extended echo requests for the rest of the test."""
    key = "net.ipv4.icmp_echo_enable_probe"
    if not (pathlib.Path("/proc/sys") / key.replace(".", "/")).exists():
        raise Skip("needs Linux 5.13 or newer")
    lab.sysctl(key, "1")


def test_probe_of_an_interface(lab):
    """The kernel tells of its interface by name and index, on both paths."""
    kernel_answers(lab)
    index = pathlib.Path("/sys/class/net/lo/ifindex").read_text().strip()
    for path in BOTH_PATHS:
        for interface in ("lo", index):
            run = lab.ping(*path, *ONCE, "--probe", interface, "::1")
            run.counts(attempted=1, replied=1, rejected=0)
            equal(run.code, 0, "exit code", run)
            equal(answers(run), [interface_status(active=True, ipv4=True, ipv6=True)], "answer", run)
            expect(0 < run.round_trips()[0] < 1_000_000_000, "a round trip", run)
            expect("payload_bytes" not in run.events("start")[0], "a question has no payload", run)


def test_probe_by_address(lab):
    """The kernel tells of the interface that has an address."""
    kernel_answers(lab)
    for path in BOTH_PATHS:
        run = lab.ping(*path, *ONCE, "--probe", "fd00:6:0:1::1", "::1")
        equal(answers(run), [interface_status(active=True, ipv6=True)], "answer", run)


def test_probe_of_no_interface(lab):
    """An interface that is not there gives its code, and counts as a reply."""
    kernel_answers(lab)
    for path in BOTH_PATHS:
        for interface in ("nosuch", "99999", "fd00:6::77"):
            run = lab.ping(*path, *ONCE, "--probe", interface, "::1")
            run.counts(attempted=1, replied=1)
            equal(answers(run), [interface_status(code=NO_SUCH_INTERFACE)], f"answer for {interface}", run)


def test_probe_in_text(lab):
    """The answer in words, and no octets of payload where there is none."""
    kernel_answers(lab)
    for path in BOTH_PATHS:
        done = lab.run("probe6", "ping", *path, *ONCE, "--probe", "lo", "::1")
        equal(done.code, 0, "exit code", done)
        expect(", interface: active, IPv4, IPv6, rtt " in done.out.splitlines()[1], "the answer", done)
        expect("payload" not in done.out, "nothing about a payload", done)
        done = lab.run("probe6", "ping", *path, *ONCE, "--probe", "nosuch", "::1")
        expect(", interface: no such interface, rtt " in done.out.splitlines()[1], "the answer", done)


def test_probe_is_refused(lab):
    """Where the kernel's answers are off, a probe is lost."""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "1", "-W", "0.2", "--probe", "lo", "::1")
        run.counts(attempted=1, lost=1)
        equal(run.code, 1, "exit code", run)


def test_probes_are_told_apart(lab):
    """The eight bits of sequence that an extended echo has are enough for 600 probes."""
    kernel_answers(lab)
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "600", "-i", "0.001", "-W", "1", "--probe", "lo", "::1")
        run.counts(attempted=600, replied=600, duplicates=0, rejected=0)


def test_probe_on_the_wire(lab):
    """The L bit is set where the interface is the target's own, and clear where it is a neighbor's."""
    for path in BOTH_PATHS:
        for more, local in (["--probe", "eth0"], "1"), (["--probe", "fd00:6::9", "--neighbor"], "0"):
            capture = lab.capture(3)
            lab.ping(*path, "-c", "3", "-i", "0.02", "-W", "0.2", *more, "fd00:6::1")
            capture.finish()
            names = ("icmpv6.type", "icmpv6.code", "icmpv6.ext.echo.seq", "icmpv6.ext.echo.req.local",
                     "icmpv6.checksum.status")
            equal(capture.fields(*names), [("160", "0", str(each), local, "1") for each in (1, 2, 3)], "packets")


def test_neighbor_states(lab):
    """Code, state and flags of every answer are told as they came."""
    for path in BOTH_PATHS:
        for state in range(8):
            run = lab.ping(*path, *ONCE, "--probe", "fd00:6::9", "--neighbor", f"fd00:6:f::21:{state << 5 | 5:x}")
            equal(answers(run), [interface_status(state=state, active=True, ipv6=True)], "answer", run)
        for code in (1, 2, 3, 4, 200):
            run = lab.ping(*path, *ONCE, "--probe", "fd00:6::9", "--neighbor", f"fd00:6:f::21:{code << 8:x}")
            equal(answers(run), [interface_status(code=code)], "answer", run)
    done = lab.run("probe6", "ping", *ONCE, "--probe", "fd00:6::9", "--neighbor", "fd00:6:f::21:65")
    expect(", interface: active, IPv6, neighbor stale, rtt " in done.out, "in words", done)


def test_neighbor_needs_an_address(lab):
    """A neighbor is asked about by its address only."""
    for arguments in (["--neighbor"], ["--probe", "eth0", "--neighbor"], ["--probe", "3", "--neighbor"]):
        done = lab.run("probe6", "ping", *arguments, "::1")
        equal(done.code, 2, f"exit code of {arguments}", done)


def node_information_case(question, n, wanted, sentence):
    def test(lab):
        run = lab.ping("-c", "3", "-i", "0.02", *question, f"fd00:6:f::20:{n:x}")
        run.counts(attempted=3, replied=3, rejected=0, duplicates=0)
        equal(run.code, 0, "exit code", run)
        equal(answers(run), [wanted] * 3, "answers", run)

    test.__doc__ = sentence
    return test


for _number, (_question, _n, _wanted, _sentence) in enumerate([
    (["-N", "name"], 0, {"kind": "names", "names": ["peer.lab", "other.peer.lab"]},
     "A node tells its names"),
    (["-N", "ipv6-global"], 0, {"kind": "ipv6_addresses", "addresses": ["fd00:6:f::1", "fe80::1"]},
     "A node tells its IPv6 addresses"),
    (["-N", "ipv4"], 0, {"kind": "ipv4_addresses", "addresses": ["192.0.2.7"]},
     "A node tells its IPv4 addresses"),
    (["-N", "name"], 1, {"kind": "refused"}, "A node that refuses to answer has answered"),
    (["-N", "name"], 2, {"kind": "unknown_query_type"}, "A node may not know the query"),
    (["-N", "name"], 0x55, {"kind": "unknown_code", "code": 0x55}, "An unknown code is told as it came"),
    (["-N", "name"], 4, {"kind": "malformed"}, "Names that are cut short are malformed"),
    (["-N", "ipv6"], 4, {"kind": "malformed"}, "Addresses that are cut short are malformed"),
    (["-N", "name"], 5, {"kind": "names", "names": ["\x1b[31m\x1b]0;owned\x07\ufffd1m\x9b2m\u202ex"]},
     "A hostile name arrives whole, but for what is no text"),
]):
    globals()[f"test_node_information_{_number}"] = node_information_case(_question, _n, _wanted, _sentence)


def test_other_nonce(lab):
    """An answer with another nonce than the query's is rejected."""
    run = lab.ping("-c", "2", "-i", "0.02", "-W", "0.2", "-N", "name", "fd00:6:f::20:6")
    run.counts(attempted=2, replied=0, lost=2, rejected=2)
    equal({event["reason"] for event in run.events("rejected")}, {"nonce"}, "reasons", run)


def test_hostile_name_in_text(lab):
    """A hostile name never reaches the terminal as it is."""
    for command in (["probe6", "ping"], ["probe6", "ping", "--csv"], ["probe6", "ping", "--json"], ["ping6"]):
        done = lab.run(*command, "-c", "1", "-N", "name", "fd00:6:f::20:5")
        equal(done.code, 0, "exit code", done)
        # U+FFFD would stand for an octet that is no UTF-8: Lab.run decodes so.
        found = [each for each in done.out if each != "\n" and not " " <= each <= "~"]
        equal(found, [], "characters that are not plain", repr(done.out))


def test_queries_on_the_wire(lab):
    """Queries carry type, flags and subject as RFC 4620 has them, and no nonce twice."""
    asked = "fd00:6::1"
    for question, wanted in (
        (["-N", "name"], ("139", "0", "2", "0x0000", asked, "", "")),
        (["-N", "ipv6-all"], ("139", "0", "3", "0x0002", asked, "", "")),
        (["-N", "ipv6-global", "-N", "subject-ipv6=2001:db8::5"],
         ("139", "0", "3", "0x0020", "2001:db8::5", "", "")),
        (["-N", "ipv4", "-N", "subject-ipv4=192.0.2.1"], ("139", "2", "4", "0x0000", "", "", "192.0.2.1")),
        (["-N", "name", "-N", "subject-fqdn=Peer.Lab"], ("139", "1", "2", "0x0000", "", "peer.lab", "")),
    ):
        capture = lab.capture(3)
        lab.ping("-c", "3", "-i", "0.01", "-W", "0.1", *question, asked)
        capture.finish()
        packets = capture.fields(
            "icmpv6.type", "icmpv6.code", "icmpv6.ni.qtype", "icmpv6.ni.flag", "icmpv6.ni.query.subject_ipv6",
            "icmpv6.ni.query.subject_fqdn", "icmpv6.ni.query.subject_ipv4", "icmpv6.ni.nonce",
            "icmpv6.checksum.status", "_ws.malformed",
        )
        equal([packet[:7] for packet in packets], [wanted] * 3, f"queries of {question}", packets)
        equal(len({packet[7] for packet in packets}), 3, "nonces", packets)
        equal({packet[8:] for packet in packets}, {("1", "")}, "checksum and shape", packets)
