# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stock policies must answer, computed a second time.

Written from SEMANTICS section 17 and not from the policies, in another language, so that an error in one
does not hide in the other.  Speaks of a host that stands still: averages are present values.  Must stay
free of anything that momd computed.
"""
from __future__ import annotations

from typing import Any

PRESSED = 0.20
STEP = 0.05
WORTH_IT = 0.0025


def _guest_target(guest: dict[str, Any], free_share: float, shrink: bool) -> float | None:
    size = guest["balloon"]
    reserve = free_share - 0.05 if free_share <= 0.05 else free_share
    floor = max(guest["min"], size - guest["unused"] + reserve * size)
    if shrink:
        wish = max(size * (1 - STEP), floor)
        allowed = wish <= size
    else:
        wish = min(max(size * (1 + STEP), floor), guest["max"])
        allowed = size < guest["max"]
    return wish if allowed and abs(wish - size) > WORTH_IT * size else None


def balloon_targets(state: dict[str, Any], ballooning: bool) -> dict[str, float]:
    """Guest name -> target in KiB; a guest that is to be left alone is absent. STATE is the stand-in's."""
    free_share = state["free"] / state["total"]
    targets: dict[str, float] = {}
    for name, guest in state["guests"].items():
        if not guest["has_balloon"] or guest["nonsense"]:
            continue
        if guest["reports_memory"]:
            wish = _guest_target(guest, free_share, ballooning and free_share < PRESSED)
            if wish is not None:
                targets[name] = wish
        if guest["balloon"] < guest["min"]:
            targets[name] = guest["min"]
    return {name: wish for name, wish in targets.items() if state["guests"][name]["ballooning_enabled"]}


def ksm_tuning(state: dict[str, Any], shareable: int, enabled: bool, across_nodes: bool) -> dict[str, int]:
    """The KSM values that are wanted, whatever is set now."""
    line, ksm = PRESSED * state["total"], state["ksm"]
    wanted: dict[str, int] = {}
    if ksm["pages_shared"] == 0:
        wanted["merge_across_nodes"] = int(across_nodes)
    differs = ksm["merge_across_nodes"] != int(across_nodes)
    unmerge = 2 if ksm["pages_shared"] > 0 and (differs or not enabled) else 0
    easy = line + shareable < state["total"] and state["free"] > line
    if easy or not enabled or unmerge:
        return {**wanted, "run": unmerge}
    pages = ksm["pages_to_scan"] + (300 if state["free"] < line else -50)
    sleep = max(10.0, 10 * 16777216 / state["total"])
    return {**wanted, "run": 1, "sleep_millisecs": int(sleep), "pages_to_scan": min(1250, max(64, pages))}
