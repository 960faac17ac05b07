# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of the quick start: text made of a state of the stand-in and its book of calls.

Pure functions and one small writer, which redraws in place on a terminal and appends elsewhere.  Must never
ask anybody anything.
"""
from __future__ import annotations

import shutil
from typing import IO, Any

from guests import GIB

BAR = 24


def percent(state: dict[str, Any]) -> str:
    return f"{state['free'] / state['total']:.0%}"


def _bar(guest: dict[str, Any]) -> str:
    """Used, then free in the balloon's bounds, then what the balloon took; '|' is the guarantee."""
    def cells(kib: float) -> int:
        return round(BAR * kib / guest["max"])
    row = ["."] * BAR
    row[:cells(guest["balloon"])] = ["-"] * cells(guest["balloon"])
    row[:cells(guest["used"])] = ["#"] * cells(guest["used"])
    mark = min(BAR - 1, cells(guest["min"]))
    row[mark] = "|"
    return "".join(row)


def _note(guest: dict[str, Any]) -> str:
    if not guest["has_balloon"]:
        return "no balloon"
    if not guest["ballooning_enabled"]:
        return "ballooning off"
    if guest["odd_types"]:
        return "odd statistics"
    if not guest["reports_memory"]:
        return "no statistics"
    if guest["balloon"] < guest["min"]:
        return "below its guarantee"
    if abs(guest["balloon"] - guest["target"]) > 4:
        return "shrinking" if guest["target"] < guest["balloon"] else "growing"
    return ""


def _mib(kib: float) -> str:
    return f"{kib / 1024:.0f}"


def _row(name: str, guest: dict[str, Any]) -> str:
    current, target = _mib(guest["balloon"]), _mib(guest["target"])
    if not guest["has_balloon"]:
        current = target = "-"
    return (f"{name:<13} {current:>7} {target:>7} {_mib(guest['min']):>7} {_mib(guest['max']):>7} "
            f"{_mib(guest['used']):>7}  {_bar(guest)} {_note(guest)}")


def render(head: str, state: dict[str, Any], decided: list[str], log: list[str]) -> str:
    ksm = state["ksm"]
    lines = [
        head,
        f"host   free {state['free'] / GIB:5.1f} of {state['total'] / GIB:.0f} GiB ({percent(state)}), "
        f"swap used {state['swap_used'] / GIB:.1f} GiB",
        f"KSM    run {ksm['run']}, {ksm['pages_to_scan']} pages every {ksm['sleep_millisecs']} ms, "
        f"merge_across_nodes {ksm['merge_across_nodes']}, saves {_mib(ksm['pages_sharing'] * 4)} MiB",
        "",
        f"{'guest (MiB)':<13} {'current':>7} {'target':>7} {'min':>7} {'max':>7} {'used':>7}"
        "  # used  - balloon  | guarantee"]
    lines += [_row(name, guest) for name, guest in state["guests"].items()]
    lines += ["", "last decisions"] + ["  " + line for line in decided or ["none yet"]]
    lines += ["momd's log"] + ["  " + line for line in log]
    return "\n".join(lines) + "\n"


def decisions(calls: list[dict[str, Any]], names: dict[str, str], start: float) -> list[str]:
    """momd's calls that turn a knob, in words."""
    lines = []
    for call in calls:
        params, what = call["params"], ""
        if call["method"] == "VM.setBalloonTarget":
            what = f"{names.get(params['vmID'], '?')}: balloon target {_mib(params['target'])} MiB"
        elif call["method"] == "Host.setKsmTune":
            what = "KSM: " + ", ".join(f"{key}={value}" for key, value in params["tuningParams"].items())
        elif call["method"] in ("VM.setCpuTuneQuota", "VM.setCpuTunePeriod"):
            key = "quota" if "quota" in params else "period"
            what = f"{names.get(params['vmID'], '?')}: CPU {key} {params[key]}"
        elif call["method"] == "VM.setIoTune":
            what = f"{names.get(params['vmID'], '?')}: disk limits"
        if what:
            refused = " (refused by vdsm)" if "error" in call else ""
            lines.append(f"{max(0.0, call['t'] - start):5.1f} s  {what}{refused}")
    return lines


class Picture:
    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self.in_place = out.isatty()
        self._drawn = False

    def draw(self, text: str) -> None:
        if not self.in_place:
            self._out.write(text + "\n")
        else:
            size = shutil.get_terminal_size()
            rows = [line[:size.columns - 1] for line in text.splitlines()][:size.lines - 1]
            clear = "\x1b[H" if self._drawn else "\x1b[2J\x1b[H"
            self._out.write(clear + "".join(row + "\x1b[K\n" for row in rows) + "\x1b[J")
            self._drawn = True
        self._out.flush()
