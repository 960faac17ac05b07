#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What decisions cost of a whole cycle over libvirt, whose client library counts too.

    decision_share.py MOMD [FEW MANY]      1 and 6 guests unless told otherwise

Runs momd in callgrind beside real guests with the packaged policies: first nothing moves, then it takes from all
guests and gives back to all in turn.  Counts instructions between two questions: the median cycle of each bench,
and by the difference what one more guest costs.  Nobody asks for decisions, the ring is full, and the log is at
warning.  Fails if decisions take more than they may of a cycle, be it with few guests, with many, or of what one
more guest adds.  tests/bench/cycle-share.py does the same over vdsm.
"""
from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import astuple

import bench
import shelter
from agent import Agent
from machine import Size

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench"))

from cycle_profile import Profile, callgrind      # noqa: E402  (after the path)

BOUND_PERCENT = 5
SIZE = Size(max_mib=160, start_mib=160, guarantee_mib=96)
INTERVAL_S = 4            # callgrind is slow, and guests must have moved
CYCLES = 6                # of each kind
PATIENCE_S = 400
KINDS = ("nothing moves", "all move")
# The host is short of memory while all guests have all theirs.
IN_TURN = """
(with Guests guest (if (< guest.balloon_cur guest.balloon_max) (set balloon_pressure_share 0.001) 0))
# ---- what follows"""


def settings(count: int) -> dict[str, dict[str, object]]:
    return {"main": {"adaptive-interval": "false", "decisions-kept": count},
            "guest": {"collectors": "GuestMemoryOptional, GuestBalloonOptional"},
            "rails": {"settle-time": 0, "max-change": 0},
            "logging": {"verbosity": "warn"}}


def balloon_policy(kind: str) -> str:
    if kind == "nothing moves":
        return bench.packaged_policy("02-balloon", balloon_pressure_share=0.001)
    policy = bench.packaged_policy("02-balloon", balloon_pressure_share=1.1)
    head, mark, tail = policy.partition("# ---- what follows")
    assert mark
    return head + IN_TURN + tail


def profiles_of(momd: Agent, place: str, count: int, targets: int) -> list[Profile]:
    """Of cycles that sent so many TARGETS."""
    momd.wait("numbers of all guests", lambda: momd.answers() and len(momd.guests()) == count and
              all(guest["mem_unused"] for guest in momd.guests().values()), PATIENCE_S)
    # A dump is named for the cycle that began then. What is under way now was asked for the numbers.
    number = 2 + max(int(name.rpartition(".")[2]) for name in os.listdir(place) if name.startswith("profile."))
    found: list[Profile] = []

    def enough() -> bool:
        nonlocal number
        while os.path.exists(os.path.join(place, f"profile.{number + 1}")):      # so this one is whole
            profile = Profile.read(os.path.join(place, f"profile.{number}"))
            if profile.evaluations == 1 and profile.targets == targets:
                found.append(profile)
            number += 1
        return len(found) >= CYCLES
    momd.wait("cycles of that kind", enough, PATIENCE_S)
    return found


def measure(program: str, it: bench.Bench, kind: str) -> Profile:
    count = len(it.guests)
    place = it.path(kind.replace(" ", "-"))
    momd = Agent(program, place, {"02-balloon": balloon_policy(kind)}, INTERVAL_S, settings(count),
                 callgrind(os.path.join(place, "profile")))
    momd.start()
    try:
        profiles = profiles_of(momd, place, count, count if kind == "all move" else 0)
    finally:
        momd.stop()
    return Profile(*(int(statistics.median(column)) for column in zip(*map(astuple, profiles))))


def measure_all(program: str, count: int) -> list[Profile]:
    """One for each kind."""
    it = bench.Bench({f"guest{number}": SIZE for number in range(count)})
    return [measure(program, it, kind) for kind in KINDS]


def inside(program: str, count: int) -> list[Profile]:
    """The same in a shelter of its own."""
    said = subprocess.run([sys.executable, "-B", __file__, program, str(count)], stdout=subprocess.PIPE, text=True)
    if said.returncode:
        sys.exit(said.returncode)
    return [Profile(*values) for values in json.loads(said.stdout)]


def tell(what: str, kind: str, profile: Profile) -> bool:
    """Whether it is as it should be."""
    good = 0 < profile.percent <= BOUND_PERCENT
    print(f"{what:<15} {kind:<14} {profile.whole / 1e3:8.1f} {profile.evaluation / 1e3:11.2f} "
          f"{profile.decisions / 1e3:10.2f} ({profile.percent:.1f} %)" +
          ("" if good else f"  not within {BOUND_PERCENT} %"), flush=True)
    return good


def outside(program: str, few: int, many: int) -> int:
    benches = [inside(program, count) for count in (few, many)]
    print(f"{'':<15} {'cycle':<14} {'whole':>8} {'evaluation':>11} {'decisions':>10}   thousands of instructions")
    good = True
    for kind, *pair in zip(KINDS, *benches):
        small, large = (astuple(profile) for profile in pair)
        more = Profile(*((b - a) / (many - few) for a, b in zip(small, large)))
        for what, profile in zip((f"guests: {few}", f"guests: {many}", "one more guest"), (*pair, more)):
            good = tell(what, kind, profile) and good
    return 0 if good else 1


def main(program: str, counts: list[int]) -> None:
    if len(counts) != 1:
        sys.exit(outside(program, *(counts or [1, 6])))

    def run() -> int:
        print(json.dumps([astuple(profile) for profile in measure_all(os.path.abspath(program), counts[0])]))
        return 0

    def missing(reason: str) -> int:
        print(f"skipped: {reason}", file=sys.stderr)
        return 77
    if not shutil.which("valgrind"):
        sys.exit(missing("valgrind is not installed"))
    shelter.main(run, missing)


if __name__ == "__main__":
    main(sys.argv[1], [int(count) for count in sys.argv[2:]])
