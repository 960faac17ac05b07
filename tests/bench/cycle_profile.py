# SPDX-License-Identifier: GPL-2.0-or-later
"""What callgrind counted between the beginnings of two cycles of momd, and what of it is for decisions.

All threads count.  For decisions is what their files and the trace's take, with all that they call.  Must never
count a call among these files twice: only what comes into them from others.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

# Called once in a cycle, as it begins.
BEGINS = "mom_pulse_asked"
EVALUATES = "mom_policy_evaluate"
# What comes into these files from others is what decisions cost.
FILES = re.compile(r"agent/decisions/|policy/(trace|reads)\.c$")
FUNCTIONS = re.compile(r"mom_(trace|decisions?|knobs?|read_names)_")


@dataclass
class Profile:
    """Instructions between the beginnings of two cycles."""
    whole: int = 0
    decisions: int = 0
    evaluation: int = 0
    evaluations: int = 0
    targets: int = 0          # balloon targets that libvirt was told

    @property
    def percent(self) -> float:
        return 100 * self.decisions / self.whole

    @classmethod
    def read(cls, path: str) -> "Profile":
        profile, inside, called = cls(), False, ""
        with open(path, encoding="utf-8") as file:
            for line in file:
                key, _, value = line.rstrip("\n").partition("=")
                if key == "fl":
                    inside = FILES.search(value) is not None
                elif key == "cfn":
                    called = value
                elif key == "calls":
                    profile._add_calls(called, inside, int(value.split()[0]), int(next(file).split()[1]))
                elif line.startswith("totals: "):
                    profile.whole = int(line.split()[1])
        return profile

    def _add_calls(self, called: str, inside: bool, calls: int, cost: int) -> None:
        if FUNCTIONS.match(called) and not inside:
            self.decisions += cost
        elif called == EVALUATES:
            self.evaluation += cost
            self.evaluations += calls
        elif called == "virDomainSetMemoryFlags":
            self.targets += calls


def callgrind(profiles: str) -> tuple[str, ...]:
    """What momd's command begins with. What was counted before cycle N, from 1, began is put into PROFILES.N."""
    return ("valgrind", "--tool=callgrind", f"--callgrind-out-file={profiles}", f"--dump-before={BEGINS}",
            "--compress-strings=no", "--compress-pos=no")
