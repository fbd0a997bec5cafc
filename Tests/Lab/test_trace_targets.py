"""Several targets of one trace: what one of them suffers is not the others' affair."""

import chain
from lab import equal, expect
from traces import ways
import json

# The chain's host has a route to nothing but the lab.
NOWHERE = "fd00:dead::1"


def test_one_without_route(lab):
    """A target without a route ends with the kernel's error, and the others are traced to their ends."""
    lab.chain
    lab.change(f"ip -6 route add unreachable {NOWHERE}/128 metric 1", f"ip -6 route del unreachable {NOWHERE}/128")
    for options, before in ways():
        done = lab.run(*before, "probe6", "trace", "--json", "-n", *options, chain.PLAIN, NOWHERE, seconds=30)
        lines = [json.loads(line) for line in done.out.splitlines()]
        ends = {line["target"]: line for line in lines if line["event"] == "end"}
        equal(set(ends), {chain.PLAIN, NOWHERE}, f"targets that end by {options}", done)
        equal((ends[chain.PLAIN]["reason"], ends[chain.PLAIN]["hops"]), ("reached", chain.LENGTH), "the other", done)
        equal(ends[NOWHERE]["reason"], "send_failed", f"end by {options}", done)
        errors = {line["error"] for line in lines if line["event"] == "send_failed" and line["target"] == NOWHERE}
        expect(errors and errors <= {"EHOSTUNREACH", "ENETUNREACH"}, f"error by {options}", errors)
