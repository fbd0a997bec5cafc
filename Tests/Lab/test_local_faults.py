"""What goes wrong on the host itself: the run goes on and counts it as what it is."""

import json
import os
import pathlib
import subprocess

import lab as labs
from lab import equal, expect

SPARE = "fd00:6:a::2"


def errnos(run):
    return {event["error"] for event in run.events("send_failed")}


def spare_link(lab):
    """A link of its own to the target, so that it can be taken away."""
    lab.change("ip link add spare type veth peer name spare netns target", "ip link del spare")
    lab.must("ip", "addr", "add", "fd00:6:a::1/64", "dev", "spare", "nodad")
    lab.must("ip", "-n", "target", "addr", "add", f"{SPARE}/64", "dev", "spare", "nodad")
    lab.must("ip", "link", "set", "spare", "up")
    lab.must("ip", "-n", "target", "link", "set", "spare", "up")
    # Without its own link the prefix is unreachable, and does not leave by the default route.
    lab.change("ip -6 route add unreachable fd00:6:a::/64 metric 99999", "ip -6 route del unreachable fd00:6:a::/64 metric 99999")


def link_up_again(lab):
    lab.must("ip", "link", "set", "spare", "up")
    lab.must("ip", "addr", "replace", "fd00:6:a::1/64", "dev", "spare", "nodad")


def test_link_down(lab):
    """A link that goes down in mid-run gives failed sends; when it is back, replies are."""
    spare_link(lab)
    running = lab.start_ping("-c", "40", "-i", "0.03", "-W", "0.3", SPARE)
    running.wait_for('"event":"reply"', 5)
    lab.must("ip", "link", "set", "spare", "down")
    running.wait_for('"event":"send_failed"', 5)
    link_up_again(lab)
    before = running.out.count(b'"event":"reply"')
    running.wait_for('"event":"reply"', before + 3)
    run = labs.Run(running.finish())
    run.counts(attempted=40)
    expect(run.summary["send_failed"] >= 5, "failed sends", run)
    expect(run.summary["icmp_errors"] == 0, "nothing came from the network", run)


def test_address_removed(lab):
    """A source address that disappears in mid-run does not end the run."""
    spare_link(lab)
    running = lab.start_ping("-c", "40", "-i", "0.03", "-W", "0.3", SPARE)
    running.wait_for('"event":"reply"', 5)
    lab.must("ip", "addr", "del", "fd00:6:a::1/64", "dev", "spare")
    running.wait_for('"event":"(send_failed|lost|icmp_error)"', 3)
    lab.must("ip", "addr", "add", "fd00:6:a::1/64", "dev", "spare", "nodad")
    before = running.out.count(b'"event":"reply"')
    running.wait_for('"event":"reply"', before + 3)
    labs.Run(running.finish()).counts(attempted=40)


def test_own_firewall(lab):
    """The host's own firewall gives EPERM on a raw socket: failed sends, not loss."""
    run = lab.ping("--raw", "-c", "5", "-i", "0.02", "-W", "0.2", "fd00:6:e::20")
    run.counts(attempted=5, sent=0, send_failed=5, lost=0)
    equal(errnos(run), {"EPERM"}, "errno", run)
    expect(run.code != 0, "exit code", run)


def test_own_firewall_on_datagram_sockets(lab):
    """On a datagram socket, where the kernel keeps the firewall's EPERM to itself, the send has failed all the same"""
    # ping_v6_sendmsg (net/ipv6/ping.c) drops the error of the last step, so that only a missing stamp can tell, once
    # a neighbor could no longer be the reason.
    run = lab.ping("--datagram", "-c", "5", "-i", "0.02", "-W", "0.2", "fd00:6:e::20")
    run.counts(attempted=5, sent=0, send_failed=5, lost=0, icmp_errors=0)
    equal(errnos(run), {"EPERM"}, "errno", run)
    equal(run.code, 1, "exit code", run)


def test_dead_neighbor(lab):
    """A neighbor of our own that does not answer is an error of the network, never a failed send"""
    for path in ("--datagram", "--raw"):
        run = lab.ping(path, "-c", "3", "-i", "0.02", "-W", "1", "fd00:6:0:1::dead")
        run.counts(attempted=3, sent=3, icmp_errors=3, send_failed=0, lost=0)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"], event["from"]), (1, 3, "fd00:6:0:1::1"), "error", event)


def test_firewall_in_mid_run(lab):
    """A firewall rule that comes in mid-run turns the rest into failed sends."""
    running = lab.start_ping("--raw", "-c", "30", "-i", "0.03", "-W", "0.2", "fd00:6::1")
    running.wait_for('"event":"reply"', 5)
    lab.drop_at_home("ip6 daddr fd00:6::1")
    run = labs.Run(running.finish())
    run.counts(attempted=30, lost=0)
    expect(run.summary["send_failed"] >= 5 and run.summary["replied"] >= 5, "both kinds", run)


def local_route_case(address, names, sentence):
    def test(lab):
        done = lab.run("probe6", "ping", "--json", "-c", "3", "-i", "0.02", "-W", "0.2", address)
        expect(done.code in (1, 3), "exit code", done)
        if done.code == 1:
            run = labs.Run(done)
            run.counts(attempted=3, send_failed=3, lost=0)
            expect(errnos(run) <= names, f"errno {errnos(run)}", run)
        else:
            expect(done.err.strip(), "a message", done)

    test.__doc__ = sentence
    return test


for _last, _names, _sentence in [
    ("21", {"EINVAL"}, "A local blackhole route is a local failure"),
    ("22", {"EACCES"}, "A local prohibit route is a local failure"),
    ("23", {"EHOSTUNREACH", "ENETUNREACH"}, "A local unreachable route is a local failure"),
]:
    globals()["test_local_route_" + _last] = local_route_case(f"fd00:6:e::{_last}", _names, _sentence)


def injected(lab, what, *arguments, target="fd00:6::1"):
    labs.needs_strace()
    # Only the calls from the 12th on: the first ones belong to start-up, which may fail for good.
    return lab.ping(
        "-c", "20", "-i", "0.01", "-W", "0.5", *arguments, target,
        before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={what}"], seconds=30,
    )


def test_enobufs(lab):
    """ENOBUFS from the kernel is a failed send, and never loss."""
    for path in ("--datagram", "--raw"):
        run = injected(lab, "sendmsg,sendto,sendmmsg:error=ENOBUFS:when=8+4", path)
        run.counts(attempted=20, lost=0, icmp_errors=0)
        expect(2 <= run.summary["send_failed"] <= 6, "every fourth from the eighth call on", run)
        equal(errnos(run), {"ENOBUFS"}, "errno", run)
        equal(run.summary["replied"], 20 - run.summary["send_failed"], "replied", run)


def interruption_case(calls, error, sentence):
    def test(lab):
        for path in ("--datagram", "--raw"):
            run = injected(lab, f"{calls}:error={error}:when=20+3", path)
            run.counts(attempted=20, replied=20, lost=0, send_failed=0)

    test.__doc__ = sentence
    return test


for _calls, _error, _sentence in [
    ("sendmsg,sendto,sendmmsg", "EINTR", "EINTR on a send is no failure"),
    ("recvmsg,recvfrom,recvmmsg", "EINTR", "EINTR on a receive loses nothing"),
    ("recvmsg,recvfrom,recvmmsg", "EAGAIN", "EAGAIN on a receive loses nothing"),
    ("ppoll,poll,epoll_wait,epoll_pwait,epoll_pwait2", "EINTR", "EINTR while waiting loses nothing"),
]:
    globals()[f"test_{_calls.split(',')[0]}_{_error.lower()}"] = interruption_case(_calls, _error, _sentence)


def test_eagain_on_send(lab):
    """EAGAIN on a send is tried again or a failed send, and never loss."""
    run = injected(lab, "sendmsg,sendto,sendmmsg:error=EAGAIN:when=8+4")
    run.counts(attempted=20, lost=0)


def test_few_descriptors(lab):
    """With any number of descriptors it works, or says what is wrong and exits 2 or 3."""
    labs.needs("prlimit", "util-linux")
    for number in range(3, 17):
        for path in ("--datagram", "--raw"):
            done = lab.run("prlimit", f"--nofile={number}", "probe6", "ping", path, "-c", "1", "::1")
            expect(done.code in (0, 2, 3), f"exit code with {number} descriptors", done)
            if done.code != 0:
                equal(len(done.err.strip().splitlines()), 1, f"lines on stderr with {number} descriptors", done)


OUTPUTS = (
    ["probe6", "ping", "-c", "3", "-i", "0.01", "::1"],
    ["probe6", "ping", "--json", "-c", "3", "-i", "0.01", "::1"],
    ["probe6", "ping", "--csv", "-c", "3", "-i", "0.01", "::1"],
    ["ping6", "-c", "3", "-i", "0.01", "::1"],
)


def test_full_device(lab):
    """A full device gives exit code 1 or higher and one line on stderr."""
    for command in OUTPUTS:
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
        expect(0 < done.returncode < 128, "exit code", command, done)
        equal(len(done.stderr.strip().splitlines()), 1, "lines on stderr", command, done)


def test_closed_pipe(lab):
    """A closed pipe ends the run at once, quietly, with an exit code that is not 0."""
    for command in OUTPUTS:
        endless = [each for each in command if each not in ("-c", "3")]
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(endless, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=20)
        os.close(writer)
        expect(done.returncode != 0, "exit code", command, done)
        equal(done.stderr, "", "stderr", command)


def test_full_disk(lab):
    """On a disk that fills up the exit code is not 0, and the last line is whole or not there."""
    place = pathlib.Path("/run/lab/small")
    place.mkdir(exist_ok=True)
    lab.change(f"mount -t tmpfs -o size=64k tmpfs {place}", f"umount {place}")
    for name, command in [
        ("json", ["probe6", "ping", "--json", "-c", "2000", "-i", "0.0005", "::1"]),
        ("text", ["ping6", "-c", "4000", "-i", "0.0002", "::1"]),
    ]:
        file = place / name
        with open(file, "wb") as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=30)
        expect(0 < done.returncode < 128, "exit code", command, done)
        expect(done.stderr.strip(), "it says so", command)
        octets = file.read_bytes()
        expect(octets.endswith(b"\n"), "the last line is whole", octets[-200:])
        if name == "json":
            for line in octets.splitlines():
                json.loads(line)
        file.unlink()


def test_standard_streams_closed(lab):
    """Without stdin, stdout or stderr nothing is written into a socket by mistake."""
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = lab.run("sh", "-c", f"exec probe6 ping -c 2 -i 0.01 ::1 {closing}")
        expect(done.code in (0, 1, 2, 3), f"exit code with {closing}", done)


def test_many_at_once(lab):
    """Thirty-two instances at once see exactly their own replies."""
    for path in ("--datagram", "--raw"):
        running = [
            lab.start_ping(path, "-c", "20", "-i", "0.02", "-W", "2", "fd00:6::1") for _ in range(32)
        ]
        for each in running:
            labs.Run(each.finish(30)).counts(attempted=20, replied=20, lost=0, duplicates=0)


def test_sequence_wrap(lab):
    """After the 16-bit sequence has wrapped nothing is lost, doubled or rejected."""
    run = lab.run("probe6", "ping", "--json", "-q", "--flood", "-c", "70000", "::1", seconds=40)
    summary = json.loads(run.out.splitlines()[-1])
    wanted = dict(attempted=70000, replied=70000, lost=0, duplicates=0, rejected=0)
    equal({key: summary[key] for key in wanted}, wanted, "summary")
