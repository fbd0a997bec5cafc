"""What the kernel makes of a router advertisement, and why not where it does not: iproute2 is the oracle."""

import forge
import link
from forge import SOURCE, link_option, mtu_option, prefix_option, route_option, router_advertisement
from lab import equal, expect
from links import SOON, kernel_truth, rdisc

PREFIX, ON_LINK, ROUTE = "fd00:36:f0::", "fd00:36:f9::", "fd00:36:aa::"


def advertisement(hop_limit=61, lifetime=1800, mtu=1400, prefix_length=64, valid=7200, route_length=48):
    return router_advertisement(
        link_option(1), prefix_option(PREFIX, prefix_length, 0xC0, valid, min(valid, 3600)),
        prefix_option(ON_LINK, 64, 0x80), route_option(ROUTE, route_length), mtu_option(mtu),
        hop_limit=hop_limit, lifetime=lifetime,
    )


# Sentence -> (settings of the guest's lan0, advertisement, part -> the obstacle that must be named)
NOTHING = ("default_router", "prefix", "route", "mtu", "hop_limit")
VARIANTS = {
    "accept_ra = 1 takes everything": ({"accept_ra": 1}, advertisement(), {}),
    "accept_ra = 0 takes nothing": ({"accept_ra": 0}, advertisement(), dict.fromkeys(NOTHING, "accept_ra_off")),
    "accept_ra = 1 with forwarding takes nothing": (
        {"accept_ra": 1, "forwarding": 1}, advertisement(), dict.fromkeys(NOTHING, "forwarding")),
    "accept_ra = 2 with forwarding takes everything": ({"accept_ra": 2, "forwarding": 1}, advertisement(), {}),
    "accept_ra_pinfo = 0 makes no address": (
        {"accept_ra": 1, "accept_ra_pinfo": 0}, advertisement(), {"prefix": "prefix_information_off"}),
    "autoconf = 0 makes no address": (
        {"accept_ra": 1, "autoconf": 0}, advertisement(), {"prefix": "autoconfiguration_off"}),
    "accept_ra_defrtr = 0 makes no default route": (
        {"accept_ra": 1, "accept_ra_defrtr": 0}, advertisement(), # The kernel takes the hop limit with the default route, or not at all.
        {"default_router": "default_router_off", "hop_limit": "default_router_off"}),
    "accept_ra_mtu = 0 leaves the MTU": ({"accept_ra": 1, "accept_ra_mtu": 0}, advertisement(), {"mtu": "mtu_off"}),
    "a hop limit below the least leaves the hop limit alone": (
        {"accept_ra": 1, "accept_ra_min_hop_limit": 62}, advertisement(), {"hop_limit": "hop_limit_too_low"}),
    "an MTU above the link's is not taken": (
        {"accept_ra": 1}, advertisement(mtu=9000), {"mtu": "mtu_out_of_range"}),
    "a prefix of 56 bits makes no address": (
        {"accept_ra": 1}, advertisement(prefix_length=56), {"prefix": "prefix_length_not_64"}),
    "a router lifetime of 0 makes no default route": (
        {"accept_ra": 1}, advertisement(lifetime=0), {"default_router": "lifetime_zero"}),
    "a route longer than the longest is not taken": (
        {"accept_ra": 1, "accept_ra_rt_info_max_plen": 40}, advertisement(), {"route": "route_too_long"}),
    "lifetimes below the least are not taken": (
        {"accept_ra": 1, "accept_ra_min_lft": 5000}, advertisement(),
        {"default_router": "lifetime_too_short", "route": "lifetime_too_short", "hop_limit": "lifetime_too_short"}),
}


def variant_case(sentence, settings, message, obstacles):
    def test(lab):
        settings_here = {"accept_ra_rt_info_max_plen": 64} | settings
        guest, mallory = lab.guest(**settings_here), lab.mallory()
        guest.wait_until_ready()
        mallory.route(message)
        run = rdisc(lab, guest, *SOON)
        truth = kernel_truth(guest, SOURCE)
        parts = {}
        for each in run.one("router")["parts"]:
            if each["part"] != "prefix" or each["prefix"].startswith(PREFIX):
                parts[each["part"]] = each
        equal(set(parts), set(NOTHING), "parts", run)
        really = {
            "default_router": truth["default"],
            "prefix": any(name.startswith(PREFIX) for name in truth["addresses"]),
            "route": bool(truth["routes"]),
            "mtu": truth["mtu"] == 1400,
            "hop_limit": truth["hop_limit"] == 61,
        }
        said = {name: not each["obstacles"] for name, each in parts.items()}
        equal(said, really, "what we say that the kernel took, and what it took", truth, run)
        for name, each in parts.items():
            equal([obstacle["name"] for obstacle in each["obstacles"]],
                  [obstacles[name]] if name in obstacles else [], f"obstacles of {name}", truth, run)
        if really["prefix"]:
            equal([each["address"] for each in parts["prefix"]["addresses"]],
                  next(value for name, value in truth["addresses"].items() if name.startswith(PREFIX)), "address", run)
        named = {each["obstacle"]["name"] for each in run.findings("not_accepted")}
        expect(named <= set(obstacles.values()), "findings", run)

    test.__doc__ = f"{sentence[0].upper()}{sentence[1:]}, and we say so"
    return test


for _sentence, (_settings, _message, _obstacles) in VARIANTS.items():
    _name = "test_" + "".join(each if each.isalnum() else "_" for each in _sentence)
    globals()[_name] = variant_case(_sentence, _settings, _message, _obstacles)


def test_mtu_beside_the_link(lab):
    """The advertised MTU, the one that IPv6 uses and the link's are compared"""
    guest, mallory = lab.guest(accept_ra=1), lab.mallory()
    mallory.route(advertisement(mtu=1400))
    run = rdisc(lab, guest, *SOON)
    equal(kernel_truth(guest, SOURCE)["mtu"], 1400, "the kernel's MTU of IPv6")
    expect("mtu_above_link" not in {each["kind"] for each in run.findings()}, "1400 is below the link's 1500", run)
    mallory.route(advertisement(mtu=9000))
    guest = lab.guest(accept_ra=1)
    run = rdisc(lab, guest, *SOON, code=4)
    equal(kernel_truth(guest, SOURCE)["mtu"], 1500, "the kernel's MTU of IPv6")
    expect("mtu_above_link" in run.problems(), "9000 is above the link's 1500", run)


def test_duplicate_address_of_a_prefix(lab):
    """Where the kernel refuses the address that it made, because somebody has it, that is the obstacle"""
    guest, mallory = lab.guest(accept_ra=1, accept_dad=1, dad_transmits=1), lab.mallory()
    made = PREFIX + guest.link_local.removeprefix("fe80::")
    link.ip("alice", "-6", "addr", "add", f"{made}/64", "dev", "eth0", "nodad")
    lab.undo.append(f"ip -n alice -6 addr del {made}/64 dev eth0")
    mallory.route(advertisement())
    guest.set(router_solicitation_delay=0)
    run = rdisc(lab, guest, "-w", "3s")
    # The kernel takes back an address that it made itself, once that is refused.
    expect(made not in guest.addresses(), "the kernel refused it", guest.addresses())
    part = next(each for each in run.one("router")["parts"]
                if each["part"] == "prefix" and each["prefix"].startswith(PREFIX))
    equal([each["name"] for each in part["obstacles"]], ["duplicate_address"], "obstacle", run)
