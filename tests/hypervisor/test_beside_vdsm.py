#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside vdsm, with libvirt's numbers: the stand-in lists real QEMU guests, and its own numbers of them stand still.

    test_beside_vdsm.py MOMD

What is asserted is the order of what happened and who was asked how often, never how long it took.  What vdsm would do
with a balloon is done by the test.
"""
from __future__ import annotations

import os
import sys
import unittest
from typing import Any

import bench
from machine import MIB, Machine, Size
from momd import Momd
from running import Running

SIZE = Size(max_mib=192, start_mib=192)
# The stand-in's guest -> the real one.
REAL = {"web-01": "one", "web-02": "two"}
FORMER_KIB = 1000 * MIB           # what vdsm goes on to say that each guest has
HELD_MIB = 60
PERIOD_S = 1                      # of the guests' reports
TARGET_MIB = 160
WISH = f'(with Guests guest (guest.Control "balloon_target" {TARGET_MIB * MIB}))'
AWAY, LIVE = "memory is read through vdsm alone", "memory is read from libvirt"
LIST_READINGS = 4                 # with one look a second, vdsm's list serves at least so many
# The last one demands what libvirt alone tells, also while libvirt is away.
GUEST_DATA = "GuestMemoryOptional, GuestBalloonOptional, GuestQemuProc"
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench(dict.fromkeys(REAL.values(), SIZE))
    # On an oVirt host this is in each guest's XML; who may only read cannot set it.
    for guest in IT.guests.values():
        IT.libvirtd.virsh("dommemstat", guest.name, "--period", str(PERIOD_S), "--live")


class BesideVdsm(unittest.TestCase):
    """One story for each test, on the same guests."""

    def setUp(self) -> None:
        self.peer = Running("--guests", "3", "--memory", "68", "--sample", "100000",
                            directory=IT.path(self._testMethodName))
        self.addCleanup(self.peer.stop)
        self.peer.control("freeze")
        for name, short in REAL.items():
            guest = IT.guests[short]
            self.peer.control("guest", name=name, uuid=guest.uuid, max=SIZE.max_mib * MIB, min=96 * MIB,
                              balloon=FORMER_KIB, target=FORMER_KIB)

    def start(self, collectors: str = GUEST_DATA) -> None:
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), settings={
            "main": {"guest-data": "auto", "host-root": "/", "controllers": "Balloon"},
            "rails": {"max-change": "0"},
            "guest": {"collectors": collectors}})
        self.addCleanup(lambda: self.assertEqual(self.momd.stop(), 0, self.momd.log()))
        for name in ("02-balloon", "03-ksm", "04-cputune", "05-iotune"):
            self.empty(name)
        self.momd.start()
        self.wait("libvirt's numbers of both guests", lambda: self.momd.answers() and all(
            self.numbers().get(name, {}).get("mem_unused") and self.numbers()[name]["data_source"] == "libvirt"
            for name in REAL))

    def empty(self, policy: str) -> None:
        path = os.path.join(self.momd.policy_dir, policy + ".policy")
        self.assertTrue(os.path.exists(path), path)
        with open(path, "w", encoding="utf-8"):
            pass

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def numbers(self) -> dict[str, dict[str, Any]]:
        return self.momd.rpc("getStatistics")["guests"]

    def guests(self) -> dict[str, dict[str, Any]]:
        return {guest["name"]: guest for guest in self.momd.rpc("getGuests")}

    def machine(self, name: str) -> Machine:
        return IT.guests[REAL[name]]

    def wait_cycles(self, count: int) -> None:
        goal = self.momd.rpc("getStatus")["cycles"] + count
        self.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] >= goal)

    def asked_vdsm(self) -> int:
        return len(self.peer.calls("Host.getAllVmStats"))

    def told_by_vdsm(self) -> dict[str, tuple[str, str]]:
        """Guest -> what vdsm answers of its balloon and its free memory."""
        bus = self.peer.bus()
        try:
            answer = bus.call("Host.getAllVmStats")["result"]
        finally:
            bus.close()
        return {vm["vmName"]: (vm["balloonInfo"]["balloon_cur"], vm["memoryStats"]["mem_unused"]) for vm in answer}

    def test_what_happens_in_a_guest_is_seen(self) -> None:
        """while vdsm's numbers stand still momd sees a guest's need and its balloon, and asks vdsm no oftener"""
        before = self.told_by_vdsm()
        self.start()
        seen = self.numbers()["web-01"]
        self.assertEqual(seen["balloon_cur"], SIZE.max_mib * MIB)
        self.assertEqual(seen["balloon_min"], 96 * MIB)
        self.assertLess(seen["mem_report_age"], 60)
        for field in ("mem_usable", "mem_caches"):
            self.assertGreater(seen[field], 0)
        with open(f"/proc/{self.machine('web-01').pid}/statm", encoding="ascii") as file:
            self.assertAlmostEqual(seen["rss"], int(file.read().split()[1]), delta=10000)
        # A report that shows it may come as late as the guest's kernel likes; vdsm's list is no part of it.
        calls, asked = bench.Calls(IT.libvirtd), self.asked_vdsm()
        self.machine("web-01").hold(HELD_MIB, "unique")
        self.wait("the need is seen",
                  lambda: self.numbers()["web-01"]["mem_unused"] < seen["mem_unused"] - HELD_MIB * MIB * 3 // 4)
        IT.libvirtd.virsh("setmem", self.machine("web-02").name, f"{TARGET_MIB}M", "--live")
        self.wait("the balloon is seen", lambda: self.numbers()["web-02"]["balloon_cur"] == TARGET_MIB * MIB)
        self.wait_cycles(2 * LIST_READINGS)
        asked = self.asked_vdsm() - asked
        readings = calls.seen().count("virConnectGetAllDomainStats")
        self.assertGreaterEqual(readings, 2 * LIST_READINGS)
        self.assertLessEqual(asked, readings // LIST_READINGS + 1)
        # Reading alone, and all guests in one call.
        self.assertEqual(set(calls.seen()) - {"virDomainSetMemoryFlags", "virDomainSetMemory"} - VIRSH,
                         {"virConnectGetAllDomainStats"})
        self.assertEqual(self.told_by_vdsm(), before)
        IT.libvirtd.virsh("setmem", self.machine("web-02").name, f"{SIZE.max_mib}M", "--live")
        self.machine("web-01").hold(0)

    def test_changes_go_to_vdsm(self) -> None:
        """what a policy wishes is sent to vdsm, and of whom libvirt does not know nothing is sent"""
        self.start("GuestMemoryOptional, GuestBalloonOptional")     # vdsm tells no process
        calls = bench.Calls(IT.libvirtd)
        self.momd.rpc("setNamedPolicy", "60-wish", WISH)
        known = {self.machine(name).uuid for name in REAL}
        self.wait("targets", lambda: {call["params"]["vmID"] for call in
                                      self.peer.calls("VM.setBalloonTarget")} >= known)
        self.wait_cycles(3)
        for call in self.peer.calls("VM.setBalloonTarget"):
            self.assertEqual(call["params"]["target"], TARGET_MIB * MIB)
            self.assertIn(call["params"]["vmID"], known)
        self.assertEqual(calls.targets(), [])
        self.assertEqual(self.guests()["db-01"]["state"], "one-sided")
        self.assertIn("guest-one-sided", self.momd.rpc("explain", "db-01")["text"])

    def test_a_guest_that_hangs(self) -> None:
        """a guest whose QEMU hangs is left alone, though vdsm goes on to tell of it; the other is as it was"""
        self.start()
        self.addCleanup(self.machine("web-01").thaw)
        self.machine("web-01").freeze()
        self.wait("the word that it hangs", lambda: self.guests()["web-01"]["state"] == "hangs")
        before = len(self.peer.calls("VM.setBalloonTarget"))
        self.momd.rpc("setNamedPolicy", "60-wish", WISH)
        self.wait("a target for the other", lambda: len(self.peer.calls("VM.setBalloonTarget")) > before)
        self.wait_cycles(3)
        self.assertEqual({call["params"]["vmID"] for call in self.peer.calls("VM.setBalloonTarget")},
                         {self.machine("web-02").uuid})
        self.assertEqual(self.guests()["web-02"]["data_source"], "libvirt")
        self.machine("web-01").thaw()
        self.wait("it is known again", lambda: self.guests()["web-01"]["state"] is None
                  and self.numbers()["web-01"]["balloon_cur"] == SIZE.max_mib * MIB)

    def test_a_report_that_stands_still(self) -> None:
        """a guest that reports no more is stale: its old report is not used, vdsm's copy of it neither, nor is it shrunk"""
        self.start()
        name = self.machine("web-01").name
        IT.libvirtd.virsh("dommemstat", name, "--period", "0", "--live")
        self.addCleanup(IT.libvirtd.virsh, "dommemstat", name, "--period", str(PERIOD_S), "--live")
        self.wait("it is stale", lambda: self.guests()["web-01"]["state"] == "stale", 300)
        seen = self.numbers()["web-01"]
        self.assertIsNone(seen["mem_unused"])
        self.assertGreater(seen["mem_report_age"], 60)
        self.assertEqual(seen["balloon_cur"], SIZE.max_mib * MIB)
        self.assertIn("too old", self.momd.rpc("explain", "web-01")["text"])
        self.momd.rpc("setNamedPolicy", "60-wish", WISH)
        self.wait("a target for the other", lambda: self.peer.calls("VM.setBalloonTarget"))
        self.wait("a refusal", lambda: "balloon-stale" in {
            row["rail"] for row in self.momd.rpc("getDecisions", {"guest": "web-01"})})
        self.assertEqual({call["params"]["vmID"] for call in self.peer.calls("VM.setBalloonTarget")},
                         {self.machine("web-02").uuid})
        IT.libvirtd.virsh("dommemstat", name, "--period", str(PERIOD_S), "--live")
        self.wait("it reports again", lambda: self.guests()["web-01"]["state"] is None)
        self.assertIsNotNone(self.numbers()["web-01"]["mem_unused"])

    def test_libvirt_goes_and_comes_back(self) -> None:
        """libvirtd killed, and later one that hangs: vdsm's numbers meanwhile, each told once, and momd never blind"""
        self.start()
        IT.libvirtd.kill()
        try:
            self.wait("vdsm's numbers", lambda: self.numbers()["web-01"]["balloon_cur"] == FORMER_KIB)
            self.wait_cycles(3)
        finally:
            IT.libvirtd.start()
        self.wait("libvirt's again", lambda: self.numbers()["web-01"]["balloon_cur"] == SIZE.max_mib * MIB)
        for count, text in ((1, AWAY), (2, LIVE)):
            self.assertEqual(self.momd.log().count(text), count, self.momd.log())
        IT.libvirtd.freeze()
        try:
            self.wait("vdsm's numbers", lambda: self.numbers()["web-01"]["balloon_cur"] == FORMER_KIB)
            self.wait_cycles(5)
        finally:
            IT.libvirtd.thaw()
        self.wait("libvirt's again", lambda: self.numbers()["web-01"]["balloon_cur"] == SIZE.max_mib * MIB)
        for count, text in ((2, AWAY), (3, LIVE)):
            self.assertEqual(self.momd.log().count(text), count, self.momd.log())
        self.assertNotIn("nothing is decided", self.momd.log())


# What `virsh setmem` asks beside the change itself.
VIRSH = {"virConnectOpen", "virConnectOpenAuth", "virDomainLookupByName", "virDomainLookupByUUIDString",
         "virDomainLookupByID", "virConnectSupportsFeature", "virConnectGetURI", "virConnectIsSecure",
         "virConnectRegisterCloseCallback", "virConnectUnregisterCloseCallback", "virConnectClose", "virDomainGetInfo"}

if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
