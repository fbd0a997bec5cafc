"""A long way for traces: host - n1 - ... - n29 - n30, with one destination for each behaviour of the way.

    host --trail-- n1 -- n2 -- n3 -- ... -- n29 -- n30 (the target)
         --detour--'      |`- b1 - c1 -.
                          |`- b2 - c2 -+- n6 -- n7 (the target of the diamonds)
                          |`- b3 - c3 -+
                           `- b4 - c4 -'
    host --emulated-- a path that is a program: emulator.py

Router nI answers from fd00:31:0:I::2 (I in decimal), bI from fd00:31:b:I::2, cI from fd00:31:c:I::2. Call `build`
in the network namespace that is to be `host`, as its root. `chain.py --serve` is what listens on the target.
"""

import array
import contextlib
import fcntl
import json
import pathlib
import selectors
import socket
import struct
import subprocess
import sys
import time

import namespaces
import network

LENGTH = 30
TARGET = f"n{LENGTH}"
ROUTERS = [f"n{each}" for each in range(1, LENGTH + 1)]
LANES = range(1, 5)
# Below it every destination of the chain lies; below `LINKS` the routers.
EVERYWHERE, LINKS = "fd00:30::/32", "fd00:31::/32"
EMULATOR_LOG = "/run/lab/emulator.log"

PLAIN = "fd00:30:1::1"
SILENT = "fd00:30:2::1"
DARK = "fd00:30:3::1"
LIMITED = "fd00:30:4::1"
LOOP = "fd00:30:5::1"
REJECTED = "fd00:30:6::"  # and the code
NARROW = "fd00:30:7::1"
BLACK_HOLE = "fd00:30:8::1"
TRANSLATED = "fd00:30:9::1"
DIAMOND = "fd00:30:a::1"
UNEVEN = "fd00:30:b::1"
PER_PACKET = "fd00:30:c::1"
BEHIND = "fd00:30:99::1"
MANY = "fd00:30:100::"  # and any number: there is no such address, but the target takes all of them
PROHIBITED = "fd00:30:d::1"
LOSSY = "fd00:30:e::1"
ELSEWHERE = "fd00:32::1"  # a source address of the host, to which answers come back by `detour`

# (address, what happens to a trace of it)
DESTINATIONS = [
    (PLAIN, f"answers, {LENGTH} hops away; TCP 80 open, 82 dropped, 83 rejected (code 1), 84 reset by a rule, "
     "else closed; UDP 7 answers, 9 is open and says nothing"),
    (SILENT, "hop 3 says nothing"),
    (DARK, "nothing answers from hop 4 on"),
    (LIMITED, "hop 3 answers two at once, then ten in a second"),
    (LOOP, "hop 5 sends it back to hop 4"),
    (REJECTED + "CODE", "rejected beyond hop 5 with destination unreachable of this code (0 to 6)"),
    (PROHIBITED, "hop 5 has a prohibit route"),
    (NARROW, "MTU 1400 from hop 9 on, 1280 from hop 19 on"),
    (BLACK_HOLE, "the same, but hop 9's packet too big is lost"),
    (TRANSLATED, "hop 12 translates it: errors of later hops come from the destination's address"),
    (DIAMOND, "four ways at hops 3 and 4, target at hop 6"),
    (UNEVEN, "two ways: hops b1, c1 or n3, n4, n5; target at hop 6 or 7"),
    (PER_PACKET, "four ways at hops 3 and 4, packet by packet"),
    (LOSSY, "hop 3 answers every third probe only"),
    (MANY + "N", "the target takes every N as its own, but answers UDP from its link's address"),
]

CODES = {
    0: "no-route", 1: "admin-prohibited", 2: "2", 3: "addr-unreachable", 4: "port-unreachable", 5: "policy-fail",
    6: "reject-route",
}


def router(hop):
    return f"fd00:31:0:{hop}::2"


def lane(letter, number):
    """Router b1 to b4 or c1 to c4 of the diamond."""
    return f"fd00:31:{letter}:{number}::2"


def _links():
    """(near node, its port, far node, its port, prefix); None is the host."""
    yield None, "trail", "n1", "down", "fd00:31:0:1"
    yield None, "detour", "n1", "detour", "fd00:31:e:1"
    for hop in range(2, LENGTH + 1):
        yield f"n{hop - 1}", "up", f"n{hop}", "down", f"fd00:31:0:{hop}"
    for each in LANES:
        yield "n2", f"b{each}", f"b{each}", "down", f"fd00:31:b:{each}"
        yield f"b{each}", "up", f"c{each}", "down", f"fd00:31:c:{each}"
        yield f"c{each}", "up", "n6", f"c{each}", f"fd00:31:d:{each}"


def _routes():
    """For each node, lines for `ip -6 -batch`."""
    lines = {None: [f"route add {EVERYWHERE} via fd00:31:0:1::2", f"route add {LINKS} via fd00:31:0:1::2",
                    f"addr add {ELSEWHERE}/128 dev lo nodad"]}
    for hop in range(1, LENGTH + 1):
        back = f"fd00:31:0:{hop}::1"
        lines[f"n{hop}"] = [f"route add default via {back}"]
        if hop < LENGTH:
            ahead = f"fd00:31:0:{hop + 1}::2"
            lines[f"n{hop}"] += [f"route add {EVERYWHERE} via {ahead}"]
            # Toward the later routers themselves.
            lines[f"n{hop}"] += [f"route add {LINKS} via {ahead}"]
            # Toward the earlier ones: all links at or before this one lie behind the default route.
            lines[f"n{hop}"] += [f"route add fd00:31:0:{each}::/64 via {back}" for each in range(1, hop)]
    for each in LANES:
        lines[f"b{each}"] = [f"route add default via fd00:31:b:{each}::1",
                             f"route add {EVERYWHERE} via fd00:31:c:{each}::2",
                             f"route add fd00:31:d:{each}::/64 via fd00:31:c:{each}::2"]
        lines[f"c{each}"] = [f"route add default via fd00:31:c:{each}::1",
                             f"route add {EVERYWHERE} via fd00:31:d:{each}::2"]
    lines["n1"] += ["route add fd00:32::/64 via fd00:31:e:1::1"]
    lines["n2"] += [
        "route add fd00:30:a::/48 " + " ".join(f"nexthop via {lane('b', each)}" for each in LANES),
        f"route add fd00:30:b::/48 nexthop via {lane('b', 1)} nexthop via {router(3)}",
    ] + [f"route add fd00:31:{letter}:{each}::/64 via {lane('b', each)}" for each in LANES for letter in "cd"]
    for each in LANES:
        lines["n2"] += [f"rule add fwmark {each} lookup {100 + each}",
                        f"route add fd00:30:c::/48 via {lane('b', each)} table {100 + each}"]
    lines["n5"] += [f"route add {LOOP}/48 via {router(5)[:-1]}1", f"route add prohibit {PROHIBITED}/48"]
    lines["n9"] += [f"route add {prefix}/48 via {router(10)} mtu lock 1400" for prefix in (NARROW, BLACK_HOLE)]
    lines["n19"] += [f"route add {prefix}/48 via {router(20)} mtu lock 1280" for prefix in (NARROW, BLACK_HOLE)]
    lines["n7"] += [f"route add local {prefix}/48 dev lo" for prefix in (DIAMOND, UNEVEN, PER_PACKET)]
    lines["n7"] += [f"addr add {each}/128 dev lo nodad" for each in (DIAMOND, UNEVEN, PER_PACKET)]
    lines[TARGET] += [f"route add local {EVERYWHERE} dev lo"] + [
        f"addr add {each}/128 dev lo nodad"
        for each in (PLAIN, SILENT, DARK, LIMITED, NARROW, BLACK_HOLE, BEHIND, LOSSY)
    ]
    return lines


def _errors_about(address):
    """nft's match of an ICMPv6 error's quoted destination: 24 octets into the packet that begins 8 octets in."""
    return f"@th,256,128 == 0x{int.from_bytes(socket.inet_pton(socket.AF_INET6, address), 'big'):032x}"


def _table(chains, counters):
    """An nft table with these chains and named counters."""
    text = "table ip6 lab {\n" + "".join(f"counter {each} {{}}\n" for each in counters)
    for hook, (priority, lines) in chains.items():
        body = "\n".join(lines)
        text += f"chain {hook} {{ type filter hook {hook} priority {priority};\n{body}\n}}\n"
    return text + "}\n"


def _rules():
    """For each node that has any, its nft rules. Each has a counter by name; see `count`."""
    everywhere = EVERYWHERE
    rules = {
        "n1": _table({"prerouting": (0, [f'iifname "down" ip6 daddr {everywhere} counter name "probes"',
                                         f'iifname "detour" ip6 daddr {everywhere} counter name "detoured"']),
                      "postrouting": (0, ['oifname "detour" counter name "returned"'])},
                     ["probes", "detoured", "returned"]),
        "n2": _table({"prerouting": (-150, [
            'ip6 daddr fd00:30:c::/48 meta mark set numgen inc mod 4 offset 1 counter name "balanced"',
        ])}, ["balanced"]),
        "n3": _table({
            "prerouting": (0, [
                f'ip6 daddr {LIMITED} ip6 hoplimit 1 limit rate over 10/second burst 2 packets '
                'counter name "limited" drop',
                f'ip6 daddr {LOSSY} ip6 hoplimit 1 numgen inc mod 3 != 2 counter name "lossy" drop',
            ]),
            "output": (0, [f'icmpv6 type time-exceeded {_errors_about(SILENT)} counter name "silent" drop']),
        }, ["limited", "lossy", "silent"]),
        "n4": _table({"prerouting": (0, [f'ip6 daddr {DARK} counter name "dark" drop'])}, ["dark"]),
        "n5": _table({"forward": (0, [
            f'ip6 daddr {REJECTED}{code} counter name "rejected{code}" reject with icmpv6 type {kind}'
            for code, kind in CODES.items()
        ])}, [f"rejected{code}" for code in CODES]),
        "n9": _table({"output": (0, [
            f'icmpv6 type packet-too-big {_errors_about(BLACK_HOLE)} counter name "hole" drop',
        ])}, ["hole"]),
        "n12": f"""
            table ip6 lab {{
              chain raw {{ type filter hook prerouting priority -300;
                ip6 daddr {everywhere} ip6 daddr != {{ {TRANSLATED}, {BEHIND} }} notrack
              }}
              chain nat {{ type nat hook prerouting priority -100;
                ip6 daddr {TRANSLATED} dnat to {BEHIND}
              }}
            }}
        """,
        TARGET: _table({"input": (0, [
            'tcp dport 82 counter name "dropped" drop',
            'tcp dport 83 counter name "refused" reject with icmpv6 type admin-prohibited',
            'tcp dport 84 counter name "torn" reject with tcp reset',
        ])}, ["dropped", "refused", "torn"]),
    }
    return rules


def _settle(node, ports):
    """What `network.prepare_node` leaves open: hop limits that reach back, and finished checksums."""
    with namespaces.inside(node):
        if node is not None:
            for settings in ["all", "default"] + ports:
                network.sysctl(f"net.ipv6.conf.{settings}.hop_limit", 255)
        for port in ports:
            network.sysctl(f"net.ipv6.neigh.{port}.retrans_time_ms", 100)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            for port in ports:
                value = array.array("I", [0x17, 0])  # ETHTOOL_STXCSUM off; see network.connect
                fcntl.ioctl(any_socket, 0x8946, struct.pack("16sP16x", port.encode(), value.buffer_info()[0]))


def build(ping_groups):
    """Everything but the programs, when each link has carried a packet. `ping_groups`: see network.build."""
    nodes = ROUTERS + [f"{letter}{each}" for each in LANES for letter in "bc"] + ["island"]
    for node in nodes:
        namespaces.make_network(node)
        network.prepare_node(node, ping_groups)
    links = list(_links())

    def end(node, port):
        return f"{port}" + (f" netns {node}" if node else "")

    network.batch(None, [
        f"link add name {end(near, near_port)} type veth peer name {end(far, far_port)}"
        for near, near_port, far, far_port, _ in links
    ])
    ports, lines = {}, {}
    for near, near_port, far, far_port, prefix in links:
        for node, port, last in ((near, near_port, 1), (far, far_port, 2)):
            ports.setdefault(node, []).append(port)
            lines.setdefault(node, []).extend([
                f"addr add {prefix}::{last}/64 dev {port} nodad", f"link set dev {port} up",
            ])
    routes = _routes()
    for node in lines:
        network.batch(node, lines[node])
    for node in lines:
        _settle(node, ports[node])
        network.batch(node, routes[node])
    for node, text in _rules().items():
        network.rules(node, text)
    # A kernel joins its multicast groups, without which no neighbor finds it, when it has time to.
    until = time.monotonic() + 30
    for way in [[PLAIN], ["-I", ELSEWHERE, router(1)]] + [[f"fd00:31:d:{each}::2"] for each in LANES]:
        ping = ["ping", "-6", "-n", "-q", "-c", "1", "-W", "0.1"] + way
        while subprocess.run(ping, capture_output=True).returncode != 0:
            if time.monotonic() > until:
                raise RuntimeError(f"no answer from {way[-1]}")


def build_emulated():
    """The link to the path that is a program; its kernel takes no part."""
    namespaces.make_network("emulator")
    network.batch(None, ["link add name emulated type veth peer name end netns emulator"])
    with namespaces.inside("emulator"):
        network.sysctl("net.ipv6.conf.end.disable_ipv6", 1)
    network.batch("emulator", ["link set dev end up"])
    network.batch(None, [
        "addr add fd00:35::1/64 dev emulated nodad", "link set dev emulated up",
        "route add fd00:33::/32 via fd00:35::2", "route add fd00:34::/32 via fd00:35::2",
    ])
    _settle(None, ["emulated"])


class Chain:
    """The chain of this worker's lab, with its programs."""

    def __init__(self, ping_groups):
        build(ping_groups)
        build_emulated()
        here = pathlib.Path(__file__).parent
        self.programs = []
        for node, command in ((TARGET, [__file__, "--serve"]),
                              ("emulator", [here / "emulator.py", "end", EMULATOR_LOG])):
            with namespaces.inside(node):
                self.programs.append(subprocess.Popen(
                    [sys.executable, "-B"] + command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
                ))
        for each in self.programs:
            if each.stdout.readline() != b"ready\n":
                raise RuntimeError(f"{each.args[2]} did not start")

    def count(self, node, name):
        """Packets that this named counter of the node has seen."""
        with namespaces.inside(node):
            printed = network.run("nft", "-j", "list", "counter", "ip6", "lab", name)
        return next(each["counter"]["packets"] for each in json.loads(printed)["nftables"] if "counter" in each)

    def kernel_counts(self, node):
        """The node's IPv6 and ICMPv6 counters (/proc/net/snmp6)."""
        with namespaces.inside(node):
            text = pathlib.Path("/proc/thread-self/net/snmp6").read_text()
        return {name: int(value) for name, value in (line.split() for line in text.splitlines())}

    @contextlib.contextmanager
    def setting(self, node, **values):
        """These sysctls below net.ipv6 of the node (double underscores for dots) for the block."""
        paths = {pathlib.Path("/proc/sys/net/ipv6") / key.replace("__", "/"): str(each) for key, each in values.items()}
        with namespaces.inside(node):
            before = {path: path.read_text() for path in paths}
            for path, value in paths.items():
                path.write_text(value)
        try:
            yield
        finally:
            with namespaces.inside(node):
                for path, value in before.items():
                    path.write_text(value)


def serve():
    """The target's ports: TCP 80 is taken and closed, UDP 7 sends back, UDP 9 takes and says nothing."""
    waiting = selectors.DefaultSelector()
    web = socket.create_server(("::", 80), family=socket.AF_INET6, backlog=512)
    echo, discard = (socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(2))
    for each, port in ((echo, 7), (discard, 9)):
        each.bind(("::", port))
        each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    for each in (web, echo, discard):
        each.setblocking(False)
        waiting.register(each, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in waiting.select():
            try:
                if key.fileobj is web:
                    web.accept()[0].close()
                    continue
                octets, ancillary, _, asker = key.fileobj.recvmsg(65536, 256)
                if key.fileobj is echo:
                    # From the address that was asked.
                    echo.sendmsg([octets], [each for each in ancillary if each[1] == socket.IPV6_PKTINFO], 0, asker)
            except OSError:
                pass  # the asker is gone


if __name__ == "__main__" and sys.argv[1:] == ["--serve"]:
    serve()
