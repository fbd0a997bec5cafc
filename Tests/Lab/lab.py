"""What a lab test holds: run probe6 inside the lab, read its JSON, change the network. See run.py."""

import glob
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEBUG_BINARY = ROOT / ".build" / "debug" / "probe6"
VERDICTS = ["replied", "corrupted", "late", "icmp_errors", "lost", "send_failed", "in_flight"]
NOBODY = 65534


class Skip(Exception):
    """The test cannot be made on this machine, and why."""


def expect(condition, what, *evidence):
    if not condition:
        raise AssertionError("\n".join([what] + [str(each) for each in evidence]))


def equal(actual, wanted, what, *evidence):
    expect(actual == wanted, f"{what}: {actual!r}, not {wanted!r}", *evidence)


class Done:
    """A command that has ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def __str__(self):
        return f"$ {' '.join(map(str, self.command))}\n[exit {self.code}]\n{self.out}{self.err}"


class Run(Done):
    """A ping with --json that has ended: its events and its summary, checked line by line."""

    def __init__(self, done, targets=1):
        super().__init__(done.command, done.code, done.out, done.err)
        self.lines = [checked_line(line, self) for line in self.out.splitlines()]
        self.summaries = self.events("summary")
        equal(len(self.summaries), targets, "number of summaries", self)
        self.summary = self.summaries[0]
        for summary in self.summaries:
            verdicts = {verdict: summary.get(verdict) for verdict in VERDICTS}
            equal(sum(verdicts.values()), summary["attempted"], f"sum of verdicts {verdicts}", self)
            equal(summary["sent"], summary["attempted"] - summary["send_failed"], "sent", self)

    def events(self, name):
        return [line for line in self.lines if line["event"] == name]

    def counts(self, **wanted):
        """The summary has exactly these figures."""
        actual = {key: self.summary.get(key) for key in wanted}
        equal(actual, wanted, "summary", self)

    def round_trips(self):
        return [line["rtt_ns"] for line in self.lines if "rtt_ns" in line and line["event"] != "summary"]


def _schema():
    try:
        import jsonschema
    except ImportError:
        return None
    path = ROOT / "Sources" / "Report" / "Schema" / "probe6-1.schema.json"
    return jsonschema.Draft202012Validator(json.loads(path.read_text()))


_validator = _schema()
# Shapes of lines that the schema has accepted already: it takes milliseconds for each line, and a trace has hundreds.
_accepted = set()


def _shape(value):
    """What the schema can tell apart: keys, types, signs, and every text that is no address, time or number."""
    if isinstance(value, dict):
        return tuple((key, _shape(each)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(dict.fromkeys(_shape(each) for each in value)), len(value) > 0
    if isinstance(value, str):
        return re.sub(r"[0-9a-f]+", "0", value)
    return type(value), value > 0 if isinstance(value, (int, float)) else value


def checked_line(line, evidence):
    """One line of --json: an object of our schema."""
    value = json.loads(line)
    equal(value.get("schema"), "probe6/1", "schema", line)
    expect("event" in value and "time" in value, "every line has event and time", line)
    shape = _shape(value)
    if _validator and shape not in _accepted:
        problems = [problem.message for problem in _validator.iter_errors(value)]
        expect(not problems, f"the schema refuses {line}", *problems)
        _accepted.add(shape)
    return value


class Running:
    """A command that is running; its output is read as it comes."""

    def __init__(self, command, **options):
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            process_group=0, **options
        )
        self.out, self.err = b"", b""

    @property
    def pid(self):
        return self.process.pid

    def _read(self, until):
        """Reads what is there, waiting at most until then; False at the end of both streams."""
        pipes = [pipe for pipe in (self.process.stdout, self.process.stderr) if not pipe.closed]
        if not pipes:
            return False
        ready, _, _ = select.select(pipes, [], [], max(until - time.monotonic(), 0))
        for pipe in ready:
            octets = os.read(pipe.fileno(), 65536)
            if not octets:
                pipe.close()
            elif pipe is self.process.stdout:
                self.out += octets
            else:
                self.err += octets
        return True

    def wait_for(self, pattern, times=1, seconds=10):
        """Until the output holds the pattern so many times; a failure after `seconds`."""
        until = time.monotonic() + seconds
        while len(re.findall(pattern.encode(), self.out + self.err, re.M)) < times:
            going = self._read(until)
            expect(
                going and time.monotonic() < until,
                f"{pattern!r} did not come {times} times within {seconds} s",
                self.out.decode(errors="replace"), self.err.decode(errors="replace"),
            )

    def send(self, number):
        os.kill(self.pid, number)

    def wait_state(self, letter, seconds=5):
        """Until /proc shows the process in that state."""
        until = time.monotonic() + seconds
        while True:
            state = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == letter:
                return
            expect(time.monotonic() < until, f"the process is in state {state}, not {letter}")
            select.select([], [], [], 0.005)

    def finish(self, seconds=20):
        until = time.monotonic() + seconds
        while self._read(until) and time.monotonic() < until:
            pass
        if time.monotonic() >= until:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"still running after {seconds} s: {' '.join(map(str, self.command))}\n"
                + self.out.decode(errors="replace") + self.err.decode(errors="replace")
            )
        code = self.process.wait()
        return Done(self.command, code, self.out.decode(errors="replace"), self.err.decode(errors="replace"))

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Capture:
    """What leaves by an interface of the host, caught by tcpdump until `count` packets matched."""

    def __init__(self, lab, count, match, interface, direction="out", node=None):
        needs("tcpdump", "tcpdump")
        needs("tshark", "tshark")
        place = pathlib.Path("/run/lab/captures")
        place.mkdir(exist_ok=True)
        self.file = place / f"{len(lab.running)}.pcap"
        if is_root():
            command = ["tcpdump", "-i", interface, "-Q", direction, "--immediate-mode", "-U", "-Z", "root", "-c", count,
                       "-w", self.file, match]
        else:  # tcpdump insists on becoming another user, of whom a user namespace has none
            command = ["dumpcap", "-q", "-i", interface, "-f", match, "-c", count, "-w", self.file]
        self.running = lab.start(*(["ip", "netns", "exec", node] if node else []), *command)
        self.running.wait_for("listening on|File:")

    def finish(self):
        done = self.running.finish(10)
        equal(done.code, 0, "exit code of the capture", done)

    def fields(self, *names, match=""):
        """For each packet that matches tshark's display filter, the values of these fields as tshark reads them."""
        command = ["tshark", "-n", "-r", self.file, "-T", "fields", "-E", "separator=|", "-o",
                   "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
        # Else tshark guesses what a payload of keys may be, and finds one in some hundreds to be broken RTCP.
        command += ["-d", "udp.port==1-65535,data"]
        for name in names:
            command += ["-e", name]
        if match:
            command += ["-Y", match]
        done = subprocess.run(command, capture_output=True, text=True)
        expect(done.returncode == 0, "tshark reads the capture", done.stderr)
        return [tuple(line.split("|")) for line in done.stdout.splitlines()]


class Lab:
    """The lab that the test runs in."""

    # Built for the first test of a worker that asks for it.
    _chain = None
    _link = None

    def __init__(self):
        self.running = []
        self.undo = []

    def start(self, *command, **options):
        running = Running([str(each) for each in command], **options)
        self.running.append(running)
        return running

    @property
    def chain(self):
        """The chain of thirty routers and the emulated path; see chain.py."""
        if Lab._chain is None:
            import chain

            Lab._chain = chain.Chain("0 2147483647" if is_root() else "0 0")
        return Lab._chain

    @property
    def link(self):
        """The link with many stations; see link.py."""
        if Lab._link is None:
            import link

            Lab._link = link.Link("0 2147483647" if is_root() else "0 0")
        return Lab._link

    def guest(self, addresses=None, **settings):
        """A station of the link for this test alone, ready to be asked and to ask; see link.Guest."""
        guest = self.link.guest(addresses, **settings)
        self.undo.append(guest.end)
        guest.wait_until_ready()
        return guest

    def keep_from_kernels(self, guest):
        """Advertisements of many routers reach the guest's capture alone, for the rest of the test.

        Each kernel of the link would take part and slow the flood, and make a neighbor entry of each router: of these
        there are 1,024 at most for all network namespaces of a machine together.
        """
        import link

        for name in [*link.STATIONS, "host"]:
            if name != "mallory":
                self.must("ip", "-n", "bridge", "link", "set", name, "type", "bridge_slave", "mcast_flood", "off")
                self.undo.append(f"ip -n bridge link set {name} type bridge_slave mcast_flood on")
        self.must(*guest.command, "nft", "add table ip6 flood; add chain ip6 flood c { type filter hook prerouting "
                  "priority -300; }; add rule ip6 flood c icmpv6 type nd-router-advert drop")

    def mallory(self):
        """Whoever sends what no kernel does; see forge.Mallory."""
        import forge

        self.link
        mallory = forge.Mallory()
        self.undo.append(mallory.stop)
        return mallory

    def radvd(self, text=None):
        """radvd on router1 for the rest of the test."""
        import link

        needs("radvd", "radvd")
        self.link
        daemon = link.start_radvd(text)
        self.undo.append(daemon.stop)
        return daemon

    def dnsmasq(self, arguments=None):
        """dnsmasq on router2 for the rest of the test."""
        import link

        needs("dnsmasq", "dnsmasq-base")
        self.link
        daemon = link.start_dnsmasq(arguments)
        self.undo.append(daemon.stop)
        return daemon

    def run(self, *command, seconds=20, **options):
        return self.start(*command, **options).finish(seconds)

    def ping(self, *arguments, before=(), seconds=20, targets=1, **options):
        """probe6 ping --json with these arguments, run to its end and checked."""
        done = self.run(*before, "probe6", "ping", "--json", *arguments, seconds=seconds, **options)
        return Run(done, targets)

    def start_ping(self, *arguments, before=(), **options):
        return self.start(*before, "probe6", "ping", "--json", *arguments, **options)

    def capture(self, count, match="dst host fd00:6::1", interface="uplink", **more):
        """Catches the next `count` packets that leave the host."""
        return Capture(self, count, match, interface, **more)

    def must(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        expect(done.returncode == 0, f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def change(self, command, back):
        """Changes the network now, and back after the test."""
        self.must(*command.split())
        self.undo.append(back)

    def drop_at_home(self, match):
        """The host's own firewall drops what matches, for the rest of the test."""
        self.must(*f"nft add rule ip6 lab output {match} drop".split())
        # Undone last to first: an empty chain, then the rule that the lab came with.
        self.undo.append("nft add rule ip6 lab output ip6 daddr fd00:6:e::20 counter drop")
        self.undo.append("nft flush chain ip6 lab output")

    def sysctl(self, key, value):
        path = pathlib.Path("/proc/sys") / key.replace(".", "/")
        before = path.read_text()
        path.write_text(value)
        self.undo.append((path, before))

    def ping_sockets(self, are_on):
        """Turns ping sockets on or off for the rest of the test."""
        everyone = "0 2147483647" if is_root() else "0 0"
        if are_on:
            self.sysctl("net.ipv4.ping_group_range", everyone)
        elif is_root():
            self.sysctl("net.ipv4.ping_group_range", "1 0")
        else:
            raise Skip("in a user namespace ping sockets cannot be turned off again")

    def end(self):
        for running in self.running:
            running.stop()
        for back in reversed(self.undo):
            if isinstance(back, tuple):
                back[0].write_text(back[1])
            elif callable(back):
                back()
            else:
                subprocess.run(back.split(), capture_output=True)


def needs_schema():
    if _validator is None:
        raise Skip("needs Python's jsonschema: scripts/test installs it in .build/venv")


def is_root():
    """Outside of the lab too: every user id is there."""
    return pathlib.Path("/proc/self/uid_map").read_text().split()[2] != "1"


def without_privileges():
    """What to put before a command so that it has no privilege."""
    if is_root():
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]


def needs(command, package):
    if subprocess.run(["sh", "-c", f"command -v {command}"], capture_output=True).returncode != 0:
        raise Skip(f"needs {command} ({package})")


def needs_strace():
    needs("strace", "strace")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        raise Skip("this machine does not let strace trace")


def needs_debug_binary():
    if not DEBUG_BINARY.exists():
        raise Skip("needs the debug build: swift build")


def faketime_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Skip("needs libfaketime (faketime)")
    return found[0]


INTERRUPT, QUIT, TERMINATE, HANG_UP = signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP
