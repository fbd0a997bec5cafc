"""The ping6 face beside the installed iputils: the same command lines, the same octets, times masked."""

import difflib
import re
import subprocess

from lab import Skip, equal, expect

# Command lines, each run as `ping6 ...` with both programs.
SAME = [
    "-c3 -i 0.01 ::1",
    "-c2 -q -i 0.01 ::1",
    "-c2 -D -i 0.01 ::1",
    "-c 2 -s 8 -i 0.01 ::1",
    "-c 2 -s 0 -i 0.01 ::1",
    "-c 2 -s 15 -i 0.01 ::1",
    "-c 2 -s 16 -i 0.01 ::1",
    "-c 2 -s 1452 -i 0.01 ::1",
    "-c 2 -s 1453 -i 0.01 ::1",
    "-c 2 -s 65000 -i 0.01 ::1",
    "-qc2 -i 0.01 ::1",
    "-nqc 2 -i 0.01 ::1",
    "-nqc2 -i0.01 ::1",
    "-c 2 -i 0.01 -p ff ::1",
    "-c 2 -i 0.01 -p 0123456789abcdef ::1",
    "-q -c 2 -i 0.01 -p ff ::1",
    "-c 2 -i 0.01 -n ::1",
    "-c 2 -i 0.01 -I lo ::1",
    "-c 2 -i 0.01 -I ::1 ::1",
    "-c 2 -i 0.01 -t 5 ::1",
    "-c 2 -i 0.01 -Q 0x10 ::1",
    "-c 2 -i 0.01 -a ::1",
    "-c 2 -i 0.01 -U ::1",
    "-c 2 -i 0.01 -L ::1",
    "-c 2 -i 0.01 -r ::1",
    "-c 2 -i 0.01 -S 100000 ::1",
    "-c 2 -i 0.01 -M do ::1",
    "-c 2 -i 0.01 -W 1 ::1",
    "-c 2 -i 0.01 -w 2 ::1",
    "-c 5 -l 3 -i 0.01 ::1",
    "-c 2 -i 0.01 -6 ::1",
    "-c 2 -i 0.01 -F LABEL fd00:6::1",
    "-f -c 50 ::1",
    "-A -c 5 ::1",
    "-c 3 -i 0.02 fd00:6::1",
    "-c 3 -i 0.02 target.lab",
    "-c 3 -i 0.02 -n target.lab",
    "-c 2 -i 0.02 two.lab",
    "-c 2 -i 0.02 fe80::1%uplink",
    "-c 20 -i 0.01 -q fd00:6::2",
    "-c1 -w1 fd00:6::5",
    "-c2 -i 0.1 -W 0.2 fd00:6::5",
    "-c3 -i 0.05 -W 0.2 -O fd00:6::5",
    "-c3 -i 0.05 -W 0.2 -O -q fd00:6::5",
    "-c 3 -i 0.02 -W 1 fd00:6:e::0",
    "-c 3 -i 0.02 -W 1 fd00:6:e::1",
    "-c 1 -W 1 fd00:6:e::3",
    "-c 3 -i 0.02 -W 1 fd00:6:e::14",
    "-c 3 -i 0.02 -W 1 -q fd00:6:e::14",
    "-c 3 -i 0.02 -W 1 -D fd00:6:e::14",
    "-c 3 -i 0.02 -t 1 -W 1 fd00:6::1",
    "-c 3 -i 0.02 -W 1 fd00:6:f::14:004",
    "-c 3 -i 0.02 -W 1 fd00:6:f::14:105",
    "-c 3 -i 0.02 -W 1 fd00:6:f::14:206",
    "-c 3 -i 0.02 -W 1 fd00:6:f::e:0102",
    "-c 3 -i 0.02 -W 1 fd00:6:f::e:0301",
    "-c 4 -i 0.02 fd00:6:f::2:1",
    "-c 3 -i 0.02 fd00:6:f::15:9",
    "-c 2 -i 0.02 -N name fd00:6:f::20:0",
    "-c 2 -i 0.02 -N ipv6 fd00:6:f::20:0",
    "-c 2 -i 0.02 -N ipv6-all -N subject-ipv6=fd00:6::1 fd00:6:f::20:0",
    "-c 2 -i 0.02 -N ipv4 fd00:6:f::20:0",
    "-c 2 -i 0.02 -N name -N subject-name=peer.lab fd00:6:f::20:0",
    "-c 2 -i 0.02 -N name fd00:6:f::20:1",
    "-c 2 -i 0.02 -N name fd00:6:f::20:2",
    "-c 2 -i 0.02 -N name fd00:6:f::20:4",
    "-c 2 -i 0.02 -N ipv6 fd00:6:f::20:4",
    "-c 1 -W 0.3 -N name fd00:6::1",
    # Refusals.
    "",
    "-c 1",
    "-c 0 ::1",
    "-c abc ::1",
    "-c -1 ::1",
    "-c 99999999999999999999 ::1",
    "-s -1 -c 1 ::1",
    "-s abc -c 1 ::1",
    "-t 256 -c 1 ::1",
    "-Q 256 -c 1 ::1",
    "-W -1 -c 1 ::1",
    "-w 0.5 -c 1 ::1",
    "-w -1 -c 1 ::1",
    "-l 0 -c 1 ::1",
    "-l 65537 -c 1 ::1",
    "-p xyz -c 1 ::1",
    "-F 0x100000 -c 1 ::1",
    "-M nonsense -c 1 ::1",
    "-I nonsense -c 1 ::1",
    "-I fd00:6::77 -c 1 ::1",
    "-c 1 nonsense.lab",
    "-c 1 fd00:6:e::22",
    "-c 1 fd00:6:e::23",
    "-c 1 -W 0.5 fd00:6:e::20",
]

# Command lines that older versions of iputils do not know: compared from that version on.
NEWER = [
    ("20231222", "-c 1 -W 1 -M probe -s 1372 fd00:6::6"),
    ("20240905", "-c 2 -i 0.01 -H ::1"),
    ("20240905", "-c 2 -i 0.01 -3 ::1"),
    ("20250605", "-s 65528 -c 1 ::1"),
]

# Only the exit code is the same: the text is our own.
SAME_CODE = ["-V", "-h", "-Z", "-N help", "-e 70000 -c 1 ::1", "-m 1 -c 1 ::1", "-c 1 ::1 ::2", "-c 1 v4only.lab"]

# Ours differ on purpose (README says why); exit code, and what stdout or stderr must hold instead.
OURS = [
    # iputils warns and floods as root.
    ("-i abc -c 1 ::1", 2, "stderr", r".*bad timing interval: abc\n"),
    # iputils leaves out the newline here.
    ("-c 2 -i 0.02 fd00:6:f::a:28", None, "stdout", r".*\(truncated\)\n.*\(truncated\)\n.*"),
    # iputils believes replies to sequences that it never sent.
    ("-c 3 -i 0.02 -W 0.5 fd00:6:f::5:1", 0, "stdout", r".*3 packets transmitted, 3 received, 0% packet loss.*"),
    # iputils prints LONG_MAX as the minimum where no reply had a time.
    ("-c 2 -i 0.02 -s 8 fd00:6:f::1:0", 0, "stdout", r"(?!.*9223372036854775).*"),
    # Our payload has a nonce after the time stamp, which iputils' has not; the verdict is the same.
    ("-c 1 fd00:6:f::9:20", None, "stdout", r".*\nwrong data byte #32 should be 0x20 but was 0xdf\n#16\t.*"),
    ("-c 1 fd00:6:f::9:37", None, "stdout", r".*\nwrong data byte #55 should be 0x37 but was 0xc8\n#16\t.*"),
    # iputils counts a packet that never left as transmitted.
    ("-c 1 -s 65000 -M do fd00:6::1", 1, "stdout", r".*\n0 packets transmitted, 0 received, \+1 errors.*"),
    ("-c 1 -s 65000 -M do fd00:6::1", 1, "stderr", r".*local error: message too long, mtu: 1500\n"),
    # iputils prints the code's octet as two, swapped.
    ("-c 1 -N name fd00:6:f::20:55", 0, "stdout", r".*: unknown code\(55\); seq=1; .*"),
    # iputils writes octets that are no text in decimal.
    ("-c 1 -N name fd00:6:f::20:5", 0, "stdout", r".*: \\x1b\[31m\\x1b]0;owned\\x07\\x9b1m\\u\{9b\}2m\\u\{202e\}x\.; .*"),
    # The zone that -I gave is shown, and no warning is needed.
    ("-c 1 -I uplink fe80::1", 0, "stdout", r"PING fe80::1\(fe80::1%uplink\) from \S+ uplink: 56 data bytes\n.*"),
    # A name that has only an IPv4 address says so.
    ("-c 1 v4only.lab", 2, "stderr", r"ping6: v4only.lab: .*IPv4.*"),
]

THEIRS = "/usr/bin/ping"


def version():
    """The installed iputils' version, as a date."""
    found = re.search(r"iputils (\d{8})", subprocess.run([THEIRS, "-V"], capture_output=True, text=True).stdout)
    if not found:
        raise Skip("needs iputils' ping (iputils-ping)")
    return found[1]


def environment():
    """The environment that makes our face speak as the installed version does."""
    form = {"PROBE6_COMPAT": "iputils-2022"} if version() < "20231222" else {}
    return {"PATH": "/run/lab/bin:/usr/bin:/bin", "LC_ALL": "C", **form}


MASKS = [
    (r"time=\d+(\.\d+)? ms", "time=T ms"),
    (r"time \d+ms", "time Tms"),
    (r"= [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", "= T/T/T/T ms"),
    (r"ipg/ewma [\d.]+/[\d.]+ ms", "ipg/ewma T/T ms"),
    (r", pipe \d+", ""),
    (r"\[\d+\.\d{6}\]", "[T]"),
    (r"flow 0x[0-9a-f]{5},", "flow L,"),
]


def masked(text):
    for pattern, stands_for in MASKS:
        text = re.sub(pattern, stands_for, text)
    return text


def run(program, arguments, environment):
    # A flow label stays taken for a while, so that each program needs one of its own.
    arguments = arguments.replace("LABEL", "0x12345" if program == THEIRS else "0x54321")
    done = subprocess.run(
        ["ping6"] + arguments.split(), executable=program, env=environment, capture_output=True, timeout=20,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, masked(done.stdout.decode(errors="backslashreplace")), masked(
        done.stderr.decode(errors="backslashreplace")
    )


def difference(name, theirs, ours):
    lines = difflib.unified_diff(
        theirs.splitlines(), ours.splitlines(), f"original {name}", f"ours {name}", lineterm="", n=0
    )
    return "\n".join(lines)


def same_case(arguments, since="0"):
    def test(lab):
        if version() < since:
            raise Skip(f"iputils {version()} is installed, and knows this only since {since}")
        with_form = environment()
        theirs = run(THEIRS, arguments, with_form)
        ours = run("/run/lab/bin/ping6", arguments, with_form)
        problems = [] if theirs[0] == ours[0] else [f"exit code {ours[0]}, iputils {theirs[0]}"]
        for name, their_text, our_text in zip(("stdout", "stderr"), theirs[1:], ours[1:]):
            if their_text != our_text:
                problems.append(difference(name, their_text, our_text) or f"{name}: line ends differ")
        expect(not problems, f"ping6 {arguments}", *problems)

    test.__doc__ = f"ping6 {arguments or '(no arguments)'}: the octets and exit code of iputils"
    return test


for _number, _arguments in enumerate(SAME):
    globals()[f"test_same_{_number:02}"] = same_case(_arguments)


for _number, (_since, _arguments) in enumerate(NEWER):
    globals()[f"test_newer_{_number:02}"] = same_case(_arguments, _since)


def test_same_exit_codes(lab):
    """The exit codes of iputils also where the text is our own"""
    with_form = environment()
    for arguments in SAME_CODE:
        theirs, ours = run(THEIRS, arguments, with_form), run("/run/lab/bin/ping6", arguments, with_form)
        equal(ours[0], theirs[0], f"exit code of ping6 {arguments}", ours)


def test_version_names_iputils(lab):
    """-V contains iputils, by which other programs tell the kind of ping"""
    done = lab.run("ping6", "-V")
    equal(done.code, 0, "exit code", done)
    expect("iputils" in done.out, "names iputils", done)


def test_on_purpose(lab):
    """Where iputils is wrong ours is not"""
    with_form = environment()
    for arguments, code, stream, pattern in OURS:
        done = run("/run/lab/bin/ping6", arguments, with_form)
        if code is not None:
            equal(done[0], code, f"exit code of ping6 {arguments}", done)
        text = done[1] if stream == "stdout" else done[2]
        expect(re.fullmatch(pattern, text, re.S), f"{stream} of ping6 {arguments} is not {pattern}", text)


def test_sequence_of_errors(lab):
    """The sequence in error lines has all 16 bits, where iputils shows 8"""
    done = lab.run("ping6", "-c", "300", "-i", "0.002", "-W", "1", "fd00:6:e::1", seconds=30)
    expect("icmp_seq=300 Dest" in done.out and "icmp_seq=256 Dest" in done.out, "sequences above 255", done)


def test_newer_form(lab):
    """Without a form chosen the header has the space that iputils has since 20231222"""
    done = lab.run("ping6", "-c", "1", "::1", env={"PATH": "/run/lab/bin:/usr/bin"})
    equal(done.out.splitlines()[0], "PING ::1 (::1) 56 data bytes", "header", done)
