"""Signals: a summary for each that ends the run, a snapshot for SIGQUIT, no burst after a stop."""

import json
import random
import signal
import time

import lab as labs
from lab import equal, expect


def ending_case(number, sentence):
    def test(lab):
        running = lab.start_ping("-i", "0.02", "fd00:6::1")
        running.wait_for('"event":"reply"', 5)
        running.send(number)
        run = labs.Run(running.finish(5))
        equal(run.code, 0, "exit code", run)
        expect(run.summary["replied"] >= 5, "replied", run)
        face = lab.start("ping6", "-i", "0.02", "fd00:6::1")
        face.wait_for("icmp_seq=", 5)
        face.send(number)
        done = face.finish(5)
        equal(done.code, 0, "exit code of the face", done)
        expect("packets transmitted" in done.out, "statistics", done)

    test.__doc__ = sentence
    return test


for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    globals()[f"test_{_number.name.lower()}"] = ending_case(
        _number, f"{_number.name} ends the run with a summary and its exit code"
    )


def test_interrupt_before_any_reply(lab):
    """SIGINT before any reply gives a summary and exit code 1."""
    running = lab.start_ping("-i", "0.02", "-W", "5", "fd00:6::5")
    running.wait_for('"event":"start"')
    running.send(signal.SIGINT)
    run = labs.Run(running.finish(5))
    equal(run.code, 1, "exit code", run)
    run.counts(replied=0, lost=0)


def test_quit(lab):
    """SIGQUIT prints figures on stderr and goes on."""
    face = lab.start("ping6", "-c", "30", "-i", "0.03", "fd00:6::1")
    face.wait_for("icmp_seq=", 5)
    face.send(signal.SIGQUIT)
    face.wait_for(r"\d+/\d+ packets, \d+% loss")
    done = face.finish()
    equal(done.code, 0, "exit code", done)
    expect("30 packets transmitted, 30 received" in done.out, "it went on", done)
    expect("packets, 0% loss" in done.err, "figures are on stderr", done)


def test_many_quits(lab):
    """A hundred SIGQUITs at random points leave every count whole."""
    running = lab.start_ping("-c", "300", "-i", "0.002", "fd00:6::1")
    running.wait_for('"event":"reply"', 1)
    chance = random.Random(6)
    for _ in range(100):
        if running.process.poll() is not None:
            break
        running.send(signal.SIGQUIT)
        running._read(time.monotonic() + chance.uniform(0, 0.004))
    done = running.finish()
    summary = json.loads(done.out.splitlines()[-1])
    equal((summary["event"], summary["attempted"], summary["replied"]), ("summary", 300, 300), "summary", done)


def stop_case(number, sentence):
    def test(lab):
        running = lab.start_ping("-c", "60", "-i", "0.05", "-W", "2", "fd00:6::1")
        running.wait_for('"event":"reply"', 5)
        running.send(number)
        running.wait_state("T")
        time.sleep(1.0)  # the gap itself: twenty intervals
        running.send(signal.SIGCONT)
        resumed = time.monotonic()
        before = running.out.count(b'"event":"reply"')
        running.wait_for('"event":"reply"', before + 6)
        took = time.monotonic() - resumed
        # Six replies after the stop take about five intervals; a burst would bring them at once.
        expect(took > 0.15, f"six replies within {took:.3f} s of the stop: a burst")
        running.send(signal.SIGINT)
        run = labs.Run(running.finish())
        expect(run.summary["lost"] == 0, "nothing lost", run)
        equal(len(run.events("gap")), 1, "gap events", run)

    test.__doc__ = sentence
    return test


test_stop = stop_case(signal.SIGSTOP, "SIGSTOP and SIGCONT leave a marked gap and no burst")
test_terminal_stop = stop_case(signal.SIGTSTP, "SIGTSTP and SIGCONT leave a marked gap and no burst")
