#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What decisions cost of a whole cycle over vdsm: asking, reading its answer, evaluating, sending verbs.

Runs momd in callgrind beside the stand-in for vdsm, with the stock set, and counts instructions between two
questions.  Events begin the cycles: first nothing moves, then every guest does, as the host is pressed and
released in turn.  Nobody asks for decisions, and the log is at warning (decision-cost counts their lines).
Fails if a cycle spends more on decisions than it may: what their files and the trace's take, but not the
interpreter's own detours while it is traced (a quarter to a third of what the trace takes).
Usage: cycle-share.py MOMD [GUESTS [tls]]
"""
from __future__ import annotations

import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

from cycle_profile import Profile, callgrind      # noqa: E402  (after the path)
from momd import INTERVALS, Momd            # noqa: E402  (after the path)
from running import Running      # noqa: E402

BOUND_PERCENT = 5
ASKS, MOVES = "Host.getAllVmStats", "VM.setBalloonTarget"
HOST_GIB_EACH, PRESS_GIB_EACH = 10, 4.1    # half of the host is free, or an eighth
ODD_GUESTS = 5                             # in the stand-in's fleet: they cannot be moved
# At first guests are got to know, and one gets what it is guaranteed.
KINDS = ["getting to know"] * 2 + ["nothing moves"] * 3 + ["all move"] * 4
PATIENCE_S = 900           # valgrind on a machine that has much else to do


class Cycles:
    """Makes momd take one cycle at a time, and has a profile of each."""

    def __init__(self, momd: Momd, peer: Running, profiles: str) -> None:
        """MOMD has just been started. It begins as it likes: a cycle at once, another when vdsm is connected."""
        self.momd, self.peer, self.profiles = momd, peer, profiles
        self.begun = 1
        self._wait_for_cycle(asked_before=0)
        while os.path.exists(self._path(self.begun + 1)):
            self.begun += 1

    def _path(self, number: int) -> str:
        """Where callgrind puts what was counted before cycle NUMBER, from 1, began."""
        return f"{self.profiles}.{number}"

    def _count(self, method: str) -> int:
        return int(self.peer.control("counts").get(method, 0))

    def _sleeps(self) -> bool:
        assert self.momd.process
        with open(f"/proc/{self.momd.process.pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "S"

    def _is_done(self, asked_before: int) -> bool:
        """vdsm was asked, nothing is under way, and momd has nothing to do: it waits, look after look."""
        if self._count(ASKS) <= asked_before or self.peer.control("state")["working"]:
            return False
        return all(self._sleeps() and not time.sleep(0.05) for _ in range(10))

    def _wait_for_cycle(self, asked_before: int) -> None:
        self.momd.wait("a cycle", lambda: os.path.exists(self._path(self.begun)), PATIENCE_S)
        self.momd.wait("its end", lambda: self._is_done(asked_before), PATIENCE_S)

    def run(self, press_gib: float) -> int:
        """A cycle, begun by an event when balloons are where they were told to be. How many guests it moved."""
        self.peer.control("freeze", on=False)
        self.peer.control("advance", seconds=10)
        self.peer.control("freeze")      # so that it has no time to take from momd
        self.peer.control("press", gib=press_gib)
        asked, moved = self._count(ASKS), self._count(MOVES)
        self.begun += 1
        self.peer.control("event", name="web-01", params={"status": "Up"})
        self._wait_for_cycle(asked)
        return self._count(MOVES) - moved

    def profile(self, ago: int) -> Profile:
        """Of the cycle so many before the last one, at least 1: it was written as the next one began."""
        return Profile.read(self._path(self.begun - ago + 1))


def settings(guests: int) -> dict[str, dict[str, object]]:
    """No cycle begins by itself, what was sampled last counts alone, and the ring of decisions is full."""
    return {"main": {**dict.fromkeys(INTERVALS, 3600), "sample-history-length": 1, "min-cycle": 0.1,
                     "adaptive-interval": "false", "decisions-kept": guests},
            "rails": {"settle-time": 0},
            "vdsm": {"request-timeout": PATIENCE_S},
            "logging": {"verbosity": "warn"}}


def run_all(cycles: Cycles, guests: int) -> list[int]:
    """How many guests each cycle moved. One more begins, as its beginning ends the last."""
    press_gib = PRESS_GIB_EACH * guests
    first = KINDS.index("all move")
    moves = [cycles.run(press_gib if kind == "all move" and (number - first) % 2 == 0 else 0)
             for number, kind in enumerate(KINDS)]
    cycles.run(0)
    return moves


def measure(program: str, place: str, guests: int, plain: bool) -> list[tuple[str, int, Profile]]:
    """Kind, moves and profile of each cycle."""
    peer = Running("--guests", str(guests), "--memory", str(guests * HOST_GIB_EACH), plain=plain,
                   directory=place)
    profiles = os.path.join(place, "profile")
    momd = Momd(program, peer, os.path.join(place, "momd"), settings=settings(guests),
                before=callgrind(profiles))
    with open(os.path.join(momd.policy_dir, "01-parameters.policy"), "a", encoding="utf-8") as file:
        file.write("(set balloonEnabled True)\n")
    try:
        momd.start()
        cycles = Cycles(momd, peer, profiles)
        moves = run_all(cycles, guests)
        return [(kind, moves[i], cycles.profile(len(KINDS) - i)) for i, kind in enumerate(KINDS)]
    finally:
        momd.stop()
        peer.stop()


def complaint(kind: str, moves: int, profile: Profile, guests: int) -> str | None:
    """What is wrong with a cycle, or with how it was measured."""
    if profile.evaluations != 1:
        return f"the policies were evaluated {profile.evaluations} times"
    if kind == "all move" and moves < guests - ODD_GUESTS:
        return f"only {moves} guests were moved"
    if profile.decisions < 100 * moves or profile.decisions == 0:
        return "decisions were not counted"
    if profile.percent > BOUND_PERCENT:
        return f"decisions took more than {BOUND_PERCENT} %"
    return None


def main(arguments: list[str]) -> int:
    program = arguments[0]
    guests = int(arguments[1]) if len(arguments) > 1 else 1000
    plain = arguments[2:] != ["tls"]
    failed = False
    with tempfile.TemporaryDirectory(prefix="mom-bench-") as place:
        rows = measure(program, place, guests, plain)
    print(f"{guests} guests, {'plain' if plain else 'TLS'}; millions of instructions")
    print("cycle               moves     whole  evaluation  decisions")
    for kind, moves, profile in rows:
        wrong = complaint(kind, moves, profile, guests)
        failed = failed or wrong is not None
        print(f"{kind:<18} {moves:6d} {profile.whole / 1e6:9.1f} {profile.evaluation / 1e6:11.2f} "
              f"{profile.decisions / 1e6:10.2f} ({profile.percent:.1f} %)" + (f"  {wrong}" if wrong else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
