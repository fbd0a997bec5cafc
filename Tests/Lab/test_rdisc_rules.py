"""Forged router advertisements: each rule broken once is named; what must be discarded is believed neither by us nor
by the kernel, and of what must be ignored the rest is."""

import ipaddress

import forge
from forge import link_option, option, prefix_option, router_advertisement
from lab import equal, expect
from links import SOON, as_we_tell, kernel_truth, plain, rdisc, rules

PREFIX = "fd00:36:bad::"
WHOLE = router_advertisement(link_option(1), prefix_option(PREFIX))

# Sentence's words -> (rule, message, envelope)
DISCARDED = {
    "a hop limit of 64": ("hop_limit", WHOLE, {"hop_limit": 64}),
    "a wrong checksum": ("checksum", WHOLE, {"checksum": 1}),
    "code 1": ("code", router_advertisement(link_option(1), prefix_option(PREFIX), code=1), {}),
    "12 octets": ("length", WHOLE[:12], {}),
    "an option of length 0": ("option_length", router_advertisement(prefix_option(PREFIX), option(1, bytes(6), 0)), {}),
    "an option that overruns": ("option_length", router_advertisement(prefix_option(PREFIX), option(1, bytes(6), 3)), {}),
    "an atomic fragment header": ("fragmented", WHOLE, {"fragment": True}),
    "a global source": ("source_not_link_local", WHOLE, {"source": "fd00:36::ee"}),
}
ONE = prefix_option(PREFIX)
# The option that breaks its rule stands behind a prefix that is as it should be.
IGNORED = {
    "a prefix of 200 bits": ("prefix_length", prefix_option("fd00:36:bae::", 200)),
    "a link-local prefix": ("prefix_link_local", prefix_option("fe80::")),
    "a preferred lifetime above the valid one": ("preferred_above_valid", prefix_option("fd00:36:bae::", 64, 0xC0, 10, 20)),
    "a prefix option of 8 octets": ("option_layout", option(3, bytes(6))),
    "an MTU of 1000": ("mtu_too_small", forge.mtu_option(1000)),
    "the reserved preference of a route": ("reserved_preference", forge.route_option("fd00:36:aa::", 48, 2)),
    "a route of 128 bits in one octet group": ("option_layout", forge.route_option("fd00:36:aa::", 128, 0, octets=8)),
    "a flags extension without a flag": ("no_flag_set", option(26, bytes(6))),
    "a NAT64 prefix length code of 7": ("pref64_code", option(38, b"\0\7" + bytes(12))),
    "an even number of octet groups for DNS servers": ("option_layout", option(25, bytes(6 + 8))),
    "a label of 64 octets": ("label_too_long", option(31, bytes(2) + b"\0\0\4\xb0" + b"\x40" + b"a" * 64 + b"\0")),
}


def addresses_of(guest, prefix):
    network = ipaddress.ip_network(prefix + "/64")
    return [each for each in guest.addresses() if ipaddress.ip_address(each) in network]


def discarded_case(words, rule, message, envelope):
    def test(lab):
        guest, mallory = lab.guest(accept_ra=1), lab.mallory()
        mallory.route(message, **envelope)
        run = rdisc(lab, guest, *SOON, code=4)
        equal((run.events("router"), run.summary["routers"]), ([], 0), "routers", run)
        expect(run.summary["discarded"] >= 3, "discarded ones", run)
        for each in run.events("advertisement"):
            equal((each["standing"], rules(each["message"])), ("discarded", [rule]), "standing and rules", run)
        equal({each["rule"]["rule"] for each in run.findings("broken_rule")}, {rule}, "findings", run)
        truth = kernel_truth(guest, forge.SOURCE)
        equal((truth["default"], addresses_of(guest, PREFIX)), (False, []), "the kernel", truth)

    test.__doc__ = f"A router advertisement with {words} is shown with its rule and not believed"
    return test


def ignored_case(words, rule, broken):
    def test(lab):
        guest, mallory = lab.guest(accept_ra=1, accept_ra_rt_info_max_plen=128), lab.mallory()
        mallory.route(router_advertisement(link_option(1), ONE, broken))
        run = rdisc(lab, guest, *SOON)
        router = run.one("router")
        equal(rules(router["message"]), [rule], "rules", run)
        equal({each["rule"]["rule"] for each in run.findings("broken_rule")}, {rule}, "findings", run)
        expect(PREFIX + "/64" in [each["prefix"] for each in as_we_tell(router)["prefixes"]], "the prefix", run)
        truth = kernel_truth(guest, forge.SOURCE)
        expect(truth["default"] and addresses_of(guest, PREFIX), "the kernel takes the rest", truth)
        expect(not addresses_of(guest, "fd00:36:bae::") and truth["mtu"] == 1500, "and not the option", truth)

    test.__doc__ = f"A router advertisement with {words} counts but for that option"
    return test


for _words, (_rule, _message, _envelope) in DISCARDED.items():
    globals()["test_discarded_" + _words.replace(" ", "_")] = discarded_case(_words, _rule, _message, _envelope)
for _words, (_rule, _broken) in IGNORED.items():
    globals()["test_ignored_" + _words.replace(" ", "_")] = ignored_case(_words, _rule, _broken)


def test_good_one(lab):
    """The same advertisement unbroken counts, for us and for the kernel"""
    guest, mallory = lab.guest(accept_ra=1), lab.mallory()
    mallory.route(WHOLE)
    run = rdisc(lab, guest, *SOON, code=0)
    equal(plain(run.one("router")["address"]), forge.SOURCE, "router", run)
    truth = kernel_truth(guest, forge.SOURCE)
    expect(truth["default"] and addresses_of(guest, PREFIX), "the kernel takes it", truth)


def test_every_cut(lab):
    """An advertisement cut at every octet never stops us, and the kernel believes of it what we do"""
    guest, mallory = lab.guest(accept_ra=1), lab.mallory()
    message = router_advertisement(link_option(1), prefix_option(PREFIX), forge.mtu_option(1400),
                                   forge.servers_option("fd00:36::53"), forge.names_option(b"lab.example"))
    cuts = range(8, len(message))
    # Each cut has its own source, by which it is known.
    frames = [forge.frame(message[:cut], source=f"fe80::c:{cut:x}") for cut in cuts]
    mallory.answer(None, lambda _: frames)
    run = rdisc(lab, guest, *SOON, seconds=40)
    believed = {plain(each["address"]) for each in run.events("router")}
    routes = {each.get("gateway") for each in guest.json("-6", "route", "show", "default", "dev", "lan0")}
    routes |= {hop["gateway"] for each in guest.json("-6", "route", "show", "default")
               for hop in each.get("nexthops", [])}
    # Cut behind the header, or behind a whole option.
    equal(believed, {f"fe80::c:{cut:x}" for cut in (16, 24, 56, 64, 88)}, "whole ones", run.summary)
    equal(believed, {each for each in routes if each}, "routers that are believed, and the kernel's", run.summary)
