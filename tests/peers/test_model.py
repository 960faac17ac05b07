#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory behaves: balloons take and give at a rate and stop above what is used, the host's free memory
follows, KSM saves as it scans, and the files tell the same story.  Model time only: nothing waits."""
from __future__ import annotations

import os
import re
import sys
import tempfile
import unittest

import fleet
import guests
import hostfiles
import tap
from guests import GIB, MIB
from host import Host


def host(count: int = 12, **fields) -> Host:
    return Host(fleet.make_all(count), **fields)


def advance(that: Host, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        that.advance(0.1)


class Guests(unittest.TestCase):
    def test_rate(self) -> None:
        """a balloon inflates at its rate, not at once"""
        that = host()
        guest = that.guest("web-01")
        guest.target = 6 * GIB
        advance(that, 2)
        self.assertAlmostEqual(guest.balloon, 8 * GIB - 2 * guests.INFLATE_RATE, delta=MIB)
        advance(that, 20)
        self.assertEqual(guest.balloon, 6 * GIB)

    def test_refusal(self) -> None:
        """a balloon stops above what the guest uses, and takes its cache first"""
        that = host()
        guest = that.guest("db-01")
        cache = guest.cache
        guest.target = 1 * GIB
        advance(that, 120)
        self.assertGreater(guest.balloon, guest.used)
        self.assertLess(guest.balloon, guest.used + 1 * GIB)
        self.assertLess(guest.cache, cache / 4)

    def test_give_back(self) -> None:
        """ballooned memory comes back to the host, less what was never touched"""
        that, twin = host(), host()
        that.guest("build-01").target = 4 * GIB
        advance(that, 30)
        advance(twin, 30)
        self.assertGreater(that.free - twin.free, 1 * GIB)
        self.assertLess(that.free - twin.free, 4 * GIB)

    def test_touched_stays(self) -> None:
        """memory a guest touched stays with it when it is used no more"""
        that = host()
        guest = that.guest("web-01")
        guest.demand_share(0.9)
        advance(that, 60)
        touched = guest.touched
        guest.demand_share(0.1)
        advance(that, 60)
        self.assertLess(guest.used, 1 * GIB)
        self.assertGreaterEqual(guest.touched, touched)

    def test_script(self) -> None:
        """a script makes a working set grow and shrink"""
        that = host()
        guest = that.guest("web-01")
        guest.script = [(5, 0.7), (60, 0.1)]
        advance(that, 40)
        self.assertAlmostEqual(guest.used / guest.max, 0.7, delta=0.02)
        advance(that, 60)
        self.assertAlmostEqual(guest.used / guest.max, 0.1, delta=0.02)

    def test_swap(self) -> None:
        """a guest that wants more than it has swaps, and its faults show it"""
        that = host()
        guest = that.guest("starved")
        guest.demand_share(0.9)
        advance(that, 30)
        self.assertGreater(guest.counters["swap_out"], 0)
        self.assertGreater(guest.counters["major_fault"], 1000)

    def test_paused(self) -> None:
        """a paused guest's memory stands still"""
        that = host()
        guest = that.guest("web-01")
        guest.status, guest.target = "Paused", 4 * GIB
        advance(that, 10)
        self.assertEqual(guest.balloon, 8 * GIB)

    def test_deterministic(self) -> None:
        """the same seed and steps give the same memory"""
        one, two, other = host(seed=3), host(seed=3), host(seed=4)
        for that in (one, two, other):
            advance(that, 20)
        self.assertEqual([guest.used for guest in one.guests], [guest.used for guest in two.guests])
        self.assertNotEqual([guest.used for guest in one.guests], [guest.used for guest in other.guests])


class Hosts(unittest.TestCase):
    def test_sum(self) -> None:
        """free memory is the total less the host's use, pressure and what guests touched"""
        that = host()
        that.pressure = 5 * GIB
        expected = that.total - that.own_use - 5 * GIB - that.touched
        self.assertAlmostEqual(that.free, expected, delta=MIB)

    def test_starts_unpressed(self) -> None:
        """the stock fleet starts above the line below which policies shrink, and is pressed below it"""
        that = host()
        self.assertGreater(that.free, 0.2 * that.total)
        that.pressure = 10 * GIB
        self.assertLess(that.free, 0.15 * that.total)

    def test_swap(self) -> None:
        """a host without memory swaps, and its counters tell it"""
        that = host()
        that.pressure = 20 * GIB
        advance(that, 10)
        self.assertGreater(that.swap_used, 1 * GIB)
        self.assertGreater(that.swapped_out, 0)
        that.pressure = 0
        advance(that, 120)
        self.assertEqual(that.swap_used, 0)
        self.assertGreater(that.swapped_in, 0)

    def test_ksm(self) -> None:
        """KSM saves while it runs, keeps when stopped, and gives all back when told to unmerge"""
        that = host()
        that.ksm.tune({"run": 1, "pages_to_scan": 1250, "sleep_millisecs": 10})
        advance(that, 30)
        saved = that.ksm.pages_sharing
        self.assertGreater(saved, 10000)
        self.assertGreater(that.ksm.jiffies, 0)
        that.ksm.tune({"run": 0})
        advance(that, 10)
        self.assertEqual(that.ksm.pages_sharing, saved)
        that.ksm.tune({"run": 2})
        self.assertEqual(that.ksm.pages_shared, 0)

    def test_ksm_speed(self) -> None:
        """KSM that scans more saves sooner"""
        slow, fast = host(), host()
        slow.ksm.tune({"run": 1, "pages_to_scan": 64})
        fast.ksm.tune({"run": 1, "pages_to_scan": 1250})
        advance(slow, 10)
        advance(fast, 10)
        self.assertGreater(fast.ksm.pages_sharing, 5 * slow.ksm.pages_sharing)

    def test_ksm_refusals(self) -> None:
        """KSM keys and values that vdsm or the kernel refuses are refused"""
        that = host()
        for bad in ({"run": 3}, {"nosuch": 1}, {"pages_to_scan": -1}, {"sleep_millisecs": 1 << 32}):
            with self.assertRaises(ValueError):
                that.ksm.tune(bad)
        that.ksm.tune({"run": 1, "pages_to_scan": 1250})
        advance(that, 5)
        with self.assertRaises(ValueError):
            that.ksm.tune({"merge_across_nodes": 0})


class Files(unittest.TestCase):
    def setUp(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.files = hostfiles.HostFiles(self.place.name)
        self.host = host()
        self.files.write(self.host)

    def tearDown(self) -> None:
        self.place.cleanup()

    def read(self, path: str) -> str:
        with open(os.path.join(self.place.name, path), encoding="utf-8") as file:
            return file.read()

    def test_meminfo(self) -> None:
        """meminfo adds up to the model's free memory"""
        rows = dict(re.findall(r"^(\w+):\s+(\d+) kB$", self.read("proc/meminfo"), re.M))
        self.assertEqual(int(rows["MemTotal"]), self.host.total)
        self.assertEqual(sum(int(rows[key]) for key in ("MemFree", "Buffers", "Cached")), self.host.free)

    def test_ksm_files(self) -> None:
        """every file that a KSM collector reads is there and holds a number"""
        for name in ("full_scans", "pages_sharing", "pages_unshared", "run", "pages_shared",
                     "pages_to_scan", "pages_volatile", "sleep_millisecs", "merge_across_nodes"):
            self.assertGreaterEqual(int(self.read("sys/kernel/mm/ksm/" + name)), 0, name)

    def test_processes(self) -> None:
        """qemu processes and ksmd have the kernel's 52 stat fields, and a guest that ends leaves"""
        guest = self.host.guest("db-01")
        fields = self.read(f"proc/{guest.pid}/stat").split()
        self.assertEqual((len(fields), fields[1]), (52, "(qemu-kvm)"))
        self.assertEqual(int(fields[22]), (guest.max + GIB) * 1024)
        self.assertEqual(int(fields[23]), int(guest.resident) // 4)
        self.assertEqual(self.read(f"proc/{hostfiles.KSMD_PID}/comm"), "ksmd\n")
        guest.status = "Down"
        self.files.write(self.host)
        self.assertFalse(os.path.exists(os.path.join(self.place.name, f"proc/{guest.pid}")))

    def test_nothing_half_written(self) -> None:
        """no temporary file stays behind"""
        left = [name for _, _, names in os.walk(self.place.name) for name in names if name.startswith(".")]
        self.assertEqual(left, [])


if __name__ == "__main__":
    sys.exit(tap.main())
