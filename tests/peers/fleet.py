# SPDX-License-Identifier: GPL-2.0-or-later
"""The guests of the stand-in: ordinary ones first, then one of each odd kind.

The odd kinds are those that have hurt memory managers: no balloon data, ballooning switched off, a guest
below its guarantee, numbers of strange types, no memory statistics, a CPU limit, a disk limit, and (a
thirteenth, not in the quick start) nothing but nonsense.  Tests name guests: names here are an
interface, and must not change without the tests.
"""
from __future__ import annotations

import random
import uuid
from typing import Any

from guests import GIB, LIMITS, Disk, Guest

TOUCHED = 0.62        # share of its memory that a guest touched before the story begins

# name, max GiB, share of max in use, and what is special
TABLE: tuple[tuple[str, int, float, dict[str, Any]], ...] = (
    ("web-01", 8, 0.15, {"vcpus": 4}),
    ("web-02", 8, 0.20, {"vcpus": 4}),
    ("db-01", 16, 0.40, {"vcpus": 8, "cache_share": 0.2}),
    ("build-01", 8, 0.10, {}),
    ("mail-01", 4, 0.30, {}),
    ("disk-limited", 4, 0.20, {"io_limit": True}),
    ("capped", 4, 0.20, {"vcpu_limit": "50"}),
    ("starved", 8, 0.25, {"balloon": 4 * GIB, "min": 6 * GIB}),
    ("no-balloon", 4, 0.30, {"has_balloon": False}),
    ("fixed", 4, 0.20, {"ballooning_enabled": False}),
    ("odd-types", 4, 0.20, {"odd_types": True}),
    ("no-stats", 4, 0.25, {"reports_memory": False}),
    ("nonsense", 4, 0.25, {"nonsense": True}),
)


def _uuid(index: int) -> str:
    return str(uuid.UUID(int=0x6D6F6D64_0000_4000_8000_000000000000 + index))


def _disks(index: int, count: int) -> list[Disk]:
    chance = random.Random(index)

    def part() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    return [Disk(f"sd{letter}", f"/rhev/data-center/mnt/blockSD/{part()}/images/{part()}/{part()}")
            for letter in "abcd"[:count]]


def make(index: int) -> Guest:
    if index < len(TABLE):
        name, gib, share, special = TABLE[index]
    else:
        name, gib, share, special = f"vm-{index:03d}", (2, 4, 8, 16)[index % 4], 0.25, {}
    special = dict(special)
    limited = special.pop("io_limit", False)
    size = gib * GIB
    fields: dict[str, Any] = {"max": size, "min": size // 2, "balloon": size, "used": share * size}
    fields.update(special)
    guest = Guest(index=index, name=name, uuid=_uuid(index), disks=_disks(index, 1 + index % 2), **fields)
    guest.touched = TOUCHED * guest.balloon
    if limited:
        disk = guest.disks[0]
        maximum = dict.fromkeys(LIMITS, 0) | {"read_bytes_sec": 104857600, "write_bytes_sec": 52428800,
                                              "total_iops_sec": 2000}
        guest.io_policy = [{"name": disk.name, "path": disk.path,
                            "guaranteed": dict.fromkeys(LIMITS, 0), "maximum": maximum}]
    return guest


def make_all(count: int) -> list[Guest]:
    return [make(index) for index in range(count)]
