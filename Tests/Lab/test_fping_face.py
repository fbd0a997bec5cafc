"""The fping6 face beside the installed fping: the same command lines, the same octets, times masked."""

import json
import re
import signal
import subprocess
import tempfile

from lab import Running, Skip, equal, expect
from test_face_bytes import difference

THEIRS = "/usr/bin/fping"
OURS = "/run/lab/bin/fping6"
ENVIRONMENT = {"PATH": "/run/lab/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# Command lines, each run as `fping6 ...` with both programs; LIST is a file with the text below.
SAME = [
    # Until they answer.
    "::1",
    "fd00:6::1",
    "-e fd00:6::1",
    "-a fd00:6::1",
    "-u fd00:6::1",
    "-q fd00:6::1",
    "-a -e fd00:6::1",
    "-t 50 -r 1 fd00:6::5",
    "-t 50 -r 0 fd00:6::1 fd00:6::5 fd00:6::2",
    "-t 50 -r 0 -a fd00:6::1 fd00:6::5 fd00:6::2",
    "-t 50 -r 0 -u fd00:6::1 fd00:6::5 fd00:6::2",
    "-t 50 -r 0 -q fd00:6::1 fd00:6::5",
    "-t 50 -r 0 -qa fd00:6::1 fd00:6::5",
    "-t 40 -r 2 -B 2 fd00:6::5",
    "-t 30 -r 3 -B 1.5 fd00:6:f::2:32",
    "-i 20 fd00:6::1 ::1 fd00:6::6 fd00:6::bad",
    "-i 0 fd00:6::1 fd00:6::1",
    "fe80::1%uplink",
    "-x 1 fd00:6::1",
    "-x 2 -t 50 -r 0 fd00:6::1 fd00:6::5",
    "-x 1 -t 50 -r 0 fd00:6::1 fd00:6::5",
    "-x 2 -a fd00:6::1 ::1",
    "-t 300 -r 0 fd00:6::3 fd00:6::5",
    "-t 100 -r 0 fd00:6:f::4:2 fd00:6::5",
    "-t 20 -r 1 fd00:6:e::23",
    "-a fd00:6:e::23",
    "-s fd00:6:e::23 fd00:6:e::22 fd00:6::1",
    "-s fd00:6::1",
    "-s -t 50 -r 1 fd00:6::1 fd00:6::5",
    "-s -q fd00:6::1 nonsense.lab",
    "-s -t 200 -r 0 fd00:6::3 fd00:6::5",
    # Counting.
    "-c 1 ::1",
    "-c 3 -p 20 fd00:6::1",
    "-c 3 -p 20 -q fd00:6::1",
    "-C 3 -p 20 fd00:6::1",
    "-C 3 -p 20 -q fd00:6::1",
    "-qC3 -p20 -t40 fd00:6::1 fd00:6::5",
    "-c 2 -p 50 fd00:6::5",
    "-c 3 -p 90 -t 40 -i 10 fd00:6::1 fd00:6::5 target.lab",
    "-c 20 -p 20 -q fd00:6::2",
    "-C 20 -p 20 -q fd00:6::2",
    "-c 3 -p 100 -t 20 fd00:6:f::2:32",
    "-c 3 -p 100 -t 20 -s fd00:6:f::2:32",
    "-c 2 -p 30 -o -q fd00:6::5",
    "-c 3 -p 20 -o fd00:6::1",
    "-c 3 -p 20 -D fd00:6::1",
    "-c 2 -p 20 -e fd00:6::1",
    "-c 2 -p 20 -s fd00:6::1 ::1",
    "-c 2 -p 20 fd00:6::3",
    "-c 3 -p 20 -b 0 fd00:6::1",
    "-c 3 -p 20 -b 4 fd00:6::1",
    "-c 3 -p 20 -b 15 fd00:6::1",
    "-c 3 -p 20 -b 1452 fd00:6::1",
    "-c 2 -p 40 -b 8000 fd00:6::1",
    "-c 2 -p 20 -R fd00:6::1",
    "-c 2 -p 20 -H 9 fd00:6::1",
    "-c 2 -p 20 -O 0x10 fd00:6::1",
    "-c 2 -p 20 -M fd00:6::1",
    "-c 2 -p 20 -I uplink fd00:6::1",
    "-c 2 -p 20 -S fd00:6:0:1::1 fd00:6::1",
    "-c 2 -p 20 -T 5 fd00:6::1",
    "-c 1 -p 5000 -t 30 fd00:6::5",
    "-c 4 -p 200 -Q 0.5 fd00:6::1",
    "-c 4 -p 200 -Q 0.5 -o fd00:6::1 ::1",
    "-C 4 -p 200 -Q 0.5 fd00:6::1",
    "-c 100 -i 0 -p 2 -q fd00:6::1 ::1",
    "-c 2 -p 20 --period=30 --count 2 fd00:6::1 -q",
    # Names.
    "target.lab",
    "-A target.lab",
    "-n fd00:6::1",
    "-d fd00:6::1",
    "-d target.lab",
    "-n target.lab",
    "-A -n fd00:6::1",
    "-A -d target.lab",
    "-n fd00:6::6",
    "-m -A two.lab",
    "-m two.lab",
    "two.lab",
    "nonsense.lab",
    "-q nonsense.lab",
    "nonsense.lab fd00:6::1",
    "-c 1 nonsense.lab fd00:6::1",
    "v4only.lab",
    "192.0.2.1 fd00:6::1",
    "-s nonsense.lab fd00:6::1",
    # Lists.
    "-f LIST",
    "-c 1 -f LIST",
    "-f -",
    "",
    "-a",
    "-f /nonexistent",
    # Refusals.
    "-4 fd00:6::1",
    "-6 ::1",
    "-z",
    "-c",
    "--count",
    "--nonsense=1 ::1",
    "--quiet=1 ::1",
    "-q- ::1",
    "-c 1 -l ::1",
    "-a -u ::1",
    "-n -d ::1",
    "-H 256 ::1",
    "-B 9 ::1",
    "-B 0.1 ::1",
    "-S nonsense ::1",
    "-S fd00:6::77 ::1",
    "-S fe80::77 ::1",
]
LIST = "fd00:6::1 the first word\n# fd00:6::5\n\n   ::1\nnonsense.lab\n"
INPUT = "target.lab\n\t# none\nfd00:6::2 # the second\n"

# The installed version writes other messages or none to standard error: the rest is the same.
SAME_OUTPUT = [
    # It says nothing of ICMPv6 errors, which 5.5 does.
    "-t 300 -r 0 fd00:6:e::0",
    "-t 300 -r 0 fd00:6:e::1 fd00:6::1",
    "-t 300 -r 0 -H 1 fd00:6::1",
    "-c 2 -p 20 -I nonsense ::1",
]

# Only the exit code is the same: what is printed is usage, in our own words.
SAME_CODE = [
    "-h", "-v", "-c 0 ::1", "-c abc ::1", "-t -1 ::1", "-p x ::1", "-x 0 ::1", "-g", "-f LIST ::1", "-b 70000 ::1",
    "-H 0 ::1", "-O x ::1", "-g ::1 ::2 ::3",
]

# Ours differ on purpose or are newer than the installed version: exit code, and what stdout and stderr must be.
ONLY_OURS = [
    # Errors have names, and the round they end is over at once.
    ("-t 300 -r 0 fd00:6:e::1", 1, r"fd00:6:e::1 is unreachable\n",
     r"ICMPv6 Destination Unreachable \(Communication with destination administratively prohibited\) from \S+ for "
     r"ICMPv6 Echo Request sent to fd00:6:e::1\n"),
    ("-c 1 -H 2 fd00:6::1", 1, r"fd00:6::1 : \[0\], timed out \(NaN avg, 100% loss\)\n",
     r"ICMPv6 Time Exceeded \(Hop limit exceeded in transit\) from \S+ for ICMPv6 Echo Request sent to fd00:6::1\n\n"
     r"fd00:6::1 : xmt/rcv/%loss = 1/0/100%\n"),
    ("-c 1 -q fd00:6:e::1", 1, "", r"fd00:6:e::1 : xmt/rcv/%loss = 1/0/100%\n"),
    ("-t 300 -r 0 fd00:6:f::13:500", 1, r".*unreachable\n",
     r"ICMPv6 Packet Too Big from \S+ for ICMPv6 Echo Request sent to fd00:6:f::13:500\n"),
    # A probe that could not leave is told of where probes are.
    ("-c 1 -t 20 fd00:6:e::23", 1, "",
     r"fd00:6:e::23: error while sending ping: No route to host\n\nfd00:6:e::23 : xmt/rcv/%loss = 1/0/100%\n"),
    # Link-local without an interface.
    ("-t 20 -r 0 fe80::1", 1, r"fe80::1 is unreachable\n", r"fe80::1: error while sending ping: no interface.*\n"),
    # Terminal escapes of a name server.
    ("-d fd00:6::bad", 0, r"\\x1b\[31m[^\x1b\x07]* is alive\n", ""),
    # An answer from another address than asked is none, --check-source or not.
    ("-c 2 -p 40 fd00:6:f::7:0", 1, r"(fd00:6:f::7:0 : \[.\], timed out \(NaN avg, 100% loss\)\n){2}", r"\n.*= 2/0/100%\n"),
    # Other titles than the installed version's.
    ("-c 4 -p 200 -Q 0.5 -N fd00:6::1", 0,
     r"CHART fping.fd00_6__1_packets '' 'FPing Packets' packets 'fd00:6::1' fping.packets line 110020 0\n"
     r"DIMENSION .*BEGIN fping.fd00_6__1_packets\nSET xmt = 3\nSET rcv = 3\nEND\n.*SET max = T\nEND\n", r"fd00:6::1 : .*\n"),
    # What the installed version cannot do yet.
    ("-X 1 -t 3000 fd00:6::1 fd00:6::5", 0, r"Enough hosts reachable \(required: 1, reachable: 1\)\n", ""),
    ("-X 2 -t 30 -r 0 fd00:6::1 fd00:6::5", 1, r"Not enough hosts reachable \(required: 2, reachable: 1\)\n", ""),
    ("-c 1 -a fd00:6::1", 0, r"fd00:6::1 : \[0\], 64 bytes, T ms \(T avg, 0% loss\)\n", r"\nfd00:6::1 : .*\n"),
    ("-g fd00:6::2/127", 0, r"fd00:6::2 is alive\nfd00:6::3 is alive\n", r"(.*duplicate.*\n)*"),
    ("-g fd00:6::1 fd00:6::3", 0, r"fd00:6::1 is alive\nfd00:6::2 is alive\nfd00:6::3 is alive\n", r"(.*duplicate.*\n)*"),
    ("-g fe80::1%uplink fe80::1%uplink", 0, r"fe80::1%uplink is alive\n", ""),
    ("-g fd00:6::/64", 1, "", r"fping6: netmask must be between 65 and 128 \(is: 64\)\n"),
    ("-g 192.0.2.0/24", 1, "",
     r"fping6, can't parse address 192.0.2.0: Address family for hostname not supported\n"),
    ("-k 7 fd00:6::1", 0, r"fd00:6::1 is alive\n", ""),
    ("--oiface uplink fd00:6::1", 0, r"fd00:6::1 is alive\n", ""),
    ("--print-ttl --print-tos fd00:6:f::15:9", 0, r"fd00:6:f::15:9 is alive \(TOS 0\) \(TTL 6\)\n", ""),
    ("--check-source -t 100 -r 0 fd00:6:f::7:0", 1, r"fd00:6:f::7:0 is unreachable\n", ""),
    ("--seqmap-timeout 5 -c 1 -D --timestamp-format iso fd00:6::1", 0,
     r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000\] fd00:6::1 : \[0\].*\n", r"\n.*\n"),
    ("--icmp-timestamp ::1", 1, "", r"fping6: ICMP Timestamp is IPv4 only\n"),
    ("-J ::1", 1, "", r"fping6: option -J, --json requires -c, -C, or -l\n"),
    ("-c 4 -p 200 -Q 0.5,cumulative fd00:6::1", 0, "",
     r"\[H\]\nfd00:6::1 : xmt/rcv/%loss = 3/3/0%.*\nfd00:6::1 : xmt/rcv/%loss = 4/4/0%.*\n"),
]

MASKS = [
    (r"\d[\d.]* ms", "T ms"),
    (r"\d[\d.]* avg", "T avg"),
    (r"max = [\d./]+", "max = T"),
    (r" +[\d.]+ sec", " T sec"),
    (r"\[\d\d:\d\d:\d\d\]", "[H]"),
    (r"\[\d{3,}\.\d{5}\]", "[T]"),
    (r"SET (min|avg|max) = \d+", r"SET \1 = T"),
]
ROUND_TRIPS = re.compile(r"^(\S+ +:)((?: (?:[\d.]+|-))+)$", re.M)


def masked(text):
    for pattern, stands_for in MASKS:
        text = re.sub(pattern, stands_for, text)
    return ROUND_TRIPS.sub(lambda line: line[1] + re.sub(r"[\d.]+", "T", line[2]), text)


def run(program, arguments):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(LIST)
        file.flush()
        done = subprocess.run(
            ["fping6"] + [file.name if word == "LIST" else word for word in arguments.split()], executable=program,
            env=ENVIRONMENT, capture_output=True, timeout=30, input=INPUT.encode(),
        )
    return done.returncode, masked(done.stdout.decode(errors="backslashreplace")), masked(
        done.stderr.decode(errors="backslashreplace")
    )


def needs_fping():
    try:
        subprocess.run([THEIRS, "-v"], capture_output=True)
    except FileNotFoundError:
        raise Skip("needs fping")


def in_any_order(text):
    return sorted(text.splitlines(keepends=True))


def compared(arguments, streams):
    needs_fping()
    theirs, ours = run(THEIRS, arguments), run(OURS, arguments)
    problems = [] if theirs[0] == ours[0] else [f"exit code {ours[0]}, fping {theirs[0]}"]
    for place, name in streams:
        # Lines come as answers do, and a busy host lets one overtake another.
        if in_any_order(theirs[place]) != in_any_order(ours[place]):
            problems.append(difference(name, theirs[place], ours[place]) or f"{name}: line ends differ")
    expect(not problems, f"fping6 {arguments}", *problems)


def same_case(arguments, streams):
    def test(lab):
        compared(arguments, streams)

    test.__doc__ = f"fping6 {arguments or '(no arguments)'}: the octets and exit code of fping"
    return test


for _number, _arguments in enumerate(SAME):
    globals()[f"test_same_{_number:03}"] = same_case(_arguments, [(1, "stdout"), (2, "stderr")])

for _number, _arguments in enumerate(SAME_OUTPUT):
    globals()[f"test_same_output_{_number:02}"] = same_case(_arguments, [(1, "stdout")])


def test_same_exit_codes(lab):
    """fping6: the exit codes of fping also where the text is our own"""
    needs_fping()
    for arguments in SAME_CODE:
        theirs, ours = run(THEIRS, arguments), run(OURS, arguments)
        equal(ours[0], theirs[0], f"exit code of fping6 {arguments}", ours)
        equal([bool(text) for text in ours[1:]], [bool(text) for text in theirs[1:]], f"streams of {arguments}", ours)


def ours_case(arguments, code, out, err):
    def test(lab):
        done = run(OURS, arguments)
        equal(done[0], code, f"exit code of fping6 {arguments}", done)
        printed = "".join(in_any_order(done[1])) if arguments.startswith("-g") else done[1]
        expect(re.fullmatch(out, printed, re.S), f"stdout of fping6 {arguments} is not {out}", *done)
        expect(re.fullmatch(err, done[2], re.S), f"stderr of fping6 {arguments} is not {err}", *done)

    test.__doc__ = f"fping6 {arguments}: as fping 5.5, or better"
    return test


for _number, _case in enumerate(ONLY_OURS):
    globals()[f"test_ours_{_number:02}"] = ours_case(*_case)


def objects(arguments):
    code, out, _ = run(OURS, arguments)
    return code, [json.loads(line) for line in out.splitlines()]


def test_json(lab):
    """fping6 -J writes one object a line for answers, losses, intervals, targets and the run"""
    code, lines = objects("-J -s -c 4 -p 200 fd00:6::1 fd00:6::5 nonsense.lab")
    equal(code, 2, "exit code", lines)
    kinds = [next(iter(line)) for line in lines]
    equal(kinds[0], "warning", "a name without an address", lines)
    equal([kinds.count(kind) for kind in ("resp", "timeout", "summary", "stats")], [4, 4, 2, 1], "objects", lines)
    summary = next(line["summary"] for line in lines if "summary" in line)
    equal([summary[key] for key in ("host", "xmt", "rcv", "loss")], ["fd00:6::1", 4, 4, 0], "summary", lines)
    stats = lines[-1]["stats"]
    equal([stats[key] for key in ("targets", "alive", "unreachable", "unknownAddresses", "timeouts", "icmpEchosSent",
           "icmpEchoRepliesReceived", "otherIcmpReceived")], [2, 1, 1, 1, 4, 8, 4, 0], "stats", lines)
    _, lines = objects("-J -e -q -C 3 -p 20 fd00:6::1 fd00:6::5")
    equal([len(line["vSum"]["values"]) for line in lines], [3, 3], "values", lines)
    equal(lines[1]["vSum"]["values"], [None] * 3, "lost values", lines)
    _, lines = objects("-J -c 4 -p 200 -Q 0.5 fd00:6::1")
    equal([next(iter(line)) for line in lines], ["intSum", "summary"], "objects", lines)
    equal(lines[0]["intSum"]["xmt"], 3, "answers of the interval", lines)


def looped(program, *numbers):
    """A loop that is sent these signals, each once it has printed more: exit code and masked output."""
    running = Running([program, "-l", "-p", "30", "fd00:6::1"], env=ENVIRONMENT)
    try:
        running.wait_for(r"\[2\], 64 bytes")
        for index, number in enumerate(numbers):
            running.send(number)
            if index + 1 < len(numbers):
                running.wait_for(rf"\[{6 + 10 * index}\], 64 bytes")
        done = running.finish()
    finally:
        running.stop()
    return done.code, re.sub(r"= (\d+)/\1/0%", "= N/N/0%", masked(done.err))


def test_interrupt(lab):
    """SIGINT ends fping6 -l at once, with figures; SIGQUIT shows some and goes on"""
    needs_fping()
    for signals in ([signal.SIGINT], [signal.SIGQUIT, signal.SIGINT]):
        theirs, ours = looped(THEIRS, *signals), looped(OURS, *signals)
        equal(ours, theirs, f"after {signals}")


def test_duplicates_are_no_more_answers(lab):
    """A duplicate is no probe: fping -l counts it as one sent and one received"""
    running = Running([OURS, "-l", "-p", "30", "-s", "fd00:6::3"], env=ENVIRONMENT)
    try:
        running.wait_for(r"\[4\], 64 bytes")
        running.send(signal.SIGINT)
        done = running.finish()
    finally:
        running.stop()
    sent = re.search(r"xmt/rcv/%loss = (\d+)/(\d+)/0%", done.err)
    lines = len(re.findall(r"64 bytes", done.out))
    equal([int(sent[1]), int(sent[2])], [lines, lines], "sent and received", done)
    received = int(re.search(r"(\d+) ICMP Echo Replies received", done.err)[1])
    expect(received > lines, "duplicates are received", done)


def test_fast(lab):
    """fping6 -q -C 100 -i 0 -p 5 of twenty targets loses nothing"""
    targets = [f"fd00:6:f::1:{n:x}" for n in range(1, 21)]
    done = lab.run("fping6", "-q", "-C", "100", "-i", "0", "-p", "5", "-t", "2000", *targets, seconds=60)
    equal(done.code, 0, "exit code", done.err[-500:])
    lines = done.err.splitlines()
    equal(len(lines), len(targets), "lines", done.err[-500:])
    for line in lines:
        equal(len(line.split(" : ")[1].split()), 100, "round trips", line)
        expect("-" not in line.split(" : ")[1], "nothing is lost", line)
