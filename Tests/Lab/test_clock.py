"""The user's clock steps, the machine's uptime is odd: neither is seen in a round trip or the pace."""

import pathlib
import tempfile
import time

import lab as labs
from lab import expect


def test_clock_steps(lab):
    """A step of the clock by 30 s, either way, changes no round trip, no count and no pace."""
    labs.needs_debug_binary()
    library = labs.faketime_library()
    for step in ("+30", "-30"):
        with tempfile.NamedTemporaryFile("w", suffix=".faketime") as file:
            file.write("+0\n")
            file.flush()
            began = time.monotonic()
            running = lab.start(
                "env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={file.name}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", str(labs.DEBUG_BINARY), "ping", "--json", "-c", "20", "-i",
                "0.05", "-W", "1", "fd00:6::1",
            )
            running.wait_for('"event":"reply"', 5)
            pathlib.Path(file.name).write_text(step + "\n")
            run = labs.Run(running.finish())
            expect(time.monotonic() - began < 5, "it did not hang", run)
            run.counts(attempted=20, replied=20, late=0, lost=0)
            for each in run.round_trips():
                expect(0 <= each < 1_000_000_000, f"a round trip of {each} ns", run)


def test_uptime(lab):
    """Uptimes of nearly nothing and of more than 2^32 ms change nothing."""
    labs.needs("unshare", "util-linux")
    uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    for offset in (4294967, -int(uptime) + 1):
        run = lab.ping(
            "-c", "10", "-i", "0.02", "fd00:6::1",
            before=["unshare", "-T", "--fork", "--monotonic", str(offset), "--boottime", str(offset)],
        )
        run.counts(attempted=10, replied=10, lost=0)
        for each in run.round_trips():
            expect(0 <= each < 1_000_000_000, f"a round trip of {each} ns", run)
