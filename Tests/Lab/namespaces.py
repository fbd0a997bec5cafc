"""Kernel namespaces without the help of other programs: enter, make, name. Python 3 standard library only."""

import contextlib
import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags):
    _checked(_libc.unshare(flags), "unshare")


def mount(source, target, kind=None, flags=0, data=None):
    def octets(text):
        return text.encode() if text is not None else None

    _checked(
        _libc.mount(octets(source), octets(target), octets(kind), ctypes.c_ulong(flags), octets(data)),
        f"mount {target}",
    )


def die_with_parent(signal):
    _checked(_libc.prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0), "prctl")


def make_network(name):
    """A new network namespace under the name that `ip netns` and `ip -n` know it by."""
    path = f"/run/netns/{name}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0))
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    unshare(CLONE_NEWNET)
    mount("/proc/self/ns/net", path, flags=MS_BIND)
    _checked(_libc.setns(before, CLONE_NEWNET), "setns")
    os.close(before)


@contextlib.contextmanager
def inside(name):
    """The calling thread's network is that of `name` for the block; None: stays where it is."""
    if name is None:
        yield
        return
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    _checked(_libc.setns(there, CLONE_NEWNET), "setns")
    os.close(there)
    try:
        yield
    finally:
        _checked(_libc.setns(before, CLONE_NEWNET), "setns")
        os.close(before)
