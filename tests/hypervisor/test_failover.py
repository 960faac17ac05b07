#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An oVirt host whose vdsm is killed and started anew: momd goes on through libvirt, and back.

    test_failover.py MOMD

Guests and libvirtd are real; vdsm is the stand-in, which is given the uuids of two of the three guests, with names and
guarantees that libvirt does not know.  What is asserted is seen from inside the guests, in libvirtd's own account
of what it was asked, and in the stand-in's.
"""
from __future__ import annotations

import json
import os
import sys
import unittest
from typing import Any

import bench
from machine import MIB, Machine, Size
from momd import Momd
from running import Running

SIZES = {"idle": Size(), "busy": Size(), "stranger": Size()}
OURS = {"idle": ("web-01", 112), "busy": ("web-02", 128)}     # vdsm's name, the engine's guarantee in MiB
HELD_MIB = 40
SLACK_KIB = 2 * MIB
GREEDY = '(with Guests guest (guest.Control "balloon_target" 1024))'
# A guest that went and came again would begin anew.
COUNT = '(with Guests guest (guest.SetVar "seen" (+ 1 (or (guest.GetVar "seen") 0))))'

IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench(SIZES)


class Failover(unittest.TestCase):
    momd: Momd
    peer: Running
    seen: dict[str, int] = {}

    @classmethod
    def setUpClass(cls) -> None:
        os.makedirs(IT.path("vdsm"))
        cls.peer = Running("--sample", "0.5", "--guests", "2", "--memory", "16", plain=True, directory=IT.path("vdsm"))
        cls.give_guests()
        cls.calls = bench.Calls(IT.libvirtd)
        cls.momd = Momd(PROGRAM, cls.peer, IT.path("momd"),
                        settings={"main": {"fallback-after": 3, "guest-data": "vdsm"}})
        cls.momd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.momd.stop()
        cls.peer.stop()

    @classmethod
    def give_guests(cls) -> None:
        """The stand-in's guests are those that run here."""
        for short, (name, guarantee_mib) in OURS.items():
            size = SIZES[short].max_mib * MIB
            cls.peer.control("guest", name=name, uuid=IT.guests[short].uuid, max=size, balloon=size, target=size,
                             used=HELD_MIB * MIB, demand=HELD_MIB * MIB, cache=MIB, touched=size,
                             min=guarantee_mib * MIB)

    def guest(self, short: str) -> Machine:
        return IT.guests[short]

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def status(self) -> dict[str, Any]:
        return self.momd.rpc("getStatus")

    def state(self) -> dict[str, Any]:
        return json.loads(self.momd.rpc("getState"))

    def wait_cycles(self, count: int = 4) -> None:
        goal = self.status()["cycles"] + count
        self.wait("cycles", lambda: self.status()["cycles"] >= goal)

    def assert_known(self) -> None:
        """The same guests, under vdsm's names."""
        guests = {guest["properties"]["name"]: guest["variables"]["seen"] for guest in self.state()["guests"]}
        self.assertEqual(set(guests), {name for name, _ in OURS.values()})
        for name, seen in guests.items():
            self.assertGreater(seen, self.seen.get(name, 0))
        type(self).seen = guests

    def test_while_vdsm_is_there_libvirt_is_asked_nothing(self) -> None:
        """beside a vdsm that answers, libvirtd is not even connected to"""
        self.wait("momd knows vdsm's guests", lambda: self.momd.answers() and
                  len(self.momd.rpc("getActiveGuests")) == len(OURS))
        self.momd.rpc("setNamedPolicy", "90-count", COUNT)
        self.wait_cycles()
        self.assert_known()
        self.assertEqual(self.calls.seen(), [])
        self.assertEqual(self.status()["hypervisor"], "vdsm")

    def test_vdsm_is_killed(self) -> None:
        """vdsm is killed: its guests shrink through libvirt to the engine's guarantees; another guest is left alone"""
        full = self.guest("stranger").total_kib()
        self.guest("busy").hold(HELD_MIB, "unique")
        self.peer.process.kill()
        self.peer.process.wait()
        self.wait("libvirt in force", lambda: self.status()["hypervisor"] == "libvirt")
        self.momd.rpc("setNamedPolicy", "60-greedy", GREEDY)
        for short, (_, guarantee_mib) in OURS.items():
            self.wait(f"{short} is at its guarantee",
                      lambda: current_kib(short) == guarantee_mib * MIB)         # noqa: B023
            self.wait(f"{short} sees it", lambda: abs(
                SIZES[short].max_mib * MIB - self.guest(short).total_kib() -     # noqa: B023
                (SIZES[short].max_mib - guarantee_mib) * MIB) < 40 * MIB)        # noqa: B023
        self.wait_cycles()
        self.assert_known()
        least = {self.guest(short).name: guarantee_mib * MIB for short, (_, guarantee_mib) in OURS.items()}
        targets = self.calls.targets()
        self.assertEqual({name for name, _ in targets}, set(least))
        for name, kib in targets:
            self.assertGreaterEqual(kib, least[name])
        self.assertLess(abs(self.guest("stranger").total_kib() - full), SLACK_KIB)
        self.assertEqual({self.guest(short).ask("stat")["lives"] for short in SIZES}, {"1"})

    def test_vdsm_is_back(self) -> None:
        """a new vdsm is waited for until it has found its guests; then all goes through it, and libvirt rests"""
        type(self).peer = Running("--sample", "0.5", "--guests", "2", "--memory", "16", "--port", str(self.peer.port),
                                  plain=True, directory=self.peer.directory)
        polls = len(self.peer.calls("Host.getAllVmStats"))
        self.wait("it is looked at", lambda: len(self.peer.calls("Host.getAllVmStats")) >= polls + 4)
        self.assertEqual(self.status()["hypervisor"], "libvirt")
        self.assertEqual(self.peer.calls("VM.setBalloonTarget"), [])
        self.give_guests()
        self.wait("vdsm in force", lambda: self.status()["hypervisor"] == "vdsm")
        self.wait_cycles(2)
        calls = bench.Calls(IT.libvirtd)
        self.wait("vdsm is sent targets", lambda: self.peer.calls("VM.setBalloonTarget"))
        self.wait_cycles()
        self.assertEqual(calls.seen(), [])
        self.assert_known()
        log = self.momd.log()
        self.assertEqual(log.count("vdsm has told nothing of its guests"), 1)
        self.assertEqual(log.count("vdsm is back"), 1)

    def test_the_end(self) -> None:
        """momd ends cleanly"""
        self.assertEqual(self.momd.stop(), 0, self.momd.log()[-2000:])


def current_kib(short: str) -> int:
    return IT.libvirtd.balloon(IT.guests[short].name)["current"]


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
