"""All the paths of a diamond of kernel routers, under each policy of hashing, and what a balancer hashes."""

import chain
import lab as labs
from chain import LANES, lane, router
from lab import equal, expect
from traces import QUICK, trace

# The balancer's hash: 0 takes addresses, flow label and protocol, 1 the five-tuple.
POLICIES = ((0, "flow_label"), (1, "ports"))


def links(target):
    """Every link that there is on the way to the diamond's target."""
    found = {("origin", router(1)), (router(1), router(2))}
    for each in LANES:
        found |= {(router(2), lane("b", each)), (lane("b", each), lane("c", each)), (lane("c", each), lane("d", each)),
                  (lane("d", each), target)}
    return found


def seen(run):
    return {(link["from"], link["to"]) for link in run.events("link")}


def balancers(run):
    return [(each["address"], each["hashes"], each["branches"]) for each in run.events("balancer")]


def test_diamond(lab):
    """All four branches are found, no impossible link, and the field that the balancer hashes, under both policies"""
    whole, runs = 0, 0
    for policy, field in POLICIES:
        with lab.chain.setting("n2", fib_multipath_hash_policy=policy):
            for options in (["--raw"], ["-T", "--raw"], ["--unprivileged"], ["--raw"], ["--unprivileged"]):
                run = trace(lab, "--paths", *QUICK, *options, chain.DIAMOND, code=0)
                runs += 1
                found = seen(run)
                expect(found <= links(chain.DIAMOND), f"impossible links {found - links(chain.DIAMOND)}", run)
                if found != links(chain.DIAMOND):
                    continue  # at 95 % a branch may be missed
                whole += 1
                equal(
                    balancers(run), [(router(2), field, [lane("b", each) for each in LANES])], f"balancer by {options}",
                    run,
                )
                run.ended("reached", address=chain.DIAMOND)
    # Of ten runs four that miss one would be one case in a thousand.
    expect(whole > runs - 4, f"{whole} of {runs} runs found all")


def test_diamond_by_echo(lab):
    """Echo requests are spread by flow label alone: under the policy of ports they see one path"""
    with lab.chain.setting("n2", fib_multipath_hash_policy=0):
        run = trace(lab, "--paths", "--confidence", "99", *QUICK, "-I", "--raw", chain.DIAMOND, code=0)
        expect(seen(run) <= links(chain.DIAMOND), "impossible links", run)
        equal({each[1] for each in balancers(run)}, {"flow_label"}, "balancers", run)
    with lab.chain.setting("n2", fib_multipath_hash_policy=1):
        run = trace(lab, "--paths", *QUICK, "-I", "--raw", chain.DIAMOND, code=0)
        equal(len(run.events("balancer")), 0, "balancers", run)
        equal(len(seen(run)), 6, "links of one path", run)


def test_one_path(lab):
    """A way without branches has one link for each hop and no balancer"""
    for options in (["--raw"], ["--unprivileged"]):
        run = trace(lab, "--paths", *QUICK, *options, "-m", "30", chain.PLAIN, code=0)
        wanted = ["origin"] + [router(each) for each in range(1, 30)] + [chain.PLAIN]
        equal(seen(run), set(zip(wanted, wanted[1:])), "links", run)
        equal(run.events("balancer"), [], "balancers", run)


def test_uneven(lab):
    """Branches of unequal length are whole, and join where they join"""
    wanted = {("origin", router(1)), (router(1), router(2)), (router(2), lane("b", 1)),
              (lane("b", 1), lane("c", 1)), (lane("c", 1), lane("d", 1)), (lane("d", 1), chain.UNEVEN)}
    longer = [router(each) for each in range(2, 7)] + [chain.UNEVEN]
    wanted |= set(zip(longer, longer[1:]))
    for options in (["--raw"], ["--unprivileged"]):
        run = trace(lab, "--paths", "--confidence", "99", *QUICK, *options, chain.UNEVEN, code=0)
        equal(seen(run), wanted, "links", run)
        equal([each[:2] for each in balancers(run)], [(router(2), "flow_label")], "balancers", run)


def test_per_packet(lab):
    """A balancer that spreads packets one by one is recognised"""
    for options in (["--raw"], ["--unprivileged"]):
        run = trace(lab, "--paths", *QUICK, *options, chain.PER_PACKET, code=0)
        found = {each["address"]: each for each in run.events("balancer")}
        expect(router(2) in found, "the balancer", run)
        equal(found[router(2)]["hashes"], "per_packet", "what it hashes", run)
        equal(set(found[router(2)]["branches"]), {lane("b", each) for each in LANES}, "branches", run)


def test_one_flow_stays_on_its_way(lab):
    """Without --paths no trace shows an impossible link, by any method under either policy"""
    for policy, _ in POLICIES:
        with lab.chain.setting("n2", fib_multipath_hash_policy=policy):
            for options, before in (
                (["--raw"], []), (["-I", "--raw"], []), (["-T", "--raw"], []),
                ([], labs.without_privileges()), (["-I"], labs.without_privileges()),
                (["--method", "connect"], labs.without_privileges()),
            ):
                # A veth pair hands on the random hash of the sender's TCP socket, and a Linux router under policy 1
                # takes that in place of the ports: no flow is one there.
                if policy == 1 and "connect" in options:
                    continue
                for _ in range(4):
                    run = trace(lab, *QUICK, *options, chain.DIAMOND, before=before, code=0)
                    path = run.path()
                    numbers = {each.split(":")[3] for each in path[2:5]}
                    equal(len(numbers), 1, f"lanes by {options} under policy {policy}: {path}", run)
                    equal((path[:2], path[5:]), ([router(1), router(2)], [chain.DIAMOND]), "the rest", run)


def test_scattered_flow(lab):
    """Without --paths a hop of several addresses is marked as such"""
    run = trace(lab, *QUICK, "--raw", "-q", "4", chain.PER_PACKET, code=0)
    expect(len(run.addresses()[2]) > 1, "several addresses", run)
    expect("several_addresses" in run.hop(3).get("notes", []), "a note", run)


def test_dot(lab):
    """Graphviz reads what --format dot prints, and it has every node"""
    labs.needs("dot", "graphviz")
    lab.chain
    done = lab.run("probe6", "trace", "--paths", "--format", "dot", "-n", *QUICK, chain.DIAMOND)
    equal(done.code, 0, "exit code", done)
    with open("/run/lab/graph.dot", "w") as file:
        file.write(done.out)
    drawn = lab.run("dot", "-Tplain", "/run/lab/graph.dot")
    equal(drawn.code, 0, "dot's exit code", drawn)
    expect(lane("c", 1) in drawn.out or lane("c", 2) in drawn.out, "nodes", drawn)
