#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that momd must leave alone, on real QEMU: those that hang, have a job under way, or were started a
moment ago, and those whose own report has become old.

    test_left_alone.py MOMD
"""
from __future__ import annotations

import os
import subprocess
import sys

import bench
from libvirtd import URI
from machine import MIB, Machine, Size
from watched import NO_RAIL_OF_AGE, Watched

SIZE = Size(max_mib=144, start_mib=144)
NAMES = ("one", "two")
TARGET_KIB = 128 * MIB
STALE_S = 60                      # MOM_LIBVIRT_STALE_S
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench(dict.fromkeys(NAMES, SIZE))
    Watched.it, Watched.program = IT, PROGRAM


class LeftAlone(Watched):
    def give_back(self, *guests: Machine) -> None:
        self.wish_nothing()
        for guest in guests:
            IT.libvirtd.virsh("setmem", guest.name, str(SIZE.max_mib * MIB))
        self.wait("the guests' memory",
                  lambda: all(self.balloon(guest) == SIZE.max_mib * MIB for guest in guests))

    def test_a_guest_that_hangs_is_named(self) -> None:
        """a guest whose QEMU is stopped is named once and out of the managed, and named again when it answers"""
        self.start(NO_RAIL_OF_AGE)
        two = IT.guests["two"]
        two.freeze()
        self.addCleanup(two.thaw)
        self.wait("its name", lambda: f"Guest {two.name} ({two.uuid}) hangs" in self.momd.log())
        self.wait_cycles(3)
        self.assertFalse(self.momd.knows(two.name) or two.name in self.momd.guests())
        self.wish(TARGET_KIB, two)
        self.wait_cycles(3)
        self.assertEqual(self.momd.log().count(" hangs: "), 1, self.momd.log())
        self.assertNotIn("answers again", self.momd.log())
        two.thaw()
        self.wait("word of it", lambda: f"Guest {two.name} ({two.uuid}) answers again" in self.momd.log())
        self.wait("what was wished", lambda: self.balloon(two) == TARGET_KIB)
        self.assertTrue(self.numbers(two)["mem_unused"])
        self.give_back(two)

    def test_a_guest_with_a_job(self) -> None:
        """while libvirt dumps a running guest (as it migrates one) it is not changed, told once; afterwards it is"""
        self.start(NO_RAIL_OF_AGE)
        one, two = IT.guests["one"], IT.guests["two"]
        pipe = IT.path("dump")               # nobody reads from it, so that the job does not end
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with subprocess.Popen(["virsh", "--quiet", "--connect", URI, "dump", "--live", one.name, pipe],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as dumping:
            try:
                self.wait("the job", lambda: "Dump" in IT.libvirtd.virsh("domjobinfo", one.name))
                calls = bench.Calls(IT.libvirtd)
                self.wish(TARGET_KIB, one, two)
                self.wait("a refusal", lambda: "dumping it is under way" in self.momd.log())
                self.wait("the other guest's change", lambda: self.balloon(two) == TARGET_KIB)
                self.wait_cycles(3)
                self.assertTrue(self.numbers(one)["mem_unused"])     # reading goes on
                self.assertEqual({name for name, _ in calls.targets()}, {two.name})
                self.assertEqual(self.momd.log().count("is left alone: dumping it"), 1, self.momd.log())
            finally:
                os.close(reader)
                dumping.wait()
        self.wait("the change", lambda: self.balloon(one) == TARGET_KIB)
        self.give_back(one, two)

    def test_a_young_guest(self) -> None:
        """a guest that was started less than settle-time ago is known as young, and not ballooned"""
        self.start({"rails": {"settle-time": "3600"}})
        one = IT.guests["one"]
        self.wish(TARGET_KIB, one)
        self.wait("the rail", lambda: "balloon-settling" in self.momd.log())
        self.assertEqual({guest["balloon_refusal"] for guest in self.momd.guests().values()}, {"balloon-settling"})
        self.assertEqual(self.balloon(one), SIZE.max_mib * MIB)

    def test_a_report_that_stands_still(self) -> None:
        """a guest's report has an age; when none come any more, the last one is not used for ever"""
        self.start(NO_RAIL_OF_AGE)
        one, two = IT.guests["one"], IT.guests["two"]
        self.wait("young reports", lambda: all(guest["mem_report_age"] in range(STALE_S)
                                               for guest in self.momd.guests().values()))
        self.assertTrue(self.numbers(one)["mem_usable"])
        self.assertTrue(self.numbers(one)["mem_caches"])
        IT.libvirtd.virsh("dommemstat", one.name, "--period", "0", "--live")
        self.wait("an old report", lambda: (self.numbers(one)["mem_report_age"] or 0) > STALE_S)
        self.assertIsNone(self.numbers(one)["mem_unused"])
        self.assertIsNone(self.numbers(one)["mem_usable"])
        self.assertTrue(self.numbers(two)["mem_unused"])
        self.assertEqual(self.numbers(one)["balloon_cur"], SIZE.max_mib * MIB)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
