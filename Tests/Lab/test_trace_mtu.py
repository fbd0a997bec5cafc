"""Path MTUs of kernel routers: said by packet too big, or found by size where that is lost."""

import chain
import emulator
import lab as labs
from chain import router
from lab import equal, expect
from traces import QUICK, trace


def forget(lab):
    """The kernel's own path MTUs."""
    lab.must("ip", "-6", "route", "flush", "cache")


def mtus(run):
    """Hop limit -> (path MTU up to it, how it was found, who said so)."""
    return {each["hop_limit"]: (each["mtu"], each["found_by"], each.get("reporter")) for each in run.events("mtu")}


def test_narrow_links(lab):
    """The path MTU of each hop over links of 1500, 1400 and 1280 octets, on both paths"""
    lab.chain
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        forget(lab)
        run = trace(lab, "--mtu", *QUICK, *options, chain.NARROW, before=before, code=0)
        found = mtus(run)
        equal({hop: found[hop][0] for hop in found},
              {hop: 1500 if hop < 10 else 1400 if hop < 20 else 1280 for hop in found}, "MTUs", run)
        equal(found[10], (1400, "packet_too_big", router(9)), "the first narrow link", run)
        equal(found[20], (1280, "packet_too_big", router(19)), "the second", run)
        run.ended("reached", path_mtu=1280)
        # Now the kernel has a path MTU of its own, which is shown and not trusted.
        again = trace(lab, "--mtu", *QUICK, *options, chain.NARROW, before=before, code=0)
        equal(again.start.get("cached_mtu"), 1280, "the kernel's path MTU", again)
        equal(mtus(again), found, "the same again", again)
    forget(lab)


def test_black_hole(lab):
    """Where packet too big is lost the path MTU is found by size"""
    lab.chain
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        forget(lab)
        lost = lab.chain.count("n9", "hole")
        run = trace(lab, "--mtu", *QUICK, *options, "-m", "14", chain.BLACK_HOLE, before=before, code=1)
        found = mtus(run)
        equal({hop: found[hop][0] for hop in found}, {hop: 1500 if hop < 10 else 1400 for hop in found}, "MTUs", run)
        equal(found[10][1], "black_hole", "how", run)
        expect(lab.chain.count("n9", "hole") > lost, "packets too big were lost", run)
    forget(lab)


def test_too_big_in_the_middle(lab):
    """Packet too big in the middle of an ordinary trace is shown with its MTU"""
    lab.chain
    for options, before in (["--raw"], []), ([], labs.without_privileges()):
        forget(lab)
        run = trace(lab, *QUICK, *options, "--packet-size", "1450", "-q", "1", chain.NARROW, before=before, code=0)
        found = run.addresses()
        equal(found[:9], [[router(each)] for each in range(1, 10)], "before it", run)
        # The hop is asked again with what fits.
        equal(found[9], [router(9), router(10)], "where it came", run)
        reply = run.replies(10)[0]
        equal((reply["icmp_type"], reply.get("mtu")), (2, 1400), "answer", run)
        run.ended("reached", path_mtu=1280, hops=30)
    forget(lab)


def test_lying_router(lab):
    """A packet too big that names an MTU below 1280 is not believed"""
    lab.chain
    forget(lab)
    # Whatever is longer than 1000 octets gets the same answer, so that nothing of 1280 comes through.
    run = trace(lab, "--mtu", *QUICK, "--raw", "-m", "5", emulator.destination(0xD, 1000, 5), code=1)
    for told in run.events("mtu"):
        expect(told["mtu"] >= 1280 or told.get("invalid_report"), f"believed {told}", run)
    expect(run.end.get("path_mtu", 1280) >= 1280, "the path MTU", run.end)
    expect(all(reply["packet_bytes"] >= 1280 for reply in run.events("reply")), "probes below 1280", run)
    forget(lab)
