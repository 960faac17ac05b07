#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on libvirt's test driver: guarantees by configuration, watching without changing.

    test-libvirt-momd.py MOMD

What the test driver has not (balloons that move, guests that hang, sockets that ask) is in tests/hypervisor.
"""
from __future__ import annotations

import os
import signal
import sys
import tempfile
import types
import unittest
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import tap                # noqa: E402
from momd import Momd     # noqa: E402

PROGRAM = ""
MAX_KIB = 1048576
NODE = """<node><cpu><mhz>1</mhz><model>x86_64</model><active>1</active><nodes>1</nodes><sockets>1</sockets>
<cores>1</cores><threads>1</threads></cpu><memory>8388608</memory>%s</node>"""
GUEST = """<domain type='test'><name>%s</name><uuid>%08d-0000-0000-0000-000000000000</uuid><memory>1048576</memory>%s
<vcpu>1</vcpu><os><type>hvm</type></os><devices><memballoon model='virtio'/></devices></domain>"""
OWN = "<memtune><min_guarantee unit='KiB'>77</min_guarantee></memtune>"
SHRINK = """(with Guests guest (guest.Control "balloon_target" 900000))"""


class OnTestDriver(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="momd-libvirt-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.momd: Momd | None = None
        self.addCleanup(self.stop)
        guests = [("web-1", ""), ("web-2", ""), ("db", ""), ("web-own", OWN)]
        with open(self.path("node.xml"), "w", encoding="utf-8") as file:
            file.write(NODE % "".join(GUEST % (name, number, more) for number, (name, more) in enumerate(guests)))

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def stop(self) -> None:
        if self.momd:
            self.assertEqual(self.momd.stop(), 0, self.momd.log())

    def start(self, settings: dict[str, dict[str, Any]]) -> None:
        peer: Any = types.SimpleNamespace(mom_socket=self.path("mom.sock"), port=1, pki=None, host_root="/")
        # Not interpolated, as a percent sign of a [guest] section is none of a reference.
        self.momd = Momd(PROGRAM, peer, self.path("momd"), settings={
            "main": {"hypervisor-interface": "libvirt", "libvirt-hypervisor-uri": "test://" + self.path("node.xml"),
                     "controllers": "Balloon"},
            "host": {"collectors": "HostMemory"}, "guest": {"collectors": "GuestMemory, GuestBalloon"}, **settings})
        self.momd.start()
        self.wait("all guests", lambda: self.momd.answers() and len(self.guests()) == 4
                  and all("balloon_min" in guest for guest in self.guests().values()))

    def wait(self, what: str, test: Any) -> Any:
        return self.momd.wait(what, test)

    def guests(self) -> dict[str, dict[str, Any]]:
        return self.momd.rpc("getStatistics")["guests"]

    def guarantees(self) -> dict[str, int]:
        return {name: guest["balloon_min"] for name, guest in self.guests().items()}

    def change(self, old: str, new: str) -> None:
        """In the configuration, which is then read anew."""
        with open(self.momd.config, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.momd.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        self.momd.process.send_signal(signal.SIGHUP)

    def wait_cycles(self, count: int) -> None:
        goal = self.momd.rpc("getStatus")["cycles"] + count
        self.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] >= goal)

    def test_guarantees(self) -> None:
        """the first [guest] section that matches holds, where libvirt knows no guarantee; a reload changes it"""
        self.start({'guest "web-1"': {"min-guarantee": "100 MiB"}, 'guest "web-*"': {"min-guarantee": "25 %"}})
        self.assertEqual(self.guarantees(), {"web-1": 102400, "web-2": MAX_KIB // 4, "web-own": 77, "db": 0})
        self.change("25 %", "0.5 GiB")
        self.wait("the new guarantee", lambda: self.guarantees()["web-2"] == MAX_KIB // 2)
        self.assertEqual(self.guarantees(), {"web-1": 102400, "web-2": MAX_KIB // 2, "web-own": 77, "db": 0})
        self.assertIn('The [guest] sections now say "web-1" min-guarantee 100 MiB, "web-*" min-guarantee 0.5 GiB, '
                      'were "web-1" min-guarantee 100 MiB, "web-*" min-guarantee 25 %', self.momd.log())
        self.change("0.5 GiB", "half")
        self.wait("a refusal", lambda: "The configuration is refused" in self.momd.log())
        self.assertRegex(self.momd.log(), r'\[guest "web-\*"\] min-guarantee: `half\' is no amount')
        self.wait_cycles(2)
        self.assertEqual(self.guarantees()["web-2"], MAX_KIB // 2)

    def test_a_report_without_a_time(self) -> None:
        """the test driver's report of 1989 has no age, and is used all the same"""
        self.start({})
        guest = self.guests()["db"]
        self.assertIsNone(guest["mem_report_age"])
        self.assertEqual(guest["mem_unused"], MAX_KIB // 2)

    def test_read_only(self) -> None:
        """with read-only, guests are watched, changes are refused and told once for each guest"""
        self.start({"libvirt": {"read-only": "true"}})
        self.momd.rpc("setNamedPolicy", "60-shrink", SHRINK)
        self.wait("refusals", lambda: self.momd.log().count("the connection to libvirt is read-only") >= 4)
        self.wait_cycles(4)
        self.assertEqual(self.momd.log().count("the connection to libvirt is read-only"), 4, self.momd.log())
        self.assertEqual(self.momd.log().count("Guests are watched and not changed"), 1)
        self.assertEqual({guest["balloon_cur"] for guest in self.guests().values()}, {MAX_KIB})

    def test_changes(self) -> None:
        """without it the same policy changes them, so that the test before says something"""
        self.start({})
        self.momd.rpc("setNamedPolicy", "60-shrink", SHRINK)
        self.wait("smaller guests", lambda: {guest["balloon_cur"] for guest in self.guests().values()} == {900000})
        self.assertNotIn("read-only", self.momd.log())


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    os.umask(0o022)      # momd believes no file that a group may write
    sys.exit(tap.main())
