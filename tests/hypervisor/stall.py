# SPDX-License-Identifier: GPL-2.0-or-later
"""Real memory pressure on this machine that nobody else suffers from: processes that wait for memory, in a control
group that has next to none.

They read a file again and again that does not fit into the group, so that every page has to be won back first; no
swap is needed.  The kernel counts their waiting in /proc/pressure/memory as anybody's.  Inside a shelter only, whose
keeper removes the group.  Must never take memory that the machine needs: the group's limit is its whole size.
"""
from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
from typing import Iterator

import shelter

MIB = 1 << 20
LIMIT_MIB, FILE_MIB, PROCESSES = 32, 96, 2
PRESSURE = "/proc/pressure/memory"
# The hierarchy's top, its file for the limit.
HIERARCHIES = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"))


class Impossible(Exception):
    """Why there can be no pressure on this machine."""


def stalled_us() -> int:
    """For how long some task of this machine has waited for memory, since it was started."""
    try:
        with open(PRESSURE, encoding="ascii") as file:
            return int(file.readline().rpartition("total=")[2])
    except OSError as error:
        raise Impossible(f"the kernel tells of no pressure: {error}") from None


def _make_group() -> str:
    why = "no control group hierarchy has memory"
    for top, limit in HIERARCHIES:
        group = os.path.join(top, f"momd-bench-{shelter.mark(shelter.place())}-stall")
        try:
            if limit == "memory.max":
                with open(os.path.join(top, "cgroup.subtree_control"), "w", encoding="ascii") as file:
                    file.write("+memory")
            os.mkdir(group)
            with open(os.path.join(group, limit), "w", encoding="ascii") as file:
                file.write(str(LIMIT_MIB * MIB))
            return group
        except OSError as error:
            why = f"no control group with little memory can be made: {error}"
            with contextlib.suppress(OSError):
                os.rmdir(group)
    raise Impossible(why)


def _make_file() -> str:
    path = os.path.join(shelter.place(), "stall")
    with open(path, "wb") as file:
        for _ in range(FILE_MIB):
            file.write(os.urandom(MIB))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)     # or its pages would be of our own group
    return path


def _read_for_ever(group: str, path: str) -> None:
    ctypes.CDLL(None).prctl(shelter.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(19)
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
        while True:
            for offset in range(0, FILE_MIB * MIB, mmap.PAGESIZE):
                pages[offset]


@contextlib.contextmanager
def pressure() -> Iterator[None]:
    """Processes wait for memory meanwhile. Impossible, if this machine cannot do that or does not count it."""
    stalled_us()
    group, path = _make_group(), _make_file()
    pids = []
    try:
        for _ in range(PROCESSES):
            pid = os.fork()
            if pid == 0:
                try:
                    _read_for_ever(group, path)
                finally:
                    os._exit(1)
            pids.append(pid)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
        os.unlink(path)
