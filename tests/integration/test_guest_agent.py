#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside vdsm with QEMU's own agent behind a socket: what an agent that answers, and one that falls silent, does to
the cycle, which is nothing.

    test_guest_agent.py MOMD

The agent is the real one and runs on this machine, whose memory it tells as if it were a guest's.
"""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap                   # noqa: E402
from momd import Momd        # noqa: E402
from running import Running  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
AGENT = shutil.which("qemu-ga", path=os.environ.get("PATH", "") + ":/usr/sbin")
FRESH_S = 30                 # longer an answer is not used


def total_kib() -> int:
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(file.readline().split()[1])


@unittest.skipUnless(AGENT, "qemu-ga is not installed; contrib/packages.sh names the packages")
class GuestAgent(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Running("--sample", "0.5", "--guests", "3")
        self.addCleanup(self.peer.stop)
        self.sockets = self.peer.path("agents")
        os.mkdir(self.sockets)

    def prepare(self, **settings: str) -> None:
        collectors = "GuestQemuAgentOptional, GuestMemory, GuestBalloon, GuestCpuTune, GuestIoTuneOptional"
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), settings={
            "guest": {"collectors": collectors},
            "Collector: GuestQemuAgent": {"socket_path": self.sockets, **settings}})
        self.addCleanup(self.momd.stop)
        self.momd.start()
        self.momd.wait("the guests", lambda: self.momd.answers() and len(self.momd.rpc("getActiveGuests")) == 3)

    def start_agent(self, name: str) -> "subprocess.Popen[bytes]":
        agent = subprocess.Popen([AGENT, "-m", "unix-listen", "-p", os.path.join(self.sockets, name), "-t", self.sockets,
                                  "-f", os.path.join(self.sockets, "pid")], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        return agent

    def numbers(self, name: str) -> dict[str, Any]:
        return self.momd.rpc("getStatistics")["guests"][name]

    def cycles(self) -> int:
        return self.momd.rpc("getStatus")["cycles"]

    def test_an_agent_and_its_silence(self) -> None:
        """its numbers come before vdsm's, and go when it falls silent; the cycle goes on"""
        self.prepare(channel="socket", socket_name_template="%(name)s.sock")
        name = sorted(self.momd.rpc("getActiveGuests"))[0]
        by_vdsm = self.numbers(name)["mem_available"]
        self.assertNotEqual(by_vdsm, total_kib())
        agent = self.start_agent(name + ".sock")
        self.momd.wait("its answer", lambda: self.numbers(name)["mem_available"] == total_kib(), 90)
        self.assertLess(self.numbers(name)["agent_age"], FRESH_S)
        agent.send_signal(signal.SIGSTOP)
        before = self.cycles()
        self.momd.wait("the end of its answer", lambda: self.numbers(name)["mem_available"] == by_vdsm, 90)
        self.assertGreaterEqual(self.cycles() - before, FRESH_S // 2)
        self.assertIsNone(self.numbers(name)["agent_age"])
        agent.send_signal(signal.SIGCONT)
        self.momd.wait("its answer again", lambda: self.numbers(name)["mem_available"] == total_kib(), 180)
        self.assertEqual(self.momd.stop(), 0)

    def test_no_agent_at_all(self) -> None:
        """guests without one are managed; each is told of once, with both ways that were tried"""
        self.prepare(channel="auto", socket_name_template="%(uuid)s")
        goal = self.cycles() + 5
        self.momd.wait("cycles", lambda: self.cycles() >= goal)
        self.momd.wait("a warning for each", lambda: self.momd.log().count("GuestQemuAgentOptional: ") >= 3)
        warned = [line for line in self.momd.log().splitlines() if "GuestQemuAgentOptional: " in line]
        self.assertEqual(len(warned), 3, warned)
        for line in warned:
            self.assertIn(self.sockets + "/", line)
            self.assertIn("libvirt", line)
        self.assertEqual(self.momd.stop(), 0)


if __name__ == "__main__":
    sys.exit(tap.main())
