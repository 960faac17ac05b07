#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The quick start on real guests: libvirtd, four QEMU guests, momd with its packaged policies, a memory hog.

    show_libvirt.py --momd PROGRAM [--seconds 90]

Everything is real: the guests' memory, their balloons, the hog's memory, KSM.  Only the line below which momd
calls the host short of memory is moved, to just below what is free before the hog comes; so nobody's machine has
to be filled up to show it, and the screen says so.  Must never take memory that the machine needs, and leaves
no process, file or knob behind.
"""
from __future__ import annotations

import argparse
import contextlib
import ctypes
import mmap
import os
import signal
import sys
import time
from typing import Any

import agent
import bench
import ksm
import shelter
import table
from machine import MIB, Size

GIB = 1024 * MIB
SIZES = {
    "web": Size(max_mib=320, start_mib=320, guarantee_mib=128),
    "database": Size(max_mib=320, start_mib=320, guarantee_mib=192),
    "idle-1": Size(max_mib=320, start_mib=320, guarantee_mib=128),
    "idle-2": Size(max_mib=320, start_mib=320, guarantee_mib=160),
}
# MiB that each guest holds: at first, which makes the host give it memory, and then.
WORK = {"web": (150, 150, "unique"), "database": (100, 100, "same"),
        "idle-1": (220, 40, "same"), "idle-2": (220, 40, "same")}
HOG_KIB = (1 * GIB, 2 * GIB)       # at least, at most
LEFT_KIB = 2 * GIB                 # what the hog leaves to everybody else, whatever happens
PRESS_AT, RELEASE_AT = 0.12, 0.66  # shares of the time shown
SETTLE_S = 5                       # instead of a minute: the guests are as young as the show
CANNOT = 77                        # exit code: not on this machine
REDRAW_S, BLOCK_S = 1.0, 10.0      # between pictures, on a terminal and off it


class Failed(Exception):
    """What the newcomer is told instead of a traceback."""


def host_memory() -> dict[str, int]:
    """/proc/meminfo, in KiB."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) for line in file}


class Hog:
    """A process that holds memory, as other work on the host would; the first to go if the host runs out."""

    def __init__(self, kib: int) -> None:
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._hold(kib)
            finally:
                os._exit(1)

    @staticmethod
    def _hold(kib: int) -> None:
        ctypes.CDLL(None).prctl(shelter.PR_SET_PDEATHSIG, signal.SIGKILL)
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
        memory = mmap.mmap(-1, kib * 1024, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for offset in range(0, kib * 1024, mmap.PAGESIZE):
            memory[offset] = 1
        signal.pause()

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):     # nobody else waits for it
            os.waitpid(self._pid, 0)


class Show:
    def __init__(self, program: str, seconds: float) -> None:
        self.seconds = seconds
        spare = host_memory()["MemAvailable"] - LEFT_KIB - sum(size.max_mib for size in SIZES.values()) * MIB
        if spare < HOG_KIB[0]:
            raise Failed(f"{(HOG_KIB[0] - spare) / GIB:.1f} GiB more of free memory are needed")
        self.hog_kib = min(spare, HOG_KIB[1])
        print("Starting libvirtd and four small guests in namespaces of their own ...", flush=True)
        self.bench = bench.Bench(SIZES)
        for short, guest in self.bench.guests.items():
            first, then, fill = WORK[short]
            guest.hold(first, fill)
            guest.hold(then, fill)
        if ksm.present():
            ksm.take(shelter.place())
            ksm.write("run", 0)
        self.line = 0.2                     # of the packaged policies
        self.momd = agent.Agent(program, self.bench.path("momd"), settings={"rails": {"settle-time": SETTLE_S}})
        self.calls = bench.Calls(self.bench.libvirtd)
        self.inside = {short: guest.total_kib() for short, guest in self.bench.guests.items()}
        self.smallest = dict(self.inside)
        self.phase = "quiet"
        self.hog: Hog | None = None
        self.merged = 0
        self.marks: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        self.momd.start()
        self.momd.wait("momd knows the guests",
                       lambda: self.momd.answers() and self.momd.knows(*self.bench.names()))
        print(f"momd manages them by its packaged policies. These call a host short of memory below {self.line:.0%} free. "
              "Yours is not\nfilled up that far for a demonstration: when the hog comes, the line is moved to half of what "
              "the hog takes\nbelow what is free then. And the guests are new: momd leaves such alone for a minute, here for "
              f"{SETTLE_S} seconds.\nAll the rest is as it would be.\n", flush=True)
        self.start = time.monotonic()
        self.marks["start"] = self.state()
        picture = table.Picture(sys.stdout)
        next_picture = 0.0
        while (passed := time.monotonic() - self.start) < self.seconds:
            self._follow_script(passed / self.seconds)
            state = self._watch()
            if passed >= next_picture:
                next_picture = passed + (REDRAW_S if picture.in_place else BLOCK_S)
                picture.draw(table.render(self._head(passed), state, self._decisions(), self._log()))
            time.sleep(0.4)
        self.marks["end"] = self.state()
        self.final = {short: guest.total_kib() for short, guest in self.bench.guests.items()}

    def _follow_script(self, share: float) -> None:
        if not self.momd.running:
            raise Failed("momd ended; the end of its log:")
        if self.phase == "quiet" and share >= PRESS_AT:
            self.phase, self.marks["before"] = "pressed", self.state()
            self._press()
        elif self.phase == "pressed" and share >= RELEASE_AT:
            self.phase, self.marks["pressed"] = "released", self.state()
            if self.hog:
                self.hog.end()

    def _press(self) -> None:
        now = self.marks["before"]
        self.line = round((now["free"] - self.hog_kib / 2) / now["total"], 4)
        for name, number in (("02-balloon", "balloon_pressure_share"), ("03-ksm", "ksm_free_share")):
            self.momd.rpc("setNamedPolicy", name, bench.packaged_policy(name, **{number: self.line}))
        self.hog = Hog(self.hog_kib)

    def _watch(self) -> dict[str, Any]:
        state = self.state()
        self.merged = max(self.merged, state["ksm"]["pages_sharing"])
        if self.phase == "pressed":
            for short, guest in self.bench.guests.items():
                self.smallest[short] = min(self.smallest[short], guest.total_kib())
        return state

    # what is shown

    def state(self) -> dict[str, Any]:
        """What tests/peers/table.py draws."""
        memory = host_memory()
        knobs = ("run", "pages_to_scan", "sleep_millisecs", "merge_across_nodes", "pages_sharing")
        targets = dict(self.calls.targets())
        seen = self.momd.guests()
        return {"free": memory["MemFree"] + memory["Buffers"] + memory["Cached"], "total": memory["MemTotal"],
                "swap_used": memory["SwapTotal"] - memory["SwapFree"],
                "ksm": {knob: int(ksm.read(knob)) if ksm.present() else 0 for knob in knobs},
                "guests": {short: self._guest(seen.get(guest.name, {}), targets.get(guest.name), SIZES[short])
                           for short, guest in self.bench.guests.items()}}

    @staticmethod
    def _guest(seen: dict[str, Any], target: int | None, size: Size) -> dict[str, Any]:
        balloon = seen.get("balloon_cur") or size.start_mib * MIB
        return {"max": size.max_mib * MIB, "min": (size.guarantee_mib or 0) * MIB, "balloon": balloon,
                "target": target or balloon, "used": balloon - (seen.get("mem_unused") or 0), "has_balloon": True,
                "ballooning_enabled": True, "odd_types": False, "reports_memory": seen.get("mem_unused") is not None}

    def _head(self, passed: float) -> str:
        what = {"quiet": "quiet", "pressed": f"a hog took {self.hog_kib / GIB:.1f} GiB: short of memory",
                "released": "the hog is gone"}[self.phase]
        return f"{passed:3.0f} of {self.seconds:.0f} s   {what} (the line is at {self.line:.1%} free)"

    def _decisions(self) -> list[str]:
        short = {guest.name: short for short, guest in self.bench.guests.items()}
        return [f"{short.get(name, name)}: balloon target {kib / MIB:.0f} MiB" for name, kib in self.calls.targets()[-5:]]

    def _log(self) -> list[str]:
        return self.momd.log().splitlines()[-3:]

    def summary(self) -> list[str]:
        """Some lines with the numbers; Failed if there is nothing to tell."""
        taken = {short: self.inside[short] - self.smallest[short] for short in SIZES}
        back = sum(self.final[short] - self.smallest[short] for short in SIZES)
        if "pressed" not in self.marks or "end" not in self.marks:
            raise Failed("the time was too short for the story")
        most = max(taken, key=lambda short: taken[short])
        if taken[most] < 16 * MIB:
            raise Failed("momd took no memory from any guest")
        if back <= 0:
            raise Failed("no guest got anything back")
        if ksm.present() and self.merged == 0:
            raise Failed("KSM merged nothing")
        for short, guest in self.marks["pressed"]["guests"].items():
            if guest["balloon"] < guest["min"]:
                raise Failed(f"{short} is below its guarantee")
        merging = (f"KSM kept up to {self.merged * 4 // MIB} MiB of equal pages only once."
                   if ksm.present() else "This kernel has no KSM.")
        return [f"While the host was short, the guests gave {sum(taken.values()) / MIB:.0f} MiB, none went below its "
                f"guarantee.", f"Seen from inside, {most} had {self.inside[most] / MIB:.0f} MiB and was left "
                f"{self.smallest[most] / MIB:.0f}; afterwards the guests got {back / MIB:.0f} MiB of it back.", merging]


def run(options: argparse.Namespace) -> int:
    show = None
    try:
        show = Show(options.momd, options.seconds)
        show.run()
        lines = show.summary()
        if code := show.momd.stop():
            raise Failed(f"momd ended with exit code {code} on SIGTERM")
        print("\n" + "\n".join(lines))
        return 0
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    except (Failed, RuntimeError, AssertionError, OSError) as error:
        log = show.momd.log()[-2000:] if show and os.path.exists(show.momd.log_path) else ""
        return failed(f"{error}\n{log}")


def failed(reason: str, code: int = 1) -> int:
    print(f"\nquickstart failed: {reason}", file=sys.stderr)
    return code


def main() -> None:
    parser = argparse.ArgumentParser(description="momd at work on real QEMU guests.")
    parser.add_argument("--momd", required=True)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("QUICKSTART_SECONDS") or 90))
    options = parser.parse_args()
    shelter.main(lambda: run(options), lambda reason: failed(reason, CANNOT))


if __name__ == "__main__":
    main()
