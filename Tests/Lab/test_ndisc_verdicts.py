"""Each verdict of `probe6 ndisc`, on kernels that give it, with its exit code; the kernel's table as the oracle."""

import pathlib

import forge
import lab as labs
import link
from lab import equal, expect
from link import ALICE, DEAF, DUPLICATE, LOOPED, NOBODY_LINK, PROXIED, SILENT, STATIONS, WRONG, link_address
from links import SOON, LinkRun, act, capture, claims, nanoseconds, ndisc, start
from test_privileges import status

ALICE_LINK, PROXY_LINK, DEAF_LINK = (link_address(STATIONS[name][0]) for name in ("alice", "proxy", "deaf"))
TWINS = [link_address(STATIONS[name][0]) for name in ("twin1", "twin2")]
SOLICITATIONS = "icmp6 and ip6[40] == 135"


def know(guest, address, mac, state):
    guest.ip("-6", "neigh", "replace", address, "lladdr", mac, "nud", state, "dev", "lan0")


def test_agrees(lab):
    """A neighbor whose address the kernel knows agrees"""
    guest = lab.guest()
    link.wait_for_answers(guest.name, [ALICE])
    equal(guest.entry(ALICE).get("lladdr"), ALICE_LINK, "the kernel's entry")
    run = ndisc(lab, guest, ALICE, code=0)
    summary = run.verdict("agrees")
    equal(claims(summary), [ALICE_LINK], "who claims it", run)
    equal(summary["kernel"]["link"], ALICE_LINK, "the entry that we saw", run)
    equal(run.problems(), [], "problems", run)
    answer = run.one("advertisement")
    equal((answer["standing"], answer["destination"]), ("answer", ALICE), "the answer", run)
    equal(answer["message"]["flags"], ["solicited", "override"], "flags", run)
    expect(0 < answer["rtt_ns"] < 1_000_000_000, "a round trip", run)
    equal(len(run.events("sent")), 1, "solicitations after an answer", run)


def test_absent(lab):
    """A neighbor that the kernel does not know is absent there, and asking leaves nothing in its table"""
    guest = lab.guest()
    run = ndisc(lab, guest, ALICE, code=0)
    equal(claims(run.verdict("absent")), [ALICE_LINK], "who claims it", run)
    expect("kernel" not in run.summary, "no entry is told of", run)
    equal(guest.entry(ALICE), {}, "the kernel's entry afterwards")


def test_differs(lab):
    """A neighbor with another link-layer address than the kernel's entry differs, and that is a problem"""
    guest = lab.guest()
    know(guest, WRONG, NOBODY_LINK, "permanent")
    run = ndisc(lab, guest, WRONG, code=4)
    summary = run.verdict("differs")
    equal((claims(summary), summary["kernel"]["link"]), ([ALICE_LINK], NOBODY_LINK), "claim and entry", run)
    expect("wrong_kernel_entry" in run.problems(), "the finding", run)


def test_stale_entry_with_a_wrong_address(lab):
    """A stale entry that is wrong is seen as it was before the answer put it right"""
    guest = lab.guest()
    know(guest, WRONG, NOBODY_LINK, "stale")
    run = ndisc(lab, guest, WRONG, code=4)
    equal(run.verdict("differs")["kernel"]["link"], NOBODY_LINK, "the entry before", run)


def test_local(lab):
    """The host's own address is local at once, and nothing is sent"""
    guest = lab.guest([link.PREFIX + "9:1:1"])
    lab.must("ip", "netns", "exec", guest.name, "nft", "add table ip6 t; add chain ip6 t c { type filter hook output "
             "priority 0; }; add rule ip6 t c icmpv6 type nd-neighbor-solicit counter")
    for options in ([], ["--dad"], ["--unicast"]):
        run = ndisc(lab, guest, *options, link.PREFIX + "9:1:1", code=0)
        run.verdict("local")
        equal(run.events("sent"), [], "solicitations", run)
    rules = lab.must("ip", "netns", "exec", guest.name, "nft", "list", "table", "ip6", "t")
    expect("packets 0 " in rules, "nothing left the host", rules)


def test_silent(lab):
    """An address that nobody has is silent after three solicitations"""
    guest = lab.guest()
    run = ndisc(lab, guest, *SOON, SILENT, code=1)
    summary = run.verdict("silent")
    equal((summary["attempted"], summary["unanswered"], claims(summary)), (3, 3, []), "attempts", run)


def test_silent_takes_its_time(lab):
    """Three solicitations are a second apart, and the last is waited for as long"""
    guest = lab.guest()
    run = ndisc(lab, guest, SILENT, code=1)
    sent = [nanoseconds(line) for line in run.events("sent")]
    end = nanoseconds(run.summary)
    equal(len(sent), 3, "solicitations", run)
    for earlier, later in zip(sent, sent[1:] + [end]):
        expect(1.0e9 <= later - earlier < 1.5e9, "a second lies between", run)


def test_conflict(lab):
    """An address that two stations own is a conflict, and both are named"""
    guest = lab.guest()
    run = ndisc(lab, guest, DUPLICATE, code=4)
    equal(claims(run.verdict("conflict")), TWINS, "who claims it", run)
    expect("conflict" in run.problems(), "the finding", run)


def test_conflict_with_a_known_neighbor(lab):
    """It is a conflict also where the kernel knows one of the two"""
    guest = lab.guest()
    know(guest, DUPLICATE, TWINS[1], "permanent")
    equal(claims(ndisc(lab, guest, DUPLICATE, code=4).verdict("conflict")), TWINS, "who claims it")


def test_free(lab):
    """An address that nobody has is free: asked from ::, with a nonce, to its group, as tshark reads it"""
    guest = lab.guest()
    heard = capture(lab, guest, 1, SOLICITATIONS)
    run = ndisc(lab, guest, "--dad", link.PREFIX + "f:5", code=0)
    run.verdict("free")
    heard.finish()
    (source, destination, limit, checksum, target, options, mac), = heard.fields(
        "ipv6.src", "ipv6.dst", "ipv6.hlim", "icmpv6.checksum.status", "icmpv6.nd.ns.target_address",
        "icmpv6.opt.type", "eth.dst",
    )
    equal((source, destination, limit, checksum), ("::", "ff02::1:ff0f:5", "255", "1"), "the solicitation", run)
    equal((target, options, mac), (link.PREFIX + "f:5", "14", "33:33:ff:0f:00:05"), "the solicitation", run)
    end, sent = nanoseconds(run.summary), nanoseconds(run.one("sent"))
    expect(end - sent >= 1_000_000_000, "it listens for a second", run)


def test_in_use(lab):
    """An address that somebody has is in use, by whom is said"""
    guest = lab.guest()
    run = ndisc(lab, guest, "--dad", ALICE, code=4)
    equal(claims(run.verdict("in_use")), [ALICE_LINK], "who claims it", run)
    answer = run.one("advertisement")
    equal((answer["message"]["flags"], answer["message"]["destination"]), (["override"], "ff02::1"), "answer", run)


def test_in_use_twice(lab):
    """Duplicate address detection hears both owners"""
    guest = lab.guest()
    equal(claims(ndisc(lab, guest, "--dad", DUPLICATE, code=4).verdict("in_use")), TWINS, "who claims it")


def test_in_use_without_an_address(lab):
    """Duplicate address detection needs no address of its own, not even a link-local one"""
    guest = lab.guest([], addr_gen_mode=1)
    equal(guest.addresses(), {}, "addresses")
    ndisc(lab, guest, "--dad", ALICE, code=4).verdict("in_use")
    ndisc(lab, guest, "--dad", SILENT, code=0).verdict("free")


def test_looped_back(lab):
    """A probe that comes back is told from a duplicate by its nonce"""
    lab.link
    run = act(lab, None, "ndisc", "-I", "loop0", "--dad", LOOPED, code=4)
    equal(run.verdict("looped_back")["claims"], [], "claims", run)
    expect("looped_back" in {each["kind"] for each in run.findings()}, "the finding", run)


def test_fresh(lab):
    """A reachable neighbor that answers a unicast solicitation is fresh; Linux answers without the option"""
    guest = lab.guest()
    know(guest, ALICE, ALICE_LINK, "reachable")
    heard = capture(lab, guest, 1, SOLICITATIONS)
    run = ndisc(lab, guest, "--unicast", ALICE, code=0)
    summary = run.verdict("fresh")
    heard.finish()
    equal(heard.fields("ipv6.dst", "eth.dst", "ipv6.hlim", "icmpv6.checksum.status"),
          [(ALICE, ALICE_LINK, "255", "1")], "the solicitation", run)
    equal([each.get("option_link") for each in summary["claims"]], [None], "the answer has no option", run)
    equal([each["frame_link"] for each in summary["claims"]], [ALICE_LINK], "the frame's source", run)


def test_permanent_is_fresh(lab):
    """So is one with a permanent entry"""
    guest = lab.guest()
    know(guest, ALICE, ALICE_LINK, "permanent")
    ndisc(lab, guest, "--unicast", ALICE, code=0).verdict("fresh")


def test_stale(lab):
    """A stale entry that is right is stale, and fine"""
    guest = lab.guest()
    know(guest, ALICE, ALICE_LINK, "stale")
    ndisc(lab, guest, "--unicast", ALICE, code=0).verdict("stale")


def test_unicast_to_a_wrong_entry(lab):
    """A stale entry with a wrong link-layer address is found out"""
    guest = lab.guest()
    know(guest, WRONG, NOBODY_LINK, "stale")
    run = ndisc(lab, guest, "--unicast", *SOON, WRONG, code=4)
    summary = run.verdict("differs")
    equal((claims(summary), summary["kernel"]["link"]), ([ALICE_LINK], NOBODY_LINK), "claim and entry", run)
    expect("wrong_kernel_entry" in run.problems(), "the finding", run)


def test_dead(lab):
    """A neighbor that answers neither unicast nor multicast is dead, whatever the kernel thinks"""
    guest = lab.guest()
    know(guest, SILENT, NOBODY_LINK, "permanent")
    summary = ndisc(lab, guest, "--unicast", *SOON, SILENT, code=1).verdict("dead")
    equal(summary["attempted"], 6, "three to it and three to all")


def test_multicast_only(lab):
    """A neighbor that answers multicast alone is not reachable as its kernel entry says"""
    guest = lab.guest()
    know(guest, DEAF, DEAF_LINK, "permanent")
    summary = ndisc(lab, guest, "--unicast", *SOON, DEAF, code=4).verdict("multicast_only")
    equal(claims(summary), [DEAF_LINK], "who claims it")


def test_unicast_without_an_entry(lab):
    """Without a kernel entry the neighbor is looked for first, and then asked by unicast"""
    guest = lab.guest()
    run = ndisc(lab, guest, "--unicast", *SOON, ALICE, code=0)
    run.verdict("stale")
    equal([line["to"] for line in run.events("sent")], ["ff02::1:ff00:a%lan0", ALICE], "solicitations", run)


def test_unicast_to_a_given_address(lab):
    """--unicast=MAC asks that link-layer address: right or wrong"""
    guest = lab.guest()
    know(guest, ALICE, NOBODY_LINK, "permanent")
    run = ndisc(lab, guest, f"--unicast={ALICE_LINK}", *SOON, ALICE)
    equal([line["to"] for line in run.events("sent")], [ALICE], "solicitations", run)
    equal([line["to_link"] for line in run.events("sent")], [ALICE_LINK], "frames", run)
    guest = lab.guest()
    know(guest, ALICE, ALICE_LINK, "permanent")
    run = ndisc(lab, guest, f"--unicast={NOBODY_LINK}", *SOON, ALICE)
    equal(claims(run.summary), [ALICE_LINK], "multicast finds it all the same", run)


def test_send_failed(lab):
    """Where the host's own firewall drops solicitations, that is said, and nothing about the neighbor"""
    guest = lab.guest()
    lab.must("ip", "netns", "exec", guest.name, "nft", "add table ip6 t; add chain ip6 t c { type filter hook output "
             "priority 0; }; add rule ip6 t c icmpv6 type nd-neighbor-solicit counter drop")
    run = ndisc(lab, guest, *SOON, ALICE, code=3)
    summary = run.verdict("send_failed")
    equal((summary["answered"], summary["unanswered"]), (0, 0), "attempts", run)
    expect(run.events("send_failed"), "each failure is told", run)
    equal({line["error"] for line in run.events("send_failed")}, {"EPERM"}, "why", run)


def test_proxy(lab):
    """A proxy's answer counts, though its source is another address and its override flag is not set"""
    guest = lab.guest()
    for source in (guest.link_local, next(each for each in guest.addresses() if each.startswith(link.PREFIX))):
        run = ndisc(lab, guest, "-s", source, PROXIED, code=0)
        equal(claims(run.verdict("absent")), [PROXY_LINK], "who claims it", run)
        answer = run.one("advertisement")
        answer = answer["message"]
        equal(answer["source"].startswith("fe80::"), source.startswith("fe80::"), "source of its own", run)
        expect(answer["source"] != PROXIED, "not the target's", run)
        expect("override" not in answer["flags"], "override", run)


def test_link_local_target(lab):
    """A link-local address with its zone needs no -I"""
    guest = lab.guest()
    alice = link.link_local(STATIONS["alice"][0])
    run = act(lab, guest, "ndisc", f"{alice}%lan0", code=0)
    equal(claims(run.verdict("absent")), [ALICE_LINK], "who claims it", run)


def test_interface_of_the_route(lab):
    """Without -I the route to the target says which link it is on"""
    guest = lab.guest()
    act(lab, guest, "ndisc", ALICE, code=0).verdict("absent")


def test_gravest_counts(lab):
    """Of several targets the gravest decides the exit code, and each has its summary"""
    guest = lab.guest()
    run = ndisc(lab, guest, *SOON, ALICE, SILENT, code=1)
    run.verdict("absent", ALICE)
    run.verdict("silent", SILENT)
    guest = lab.guest()
    run = ndisc(lab, guest, *SOON, SILENT, DUPLICATE, ALICE, code=4)
    run.verdict("conflict", DUPLICATE)
    run.verdict("silent", SILENT)
    run.verdict("absent", ALICE)


def test_targets_from_a_file(lab):
    """-f adds targets, also from the standard input"""
    guest = lab.guest()
    file = pathlib.Path("/run/lab/targets")
    file.write_text(f"{DEAF}\n# none\n\n{PROXIED}\n")
    run = ndisc(lab, guest, *SOON, "-f", file, ALICE, code=0)
    equal(sorted(each["target"] for each in run.events("summary")), sorted([ALICE, DEAF, PROXIED]), "targets", run)
    line = f"probe6 ndisc --json -I lan0 {' '.join(SOON)} -f - < {file}"
    run = LinkRun(lab.run(*guest.command, "sh", "-c", line), 0)
    equal(sorted(each["target"] for each in run.events("summary")), sorted([DEAF, PROXIED]), "targets", run)


def test_conformance(lab):
    """The kernel answers the 21 crafted solicitations as Linux does, 21 of 21"""
    guest = lab.guest()
    run = ndisc(lab, guest, "--conformance", ALICE, code=0)
    rows = run.events("conformance")
    equal(len(rows), 21, "rows", run)
    equal([row for row in rows if not row["as_expected"]], [], "rows that are not as expected", run)
    equal((run.summary["tried"], run.summary["as_expected"]), (21, 21), "summary", run)


def test_conformance_of_a_deaf_neighbor(lab):
    """It shows what a neighbor does otherwise"""
    guest = lab.guest()
    run = ndisc(lab, guest, "--conformance", DEAF, code=4)
    odd = {row["solicitation"] for row in run.events("conformance") if not row["as_expected"]}
    equal(odd, {"unicast", "unicast_without_link"}, "rows that are not as expected", run)


def test_in_use_by_another_who_asks(lab):
    """Somebody else's solicitation from :: for the same address means that it is in use (RFC 4862 section 5.4.3)"""
    guest, mallory = lab.guest(), lab.mallory()
    target = link.PREFIX + "f:6"
    mallory.answer(target, lambda asked: [forge.frame(
        forge.neighbor_solicitation(target, forge.option(14, b"\1\2\3\4\5\6")), source="::",
        destination=asked.destination,
    )])
    run = ndisc(lab, guest, "--dad", target, code=4)
    run.verdict("in_use")


def test_other_kernel_detects_at_once(lab):
    """A kernel that tries the same address at the same moment is noticed"""
    guest, other = lab.guest(), lab.guest([], accept_dad=1, dad_transmits=3)
    other.set(router_solicitation_delay=0)
    target = link.PREFIX + "f:7"
    running = start(lab, guest, "ndisc", "-I", "lan0", "--dad", target)
    other.ip("-6", "addr", "add", f"{target}/64", "dev", "lan0")
    LinkRun(running.finish(), 4).verdict("in_use")


def test_link_that_is_down(lab):
    """A link that is down is a local failure, not silence"""
    guest = lab.guest()
    guest.ip("link", "set", "lan0", "down")
    done = lab.run(*guest.command, "probe6", "ndisc", "-I", "lan0", ALICE)
    equal(done.code, 3, "exit code", done)
    expect(done.err or "down" in done.out, "says why", done)


def test_no_such_interface(lab):
    """An interface that is not there is named"""
    done = lab.run("probe6", "ndisc", "-I", "nonsense0", ALICE)
    expect(done.code in (2, 3), "exit code", done)
    expect("nonsense0" in done.err, "names it", done)


def test_text(lab):
    """The text names verdict and link-layer addresses"""
    guest = lab.guest()
    done = lab.run(*guest.command, "probe6", "ndisc", "-I", "lan0", DUPLICATE)
    equal(done.code, 4, "exit code", done)
    for word in ["conflict", *TWINS]:
        expect(word in done.out, f"names {word}", done)


def test_privileges(lab):
    """An ordinary user is told which capability is missing"""
    guest = lab.guest()
    for arguments in ([ALICE], ["--dad", ALICE], ["--unicast", ALICE], ["--conformance", ALICE], ["scan", "lan0"]):
        done = lab.run(*guest.command, *labs.without_privileges(), "probe6", "ndisc", *arguments)
        equal(done.code, 3, f"exit code of {arguments}", done)
        expect("cap_net_raw" in done.err.lower(), f"{arguments} names the capability", done)


def test_file_capability(lab):
    """A binary with cap_net_raw serves an ordinary user"""
    labs.needs("setcap", "libcap2-bin")
    if not labs.is_root():
        raise labs.Skip("file capabilities need a real root")
    guest = lab.guest()
    lab.must("cp", "/run/lab/bin/probe6", "/run/lab/probe6-with-capability")
    lab.must("setcap", "cap_net_raw+ep", "/run/lab/probe6-with-capability")
    for arguments, verdict in (([ALICE], "absent"), (["--dad", SILENT], "free"), (["--unicast", ALICE], "stale")):
        done = lab.run(*guest.command, *labs.without_privileges(), "/run/lab/probe6-with-capability", "ndisc", "--json",
                       *arguments)
        LinkRun(done, 0).verdict(verdict)


def test_capture_file(lab):
    """What was sent and heard is in the capture file, as tshark reads it"""
    labs.needs("tshark", "tshark")
    guest = lab.guest()
    file = "/run/lab/ndisc.pcap"
    ndisc(lab, guest, "--capture-file", file, ALICE, code=0)
    printed = lab.must("tshark", "-n", "-r", file, "-T", "fields", "-e", "icmpv6.type", "-e", "icmpv6.nd.na.target_address",
                       "-e", "icmpv6.checksum.status", "-Y", "icmpv6.type == 135 || icmpv6.type == 136")
    lines = [line.split("\t") for line in printed.splitlines()]
    equal([line for line in lines if line[0] == "135"][:1], [["135", "", "1"]], "the solicitation", printed)
    expect(["136", ALICE, "1"] in lines, "the answer", printed)


def test_interrupted(lab):
    """A run that is interrupted says so, with a summary for each target"""
    guest = lab.guest()
    running = start(lab, guest, "ndisc", "-I", "lan0", "-w", "5s", SILENT, link.PREFIX + "6")
    running.wait_for('"event":"sent"', times=2)
    running.send(labs.INTERRUPT)
    run = LinkRun(running.finish(5), 1)
    equal([each["verdict"] for each in run.events("summary")], ["interrupted"] * 2, "verdicts", run)


def test_nothing_is_kept(lab):
    """While it listens no capability is left"""
    guest = lab.guest()
    running = start(lab, guest, "ndisc", "-I", "lan0", "-w", "5s", SILENT)
    running.wait_for('"event":"sent"')
    found = status(running.pid)
    for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        equal(int(found[kind], 16), 0, kind)
    equal(found["NoNewPrivs"], "1", "NoNewPrivs")
