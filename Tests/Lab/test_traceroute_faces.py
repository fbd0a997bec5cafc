"""The faces of traceroute beside their originals: the same command lines, the same octets; times and ports masked."""

import os
import re
import subprocess

import lab as labs
from chain import BLACK_HOLE, ELSEWHERE, LOOP, NARROW, PLAIN, PROHIBITED, REJECTED, router
from lab import Skip, equal, expect
from test_face_bytes import difference

NEAR = "fd00:6::1"  # four hops, known to the lab's name server
BIN = "/run/lab/bin"


def emulated(mode, n=0, hops=5):
    return f"fd00:33:{mode:x}:{n:x}::{hops}"


# Command lines, each run with both programs. CACHE: the kernel's memory of path MTUs is emptied before each.
SAME = [
    # Paths that are answered, by each method.
    f"traceroute6 -n {PLAIN}",
    f"traceroute6 -n -I {NEAR}",
    f"traceroute6 -n -T {NEAR}",
    f"traceroute6 -n -T -O info {PLAIN}",
    f"traceroute6 -n -T -O info -p 99 {NEAR}",
    f"traceroute6 -n -T -O ack,info {NEAR}",
    f"traceroute6 -n -T -O syn,ack,info {NEAR}",
    f"traceroute6 -n -T -O sack,ecn,mss=1200 {NEAR}",
    f"traceroute6 -n -U {NEAR}",
    f"traceroute6 -n -M tcpconn {NEAR}",
    f"traceroute6 {NEAR}",
    "traceroute6 target.lab",
    f"traceroute6 -n -q 10 {NEAR}",
    f"traceroute6 -n -q 1 -f 20 {PLAIN}",
    f"traceroute6 -n -m 3 {PLAIN}",
    f"traceroute6 -n -N 1 -q 2 {PLAIN}",
    f"traceroute6 -n -z 0.005 -m 4 {PLAIN}",
    f"traceroute6 -n -w 2 -m 4 {PLAIN}",
    f"traceroute6 -n -p 40000 {NEAR}",
    f"traceroute6 -n -I -p 100 {NEAR}",
    f"traceroute6 -n --sport=4444 {NEAR}",
    f"traceroute6 -n -l 0x12345 -t 8 {NEAR}",
    f"traceroute6 -n -d -r {router(1)}",
    f"traceroute6 -n -i uplink -s fd00:6:0:1::1 {NEAR}",
    f"traceroute6 -n -s {ELSEWHERE} -m 3 {PLAIN}",
    f"traceroute6 -n {NEAR} 48",
    f"traceroute6 -n {NEAR} 1300",
    f"traceroute6 -n {NEAR} 3000",
    f"traceroute6 -n --back {emulated(0x10, 200)}",
    f"traceroute6 -n --back {emulated(0x10, 64)}",
    f"rltraceroute6 -n {PLAIN}",
    f"rltraceroute6 {NEAR}",
    f"rltraceroute6 -n -l {NEAR}",
    f"rltraceroute6 -n -S {NEAR}",
    f"rltraceroute6 -n -S -E -p 80 {PLAIN}",
    f"rltraceroute6 -n -A {NEAR}",
    f"rltraceroute6 -n -I -l {NEAR}",
    f"rltraceroute6 -n -q 1 {NEAR} 100",
    f"rltraceroute6 -n -m 1 {NEAR}",
    f"rltraceroute6 -n -f 3 {NEAR}",
    f"rltraceroute6 -n -t 8 -r {router(1)}",
    f"rltraceroute6 -n {NEAR} 20",
    f"tcptraceroute6 -n {NEAR}",
    f"tcptraceroute6 -n {PLAIN} 80",
    f"tcptraceroute6 -n {PLAIN} 81",
    f"tcptraceroute6 -n -A {NEAR} 22",
    f"tracert6 -n {PLAIN}",
    f"tracepath6 -n {PLAIN}",
    f"tracepath6 {NEAR}",
    f"tracepath6 -b {NEAR}",
    f"tracepath6 -n -l 100 {NEAR}",
    f"tracepath6 -n -m 3 {PLAIN}",
    f"tracepath6 -n -m 0 {PLAIN}",
    f"tracepath6 -n -p 5000 {NEAR}",
    f"tracepath6 -n {NEAR}/6000",
    f"tracepath6 -n {emulated(0x10, 200)}",
    # Silence.
    f"traceroute6 -n -w 0.3 -m 6 -q 2 {emulated(0x13, 3, 8)}",
    f"traceroute6 -n -I -w 0.3 -m 6 -q 2 {emulated(0x13, 3, 8)}",
    f"rltraceroute6 -n -w 1 -q 2 -m 5 {emulated(0x13, 3, 8)}",
    f"tracepath6 -n -m 4 {emulated(0x13, 3, 8)}",
    f"traceroute6 -n -m 9 {LOOP}",
    f"rltraceroute6 -n -m 9 {LOOP}",
    # Refusals on the way.
    *[f"{face} -n {REJECTED}{code}" for face in ("traceroute6", "traceroute6 -I", "traceroute6 -T", "tracepath6")
      for code in range(7)],
    *[f"{face} -n {REJECTED}{code}" for face in ("rltraceroute6", "tcptraceroute6", "tracert6") for code in (0, 2, 3, 4)],
    *[f"traceroute6 -n {emulated(0xB, code)}" for code in (0x301, 0x400, 0x401, 0x402, 0x107, 0x6403)],
    *[f"tracepath6 -n {emulated(0xB, code)}" for code in (0x301, 0x400, 0x401, 0x107)],
    f"rltraceroute6 -n {emulated(0xB, 0x401)}",
    f"traceroute6 -n {PROHIBITED}",
    f"traceroute6 -n -q 2 {emulated(0xA)}",
    f"rltraceroute6 -n -q 2 {emulated(0xA)}",
    f"traceroute6 -n {emulated(0xF)}",
    f"rltraceroute6 -n {emulated(0xF)}",
    # Extensions of compliant routers.
    f"traceroute6 -n -e {emulated(0x3)}",
    f"traceroute6 -n -e -I {emulated(0x3)}",
    f"traceroute6 -n {emulated(0x3)}",
    # Links that carry less.
    f"CACHE traceroute6 -n --mtu {NARROW}",
    f"CACHE traceroute6 -n -F {NARROW} 1450",
    f"CACHE traceroute6 -n -F -I {NARROW} 1450",
    f"CACHE traceroute6 -n -F {NARROW} 2000",
    f"CACHE tracepath6 -n {NARROW}",
    f"CACHE tracepath6 -n -l 1450 {NARROW}",
    f"CACHE tracepath6 -n -m 11 {BLACK_HOLE}",
    # No way to begin.
    *[f"{face} {target}" for face in ("traceroute6", "traceroute6 -I", "traceroute6 -T", "rltraceroute6",
                                      "tcptraceroute6", "tracert6", "tracepath6")
      for target in ("2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1", "2001:db8:4::1")],
    *[f"{face} nonsense.lab" for face in ("traceroute6", "traceroute6 -T", "rltraceroute6", "tracepath6")],
    *[f"{face} fe80::1" for face in ("traceroute6", "rltraceroute6")],
    *[f"{face} fe80::1%nonsense" for face in ("traceroute6", "rltraceroute6", "tracepath6")],
    *[f"{face} -s fd00::77 {NEAR}" for face in ("traceroute6", "traceroute6 -I", "rltraceroute6")],
    *[f"{face} -i nonsense {NEAR}" for face in ("traceroute6", "traceroute6 -I", "rltraceroute6")],
    *[f"{face} -s nonsense.lab {NEAR}" for face in ("traceroute6", "rltraceroute6")],
    "traceroute6 -n fe80::1%uplink",
    "rltraceroute6 -n fe80::1%uplink",
    # Command lines that are wrong.
    "traceroute6 -Z ::1", "traceroute6 -f", "traceroute6 -nq3 ::1", "traceroute6 -q 11 ::1", "traceroute6 -n",
    "traceroute6 -m 256 ::1", "traceroute6 -w x ::1", "traceroute6 ::1 66000", "traceroute6 ::1 1 2",
    "traceroute6 127.0.0.1", "traceroute6 -T -O nonsense ::1", "traceroute6 -M nonsense ::1",
    "rltraceroute6", "rltraceroute6 -Z ::1", "rltraceroute6 --s ::1", "rltraceroute6 -f 256 ::1",
    "rltraceroute6 ::1 abc", "rltraceroute6 -q 256 ::1", "rltraceroute6 -p nonsense ::1", "rltraceroute6 127.0.0.1",
    "tcptraceroute6", "tcptraceroute6 ::1 nonsense", "tcptraceroute6 -q 256 ::1", "tcptraceroute6 -I ::1",
    "tracepath6 -m 256 ::1", "tracepath6 -l 5 ::1", "tracepath6 -4 ::1", "tracepath6 127.0.0.1",
]

# Ours differ on purpose: exit code, and what stdout must be instead (times masked).
OURS = [
    # NEAR: the peer gives a hop up that is slower than its neighbors.
    (f"traceroute6 -n {emulated(0x2, 100)}", 0, r".*\n 2  fd00:34::\S+ T T T\n.*"),
    # Extensions of probes beyond 128 octets.
    (f"traceroute6 -n -e {emulated(0x3)} 300", 0, r".*\n 1  \S+ <MPLS:L=100,E=0,S=1,T=1> T T T\n.*"),
    # A ping socket's pending error eats no probe.
    (f"traceroute6 -n -I -O dgram {PLAIN}", 0, r"[^*]*"),
    # -A asks nobody.
    (f"traceroute6 -n -A -m 1 {PLAIN}", 0, r".*\n 1  \S+ \[\*\] T T T\n"),
    # Packet Too Big is heard of.
    (f"CACHE rltraceroute6 -n -m 11 {NARROW} 1450", 2, r".*\n10  \S+ T !F-1400 .*"),
    # A SYN with data is answered as well.
    (f"tcptraceroute6 -n -l 80 {NEAR}", 0, rf".*\n 4  {NEAR} T \[closed\] T T \n"),
    # The source port alone is no error.
    (f"tcptraceroute6 -n -p 4000 {NEAR}", 0, rf".* from port P, .*\n 4  {NEAR} T \[closed\] T T \n"),
]

# The noise that the peer makes where a router says "administratively prohibited".
NOISE = "Receive error: Permission denied\n"
QUIET = [f"{face} -n {REJECTED}{code}" for face in ("rltraceroute6", "tcptraceroute6", "tracert6") for code in (1, 5, 6)]

# Where Debian and others keep the originals.
THEIRS = {
    "traceroute6": ["/usr/bin/traceroute6.db", "/usr/bin/traceroute.db", "/usr/bin/traceroute"],
    "rltraceroute6": ["/usr/bin/rltraceroute6"],
    "tcptraceroute6": ["/usr/bin/tcptraceroute6"],
    "tracert6": ["/usr/bin/rltraceroute6"],
    "tracepath6": ["/usr/bin/tracepath"],
}
PACKAGES = {"traceroute6": "traceroute", "tracepath6": "iputils-tracepath"}

MASKS = [(r" *\d+\.\d{3} ?ms", " T"), (r"from port \d+", "from port P")]


def original(face):
    """Where the original of a face is, if it is the version that the face speaks like."""
    found = next((each for each in THEIRS[face] if os.path.exists(each)), None)
    if not found:
        raise Skip(f"needs {PACKAGES.get(face, 'ndisc6')}")
    if face == "traceroute6":
        version = subprocess.run([found, "-V"], capture_output=True, text=True)
        if "version 2.1.2" not in version.stdout + version.stderr:
            raise Skip("needs traceroute 2.1.2")
    elif face != "tracepath6" and not labs.is_root():
        raise Skip("ndisc6 needs a real root")
    return found


def run(command, executable, path):
    words = command.split()
    # Without it the original gives probes up after ten milliseconds here, which a busy machine may need.
    if "traceroute6" in words[:2] and "-w" not in words and ("-n" in words or "2001:db8:4::1" in words):
        words.insert(words.index("traceroute6") + 1, "-w5")
    if words[0] == "CACHE":
        words = words[1:]
        subprocess.run(["ip", "-6", "route", "flush", "cache"], check=True)
    name, arguments = words[0], words[1:]
    if name == "tracert6" and executable != f"{BIN}/tracert6":
        name, arguments = "rltraceroute6", ["-I"] + arguments
    done = subprocess.run(
        [name] + arguments, executable=executable, env={"PATH": path, "LC_ALL": "C"}, capture_output=True,
        timeout=60, stdin=subprocess.DEVNULL,
    )

    def masked(octets):
        text = octets.decode(errors="backslashreplace")
        for pattern, stands_for in MASKS:
            text = re.sub(pattern, stands_for, text)
        return text

    return done.returncode, masked(done.stdout), masked(done.stderr)


def face_of(command):
    return command.removeprefix("CACHE ").split()[0]


def both(lab, command):
    face = face_of(command)
    executable = original(face)
    prepare(lab)
    theirs = run(command, executable, "/usr/bin:/bin:/usr/sbin:/sbin")
    return theirs, run(command, f"{BIN}/{face}", f"{BIN}:/usr/bin:/bin:/usr/sbin:/sbin")


def prepare(lab):
    """The chain, and routes that lead nowhere."""
    lab.chain
    for kind, number in (("unreachable", 1), ("prohibit", 2), ("blackhole", 3)):
        prefix = f"2001:db8:{number}::/48"
        lab.change(f"ip -6 route replace {kind} {prefix} metric 1", f"ip -6 route del {kind} {prefix} metric 1")


def same_case(command):
    def test(lab):
        theirs, ours = both(lab, command)
        problems = [] if theirs[0] == ours[0] else [f"exit code {ours[0]}, the original's {theirs[0]}"]
        for name, their_text, our_text in zip(("stdout", "stderr"), theirs[1:], ours[1:]):
            if their_text != our_text:
                problems.append(difference(name, their_text, our_text) or f"{name}: line ends differ")
        expect(not problems, command, *problems)

    test.__doc__ = f"{command.removeprefix('CACHE ')}: the octets and exit code of the original"
    return test


for _number, _command in enumerate(SAME):
    globals()[f"test_same_{_number:03}"] = same_case(_command)


def test_on_purpose(lab):
    """Where the originals are wrong the faces are not"""
    prepare(lab)
    for command, code, pattern in OURS:
        done = run(command, f"{BIN}/{face_of(command)}", f"{BIN}:/usr/bin:/bin:/usr/sbin:/sbin")
        equal(done[0], code, f"exit code of {command}", done)
        expect(re.fullmatch(pattern, done[1], re.S), f"stdout of {command} is not {pattern}", *done[1:])
        equal(done[2], "", f"stderr of {command}", done)


def test_no_noise(lab):
    """Administratively prohibited is a mark and no complaint"""
    for command in QUIET:
        theirs, ours = both(lab, command)
        equal(ours[0], theirs[0], f"exit code of {command}", theirs, ours)
        equal(ours[2], theirs[2].replace(NOISE, ""), f"stderr of {command}", theirs)
        # The original loses answers to it, so that it is not asked for more than the mark.
        expect(re.search(r"\n 6  \S+ T !A T !A T !A \n$", ours[1]), f"stdout of {command}", *ours[1:])


def test_first_column(lab):
    """ndisc6's first column is no smaller than a round trip can be, for a probe's time begins before it leaves"""
    lab.chain
    done = lab.run("rltraceroute6", "-n", emulated(0x1, 20), seconds=30)
    equal(done.code, 0, "exit code", done)
    for line in done.out.splitlines()[1:]:
        hop = int(line.split()[0])
        times = [float(each) for each in re.findall(r"([\d.]+) ms", line)]
        equal(len(times), 3, f"times of hop {hop}", done)
        expect(all(each >= 20 * hop for each in times), f"hop {hop} answers after {20 * hop} ms", done)


def test_without_privileges(lab):
    """UDP and tracepath serve an ordinary user, and TCP says what is missing"""
    prepare(lab)
    before = labs.without_privileges()
    for face in ("traceroute6", "tracepath6"):
        done = lab.run(*before, face, "-n", PLAIN)
        equal(done.code, 0, f"exit code of {face}", done)
        expect(f"30  {PLAIN}  " in done.out or f"30:  {PLAIN}" in done.out, f"{face} reaches the target", done)
    done = lab.run(*before, "traceroute6", "-n", "-T", PLAIN)
    equal((done.code, done.out), (1, ""), "TCP", done)
    equal(
        done.err,
        "You do not have enough privileges to use this traceroute method.\nsocket: Operation not permitted\n", "TCP",
    )
    done = lab.run(*before, "tcptraceroute6", "-n", PLAIN)
    equal((done.code, done.out, done.err), (1, "", "Raw IPv6 socket: Operation not permitted\n"), "ndisc6", done)
