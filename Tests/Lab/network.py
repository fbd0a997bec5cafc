"""The lab's network: a chain host - r1 - r2 - r3 - target with one destination address for each behaviour.

Call `build` in a fresh network namespace, which becomes `host`, as its root; see scripts/lab.
"""

import subprocess

import namespaces

ROUTERS = ["r1", "r2", "r3"]
NODES = ROUTERS + ["target", "peer"]

# (address, what happens to a probe sent there). The network below is built to match, line by line.
DESTINATIONS = [
    ("fd00:6::1", "answers, 4 hops away (target.lab)"),
    ("fd00:6::2", "answers to 9 of 10: exactly every tenth request is dropped"),
    ("fd00:6::3", "answers twice to every request"),
    ("fd00:6::4", "answers 5 in a second, after a burst of 5 more"),
    ("fd00:6::5", "never answers"),
    ("fd00:6::6", "answers, behind a link of MTU 1400: packet too big"),
    ("fd00:6::7", "answers, through a link that loses everything above 1400 octets, unsaid"),
    ("fd00:6::bad", "answers; its reverse name holds terminal escapes (escapes.lab)"),
    ("fd00:6:e::0", "destination unreachable, code 0: no route (r3 has none)"),
    ("fd00:6:e::1", "code 1: administratively prohibited (a prohibit route on r3)"),
    ("fd00:6:e::2", "code 0, from an unreachable route on r3"),
    ("fd00:6:e::3", "code 3: address unreachable (no such neighbor on r3's last link), after 0.3 s"),
    ("fd00:6:e::b", "a blackhole route on r3: silence"),
    ("fd00:6:e::f", "a loop between r2 and r3: time exceeded"),
    ("fd00:6:e::10 .. ::16", "rejected by nftables on r3 with code 0, 1, -, 3, 4, 5, 6"),
    ("fd00:6:e::20", "the host's own nftables output rule drops it: EPERM on a raw socket"),
    ("fd00:6:e::21 .. ::23", "the host has a blackhole, prohibit, unreachable route for it"),
    ("fe80::1%uplink", "answers: r1, on the host's link `uplink`"),
    ("ff02::1%uplink", "two answer: the host itself and r1"),
    ("fd00:6:f::MODE:N", "answers as told by MODE and N (both hexadecimal):"),
]

REJECTIONS = {
    0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable", 5: "policy-fail",
    6: "reject-route",
}


def run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sysctl(key, value):
    with open("/proc/sys/" + key.replace(".", "/"), "w") as file:
        file.write(str(value))


def prepare_node(node, ping_groups):
    """What every node needs before its links come up."""
    with namespaces.inside(node):
        for settings in ("all", "default"):
            sysctl(f"net.ipv6.conf.{settings}.accept_dad", 0)
            sysctl(f"net.ipv6.conf.{settings}.dad_transmits", 0)
            sysctl(f"net.ipv6.conf.{settings}.accept_ra", 0)
            sysctl(f"net.ipv6.conf.{settings}.forwarding", int(node is not None))
        # Else the kernel's own limits are what is measured.
        sysctl("net.ipv6.icmp.ratelimit", 0)
        for limit in ("net.ipv4.icmp_msgs_per_sec", "net.ipv4.icmp_msgs_burst"):
            try:
                sysctl(limit, 1_000_000)
            except OSError:
                pass  # not in every kernel's network namespaces; the limit is for the whole machine then
        if ping_groups:  # a new namespace has ping sockets off
            sysctl("net.ipv4.ping_group_range", ping_groups)
    run(*(["ip"] + (["-n", node] if node else [])), "link", "set", "lo", "up")


def connect(number, near, near_port, far, far_port, mtu=1500):
    """A veth pair with fd00:6:0:NUMBER::1 at the near end and ::2 at the far end."""
    lines = [
        f"link add name {near_port} mtu {mtu} address 02:00:00:00:{number:02x}:01 netns {near} type veth "
        f"peer name {far_port} mtu {mtu} address 02:00:00:00:{number:02x}:02 netns {far}"
        if near
        else f"link add name {near_port} mtu {mtu} address 02:00:00:00:{number:02x}:01 type veth "
        f"peer name {far_port} mtu {mtu} address 02:00:00:00:{number:02x}:02 netns {far}"
    ]
    batch(None, lines)
    for node, port, end in ((near, near_port, 1), (far, far_port, 2)):
        batch(node, [
            f"addr add fd00:6:0:{number:x}::{end}/64 dev {port} nodad",
            f"link set dev {port} up",
        ])
        with namespaces.inside(node):
            # veth leaves checksums unfinished, and captures and quoted packets would show it.
            run("ethtool", "-K", port, "tx", "off")
            # A dead neighbor is given up after 3 solicitations in 0.3 s, not 3 s.
            sysctl(f"net.ipv6.neigh.{port}.retrans_time_ms", 100)


def batch(node, lines):
    run(*(["ip"] + (["-n", node] if node else [])), "-6", "-batch", "-", text="\n".join(lines) + "\n")


def rules(node, text):
    with namespaces.inside(node):
        run("nft", "-f", "-", text=text)


def build(ping_groups):
    """`ping_groups`: the value of net.ipv4.ping_group_range; None leaves ping sockets off."""
    for node in NODES:
        namespaces.make_network(node)
    for node in [None] + NODES:
        prepare_node(node, ping_groups)
    connect(1, None, "uplink", "r1", "downlink")
    connect(2, "r1", "uplink", "r2", "downlink")
    connect(3, "r2", "uplink", "r3", "downlink")
    connect(4, "r3", "uplink", "target", "downlink")
    connect(5, "r3", "narrow", "target", "narrow", mtu=1400)
    connect(6, "r3", "peer", "peer", "downlink")

    batch(None, [
        "route add default via fd00:6:0:1::2",
        "route add blackhole fd00:6:e::21",
        "route add prohibit fd00:6:e::22",
        "route add unreachable fd00:6:e::23",
    ])
    batch("r1", ["addr add fe80::1/64 dev downlink nodad", "route add fd00:6::/32 via fd00:6:0:2::2"])
    batch("r2", ["route add fd00:6::/32 via fd00:6:0:3::2", "route add fd00:6:0:1::/64 via fd00:6:0:2::1"])
    batch("r3", [
        "route add fd00:6:0:1::/64 via fd00:6:0:3::1",
        "route add fd00:6:0:2::/64 via fd00:6:0:3::1",
        "route add fd00:6::/64 via fd00:6:0:4::2",
        "route add fd00:6::6 via fd00:6:0:5::2",
        "route add prohibit fd00:6:e::1",
        "route add unreachable fd00:6:e::2",
        "route add fd00:6:e::3 dev uplink",
        "route add blackhole fd00:6:e::b",
        "route add fd00:6:e::f via fd00:6:0:3::1",
        "route add fd00:6:e::10/124 via fd00:6:0:4::2",
        "route add fd00:6:f::/48 via fd00:6:0:6::2",
    ])
    batch("target", ["route add default via fd00:6:0:4::1"] + [
        f"addr add fd00:6::{last}/128 dev lo nodad" for last in ("1", "2", "3", "4", "5", "6", "7", "53", "bad")
    ])
    # AnyIP: the peer answers for every address of the prefix, from a program; its kernel answers no echo.
    batch("peer", ["route add default via fd00:6:0:6::1", "route add local fd00:6:f::/48 dev lo"])
    with namespaces.inside("peer"):
        sysctl("net.ipv6.icmp.echo_ignore_all", 1)

    rules(None, """
        table ip6 lab {
          chain output { type filter hook output priority 0;
            ip6 daddr fd00:6:e::20 counter drop
          }
        }
    """)
    rejections = "\n".join(
        f"ip6 daddr fd00:6:e::1{code} counter reject with icmpv6 type {kind}"
        for code, kind in REJECTIONS.items()
    )
    rules("r3", f"""
        table ip6 lab {{
          chain forward {{ type filter hook forward priority 0;
            {rejections}
            ip6 daddr fd00:6::2 icmpv6 type echo-request numgen inc mod 10 == 9 counter drop
            ip6 daddr fd00:6::3 icmpv6 type echo-request counter dup to fd00:6:0:4::2 device "uplink"
            ip6 daddr fd00:6::4 icmpv6 type echo-request limit rate over 5/second burst 5 packets counter drop
            ip6 daddr fd00:6::5 counter drop
            ip6 daddr fd00:6::7 meta length > 1400 counter drop
          }}
        }}
    """)
