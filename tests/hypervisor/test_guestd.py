#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mom-guestd in real guests: momd asks it through QEMU's own network, and the guest's kernel is what answers.

    test_guestd.py MOMD MOM_GUESTD GUESTD_ASK

Each guest has an address of this machine's loopback network, from which QEMU leads to its mom-guestd. Over vsock
the guests ask themselves, with momd's own asker: their kernel has its loopback. Where this machine has vhost-vsock,
another guest is asked from outside by its context id, without any network.
"""
from __future__ import annotations

import os
import re
import socket
import sys
import unittest
from typing import Any

import bench
from agent import Agent
from machine import MIB, Machine, Size
import guestd

PORT = 2187
OPEN_PORT = 2188                 # of vsock, of a second mom-guestd in each guest
ITSELF = 1                       # the context id of the kernel's loopback (vsock(7): VMADDR_CID_LOCAL)
NETWORK = "<interface type='user'><model type='virtio'/></interface>"
VSOCK = "<vsock model='virtio'><cid auto='yes'/></vsock>"
SIZES = {"one": Size(max_mib=144, start_mib=144, extra=NETWORK), "two": Size(max_mib=160, start_mib=160, extra=NETWORK)}
ADDRESSES = {"one": "127.0.1.1", "two": "127.0.1.2"}
HAS_VSOCK = os.path.exists("/dev/vhost-vsock")
COLLECTORS = "GuestQemuProc, GuestNetworkDaemon, GuestBalloon, GuestPressure"
HELD_MIB = 40
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench({**SIZES, **({"near": Size(max_mib=144, start_mib=144, extra=VSOCK)} if HAS_VSOCK else {})},
                     programs=[f"{GUESTD} --config=/dev/null",
                               f"{GUESTD} --config=/dev/null --port=0 --vsock={OPEN_PORT} --allowed-peers=cid:{ITSELF}",
                               f"{ASK} {OPEN_PORT} - itself {ITSELF}", f"{ASK} {PORT} - stranger {ITSELF}"])
    for short, address in ADDRESSES.items():
        IT.libvirtd.virsh("qemu-monitor-command", IT.guests[short].name, "--hmp",
                          f"hostfwd_add hostnet0 tcp:{address}:{PORT}-:{PORT}")


class InGuests(unittest.TestCase):
    momd: Agent

    @classmethod
    def setUpClass(cls) -> None:
        helper = IT.path("name-to-ip")
        with open(helper, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\ncase $1 in\n" + "".join(
                f"{IT.guests[short].name}) echo {address} ;;\n" for short, address in ADDRESSES.items()) + "esac\n")
        os.chmod(helper, 0o755)
        cls.momd = Agent(PROGRAM, IT.path("momd"), {"02-balloon": "", "03-ksm": ""}, settings={
            "guest": {"collectors": COLLECTORS}, "rails": {"settle-time": "0"},
            "Collector: GuestNetworkDaemon": {"name-to-ip-helper": helper, "port": PORT}})
        cls.momd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.momd.stop()

    def numbers(self, guest: Machine) -> dict[str, Any]:
        return self.momd.guests().get(guest.name, {})

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def test_answers(self) -> None:
        """momd has the numbers of each guest's own kernel"""
        for short in SIZES:
            guest = IT.guests[short]
            numbers = self.wait(f"the numbers of {short}", lambda: self.momd.answers() and
                                self.numbers(guest).get("mem_available") and self.numbers(guest))
            self.assertEqual(numbers["mem_available"], guest.total_kib())
            self.assertLess(numbers["mem_unused"], numbers["mem_available"])
            self.assertGreater(numbers["minor_fault"], 0)
            self.assertEqual(numbers["swap_total"], 0)

    def test_loopback(self) -> None:
        """asker and mom-guestd meet over vsock, for those who may ask: else it is the host alone"""
        for short in SIZES:
            guest = IT.guests[short]
            answer = self.wait("an answer over vsock",
                               lambda: re.search(r"(?m)^itself answer (\d+),(\d+),", guest.console()))
            self.assertEqual(int(answer[1]), guest.total_kib())
            self.assertLess(int(answer[2]), int(answer[1]))
            self.wait("a refusal", lambda: re.search(f"(?m)^stranger error vsock:{ITSELF} port {PORT}: ", guest.console()))
            self.assertNotIn("stranger answer", guest.console())

    def test_reference_reads_it(self) -> None:
        """so has whoever asks as the Python package does"""
        with socket.create_connection((ADDRESSES["two"], PORT), timeout=60) as connection:
            answer = guestd.ask(connection)
        self.assertEqual(set(answer), guestd.FIELDS)
        self.assertEqual(answer["mem_available"], IT.guests["two"].total_kib())

    def test_pressure(self) -> None:
        """the guest's own pressure is known, where its kernel tells it"""
        numbers = self.numbers(IT.guests["one"])
        if numbers["psi_memory_some_total"] is None:
            self.skipTest("the guests' kernel has no pressure stall information")
        self.assertGreaterEqual(numbers["psi_memory_some_avg10"], 0)
        self.assertGreaterEqual(numbers["psi_memory_full_total"], 0)

    def test_what_a_guest_does_is_seen(self) -> None:
        """what a guest begins to use is missing from what it calls unused"""
        guest = IT.guests["two"]
        before = self.numbers(guest)["mem_unused"]
        guest.hold(HELD_MIB)
        self.wait("less unused memory", lambda: self.numbers(guest)["mem_unused"] < before - HELD_MIB * MIB * 3 // 4)
        guest.hold(0)
        self.wait("more again", lambda: self.numbers(guest)["mem_unused"] > before - HELD_MIB * MIB // 4)

    def test_a_balloon_is_seen_from_inside(self) -> None:
        """a guest that momd made smaller says so itself"""
        guest = IT.guests["one"]
        full = self.numbers(guest)["mem_available"]
        self.momd.rpc("setNamedPolicy", "60-wish", '(with Guests guest (if (== (guest.Prop "name") "%s") '
                      '(guest.Control "balloon_target" %d) 0))' % (guest.name, 128 * MIB))
        self.wait("a smaller guest", lambda: self.numbers(guest)["mem_available"] <= full - 15 * MIB)
        self.assertEqual(self.numbers(guest)["mem_available"], guest.total_kib())
        self.momd.rpc("setNamedPolicy", "60-wish", None)

    def test_a_guest_that_hangs_costs_itself(self) -> None:
        """a guest that hangs keeps its last answer for a while, and the other's go on"""
        hung, other = IT.guests["one"], IT.guests["two"]
        hung.freeze()
        self.addCleanup(hung.thaw)
        other.hold(HELD_MIB // 2)
        before = self.numbers(other)["mem_unused"]
        other.hold(HELD_MIB)
        self.wait("the other's numbers", lambda: self.numbers(other)["mem_unused"] < before)
        hung.thaw()
        self.wait("its numbers again", lambda: self.numbers(hung).get("guestd_age") == 0)

    def test_vsock(self) -> None:
        """a guest with a vsock device is asked from outside, without any network"""
        if not HAS_VSOCK:
            self.skipTest("this kernel has no vhost-vsock")
        guest = IT.guests["near"]
        self.wait("its numbers", lambda: self.numbers(guest).get("mem_available") == guest.total_kib())


if __name__ == "__main__":
    PROGRAM, GUESTD, ASK = map(os.path.abspath, sys.argv[1:4])
    bench.main()
