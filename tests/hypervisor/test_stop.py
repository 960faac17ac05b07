#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd's end on real QEMU: with on-stop: release a guest has its memory and its CPU time again, without it
nothing is touched, and what was found survives momd.

    test_stop.py MOMD
"""
from __future__ import annotations

import signal
import sys
import unittest
from typing import Any

import bench
from agent import Agent
from clients import wait_until
from machine import MIB, Machine, Size

SIZE = Size(max_mib=144, start_mib=144)
NAMES = ("one", "two")
TARGET_KIB = 128 * MIB
QUOTA_US = 50000
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench(dict.fromkeys(NAMES, SIZE))


class Stop(unittest.TestCase):
    momd: Agent

    def start(self, on_stop: str) -> None:
        settings = {"main": {"on-stop": on_stop, "controllers": "Balloon, CpuTune"},
                    "rails": {"settle-time": "0"}}
        self.momd = Agent(PROGRAM, IT.path(self._testMethodName), {"02-balloon": "", "03-ksm": ""}, settings=settings)
        self.addCleanup(self.momd.stop)
        self.momd.start()
        self.wait("momd has numbers of all guests", lambda: self.momd.answers() and self.momd.knows(*IT.names()))

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def wish(self, guest: Machine) -> None:
        """From now on that GUEST, and no other, is smaller and slower."""
        self.momd.rpc("setNamedPolicy", "60-wish",
                      f'(def less (guest) {{ (guest.Control "balloon_target" {TARGET_KIB})\n'
                      f'  (guest.Control "vcpu_quota" {QUOTA_US}) }})\n'
                      f'(with Guests guest (if (== (guest.Prop "name") "{guest.name}") (less guest) 0))')
        self.wait("less memory", lambda: self.balloon(guest) == TARGET_KIB)
        self.wait("less time", lambda: self.quota(guest) == QUOTA_US)

    def balloon(self, guest: Machine) -> int:
        return IT.libvirtd.balloon(guest.name)["current"]

    def quota(self, guest: Machine) -> int:
        [line] = [line for line in IT.libvirtd.virsh("schedinfo", guest.name).splitlines() if "vcpu_quota" in line]
        return int(line.split(":")[1])

    def test_over_lives(self) -> None:
        """what one momd changed and left, and the next too, the last one gives back, and touches nobody else"""
        one, two = IT.guests["one"], IT.guests["two"]
        found = self.quota(one)
        self.start("leave")
        self.wish(one)
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        self.assertEqual((self.balloon(one), self.quota(one)), (TARGET_KIB, QUOTA_US))
        self.start("leave")
        self.assertEqual(self.momd.stop(signal.SIGKILL), -signal.SIGKILL)
        self.start("release")
        calls = bench.Calls(IT.libvirtd)
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        wait_until("its memory", lambda: self.balloon(one) == SIZE.max_mib * MIB)
        self.assertIn(self.quota(one), (found, -1, 17592186044415, 18446744073709551))
        self.assertEqual({name for name, _ in calls.targets()}, {one.name})
        self.assertEqual(self.balloon(two), SIZE.max_mib * MIB)
        self.assertIn("momd stops, and what it changed goes back", self.momd.log())


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
