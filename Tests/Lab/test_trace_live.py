"""The screen that goes on, in a terminal of its own: it leaves the terminal as it was, however it ends."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import chain
import lab as labs
from chain import router
from lab import equal, expect


# What a shell does: a job of its own group in the foreground. A job without a parent in its session cannot be stopped.
SHELL = """
import os, signal, subprocess, sys
job = subprocess.Popen(sys.argv[1:], process_group=0)
os.tcsetpgrp(0, job.pid)
job.wait()
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, os.getpgid(0))
sys.exit(job.returncode)
"""


class Terminal:
    """A command in a terminal of 40 lines and 120 columns."""

    def __init__(self, *command):
        self.near, self.far = pty.openpty()
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(self.far)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SHELL] + [str(each) for each in command], stdin=self.far, stdout=self.far, stderr=self.far, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env={**os.environ, "TERM": "xterm"},
        )
        self.out = b""

    def read(self, until):
        ready, _, _ = select.select([self.near], [], [], max(until - time.monotonic(), 0))
        if ready:
            self.out += os.read(self.near, 65536)

    def wait_for(self, text, seconds=10):
        """Until this came since the last such call."""
        until, found = time.monotonic() + seconds, text.encode()
        while found not in self.out:
            expect(time.monotonic() < until and self.process.poll() is None, f"{text!r} came", self.out)
            self.read(until)
        self.out = self.out[self.out.index(found) + len(found):]

    @property
    def job(self):
        """The command's own process."""
        return int(open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()[0])

    def send(self, number):
        os.kill(self.job, number)

    def type(self, text):
        os.write(self.near, text.encode())

    def finish(self, seconds=5):
        until = time.monotonic() + seconds
        while self.process.poll() is None:
            expect(time.monotonic() < until, "it ends", self.out)
            self.read(min(until, time.monotonic() + 0.02))
        self.read(0)
        return self.process.returncode

    def is_as_found(self):
        equal(termios.tcgetattr(self.far), self.before, "the terminal's settings")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.near)
        os.close(self.far)


def modes(octets):
    """Private modes that are still on after these octets."""
    on = {}
    for numbers, what in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", octets):
        for each in numbers.split(b";"):
            on[each] = what == b"h"
    return on


def live(lab, end, before=()):
    lab.chain
    terminal = Terminal(*before, "probe6", "trace", "--live", "-n", "--interval", "0.1", chain.PLAIN)
    try:
        whole = b""
        until = time.monotonic() + 10
        while router(5).encode() not in whole or chain.PLAIN.encode() not in whole:
            expect(time.monotonic() < until, "hops on the screen", whole)
            terminal.out = b""
            terminal.read(until)
            whole += terminal.out
        terminal.out = b""
        end(terminal)
        code = terminal.finish()
        whole += terminal.out
        terminal.is_as_found()
        on = modes(whole)
        expect(not on.get(b"1049") and not on.get(b"1000"), f"the screen is given back: {on}", whole[-200:])
        expect(on.get(b"25", True), "the cursor is shown", whole[-200:])
        return code
    finally:
        terminal.close()


def test_quit(lab):
    """q ends the screen, and the terminal is as it was found, with and without privileges"""
    for before in ([], labs.without_privileges()):
        expect(live(lab, lambda terminal: terminal.type("q"), before) in (0, 1), "exit code")


def test_signals(lab):
    """So do SIGINT, SIGTERM and SIGHUP"""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        live(lab, lambda terminal: terminal.send(number))


def test_keys(lab):
    """Pause, reset, columns, help and a terminal of another size do not disturb it"""
    def press(terminal):
        for key in "p", "p", "r", "d", "d", "?", "?", "\x1b[A", "\x1b[B", "\x1b", "x":
            terminal.type(key)
            terminal.read(time.monotonic() + 0.05)
        fcntl.ioctl(terminal.far, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 20, 0, 0))
        terminal.send(signal.SIGWINCH)
        terminal.read(time.monotonic() + 0.2)
        terminal.type("q")

    live(lab, press)


def test_suspend(lab):
    """SIGTSTP gives the terminal back, SIGCONT takes it again"""
    def suspend(terminal):
        terminal.send(signal.SIGTSTP)
        until = time.monotonic() + 5
        while open(f"/proc/{terminal.job}/stat").read().rsplit(")", 1)[1].split()[0] != "T":
            expect(time.monotonic() < until, "it stops")
            terminal.read(time.monotonic() + 0.01)
        terminal.is_as_found()
        terminal.send(signal.SIGCONT)
        terminal.out = b""
        terminal.wait_for(chain.PLAIN)
        terminal.type("q")

    live(lab, suspend)


def test_no_terminal(lab):
    """Where standard output is no terminal lines come in place of the screen"""
    lab.chain
    running = lab.start("probe6", "trace", "--live", "-n", "--interval", "0.1", chain.PLAIN)
    running.wait_for(re.escape(chain.PLAIN), 2)
    running.send(labs.INTERRUPT)
    done = running.finish()
    expect("\x1b" not in done.out, "no escapes", done)
