"""What a test of traces holds: run `probe6 trace --json`, and read the path that it tells of."""

import lab as labs
from lab import Done, checked_line, equal, expect

# How long a silent probe is waited for where a test has nothing to say about that.
QUICK = ["-w", "0.3"]

# (name, what comes before the command, options): each way that probes can leave, and what `start` then says.
RAW_METHODS = ["udp", "icmp", "tcp"]
OTHER_METHODS = ["udp", "icmp", "connect"]


def ways():
    """(options, what comes before the command) for each method on each path."""
    for method in RAW_METHODS:
        yield ["--method", method, "--raw"], []
    for method in OTHER_METHODS:
        yield ["--method", method], labs.without_privileges()


class Trace(Done):
    """A trace with --json that has ended, checked line by line."""

    def __init__(self, done, code=None):
        super().__init__(done.command, done.code, done.out, done.err)
        self.lines = [checked_line(line, self) for line in self.out.splitlines()]
        self.ends = {line["target"]: line for line in self.events("end")}
        self.starts = {line["target"]: line for line in self.events("start")}
        equal(set(self.ends), set(self.starts), "targets that end", self)
        if code is not None:
            equal(self.code, code, "exit code", self)
        for target, end in self.ends.items():
            verdicts = [end[each] for each in ("replied", "late", "lost", "in_flight")]
            equal(sum(verdicts), end["sent"], f"sum of verdicts of {target}", self)
            hops = self.hops(target)
            if hops and self.starts[target]["mode"] == "hops":
                first = self.starts[target]["first_hop"]
                equal([hop["hop_limit"] for hop in hops], list(range(first, first + len(hops))), "hops", self)
                last = end["reason"] != "interrupted"
                equal([hop["last"] for hop in hops], [False] * (len(hops) - 1) + [last], "last", self)
                equal(end["hops"], hops[-1]["hop_limit"], "number of hops", self)

    def events(self, name):
        return [line for line in self.lines if line["event"] == name]

    def hops(self, target=None):
        return [line for line in self.events("hop") if target in (None, line["target"])]

    def hop(self, number, target=None):
        found = [hop for hop in self.hops(target) if hop["hop_limit"] == number]
        expect(len(found) == 1, f"{len(found)} events for hop {number}", self)
        return found[0]

    @property
    def start(self):
        return next(iter(self.starts.values()))

    @property
    def end(self):
        expect(len(self.ends) == 1, "one target", self)
        return next(iter(self.ends.values()))

    def addresses(self, target=None):
        """For each hop the addresses that answered, each once, in order; none for a silent hop."""
        found = []
        for hop in self.hops(target):
            found.append(list(dict.fromkeys(
                reply["address"] for reply in hop["replies"] if "address" in reply and not reply.get("late")
            )))
        return found

    def path(self, target=None):
        """The one address of each hop, None where it was silent."""
        for each in self.addresses(target):
            expect(len(each) <= 1, f"one address for each hop, not {each}", self)
        return [each[0] if each else None for each in self.addresses(target)]

    def replies(self, number):
        """Those of a hop's probes that were answered, late or not."""
        return [reply for reply in self.hop(number)["replies"] if "address" in reply]

    def notes(self):
        """Hop limit -> its notes, where it has any."""
        return {hop["hop_limit"]: hop["notes"] for hop in self.hops() if hop.get("notes")}

    def ended(self, reason, **more):
        """The trace of its one target ended so."""
        wanted = dict(more, reason=reason, reached=reason == "reached")
        equal({key: self.end.get(key) for key in wanted}, wanted, "end", self)


def trace(lab, *arguments, before=(), code=None, seconds=30, **options):
    """probe6 trace --json -n with these arguments, run to its end and checked."""
    lab.chain
    done = lab.run(*before, "probe6", "trace", "--json", "-n", *arguments, seconds=seconds, **options)
    return Trace(done, code)
