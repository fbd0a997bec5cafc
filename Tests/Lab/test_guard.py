"""`probe6 ndisc guard`: a baseline is written, the same link is fine, every change is a finding and exit code 4."""

import os
import pathlib
import re
import subprocess
import threading

import forge
import lab as labs
import link
from forge import link_option, mtu_option, names_option, prefix_option, router_advertisement, servers_option
from lab import equal, expect
from link import ROUTER1
from links import LinkRun, act, plain, resident, start

PREFIX = "fd00:36:c::"
OPTIONS = (mtu_option(1400), servers_option("fd00:36:c::53"), names_option(b"lab.example"))
# A minute, where somebody has it: PROBE6_FLOOD_SECONDS=60 scripts/test --only lab
FLOOD_SECONDS = int(os.environ.get("PROBE6_FLOOD_SECONDS", "4"))
FILE = pathlib.Path("/run/lab/baseline")
QUICK = ["-w", "1s"]


def usual(*more, prefix=prefix_option(PREFIX), options=OPTIONS, mac=forge.LINK, **header):
    return router_advertisement(link_option(1, mac), *([prefix] if prefix else []), *options, *more, **header)


def guard(lab, guest, *arguments, **more):
    return act(lab, guest, "ndisc", "guard", "lan0", "--baseline", FILE, *arguments, **more)


def guarded(lab):
    """A guest and mallory's link, whose baseline is written."""
    FILE.unlink(missing_ok=True)
    guest, mallory = lab.guest(), lab.mallory()
    mallory.route(usual())
    run = guard(lab, guest, "--write", *QUICK, code=0)
    expect(FILE.exists(), "the file", run)
    return guest, mallory


def test_same_link(lab):
    """A link that is as it was is fine"""
    guest, _ = guarded(lab)
    run = guard(lab, guest, *QUICK, code=0)
    equal(run.problems(), [], "problems", run)
    expect(PREFIX + "/64" in FILE.read_text() and "1400" in FILE.read_text(), "the file says it", FILE.read_text())


def test_written_once(lab):
    """A baseline that is there is not overwritten unless asked for"""
    guest, _ = guarded(lab)
    before = FILE.read_text()
    done = lab.run(*guest.command, "probe6", "ndisc", "guard", "lan0", "--baseline", FILE, "--write", *QUICK)
    expect(done.code in (2, 3) and done.err, "refused", done)
    equal(FILE.read_text(), before, "the file")
    guard(lab, guest, "--write", "--force", *QUICK, code=0)


def test_real_routers(lab):
    """radvd and dnsmasq side by side are fine as they were written, and one that is gone is missing"""
    lab.dnsmasq()
    radvd = lab.radvd()
    guest = lab.guest()
    FILE.unlink(missing_ok=True)
    guard(lab, guest, "--write", code=0)
    guard(lab, guest, code=0)
    radvd.stop()
    run = guard(lab, guest, code=4)
    equal([plain(each["address"]) for each in run.findings("missing_router")], [ROUTER1], "who is missing", run)


# Sentence -> (what mallory says now, envelope, kind of the finding, its field)
CHANGES = {
    "another MTU": (usual(options=(mtu_option(1300), *OPTIONS[1:])), {}, "changed", "mtu"),
    "no MTU": (usual(options=OPTIONS[1:]), {}, "changed", "mtu"),
    "one more prefix": (usual(prefix_option("fd00:36:d::")), {}, "prefix_added", None),
    "another prefix": (usual(prefix=prefix_option("fd00:36:d::")), {}, "prefix_removed", None),
    "a prefix without the autonomous flag": (usual(prefix=prefix_option(PREFIX, 64, 0x80)), {}, "changed", "prefix_flags"),
    "another DNS server": (usual(options=(OPTIONS[0], servers_option("fd00:36:c::54"), OPTIONS[2])), {}, "changed",
                           "recursive_dns_servers"),
    "another search list": (usual(options=(*OPTIONS[:2], names_option(b"evil.example"))), {}, "changed",
                            "dns_search_list"),
    "another hop limit": (usual(hop_limit=32), {}, "changed", "hop_limit"),
    "the managed flag": (usual(flags=0x80), {}, "changed", "managed"),
    "another link-layer address": (usual(mac=link.NOBODY_LINK), {"link": link.NOBODY_LINK}, "new_link_layer_address", None),
}


def change_case(words, message, envelope, kind, field):
    def test(lab):
        guest, mallory = guarded(lab)
        mallory.route(message, **envelope)
        run = guard(lab, guest, *QUICK, code=4)
        found = [each for each in run.findings(kind) if field in (None, each.get("field"))]
        expect(found, f"{kind} {field}", run)
        equal({plain(each["address"]) for each in found}, {forge.SOURCE}, "whom it is about", run)
        equal({each["severity"] for each in found}, {"problem"}, "severity", run)
        # Nothing else is called changed.
        expect({each["kind"] for each in run.findings()} <= {kind, "prefix_added", "prefix_removed"}, "findings", run)

    test.__doc__ = f"A router that advertises {words} is not the one of the baseline"
    return test


for _words, (_message, _envelope, _kind, _field) in CHANGES.items():
    globals()["test_changed_" + _words.replace(" ", "_")] = change_case(_words, _message, _envelope, _kind, _field)


def test_rogue_router(lab):
    """A router that the baseline does not know is a rogue"""
    guest, mallory = guarded(lab)
    frames = [forge.frame(usual()), forge.frame(usual(), source="fe80::666", link="02:00:00:00:36:66")]
    mallory.answer(None, lambda _: frames)
    run = guard(lab, guest, *QUICK, code=4)
    equal({plain(each["address"]) for each in run.findings("rogue_router")}, {"fe80::666"}, "rogues", run)


def test_missing_router(lab):
    """A router of the baseline that says nothing is missing"""
    guest, mallory = guarded(lab)
    mallory.answer(None, None)
    run = guard(lab, guest, code=4)
    equal({plain(each["address"]) for each in run.findings("missing_router")}, {forge.SOURCE}, "who is missing", run)


def test_lifetimes_that_run_down(lab):
    """Lifetimes that count down in real time are no change (RFC 4861 section 6.2.7)"""
    guest, mallory = guarded(lab)
    mallory.route(usual(prefix=prefix_option(PREFIX, 64, 0xC0, 7195, 3595)))
    run = guard(lab, guest, *QUICK, code=0)
    equal(run.problems(), [], "problems", run)


def test_discarded_is_not_believed(lab):
    """An advertisement with hop limit 64 is no router: a broken rule"""
    guest, mallory = guarded(lab)
    frames = [forge.frame(usual()), forge.frame(usual(), source="fe80::666", hop_limit=64)]
    mallory.answer(None, lambda _: frames)
    run = guard(lab, guest, *QUICK, code=4)
    equal((run.findings("rogue_router"), len(run.findings("broken_rule"))), ([], 1), "findings", run)


def test_continuous(lab):
    """--watch says each thing once, when it happens: rogue, change, redirect, our own address claimed"""
    guest, mallory = guarded(lab)
    own = next(each for each in guest.addresses() if each.startswith(link.PREFIX))
    running = start(lab, guest, "ndisc", "guard", "lan0", "--baseline", str(FILE), "--watch")
    mallory.send(*[forge.frame(usual(), source="fe80::666")] * 3)
    running.wait_for('"kind":"rogue_router"')
    mallory.send(*[forge.frame(usual(options=(mtu_option(1300), *OPTIONS[1:])))] * 3)
    running.wait_for('"kind":"changed"')
    mallory.send(forge.frame(forge.redirect("fe80::bad", "2001:db8::1"), destination=guest.link_local,
                             to_link=guest.link))
    running.wait_for('"kind":"redirect"')
    mallory.send(forge.frame(forge.neighbor_advertisement(own, link_option(2), flags=0x20), source=own))
    running.wait_for('"kind":"own_address_claimed"')
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish(), 4)
    for kind in ("rogue_router", "changed", "redirect", "own_address_claimed"):
        equal(len(run.findings(kind)), 1, f"findings {kind}", run)


def test_flood(lab):
    """A flood of advertisements of many routers leaves memory flat, is called so, and what was dropped is said"""
    guest, mallory = guarded(lab)
    lab.keep_from_kernels(guest)
    running = start(lab, guest, "ndisc", "guard", "lan0", "--baseline", str(FILE), "--watch")
    process = running.pid
    frames = forge.many_routers(20_000)
    sent = []
    sender = threading.Thread(target=lambda: sent.append(forge.flood(frames, FLOOD_SECONDS)))
    sender.start()
    sizes = []
    while sender.is_alive():
        sender.join(0.5)
        running._read(0)  # its output must not fill the pipe
        sizes.append(resident(process))
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish(60))
    expect(sent[0] > 5_000, "the flood was one", sent)
    # After the first two seconds every table is full; from there on nothing grows.
    early, late = max(sizes[:5]), max(sizes[5:])
    expect(late <= early + 1024, f"resident set: {sizes} KiB")
    kinds = {each["kind"] for each in run.findings()}
    expect("advertisement_flood" in kinds, "the flood is called so", sorted(kinds))
    expect(run.summary["dropped"] > 0 and "dropped" in kinds, "what was not looked at is said", run.summary)
    expect(run.summary["advertisements"] + run.summary["dropped"] > 1_000, "they were seen", run.summary, sent)
    expect(len(run.lines) < 5_000, "the output is bounded", len(run.lines))


def test_flood_of_an_inspection(lab):
    """The same flood leaves the memory of rdisc --watch flat"""
    guest = lab.guest()
    lab.keep_from_kernels(guest)
    running = lab.start(*guest.command, "sh", "-c", "exec probe6 rdisc lan0 --watch > /run/lab/flood.txt")
    guest.wait_until(lambda: subprocess.run(["pgrep", "-f", "^probe6 rdisc"], capture_output=True).returncode == 0,
                     "its start")
    frames = forge.many_routers(20_000)
    sent = []
    sender = threading.Thread(target=lambda: sent.append(forge.flood(frames, FLOOD_SECONDS)))
    sender.start()
    sizes = []
    while sender.is_alive():
        sender.join(0.5)
        sizes.append(resident(running.pid))
    running.send(labs.INTERRUPT)
    running.finish(60)
    expect(sent[0] > 5_000, "the flood was one", sent)
    printed = pathlib.Path("/run/lab/flood.txt").read_text()
    seen = re.search(r"(\d+) advertisements", printed.splitlines()[-1])
    expect(seen and int(seen[1]) > 1_000, "it was seen", printed[-500:])
    early, late = max(sizes[:6]), max(sizes[6:])
    expect(late <= early + 1024, f"resident set: {sizes} KiB")


def test_baseline_that_is_none(lab):
    """A file that is no baseline is refused with its line"""
    guest = lab.guest()
    FILE.write_text("nonsense\n")
    done = lab.run(*guest.command, "probe6", "ndisc", "guard", "lan0", "--baseline", FILE)
    expect(done.code in (2, 3), "exit code", done)
    expect(str(FILE) in done.err and "1" in done.err, "names file and line", done)
    done = lab.run(*guest.command, "probe6", "ndisc", "guard", "lan0", "--baseline", "/run/lab/nowhere")
    expect(done.code in (2, 3) and "/run/lab/nowhere" in done.err, "names the file", done)


def test_privileges(lab):
    """An ordinary user is told which capability is missing"""
    guest, _ = guarded(lab)
    done = lab.run(*guest.command, *labs.without_privileges(), "probe6", "ndisc", "guard", "lan0", "--baseline", FILE)
    equal(done.code, 3, "exit code", done)
    expect("cap_net_raw" in done.err.lower(), "names the capability", done)
