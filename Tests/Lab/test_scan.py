"""`probe6 ndisc scan`: everything on the link, beside what each station's own kernel says of itself."""

import subprocess

import lab as labs
import link
from lab import equal, expect
from link import DUPLICATE, STATIONS, link_address
from links import LinkRun, act, plain, start

OTHERS = {name: link_address(last) for name, (last, _) in STATIONS.items() if name != "mallory"}


def scan(lab, guest, *arguments, **more):
    return act(lab, guest, "ndisc", "scan", "lan0", *arguments, **more)


def stations(run):
    return {each["link"]: each for each in run.events("station")}


def addresses(station):
    return {plain(each["address"]) for each in station["addresses"]}


def test_all_stations(lab):
    """Every station is found, with addresses that are really its own, one for each scope and prefix at least"""
    guest = lab.guest([link.PREFIX + "9:5", "fd00:36:a::9"])
    run = scan(lab, guest)
    found = stations(run)
    # The host itself and other tests' guests aside.
    expect(set(OTHERS.values()) <= set(found), "stations", run)
    for name, mac in OTHERS.items():
        really = lab.link.addresses(name)
        if name == "router2":
            really |= {f"{link.DNSMASQ_PREFIX}f2"}
        shown = addresses(found[mac])
        expect(shown <= really, f"addresses of {name}: {shown}, really {really}", run)
        expect(any(each.startswith("fe80::") for each in shown), f"link-local address of {name}: {shown}", run)
        if any(each.startswith("fd00:36::") for each in really):
            expect(any(each.startswith("fd00:36::") for each in shown), f"global address of {name}: {shown}", run)
    expect(link.ALICE_ELSEWHERE in addresses(found[OTHERS["alice"]]), "alice's address of the other prefix", run)


def test_duplicate(lab):
    """An address on two stations is called out"""
    guest = lab.guest()
    run = scan(lab, guest, code=4)
    finding = run.one("finding", kind="conflict", address=DUPLICATE)
    equal({finding["link"], finding["other_link"]}, {OTHERS["twin1"], OTHERS["twin2"]}, "who has it", run)


def test_this_host(lab):
    """The host that asks is told from the others"""
    guest = lab.guest()
    own = [each for each in scan(lab, guest).events("station") if each["this_host"]]
    equal([each["link"] for each in own], [guest.link], "this host")


def test_routers_are_known(lab):
    """Routers that advertise are marked as such"""
    guest = lab.guest()
    running = start(lab, guest, "ndisc", "scan", "lan0")
    # It greets the link with an advertisement.
    lab.radvd()
    found = stations(LinkRun(running.finish()))
    expect(found[OTHERS["router1"]]["router"], "router1", found)
    expect(not found[OTHERS["alice"]]["router"], "alice", found)


def test_echo_alone_and_option_alone(lab):
    """Each way to ask finds the stations by itself: a station that answers no echo answers the option"""
    lab.link
    key = "/proc/sys/net/ipv6/icmp/echo_ignore_multicast"
    subprocess.run(["ip", "netns", "exec", "deaf", "sh", "-c", f"echo 1 > {key}"], check=True)
    lab.undo.append("ip netns exec deaf sysctl -qw net.ipv6.icmp.echo_ignore_multicast=0")
    guest = lab.guest()
    found = stations(scan(lab, guest, "--no-unknown-option", "-w", "1s"))
    expect(OTHERS["alice"] in found and OTHERS["deaf"] not in found, "by echo alone", found)
    guest = lab.guest()
    expect(OTHERS["deaf"] in stations(scan(lab, guest, "--no-echo", "-w", "1s")), "by the option alone")


def test_listeners(lab):
    """A listener query, on request, brings the groups: low 24 bits of every address of every station"""
    guest = lab.guest()
    run = scan(lab, guest, "--listeners", "-w", "3s", "-p")
    found = stations(run)
    for name in ("alice", "twin1", "twin2"):
        station = found[OTHERS[name]]
        known = {link.solicited_node(each) for each in addresses(station)} | set(station["unexplained_groups"])
        really = {link.solicited_node(each) for each in lab.link.addresses(name)}
        expect(really <= known, f"{name}: groups {known} explain {really}", run)


def test_no_query_unasked(lab):
    """Without the request no listener query leaves, which could win the querier election"""
    guest = lab.guest()
    lab.must("ip", "netns", "exec", guest.name, "nft", "add table ip6 t; add chain ip6 t c { type filter hook output "
             "priority 0; }; add rule ip6 t c icmpv6 type mld-listener-query counter; add rule ip6 t c "
             "icmpv6 type { nd-neighbor-advert, nd-redirect, nd-router-advert } ip6 daddr ff00::/8 counter")
    scan(lab, guest)
    rules = lab.must("ip", "netns", "exec", guest.name, "nft", "list", "table", "ip6", "t")
    equal(rules.count("packets 0 "), 2, "nothing of the kind left", rules)


def test_only_own_addresses(lab):
    """Every question leaves from an address that the interface has"""
    guest = lab.guest([link.PREFIX + "9:6", "fd00:36:a::96"])
    run = scan(lab, guest)
    sources = {plain(each["from"]) for each in run.events("sent")}
    equal(sources, set(guest.addresses()), "sources", run)


def test_empty_link(lab):
    """On a link without anybody else nobody is found, and that is exit code 1"""
    lab.change("ip link add lonely0 type veth peer name lonely1", "ip link del lonely0")
    lab.must("ip", "link", "set", "lonely0", "up")
    lab.must("ip", "link", "set", "lonely1", "netns", "mirror")
    lab.must("ip", "-n", "mirror", "link", "set", "lonely1", "up")
    run = act(lab, None, "ndisc", "scan", "lonely0", "-w", "500ms", code=1)
    equal([each for each in run.events("station") if not each["this_host"]], [], "stations", run)


def test_privileges(lab):
    """An ordinary user is told which capability is missing"""
    guest = lab.guest()
    done = lab.run(*guest.command, *labs.without_privileges(), "probe6", "ndisc", "scan", "lan0")
    equal(done.code, 3, "exit code", done)
    expect("cap_net_raw" in done.err.lower(), "names the capability", done)
