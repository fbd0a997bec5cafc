"""A peer that answers wrongly on purpose (peer.py): what it sends never changes a verdict, time or timer."""

from lab import equal, expect

TEN = ["-c", "10", "-i", "0.01", "-W", "0.5"]
BOTH_PATHS = (["--datagram"], ["--raw"])


def place(mode, n=0):
    return f"fd00:6:f::{mode:x}:{n:x}"


def sane(run):
    for each in run.round_trips():
        expect(0 <= each < 1_000_000_000, f"a round trip of {each} ns", run)
    if "rtt_ns" in run.summary:
        for name, value in run.summary["rtt_ns"].items():
            expect(0 <= value < 1_000_000_000, f"{name} of {value} ns", run)


def all_replied(lab, mode, n=0, **more):
    for path in BOTH_PATHS:
        run = lab.ping(*path, *TEN, place(mode, n))
        run.counts(attempted=10, sent=10, replied=10, lost=0, duplicates=0, icmp_errors=0, corrupted=0, **more)
        equal(run.code, 0, "exit code", run)
        sane(run)
        yield path, run


def reasons(run):
    return {event["reason"] for event in run.events("rejected")}


def test_plain(lab):
    """An honest peer in user space is believed."""
    for _, run in all_replied(lab, 0x1):
        run.counts(rejected=0)


def test_unsent_sequence(lab):
    """Replies to sequences that were never sent are rejected and change nothing."""
    for n in (1, 100, 0x8000):
        for _, run in all_replied(lab, 0x5, n):
            expect(run.summary["rejected"] >= 9, "each was counted", run)


def test_forged_stamps(lab):
    """Forged time stamps in the payload change no round trip."""
    for n in (0, 1, 2):
        for _, run in all_replied(lab, 0x6, n):
            expect(run.summary["rtt_ns"]["max"] < 200_000_000, "round trips are real", run)


def test_wrong_source(lab):
    """A reply from another address is rejected for its source, and its probe is lost."""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "5", "-i", "0.01", "-W", "0.3", place(0x7))
        run.counts(attempted=5, replied=0, lost=5, rejected=5)
        equal(reasons(run), {"source"}, "reasons", run)
        equal(run.code, 1, "exit code", run)


def test_wrong_and_true_source(lab):
    """A true reply counts although a false one from another address came first."""
    for _, run in all_replied(lab, 0x7, 1):
        equal(reasons(run), {"source"}, "reasons", run)


def test_other_identifier(lab):
    """Replies with another identifier are none of ours."""
    for _, run in all_replied(lab, 0x8, 3):
        expect(reasons(run) <= {"identifier"}, "reasons", run)


def test_corrupted(lab):
    """An inverted octet is found at its offset."""
    for path in BOTH_PATHS:
        for offset in (0x20, 0x37):
            run = lab.ping(*path, *TEN, place(0x9, offset))
            run.counts(attempted=10, corrupted=10, replied=0, lost=0)
            found = {event["offset"] for event in run.lines if "offset" in event}
            equal(found, {offset}, "offsets", run)


def test_every_inverted_octet(lab):
    """Whichever payload octet is inverted, no probe has two verdicts and none is believed wrongly."""
    for offset in range(0, 56, 5):
        run = lab.ping("-c", "3", "-i", "0.005", "-W", "0.2", place(0x9, offset))
        run.counts(attempted=3, duplicates=0)
        sane(run)


def test_truncated(lab):
    """A reply shorter than the request is corrupted, not believed, and shown with its length."""
    for n in (55, 40, 24):
        run = lab.ping(*TEN, place(0xA, n))
        run.counts(attempted=10, replied=0, corrupted=10, lost=0)
    for n in (0, 1, 7, 8, 15, 16):
        run = lab.ping("-c", "3", "-i", "0.005", "-W", "0.2", place(0xA, n))
        run.counts(attempted=3, replied=0, duplicates=0)


def test_extended(lab):
    """A reply longer than the request is not taken for an honest one, up to the largest."""
    for n in (1, 16, 1400, 0xF000):
        run = lab.ping("-c", "3", "-i", "0.005", "-W", "0.5", place(0xB, n))
        run.counts(attempted=3, lost=0, duplicates=0)
        equal(run.summary["replied"] + run.summary["corrupted"], 3, "answered", run)


def test_short_messages(lab):
    """ICMPv6 messages of 4 to 7 octets are passed over."""
    for n in range(4, 8):
        for _, run in all_replied(lab, 0xC, n):
            pass


def test_exact_drop(lab):
    """A peer that leaves out every tenth of a hundred leaves ten lost."""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "100", "-i", "0.002", "-W", "0.5", place(0xD, 10))
        run.counts(attempted=100, replied=90, lost=10)


def test_delay_below_timeout(lab):
    """Replies after 100 ms are replies, with round trips of at least that."""
    run = lab.ping("-c", "10", "-i", "0.01", "-W", "2", place(0x2, 100))
    run.counts(replied=10, lost=0)
    expect(all(each >= 100_000_000 for each in run.round_trips()), "at least 100 ms", run)


def test_late(lab):
    """Replies after the timeout are late, not lost and not duplicates."""
    run = lab.ping("-c", "10", "-i", "0.1", "-W", "0.2", place(0x2, 500))
    run.counts(attempted=10, replied=0, duplicates=0, in_flight=0)
    equal(run.summary["late"] + run.summary["lost"], 10, "late and lost", run)
    expect(run.summary["late"] >= 4, "those that came before the end are late", run)


def test_reordered(lab):
    """Replies in swapped pairs are counted as reordered, and none is lost."""
    run = lab.ping("-c", "20", "-i", "0.01", "-W", "2", place(0x3))
    run.counts(attempted=20, replied=20, lost=0, reordered=10, duplicates=0)


def test_copies(lab):
    """Copies are duplicates and never count as replies."""
    for path in BOTH_PATHS:
        run = lab.ping(*path, *TEN, place(0x4, 3))
        run.counts(attempted=10, replied=10, lost=0)
        expect(27 <= run.summary["duplicates"] <= 30, "three for each, the last ones perhaps unread", run)


def test_errors_of_every_type(lab):
    """Errors of every type and code from the destination are told as they came."""
    for kind, code in [(1, 2), (1, 7), (1, 8), (1, 200), (3, 1), (3, 7)]:
        run = lab.ping("-c", "3", "-i", "0.01", place(0xE, kind << 8 | code))
        run.counts(attempted=3, icmp_errors=3, lost=0)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"]), (kind, code), "type and code", event)


def test_parameter_problem(lab):
    """Parameter problems are told with code and pointer."""
    for code, pointer in [(0, 4), (1, 40), (2, 48), (10, 255)]:
        run = lab.ping("-c", "2", "-i", "0.01", place(0x14, code << 8 | pointer))
        run.counts(attempted=2, icmp_errors=2)
        for event in run.events("icmp_error"):
            equal((event["type"], event["code"]), (4, code), "type and code", event)
            equal(event["pointer"], pointer, "pointer", event)


def test_small_mtu(lab):
    """A packet too big with an MTU below 1280 is shown, and the run goes on."""
    run = lab.ping("-c", "3", "-i", "0.01", place(0x13, 68))
    run.counts(attempted=3, icmp_errors=3)
    for event in run.events("icmp_error"):
        equal((event["type"], event["mtu"]), (2, 68), "type and mtu", event)


def test_quotes_of_other_packets(lab):
    """Errors that quote packets which we did not send change nothing."""
    for _, run in all_replied(lab, 0xF, 0x0100):
        pass


def test_short_quotes(lab):
    """Errors that quote next to nothing change nothing."""
    for n in (0, 1, 8, 39, 40, 44, 47):
        run = lab.ping("-c", "5", "-i", "0.005", "-W", "0.5", place(0x11, n))
        run.counts(attempted=5, replied=5, lost=0, icmp_errors=0)


def test_error_and_reply(lab):
    """An error and a reply to the same probe give one verdict."""
    run = lab.ping(*TEN, place(0x10, 0x0103))
    run.counts(attempted=10, lost=0)
    equal(run.summary["icmp_errors"] + run.summary["replied"], 10, "verdicts", run)


def test_garbage(lab):
    """Replies with a payload that we never sent are rejected, and do not hide the true one."""
    for _, run in all_replied(lab, 0x12, 3):
        # A raw socket hears late replies to the test before it as well.
        ours = [each["reason"] for each in run.events("rejected") if each["source"] == run.lines[0]["destination"]]
        expect(set(ours) <= {"nonce", "stamp"} and len(ours) >= 30, "rejected", run)


def test_hop_limit_of_reply(lab):
    """The reply's hop limit is the one that arrived."""
    run = lab.ping(*TEN, place(0x15, 9))
    equal({event["hop_limit"] for event in run.events("reply")}, {6}, "hop limits", run)


def test_largest_payload(lab):
    """The largest payload that one packet can hold comes back whole."""
    for path in BOTH_PATHS:
        run = lab.ping(*path, "-c", "2", "-i", "0.01", "-s", "65000", "::1")
        run.counts(attempted=2, replied=2, corrupted=0)
        equal({event["bytes"] for event in run.events("reply")}, {65008}, "octets", run)
