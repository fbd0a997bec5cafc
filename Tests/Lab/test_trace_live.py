"""`probe6 trace --live` on a terminal: what it draws, what its keys do, and that the terminal is left as found."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import lab as labs
from lab import equal, expect

TARGET = "fd00:6::1"
HOPS = 4
COMMAND = ["probe6", "trace", "-n", "--live", "--interval", "0.05", TARGET]
ENTER, LEAVE, HOME = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[H"


class Terminal:
    """A pseudo-terminal with a program in a session of its own behind it."""

    def __init__(self, command, columns=80, rows=24):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.found = termios.tcgetattr(self.slave)
        self.octets = b""

        def take():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave, preexec_fn=take,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PS1": "$ ", "TERM": "xterm"},
        )

    def resize(self, columns, rows):
        fcntl.ioctl(self.slave if hasattr(self, "slave") else self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Reads for so long; returns what came."""
        before = len(self.octets)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.octets += os.read(self.master, 65536)
        return self.octets[before:]

    def wait_for(self, condition, what, seconds=10):
        """Reads until the condition is true of what has come since the call."""
        before = len(self.octets)
        end = time.monotonic() + seconds
        while not condition(self.octets[before:]):
            expect(time.monotonic() < end, f"{what} within {seconds} s", self.octets[before:][-2000:])
            if select.select([self.master], [], [], 0.1)[0]:
                self.octets += os.read(self.master, 65536)
        return self.octets[before:]

    def type(self, keys):
        os.write(self.master, keys)

    def finish(self, seconds=10):
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            expect(time.monotonic() < end, "the program ends", self.octets[-2000:])
            self.read(0.05)
        self.read(0.05)
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def frames(octets):
    """The whole frames that were drawn, each a list of lines without control sequences."""
    found = []
    for part in octets.split(HOME)[1:]:
        # What is below is cleared last. The terminal itself puts another carriage return before a line feed.
        whole, cleared, _ = part.partition(b"\x1b[J")
        if cleared:
            text = re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", whole).decode()
            found.append(re.split(r"\r+\n", text))
    return found


def frame_with(text):
    return lambda octets: any(text in "\n".join(frame) for frame in frames(octets))


def left_as_found(terminal):
    equal(termios.tcgetattr(terminal.slave), terminal.found, "modes of the terminal")
    out = terminal.octets
    equal(out.count(LEAVE), 1, "leaves the alternate screen once", out[-500:])
    expect(out.rfind(LEAVE) > out.rfind(ENTER), "the alternate screen is left", out[-500:])
    expect(out.rfind(b"\x1b[?25h") > out.rfind(b"\x1b[?25l"), "the cursor is shown", out[-500:])
    expect(out.rfind(b"\x1b[?7h") > out.rfind(b"\x1b[?7l"), "lines wrap again", out[-500:])


@contextlib.contextmanager
def live(*more, **size):
    terminal = Terminal(COMMAND + list(more), **size)
    try:
        terminal.wait_for(frame_with(TARGET), "the target is shown")
        yield terminal
    finally:
        terminal.close()


def test_every_way_out(lab):
    """Whatever ends a live screen leaves the terminal as it was found, and prints the table."""
    ways = [b"q", b"\x03", signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    for way in ways:
        with live() as terminal:
            if isinstance(way, bytes):
                terminal.type(way)
            else:
                terminal.process.send_signal(way)
            equal(terminal.finish(), 0, f"exit code after {way}", terminal.octets[-2000:])
            left_as_found(terminal)
            table = terminal.octets.split(LEAVE)[1]
            expect(TARGET.encode() in table, "the table", table)


def test_screen_sizes(lab):
    """No line is wider and no frame higher than the terminal, also when that changes."""
    with live(columns=40, rows=10) as terminal:
        terminal.read(0.5)
        for columns, rows in [(40, 10), (80, 24), (20, 3), (200, 60), (1, 1), (80, 24)]:
            terminal.resize(columns, rows)
            terminal.read(0.3)
            drawn = frames(terminal.read(0.5))
            expect(len(drawn) >= 2, f"frames in {columns} x {rows}", terminal.octets[-500:])
            for frame in drawn:
                expect(len(frame) <= rows, f"{rows} rows", frame)
                expect(max(map(len, frame)) <= columns, f"{columns} columns", frame)
        terminal.type(b"q")
        equal(terminal.finish(), 0, "exit code")
        left_as_found(terminal)


def test_keys(lab):
    """Keys pause, go on, switch columns, help and reset; octets that are no key do nothing."""
    with live() as terminal:
        for keys, shown in [
            (b"?", "q           quit"), (b"?", "Hop Host"), (b"d", "Jitter"), (b"d", "Median"), (b"p", "PAUSED"),
        ]:
            terminal.type(keys)
            terminal.wait_for(frame_with(shown), f"{shown} after {keys}")
        terminal.read(0.3)
        rounds = re.compile(r"round (\d+)")
        first = rounds.search("\n".join(frames(terminal.octets)[-1]))
        terminal.type(b"\x1b[A\x1b[B\x1b[5~\x1bOB\x00\xff\x1b[<0;1;1M")
        terminal.read(0.5)
        still = rounds.search("\n".join(frames(terminal.octets)[-1]))
        equal(still[1], first[1], "no round while paused", terminal.octets[-2000:])
        terminal.type(b"r")
        terminal.wait_for(frame_with("round 0"), "round 0 after r")
        terminal.type(b" ")
        terminal.wait_for(frame_with("round 3"), "it goes on")
        terminal.type(b"q")
        equal(terminal.finish(), 0, "exit code")
        left_as_found(terminal)


def test_at_most_ten_frames_a_second(lab):
    """However fast the rounds are, ten frames a second are drawn, and a key is shown at once."""
    with live("--interval", "0.002") as terminal:
        terminal.read(0.3)
        drawn = len(frames(terminal.read(2)))
        expect(10 <= drawn <= 22, f"{drawn} frames in two seconds")
        started = time.monotonic()
        terminal.type(b"?")
        terminal.wait_for(frame_with("q           quit"), "help")
        expect(time.monotonic() - started < 0.25, "the key is shown at once")
        terminal.type(b"q")
        equal(terminal.finish(), 0, "exit code")


def test_stop_and_go_on(lab):
    """Ctrl-Z gives the terminal back, fg takes it again; also with the targets on standard input."""
    for line in [" ".join(COMMAND), f"echo {TARGET} | {' '.join(COMMAND[:-1])} -"]:
        terminal = Terminal(["bash", "--norc", "--noprofile", "--noediting", "-i"])
        try:
            modes = re.compile(rb"([0-9a-f]+:[0-9a-f]+:[0-9a-f:]+)\r\n")

            def stty():
                terminal.type(b"stty -g\n")
                return modes.search(terminal.wait_for(modes.search, "stty -g"))[1]

            terminal.wait_for(lambda octets: b"$ " in octets, "a prompt")
            before = stty()
            terminal.type(line.encode() + b"\n")
            terminal.wait_for(frame_with(TARGET), "the screen")
            terminal.type(b"\x1a")
            out = terminal.wait_for(lambda octets: b"Stopped" in octets, "it stops")
            equal(out.count(LEAVE), 1, "the alternate screen is left", out)
            equal(stty(), before, "modes while stopped")
            terminal.type(b"fg\n")
            out = terminal.wait_for(frame_with(TARGET), "the screen again")
            expect(ENTER in out, "the alternate screen again", out)
            terminal.type(b"q")
            terminal.wait_for(lambda octets: LEAVE in octets and b"$ " in octets.split(LEAVE)[-1], "a prompt")
            terminal.type(b"echo code $?\n")
            terminal.wait_for(lambda octets: b"code 0" in octets, "exit code 0")
            equal(stty(), before, "modes in the end")
        finally:
            terminal.close()


def test_no_room_for_output(lab):
    """A screen that nobody reads holds up nothing, and a write that fails leaves the terminal as it was found."""
    with live() as terminal:
        # Nothing is read for a while; the terminal is full.
        time.sleep(1)
        terminal.process.send_signal(signal.SIGTERM)
        equal(terminal.finish(), 0, "exit code")
        left_as_found(terminal)


def test_lines_where_there_is_no_terminal(lab):
    """Standard output that is no terminal gets lines, and no control sequence."""
    done = lab.run(*COMMAND, "--deadline", "1")
    equal(done.code, 0, "exit code", done)
    expect("\x1b" not in done.out, "no control sequence", done)
    for hop in range(1, HOPS + 1):
        expect(re.search(rf"hop {hop} is fd00:6:", done.out), f"hop {hop}", done)
    expect(TARGET in done.out, "the target", done)
