"""Forged answers to `probe6 ndisc`: each rule of RFC 4861 section 7.1.2 broken once is named and never believed.

The guest's own kernel is asked as well: it believes none of them either.
"""

import subprocess

import forge
import link
from forge import link_option, neighbor_advertisement, option
from lab import equal, expect
from links import SOON, claims, ndisc, rules

TARGET = link.PREFIX + "bad1"
GOOD = neighbor_advertisement(TARGET, link_option(2))

# Sentence's words -> (rule, message, envelope)
BROKEN = {
    "a hop limit of 254": ("hop_limit", GOOD, {"hop_limit": 254}),
    "a wrong checksum": ("checksum", GOOD, {"checksum": 1}),
    "code 1": ("code", neighbor_advertisement(TARGET, link_option(2), code=1), {}),
    "20 octets": ("length", GOOD[:20], {}),
    "an option of length 0": ("option_length", neighbor_advertisement(TARGET, option(2, b"\2\0\0\0\0\1", 0)), {}),
    "an option that overruns": ("option_length", neighbor_advertisement(TARGET, option(2, b"\2\0\0\0\0\1", 9)), {}),
    "octets behind the last option": ("option_length", GOOD + b"\1\1\1\1", {}),
    "an atomic fragment": ("fragmented", GOOD, {"fragment": True}),
    "the solicited flag to all nodes": ("solicited_to_multicast", GOOD, {"destination": "ff02::1"}),
}


def broken_case(words, rule, message, envelope):
    def test(lab):
        guest, mallory = lab.guest(), lab.mallory()
        mallory.advertise(TARGET, message, **envelope)
        run = ndisc(lab, guest, *SOON, TARGET, code=4)
        summary = run.verdict("silent")
        equal((claims(summary), summary["discarded"]), ([], 3), "it is not believed", run)
        for each in run.events("advertisement"):
            equal(each["standing"], "discarded", "standing", run)
            equal(rules(each["message"]), [rule], "rules", run)
        expect(rule in {each["rule"]["rule"] for each in run.findings("broken_rule")}, "the finding", run)
        # The guest's kernel asks for the target by itself, and must not be taken in either.
        subprocess.run([*guest.command, "ping", "-6", "-c", "1", "-W", "1", TARGET], capture_output=True)
        entry = guest.entry(TARGET)
        expect("lladdr" not in entry, "the kernel does not believe it", entry)

    test.__doc__ = f"An advertisement with {words} is shown with its rule and not believed"
    return test


for _words, (_rule, _message, _envelope) in BROKEN.items():
    globals()["test_broken_" + _words.replace(" ", "_")] = broken_case(_words, _rule, _message, _envelope)


def test_multicast_target(lab):
    """An advertisement for a multicast target is no answer"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.advertise(TARGET, neighbor_advertisement("ff02::1:ff00:bad1", link_option(2)))
    ndisc(lab, guest, *SOON, TARGET).verdict("silent")


def test_good_one(lab):
    """The same advertisement unbroken is believed, by us and by the kernel"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.advertise(TARGET, GOOD)
    equal(claims(ndisc(lab, guest, *SOON, TARGET, code=0).verdict("absent")), [forge.LINK], "who claims it")
    subprocess.run([*guest.command, "ping", "-6", "-c", "1", "-W", "1", TARGET], capture_output=True)
    equal(guest.entry(TARGET).get("lladdr"), forge.LINK, "the kernel's entry")


def test_broken_beside_a_good_one(lab):
    """A broken advertisement of another takes nothing from the good one"""
    guest, mallory = lab.guest(), lab.mallory()
    other = neighbor_advertisement(link.ALICE, link_option(2))
    mallory.advertise(link.ALICE, other, hop_limit=64)
    run = ndisc(lab, guest, *SOON, link.ALICE, code=4)
    summary = run.verdict("absent")
    equal(claims(summary), [link.link_address(0x0a)], "who claims it", run)
    equal({each["kind"] for each in run.findings()}, {"broken_rule"}, "findings", run)


def test_frame_differs(lab):
    """A link-layer address in the option that is not the frame's is noticed, and no conflict"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.advertise(TARGET, neighbor_advertisement(TARGET, link_option(2, link.NOBODY_LINK)))
    run = ndisc(lab, guest, *SOON, TARGET, code=0)
    equal(claims(run.verdict("absent")), [link.NOBODY_LINK], "the option counts", run)
    equal([(each["kind"], each["severity"]) for each in run.findings()], [("frame_differs", "notice")], "findings", run)


def test_answer_without_the_option(lab):
    """An answer without the option is known by its frame's source"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.advertise(TARGET, neighbor_advertisement(TARGET))
    summary = ndisc(lab, guest, *SOON, TARGET, code=0).verdict("absent")
    equal([each.get("option_link") for each in summary["claims"]], [None], "option")
    equal(claims(summary), [forge.LINK], "who claims it")


def test_every_cut(lab):
    """Of an advertisement cut at every octet only whole ones count: without the option, and with it"""
    guest, mallory = lab.guest(), lab.mallory()
    targets = {}
    for cut in range(4, len(GOOD) + 1):
        target = f"{link.PREFIX}c:{cut:x}"
        targets[target] = cut
        mallory.advertise(target, neighbor_advertisement(target, link_option(2))[:cut])
    run = ndisc(lab, guest, *SOON, *targets, code=4)
    believed = [targets[each["target"]] for each in run.events("summary") if each["verdict"] == "absent"]
    equal(sorted(believed), [24, 32], "octets of those that count", run)


def test_late_second_owner(lab):
    """The second owner of an address is heard though it answers at the end of the window"""
    guest, mallory = lab.guest(), lab.mallory()
    import threading

    def later(asked):
        threading.Timer(0.7, lambda: mallory.send(forge.frame(
            neighbor_advertisement(link.ALICE, link_option(2)), source=link.ALICE, destination=asked.source,
            to_link=asked.link,
        ))).start()
        return []

    mallory.answer(link.ALICE, later)
    run = ndisc(lab, guest, link.ALICE, code=4)
    equal(claims(run.verdict("conflict")), sorted([link.link_address(0x0a), forge.LINK]), "who claims it", run)


def test_unknown_options_are_kept(lab):
    """Options that nobody knows are shown as octets"""
    guest, mallory = lab.guest(), lab.mallory()
    mallory.advertise(TARGET, neighbor_advertisement(TARGET, option(250, b"\x1b[31m"), link_option(2)))
    run = ndisc(lab, guest, *SOON, TARGET, code=0)
    shown = [each for each in run.one("advertisement")["message"]["options"] if each["type"] == 250]
    equal([each["data"] for each in shown], ["1b5b33316d00"], "the unknown option", run)


def test_many_answers(lab):
    """A thousand stations that claim one address neither stop the tool nor grow it without bound"""
    guest, mallory = lab.guest(), lab.mallory()

    def thousand(asked):
        return [forge.frame(neighbor_advertisement(TARGET, link_option(2, f"02:00:00:99:{each >> 8:02x}:{each & 255:02x}")),
                            source=TARGET, destination=asked.source, to_link=asked.link,
                            link=f"02:00:00:99:{each >> 8:02x}:{each & 255:02x}") for each in range(1000)]

    mallory.answer(TARGET, thousand)
    run = ndisc(lab, guest, "-w", "3s", TARGET, code=4)
    summary = run.verdict("conflict")
    expect(2 <= len(summary["claims"]) <= 1000, "claims", len(summary["claims"]))
