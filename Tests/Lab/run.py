"""Runs the lab tests: run.py [--binary FILE] [NAME...]. Prints `ok NAME`, `FAILED NAME` or `skipped NAME: REASON` for each.

A test is a function `test_...(lab)` in a module `test_*.py` beside this file; its name is its first docstring
line. Each of a few workers has a lab of its own and takes one test after the other.
"""

import importlib
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import traceback

HERE = pathlib.Path(__file__).resolve().parent
LAB = [HERE.parent.parent / "scripts" / "lab"]
WORKERS = 4
sys.path.insert(0, str(HERE))

import lab as labs


def tests():
    """Every test as (key, sentence)."""
    found = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, value in vars(module).items():
            if name.startswith("test_") and callable(value):
                found.append((f"{path.stem}.{name}", value.__doc__.splitlines()[0].rstrip(".")))
    return found


def perform(key):
    """One test in this lab: (outcome, details)."""
    module, name = key.split(".")
    lab = labs.Lab()
    try:
        getattr(importlib.import_module(module), name)(lab)
        return "ok", ""
    except labs.Skip as skip:
        return "skipped", str(skip)
    except AssertionError as failure:
        return "FAILED", str(failure)
    except Exception:
        return "FAILED", traceback.format_exc()
    finally:
        lab.end()


def work():
    """Inside a lab: keys come in, results go out, one line each."""
    results = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        outcome, details = perform(line.strip())
        print(json.dumps([outcome, details]), file=results)


def main(wanted):
    chosen = [
        (key, sentence) for key, sentence in tests()
        if not wanted or any(part in key or part in sentence for part in wanted)
    ]
    waiting = queue.SimpleQueue()
    for each in chosen:
        waiting.put(each)
    failed, ran, lock = [], [], threading.Lock()

    def report(key, sentence, outcome, details):
        with lock:
            ran.append(outcome)
            name = f"lab: {sentence}"
            if outcome == "skipped":
                print(f"skipped {name}: {details}", flush=True)
                return
            print(f"{outcome:7} {name}", flush=True)
            if outcome == "FAILED":
                failed.append(key)
                lines = details.splitlines()
                if len(lines) > 30:
                    lines = lines[:20] + ["..."] + lines[-10:]
                shown = [f"[{key}]"] + [re.sub(r"[^\t -~]", "?", line)[:400] for line in lines]
                print("\n".join("        " + line for line in shown), flush=True)

    def drive():
        worker = subprocess.Popen(
            [*LAB, "--", sys.executable, "-B", __file__, "--worker"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        while True:
            try:
                key, sentence = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                worker.stdin.write(key + "\n")
                worker.stdin.flush()
                answer = worker.stdout.readline()
            except OSError:
                answer = ""
            if not answer:
                report(key, sentence, "FAILED", "its worker ended before it")
                break
            report(key, sentence, *json.loads(answer))
        try:
            worker.stdin.close()
        except OSError:
            pass
        worker.wait()

    drivers = [threading.Thread(target=drive) for _ in range(min(WORKERS, len(chosen)))]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    while not waiting.empty():
        key, sentence = waiting.get_nowait()
        report(key, sentence, "FAILED", "no worker was left for it")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--worker"]:
        work()
    elif sys.argv[1:] == ["--list"]:
        for each in tests():
            print(*each, sep="\t")
    else:
        wanted = sys.argv[1:]
        if wanted[:1] == ["--binary"]:
            LAB += wanted[:2]
            wanted = wanted[2:]
        sys.exit(main(wanted))
