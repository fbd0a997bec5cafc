"""One link with many stations: a bridge, and on it a neighbor for each behaviour of neighbor discovery.

    host --lan0--+-- alice, twin1, twin2, deaf, proxy (-- behind), router1 (radvd), router2 (dnsmasq)
                 |-- mallory: IPv6 off; whatever leaves there was put together by a program (see forge.py)
    host --loop0--- mirror: sends every frame back as it came

Call `build` in the network namespace that is to be `host`, as its root; see scripts/lab and Lab.link.
"""

import contextlib
import ipaddress
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import namespaces
import network

PREFIX = "fd00:36::"
HOST, SILENT, PROXIED, DUPLICATE, REFUSED, WRONG = (PREFIX + each for each in ("1", "5", "b", "d", "df", "a5"))
ALICE, ALICE_AGAIN, ALICE_ELSEWHERE, DEAF, PROXY = PREFIX + "a", PREFIX + "a1", "fd00:36:a::a", PREFIX + "de", PREFIX + "9"
NOBODY_LINK = "02:00:00:00:36:99"
ROUTER1, ROUTER2 = "fe80::f1", "fe80::f2"
LOOPED = "fd00:37::77"
RADVD_PREFIX, DNSMASQ_PREFIX = "fd00:36:f1::", "fd00:36:f2::"

# Name -> (last octet of its link-layer address, global addresses). Twins and `alice` have theirs in LINK_LOCAL too.
STATIONS = {
    "alice": (0x0a, [ALICE, ALICE_AGAIN, WRONG, REFUSED, ALICE_ELSEWHERE]),
    "twin1": (0xd1, [DUPLICATE]),
    "twin2": (0xd2, [DUPLICATE]),
    "deaf": (0xde, [DEAF]),
    "proxy": (0x09, [PROXY]),
    "router1": (0xf1, []),
    "router2": (0xf2, []),
    "mallory": (0xee, []),
}
ROUTERS = {"router1": ROUTER1, "router2": ROUTER2}

# (address, what becomes of a question to it)
DESTINATIONS = [
    (ALICE, "answers (alice); so do fd00:36::a1, ::a5 and, with another prefix, fd00:36:a::a"),
    (HOST, "the host itself"),
    (DUPLICATE, "two answer: twin1 and twin2"),
    (SILENT, "nobody has it"),
    (PROXIED, "`proxy` answers for it, from its link-local address"),
    (DEAF, "answers multicast solicitations only (deaf)"),
    (WRONG, f"alice has it, but the host's entry says {NOBODY_LINK}, stale, until she is heard"),
    (REFUSED, "the host wanted it too, and its kernel refused it as a duplicate (dadfailed)"),
    (f"{LOOPED}%loop0", "nobody has it, and every frame comes back"),
    (f"{ROUTER1}%lan0", "router1: radvd advertises fd00:36:f1::/64, routes, DNS, MTU 1400 and more"),
    (f"{ROUTER2}%lan0", "router2: dnsmasq advertises fd00:36:f2::/64, other DNS, MTU 1280"),
]


def link_address(last):
    return f"02:00:00:00:36:{last:02x}"


def link_local(last):
    """What the kernel makes of `link_address(last)` (RFC 4291 appendix A)."""
    return f"fe80::ff:fe00:36{last:02x}"


def solicited_node(address):
    """Its solicited-node multicast address (RFC 4291 section 2.7.1)."""
    low = int(ipaddress.ip_address(address)) & 0xFFFFFF
    return str(ipaddress.ip_address(0xFF02 << 112 | 1 << 32 | 0xFF << 24 | low))


def ip(node, *arguments):
    return network.run("ip", *(["-n", node] if node else []), *arguments)


def _attach(node, port, last, bridge_port, addresses, lines):
    """What connects `port` of `node` with the bridge: lines for `ip -batch` in the host, the bridge and the node."""
    lines[None].append(
        f"link add name {port} address {link_address(last)}" + (f" netns {node}" if node else "")
        + f" type veth peer name {bridge_port} netns bridge"
    )
    lines["bridge"].append(f"link set dev {bridge_port} master br0 up")
    lines[node] = lines.get(node, []) + [f"addr add {each}/64 dev {port} nodad" for each in addresses] + [
        f"link set dev {port} up",
    ]


def _set_up_node(node, ping_groups):
    namespaces.make_network(node)
    network.prepare_node(node, ping_groups)
    with namespaces.inside(node):
        forwards = node in ROUTERS or node == "proxy"
        for settings in ("all", "default"):
            # Who forwards says in its advertisements that it is a router.
            network.sysctl(f"net.ipv6.conf.{settings}.forwarding", int(forwards))
        if node in ("bridge", "mirror", "mallory"):
            network.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        if node in ROUTERS:
            network.sysctl("net.ipv6.conf.default.addr_gen_mode", 1)


def build(ping_groups):
    """Everything but the routers' daemons. `ping_groups`: see network.build."""
    for node in ["bridge", "behind", "mirror", *STATIONS]:
        _set_up_node(node, ping_groups)
    # Without snooping a bridge is a hub for multicast, which is what a link without a querier needs.
    ip("bridge", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0", "forward_delay", "0")
    lines = {None: [], "bridge": ["link set dev br0 up"]}
    for node, (last, addresses) in STATIONS.items():
        extra = [ROUTERS[node]] if node in ROUTERS else []
        _attach(node, "eth0", last, node, addresses + extra, lines)
    _attach(None, "lan0", 0x01, "host", [HOST, "fd00:36:a::1"], lines)
    first = lines.pop(None)
    at = next(number for number, line in enumerate(first) if not line.startswith("link add"))
    network.batch(None, first[:at] + [
        "link add name back netns proxy type veth peer name eth0 netns behind",
        "link add name loop0 address 02:00:00:00:37:01 type veth peer name eth0 netns mirror",
    ])
    lines["proxy"] += ["link set dev back up", f"route add {PROXIED} dev back",
                       f"neigh add proxy {PROXIED} dev eth0"]
    lines["behind"] = [f"addr add {PROXIED}/128 dev eth0 nodad", "link set dev eth0 up"]
    lines["mirror"] = ["link set dev eth0 up"]
    for node, each in lines.items():
        network.batch(node, each)
    with namespaces.inside("proxy"):
        network.sysctl("net.ipv6.conf.eth0.proxy_ndp", 1)
        network.sysctl("net.ipv6.neigh.eth0.proxy_delay", 0)
    ip("behind", "-6", "route", "add", "default", "via", _link_local_of("proxy", "back"), "dev", "eth0")
    network.rules("deaf", """
        table ip6 lab {
          chain input { type filter hook input priority 0;
            icmpv6 type nd-neighbor-solicit ip6 daddr != ff00::/8 counter drop
          }
        }
    """)
    network.rules("mirror", """
        table netdev lab {
          chain back { type filter hook ingress device "eth0" priority 0;
            fwd to "eth0"
          }
        }
    """)
    network.batch(None, first[at:] + ["addr add fd00:37::1/64 dev loop0 nodad", "link set dev loop0 up"])
    wait_for_answers(None, [ALICE, ALICE_AGAIN, WRONG, REFUSED, ALICE_ELSEWHERE, DUPLICATE, DEAF, PROXY, PROXIED,
                            ROUTER1 + "%lan0", ROUTER2 + "%lan0"])
    ip(None, "-6", "neigh", "flush", "dev", "lan0")


def _link_local_of(node, port):
    for _ in range(500):
        for each in json.loads(ip(node, "-j", "-6", "addr", "show", "dev", port, "scope", "link")):
            for address in each.get("addr_info", []):
                if not address.get("tentative"):
                    return address["local"]
        time.sleep(0.01)
    raise RuntimeError(f"{node} makes no link-local address for {port}")


def wait_for_answers(node, addresses):
    """A kernel joins its multicast groups, without which no neighbor finds it, when it has time to."""
    until = time.monotonic() + 30
    before = ["ip", "netns", "exec", node] if node else []
    for address in addresses:
        while subprocess.run([*before, "ping", "-6", "-n", "-q", "-c", "1", "-W", "0.2", address],
                             capture_output=True).returncode != 0:
            if time.monotonic() > until:
                raise RuntimeError(f"no answer from {address}")


def trouble_for_the_host():
    """The entries and addresses of the host that are as they should not be."""
    network.batch(None, [f"neigh replace {WRONG} lladdr {NOBODY_LINK} nud stale dev lan0"])
    refuse(None, "lan0", REFUSED)


def refuse(node, port, address):
    """Lets the kernel find out that `address` is taken; returns when it has."""
    with namespaces.inside(node):
        network.sysctl(f"net.ipv6.conf.{port}.accept_dad", 1)
        network.sysctl(f"net.ipv6.conf.{port}.dad_transmits", 1)
        network.sysctl(f"net.ipv6.conf.{port}.router_solicitation_delay", 0)
    ip(node, "-6", "addr", "add", f"{address}/64", "dev", port)
    until = time.monotonic() + 10
    while "dadfailed" not in ip(node, "-6", "addr", "show", "dev", port, "to", address):
        if time.monotonic() > until:
            raise RuntimeError(f"{address} was not refused")
        time.sleep(0.01)


# --- routers ---------------------------------------------------------------------------------------------

RADVD = f"""
    interface eth0 {{
      AdvSendAdvert on; MinRtrAdvInterval 100; MaxRtrAdvInterval 300; MinDelayBetweenRAs 0.03; AdvDefaultLifetime 900;
      AdvManagedFlag off; AdvOtherConfigFlag on; AdvDefaultPreference high;
      AdvCurHopLimit 60; AdvReachableTime 20000; AdvRetransTimer 1500; AdvLinkMTU 1400; AdvSourceLLAddress on;
      AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 600; HomeAgentPreference 7; AdvIntervalOpt on;
      prefix {RADVD_PREFIX}/64 {{ AdvOnLink on; AdvAutonomous on; AdvValidLifetime 7200; AdvPreferredLifetime 3600; }};
      prefix fd00:36:f1:1::/64 {{ AdvOnLink on; AdvAutonomous off; AdvRouterAddr off;
        AdvValidLifetime infinity; AdvPreferredLifetime infinity; }};
      route fd00:36:aa::/48 {{ AdvRoutePreference low; AdvRouteLifetime 1800; }};
      route fd00:36:bb::/64 {{ AdvRoutePreference high; AdvRouteLifetime infinity; }};
      RDNSS fd00:36:f1::53 fd00:36:f1::54 {{ AdvRDNSSLifetime 1200; }};
      DNSSL lab.example other.example {{ AdvDNSSLLifetime 1300; }};
      %s
    }};
"""
# What radvd 2.20 and newer can say beside that.
RADVD_MORE = 'AdvCaptivePortalAPI "https://portal.example/api"; nat64prefix 64:ff9b::/96 { AdvValidLifetime 1600; };'
DNSMASQ = [
    # Debug mode: in a user namespace it cannot change its groups.
    "--no-daemon", "--conf-file=/dev/null", "--port=0",
    "--leasefile-ro", "--no-resolv", "--no-hosts", "--interface=eth0", "--enable-ra",
    f"--dhcp-range={DNSMASQ_PREFIX},ra-only,64,1h", "--ra-param=eth0,mtu:1280,low,300,1200",
    "--dhcp-option=option6:dns-server,[fd00:36:f2::53]", "--dhcp-option=option6:domain-search,second.example",
]


def radvd_version():
    done = subprocess.run(["radvd", "--version"], capture_output=True, text=True)
    found = re.search(r"Version: (\d+)\.(\d+)", done.stdout + done.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class Daemon:
    """A router's daemon that runs until it is stopped."""

    def __init__(self, node, command, first_words):
        self.log = pathlib.Path(f"/run/lab/{node}.log")
        with namespaces.inside(node), open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=lambda: namespaces.die_with_parent(signal.SIGKILL),
            )
        until = time.monotonic() + 10
        while first_words not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} did not start: {self.log.read_text(errors='replace')[-500:]}")
            time.sleep(0.01)

    def stop(self, hard=True):
        """`hard`: without its farewell (an advertisement of lifetime 0)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            self.process.wait()


def start_radvd(text=None):
    """radvd on router1."""
    file = pathlib.Path("/run/lab/radvd.conf")
    file.write_text(text or RADVD % (RADVD_MORE if radvd_version() >= (2, 20) else ""))
    pid = pathlib.Path("/run/lab/radvd.pid")
    pid.unlink(missing_ok=True)
    return Daemon("router1", ["radvd", "-n", "-m", "stderr", "-C", file, "-p", pid], "version")


def start_dnsmasq(arguments=None):
    """dnsmasq on router2, with an address of its prefix."""
    with contextlib.suppress(RuntimeError):
        ip("router2", "-6", "addr", "add", f"{DNSMASQ_PREFIX}f2/64", "dev", "eth0", "nodad")
    return Daemon("router2", ["dnsmasq", *(arguments or DNSMASQ)], "router advertisement on")


# --- tests -----------------------------------------------------------------------------------------------


class Guest:
    """One more station, for one test: its kernel and its interface `lan0` are as the test wants them."""

    def __init__(self, number, addresses, settings, ping_groups):
        self.name, self.port = f"guest{number}", f"guest{number}"
        self.link = f"02:00:00:{number >> 8:02x}:37:{number & 0xff:02x}"
        self.link_local = str(ipaddress.ip_address(f"fe80::ff:fe{number >> 8:02x}:37{number & 0xff:02x}"))
        _set_up_node(self.name, ping_groups)
        ip(None, "link", "add", "name", "lan0", "address", self.link, "netns", self.name, "type", "veth", "peer", "name",
           self.port, "netns", "bridge")
        self.set(**settings)
        self.has_no_link_local = settings.get("addr_gen_mode") == 1
        network.batch("bridge", [f"link set dev {self.port} master br0 up"])
        network.batch(self.name, [f"addr add {each}/64 dev lan0 nodad" for each in addresses] + [
            "link set dev lan0 up"])

    @property
    def command(self):
        """What to put before a command so that it runs on the guest."""
        return ["ip", "netns", "exec", self.name]

    def set(self, **settings):
        """Settings of lan0 (net.ipv6.conf.lan0.NAME); `all__NAME` for those of all."""
        with namespaces.inside(self.name):
            for name, value in settings.items():
                port = "lan0"
                if name.startswith("all__"):
                    port, name = "all", name.removeprefix("all__")
                network.sysctl(f"net.ipv6.conf.{port}.{name}", value)

    def ip(self, *arguments):
        return ip(self.name, *arguments)

    def json(self, *arguments):
        return json.loads(ip(self.name, "-j", *arguments) or "[]")

    def addresses(self):
        """Address -> its flags and lifetimes, of lan0, as iproute2 tells them."""
        return {each["local"]: each for link in self.json("-6", "addr", "show", "dev", "lan0")
                for each in link.get("addr_info", [])}

    def wait_until(self, condition, what, seconds=10):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(f"{self.name}: {what} not within {seconds} s")
            time.sleep(0.02)

    def wait_until_ready(self):
        """Until its addresses are past their detection and it listens to what its neighbors ask."""
        def is_ready():
            addresses = self.addresses()
            groups = {each["address"] for group in self.json("-6", "maddr", "show", "dev", "lan0")
                      for each in group["maddr"] if each.get("family") == "inet6"}
            return (self.has_no_link_local or any(each["scope"] == "link" for each in addresses.values())) and all(
                not each.get("tentative") and solicited_node(address) in groups for address, each in addresses.items())

        self.wait_until(is_ready, "addresses")

    def entry(self, address):
        """The kernel's neighbor entry; {} where there is none."""
        found = self.json("-6", "neigh", "show", address, "dev", "lan0")
        return found[0] if found else {}

    def end(self):
        # The bridge's port goes with its other end.
        for command in (["-n", self.name, "link", "del", "lan0"], ["netns", "del", self.name]):
            subprocess.run(["ip", *command], capture_output=True)


class Link:
    """The link of this worker's lab."""

    def __init__(self, ping_groups):
        self.ping_groups = ping_groups
        self.guests = 0
        build(ping_groups)

    def guest(self, addresses=None, **settings):
        """A station of its own for one test; `end` it."""
        self.guests += 1
        return Guest(self.guests, [f"{PREFIX}9:{self.guests:x}"] if addresses is None else addresses, settings,
                     self.ping_groups)

    def addresses(self, node):
        """A station's addresses on the link, as its kernel knows them."""
        return {each["local"] for link in json.loads(ip(node, "-j", "-6", "addr", "show", "dev", "eth0"))
                for each in link.get("addr_info", [])}
