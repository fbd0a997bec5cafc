"""What a test of neighbor discovery holds: run `probe6 ndisc|rdisc --json` on a guest, read its events, ask oracles."""

import datetime
import ipaddress
import pathlib
import subprocess

import lab as labs
from lab import Capture, Done, checked_line, equal, expect

# The tool's ways to wait less than RFC 4861 wants, for answers that come from kernels and programs of this lab.
SOON = ["-w", "300ms"]


class LinkRun(Done):
    """An act on a link with --json that has ended, checked line by line."""

    def __init__(self, done, code=None):
        super().__init__(done.command, done.code, done.out, done.err)
        self.lines = [checked_line(line, self) for line in self.out.splitlines()]
        if code is not None:
            equal(self.code, code, "exit code", self)

    def events(self, name):
        return [line for line in self.lines if line["event"] == name]

    def one(self, name, **wanted):
        """The one event of this name with these values."""
        found = [line for line in self.events(name) if all(line.get(key) == value for key, value in wanted.items())]
        expect(len(found) == 1, f"{len(found)} events {name} with {wanted}, not 1", self)
        return found[0]

    @property
    def start(self):
        return self.one("start")

    @property
    def summary(self):
        return self.one("summary")

    def findings(self, kind=None):
        return [line for line in self.events("finding") if kind in (None, line["kind"])]

    def problems(self):
        return [line["kind"] for line in self.events("finding") if line["severity"] == "problem"]

    def verdict(self, wanted, target=None):
        """The summary of the target (of the one target), which has this verdict."""
        found = [each for each in self.events("summary") if target in (None, each["target"])]
        expect(len(found) == 1, f"{len(found)} summaries", self)
        equal(found[0]["verdict"], wanted, "verdict", self)
        figures = {key: found[0][key] for key in ("attempted", "answered", "unanswered", "send_failed")}
        equal(figures["answered"] + figures["unanswered"] + figures["send_failed"], figures["attempted"],
              f"sum of {figures}", self)
        return found[0]


def claims(summary):
    """The link-layer addresses that claim the target, in order."""
    return sorted(each["link"] for each in summary["claims"])


def nanoseconds(line):
    """A line's time, as a number."""
    date, _, fraction = line["time"].rstrip("Z").partition(".")
    whole = datetime.datetime.fromisoformat(date + "+00:00").timestamp()
    return int(whole) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def plain(address):
    """Without its zone."""
    return address.split("%")[0]


def rules(message):
    """The rules that a message, as JSON has it, breaks."""
    return [each["rule"] for each in message["broken"]]


def act(lab, guest, *arguments, code=None, seconds=30, before=(), **options):
    """`probe6 ARGUMENTS --json` on the guest (None: on the host), run to its end and checked."""
    there = guest.command if guest else []
    done = lab.run(*there, *before, "probe6", *arguments[:1], "--json", *arguments[1:], seconds=seconds, **options)
    return LinkRun(done, code)


def ndisc(lab, guest, *arguments, **more):
    return act(lab, guest, "ndisc", "-I", "lan0", *arguments, **more)


def rdisc(lab, guest, *arguments, **more):
    return act(lab, guest, "rdisc", "lan0", *arguments, **more)


def start(lab, guest, *arguments, before=()):
    """The same, running; wait for its start event before going on."""
    there = guest.command if guest else []
    running = lab.start(*there, *before, "probe6", *arguments[:1], "--json", *arguments[1:])
    running.wait_for('"event":"start"')
    return running


def capture(lab, guest, count, match, direction="out"):
    return Capture(lab, count, match, "lan0", direction=direction, node=guest.name)


def seconds(value):
    return 0xFFFFFFFF if value == "infinity" else value // 1_000_000_000


def as_we_tell(router):
    """A router event in the terms of `as_rdisc6_tells`."""
    message = router["message"]
    flags = message["flags"]
    found = {
        "hop_limit": message["current_hop_limit"] or None, "managed": "managed" in flags, "other": "other" in flags,
        "home_agent": "home_agent" in flags, "proxy": "proxy" in flags, "preference": message["preference"],
        "lifetime": seconds(message["router_lifetime_ns"]), "reachable": message["reachable_time_ns"] // 1_000_000,
        "retransmit": message["retransmit_timer_ns"] // 1_000_000,
        "prefixes": [], "routes": [], "servers": [], "names": [], "mtu": None, "link": None,
    }
    for option in message["options"]:
        kind = option["type"]
        prefix = f"{option['prefix']}/{option['prefix_length']}" if "prefix_length" in option else None
        if kind == 1:
            found["link"] = option["link"]
        elif kind == 3 and "broken" not in option:
            found["prefixes"].append({
                "prefix": prefix, "on_link": "on_link" in option["flags"], "autonomous": "autonomous" in option["flags"],
                "valid": seconds(option["valid_lifetime_ns"]), "preferred": seconds(option["preferred_lifetime_ns"]),
            })
        elif kind == 5:
            found["mtu"] = option["mtu"]
        elif kind == 7:
            found["interval"] = option["interval_ns"] // 1_000_000
        elif kind == 8:
            found |= {"home_agent_preference": option["home_agent_preference"],
                      "home_agent_lifetime": seconds(option["lifetime_ns"])}
        elif kind == 24 and "broken" not in option:
            found["routes"].append({
                "prefix": prefix, "preference": option["preference"], "lifetime": seconds(option["lifetime_ns"]),
            })
        elif kind == 25 and "broken" not in option:
            found["servers"] += option["servers"]
            found["servers_lifetime"] = seconds(option["lifetime_ns"])
        elif kind == 31 and "broken" not in option:
            found["names"] += option["names"]
            found["names_lifetime"] = seconds(option["lifetime_ns"])
    # Of routes as well, as tshark has them.
    prefixes = [option for option in message["options"] if option["type"] in (3, 24) and "prefix" in option]
    return found | {"prefix_addresses": [each["prefix"] for each in prefixes],
                    "prefix_lengths": [each["prefix_length"] for each in prefixes]}


# --- oracles ---------------------------------------------------------------------------------------------


def seconds_of(words):
    return 0xFFFFFFFF if words.startswith("infinite") else int(words.split()[0])


def as_rdisc6_tells(text):
    """Source -> what rdisc6 1.0.5 printed of its last advertisement."""
    routers, now, part = {}, None, None
    header = {
        "Hop limit": ("hop_limit", lambda value: None if value.startswith("undefined") else int(value.split()[0])),
        "Stateful address conf.": ("managed", lambda value: value == "Yes"),
        "Stateful other conf.": ("other", lambda value: value == "Yes"),
        "Mobile home agent": ("home_agent", lambda value: value == "Yes"),
        "Neighbor discovery proxy": ("proxy", lambda value: value == "Yes"),
        "Router preference": ("preference", str),
        "Router lifetime": ("lifetime", lambda value: int(value.split()[0])),
        "Reachable time": ("reachable", lambda value: 0 if value.startswith("unspec") else int(value.split()[0])),
        "Retransmit time": ("retransmit", lambda value: 0 if value.startswith("unspec") else int(value.split()[0])),
    }
    for line in text.splitlines():
        if line.startswith(" from "):
            routers[line.removeprefix(" from ")] = now
            now = None
            continue
        key, _, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if key == "Hop limit":
            now = {"prefixes": [], "routes": [], "servers": [], "names": [], "mtu": None, "link": None}
        if now is None:
            continue
        if key in header:
            name, read = header[key]
            now[name] = read(value)
        elif key == "Source link-layer address":
            now["link"] = value.lower()
        elif key == "MTU":
            now["mtu"] = int(value.split()[0])
        elif key == "Prefix":
            part = {"prefix": value}
            now["prefixes"].append(part)
        elif key == "On-link":
            part["on_link"] = value == "Yes"
        elif key == "Autonomous address conf.":
            part["autonomous"] = value == "Yes"
        elif key == "Valid time":
            part["valid"] = seconds_of(value)
        elif key == "Pref. time":
            part["preferred"] = seconds_of(value)
        elif key == "Route":
            part = {"prefix": value}
            now["routes"].append(part)
        elif key == "Route preference":
            part["preference"] = value
        elif key == "Route lifetime":
            part["lifetime"] = seconds_of(value)
        elif key == "Recursive DNS server":
            now["servers"].append(value)
        elif key.startswith("DNS server"):
            now["servers_lifetime"] = seconds_of(value)
        elif key == "DNS search list":
            now["names"] += value.split()
        elif key == "DNS search list lifetime":
            now["names_lifetime"] = seconds_of(value)
    return routers


def kernel_truth(guest, router):
    """What the guest's kernel made of the advertisements of a router: asked of iproute2 and /proc."""
    routes = guest.json("-6", "route", "show", "dev", "lan0")
    prefix_of = {each["dst"]: each for each in routes if each.get("protocol") in ("ra", "kernel")}
    made = {}
    for address, each in guest.addresses().items():
        if each["scope"] == "global" and each.get("dynamic"):
            network = ipaddress.ip_network(f"{address}/{each['prefixlen']}", strict=False)
            made.setdefault(str(network), []).append(address)
    mtu = int(labs_sysctl(guest, "mtu"))
    return {
        "default": any(each["dst"] == "default" and each.get("gateway") == router for each in routes),
        "addresses": made,
        "routes": {each["dst"] for each in routes if each.get("gateway") == router and each["dst"] != "default"},
        "on_link": {name for name, each in prefix_of.items() if "gateway" not in each},
        "mtu": mtu,
        "hop_limit": int(labs_sysctl(guest, "hop_limit")),
    }


def labs_sysctl(guest, name):
    return guest_read(guest, f"/proc/sys/net/ipv6/conf/lan0/{name}")


def guest_read(guest, path):
    return subprocess.run([*guest.command, "cat", path], capture_output=True, text=True, check=True).stdout.strip()


def resident(process):
    """Its resident set now, in KiB."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")
