"""Traces along a chain of thirty kernel routers: what they show is what the kernels did."""

import re
import time

import chain
import lab as labs
from chain import router
from lab import equal, expect
from traces import QUICK, Trace, trace, ways

ALL = [router(each) for each in range(1, chain.LENGTH)] + [chain.PLAIN]


def test_thirty_hops(lab):
    """Thirty hops answer each of three probes, by every method on both paths."""
    for options, before in ways():
        probes = lab.chain.count("n1", "probes")
        told = lab.chain.kernel_counts("n7")["Icmp6OutTimeExcds"]
        run = trace(lab, *options, chain.PLAIN, before=before, code=0)
        equal(run.path(), ALL, f"path by {options}", run)
        again = 0
        if run.start["method"] == "connect":
            # The kernel drops an error that meets the socket while connect(2) still holds it; such a query is repeated.
            again = run.end["lost"]
            expect(again <= 3, "queries repeated", run)
            equal(run.end["attempted"] - again, 3 * chain.LENGTH, "queries answered", run)
        run.ended("reached", address=chain.PLAIN, hops=chain.LENGTH, lost=again, late=0, rejected=0)
        equal(run.start["path"], "error_queue" if before else "raw", "path that was taken", run)
        for hop in run.hops():
            queries = [reply.get("query") for reply in hop["replies"]]
            # A repeated one has a number of its own.
            expect(queries == [0, 1, 2] or again and len(set(queries)) == 3, f"queries of {hop['hop_limit']}", run)
            expect(all(reply.get("rtt_ns", 0) > 0 for reply in hop["replies"]), "round trips", hop)
        # What the kernels on the way have counted.
        expired = lab.chain.kernel_counts("n7")["Icmp6OutTimeExcds"] - told
        expect(3 <= expired <= 3 + again, f"time exceeded of hop 7: {expired}", run)
        if "connect" in options or "tcp" in options:
            continue  # a handshake has more packets than probes
        equal(lab.chain.count("n1", "probes") - probes, run.end["sent"], "probes that left", run)


def test_every_probe_leaves(lab):
    """A pending error of an earlier probe keeps none from leaving, without privileges."""
    for method in ("udp", "icmp"):
        before = lab.chain.count("n1", "probes")
        run = trace(lab, "--method", method, "-q", "10", chain.PLAIN, before=labs.without_privileges(), code=0)
        equal(run.path(), ALL, "path", run)
        expect(run.end["sent"] >= 300, "ten probes for each hop", run.end)
        equal(run.end["replied"], run.end["sent"], "answered", run)
        equal(lab.chain.count("n1", "probes") - before, run.end["sent"], "probes that left", run)


def test_ping_sockets_off(lab):
    """With ping sockets off UDP and connect still serve a user without privileges, and ICMPv6 says what it needs."""
    lab.ping_sockets(False)
    for method in ("udp", "connect"):
        run = trace(lab, "--method", method, "-q", "1", chain.PLAIN, before=labs.without_privileges(), code=0)
        equal(run.path(), ALL, f"path by {method}", run)
    done = lab.run(*labs.without_privileges(), "probe6", "trace", "-n", "-I", chain.PLAIN)
    equal(done.code, 3, "exit code", done)
    expect("ping_group_range" in done.err, "names the sysctl", done)


def test_peers_agree(lab):
    """Butskoy's traceroute, ndisc6, tracepath, mtr and scamper see the same thirty hops."""
    if not labs.is_root():
        raise labs.Skip("ndisc6 and scamper need a real root")
    for command, package in (("traceroute", "traceroute"), ("rltraceroute6", "ndisc6"), ("mtr", "mtr-tiny"),
                             ("tracepath", "iputils-tracepath"), ("scamper", "scamper")):
        labs.needs(command, package)
    run = trace(lab, "-q", "1", chain.PLAIN, code=0)
    equal(run.path(), ALL, "ours", run)
    peers = {
        "traceroute": ["traceroute", "-6", "-n", "-q", "1", chain.PLAIN],
        "traceroute -I": ["traceroute", "-6", "-n", "-q", "1", "-I", chain.PLAIN],
        "traceroute -T": ["traceroute", "-6", "-n", "-q", "1", "-T", chain.PLAIN],
        "ndisc6": ["rltraceroute6", "-n", "-q", "1", chain.PLAIN],
        "tracepath": ["tracepath", "-6", "-n", chain.PLAIN],
        "mtr": ["mtr", "-6", "-n", "-r", "-c", "1", "-G", "0.5", chain.PLAIN],
        "scamper": ["scamper", "-c", "trace -P udp-paris -q 1 -w 1 -W 1", "-p", "1000", "-i", chain.PLAIN],
    }
    running = {name: lab.start(*command) for name, command in peers.items()}
    for name, each in running.items():
        done = each.finish(30)
        found = {}
        for number, address in re.findall(r"^ *(\d+)(?:\.\|--|:|) +(fd00:[0-9a-f:]+)", done.out, re.M):
            found[int(number)] = address
        equal([found.get(hop) for hop in range(1, 31)], run.path(), name, done)


def test_tcp_ports(lab):
    """An open, a closed, a reset, a rejected and a dropped TCP port each end as what they are."""
    for options, before in ((["-T", "--raw"], []), (["--method", "connect"], labs.without_privileges())):
        for port, state, reason in (
            (80, "open", "reached"), (81, "closed", "reached"), (84, "closed", "reached"),
            (83, None, "unreachable"), (82, None, "max_hops"),
        ):
            counter = {82: "dropped", 83: "refused", 84: "torn"}.get(port)
            counted = lab.chain.count(chain.TARGET, counter) if counter else 0
            run = trace(lab, *options, *QUICK, "-q", "2", "-f", "27", "-m", "30", "-p", port, chain.PLAIN,
                        before=before, code=0 if reason == "reached" else 1)
            run.ended(reason, hops=30)
            states = {reply.get("port_state") for reply in run.replies(30)}
            equal(states, {state} if run.replies(30) else set(), f"state of port {port}", run)
            if reason == "unreachable":
                equal((run.end["icmp_type"], run.end["icmp_code"]), (1, 1), "type and code", run)
            if counter and not before:
                equal(lab.chain.count(chain.TARGET, counter) - counted, 2, counter, run)


def test_udp_ports(lab):
    """A UDP port that answers ends the trace; one that takes and says nothing does not."""
    for options, before in ((["--raw"], []), ([], labs.without_privileges())):
        run = trace(lab, *options, *QUICK, "-f", "27", "-p", "7", chain.PLAIN, before=before, code=0)
        run.ended("reached", hops=30, address=chain.PLAIN)
        equal({reply["answer"] for reply in run.replies(30)}, {"datagram"}, "answers", run)
        run = trace(lab, *options, *QUICK, "-f", "27", "-m", "32", "-p", "9", chain.PLAIN, before=before, code=1)
        run.ended("max_hops", hops=32)
        equal(run.path(), ALL[26:29] + [None] * 3, "path", run)


def test_arrival_from_another_address(lab):
    """A target that answers from another address is reached, and the trace says so."""
    for options, before in ((["--raw"], []), ([], labs.without_privileges())):
        run = trace(lab, *options, "-f", "25", chain.MANY + "77", before=before, code=0)
        run.ended("reached", hops=30, address=router(30), from_another_address=True)


def test_silent_hop(lab):
    """A silent hop is silent, and those behind it are not."""
    for options, before in ways():
        silenced = lab.chain.count("n3", "silent")
        run = trace(lab, *options, *QUICK, chain.SILENT, before=before, code=0)
        equal(run.path(), ALL[:2] + [None] + ALL[3:29] + [chain.SILENT], f"path by {options}", run)
        # By connect(2) a probe may have been repeated whose answer this host's kernel dropped.
        lost = sum(reply.get("lost", False) for hop in run.events("hop") for reply in hop["replies"])
        equal((lost, lab.chain.count("n3", "silent") - silenced), (3, 3), "lost and dropped", run)


def test_dark_end(lab):
    """Twenty-seven silent hops are waited for side by side, and then the target was not reached."""
    for options, before in ((["--raw"], []), ([], labs.without_privileges())):
        began = time.monotonic()
        run = trace(lab, *options, chain.DARK, before=before, code=1)
        took = time.monotonic() - began
        run.ended("max_hops", hops=30, replied=9, lost=81)
        equal(run.path(), ALL[:3] + [None] * 27, "path", run)
        expect(took < 8, f"took {took} s", run)
    run = trace(lab, *QUICK, "--gap-limit", "3", chain.DARK, code=1)
    run.ended("gap_limit", hops=6)


def test_limited_hop(lab):
    """A router that limits its errors is told from loss."""
    for options, before in ((["--raw"], []), ([], labs.without_privileges())):
        # The bucket is full again.
        time.sleep(0.25)
        run = trace(lab, *options, *QUICK, "-q", "6", "--per-hop", "6", chain.LIMITED, before=before, code=0)
        hop = run.hop(3)
        equal([each.get("lost", False) for each in hop["replies"]], [False] * 2 + [True] * 4, "answered", run)
        equal(run.notes(), {3: ["rate_limited"]}, "notes", run)
    run = trace(lab, *QUICK, "-q", "6", chain.LOSSY, code=0)
    equal(len(run.replies(3)), 2, "answers of a hop that answers every third", run)
    expect("rate_limited" not in run.hop(3).get("notes", []), "loss is no limit", run)


def test_kernel_limit(lab):
    """The kernel's own limit of errors shows as what it is."""
    with lab.chain.setting("n4", icmp__ratelimit=100, icmp__ratemask="0-127"):
        # The kernel's bucket is empty at first, and one token comes in each 100 ms.
        time.sleep(0.35)
        run = trace(lab, *QUICK, "-q", "12", "-m", "6", "--per-hop", "12", chain.PLAIN, code=1)
    replies = len(run.replies(4))
    expect(3 <= replies <= 6, f"{replies} of 12 answers", run)
    equal([hop for hop, notes in run.notes().items() if "rate_limited" in notes], [4], "limited hops", run)


def test_loop(lab):
    """A loop is named, and ends the trace."""
    for options, before in ways():
        run = trace(lab, *options, *QUICK, chain.LOOP, before=before, code=1)
        equal(run.path()[:6], ALL[:5] + ["fd00:31:0:5::1"], f"path by {options}", run)
        run.ended("loop")
        expect(any("loop" in notes for notes in run.notes().values()), "a note", run)


def test_rejections(lab):
    """Destination unreachable in the middle ends the trace with type, code and exit code, by every code."""
    for options, before in ((["--raw"], []), ([], labs.without_privileges())):
        for code in chain.CODES:
            counted = lab.chain.count("n5", f"rejected{code}")
            run = trace(lab, *options, *QUICK, "-q", "2", chain.REJECTED + str(code), before=before,
                        code=0 if code == 4 else 1)
            equal(run.path(), ALL[:5] + [router(5)], "path", run)
            equal({(each["icmp_type"], each["icmp_code"]) for each in run.replies(6)}, {(1, code)}, "answers", run)
            if code == 4:
                # Only who asked the target can know better.
                run.ended("reached", address=router(5), from_another_address=True)
            else:
                run.ended("unreachable", icmp_type=1, icmp_code=code, address=router(5), hops=6)
            expect(lab.chain.count("n5", f"rejected{code}") - counted >= 2, "rejected by the rule", run)
        run = trace(lab, *options, *QUICK, chain.PROHIBITED, before=before, code=1)
        run.ended("unreachable", icmp_type=1, icmp_code=1, address=router(5), hops=5)


def test_translation(lab):
    """Behind a translating hop answers come from the target's address, and the trace goes on to its true end."""
    for options, before in ways():
        run = trace(lab, *options, *QUICK, chain.TRANSLATED, before=before, code=0)
        equal(run.path(), ALL[:11] + [chain.TRANSLATED] * 19, f"path by {options}", run)
        run.ended("reached", hops=30, address=chain.TRANSLATED)
        expect(any("address_translation" in notes for notes in run.notes().values()), "a note", run)


def test_asymmetric(lab):
    """Answers that come back by another interface count, and JSON says by which."""
    lab.chain
    for method in ("udp", "icmp", "tcp"):
        returned = lab.chain.count("n1", "returned")
        run = trace(lab, "--method", method, "--raw", "-s", chain.ELSEWHERE, "-m", "30", chain.PLAIN, code=0)
        equal(run.path()[1:], ALL[1:], f"path by {method}", run)
        expect(lab.chain.count("n1", "returned") - returned >= 90, "answers came by the detour", run)
    run = trace(lab, "-s", chain.ELSEWHERE, chain.PLAIN, before=labs.without_privileges(), code=0)
    equal(run.path()[1:], ALL[1:], "path without privileges", run)


def test_range_of_hops(lab):
    """First hop, last hop and queries are as asked."""
    for options, before in ways():
        run = trace(lab, *options, "-f", "4", "-m", "9", "-q", "5", chain.PLAIN, before=before, code=1)
        equal(run.path(), ALL[3:9], f"path by {options}", run)
        run.ended("max_hops", hops=9, sent=30, replied=30)


def test_many_targets(lab):
    """A hundred targets share what they know of the first hops."""
    targets = [f"{chain.MANY}{each:x}" for each in range(1, 101)]
    listed = "\n".join(targets) + "\n"
    place = "/run/lab/targets"
    with open(place, "w") as file:
        file.write(listed)
    before = {hop: lab.chain.kernel_counts(f"n{hop}")["Icmp6OutTimeExcds"] for hop in range(1, 30)}
    run = trace(lab, "-q", "1", "--file", place, code=0)
    equal(set(run.ends), set(targets), "targets", run.err)
    for target in targets:
        equal((run.ends[target]["reason"], run.ends[target]["hops"]), ("reached", 30), target)
        equal(run.path(target), ALL[:29] + [router(30)], target)
    after = {hop: lab.chain.kernel_counts(f"n{hop}")["Icmp6OutTimeExcds"] for hop in range(1, 30)}
    asked = sum(after[hop] - before[hop] for hop in range(1, 6))
    expect(asked <= 150, f"the first five routers were asked {asked} times, of 500 without sharing")
    run = trace(lab, "-q", "1", "--no-share-hops", "-m", "3", *targets[:10], code=1)
    equal(sum(end["sent"] for end in run.ends.values()), 30, "probes without sharing", run)


def test_exit_codes(lab):
    """Usage and names end with 2, this host's own failures with 3."""
    lab.chain
    for code, command in (
        (2, ["probe6", "trace"]), (2, ["probe6", "trace", "--nonsense", "::1"]),
        (2, ["probe6", "trace", "-n", "nothing.lab"]), (2, ["probe6", "trace", "-q", "0", "::1"]),
        (3, ["probe6", "trace", "-n", "-s", "2001:db8::1", chain.PLAIN]),
        (3, ["ip", "netns", "exec", "island", "probe6", "trace", "-n", chain.PLAIN]),
    ):
        done = lab.run(*command)
        equal(done.code, code, "exit code", done)
        expect(done.err or "cannot be sent" in done.out, "says why", done)


def test_itself(lab):
    """The host itself is one hop away."""
    for options, before in ways():
        run = trace(lab, *options, "::1", before=before, code=0)
        run.ended("reached", hops=1, address="::1")


def test_parallel(lab):
    """Eight traces at once see their own answers and no others'."""
    lab.chain
    for options, before in ways():
        running = [
            lab.start(*before, "probe6", "trace", "--json", "-n", *options, chain.PLAIN) for _ in range(8)
        ]
        for each in running:
            run = Trace(each.finish(30), 0)
            equal(run.path(), ALL, f"path by {options}", run)
            run.ended("reached")
            # A SYN that finds the one before it half open, because this host's RST is still on its way, is answered
            # by an ACK to no probe of ours.
            expect(run.end["rejected"] <= (2 if "tcp" in options else 0), "rejected", run)
            # An error that meets a socket which is still busy in connect(2) is lost on it until the next SYN.
            expect(run.end["lost"] + run.end["late"] <= (3 if "connect" in options else 0), "lost", run)


def test_interrupt(lab):
    """A signal in the middle ends the trace with what is known."""
    lab.chain
    for number in (labs.INTERRUPT, labs.TERMINATE):
        for options, before in ((["--raw"], []), ([], labs.without_privileges())):
            running = lab.start(*before, "probe6", "trace", "--json", "-n", *options, "-w", "20", chain.DARK)
            running.wait_for('"event":"reply"', 9)
            running.send(number)
            run = Trace(running.finish(5), 1)
            run.ended("interrupted", replied=9)
    running = lab.start("probe6", "trace", "-n", "-w", "20", chain.DARK)
    running.wait_for(r"^ *3 ")
    running.send(labs.INTERRUPT)
    done = running.finish(5)
    equal(done.code, 1, "exit code", done)
