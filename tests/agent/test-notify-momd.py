#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The built momd and a service manager: what systemd would hear, on a datagram socket of the test's own.

vdsm is the stand-in, there, away and stopped.  Every wait ends on what is heard.
Usage: test-notify-momd.py MOMD
"""
from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap                   # noqa: E402
from momd import Momd        # noqa: E402
from running import Running  # noqa: E402

MOMD = os.path.abspath(sys.argv.pop(1))
PATIENCE_S = 60
WATCHDOG_USEC = 1000000


class Manager:
    """The end of the socket that systemd holds."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.heard: list[dict[str, str]] = []

    def next(self) -> dict[str, str]:
        self.socket.settimeout(PATIENCE_S)
        lines = self.socket.recv(65536).decode().split("\n")
        self.heard.append(dict(line.split("=", 1) for line in lines))
        return self.heard[-1]

    def wait(self, **wanted: str) -> dict[str, str]:
        """The next message in which each of these names has a value that matches its pattern."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message = self.next()
            if all(re.fullmatch(pattern, message.get(name, "")) for name, pattern in wanted.items()):
                return message
        raise AssertionError(f"waited in vain for {wanted}; heard {self.heard[-20:]}")


class Notified(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Running("--sample", "0.5")
        self.addCleanup(self.peer.stop)

    def manager(self, address: str | None = None) -> Manager:
        manager = Manager(address or self.peer.path("notify"))
        self.addCleanup(manager.socket.close)
        return manager

    def start(self, manager: Manager, *more: str, port: int | None = None) -> Momd:
        """MORE are shell words NAME=VALUE of the environment; $$ is momd's own process id."""
        words = " ".join([f"NOTIFY_SOCKET='{manager.address}'", *more])
        settings = {"vdsm": {"port": port}} if port else {}
        momd = Momd(MOMD, self.peer, self.peer.path("momd"), settings=settings,
                    before=("/bin/sh", "-c", words + ' exec "$0" "$@"'))
        self.addCleanup(momd.stop)
        momd.start()
        return momd

    def test_life(self) -> None:
        """a start, a working status, a reload and a stop, at a path and in the abstract space"""
        for address in (self.peer.path("notify"), f"@mom-test-{os.getpid()}"):
            manager = self.manager(address)
            momd = self.start(manager)
            ready = manager.next()
            self.assertEqual(ready["READY"], "1")
            self.assertTrue(momd.answers(), "ready before its socket listens")
            manager.wait(STATUS=r"[1-9]\d* guests, host \d+ % free, vdsm connected")
            before = time.monotonic_ns() // 1000
            momd.process.send_signal(signal.SIGHUP)
            began = manager.wait(RELOADING="1")
            self.assertTrue(before <= int(began["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000)
            manager.wait(READY="1", STATUS=r"\d+ guests, .*")
            momd.process.send_signal(signal.SIGTERM)
            manager.wait(STOPPING="1")
            self.assertEqual(momd.process.wait(PATIENCE_S), 0)
            self.assertFalse(any("WATCHDOG" in message for message in manager.heard))

    def test_vdsm_away(self) -> None:
        """without vdsm the start succeeds all the same, and the status says what is waited for"""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))            # and does not listen
            manager = self.manager()
            self.start(manager, port=unused.getsockname()[1])
            manager.wait(READY="1", STATUS="waiting for vdsm: .+")

    def test_vdsm_mute(self) -> None:
        """nor does a vdsm that accepts and says nothing hold it up"""
        self.peer.control("fault", kind="silent", value=True)
        manager = self.manager()
        self.start(manager)
        manager.wait(READY="1", STATUS="waiting for vdsm.*")

    def test_policy_error(self) -> None:
        """policies that fail are in the status, with the place"""
        manager = self.manager()
        momd = self.start(manager)
        manager.wait(STATUS=r"[1-9]\d* guests, .*")
        limit_kib = momd.rpc("getStatistics")["host"]["mem_free"] - 2 * 1024 * 1024
        momd.rpc("setNamedPolicy", "90-late", f"(if (> Host.mem_free {limit_kib}) 0 (/ 1 0))")
        self.peer.control("press", gib=10)
        manager.wait(STATUS=r"Policy error.*90-late:1:.*; [1-9]\d* guests, .*")

    def test_watchdog(self) -> None:
        """the watchdog is fed, also while vdsm is stopped dead and after"""
        manager = self.manager()
        self.start(manager, f"WATCHDOG_USEC={WATCHDOG_USEC}", "WATCHDOG_PID=$$")
        manager.wait(STATUS=r"[1-9]\d* guests, .*")
        for _ in range(3):
            manager.wait(WATCHDOG="1")
        self.peer.process.send_signal(signal.SIGSTOP)
        try:
            manager.wait(STATUS="waiting for vdsm: .*")
            for _ in range(6):
                manager.wait(WATCHDOG="1")
        finally:
            self.peer.process.send_signal(signal.SIGCONT)
        manager.wait(STATUS=r"[1-9]\d* guests, .*")
        manager.wait(WATCHDOG="1")

    def test_foreign_watchdog(self) -> None:
        """a watchdog that waits for another process is not fed"""
        manager = self.manager()
        momd = self.start(manager, "WATCHDOG_USEC=1000", "WATCHDOG_PID=1")
        manager.wait(STATUS=r"[1-9]\d* guests, .*")
        momd.process.send_signal(signal.SIGTERM)
        manager.wait(STOPPING="1")
        self.assertFalse(any("WATCHDOG" in message for message in manager.heard))

    def test_nobody_listens(self) -> None:
        """a manager that is not there is no reason not to work"""
        manager = Manager(self.peer.path("gone"))
        manager.socket.close()
        os.unlink(manager.address)
        momd = self.start(manager, f"WATCHDOG_USEC={WATCHDOG_USEC}")
        momd.wait("guests", lambda: momd.answers() and momd.rpc("getActiveGuests"))
        self.assertEqual(momd.stop(), 0)


if __name__ == "__main__":
    sys.exit(tap.main())
