# SPDX-License-Identifier: GPL-2.0-or-later
"""The host: its memory, KSM, and the passing of time for all guests.

Free memory is what is left of the total after the host's own use, a pressure that a test can press, and
what guests touched; KSM gives back what it merged while it scans.  When nothing is left the host swaps.
Must stay deterministic for a seed and a sequence of steps.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, field

from guests import GIB, MIB, Guest

PAGE = 4              # KiB
MIN_FREE = 96 * MIB
MERGEABLE = 0.12      # share of a guest's touched pages that have twins
SCAN_COST = 2e-6      # seconds of CPU a page
HERTZ = 100


@dataclass
class Ksm:
    """/sys/kernel/mm/ksm, and what the kernel does behind it."""
    run: int = 0
    pages_to_scan: int = 100
    sleep_millisecs: int = 20
    merge_across_nodes: int = 1
    full_scans: int = 0
    sharing: float = 0           # pages saved
    seen: float = 0
    progress: float = 0
    jiffies: float = 0

    TUNABLE = {"run": 3, "merge_across_nodes": 3, "sleep_millisecs": 1 << 32, "pages_to_scan": 1 << 32}

    @property
    def pages_sharing(self) -> int:
        return int(self.sharing)

    @property
    def pages_shared(self) -> int:
        return (self.pages_sharing + 4) // 5

    def tune(self, wanted: dict) -> None:
        """Key by key as vdsm writes them. ValueError where vdsm or the kernel refuses."""
        for key, value in wanted.items():
            if key not in self.TUNABLE or not 0 <= int(value) < self.TUNABLE[key]:
                raise ValueError(f"Invalid KSM parameter: {key}={value}")
            if key == "merge_across_nodes" and int(value) != self.merge_across_nodes and self.pages_shared:
                raise ValueError("merge_across_nodes: pages are shared")
            if key == "merge_across_nodes" and int(value) > 1:
                raise ValueError("merge_across_nodes: invalid argument")
            setattr(self, key, int(value))
            if key == "run" and self.run == 2:
                self.sharing = self.seen = 0

    def step(self, seconds: float, pages: float) -> None:
        """PAGES: what guests offer for merging."""
        twins = pages * MERGEABLE
        self.sharing = min(self.sharing, twins)
        if self.run != 1 or pages <= 0:
            return
        busy = self.pages_to_scan * SCAN_COST
        scanned = seconds * self.pages_to_scan / (self.sleep_millisecs / 1000 + busy)
        self.jiffies += scanned * SCAN_COST * HERTZ
        self.sharing += min(twins - self.sharing, scanned * (twins - self.sharing) / pages * 1.5)
        self.seen = min(pages, self.seen + scanned)
        self.progress += scanned / pages
        self.full_scans += int(self.progress)
        self.progress %= 1

    def files(self) -> dict[str, int]:
        return {"run": self.run, "pages_to_scan": self.pages_to_scan,
                "sleep_millisecs": self.sleep_millisecs, "merge_across_nodes": self.merge_across_nodes,
                "full_scans": self.full_scans, "pages_shared": self.pages_shared,
                "pages_sharing": self.pages_sharing,
                "pages_unshared": max(0, int(self.seen - self.sharing - self.pages_shared)),
                "pages_volatile": int(self.seen / 100)}


@dataclass
class Host:
    guests: list[Guest]
    total: int = 64 * GIB
    own_use: int = 3 * GIB
    pressure: int = 0
    buffers: int = 64 * MIB
    cached: int = 1 * GIB
    swap_total: int = 8 * GIB
    swap_used: float = 0
    swapped_in: float = 0        # pages, ever
    swapped_out: float = 0
    cpus: int = 16
    frozen: bool = False
    seconds: float = 0           # of the model
    ksm: Ksm = field(default_factory=Ksm)
    seed: int = 1

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @property
    def touched(self) -> float:
        return sum(guest.touched for guest in self.guests if guest.status != "Down")

    @property
    def saved(self) -> float:
        return self.ksm.sharing * PAGE

    @property
    def taken(self) -> float:
        return self.own_use + self.pressure + self.touched - self.saved - self.swap_used

    @property
    def unused(self) -> int:
        """MemFree."""
        return max(0, int(self.total - self.taken - self.buffers - self.cached))

    @property
    def free(self) -> int:
        """What policies call mem_free."""
        return self.unused + self.buffers + self.cached

    def guest(self, key: object) -> Guest:
        for guest in self.guests:
            if key in (guest.name, guest.uuid, guest.index):
                return guest
        raise KeyError(f"no guest {key!r}")

    def advance(self, seconds: float) -> None:
        if self.frozen:
            return
        self.seconds += seconds
        for guest in self.guests:
            guest.step(seconds, self._chance)
        self.ksm.step(seconds, self.touched / PAGE)
        self.settle(seconds)

    def settle(self, seconds: float) -> None:
        """The kernel keeps some memory free: first from its cache, then by swapping."""
        short = MIN_FREE - (self.total - self.taken - self.buffers - self.cached)
        if short > 0:
            given = min(short, self.cached - 128 * MIB)
            self.cached -= int(given)
            out = min(short - given, self.swap_total - self.swap_used)
            self.swap_used += out
            self.swapped_out += out / PAGE
            return
        room = -short
        back = min(self.swap_used, room / 4, 128 * MIB * seconds)
        self.swap_used -= back
        self.swapped_in += back / PAGE
        self.cached += int(min(1 * GIB - self.cached, room / 4, 64 * MIB * seconds))
