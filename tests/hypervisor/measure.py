#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a steady cycle costs on real guests: libvirt's calls, processor time, the bulk call's duration.

    measure.py MOMD [GUESTS ...]        4 and 15 guests unless told otherwise; one bench after the other

The policies evaluated are the packaged ones, on a host that is not short, once a second.  Prints a line for each
number of guests.  Judges no time, as machines differ; more than one call in a cycle, or any for a guest, is an error.
"""
from __future__ import annotations

import collections
import datetime
import glob
import os
import re
import statistics
import subprocess
import sys
import time

import bench
import shelter
from agent import Agent
from machine import Size

SIZE = Size(max_mib=128, start_mib=128, guarantee_mib=96)
CYCLES = 30
BULK = "virConnectGetAllDomainStats"
_LINE = re.compile(r"^(\S+ \S+)\+0000: (\d+): debug : (\w+):")


def busy_ns(pid: int) -> int:
    """Processor time of a process, all threads."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def durations_ms(log: str) -> list[float]:
    """From the bulk call's arrival in a thread of libvirtd to that thread's giving back of the answer."""
    began: dict[str, datetime.datetime] = {}
    took = []
    for line in log.splitlines():
        if found := _LINE.match(line):
            at, thread, call = datetime.datetime.fromisoformat(found[1]), found[2], found[3]
            if call == BULK:
                began[thread] = at
            elif call == "virDomainFree" and thread in began:
                took.append((at - began.pop(thread)).total_seconds() * 1000)
    return took


def measure(program: str, count: int) -> str:
    it = bench.Bench({f"guest{number}": SIZE for number in range(count)})
    momd = Agent(program, it.path("momd"))
    momd.start()
    momd.wait("all guests", lambda: momd.answers() and momd.knows(*it.names()) and
              all(guest["mem_unused"] for guest in momd.guests().values()), 120)
    assert momd.process and it.libvirtd.process
    pids = (momd.process.pid, it.libvirtd.process.pid)
    cycles = momd.rpc("getStatus")["cycles"]
    calls, before = bench.Calls(it.libvirtd), [busy_ns(pid) for pid in pids]
    start_s = time.monotonic()
    momd.wait("cycles", lambda: calls.seen().count(BULK) >= CYCLES, 600)
    passed_s = time.monotonic() - start_s
    cpu = [(busy_ns(pid) - start) / 1e6 / CYCLES for pid, start in zip(pids, before)]
    counts = collections.Counter(calls.seen())
    took = durations_ms(calls.text())
    cycles = momd.rpc("getStatus")["cycles"] - cycles
    momd.stop()
    others = {call: number for call, number in counts.items() if call != BULK}
    if others or counts[BULK] > cycles + 1:          # one may be under way
        raise RuntimeError(f"{cycles} steady cycles over {count} guests asked libvirt {dict(counts)}")
    return (f"{count} guests, {passed_s:.1f} s, a cycle a second: {counts[BULK]} bulk calls, others {others or 'none'}; "
            f"processor time a cycle: momd {cpu[0]:.2f} ms, libvirtd {cpu[1]:.2f} ms (with the log of its calls); the "
            f"bulk call takes {statistics.median(took):.1f} ms in the median, {max(took):.1f} at most")


def outside(program: str, counts: list[str]) -> int:
    """A shelter each."""
    return max(subprocess.call([sys.executable, "-B", __file__, program, count]) for count in counts)


def main(program: str, counts: list[str]) -> None:
    if len(counts) != 1:
        sys.exit(outside(program, counts or ["4", "15"]))

    def run() -> int:
        print(measure(os.path.abspath(program), int(counts[0])), flush=True)
        return 0

    def missing(reason: str) -> int:
        print(f"cannot measure: {reason}", file=sys.stderr)
        return 1
    shelter.main(run, missing)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
