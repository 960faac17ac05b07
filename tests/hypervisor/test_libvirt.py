#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd on a plain KVM host: a real libvirtd, real QEMU guests with real balloons, the packaged configuration.

    test_libvirt.py MOMD BUILD

One story, in the order of the file.  What is asserted is seen from inside the guests, in the kernel's files,
or in libvirtd's own account of what it was asked; waits end on what is seen, their deadlines are only for hangs.
"""
from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from typing import Any, NamedTuple

import bench
import ksm
import shelter
from agent import Agent
from clients import wait_until
from machine import MIB, Machine, Size
from momd import Daemon

SIZES = {
    "idle": Size(guarantee_mib=112),
    "busy": Size(guarantee_mib=96),
    "still": Size(max_mib=160, start_mib=160, guarantee_mib=160),
}
HELD_MIB = 60
SLACK_KIB = 2 * MIB          # a balloon moves in pages, and the guest's kernel rounds
# 02-balloon takes a host for short of memory when less than this part of it is free.
ALWAYS, NEVER = 1.5, 0.0001
NOTHING = "(defvar nothing 1)"   # a policy without effect
CYCLES = 5
QUOTA_US = (10000, 100000)       # in so long
SPIN_MS = 2000
PAGES_PER_MIB = 256

IT: bench.Bench
FULL: dict[str, int] = {}        # MemTotal of each guest with an empty balloon


def setUpModule() -> None:
    global IT
    IT = bench.Bench(SIZES)
    FULL.update((short, guest.total_kib()) for short, guest in IT.guests.items())


class Story(unittest.TestCase):
    momd: Agent

    @classmethod
    def setUpClass(cls) -> None:
        cls.momd = Agent(PROGRAM, IT.path("momd"), {"02-balloon": balloon(NEVER), "03-ksm": NOTHING},
                         settings={"main": {"controllers": "Balloon, KSM, CpuTune"}})
        cls.momd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.momd.stop()                 # a second time, unless a test failed

    def guest(self, short: str) -> Machine:
        return IT.guests[short]

    def numbers(self, short: str) -> dict[str, Any]:
        return self.momd.guests()[self.guest(short).name]

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def press(self, share: float) -> None:
        self.momd.rpc("setNamedPolicy", "02-balloon", balloon(share))

    def cycles(self, count: int = CYCLES) -> list[str]:
        """What libvirtd was asked during so many whole cycles."""
        calls = bench.Calls(IT.libvirtd)
        self.wait(f"{count} cycles", lambda: calls.seen().count("virConnectGetAllDomainStats") >= count)
        return calls.seen()

    def counted(self) -> int:
        """Evaluations of the policies, since 80-count is among them."""
        return json.loads(self.momd.rpc("getState"))["host"]["variables"].get("cycles", 0)

    # reading

    def test_guests_are_found_and_read(self) -> None:
        """every running guest is known by its name, with libvirt's numbers of it"""
        self.wait("momd knows the guests", lambda: self.momd.answers() and self.momd.knows(*IT.names()))
        self.wait("the guests' own reports of now", lambda: all(
            self.numbers(short)["mem_available"] == total for short, total in FULL.items()))
        for short, size in SIZES.items():
            seen = self.numbers(short)
            self.assertEqual(seen["balloon_max"], size.max_mib * MIB)
            self.assertEqual(seen["balloon_min"], (size.guarantee_mib or 0) * MIB)
            self.assertEqual(seen["mem_available"], FULL[short])
            with open(f"/proc/{self.guest(short).pid}/statm", encoding="ascii") as file:
                self.assertAlmostEqual(seen["rss"], int(file.read().split()[1]), delta=10000)

    def test_a_steady_cycle_costs_one_call(self) -> None:
        """a cycle in which nothing changes asks libvirtd once, for all guests"""
        self.momd.rpc("setNamedPolicy", "80-count",
                      '(Host.SetVar "cycles" (+ 1 (or (Host.GetVar "cycles") 0)))')
        self.wait("cycles are counted", lambda: self.counted() > 0)
        before = self.counted()
        asked = self.cycles()
        self.assertEqual(set(asked), {"virConnectGetAllDomainStats"})
        self.assertLessEqual(len(asked), self.counted() - before + 1)    # one is under way

    # the balloon

    def test_idle_guests_give_back(self) -> None:
        """on a pressed host an idle guest's own memory shrinks, and a busy one keeps what it uses"""
        self.guest("busy").hold(HELD_MIB, "unique")
        before = {short: self.guest(short).total_kib() for short in SIZES}
        self.press(ALWAYS)
        self.wait("the idle guest has given 40 MiB",
                  lambda: self.guest("idle").total_kib() < before["idle"] - 40 * MIB)
        self.wait("the busy guest has given something",
                  lambda: self.guest("busy").total_kib() < before["busy"])
        self.assertEqual(self.guest("busy").ask("stat")["held_mib"], str(HELD_MIB))

    def test_the_guarantee_is_kept(self) -> None:
        """a policy that wants next to nothing gets the guarantee, to the page, and no less"""
        calls = bench.Calls(IT.libvirtd)
        self.momd.rpc("setNamedPolicy", "60-greedy", '(with Guests guest (guest.Control "balloon_target" 1024))')
        for short in ("idle", "still"):
            guarantee = (SIZES[short].guarantee_mib or 0) * MIB
            self.wait(f"{short} is at its guarantee", lambda: current_kib(short) <= guarantee)   # noqa: B023
            self.cycles()
            self.assertEqual(current_kib(short), guarantee)
        for name, kib in calls.targets():
            self.assertGreaterEqual(kib, self.momd.guests()[name]["balloon_min"], f"libvirt was asked for less: {name}")
        self.assertIn(self.guest("idle").name, dict(calls.targets()))
        hidden = SIZES["idle"].max_mib * MIB - current_kib("idle")
        self.wait("the idle guest sees it",
                  lambda: abs(self.guest("idle").total_kib() - (FULL["idle"] - hidden)) <= SLACK_KIB)
        self.momd.rpc("setNamedPolicy", "60-greedy", NOTHING)

    def test_memory_comes_back(self) -> None:
        """when the host has room again every guest gets back all it had, seen from inside"""
        self.press(NEVER)
        for short, size in SIZES.items():
            self.wait(f"{short} is whole", lambda: current_kib(short) == size.max_mib * MIB)     # noqa: B023
            self.wait(f"{short} sees it", lambda: abs(self.guest(short).total_kib() - FULL[short]) <= SLACK_KIB)  # noqa: B023
        self.assertEqual({self.guest(short).ask("stat")["lives"] for short in SIZES}, {"1"},
                         "a workload was killed for lack of memory")

    # guests that come and go

    def test_guests_come_and_go(self) -> None:
        """a guest that starts is managed, one that ends is forgotten, and so is one that did both at once"""
        late = IT.add("late", Size(max_mib=128, start_mib=128, guarantee_mib=100))
        self.wait("the late guest is known", lambda: self.momd.knows(*IT.names()))
        late.wait_ready()
        self.wait("its memory is known", lambda: self.numbers("late")["mem_unused"])
        old_pid = late.pid
        late.destroy()
        late.start()                     # the same name and uuid: another run
        self.assertNotEqual(late.pid, old_pid)
        late.wait_ready()
        self.wait("its memory is known anew", lambda: self.numbers("late")["mem_unused"])
        self.momd.rpc("setNamedPolicy", "60-greedy", '(with Guests guest (guest.Control "balloon_target" 1024))')
        self.wait("its second run is managed", lambda: current_kib("late") == 100 * MIB)
        self.momd.rpc("setNamedPolicy", "60-greedy", NOTHING)
        late.destroy()
        del IT.guests["late"]
        self.wait("it is forgotten", lambda: self.momd.knows(*IT.names()))

    # CPU

    def test_a_cpu_quota_throttles(self) -> None:
        """a CPU quota that a policy wants is the kernel's, and the guest's own work falls to it"""
        group = cpu_group(self.guest("idle"))
        if not group:
            self.skipTest("no cpu control group: this kernel or container does not let libvirt make one")
        free = spin(self.guest("idle"))
        self.momd.rpc("setNamedPolicy", "70-cpu", '(with Guests guest (if (== (guest.Prop "name") "%s") '
                      '{ (guest.Control "vcpu_quota" %d) (guest.Control "vcpu_period" %d) } 0))'
                      % (self.guest("idle").name, *QUOTA_US))
        self.wait("the kernel has the quota", lambda: quota(group) == QUOTA_US)
        before = throttled(group)
        held = spin(self.guest("idle"))
        self.assertGreater(throttled(group), before)
        # What the guest did in a second, as a part of what it does in a second of processor time: however busy the
        # machine is, that is never more than its quota.
        share = held.turns / held.seconds / (free.turns / free.processor_seconds)
        print(f"# of a processor the guest had {free.processor_seconds / free.seconds:.0%} without a quota; with one of "
              f"{QUOTA_US[0] / QUOTA_US[1]:.0%} its work was that of {share:.1%}")
        self.assertLess(share, 2 * QUOTA_US[0] / QUOTA_US[1])
        self.momd.rpc("setNamedPolicy", "70-cpu",
                      '(with Guests guest { (guest.Control "vcpu_quota" -1) (guest.Control "vcpu_period" 100000) })')
        self.wait("the kernel has no quota any more", lambda: quota(group)[0] == -1)

    # the end

    def test_it_leaves_the_guests_alone_at_its_end(self) -> None:
        """momd ends cleanly, and every guest goes on"""
        self.assertEqual(self.momd.stop(), 0, self.momd.log()[-2000:])
        for short in SIZES:
            self.assertEqual(self.guest(short).ask("stat")["lives"], "1")


class Merging(unittest.TestCase):
    @staticmethod
    def nodes_are_shown() -> bool:
        """What a kernel without NUMA, or one in a container, may not have."""
        missing = [path for path in ("/proc/kpageflags", "/sys/devices/system/node/node0",
                                     "/sys/devices/system/memory/block_size_bytes") if not os.path.exists(path)]
        for path in missing:
            print(f"# skipped: where merged pages lie, as there is no {path}")
        return not missing

    @staticmethod
    def spread(host: dict[str, Any]) -> bool:
        """Whether the nodes have what the kernel counts, which goes on while momd reads one after the other."""
        if host["numa_ksm"] is None:
            return False
        held, saved = (sum(host[field]) * PAGES_PER_MIB / MIB for field in ("numa_ksm", "numa_ksm_saved"))
        return (len(host["numa_ksm"]) == host["numa_nodes"]
                and abs(held - host["ksm_pages_shared"]) <= 0.02 * held
                and abs(saved - host["ksm_pages_sharing"]) <= 0.02 * saved)

    def test_equal_pages_are_merged(self) -> None:
        """on a short host KSM is switched on and faster, guests' equal pages are kept once; forbidden, it is undone"""
        if not ksm.present():
            self.skipTest("this kernel has no KSM")
        ksm.take(shelter.place())
        self.addCleanup(ksm.restore, shelter.place())
        ksm.write("run", 0)
        ksm.write("pages_to_scan", 100)
        for short in ("idle", "busy"):
            IT.guests[short].hold(HELD_MIB, "same")
        momd = Agent(PROGRAM, IT.path("ksm"), {
            "02-balloon": NOTHING, "03-ksm": bench.packaged_policy("03-ksm", ksm_free_share=ALWAYS)},
            settings={"host": {"collectors": "HostMemory, HostKSM, HostCpu, HostNuma"}})
        momd.start()
        self.addCleanup(momd.stop)
        momd.wait("KSM runs, as fast as the policy allows", lambda: ksm.read("pages_to_scan") == "1250", 120)
        self.assertEqual(ksm.read("run"), "1")
        momd.wait("what two guests have alike is kept once",
                  lambda: int(ksm.read("pages_sharing")) >= HELD_MIB * PAGES_PER_MIB, 300)
        if self.nodes_are_shown():
            momd.wait("it is known in which nodes they lie",
                      lambda: self.spread(momd.rpc("getStatistics")["host"]), 300)
        momd.rpc("setNamedPolicy", "00-defines", bench.packaged_policy("00-defines", ksmEnabled=0))
        momd.wait("all pages are apart again", lambda: ksm.read("pages_shared") == "0", 120)
        self.assertEqual(momd.stop(), 0)
        for short in ("idle", "busy"):
            IT.guests[short].hold(0)


class OutOfTheBox(unittest.TestCase):
    """What `meson install` puts below PREFIX/share, and no configuration file."""

    def install(self) -> None:
        """As seen in here only."""
        place, prefix = IT.path("installed"), data_directory()
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", place],
                       check=True, stdout=subprocess.DEVNULL)
        shelter.cover(os.path.dirname(prefix), os.path.basename(prefix))
        shutil.copytree(place + prefix, prefix, dirs_exist_ok=True)

    def test_it_manages_without_any_configuration(self) -> None:
        """momd without a configuration file finds libvirt, policies and guests, keeps guarantees, serves momctl"""
        self.install()
        idle, guarantee = IT.guests["idle"], (SIZES["idle"].guarantee_mib or 0) * MIB
        IT.libvirtd.virsh("setmem", idle.name, str(guarantee - 16 * MIB))
        wait_until("the guest is below its guarantee", lambda: current_kib("idle") < guarantee)
        momd = Daemon(PROGRAM, IT.path("bare"), "/run/momd/mom.sock")
        momd.start(configured=False)
        self.addCleanup(momd.stop)
        momd.wait("momd knows the guests", lambda: momd.answers() and
                  set(momd.rpc("getActiveGuests")) == set(IT.names()))
        self.assertEqual(set(momd.rpc("getNamedPolicies")), {"00-defines", "02-balloon", "03-ksm"})
        momctl = subprocess.run([os.path.join(os.path.dirname(PROGRAM), "momctl", "momctl"), "policy", "state",
                                 "--socket", momd.socket], capture_output=True, text=True)
        self.assertIn(IT.guests["idle"].name, momctl.stdout, momctl.stderr)
        momd.wait("the guest has its guarantee again", lambda: current_kib("idle") >= guarantee, 120)
        self.assertEqual(momd.stop(), 0)
        IT.libvirtd.virsh("setmem", idle.name, str(SIZES["idle"].max_mib * MIB))
        wait_until("the guest is whole again", lambda: idle.total_kib() == FULL["idle"], 120)


def data_directory() -> str:
    """PREFIX/share/momd of the build."""
    listed = subprocess.run(["meson", "introspect", BUILD, "--buildoptions"], check=True, capture_output=True, text=True)
    options = {option["name"]: option["value"] for option in json.loads(listed.stdout)}
    return os.path.join(options["prefix"], options["datadir"], "momd")


def current_kib(short: str) -> int:
    return IT.libvirtd.balloon(IT.guests[short].name)["current"]


def balloon(pressure_share: float) -> str:
    return bench.packaged_policy("02-balloon", balloon_pressure_share=pressure_share)


class Spun(NamedTuple):
    turns: int                   # by the guest's count
    seconds: float
    processor_seconds: float     # of its processor's thread


def processor_s(guest: Machine) -> float:
    """The time that the guest's processor had, by the host's account."""
    for task in glob.glob(f"/proc/{guest.pid}/task/*"):
        if read(task, "comm").startswith("CPU 0/"):
            return int(read(task, "schedstat").split()[0]) / 1e9
    raise LookupError(f"QEMU of {guest.short} has no thread for its processor")


def spin(guest: Machine) -> Spun:
    turns, began_s, had_s = int(guest.ask("stat")["spins"]), time.monotonic(), processor_s(guest)
    turns = int(guest.ask(f"spin {SPIN_MS}")["spins"]) - turns
    return Spun(turns, time.monotonic() - began_s, processor_s(guest) - had_s)


def cpu_group(guest: Machine) -> str:
    """The control group of the guest's processor; empty if there is none."""
    for hierarchy in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup"):
        for group in glob.glob(f"{hierarchy}/machine*/*{guest.name}*/**/vcpu0", recursive=True):
            if os.path.exists(os.path.join(group, "cpu.stat")):
                return group
    return ""


def read(*path: str) -> str:
    with open(os.path.join(*path), encoding="ascii") as file:
        return file.read()


def quota(group: str) -> tuple[int, int]:
    """Quota and period in microseconds; -1 for no quota."""
    if os.path.exists(os.path.join(group, "cpu.max")):
        value, period = read(group, "cpu.max").split()
        return (-1 if value == "max" else int(value)), int(period)
    return int(read(group, "cpu.cfs_quota_us")), int(read(group, "cpu.cfs_period_us"))


def throttled(group: str) -> int:
    return int(dict(line.split() for line in read(group, "cpu.stat").splitlines())["nr_throttled"])


if __name__ == "__main__":
    PROGRAM, BUILD = sys.argv[1], sys.argv[2]
    bench.main()
