#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests whose balloon does not do what it is told, on real QEMU: the workload holds all the memory, the guest has no
driver, the guest is paused.

    test_stuck.py MOMD

Each is told once, costs no call while it lasts, and is managed again by itself when it is over.
"""
from __future__ import annotations

import sys

import bench
from machine import MIB, Machine, Size
from watched import NO_RAIL_OF_AGE, Watched

MAX_KIB = 192 * MIB
# Some MiB that neither the workload nor the balloon may take. Without them the balloon takes the last free page, and now
# and then a thread of the guest's kernel needs one and kills the workload for it: seen in one of 36 guests.
KERNEL_KEEPS_ROOM = 'movablecore=96M sysctl.vm.lowmem_reserve_ratio="16 16 16 16"'
SIZES = {"full": Size(kernel_options=KERNEL_KEEPS_ROOM), "bare": Size(without="virtio_balloon")}
# Long enough for a busy machine, where a balloon may creep for a while before it stands still.
HELD_MIB, HELD_S, STUCK_AFTER_S = 90, 180, 20
DRIVER = "virtio_balloon"
SLACK_KIB = 2 * MIB                  # a balloon moves in pages, and the guest's kernel rounds
UNREACHABLE_KIB = 96 * MIB           # less than what the workload and the guest's kernel have
REACHABLE_KIB = 160 * MIB
# The rails would not let a policy take what a guest uses.
QUICKLY_STUCK = {"rails": {"settle-time": "0", "guest-reserve": "0", "max-change": "0", "stuck-after": str(STUCK_AFTER_S)}}
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench(SIZES)
    Watched.it, Watched.program = IT, PROGRAM


class Stuck(Watched):
    def guest(self, short: str) -> Machine:
        return IT.guests[short]

    def test_a_workload_that_holds_all_memory(self) -> None:
        """a guest that cannot give what it should is stuck: told once, tried rarely, and welcomed when it lets go"""
        full = self.guest("full")
        self.start(QUICKLY_STUCK, silent=("bare",))
        full.ask(f"hold {HELD_MIB} unique {HELD_S}")
        calls = bench.Calls(IT.libvirtd)
        self.wish(UNREACHABLE_KIB, full)
        self.wait("it gives what it can", lambda: self.balloon(full) < MAX_KIB)
        self.wait("it is known as stuck", lambda: self.decisions(guest=full.name, verdict="stuck"), 240)
        self.assertGreater(self.balloon(full), UNREACHABLE_KIB)
        given = len(calls.targets())
        self.wait_cycles(10)
        self.assertEqual(len(calls.targets()), given, "a stuck guest is told its target again and again")
        self.assertLessEqual(given, 2)
        self.assertEqual(len(self.decisions(guest=full.name, verdict="stuck")), 1)
        # Nothing is asked of a guest without a free page: it lets go by itself.
        self.wait("it follows", lambda: self.decisions(guest=full.name, verdict="follows"), 240)
        self.wait("what was wished", lambda: self.balloon(full) <= UNREACHABLE_KIB + SLACK_KIB)
        self.assertEqual(len(self.decisions(guest=full.name, verdict="stuck")), 1)
        self.wish(MAX_KIB, full)
        self.wait("its memory is back", lambda: self.balloon(full) == MAX_KIB)

    def test_a_guest_without_a_driver(self) -> None:
        """a guest without balloon driver is known as such and sent nothing; one that comes later is welcomed"""
        full, bare = self.guest("full"), self.guest("bare")
        self.start(NO_RAIL_OF_AGE, silent=("bare",))
        calls = bench.Calls(IT.libvirtd)
        self.wish(REACHABLE_KIB, full, bare)
        self.wait("the other guest's change", lambda: self.balloon(full) == REACHABLE_KIB)
        self.wait_cycles(5)
        self.assertEqual(self.numbers(bare)["balloon_refusal"], "balloon-no-driver")
        self.assertFalse(self.numbers(bare)["balloon_allowed"])
        self.assertEqual({name for name, _ in calls.targets()}, {full.name})
        refused = self.decisions(guest=bare.name, verdict="railed")
        self.assertEqual([decision["rail"] for decision in refused], ["balloon-no-driver"], "told once")
        before = bare.total_kib()
        bare.ask(f"load {DRIVER}")
        self.wait("what was wished", lambda: self.balloon(bare) == REACHABLE_KIB)
        self.wait("the guest sees it", lambda: bare.total_kib() < before - (MAX_KIB - REACHABLE_KIB) + SLACK_KIB)
        self.assertTrue(self.numbers(bare)["balloon_allowed"])
        self.wish(MAX_KIB, full, bare)
        self.wait("their memory is back", lambda: {self.balloon(full), self.balloon(bare)} == {MAX_KIB})

    def test_a_paused_guest(self) -> None:
        """a paused guest is not managed and costs no call; when it goes on it gets what is wished"""
        full, bare = self.guest("full"), self.guest("bare")
        self.start()
        IT.libvirtd.virsh("suspend", full.name)
        self.addCleanup(self.go_on, full)
        self.wait("it is out of the managed", lambda: self.momd.knows(bare.name))
        calls = bench.Calls(IT.libvirtd)
        self.wish(REACHABLE_KIB, full, bare)
        self.wait("the other guest's change", lambda: self.balloon(bare) == REACHABLE_KIB)
        self.wait_cycles(5)
        self.assertEqual({name for name, _ in calls.targets()}, {bare.name})
        self.assertEqual(self.balloon(full), MAX_KIB)
        self.assertNotIn("stuck", self.momd.log())
        IT.libvirtd.virsh("resume", full.name)
        self.wait("what was wished", lambda: self.balloon(full) == REACHABLE_KIB)
        self.wish(MAX_KIB, full, bare)
        self.wait("their memory is back", lambda: {self.balloon(full), self.balloon(bare)} == {MAX_KIB})

    @staticmethod
    def go_on(guest: Machine) -> None:
        if "paused" in IT.libvirtd.virsh("domstate", guest.name):
            IT.libvirtd.virsh("resume", guest.name)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
