"""`probe6 rdisc` on a link with radvd and dnsmasq, which say different things: beside rdisc6 and tshark, field by
field."""

import forge
import lab as labs
import link
from lab import equal, expect
from link import ROUTER1, ROUTER2
from links import SOON, LinkRun, act, as_rdisc6_tells, as_we_tell, capture, nanoseconds, plain, rdisc, start

BOTH = {ROUTER1, ROUTER2}


def both_routers(lab):
    lab.radvd()
    lab.dnsmasq()
    guest = lab.guest()
    return guest


def test_two_routers_beside_rdisc6(lab):
    """Every field that rdisc6 shows of radvd's and dnsmasq's advertisements, we show alike"""
    labs.needs("rdisc6", "ndisc6")
    if not labs.is_root():
        raise labs.Skip("rdisc6 needs a real root")
    guest = both_routers(lab)
    done = lab.run(*guest.command, "/usr/bin/rdisc6", "-m", "-w", "4000", "lan0", env={"LC_ALL": "C"})
    theirs = as_rdisc6_tells(done.out)
    run = rdisc(lab, guest)
    ours = {plain(each["address"]): as_we_tell(each) for each in run.events("router")}
    equal(set(theirs), BOTH, "routers that rdisc6 saw", done)
    equal(set(ours), BOTH, "routers", run)
    for router in BOTH:
        for field, value in theirs[router].items():
            equal(ours[router].get(field), value, f"{field} of {router}", run)


# tshark's name of a field -> what it is in `as_we_tell`.
FIELDS = {
    "icmpv6.nd.ra.cur_hop_limit": "hop_limit",
    "icmpv6.nd.ra.router_lifetime": "lifetime",
    "icmpv6.nd.ra.reachable_time": "reachable",
    "icmpv6.nd.ra.retrans_timer": "retransmit",
    "icmpv6.nd.ra.flag.m": "managed",
    "icmpv6.nd.ra.flag.o": "other",
    "icmpv6.nd.ra.flag.h": "home_agent",
    "icmpv6.nd.ra.flag.p": "proxy",
    "icmpv6.opt.mtu": "mtu",
    "icmpv6.opt.src_linkaddr": "link",
    "icmpv6.opt.advertisement_interval": "interval",
    "icmpv6.opt.home_agent_preference": "home_agent_preference",
    "icmpv6.opt.home_agent_lifetime": "home_agent_lifetime",
    "icmpv6.opt.rdnss": "servers",
    "icmpv6.opt.dnssl": "names",
    "icmpv6.opt.prefix": "prefix_addresses",
    "icmpv6.opt.prefix.length": "prefix_lengths",
}


def same(field, theirs, ours):
    """tshark's text of a field and our value say the same."""
    if isinstance(ours, bool):
        return theirs in (str(int(ours)), str(ours))
    if isinstance(ours, list):
        return sorted(theirs.split(",")) == sorted(map(str, ours))
    if isinstance(ours, int):
        return theirs.isdigit() and int(theirs) == ours
    return theirs == (ours or "")


def test_fields_as_tshark_reads_them(lab):
    """Every field that tshark reads in the routers' frames, we read alike"""
    guest = both_routers(lab)
    heard = capture(lab, guest, 2, "icmp6 and ip6[40] == 134", direction="in")
    run = rdisc(lab, guest)
    heard.finish()
    ours = {plain(each["address"]): as_we_tell(each) for each in run.events("router")}
    seen = set()
    for source, *values in heard.fields("ipv6.src", *FIELDS):
        seen.add(source)
        for (field, name), value in zip(FIELDS.items(), values):
            expect(same(field, value, ours[source].get(name)),
                   f"{name} of {source}: {ours[source].get(name)!r}, tshark reads {value!r}", run)
    expect(seen <= BOTH and seen, "routers in the capture", seen)


def test_routers_disagree(lab):
    """What the two routers disagree about is said, field by field (RFC 4861 section 6.2.7)"""
    guest = both_routers(lab)
    run = rdisc(lab, guest)
    fields = {each["field"] for each in run.findings("inconsistent_routers")}
    expect({"mtu", "hop_limit"} <= fields, f"fields {fields}", run)
    expect("link" not in fields and "prefix" not in fields, f"what may differ does not count: {fields}", run)
    equal(run.code, 4, "exit code", run)


def test_one_router(lab):
    """One router is heard with its frame's address, and its remaining lifetimes are what it said"""
    lab.radvd()
    guest = lab.guest()
    run = rdisc(lab, guest)
    router = run.one("router")
    equal((plain(router["address"]), router["frame_link"]), (ROUTER1, link.link_address(0xf1)), "router", run)
    equal(run.summary["routers"], 1, "routers", run)
    solicitation = run.events("sent")[0]
    equal((solicitation["type"], plain(solicitation["to"])), (133, "ff02::2"), "solicitation", run)
    equal(run.findings("inconsistent_routers"), [], "one router is at one with itself", run)


def test_solicitation(lab):
    """The solicitation is whole, with our link-layer address, as tshark reads it"""
    lab.radvd()
    guest = lab.guest()
    heard = capture(lab, guest, 1, "icmp6 and ip6[40] == 133")
    rdisc(lab, guest)
    heard.finish()
    equal(heard.fields("ipv6.src", "ipv6.dst", "ipv6.hlim", "icmpv6.checksum.status", "icmpv6.opt.src_linkaddr",
                       "eth.dst"),
          [(guest.link_local, "ff02::2", "255", "1", guest.link, "33:33:00:00:00:02")], "solicitation")


def test_no_router(lab):
    """Where no router answers three solicitations, that is said, and not before their time is over"""
    guest = lab.guest()
    run = rdisc(lab, guest, *SOON, code=1)
    equal((run.summary["routers"], run.summary["solicitations"]), (0, 3), "summary", run)
    expect("no_router" in {each["kind"] for each in run.findings()}, "the finding", run)


def test_no_router_takes_its_time(lab):
    """An answer may legally take three and a half seconds: the last solicitation is waited for at least as long"""
    guest = lab.guest()
    run = rdisc(lab, guest, seconds=40)
    sent = [nanoseconds(line) for line in run.events("sent")]
    expect(nanoseconds(run.summary) - sent[-1] >= 3_500_000_000, "the window", run)


def test_late_router(lab):
    """A router that answers after three seconds is heard"""
    import threading

    guest, mallory = lab.guest(), lab.mallory()
    advertisement = forge.frame(forge.router_advertisement(forge.link_option(1)))

    def later(_):
        threading.Timer(3.2, lambda: mallory.send(advertisement)).start()
        return []

    mallory.answer(None, later)
    run = rdisc(lab, guest, code=0)
    router = run.one("router")
    equal(plain(router["address"]), forge.SOURCE, "router", run)
    expect(router["rtt_ns"] > 3_000_000_000, "its round trip", run)


def test_without_a_link_local_address(lab):
    """Without a link-local address the solicitation leaves from ::, without our link-layer address"""
    guest, mallory = lab.guest([], addr_gen_mode=1), lab.mallory()
    mallory.route(forge.router_advertisement(forge.link_option(1)))
    heard = capture(lab, guest, 1, "icmp6 and ip6[40] == 133")
    run = rdisc(lab, guest, *SOON)
    heard.finish()
    equal(heard.fields("ipv6.src", "icmpv6.opt.type"), [("::", "")], "solicitation", run)
    equal(plain(run.one("router")["address"]), forge.SOURCE, "router", run)


def test_farewell(lab):
    """A router that goes says so with a lifetime of 0, and --watch shows it"""
    radvd = lab.radvd()
    guest = lab.guest()
    running = start(lab, guest, "rdisc", "lan0", "--watch")
    running.wait_for('"event":"advertisement"')
    radvd.stop(hard=False)
    running.wait_for('"kind":"router_retires"')
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish())
    finding = run.findings("router_retires")[0]
    equal(plain(finding["address"]), ROUTER1, "who goes", run)


def test_more_options_than_rdisc6_knows(lab):
    """Captive portal, PREF64, encrypted DNS, nonce, flags: each option is read as tshark or its RFC has it"""
    guest, mallory = lab.guest(), lab.mallory()
    options = {
        37: forge.option(37, b"https://portal.example/api"),
        38: forge.option(38, bytes.fromhex("0640") + forge.packed("64:ff9b::")[:12]),
        26: forge.option(26, bytes.fromhex("800000000000")),
        14: forge.option(14, bytes.fromhex("010203040506")),
        144: forge.option(144, bytes.fromhex("0001 00000e10 000d") + forge.labels(b"dns.example")),
        34: forge.option(34, bytes.fromhex("401200000010") + forge.packed("fd00:36::")[:8]),
        250: forge.option(250, b"unknown!"),
    }
    mallory.route(forge.router_advertisement(*options.values()))
    heard = capture(lab, guest, 1, "icmp6 and ip6[40] == 134", direction="in")
    run = rdisc(lab, guest, *SOON)
    heard.finish()
    shown = {each["type"]: each for each in run.one("router")["message"]["options"]}
    equal(set(shown), set(options), "options", run)
    (types, portal, pref64), = heard.fields("icmpv6.opt.type", "icmpv6.opt.captive_portal", "icmpv6.opt.pref64.prefix")
    equal([int(each) for each in types.split(",")], list(options), "options as tshark counts them")
    equal(shown[37].get("uri"), portal, "captive portal", shown[37])
    expect(str(shown[38].get("prefix", "")).startswith(pref64) and pref64, f"NAT64 prefix {pref64}", shown[38])
    equal((shown[144]["authentication_domain_name"], shown[144]["lifetime_ns"]), ("dns.example", 3600 * 10 ** 9),
          "encrypted DNS")
    equal(shown[250].get("data"), b"unknown!".hex() + "0000000000000000"[:12], "the unknown one", shown[250])


def test_hostile_strings(lab):
    """Names and URIs with terminal escapes reach neither text nor JSON as they are"""
    guest, mallory = lab.guest(), lab.mallory()
    evil = b"\x1b[31m\x1b]0;owned\x07\x9b1m\xe2\x80\xaex"
    mallory.route(forge.router_advertisement(
        forge.option(37, b"http://" + evil), forge.names_option(evil + b".example"),
        forge.option(144, bytes.fromhex("0001 00000e10") + len(forge.labels(evil)).to_bytes(2, "big")
                     + forge.labels(evil)),
    ))
    for options in ([], ["--json"], ["--watch", "--json"]):
        command = [*guest.command, "probe6", "rdisc", "lan0", *SOON, *options]
        if "--watch" in options:
            running = lab.start(*command)
            running.wait_for("advertisement")
            running.send(labs.INTERRUPT)
            done = running.finish()
        else:
            done = lab.run(*command)
        octets = done.out.encode(errors="surrogateescape")
        expect(b"portal" in octets or b"http" in octets, "it is shown", done)
        for each in (b"\x1b", b"\x07", b"\x9b", b"\xe2\x80\xae"):
            expect(each not in octets, f"{each!r} is escaped with {options}", done)


def test_face_of_hostile_strings(lab):
    """The same of the rdisc6 face"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.route(forge.router_advertisement(forge.names_option(b"\x1b[31m\x07.example")))
    done = lab.run(*guest.command, "rdisc6", "-1", "lan0")
    expect("DNS search list" in done.out, "it is shown", done)
    expect("\x1b" not in done.out and "\x07" not in done.out, "it is escaped", done)


def test_many_routers_at_once(lab):
    """Beyond 64 routers further ones are counted, and said so"""
    guest, mallory = lab.guest(), lab.mallory()
    lab.keep_from_kernels(guest)
    frames = forge.many_routers(300)
    mallory.answer(None, lambda _: frames)
    run = rdisc(lab, guest, "-w", "3s", seconds=40)
    equal((run.summary["routers"], len(run.events("router"))), (64, 64), "routers", run.summary)
    expect(run.summary["forgotten"] >= 236, "forgotten ones", run.summary)
    expect("dropped" in {each["kind"] for each in run.findings()}, "the finding", run.findings())


def test_text(lab):
    """The text shows both routers"""
    guest = both_routers(lab)
    done = lab.run(*guest.command, "probe6", "rdisc", "lan0")
    for word in (ROUTER1, ROUTER2, link.RADVD_PREFIX + "/64", link.DNSMASQ_PREFIX + "/64", "1400", "lab.example"):
        expect(word in done.out, f"shows {word}", done)


def test_privileges(lab):
    """An ordinary user is told which capability is missing"""
    guest = lab.guest()
    done = lab.run(*guest.command, *labs.without_privileges(), "probe6", "rdisc", "lan0")
    equal(done.code, 3, "exit code", done)
    expect("cap_net_raw" in done.err.lower(), "names the capability", done)


def test_no_such_interface(lab):
    """An interface that is not there is named"""
    done = lab.run("probe6", "rdisc", "nonsense0")
    expect(done.code in (2, 3) and "nonsense0" in done.err, "names it", done)
