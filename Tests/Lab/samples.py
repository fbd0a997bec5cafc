"""What a test of sampling holds: write a plan, run `probe6 sample --json`, and count its records anew."""

import itertools
import json
import pathlib
import statistics

import lab as labs
from lab import Done, checked_line, equal, expect

# A record's outcome -> the figure that counts it.
FIGURES = {"ok": "ok", "late": "late", "lost": "lost", "icmp_error": "icmp_errors", "send_error": "send_errors"}
PLANS = pathlib.Path("/run/lab/plans")
_numbers = itertools.count(1)


def group(name, *targets, probe="icmp6", **settings):
    return {"name": name, "probe": probe, "targets": list(targets), **settings}


def write_plan(*groups, gates=(), output=(), defaults=None, text=None, **run):
    """A file with this plan (JSON is YAML), or with this text."""
    PLANS.mkdir(exist_ok=True)
    file = PLANS / f"{next(_numbers)}.yaml"
    # Generous on a busy machine: what is lost is lost by the network.
    plan = {"version": 1, "defaults": {"interval": "10ms", "timeout": "5s", **(defaults or {})},
            "groups": list(groups)}
    if run:
        plan["run"] = run
    if gates:
        plan["gates"] = list(gates)
    if output:
        plan["output"] = list(output)
    file.write_text(text or json.dumps(plan, indent=2) + "\n")
    return file


class Sample(Done):
    """A sampling run that has ended: its lines, checked one by one, and its figures, counted anew from its records."""

    def __init__(self, done, code=None, lines=None):
        super().__init__(done.command, done.code, done.out, done.err)
        if code is not None:
            equal(self.code, code, "exit code", self)
        self.lines = [checked_line(line, self) for line in (lines if lines is not None else self.out.splitlines())]
        expect(self.lines and self.lines[0]["event"] == "start", "the first line is the start", self)
        equal(self.lines[-1]["event"], "summary", "last line", self)
        self.start, self.summary = self.lines[0], self.lines[-1]
        self.records = self.events("record")
        self.groups = {line["group"]: line for line in self._last("group")}
        # Each address of a name is a target of its own, called by that name.
        self.rows = self._last("target")
        self.targets = {(line["group"], line["target"]): line for line in self.rows}
        for line in [*self._last("group"), *self._last("target"), self.summary]:
            parts = {each: line[each] for each in [*FIGURES.values(), "in_flight"]}
            equal(sum(parts.values()), line["attempted"], f"sum of {parts}", line)
        if self.records and not self.events("reload"):
            self._count()

    def _last(self, event):
        return [line for line in self.events(event) if not line.get("snapshot")]

    def _count(self):
        """Records and figures say the same, target by target."""
        numbers = [each["number"] for each in self.records]
        equal(len(set(numbers)), len(numbers), "each probe has one record", self)
        counted = [each for each in self.records if not each.get("warmup")]
        for figures in self.rows:
            target = figures["target"]
            own = [each for each in counted if (each["group"], each["target"]) == (figures["group"], target)]
            if self.rows_of(figures) > 1:
                own = [each for each in own if each["destination"] == figures["destination"]]
            for outcome, figure in FIGURES.items():
                equal(sum(each["outcome"] == outcome for each in own), figures[figure], f"{figure} of {target}", self)
            times = [each["rtt_ns"] for each in own if each["outcome"] == "ok" and "rtt_ns" in each]
            if times:
                rtt = figures["rtt_ns"]
                equal((rtt["count"], rtt["min"], rtt["max"]), (len(times), min(times), max(times)), "round trips", self)
                if "mean" in rtt:
                    expect(abs(rtt["mean"] - statistics.fmean(times)) <= 1, "mean", rtt, statistics.fmean(times))
        for each in self.records:
            expect(each["sent_unix_ns"] >= each["scheduled_unix_ns"], "sent before its time", each)

    def rows_of(self, figures):
        """How many targets of its group are called so."""
        return sum((each["group"], each["target"]) == (figures["group"], figures["target"]) for each in self.rows)

    def events(self, name):
        return [line for line in self.lines if line["event"] == name]

    def of(self, target=None, group=None, **values):
        """Records of this target (group) with these values, in the order in which they left."""
        found = [each for each in self.records
                 if target in (None, each["target"]) and group in (None, each["group"])
                 and all(each.get(key) == value for key, value in values.items())]
        return sorted(found, key=lambda each: each["number"])

    def changes(self, what):
        return [each for each in self.events("change") if each["what"] == what]

    def counts(self, name, **wanted):
        """The group's figures are exactly these."""
        equal({key: self.groups[name].get(key) for key in wanted}, wanted, f"group {name}", self)

    def gates(self):
        return {each["gate"]: each["held"] for each in self.events("gate") if not each.get("snapshot")}


def sample(lab, plan, *arguments, code=0, before=(), seconds=60, **options):
    """probe6 sample --json of this plan, run to its end and checked."""
    done = lab.run(*before, "probe6", "sample", plan, "--json", *arguments, seconds=seconds, **options)
    return Sample(done, code)


def start_sample(lab, plan, *arguments, before=(), **options):
    return lab.start(*before, "probe6", "sample", plan, "--json", *arguments, **options)


def ends_by(running, number=labs.INTERRUPT, code=0, seconds=20):
    """The run after this signal."""
    running.send(number)
    return Sample(running.finish(seconds), code)


def record(outcome, target=r"[^\"]*"):
    """A pattern for `Running.wait_for`: a record of this outcome."""
    return rf'"event":"record".*"target":"{target}".*"outcome":"{outcome}"'
