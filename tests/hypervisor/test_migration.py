#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest on its way to another host, by a real migration between two libvirtds.

    test_migration.py MOMD
"""
from __future__ import annotations

import subprocess
import sys

import bench
from libvirtd import URI
from machine import MIB, Machine, Size, ask
from neighbour import Neighbour
from watched import Watched

SIZE = Size(max_mib=144, start_mib=144)
TARGET_KIB = 128 * MIB
# MiB per second: slow enough for what is seen meanwhile, and what a test ends it with.
SLOW, FAST = 1, 1000
HELD_MIB = 40
THERE_CONTROL = ".there"
IT: bench.Bench
THERE: Neighbour


def setUpModule() -> None:
    global IT, THERE
    IT = bench.Bench({"goes": SIZE, "stays": SIZE})
    THERE = Neighbour(IT.libvirtd)
    Watched.it, Watched.program = IT, PROGRAM


class Migration(Watched):
    def migrate(self, guest: Machine) -> "subprocess.Popen[str]":
        """Begins to; returns when it is under way. What of the guest are files here has other names there."""
        guest.hold(HELD_MIB, "unique")
        xml = IT.path("there.xml")
        with open(xml, "w", encoding="utf-8") as file:
            file.write(IT.libvirtd.virsh("dumpxml", "--migratable", guest.name)
                       .replace(guest.place + ".control", guest.place + THERE_CONTROL)
                       .replace(guest.place + ".log", guest.place + ".there-log"))
        going = subprocess.Popen(["virsh", "--quiet", "--connect", URI, "migrate", "--live", "--unsafe", "--bandwidth",
                                  str(SLOW), "--xml", xml, guest.name, THERE.uri, "--migrateuri", THERE.migrate_uri],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(going.stderr.close)      # type: ignore[union-attr]
        self.addCleanup(going.wait)
        self.addCleanup(going.kill)

        def under_way() -> bool:
            if going.poll() is not None:
                raise AssertionError(f"no migration: {going.stderr and going.stderr.read()}\n{THERE.log()[-2000:]}")
            return "Outgoing migration" in IT.libvirtd.virsh("domjobinfo", guest.name)
        self.wait("the migration", under_way)
        return going

    def assert_left_alone(self, goes: Machine, stays: Machine) -> None:
        calls = bench.Calls(IT.libvirtd)
        self.wish(TARGET_KIB, goes, stays)
        self.wait("a refusal", lambda: f"guest {goes.uuid} is left alone: its migration is under way" in self.momd.log())
        self.wait("the other guest's change", lambda: self.balloon(stays) == TARGET_KIB)
        self.wait_cycles(3)
        self.assertEqual({name for name, _ in calls.targets()}, {stays.name})
        self.assertTrue(self.numbers(goes)["mem_unused"])           # reading goes on
        self.assertEqual(self.momd.log().count("is left alone: its migration"), 1, self.momd.log())

    def test_a_migration_that_is_given_up(self) -> None:
        """a guest that migrates is read and not changed, told once; when that is given up it gets what is wished"""
        goes, stays = IT.guests["goes"], IT.guests["stays"]
        self.start()
        going = self.migrate(goes)
        self.assert_left_alone(goes, stays)
        IT.libvirtd.virsh("domjobabort", goes.name)
        self.assertNotEqual(going.wait(), 0)
        self.wait("the change", lambda: self.balloon(goes) == TARGET_KIB)
        self.wish(SIZE.max_mib * MIB, goes, stays)
        self.wait("their memory", lambda: {self.balloon(goes), self.balloon(stays)} == {SIZE.max_mib * MIB})

    def test_a_migration(self) -> None:
        """a guest that has migrated is forgotten here, and arrives as it was"""
        goes, stays = IT.guests["goes"], IT.guests["stays"]
        self.start()
        going = self.migrate(goes)
        self.assert_left_alone(goes, stays)
        IT.libvirtd.virsh("migrate-setspeed", goes.name, str(FAST))
        self.assertEqual(going.wait(), 0, going.stderr and going.stderr.read())
        self.wait("it is forgotten", lambda: self.momd.knows(stays.name))
        self.assertEqual(THERE.balloon(goes.name)["current"], SIZE.max_mib * MIB)
        self.assertEqual(ask(goes.place + THERE_CONTROL, "stat")["held_mib"], str(HELD_MIB))
        del IT.guests["goes"]


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
