#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fifteen real guests: what a steady cycle asks libvirt for, and what is left of the others when many hang at once.

    test_many.py MOMD
"""
from __future__ import annotations

import collections
import sys

import bench
from machine import MIB, Machine, Size
from watched import Watched

COUNT = 15
SIZE = Size(max_mib=112, start_mib=112, guarantee_mib=80)
TARGET_KIB = 96 * MIB
NEAR_KIB = 4 * MIB
CYCLES = 10
# More than calls may hang at once (MOM_VIRT_MAX_LEFT_BEHIND and one).
N_HUNG = 9
BULK, LIST, OF_SOME = "virConnectGetAllDomainStats", "virConnectListAllDomains", "virDomainListGetStats"
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench({f"guest{number}": SIZE for number in range(COUNT)})
    Watched.it, Watched.program = IT, PROGRAM


class Many(Watched):
    @property
    def hung(self) -> list[Machine]:
        return list(IT.guests.values())[:N_HUNG]

    @property
    def well(self) -> list[Machine]:
        return list(IT.guests.values())[N_HUNG:]

    def hang(self) -> None:
        """Whatever a test does, nothing stays stopped."""
        for guest in self.hung:
            guest.freeze()
        self.addCleanup(self.thaw)

    def thaw(self) -> None:
        for guest in self.hung:
            guest.thaw()

    def calls_of(self, what: str, cycles: int = CYCLES) -> collections.Counter[str]:
        """What libvirtd was asked until it was asked for WHAT so often."""
        calls = bench.Calls(IT.libvirtd)
        self.wait(f"{cycles} readings", lambda: calls.seen().count(what) >= cycles)
        return collections.Counter(calls.seen())

    def assert_the_others_are_managed(self) -> None:
        one, two = self.well[:2]
        one.hold(20, "unique")
        self.wait("new numbers of a guest that runs",
                  lambda: abs(self.numbers(one)["mem_unused"] - int(one.ask("stat")["free_kib"])) < NEAR_KIB)
        self.wish(TARGET_KIB, two, *self.hung)
        self.wait("a guest that runs is tuned", lambda: self.balloon(two) == TARGET_KIB)
        one.hold(0)
        self.wish(SIZE.max_mib * MIB, two)
        self.wait("its memory is back", lambda: self.balloon(two) == SIZE.max_mib * MIB)

    def test_a_steady_cycle(self) -> None:
        """over fifteen guests a steady cycle is one call to libvirt, and none for a guest"""
        self.start()
        self.wait_cycles(3)
        before = self.momd.rpc("getStatus")["cycles"]
        counts = self.calls_of(BULK)
        self.assertEqual(set(counts), {BULK}, counts)
        self.assertLessEqual(counts[BULK], self.momd.rpc("getStatus")["cycles"] - before + 1)    # one is under way

    def test_many_hang_at_once(self) -> None:
        """nine of fifteen guests are stopped at once: no reading fails, no call hangs in them, the others are managed"""
        self.start()
        self.hang()
        for guest in self.hung:
            self.wait("its name", lambda: f"Guest {guest.name} ({guest.uuid}) hangs" in self.momd.log())    # noqa: B023
        self.wait("they are out of the managed", lambda: self.momd.knows(*(guest.name for guest in self.well)))
        counts = self.calls_of(OF_SOME)
        self.assertEqual(set(counts), {LIST, OF_SOME}, "a guest is asked by itself")
        self.assert_the_others_are_managed()
        self.assertIsNone(self.momd.rpc("getStatus")["source_fault"])
        self.assertNotIn("No guest data", self.momd.log())
        self.assertEqual(self.momd.log().count(" hangs: "), N_HUNG, self.momd.log())
        self.thaw()
        self.wait("all are back", lambda: self.momd.knows(*IT.names()))
        self.assertEqual(self.momd.log().count("answers again"), N_HUNG)
        self.wait("steady cycles", lambda: set(self.calls_of(BULK, 3)) == {BULK})

    def test_it_starts_beside_many_that_hang(self) -> None:
        """momd that is started while nine of fifteen guests are stopped manages the others"""
        self.hang()
        self.start(silent=tuple(guest.short for guest in self.hung), known=False)
        self.assert_the_others_are_managed()
        self.assertNotIn("No guest data", self.momd.log())
        self.thaw()
        self.wait("all are known", lambda: self.momd.knows(*IT.names()))


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
