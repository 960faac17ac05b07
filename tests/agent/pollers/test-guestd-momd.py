#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon with guests that are asked themselves: what comes of it, what is told, who cannot hold it up.

    test-guestd-momd.py MOMD MOM_GUESTD

libvirt's test driver has the guests; a helper program leads momd to daemons on this machine, which are this
project's, the Python package's in another's words, and none at all.
"""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import guestd             # noqa: E402
import tap                # noqa: E402
from momd import Momd     # noqa: E402

PROGRAM = GUESTD = ""
MAX_KIB = 1048576
NODE = """<node><cpu><mhz>1</mhz><model>x86_64</model><active>1</active><nodes>1</nodes><sockets>1</sockets>
<cores>1</cores><threads>1</threads></cpu><memory>8388608</memory>%s</node>"""
GUEST = """<domain type='test'><name>%s</name><uuid>%08d-0000-0000-0000-000000000000</uuid><memory>1048576</memory>
<vcpu>1</vcpu><os><type>hvm</type></os><devices><memballoon model='virtio'/></devices></domain>"""
# So much that nothing but its own word tells of distress.
OURS = "mem_available:900000,mem_unused:400000,swap_in:0,swap_out:0,major_fault:1,minor_fault:2,guestd_version:1"
SECTION = "Collector: GuestNetworkDaemon"


class Asked(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="momd-guestd-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.momd: Momd | None = None
        self.asked = [0]
        self.addCleanup(self.stop)

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def stop(self) -> None:
        if self.momd:
            self.assertEqual(self.momd.stop(), 0, self.momd.log())

    def helper(self, mode: int = 0o755) -> str:
        """Knows the guests called "told..." on 127.0.0.1, one with a closed port on 127.0.0.3, and "slow" never."""
        path = self.path("name-to-ip")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho \"$1\" >>{self.path('runs')}\ncase $1 in\ntold*) echo 127.0.0.1 ;;\n"
                       "closed*) echo 127.0.0.3 ;;\nslow*) exec sleep 1000 ;;\nesac\n")
        os.chmod(path, mode)
        return path

    def runs(self) -> list[str]:
        try:
            with open(self.path("runs"), encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def start(self, names: list[str], port: int, collectors: str, **main: Any) -> None:
        with open(self.path("node.xml"), "w", encoding="utf-8") as file:
            file.write(NODE % "".join(GUEST % (name, number) for number, name in enumerate(names)))
        peer: Any = types.SimpleNamespace(mom_socket=self.path("mom.sock"), port=1, pki=None, host_root="/")
        self.momd = Momd(PROGRAM, peer, self.path("momd"), settings={
            "main": {"hypervisor-interface": "libvirt", "libvirt-hypervisor-uri": "test://" + self.path("node.xml"),
                     "controllers": "Balloon", **main},
            "host": {"collectors": "HostMemory"}, "guest": {"collectors": collectors},
            SECTION: {"name-to-ip-helper": self.helper(), "port": port}})
        self.momd.start()
        self.momd.wait("its first cycle", lambda: self.momd.answers() and self.status()["cycles"] > 0)

    def status(self) -> dict[str, Any]:
        return self.momd.rpc("getStatus")

    def guests(self) -> dict[str, dict[str, Any]]:
        return self.momd.rpc("getStatistics")["guests"]

    def wait_cycles(self, count: int) -> None:
        goal = self.status()["cycles"] + count
        self.momd.wait("cycles", lambda: self.status()["cycles"] >= goal)

    def guestd(self) -> int:
        """A running mom-guestd of ours; its port."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        process = subprocess.Popen([GUESTD, "--config=/dev/null", f"--port={port}", "--vsock=0", "--bind=127.0.0.1"],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.send_signal(signal.SIGTERM), process.wait()))
        return port

    # ---- tests ----

    def test_ours(self) -> None:
        """what mom-guestd says is what policies see, and a guest without is left out and told once"""
        self.start(["told-1", "told-2", "closed", "unknown"], self.guestd(), "GuestNetworkDaemon, GuestPressure")
        self.momd.wait("two guests", lambda: set(self.guests()) >= {"told-1", "told-2"}
                       and all(self.guests()[name].get("mem_available") for name in ("told-1", "told-2")))
        guest = self.guests()["told-1"]
        with open("/proc/meminfo", encoding="ascii") as file:
            self.assertIn(f"MemTotal: {guest['mem_available']:>14} kB", file.read())
        self.assertLessEqual(guest["mem_unused"], guest["mem_available"])
        self.assertGreater(guest["mem_usable"], 0)
        self.assertGreaterEqual(guest["guestd_age"], 0)
        if os.path.exists("/proc/pressure/memory"):
            self.assertGreaterEqual(guest["psi_memory_some_avg10"], 0)
            self.assertGreaterEqual(guest["psi_memory_full_total"], 0)
        self.wait_cycles(5)
        log = self.momd.log()
        self.assertEqual(self.status()["guests"], 2)
        self.assertRegex(log, r"WARNING - closed: GuestNetworkDaemon: 127\.0\.0\.3 port \d+: Connection refused")
        self.assertRegex(log, r"WARNING - unknown: GuestNetworkDaemon: \S+ printed no address for it")
        for name in ("closed", "unknown"):
            self.assertLessEqual(log.count(f"WARNING - {name}: "), 2, log)
        self.assertNotIn("WARNING - told", log)

    def test_reference(self) -> None:
        """the Python package's mom-guestd serves as well"""
        daemon = guestd.Daemon()
        self.addCleanup(daemon.close)
        self.start(["told"], daemon.port, "GuestNetworkDaemon")
        self.momd.wait("its numbers", lambda: self.guests().get("told", {}).get("mem_available") == 2000000)
        guest = self.guests()["told"]
        self.assertEqual({key: guest[key] for key in guestd.STATS}, guestd.STATS)
        self.assertIsNone(guest["mem_usable"])
        daemon.stats["mem_unused"] = 77
        self.momd.wait("its next number", lambda: self.guests()["told"]["mem_unused"] == 77)
        self.assertEqual(set(daemon.commands), {b"stats"})

    def test_nobody_is_held_up(self) -> None:
        """guests that say nothing, and a helper that hangs, cost no cycle of the others"""
        hold = threading.Event()
        self.addCleanup(hold.set)
        mute = guestd.Daemon(lambda daemon, connection: hold.wait(60))
        self.addCleanup(mute.close)
        self.addCleanup(hold.set)
        self.start(["told-1", "told-2", "slow-1", "slow-2"], mute.port, "GuestMemory, GuestPressure")
        before = self.status()["cycles"]
        self.wait_cycles(8)
        self.assertGreaterEqual(self.status()["cycles"], before + 8)
        self.assertEqual(len(self.guests()), 4)
        self.assertTrue(all(guest["mem_available"] == MAX_KIB for guest in self.guests().values()))
        self.assertTrue(all(guest["psi_memory_some_avg10"] is None for guest in self.guests().values()))

    def test_nobody_asks_for_nothing(self) -> None:
        """without such a collector no guest is asked and no helper is run"""
        self.start(["told"], self.guestd(), "GuestMemory")
        self.wait_cycles(5)
        self.assertEqual(self.runs(), [])

    def test_distress(self) -> None:
        """a guest that says it stalls brings a cycle forward, with what it says"""
        cry = threading.Event()

        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            connection.settimeout(0.02)
            answer, cried = OURS, False
            while True:
                try:
                    command = guestd.receive(connection)
                except TimeoutError:
                    command = b"nothing"
                if command == b"watch":
                    daemon.commands.append(command)
                self.asked[0] += command == b"stats"
                if cry.is_set() and not cried:
                    cried, answer = True, OURS.replace("400000", "399999")
                    connection.sendall(b"distress," + answer.encode() + b"\n")
                if command not in (b"stats", b"watch", b"nothing"):
                    return
                if command != b"nothing":
                    connection.sendall((answer if command == b"stats" else "watching").encode() + b"\n")

        daemon = guestd.Daemon(session, idle_s=60)
        self.addCleanup(daemon.close)
        self.addCleanup(cry.set)
        # Nothing else makes a cycle within this test's patience.
        self.start(["told"], daemon.port, "GuestNetworkDaemon, GuestBalloon", **{
            "policy-engine-interval": 3600, "min-cycle": 0.1, "guest-monitor-interval": 0.2})
        self.momd.wait("to be watched", lambda: daemon.commands == [b"watch"])
        self.momd.wait("its numbers", lambda: self.guests().get("told", {}).get("mem_available") == 900000)
        # It needs more than it has.
        self.momd.rpc("setNamedPolicy", "60-shrink", "(with Guests guest (guest.Control \"balloon_target\" 900000))")
        self.momd.wait("a smaller guest", lambda: self.guests().get("told", {}).get("balloon_cur") == 900000)
        self.momd.rpc("setNamedPolicy", "60-shrink", None)
        self.wait_calm()
        cycles = self.status()["cycles"]
        cry.set()
        self.momd.wait("a cycle", lambda: self.status()["cycles"] > cycles)
        self.assertEqual(self.guests()["told"]["mem_unused"], 399999)

    def wait_calm(self, questions: int = 5) -> None:
        """Until so many questions in a row are asked and no cycle comes of them."""
        calm = 0
        while calm < questions:
            asked, cycles = self.asked[0], self.status()["cycles"]
            self.momd.wait("a question", lambda: self.asked[0] > asked)
            calm = calm + 1 if self.status()["cycles"] == cycles else 0

    def test_helper_of_others(self) -> None:
        """a helper that others can change keeps momd from starting"""
        path = self.helper(0o777)
        config = self.path("mom.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"[main]\nhypervisor-interface: libvirt\npolicy-dir: {self.dir}\n[guest]\n"
                       f"collectors: GuestNetworkDaemon\n[{SECTION}]\nname-to-ip-helper: {path}\n")
        done = subprocess.run([PROGRAM, "-c", config], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("name-to-ip-helper", done.stderr)


if __name__ == "__main__":
    PROGRAM, GUESTD = sys.argv[1:3]
    os.umask(0o022)      # momd believes no file that a group may write
    sys.exit(tap.main())
