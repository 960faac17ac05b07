#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside vdsm with libvirt's numbers: the stand-in's guests, of whom libvirt's test driver knows some.

    test_joined.py MOMD

Who is asked for what, who is believed, and who is left alone.  How soon momd sees what happens in a guest is shown on
real guests, in tests/hypervisor.
"""
from __future__ import annotations

import os
import sys
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap                 # noqa: E402
from guests import GIB     # noqa: E402
from momd import Momd      # noqa: E402
from running import Running  # noqa: E402

PROGRAM = ""
BOTH = ("web-01", "web-02")       # whom both sides know
STRANGER = "99999999-0000-0000-0000-000000000000"
LIBVIRT_KIB = 5 * GIB             # what libvirt says that they have; vdsm says 8 GiB
NODE = """<node><cpu><mhz>1</mhz><model>x86_64</model><active>1</active><nodes>1</nodes><sockets>1</sockets>
<cores>1</cores><threads>1</threads></cpu><memory>67108864</memory>%s</node>"""
GUEST = """<domain type='test'><name>%s</name><uuid>%s</uuid><memory>8388608</memory>
<currentMemory>5242880</currentMemory><memtune><min_guarantee>1</min_guarantee></memtune><vcpu>1</vcpu>
<os><type>hvm</type></os><devices><memballoon model='virtio'/></devices></domain>"""
WISH = """(with Guests guest {
    (guest.Control "balloon_target" 5000000)
    (guest.Control "vcpu_quota" 50000) (guest.Control "vcpu_period" 100000) })"""
AWAY = "memory is read through vdsm alone"
LIVE = "memory is read from libvirt"
LIST_S = 5                        # so long momd uses vdsm's list, if it is to look at guests each second


class Joined(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Running("--guests", "4", "--memory", "68")
        self.addCleanup(self.peer.stop)
        self.peer.control("freeze")
        self.momd: Momd | None = None
        self.addCleanup(self.stop)

    def stop(self) -> None:
        if self.momd:
            self.assertEqual(self.momd.stop(), 0, self.momd.log())

    def fleet(self) -> dict[str, dict[str, Any]]:
        return self.peer.control("state")["guests"]

    def write_node(self) -> None:
        fleet = self.fleet()
        guests = [(f"libvirt-{name}", fleet[name]["uuid"]) for name in BOTH] + [("stranger", STRANGER)]
        with open(self.peer.path("node.xml"), "w", encoding="utf-8") as file:
            file.write(NODE % "".join(GUEST % guest for guest in guests))

    def start(self, guest_data: str, wish: bool = False) -> None:
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), settings={"main": {
            "guest-data": guest_data, "libvirt-hypervisor-uri": "test://" + self.peer.path("node.xml")}})
        if wish:
            with open(os.path.join(self.momd.policy_dir, "60-wish.policy"), "w", encoding="utf-8") as file:
                file.write(WISH)
        self.momd.start()
        self.momd.wait("the guests", lambda: self.momd.answers() and len(self.momd.rpc("getActiveGuests")) == 4)

    def numbers(self) -> dict[str, dict[str, Any]]:
        return self.momd.rpc("getStatistics")["guests"]

    def guests(self) -> dict[str, dict[str, Any]]:
        return {guest["name"]: guest for guest in self.momd.rpc("getGuests")}

    def asked(self, verb: str = "Host.getAllVmStats") -> int:
        return len(self.peer.calls(verb))

    def wait_cycles(self, count: int) -> None:
        goal = self.momd.rpc("getStatus")["cycles"] + count
        self.momd.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] >= goal)

    def test_joined(self) -> None:
        """numbers are libvirt's, promises and names are vdsm's; vdsm is asked for one cycle in four at most"""
        self.write_node()
        self.start("auto")
        self.assertEqual(self.momd.log().count(LIVE), 1)
        self.assertEqual(self.momd.rpc("getStatus")["guest_data"], "libvirt")
        fleet, seen = self.fleet(), self.numbers()
        for name in BOTH:
            self.assertEqual(seen[name]["balloon_cur"], LIBVIRT_KIB)
            self.assertEqual(seen[name]["balloon_max"], fleet[name]["max"])
            self.assertEqual(seen[name]["balloon_min"], fleet[name]["min"])
            self.assertEqual(seen[name]["mem_unused"], LIBVIRT_KIB // 2)
            self.assertEqual(seen[name]["data_source"], "libvirt")
            self.assertEqual(self.guests()[name]["data_source"], "libvirt")
        before = self.asked(), self.momd.rpc("getStatus")["cycles"]
        self.wait_cycles(12)
        cycles = self.momd.rpc("getStatus")["cycles"] - before[1]
        # A tenth of its time is the list's for timers that ring early, and one may just be due.
        self.assertLessEqual(self.asked() - before[0], cycles // (LIST_S - 1) + 1)

    def test_one_side_only(self) -> None:
        """a guest that libvirt does not know is seen with vdsm's numbers, not touched, and the reason is told"""
        self.write_node()
        self.start("libvirt", wish=True)
        fleet = self.fleet()
        known = {fleet[name]["uuid"] for name in BOTH}
        self.momd.wait("changes of both", lambda: {call["params"]["vmID"] for call in
                                                   self.peer.calls("VM.setBalloonTarget")} >= known)
        self.wait_cycles(5)
        for verb in ("VM.setBalloonTarget", "VM.setCpuTuneQuota", "VM.setCpuTunePeriod"):
            self.assertEqual({call["params"]["vmID"] for call in self.peer.calls(verb)}, known, verb)
        refused = self.momd.rpc("getDecisions", {"verdict": "railed"})
        for name in set(fleet) - set(BOTH):
            guest = self.guests()[name]
            self.assertEqual((guest["state"], guest["data_source"]), ("one-sided", "vdsm"))
            self.assertEqual(guest["balloon_cur"], fleet[name]["balloon"])
            self.assertEqual(self.numbers()[name]["balloon_refusal"], "guest-one-sided")
            self.assertIn("libvirt does not show it", self.momd.rpc("explain", name)["text"])
            knobs = {row["knob"] for row in refused if row["guest"] == name and row["rail"] == "guest-one-sided"}
            self.assertEqual(knobs, {"balloon_target", "vcpu_quota", "vcpu_period"})
        self.assertNotIn("stranger", self.numbers())

    def test_without_libvirt(self) -> None:
        """where libvirt is not to be had vdsm's numbers are used, and libvirt's once it is there; each told once"""
        self.start("auto")
        self.momd.wait("the word that it is away", lambda: AWAY in self.momd.log())
        self.wait_cycles(3)
        fleet = self.fleet()
        self.assertEqual({name: guest["balloon_cur"] for name, guest in self.numbers().items()},
                         {name: guest["balloon"] for name, guest in fleet.items()})
        self.assertEqual({guest["state"] for guest in self.guests().values()}, {None})
        self.assertEqual({guest["data_source"] for guest in self.guests().values()}, {"vdsm"})
        self.assertEqual(self.momd.rpc("getStatus")["guest_data"], "vdsm")
        self.assertNotIn("WARNING - The guests' memory", self.momd.log())
        self.write_node()
        self.momd.wait("libvirt's numbers", lambda: self.numbers()["web-01"]["balloon_cur"] == LIBVIRT_KIB, 90)
        self.assertEqual(self.momd.log().count(AWAY), 1, self.momd.log())
        self.assertEqual(self.momd.log().count(LIVE), 1)
        self.assertNotIn("read-only", self.momd.log())

    def test_wanted(self) -> None:
        """that there is no libvirt is a warning if it was asked for"""
        self.start("libvirt")
        self.momd.wait("the word that it is away", lambda: AWAY in self.momd.log())
        self.assertRegex(self.momd.log(), f"WARNING - The guests' {AWAY}, .*node.xml")

    def test_vdsm_alone(self) -> None:
        """guest-data: vdsm opens no libvirt, and vdsm is asked each time"""
        self.write_node()
        self.start("vdsm")
        before = self.asked(), self.momd.rpc("getStatus")["cycles"]
        self.wait_cycles(5)
        self.assertGreaterEqual(self.asked() - before[0], self.momd.rpc("getStatus")["cycles"] - before[1] - 1)
        self.assertEqual({guest["data_source"] for guest in self.guests().values()}, {"vdsm"})
        self.assertNotIn("libvirt", self.momd.log())


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    sys.exit(tap.main())
