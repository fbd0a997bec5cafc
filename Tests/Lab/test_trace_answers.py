"""Answers as only a program gives them: late, forged, rewritten, cut, extended. See emulator.py for the modes."""

import json
import pathlib

import chain
import emulator
import lab as labs
from emulator import destination, router
from lab import equal, expect
from traces import QUICK, trace, ways

RAW, PLAIN = (["--raw"], []), ([], labs.without_privileges())
BOTH = (RAW, PLAIN)


def path(target, hops=5):
    return [router(each) for each in range(1, hops)] + [target]


def delays(target):
    """What the emulator says that it did: hop limit -> [true delay in nanoseconds], in the order of probes."""
    found = {}
    for line in pathlib.Path(chain.EMULATOR_LOG).read_text().splitlines():
        record = json.loads(line)
        if record["to"] == target:
            found.setdefault(record["hop_limit"], []).append((record["n"], record["true_ns"]))
    return {hop: [each for _, each in sorted(times)] for hop, times in found.items()}


def test_emulated_path(lab):
    """An emulated path of five hops is shown by every method on both paths."""
    for options, before in ways():
        target = destination(0)
        run = trace(lab, *options, *QUICK, target, before=before, code=0)
        equal(run.path(), path(target), f"path by {options}", run)
        run.ended("reached", hops=5, address=target, lost=0, rejected=0)


def test_round_trips(lab):
    """Each hop's round trip is what the emulator waited, and its own lateness."""
    for number, (options, before) in enumerate(ways()):
        # An address of its own for each run, so that the log tells them apart.
        target = destination(1, 5 + number, 8)
        run = trace(lab, *options, target, before=before, code=0)
        equal(run.path(), path(target, 8), f"path by {options}", run)
        true = delays(target)
        for hop in range(1, 9):
            for reply, waited in zip(sorted(run.replies(hop), key=lambda reply: reply["probe"]), true[hop]):
                error = reply["rtt_ns"] - waited
                # Either end's clock is read within its own share of a busy processor.
                expect(-1_000_000 < error < 20_000_000, f"hop {hop}: {reply['rtt_ns']} ns for {waited} ns", run)


def test_slow_hop(lab):
    """A hop of 100 ms on a path of fractions of a millisecond is shown with its time."""
    for options, before in ways():
        target = destination(2, 100, 6)
        run = trace(lab, *options, target, before=before, code=0)
        equal(run.path(), path(target, 6), f"path by {options}", run)
        times = [reply["rtt_ns"] for reply in run.replies(2)]
        expect(len(times) == 3 and min(times) >= 99_000_000, f"times {times}", run)
        run.ended("reached", lost=0, late=0)


def test_late_answers(lab):
    """An answer that comes after its probe was given up is placed and marked, in JSON and in text."""
    for options, before in BOTH:
        target = destination(2, 400, 4)
        run = trace(lab, *options, "-w", "0.2", "-q", "2", target, before=before, code=0)
        late = run.events("late")
        expect(run.end["late"] == len(late), "late answers in the end", run)
        if late:
            equal({(each["hop_limit"], each["address"]) for each in late}, {(2, router(2))}, "late", run)
            expect(all(each["rtt_ns"] >= 399_000_000 for each in late), "round trips", run)
    # Where another hop is silent the trace still runs when they come.
    for options, before in BOTH:
        target = destination(2, 250, 4)
        run = trace(lab, *options, "-w", "0.2", "-q", "1", "-m", "4", target, before=before, code=0)
        done = lab.run(*before, "probe6", "trace", "-n", *options, "-w", "0.2", "-q", "1", target)
        if run.events("late"):
            expect("late" in done.out, "the text marks it", done)


def test_extensions(lab):
    """MPLS, interface and unknown objects are shown from compliant and legacy layouts, at every size, on both paths."""
    wanted = [
        [{"kind": "mpls", "labels": [{"label": 100, "traffic_class": 0, "bottom": True, "ttl": 1}]}],
        [{"kind": "mpls", "labels": [
            {"label": 0xFFFFF, "traffic_class": 7, "bottom": False, "ttl": 254},
            {"label": 17, "traffic_class": 1, "bottom": True, "ttl": 255},
        ]}],
        [{"kind": "interface", "role": "incoming", "index": 7, "address": "fd00:34::3", "name": "ge-0/0/3", "mtu": 9000}],
        [{"kind": "other", "class": 200, "type": 7, "data": "deadbeef"}],
        [{"kind": "mpls", "labels": [{"label": 5, "traffic_class": 0, "bottom": True, "ttl": 5}]},
         {"kind": "interface", "role": "incoming", "index": 9, "address": "fd00:34::5", "name": "eth0", "mtu": 1500}],
    ]
    for mode in (3, 4):
        for options, before in ways():
            for size in ("80", "128", "200", "1280"):
                if "connect" in options or "tcp" in options:
                    if size != "80":
                        continue
                    asked = []
                else:
                    asked = ["--packet-size", size]
                run = trace(lab, *options, *QUICK, "-q", "1", *asked, destination(mode, 0, 6), before=before, code=0)
                found = [run.replies(hop)[0].get("extensions") for hop in range(1, 6)]
                equal(found, wanted, f"extensions by {options} of {size} octets in mode {mode}", run)


def test_malformed_extensions(lab):
    """A malformed extension structure costs no hop, and is never shown as something that it is not."""
    for options, before in BOTH:
        for way in range(9):
            target = destination(6, way, 3)
            run = trace(lab, *options, *QUICK, "-q", "1", target, before=before, code=0)
            equal(run.path(), path(target, 3), f"path in way {way} by {options}", run)
            for hop in (1, 2):
                found = run.replies(hop)[0].get("extensions", [])
                kinds = {each["kind"] for each in found}
                # Where only the quote's length is wrong, a structure with a good checksum still stands where
                # legacy routers put it.
                good = [{"kind": "mpls", "labels": [{"label": 100, "traffic_class": 0, "bottom": True, "ttl": 1}]}]
                expect(
                    not kinds & {"mpls", "interface"} or way in (4, 8) and found == good, f"{found} in way {way}", run
                )


def test_cut_quotes(lab):
    """Quotes cut anywhere end neither the trace nor the program, and enough of one is enough."""
    for options, before in ways():
        for octets in (0, 39, 40, 47, 48, 56, 60, 64, 79):
            target = destination(5, octets, 3)
            run = trace(lab, *options, "-w", "0.1", "-q", "1", target, before=before, code=0)
            shown = run.path()
            expect(shown[2] == target, "the target", run)
            expect(set(shown[:2]) <= {router(1), router(2), None}, "hops", run)
            if octets >= 72 and "connect" not in options:
                equal(shown[:2], [router(1), router(2)], f"hops by {options} with {octets} octets", run)
            if octets < 40:
                equal(shown[:2], [None, None], f"hops by {options} with {octets} octets", run)


def test_rewritten_quotes(lab):
    """Each field of the quoted packet that a middle box has changed is reported, from its hop on."""
    names = {"differentiated_services": "dscp"}
    for method in ("udp", "icmp", "tcp"):
        for number, (field, _) in emulator.REWRITES.items():
            if method == "icmp" and field == "destination_port":
                continue
            target = destination(7, number, 5)
            run = trace(lab, "--raw", "--method", method, *QUICK, "-q", "1", target, code=0)
            if method == "icmp" and field == "source_port":
                continue  # type and code of a quoted echo request: nothing that can be believed
            equal(run.path(), path(target), f"{method} with another {field}", run)
            found = [[each["field"] for each in run.replies(hop)[0].get("rewritten", [])] for hop in range(1, 5)]
            equal(found, [[], [], [names.get(field, field)], [names.get(field, field)]], f"{method}, {field}", run)


def test_forged_errors(lab):
    """Forged errors are counted and not shown, whatever they lack, on both paths."""
    for options, before in ways():
        for way in (1, 2, 3, 4, 5):
            target = destination(8, way, 4)
            run = trace(lab, *options, *QUICK, target, before=before, code=0)
            equal(run.path(), path(target, 4), f"path by {options} with forgery {way}", run)
            run.ended("reached", address=target, hops=4)
            # What another flow's error is to a socket of ours the kernel decides; bad checksums it drops.
            if not before and way in (1, 3, 5):
                expect(run.end["rejected"] >= 9, f"rejected by {options} with forgery {way}", run)


def test_duplicates(lab):
    """An answer that comes three times counts once."""
    for options, before in ways():
        target = destination(9, 2, 4)
        run = trace(lab, *options, *QUICK, target, before=before, code=0)
        equal(run.path(), path(target, 4), f"path by {options}", run)
        run.ended("reached", replied=12, lost=0)


def test_other_addresses(lab):
    """A hop that answers from two addresses shows both, and is marked."""
    for options, before in BOTH:
        run = trace(lab, *options, *QUICK, "-q", "4", destination(0xA, 0, 4), before=before, code=0)
        equal(set(run.addresses()[1]), {router(2), router(2, 1)}, "addresses", run)
        expect("several_addresses" in run.hop(2).get("notes", []), "a note", run)


def test_target_answers_from_elsewhere(lab):
    """Who answers for the target is shown, and whether that ends the trace is decided by what it says."""
    for options, before in BOTH:
        run = trace(lab, *options, *QUICK, destination(0xF, 0, 4), before=before, code=0)
        run.ended("reached", address="fd00:34::bad", from_another_address=True)
    for method in ("icmp", "tcp"):
        # Nothing in an echo reply or a segment but its source says to whom it was sent.
        run = trace(lab, "--raw", "--method", method, *QUICK, "-m", "5", destination(0xF, 0, 4))
        expect(not run.end["reached"] or run.end.get("from_another_address"), "not taken for the target", run)


def test_every_error(lab):
    """Each type and code of error ends the trace at its hop and is named."""
    for options, before in BOTH:
        for kind in (0x0100, 0x0102, 0x0105, 0x0107, 0x0108, 0x01FF, 0x0301, 0x0400, 0x0401, 0x0402, 0x0403, 0x6400):
            run = trace(lab, *options, *QUICK, "-q", "2", destination(0xB, kind, 5), before=before)
            if run.code == 0:
                raise AssertionError(f"reached by type and code {kind:#06x}\n{run}")
            reply = run.replies(3)
            if before and not reply:
                equal(kind, 0x6400, "an error that the kernel hands on", run)
                continue
            equal({(each["icmp_type"], each["icmp_code"]) for each in reply}, {(kind >> 8, kind & 0xFF)}, "answers", run)
            run.ended("unreachable", icmp_type=kind >> 8, icmp_code=kind & 0xFF, hops=3)


def test_first_answers_only(lab):
    """A hop that answers the first two of six probes is taken for one that limits its errors."""
    for number, (options, before) in enumerate(BOTH):
        # The emulator counts for each destination.
        target = destination(0xC, 2 + 256 * number, 3)
        run = trace(lab, *options, *QUICK, "-q", "6", "--per-hop", "6", target, before=before, code=0)
        equal([len(run.replies(hop)) for hop in (1, 2, 3)], [6, 2, 6], "answers", run)
        equal(run.notes(), {2: ["rate_limited"]}, "notes", run)


def test_quotes_with_extension_headers(lab):
    """Quotes are read through hop-by-hop options, destination options and fragment headers."""
    for method in ("udp", "icmp", "tcp"):
        for way in (1, 2, 3):
            target = destination(0xE, way, 4)
            run = trace(lab, "--raw", "--method", method, *QUICK, "-q", "2", target, code=0)
            equal(run.path(), path(target, 4), f"path by {method} in way {way}", run)


def test_reply_hop_limits(lab):
    """The hop limits of answers and of quotes are what came."""
    for options, before in BOTH:
        run = trace(lab, *options, *QUICK, "-q", "1", destination(0x10, 77, 3), before=before, code=0)
        equal([run.replies(hop)[0].get("reply_hop_limit") for hop in (1, 2)], [77, 77], "hop limits", run)
    run = trace(lab, "--raw", *QUICK, "-q", "1", destination(0x12, 0, 3), code=0)
    equal([run.replies(hop)[0].get("quoted_hop_limit") for hop in (1, 2)], [0, 0], "quoted hop limits", run)


def test_forged_segments(lab):
    """A segment that acknowledges another sequence does not end the trace."""
    target = destination(0x11, 4, 4)
    run = trace(lab, "-T", "--raw", *QUICK, target, code=0)
    equal(run.path(), path(target, 4), "path", run)
    expect(run.end["rejected"] >= 3, "rejected", run)


def test_report(lab):
    """Rounds of one probe to each hop, and a table at the end, on both paths."""
    for options, before in BOTH:
        target = destination(0, 1, 5)
        done = lab.run(*before, "probe6", "trace", "-n", *options, "--report", "5", "--interval", "0.05", target)
        equal(done.code, 0, "exit code", done)
        for hop, address in enumerate(path(target), 1):
            lines = [line for line in done.out.splitlines() if address in line.split()]
            expect(lines, f"a line for hop {hop}", done)
