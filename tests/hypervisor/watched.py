# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of momd beside guests in trouble have in common: one momd a test, wishes for guests, counted cycles.

The packaged balloon and KSM policies are left out, so that what moves is what a test wishes for.  Must never
count on times: everything waits for what is seen.
"""
from __future__ import annotations

import json
import unittest
from typing import Any

import bench
from agent import Agent
from machine import Machine

NO_RAIL_OF_AGE = {"rails": {"settle-time": "0"}}
WISH = "60-wish"


class Watched(unittest.TestCase):
    it: bench.Bench
    program: str
    momd: Agent

    def start(self, settings: dict[str, dict[str, Any]] | None = None, silent: tuple[str, ...] = (),
              known: bool = True) -> None:
        """Returns when momd has numbers of all guests but the SILENT, by their short names, which are KNOWN or not."""
        self.momd = Agent(self.program, self.it.path(self._testMethodName), {"02-balloon": "", "03-ksm": ""},
                          settings=settings if settings is not None else NO_RAIL_OF_AGE)
        self.addCleanup(lambda: self.assertEqual(self.momd.stop(), 0, "momd did not end well"))
        self.momd.start()
        telling = [guest for short, guest in self.it.guests.items() if short not in silent]
        names = self.it.names() if known else [guest.name for guest in telling]
        try:
            self.wait("momd has numbers of the guests", lambda: self.momd.answers() and self.momd.knows(*names) and
                      all(self.numbers(guest)["mem_unused"] for guest in telling))
        except AssertionError as failure:
            raise AssertionError(f"{failure}\nmomd knows {json.dumps(self.momd.guests(), indent=1)}") from None

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def wait_cycles(self, count: int) -> None:
        goal = self.momd.rpc("getStatus")["cycles"] + count
        self.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] >= goal)

    def numbers(self, guest: Machine) -> dict[str, Any]:
        return self.momd.guests()[guest.name]

    def decisions(self, **wanted: Any) -> list[dict[str, Any]]:
        return self.momd.rpc("getDecisions", json.dumps(wanted))

    def wish(self, target_kib: int, *guests: Machine) -> None:
        """From now on that GUESTS, and no others, have TARGET_KIB."""
        names = " ".join(f'(== (guest.Prop "name") "{guest.name}")' for guest in guests)
        self.momd.rpc("setNamedPolicy", WISH,
                      f'(with Guests guest (if (or {names} 0) (guest.Control "balloon_target" {target_kib}) 0))')

    def wish_nothing(self) -> None:
        self.momd.rpc("setNamedPolicy", WISH, "(defvar nothing 1)")

    def balloon(self, guest: Machine) -> int:
        return self.it.libvirtd.balloon(guest.name)["current"]
