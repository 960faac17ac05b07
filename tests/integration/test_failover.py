#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside a vdsm that goes away for longer: libvirt stands in for it, and steps back.

    test_failover.py MOMD MOMCTL

vdsm is the stand-in, libvirt its own test driver, whose guests have the uuids of the stand-in's, and none of their
names and guarantees; one more is a stranger to vdsm.  On real QEMU: tests/hypervisor/test_failover.py.
"""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import fleet                 # noqa: E402
import tap                   # noqa: E402
from momd import Momd        # noqa: E402
from running import Running  # noqa: E402

PROGRAM = MOMCTL = ""
NAMES = {"web-01", "web-02", "db-01"}
AFTER_S = 2
GREEDY = '(with Guests guest (guest.Control "balloon_target" 1024))'
NODE = """<node><cpu><mhz>2000</mhz><model>x86_64</model><active>4</active><nodes>1</nodes><sockets>1</sockets>
<cores>4</cores><threads>1</threads></cpu><memory>99999999</memory>{}</node>"""
DOMAIN = """<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory unit='KiB'>{max}</memory>
<currentMemory unit='KiB'>{max}</currentMemory><vcpu>2</vcpu><os><type>hvm</type></os>
<devices><memballoon model='virtio'/></devices></domain>"""
STRANGER = DOMAIN.format(name="stranger", uuid="5" * 8 + "-5555-4555-8555-" + "5" * 12, max=4 << 20)


class Failover(unittest.TestCase):
    def start(self, **main: Any) -> None:
        self.peer = Running("--sample", "0.5", "--guests", str(len(NAMES)), "--memory", "68", plain=True)
        self.addCleanup(lambda: (self.peer.process.send_signal(signal.SIGCONT), self.peer.stop()))
        self.guests = fleet.make_all(len(NAMES))
        node = self.peer.path("node.xml")
        with open(node, "w", encoding="utf-8") as file:
            file.write(NODE.format(STRANGER + "".join(
                DOMAIN.format(name=f"libvirt-{guest.index}", uuid=guest.uuid, max=guest.max)
                for guest in self.guests)))
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), settings={
            "main": {"libvirt-hypervisor-uri": f"test://{node}", "fallback-after": AFTER_S, **main},
            "vdsm": {"request-timeout": 10}})
        self.addCleanup(lambda: self.assertEqual(self.momd.stop(), 0, self.momd.log()[-3000:]))
        self.momd.start()
        self.wait("the guests", lambda: self.momd.answers() and set(self.momd.rpc("getActiveGuests")) == NAMES)

    def wait(self, what: str, test: Any) -> None:
        self.momd.wait(what, test, 90)

    def status(self) -> dict[str, Any]:
        return self.momd.rpc("getStatus")

    def wait_for(self, name: str) -> None:
        self.wait(f"{name} in force", lambda: self.status()["hypervisor"] == name)

    def wait_cycles(self, count: int = 4) -> None:
        goal = self.status()["cycles"] + count
        self.wait("cycles", lambda: self.status()["cycles"] >= goal)

    def told(self, domain: str = "Failover") -> list[str]:
        return re.findall(rf"^\S+ \S+ - mom\.{domain} - (\w+ - .*)$", self.momd.log(), re.MULTILINE)

    def assert_told(self, *parts: str) -> None:
        told = self.told()
        self.assertEqual(len(told), len(parts), told)
        for line, part in zip(told, parts):
            self.assertIn(part, line)

    def test_away_and_back(self) -> None:
        """vdsm goes: the same guests are tuned through libvirt, to vdsm's guarantees; it comes back: through it again"""
        self.start()
        self.assertIsNone(self.status()["hypervisor_note"])
        self.peer.control("leave")
        self.wait_for("libvirt")
        self.assertIn("in place of vdsm: ", self.status()["hypervisor_note"])
        shown = subprocess.run([MOMCTL, "status", "--socket", self.momd.socket], capture_output=True, text=True).stdout
        self.assertIn("guests are read from: libvirt\nwhich stands: in place of vdsm: ", shown)
        sent = len(self.peer.calls("VM.setBalloonTarget"))
        self.momd.rpc("setNamedPolicy", "60-greedy", GREEDY)

        def sizes() -> dict[str, int]:
            numbers = self.momd.rpc("getStatistics")["guests"]
            self.assertEqual(set(numbers), NAMES)
            return {name: guest["balloon_cur"] for name, guest in numbers.items()}
        least = {guest.name: guest.min for guest in self.guests}
        self.wait("all at their guarantees", lambda: sizes() == least)
        self.wait_cycles()
        self.assertEqual(sizes(), least)
        self.assertEqual(len(self.peer.calls("VM.setBalloonTarget")), sent)
        self.peer.control("come_back")
        self.wait_for("vdsm")
        self.assertIsNone(self.status()["hypervisor_note"])
        self.wait("vdsm is sent targets", lambda: len(self.peer.calls("VM.setBalloonTarget")) > sent)
        self.assert_told("WARNING - vdsm has told nothing of its guests for", "INFO - vdsm is back")
        decisions = self.momd.rpc("getDecisions", '{"verdict": "failed"}')
        self.assertEqual(decisions["decisions"] if isinstance(decisions, dict) else decisions, [])

    def test_recovery(self) -> None:
        """a vdsm that starts up is away until it is ready"""
        self.start()
        self.peer.control("leave")
        self.peer.control("come_back", recovering=True)
        self.wait_for("libvirt")
        self.assertIn("error 99", self.status()["hypervisor_note"])
        self.wait_cycles()
        self.assertEqual(self.status()["hypervisor"], "libvirt")
        self.peer.control("recovered")
        self.wait_for("vdsm")
        self.wait_cycles()

    def test_stopped(self) -> None:
        """a vdsm that hangs is not waited for, though its connection stands, and libvirt steps back when it goes on"""
        self.start()
        self.peer.process.send_signal(signal.SIGSTOP)
        self.wait_for("libvirt")
        self.wait_cycles()
        self.peer.process.send_signal(signal.SIGCONT)
        self.wait_for("vdsm")
        self.wait_cycles()

    def reload(self, old: str, new: str) -> None:
        with open(self.momd.config, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.momd.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        assert self.momd.process
        self.momd.process.send_signal(signal.SIGHUP)

    def test_none(self) -> None:
        """hypervisor-fallback none: vdsm is waited for; both ways it can be changed in a running momd"""
        self.start(**{"hypervisor-fallback": "none"})
        self.peer.control("leave")
        self.wait("the fault", lambda: self.status()["source_fault"])
        self.momd.wait("many questions", lambda: self.status()["uptime_s"] > 3 * AFTER_S)
        self.assertEqual(self.status()["hypervisor"], "vdsm")
        self.assert_told()
        self.reload("hypervisor-fallback = none", "hypervisor-fallback = libvirt")
        self.wait_for("libvirt")
        self.reload("hypervisor-fallback = libvirt", "hypervisor-fallback = none")
        self.wait_for("vdsm")
        self.assert_told("WARNING - vdsm has told nothing", "INFO - libvirt stands in no more")

    def test_no_libvirt(self) -> None:
        """without a libvirt that could be asked vdsm is waited for, and that is told once"""
        self.start(**{"libvirt-hypervisor-uri": "test:///nonexistent/node.xml"})
        for _ in range(2):
            self.peer.control("leave")
            self.wait("a word", self.told)
            self.wait("the fault", lambda: self.status()["source_fault"])
            self.momd.wait("more questions", lambda since=self.status()["uptime_s"]:
                           self.status()["uptime_s"] > since + 2 * AFTER_S)
            self.assertEqual(self.status()["hypervisor"], "vdsm")
            self.peer.control("come_back")
            self.wait("guest data", lambda: not self.status()["source_fault"])
        self.assert_told("INFO - libvirt cannot stand in for vdsm, which is waited for: ")
        self.assertEqual([line for line in self.told("libvirtInterface") if line.startswith("WARNING")], [])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    MOMCTL, PROGRAM = os.path.abspath(sys.argv.pop()), os.path.abspath(sys.argv.pop())
    sys.exit(tap.main())
