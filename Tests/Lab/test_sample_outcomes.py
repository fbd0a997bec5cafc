"""Sampling with real kernels: each outcome is what the network did, each figure exact."""

import chain
import lab as labs
import peer
from lab import equal, expect
from samples import ends_by, group, record, sample, start_sample, write_plan
from test_local_faults import SPARE, link_up_again, spare_link

GOOD, LOSSY, QUIET = "fd00:6::1", "fd00:6::2", "fd00:6::5"


def peer_address(mode, n):
    return f"fd00:6:f::{mode:x}:{n:x}"


def test_exact_loss(lab):
    """Of a hundred probes ten are lost where the kernel drops every tenth, and the gate is exact on both sides"""
    gates = ["nodes: loss <= 10%", "nodes: loss < 10%", "nodes: lost == 10%", "nodes: loss > 9.9%", "nodes: ok == 90"]
    plan = write_plan(group("nodes", LOSSY, count=100, timeout="1s"), gates=gates)
    run = sample(lab, plan, code=1)
    run.counts("nodes", attempted=100, ok=90, lost=10, late=0, in_flight=0, loss_bursts=10, longest_loss_burst=1)
    equal(run.gates(), {each: each != "nodes: loss < 10%" for each in gates}, "gates", run)
    equal(run.groups["nodes"]["loss"], 0.1, "loss", run)


def test_late_and_lost(lab):
    """An answer behind the timeout is late, one behind the late window is lost and then a stray"""
    late, lost = peer_address(2, 400), peer_address(2, 1500)
    plan = write_plan(
        group("good", GOOD, count=20),
        group("late", late, count=10, timeout="50ms", late="20s"),
        group("lost", lost, count=10, timeout="100ms", late="100ms", interval="300ms"),
    )
    run = sample(lab, plan)
    run.counts("good", attempted=20, ok=20)
    run.counts("late", attempted=10, late=10, ok=0)
    run.counts("lost", attempted=10, lost=10, ok=0)
    for each in run.of(late):
        expect(each["rtt_ns"] >= 400_000_000, "a late answer has its round trip", each)
    expect(all("rtt_ns" not in each for each in run.of(lost)), "a lost probe has none", run)
    expect(run.summary["stray"] >= 1, "answers to lost probes are strays", run)


def test_duplicates(lab):
    """Each of two more answers to every probe is a duplicate and no second outcome"""
    plan = write_plan(group("nodes", peer_address(4, 2), "fd00:6::3", count=20))
    run = sample(lab, plan)
    run.counts("nodes", attempted=40, ok=40)
    equal(run.targets["nodes", peer_address(4, 2)]["duplicates"], 40, "duplicates", run)
    equal(run.targets["nodes", "fd00:6::3"]["duplicates"], 20, "duplicates of nftables", run)
    equal(len(run.events("duplicate")), 60, "events", run)


def test_errors(lab):
    """An ICMPv6 error is an outcome of its own, with type, code and who said so"""
    places = {"fd00:6:e::0": (1, 0), "fd00:6:e::1": (1, 1), "fd00:6:e::14": (1, 4), "fd00:6:e::f": (3, 0)}
    run = sample(lab, write_plan(group("nodes", *places, count=5, interval="50ms")))
    for address, (kind, code) in places.items():
        target = next(each for each in run.targets if each[1].replace("e::0", "e::") == address.replace("e::0", "e::"))
        equal(run.targets[target]["icmp_errors"], 5, f"errors of {address}", run)
        for each in run.of(target[1]):
            equal((each["icmp_type"], each["icmp_code"]), (kind, code), "error", each)
            expect(each["from"].startswith("fd00:6:0:"), "who said so", each)
    run.counts("nodes", attempted=20, icmp_errors=20)


def test_forged(lab):
    """What was not asked for is rejected and counted, and changes no outcome"""
    run = sample(lab, write_plan(group("nodes", peer_address(0x12, 3), count=10)))
    run.counts("nodes", attempted=10, ok=10, duplicates=0)
    equal(run.summary["rejected"], 30, "rejected", run)


def test_names_that_fail(lab):
    """A name without an address is a row of send errors, and no exit"""
    plan = write_plan(group("nodes", GOOD, "nonsense.lab", "v4only.lab", "target.lab", count=5))
    run = sample(lab, plan)
    run.counts("nodes", attempted=20, ok=10, send_errors=10)
    for name in ("nonsense.lab", "v4only.lab"):
        for each in run.of(name):
            equal((each["outcome"], each["errno"]), ("send_error", 0), name, each)
    equal(run.of("target.lab")[0]["destination"], GOOD, "address of the name", run)


def test_cut_link(lab):
    """A link that goes down in mid-run gives send errors, ends nothing, and is answered by again when it is back"""
    spare_link(lab)
    plan = write_plan(group("spare", SPARE, timeout="1s"), group("nodes", GOOD), defaults={"interval": "20ms"})
    running = start_sample(lab, plan)
    running.wait_for(record("ok", SPARE), 5)
    lab.must("ip", "link", "set", "spare", "down")
    running.wait_for(record("send_error", SPARE), 5)
    link_up_again(lab)
    before = running.out.count(b'"outcome":"ok"')
    running.wait_for('"outcome":"ok"', before + 20)
    running.wait_for(record("ok", SPARE), 8)
    run = ends_by(running)
    outcomes = [each["outcome"] for each in run.of(SPARE)]
    expect("send_error" in outcomes, "send errors", run)
    expect(outcomes.index("send_error") < len(outcomes) - 1 - outcomes[::-1].index("ok"), "it recovered", run)
    run.counts("nodes", lost=0, send_errors=0, icmp_errors=0)
    for each in run.of(SPARE, outcome="send_error"):
        expect(each["errno"] > 0 and each["error"].startswith("E"), "errno", each)


def test_cut_link_far_away(lab):
    """A link cut at its other end loses probes, ends nothing, and recovers"""
    spare_link(lab)
    plan = write_plan(group("spare", SPARE, timeout="300ms", late="100ms"), defaults={"interval": "20ms"})
    running = start_sample(lab, plan)
    running.wait_for(record("ok", SPARE), 5)
    lab.must("ip", "-n", "target", "link", "set", "spare", "down")
    running.wait_for(r'"outcome":"(lost|send_error|icmp_error)"', 5)
    lab.must("ip", "-n", "target", "link", "set", "spare", "up")
    lab.must("ip", "-n", "target", "addr", "replace", f"{SPARE}/64", "dev", "spare", "nodad")
    count = running.out.count(b'"outcome":"ok"')
    running.wait_for(record("ok", SPARE), count + 5)
    run = ends_by(running)
    expect(run.groups["spare"]["loss_bursts"] >= 1 and run.groups["spare"]["outage_ns"] > 0, "an outage", run)


def test_renumbered(lab):
    """A name that moves is asked at its new address; both addresses are counted right, and the change is told"""
    peer.MOVING_FILE.write_text("fd00:6::1\n")
    lab.undo.append(lambda: peer.MOVING_FILE.unlink(missing_ok=True))
    plan = write_plan(group("nodes", "moving.lab", interval="50ms"), resolve="300ms")
    running = start_sample(lab, plan)
    running.wait_for(record("ok", "moving.lab"), 5)
    peer.MOVING_FILE.write_text("fd00:6::6\n")
    running.wait_for('"event":"change".*"what":"address"', 1)
    running.wait_for(record("ok", "moving.lab").replace('"outcome"', 'fd00:6::6".*"outcome"'), 5)
    peer.MOVING_FILE.unlink()
    running.wait_for('"event":"change".*"what":"address"', 2)
    running.wait_for(record("send_error", "moving.lab"), 3)
    run = ends_by(running)
    moved, gone = run.changes("address")
    equal((moved["from"], moved["to"]), ("fd00:6::1", "fd00:6::6"), "change", run)
    equal((gone["from"], gone.get("to")), ("fd00:6::6", None), "change", run)
    equal(run.groups["nodes"]["address_changes"], 2, "changes", run)
    for each in run.of(outcome="send_error"):
        equal(each["errno"], 0, "a name without an address", each)
    asked = [each["destination"] for each in run.of(outcome="ok")]
    equal(sorted(set(asked)), ["fd00:6::1", "fd00:6::6"], "addresses asked", run)
    equal(asked, sorted(asked), "first the old one, then the new one", run)


def test_many_names(lab):
    """All addresses of a name, a prefix and a file of targets are targets of their own"""
    file = write_plan(text="# two\nfd00:6::1\n\ntarget.lab\n")
    plan = write_plan(
        group("all", {"all_addresses": "two.lab"}, count=10),
        group("prefix", peer_address(1, 0).replace("1:0", "1:10") + "/124", count=3),
        group("file", {"file": file.name}, count=2),
    )
    run = sample(lab, plan)
    run.counts("all", attempted=20)
    equal(sorted(each["destination"] for each in run.rows if each["group"] == "all"),
          ["fd00:6::1", "fd00:6::2"], "addresses of two.lab", run)
    # The first address of a prefix is its routers' anycast address.
    run.counts("prefix", targets=15, attempted=45, ok=45)
    run.counts("file", targets=2, ok=4)


def test_udp_and_tcp(lab):
    """UDP and TCP: open, closed and silent ports, and a refusal that counts as an answer"""
    lab.chain
    plan = write_plan(
        group("open", f"[{chain.PLAIN}]:7", probe="udp", count=5),
        group("closed", f"[{chain.PLAIN}]:70", probe="udp", count=5),
        group("silent", f"[{chain.PLAIN}]:9", probe="udp", count=5, timeout="300ms", late="100ms"),
        group("refusal", f"[{chain.PLAIN}]:70", probe="udp", accept=["unreachable"], count=5),
        group("syn", chain.PLAIN, probe="tcp", port=80, count=5),
        group("reset", f"[{chain.PLAIN}]:81", probe="tcp", count=5),
        group("dropped", f"[{chain.PLAIN}]:82", probe="tcp", count=5, timeout="300ms", late="100ms"),
        group("rejected", f"[{chain.PLAIN}]:83", probe="tcp", count=5),
        group("any", f"[{chain.PLAIN}]:81", probe="tcp", accept=["reset"], count=5),
        defaults={"interval": "50ms"},
    )
    for before in ([], labs.without_privileges()):
        run = sample(lab, plan, before=before)
        run.counts("open", ok=5)
        run.counts("closed", icmp_errors=5)
        run.counts("silent", lost=5)
        run.counts("refusal", ok=5)
        run.counts("syn", ok=5)
        run.counts("reset", icmp_errors=5)
        run.counts("dropped", lost=5)
        run.counts("rejected", icmp_errors=5)
        run.counts("any", ok=5)
        answers = {name: {each.get("answer") for each in run.of(group=name)} for name in run.groups}
        equal(answers, {
            "open": {"datagram"}, "closed": {"icmp_error"}, "silent": {None}, "refusal": {"icmp_error"}, "syn": {"open"},
            "reset": {"reset"}, "dropped": {None}, "rejected": {"icmp_error"}, "any": {"reset"},
        }, "answers", run)


def test_path_change(lab):
    """A route that flips is a change of path, with the hops before and after"""
    lab.chain
    prefix = "fd00:30:b::/48"
    both = f"nexthop via {chain.lane('b', 1)} nexthop via {chain.router(3)}"
    lab.undo.append(f"ip -n n2 -6 route add {prefix} {both}")
    lab.must(*f"ip -n n2 -6 route del {prefix}".split())
    lab.must(*f"ip -n n2 -6 route add {prefix} via {chain.lane('b', 1)}".split())
    plan = write_plan(group("path", chain.UNEVEN, probe="trace", method="udp", interval="500ms"),
                      gates=["path: changes == 0"])
    running = start_sample(lab, plan)
    running.wait_for('"event":"trace"', 2, seconds=30)
    lab.must(*f"ip -n n2 -6 route replace {prefix} via {chain.router(3)}".split())
    lab.undo.append(f"ip -n n2 -6 route del {prefix}")
    running.wait_for('"event":"change".*"what":"path"', seconds=30)
    run = ends_by(running, code=1, seconds=40)
    change = run.changes("path")[0]
    expect(chain.lane("b", 1) in change["from"] and chain.router(3) in change["to"], "hops", change)
    equal((change["from"][-1], change["to"][-1]), (chain.UNEVEN, chain.UNEVEN), "both reach the target", change)
    equal(run.groups["path"]["path_changes"], len(run.changes("path")), "changes", run)
    equal(run.gates(), {"path: changes == 0": False}, "gates", run)
    run.counts("path", lost=0, send_errors=0)


def test_link_change(lab):
    """A neighbor whose link-layer address changes is a change; the gate on it fails"""
    asking, asked = lab.guest(), lab.guest()
    address = next(each for each in asked.addresses() if each.startswith("fd00:"))
    plan = write_plan(group("link", address, probe="ndisc", interface="lan0", interval="500ms"),
                      gates=["link: changes == 0"])
    running = lab.start(*asking.command, "probe6", "sample", plan, "--json")
    running.wait_for('"event":"neighbor"', 2, seconds=20)
    other = asked.link[:-2] + ("77" if asked.link[-2:] != "77" else "78")
    asked.ip("link", "set", "lan0", "address", other)
    running.wait_for('"event":"change".*"what":"link"', seconds=20)
    run = ends_by(running, code=1, seconds=30)
    change = run.changes("link")[0]
    equal((change["from"], change["to"]), (asked.link, other), "change", run)
    equal(run.groups["link"]["link_changes"], 1, "changes", run)


def test_trouble(lab):
    """When loss begins a trace is made once, and attached"""
    lab.must("ip", "netns", "exec", "r2", "nft", "add table ip6 trouble; add chain ip6 trouble c { type filter hook "
             "forward priority 0; }")
    lab.undo.append("ip netns exec r2 nft delete table ip6 trouble")
    plan = write_plan(
        group("nodes", GOOD, "fd00:6::6", timeout="300ms", late="100ms", interval="50ms",
              on_trouble={"trace": {"method": "icmp", "max_hops": 3}, "losses": 3}))
    running = start_sample(lab, plan)
    running.wait_for(record("ok", GOOD), 5)
    lab.must("ip", "netns", "exec", "r2", "nft", f"add rule ip6 trouble c ip6 daddr {GOOD} ip6 hoplimit > 10 drop")
    running.wait_for('"event":"change".*"what":"trouble"', seconds=20)
    running.wait_for('"event":"trace"', seconds=40)
    running.wait_for(record("lost", GOOD), 20, seconds=30)
    lab.must("ip", "netns", "exec", "r2", "nft", "flush chain ip6 trouble c")
    running.wait_for('"event":"change".*"what":"recovered"', seconds=20)
    run = ends_by(running)
    equal([each["target"] for each in run.changes("trouble")], [GOOD], "trouble", run)
    trace, = run.events("trace")
    equal((trace["target"], trace["action"]), (GOOD, True), "trace", run)
    equal(trace["hops"][0]["replies"][0]["address"], "fd00:6:0:1::2", "its first hop", run)
    equal(run.targets["nodes", "fd00:6::6"]["lost"], 0, "the other target", run)


def test_changes(lab):
    """A path MTU that changes is told"""
    # What another test made the kernel learn.
    lab.must("ip", "-6", "route", "flush", "cache")
    run = sample(lab, write_plan(group("nodes", "fd00:6::6", size=1440, count=4, interval="200ms")))
    # The kernel sends the first one whole, hears Packet Too Big, and fragments the others.
    run.counts("nodes", attempted=4, path_mtu_changes=1, path_mtu=1400)
    equal(run.changes("path_mtu")[0]["to"], 1400, "change", run)


def test_socket_kinds(lab):
    """A user without privileges samples by ping sockets, root without those by a raw one; both by the kernel's stamps"""
    plan = write_plan(group("nodes", GOOD, LOSSY, count=20))
    run = sample(lab, plan, before=labs.without_privileges())
    run.counts("nodes", attempted=40, ok=38, lost=2)
    equal({each["rtt_source"] for each in run.of(outcome="ok")}, {"kernel"}, "clocks", run)
    lab.ping_sockets(False)
    run = sample(lab, plan)
    run.counts("nodes", attempted=40, ok=38, lost=2)
    expect(run.start["path"] == "raw", "the path is raw", run.start)


def test_no_way(lab):
    """Where neither kind of socket is to be had, it says so and exits 3"""
    lab.ping_sockets(False)
    plan = write_plan(group("nodes", GOOD, count=2))
    done = lab.run(*labs.without_privileges(), "probe6", "sample", plan)
    equal(done.code, 3, "exit code", done)
    expect("ping_group_range" in done.err, "names the remedy", done)


def test_warm_up(lab):
    """Probes of the warm-up are recorded, and in no figure"""
    run = sample(lab, write_plan(group("nodes", GOOD, interval="200ms"), duration="2s", warmup="1s"))
    first = min(each["scheduled_unix_ns"] for each in run.records)
    warm = {each["number"] for each in run.records if each.get("warmup")}
    equal(warm, {each["number"] for each in run.records if each["scheduled_unix_ns"] < first + 1_000_000_000},
          "warm-up", run)
    equal(len(run.records) + run.summary["missed"], 10, "deadlines", run)
    run.counts("nodes", warmup=len(warm), attempted=len(run.records) - len(warm))
    equal(run.groups["nodes"]["rtt_ns"]["count"], len(run.records) - len(warm), "round trips", run)


def test_many_targets(lab):
    """A thousand targets share one socket, and each has its own answers"""
    prefix = "fd00:6:f::1:1000/118"
    run = sample(lab, write_plan(group("nodes", prefix, count=3, interval="1s")))
    run.counts("nodes", targets=1023, attempted=3069, ok=3069, duplicates=0)
    equal(run.summary["rejected"], 0, "rejected", run)
