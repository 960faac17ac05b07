# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench as tests use it: libvirtd and some guests in a shelter, and what they all ask of it.

Must never hide a failure of what it starts: everything that does not come up in its time says what it was.
"""
from __future__ import annotations

import os
import re
import sys

import agent  # noqa: F401  finds tests/peers
import shelter
import tap
from libvirtd import Libvirtd
from machine import Machine, Size


class Bench:
    def __init__(self, sizes: dict[str, Size], programs: list[str] | None = None) -> None:
        self.libvirtd = Libvirtd(programs)
        self.libvirtd.start()
        self.guests: dict[str, Machine] = {}
        for short, size in sizes.items():
            self.add(short, size)
        for guest in self.guests.values():
            guest.wait_ready()

    def add(self, short: str, size: Size) -> Machine:
        """Started, not yet ready."""
        self.guests[short] = Machine(self.libvirtd, short, size, seed=len(self.guests))
        self.guests[short].start()
        return self.guests[short]

    def names(self) -> list[str]:
        return [guest.name for guest in self.guests.values()]

    def path(self, name: str) -> str:
        return os.path.join(self.libvirtd.directory, name)


class Calls:
    """What libvirtd was asked from now on, by its own account."""

    # virDomainFree is libvirtd's own: part of answering.
    _CALL = re.compile(r"debug : (vir(?:Connect|Domain|Node)(?!Free)\w+):\d+ : (?:conn|doms?)=")
    _TARGET = re.compile(r"debug : virDomainSetMemoryFlags:.*VM: name=([^,]+),.* memory=(\d+)")

    def __init__(self, libvirtd: Libvirtd, since: int | None = None) -> None:
        """SINCE 0: all from its start."""
        self._path = libvirtd.calls_path
        self._from = os.path.getsize(self._path) if since is None else since

    def text(self) -> str:
        with open(self._path, encoding="utf-8", errors="replace") as file:
            file.seek(self._from)
            return file.read()

    def seen(self) -> list[str]:
        """The names of libvirt's functions, in order."""
        return self._CALL.findall(self.text())

    def targets(self) -> list[tuple[str, int]]:
        """(guest's name, KiB) for every balloon target, in order."""
        return [(name, int(kib)) for name, kib in self._TARGET.findall(self.text())]


def main() -> None:
    """A test script's last line: its cases inside a shelter, as TAP; one skipped line where there is none."""
    def skip(reason: str) -> int:
        print(f"ok 1 - {os.path.basename(sys.argv[0])} # SKIP {reason}\n1..1")
        return 0
    shelter.main(tap.main, skip)


def policy_with(text: str, **numbers: float) -> str:
    """The policy TEXT with other numbers in its defvars; KeyError for a name that it does not define."""
    for name, number in numbers.items():
        text, count = re.subn(rf"(?m)^\(defvar {name} \S+\)", f"(defvar {name} {number})", text)
        if count != 1:
            raise KeyError(name)
    return text


def packaged_policy(name: str, **numbers: float) -> str:
    path = next(path for path in agent.POLICIES if path.endswith(f"/{name}.policy"))
    with open(os.path.join(agent.CONTRIB, path), encoding="utf-8") as file:
        return policy_with(file.read(), **numbers)
