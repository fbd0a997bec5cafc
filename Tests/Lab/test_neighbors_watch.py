"""`probe6 ndisc neighbors`: the kernel's table beside `ip neigh`, and one time line of wire and kernel."""

import subprocess

import forge
import lab as labs
import link
from lab import equal, expect
from link import ALICE, NOBODY_LINK, ROUTER1, SILENT, STATIONS, link_address
from links import LinkRun, act, nanoseconds, plain, rules, start

ALICE_LINK = link_address(STATIONS["alice"][0])


def rows(run):
    return {plain(each["address"]): each for each in run.events("neighbor")}


def test_table(lab):
    """The table is what iproute2 shows: addresses, states, link-layer addresses, router and proxy flags"""
    guest = lab.guest()
    states = {"reachable": "a1", "stale": "a2", "permanent": "a3", "noarp": "a4", "failed": "a5"}
    for state, last in states.items():
        mac = [] if state == "failed" else ["lladdr", NOBODY_LINK]
        guest.ip("-6", "neigh", "replace", link.PREFIX + last, *mac, "nud", state, "dev", "lan0")
    guest.ip("-6", "neigh", "replace", link.PREFIX + "a6", "lladdr", ALICE_LINK, "nud", "permanent", "router", "dev",
             "lan0")
    guest.ip("-6", "neigh", "add", "proxy", link.PREFIX + "a7", "dev", "lan0")
    run = act(lab, guest, "ndisc", "neighbors", "lan0", code=0)
    kernel = {each["dst"]: each for each in guest.json("-6", "neigh", "show", "dev", "lan0", "nud", "all")
              if not each["dst"].startswith("ff")}
    ours = {address: each for address, each in rows(run).items() if not address.startswith("ff") and not each["proxy"]}
    equal(set(ours), set(kernel), "addresses", run)
    for address, each in kernel.items():
        equal(ours[address]["state"], each["state"], f"state of {address}", run)
        equal(ours[address].get("link"), each.get("lladdr"), f"link-layer address of {address}", run)
        equal(ours[address]["router"], "router" in each, f"router flag of {address}", run)
    equal([address for address, each in rows(run).items() if each["proxy"]], [link.PREFIX + "a7"], "proxies", run)


def test_table_limits(lab):
    """The table's bounds are the kernel's"""
    guest = lab.guest()
    run = act(lab, guest, "ndisc", "neighbors", "lan0", code=0)
    words = guest.ip("ntable", "show", "name", "ndisc_cache").split()
    wanted = [int(words[words.index(f"thresh{each}") + 1]) for each in (1, 2, 3)]
    equal(run.summary["table"]["gc_thresholds"], wanted, "thresholds", run)


def test_table_of_all_links(lab):
    """Without an interface it is every interface's, also for an ordinary user"""
    lab.link
    lab.change(f"ip -6 neigh replace {SILENT} lladdr {NOBODY_LINK} nud permanent dev lan0",
               f"ip -6 neigh del {SILENT} dev lan0")
    lab.change(f"ip -6 neigh replace fd00:37::9 lladdr {NOBODY_LINK} nud permanent dev loop0",
               "ip -6 neigh del fd00:37::9 dev loop0")
    for before in ([], labs.without_privileges()):
        run = act(lab, None, "ndisc", "neighbors", before=before, code=0)
        found = {(address, each["interface"]) for address, each in rows(run).items()}
        expect({(SILENT, "lan0"), ("fd00:37::9", "loop0")} <= found, "rows", run)


def in_order(run, wanted):
    """Each of the wanted (what it is, condition) comes, and none before the one above it."""
    at = 0
    for what, condition in wanted:
        while at < len(run.lines) and not condition(run.lines[at]):
            at += 1
        expect(at < len(run.lines), f"{what} comes, and after those before it", run)
        at += 1


def heard(kind, **values):
    return lambda line: (line["event"] == "heard" and line["message"]["type"] == kind
                         and all(line["message"].get(key) == value for key, value in values.items()))


def kernel(kind, **values):
    return lambda line: (line["event"] == "kernel" and line["kind"] == kind
                         and all(line.get(key) == value for key, value in values.items()))


def test_time_line(lab):
    """Wire and kernel are told in the order in which things happened: NS, NA, entry, RA, address, redirect, farewell"""
    guest, mallory = lab.guest(accept_ra=1, accept_redirects=1), lab.mallory()
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    link.wait_for_answers(guest.name, [ALICE])
    running.wait_for('"event":"kernel".*REACHABLE|REACHABLE')
    mallory.send(forge.frame(forge.router_advertisement(forge.link_option(1), forge.prefix_option("fd00:36:ba::"))))
    running.wait_for("fd00:36:ba::[0-9a-f:]*ff:fe")
    mallory.send(forge.frame(forge.redirect("fe80::bad", "2001:db8::1"), destination=guest.link_local,
                             to_link=guest.link))
    running.wait_for('"type":137')
    mallory.send(forge.frame(forge.router_advertisement(lifetime=0)))
    running.wait_for('"router_retires"')
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish(), 0)
    times = [nanoseconds(line) for line in run.lines if line["event"] in ("heard", "kernel")]
    in_order(run, [
        ("our solicitation", heard(135, target=ALICE)),
        ("her answer", heard(136, target=ALICE)),
        ("the entry", lambda line: line["event"] == "kernel" and "REACHABLE" in str(line).upper()),
        ("the advertisement", heard(134, source=forge.SOURCE)),
        ("the address made of it", kernel("address")),
        ("the redirect", heard(137)),
        ("the farewell", heard(134, source=forge.SOURCE, router_lifetime_ns=0)),
    ])
    # One clock, two sources: a frame may be read a little after the change that it made was told.
    for earlier, later in zip(times, times[1:]):
        expect(later - earlier > -50_000_000, "times do not go back", run)
    expect("redirect" in {each["kind"] for each in run.findings()}, "a redirect is a finding", run)


def test_detection_of_others(lab):
    """Duplicate address detection of another kernel is noticed, and its failure on our own"""
    guest, other = lab.guest(), lab.guest([], accept_dad=1, dad_transmits=1)
    other.set(router_solicitation_delay=0)
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    other.ip("-6", "addr", "add", link.PREFIX + "9:9:9/64", "dev", "lan0")
    running.wait_for('"kind":"duplicate_detection"')
    # dadfailed here: alice has it.
    link.refuse(guest.name, "lan0", link.REFUSED)
    running.wait_for('"kind":"duplicate_address"')
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish())
    equal({each["address"] for each in run.findings("duplicate_address")}, {link.REFUSED}, "refused", run)
    expect(link.PREFIX + "9:9:9" in {each["address"] for each in run.findings("duplicate_detection")}, "others", run)


def test_own_address_claimed(lab):
    """Somebody who advertises our own address is called out"""
    guest, mallory = lab.guest(), lab.mallory()
    own = next(each for each in guest.addresses() if each.startswith(link.PREFIX))
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    mallory.send(forge.frame(forge.neighbor_advertisement(own, forge.link_option(2), flags=0x20), source=own))
    running.wait_for('"kind":"own_address_claimed"')
    running.send(labs.INTERRUPT)
    finding = LinkRun(running.finish()).findings("own_address_claimed")[0]
    equal((finding["address"], finding["link"]), (own, forge.LINK), "whom it is about")


def test_router_in_the_time_line(lab):
    """radvd's advertisement, its prefix, its options as the kernel passes them on"""
    guest = lab.guest(accept_ra=1)
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    lab.radvd()
    running.wait_for('"type":134')
    running.wait_for('"kind":"prefix"')
    running.wait_for('"kind":"option"')
    running.wait_for('"kind":"route"')
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish())
    expect(any(heard(134, source=ROUTER1)(each) for each in run.lines), "radvd's advertisement", run)


# Sentence's words -> (rule, message, envelope)
SOLICITATION = forge.neighbor_solicitation("fd00:36::c0", forge.link_option(1))
GROUP = link.solicited_node("fd00:36::c0")
BROKEN = {
    "a solicitation from :: with a link-layer address": (
        "link_layer_address_from_unspecified", SOLICITATION, {"source": "::", "destination": GROUP}),
    "a solicitation from :: to all nodes": (
        "unspecified_to_other", forge.neighbor_solicitation("fd00:36::c0"), {"source": "::"}),
    "a solicitation for a multicast target": (
        "target_multicast", forge.neighbor_solicitation("ff02::1:ff00:c0"), {"destination": GROUP}),
    "a solicitation of hop limit 1": ("hop_limit", SOLICITATION, {"destination": GROUP, "hop_limit": 1}),
    "a solicitation of code 3": (
        "code", forge.neighbor_solicitation("fd00:36::c0", code=3), {"destination": GROUP}),
    "a router solicitation from :: with a link-layer address": (
        "link_layer_address_from_unspecified", forge.router_solicitation(forge.link_option(1)),
        {"source": "::", "destination": "ff02::2"}),
    "a redirect from a global address": (
        "source_not_link_local", forge.redirect("fe80::bad", "2001:db8::1"), {"source": "fd00:36::ee"}),
    "a redirect of a multicast destination": (
        "redirect_destination_multicast", forge.redirect("fe80::bad", "ff0e::1"), {}),
    "a redirect to a global address": ("redirect_target", forge.redirect("fd00:36::ee", "2001:db8::1"), {}),
    "a redirect of 36 octets": ("length", forge.redirect("fe80::bad", "2001:db8::1")[:36], {}),
}


def test_broken_messages(lab):
    """Whatever breaks a rule is shown with that rule, and is no redirect and no duplicate address detection"""
    guest, mallory = lab.guest(), lab.mallory()
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    for number, (_, message, envelope) in enumerate(BROKEN.values()):
        mallory.send(forge.frame(message, link=f"02:00:00:00:99:{number:02x}", **envelope))
    running.wait_for(f"02:00:00:00:99:{len(BROKEN) - 1:02x}")
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish())
    shown = {each["message"]["link_source"]: each["message"] for each in run.events("heard")}
    for number, (words, (rule, _, _)) in enumerate(BROKEN.items()):
        message = shown[f"02:00:00:00:99:{number:02x}"]
        equal((rules(message), message["discarded"]), ([rule], True), words, run)
    equal({each["kind"] for each in run.findings()} & {"redirect", "duplicate_detection"}, set(), "findings", run)


def test_for_a_time(lab):
    """--for ends it by itself"""
    guest = lab.guest()
    run = act(lab, guest, "ndisc", "neighbors", "lan0", "--watch", "--for", "300ms", code=0)
    run.one("summary")


def test_without_privileges(lab):
    """An ordinary user gets the kernel's half, and is told what is missing"""
    guest = lab.guest()
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch", before=labs.without_privileges())
    link.wait_for_answers(guest.name, [ALICE])
    running.wait_for('"event":"kernel"')
    guest.ip("-6", "addr", "add", link.PREFIX + "9:8:7/64", "dev", "lan0", "nodad")
    running.wait_for(link.PREFIX + "9:8:7")
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish(), 0)
    equal(run.events("heard"), [], "nothing of the wire", run)
    expect("cap_net_raw" in str(run.start).lower(), "says what is missing", run.start)


def test_everything_at_once(lab):
    """A burst of a thousand changes is told whole, or its loss is"""
    guest = lab.guest()
    running = start(lab, guest, "ndisc", "neighbors", "lan0", "--watch")
    lines = "".join(f"neigh replace fd00:36::7:{each:x} lladdr {NOBODY_LINK} nud permanent dev lan0\n"
                    for each in range(1, 1001))
    subprocess.run(["ip", "-n", guest.name, "-6", "-batch", "-"], input=lines, text=True, check=True)
    running.wait_for("fd00:36::7:3e8")
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish())
    told = {each.get("address") for each in run.events("kernel")}
    missing = [each for each in range(1, 1001) if f"fd00:36::7:{each:x}" not in told]
    expect(not missing or run.summary["dropped_changes"] > 0, f"{len(missing)} changes are missing", run.summary)
