#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's own agent in real guests, asked through libvirt's channel and through a socket, and one that falls silent.

    test_guest_agent.py MOMD

What momd knows of a guest's memory comes from its agent alone here.
"""
from __future__ import annotations

import re
import shutil
import sys
import unittest
from typing import Any

import bench
import shelter
from agent import Agent
from machine import MIB, Machine, Size

AGENT = "/usr/sbin/qemu-ga"
# Which device the channel is depends on what else the guest has: one waits at each.
PROGRAMS = [f"{AGENT} --retry-path --method virtio-serial --path /dev/vport{device}p1 --statedir /tmp "
            f"--pidfile /tmp/qga{device}.pid" for device in range(3)]
SMALL = {"max_mib": 144, "start_mib": 144}
LIBVIRT_S = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
COLLECTORS = "GuestQemuProc, GuestBalloonOptional, GuestQemuAgentOptional"
HELD_MIB = 40
IT: bench.Bench
FULL: dict[str, int] = {}


def of_our_own(short: str) -> str:
    """A channel whose socket nobody but momd has open, where momd looks for it."""
    path = f"{shelter.place()}/{short}-{shelter.mark(shelter.place())}.agent"
    return f"<channel type='unix'><source mode='bind' path='{path}'/><target type='virtio' name='momd.agent'/></channel>"


def setUpModule() -> None:
    global IT
    if not shutil.which(AGENT):
        raise unittest.SkipTest(f"{AGENT} is not installed; contrib/packages.sh names the packages")
    IT = bench.Bench({"told": Size(**SMALL, extra=LIBVIRT_S), "other": Size(**SMALL, extra=LIBVIRT_S),
                      "socket": Size(**SMALL, extra=of_our_own("socket")), "mute": Size(**SMALL)}, PROGRAMS)
    FULL.update((short, guest.total_kib()) for short, guest in IT.guests.items())


class Agents(unittest.TestCase):
    momd: Agent

    @classmethod
    def setUpClass(cls) -> None:
        cls.momd = Agent(PROGRAM, IT.path("momd"), {"02-balloon": "", "03-ksm": ""}, settings={
            "guest": {"collectors": COLLECTORS}, "Collector: GuestQemuAgent": {"socket_path": shelter.place()}})
        cls.momd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.momd.stop()                 # a second time, unless a test failed

    def guest(self, short: str) -> Machine:
        return IT.guests[short]

    def numbers(self, short: str) -> dict[str, Any]:
        return self.momd.guests()[self.guest(short).name]

    def wait(self, what: str, test: Any, seconds: float = 150) -> Any:
        return self.momd.wait(what, test, seconds)

    def is_told(self, short: str) -> bool:
        return self.numbers(short).get("mem_available") == FULL[short]

    def test_agents_answer(self) -> None:
        """agents answer over libvirt's channel and over a socket, with the numbers that the guest itself has"""
        self.wait("momd knows the guests", lambda: self.momd.answers() and self.momd.knows(*IT.names()))
        for short in ("told", "other", "socket"):
            self.wait(f"the agent of {short}", lambda name=short: self.is_told(name))
            seen = self.numbers(short)
            self.assertLess(seen["mem_unused"], seen["mem_available"])
            self.assertGreaterEqual(seen["mem_free"], seen["mem_unused"])
            self.assertGreater(seen["minor_fault"], seen["major_fault"])
            self.assertEqual((seen["swap_total"], seen["swap_usage"]), (0, 0))

    def test_answers_are_new(self) -> None:
        """what is used in a guest is seen in the agent's next answer"""
        for short in ("told", "socket"):
            before = self.numbers(short)["mem_unused"]
            self.guest(short).hold(HELD_MIB, "unique")
            self.wait("the next answer", lambda name=short: self.numbers(name)["mem_unused"] <
                      before - HELD_MIB * MIB * 3 // 4)
            self.assertLess(self.numbers(short)["agent_age"], 30)

    def test_guests_without(self) -> None:
        """a guest without an agent is managed, and libvirt is not asked for one"""
        self.assertIsNone(self.numbers("mute")["mem_available"])
        self.assertEqual(self.numbers("mute")["balloon_max"], SMALL["max_mib"] * MIB)
        asked = set(re.findall(r"virDomainQemuAgentCommand:.*name=([^,]+),", bench.Calls(IT.libvirtd, 0).text()))
        self.assertEqual(asked, {self.guest("told").name, self.guest("other").name})

    def test_one_that_hangs(self) -> None:
        """an agent that hangs costs its own guest's numbers, is asked ever more rarely, and is asked again"""
        calls = bench.Calls(IT.libvirtd)
        self.guest("told").ask("stop")
        self.wait("its last answer is too old", lambda: self.numbers("told")["mem_available"] is None)
        for short in ("other", "socket"):
            self.assertTrue(self.is_told(short))
            self.assertLess(self.numbers(short)["agent_age"], 30)
        count = {short: len(re.findall(f"virDomainQemuAgentCommand:.*name={self.guest(short).name},", calls.text()))
                 for short in ("told", "other")}
        self.assertLess(count["told"], count["other"] / 4, count)
        self.assertEqual(len(re.findall(r"WARNING.*GuestQemuAgentOptional", self.told_of("told"))), 1)
        self.guest("told").ask("go on")
        self.wait("it is asked again", lambda: self.is_told("told"))

    def test_one_that_comes_later(self) -> None:
        """a guest that starts is asked when its agent is there, and not before"""
        late = IT.add("late", Size(**SMALL, extra=LIBVIRT_S))
        late.wait_ready()
        FULL["late"] = late.total_kib()
        self.wait("its agent", lambda: late.name in self.momd.guests() and self.is_told("late"))
        for told in re.findall("WARNING.*GuestQemuAgentOptional.*", self.told_of("late")):
            self.assertIn("libvirt knows of no agent", told)

    def test_the_end(self) -> None:
        """momd ends well while agents are asked"""
        self.assertEqual(self.momd.stop(), 0)

    def told_of(self, short: str) -> str:
        return "\n".join(line for line in self.momd.log().splitlines() if self.guest(short).name in line)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
