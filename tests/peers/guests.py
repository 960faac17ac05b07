# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest and how its memory behaves over time.

Sizes are KiB, times are seconds of the model.  A guest's pages are used (its working set), cache, or
free; what it ever touched stays on the host until a balloon gives it back.  The balloon moves at a rate,
takes cache before it stops, and stops above what the guest uses, whatever the target says.  Must stay
deterministic: all chance comes from the random generator that is passed in.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, field

MIB = 1024
GIB = 1024 * MIB

KERNEL = 128 * MIB           # of the guest's memory its kernel never hands out
MIN_FREE = 24 * MIB          # below it the guest's balloon driver gets no pages
MIN_CACHE = 16 * MIB
INFLATE_RATE = 256 * MIB     # a second
DEFLATE_RATE = 1024 * MIB
GROW_RATE = 400 * MIB        # how fast a working set moves to what is demanded
CACHE_RATE = 48 * MIB
QUOTA_NONE = 17592186044415  # what an unlimited quota reads back as on cgroup v2

LIMITS = ("total_bytes_sec", "read_bytes_sec", "write_bytes_sec",
          "total_iops_sec", "read_iops_sec", "write_iops_sec")


@dataclass
class Disk:
    name: str
    path: str
    tune: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0))


@dataclass
class Guest:
    index: int
    name: str
    uuid: str
    max: int
    min: int
    balloon: int
    vcpus: int = 2
    used: float = 0
    cache: float = 0
    touched: float = 0
    target: int = 0
    status: str = "Up"
    has_balloon: bool = True
    ballooning_enabled: bool = True
    reports_memory: bool = True
    odd_types: bool = False
    nonsense: bool = False
    vcpu_limit: str | None = None
    vcpu_quota: int = QUOTA_NONE
    vcpu_period: int = 100000
    disks: list[Disk] = field(default_factory=list)
    io_policy: list[dict] = field(default_factory=list)
    demand: float = 0
    cache_share: float = 0.35
    script: list[tuple[float, float]] = field(default_factory=list)   # (at seconds, share of max)
    age: float = 0
    counters: dict[str, float] = field(default_factory=lambda: dict.fromkeys(
        ("swap_in", "swap_out", "major_fault", "minor_fault"), 0.0))

    def __post_init__(self) -> None:
        self.target = self.target or self.balloon
        self.demand = self.demand or self.used
        self.cache = self.cache or self.cache_share * self.visible

    @property
    def pid(self) -> int:
        return 4000 + 10 * self.index

    @property
    def visible(self) -> float:
        """What the guest's own kernel calls its total."""
        return max(0, self.balloon - KERNEL)

    @property
    def unused(self) -> float:
        return max(0.0, self.visible - self.used - self.cache)

    @property
    def resident(self) -> float:
        """What the guest holds of the host's memory."""
        return min(self.touched, self.balloon)

    def demand_share(self, share: float) -> None:
        self.demand = share * self.max

    def step(self, seconds: float, chance: random.Random) -> None:
        if self.status != "Up":
            return
        self.age += seconds
        while self.script and self.age >= self.script[0][0]:
            self.demand_share(self.script.pop(0)[1])
        before = self.used + self.cache
        self._use(seconds, chance)
        self._move_balloon(seconds)
        self._fill_cache(seconds)
        self.touched = min(self.balloon, max(self.touched, KERNEL + self.used + self.cache))
        changed_pages = abs(self.used + self.cache - before) / 4
        self.counters["minor_fault"] += changed_pages + 200 * seconds
        self.counters["major_fault"] += 0.5 * seconds

    def _use(self, seconds: float, chance: random.Random) -> None:
        wish = self.demand * (1 + 0.01 * (chance.random() - 0.5))
        step = GROW_RATE * seconds
        self.used += max(-step, min(step, wish - self.used))
        over = self.used - (self.visible - MIN_FREE)
        if over > 0:
            self._swap("swap_out", over)
            self.used -= over
        elif self.counters["swap_out"] > self.counters["swap_in"] and self.unused > 4 * MIN_FREE:
            self._swap("swap_in", min(self.unused / 8, 64 * MIB * seconds))

    def _swap(self, way: str, kib: float) -> None:
        self.counters[way] += kib / 4
        self.counters["major_fault"] += kib / 4
        self.counters["swap_in"] = min(self.counters["swap_in"], self.counters["swap_out"])

    def _move_balloon(self, seconds: float) -> None:
        if not self.has_balloon:
            return
        if self.target > self.balloon:
            self.balloon = int(min(self.target, self.max, self.balloon + DEFLATE_RATE * seconds))
        elif self.target < self.balloon:
            self._inflate(min(self.balloon - self.target, INFLATE_RATE * seconds))

    def _inflate(self, wanted: float) -> None:
        taken = min(wanted, self.unused + max(0, self.cache - MIN_CACHE) - MIN_FREE)
        if taken <= 0:
            return
        short = taken - (self.unused - MIN_FREE)
        if short > 0:
            self.cache -= min(short, max(0, self.cache - MIN_CACHE))
        free_touched = max(0.0, self.touched - KERNEL - self.used - self.cache)
        given_back = taken * min(1.0, free_touched / self.unused) if self.unused else 0
        self.balloon -= int(taken)
        self.touched -= given_back

    def _fill_cache(self, seconds: float) -> None:
        room = self.unused - 2 * MIN_FREE
        wish = self.cache_share * self.visible - self.cache
        if wish < 0 or room < 0:
            self.cache = max(0.0, self.cache - CACHE_RATE * 4 * seconds)
        else:
            self.cache += max(0.0, min(wish, room, CACHE_RATE * seconds))
