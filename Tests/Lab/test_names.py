"""Names: look-ups that are slow, wrong or hostile; addresses written wrongly."""

import re
import subprocess
import time

from lab import equal, expect

# What no terminal may be sent: C0 but for tab and newline, DEL, C1, and bidirectional controls.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(done):
    found = FORBIDDEN.findall(done.out + done.err)
    expect(not found, f"control characters {found!r}", repr(done.out + done.err))


def test_names_are_looked_up(lab):
    """A name is resolved, and the reply shows the reverse name."""
    done = lab.run("ping6", "-c", "1", "target.lab")
    equal(done.code, 0, "exit code", done)
    expect("target.lab (fd00:6::1)" in done.out.splitlines()[1], "the reply shows both", done)


def test_escapes(lab):
    """Terminal escapes in names never reach the terminal, in any output."""
    for command in (
        ["ping6", "-c", "2", "-i", "0.01", "escapes.lab"],
        ["ping6", "-H", "-c", "2", "-i", "0.01", "fd00:6::bad"],
        ["probe6", "ping", "-c", "2", "-i", "0.01", "escapes.lab"],
        ["probe6", "ping", "--json", "-c", "2", "-i", "0.01", "escapes.lab"],
        ["probe6", "ping", "--csv", "-c", "2", "-i", "0.01", "escapes.lab"],
        ["ping6", "-c", "1", "no\x1b[31msuch\u202ename.lab"],
        ["probe6", "ping", "-c", "1", "no\x1b[31msuch\u202ename.lab"],
        ["probe6", "ping", "--json", "-c", "1", "no\x1b[31msuch\u202ename.lab"],
        ["probe6", "ping", "-c", "1", "-I", "\x1b[31m", "::1"],
        ["ping6", "-c", "1", "-I", "\x1b[31m", "::1"],
        ["ping6", "-c", "\x1b[31m", "::1"],
        ["ping6", "-c", "1", "fe80::1%\x1b[31m"],
    ):
        clean(lab.run(*command))
    # U+FFFD stands for an octet that is no UTF-8, whoever put it there; our output has none that is not.
    done = subprocess.run(["ping6", "-c", "1", "escapes.lab"], capture_output=True, timeout=20)
    done.stdout.decode("utf-8", errors="strict")


def test_only_ipv4(lab):
    """A name with only an IPv4 address says so."""
    done = lab.run("probe6", "ping", "-c", "1", "v4only.lab")
    equal(done.code, 2, "exit code", done)
    expect("IPv4" in done.err or " A " in done.err, "says that there is only IPv4", done)


def test_unknown_name(lab):
    """An unknown name gives exit code 2 and one line."""
    for command in (["probe6", "ping"], ["ping6"]):
        done = lab.run(*command, "-c", "1", "nonsense.lab")
        equal(done.code, 2, "exit code", done)
        expect("nonsense.lab" in done.err, "names the name", done)


def test_wrong_addresses(lab):
    """An address that is written wrongly gets an error that says what would be right."""
    for text, hint in (
        ("[fd00:6::1]:80", "fd00:6::1"),
        ("[fd00:6::1]", "fd00:6::1"),
        ("192.0.2.1", "IPv4"),
        (":::1", ""),
        ("fe80::1", "%"),
        ("fe80::1%nonsense", "nonsense"),
    ):
        done = lab.run("probe6", "ping", "-c", "1", text)
        equal(done.code, 2, f"exit code for {text}", done)
        equal(done.out, "", f"stdout for {text}", done)
        expect(hint in done.err and done.err.strip(), f"says what would be right for {text}", done)


def test_slow_reverse_names(lab):
    """A name server that never answers does not hold up the probes."""
    lab.drop_at_home("udp dport 53")
    began = time.monotonic()
    run = lab.ping("-c", "20", "-i", "0.02", "fd00:6::1")
    run.counts(attempted=20, replied=20)
    face = lab.run("ping6", "-H", "-c", "20", "-i", "0.02", "fd00:6::1")
    expect("20 packets transmitted, 20 received" in face.out, "all replied", face)
    sent = int(re.search(r"time (\d+)ms", face.out)[1])
    expect(sent < 1000, f"the last of twenty probes left after {sent} ms, not 380", face)
    expect(time.monotonic() - began < 15, "it did not wait for ever")
