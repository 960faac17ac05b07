#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd's side of mom-guestd's wire: against the daemon of the Python package, ours, and guests that mean no good.

    test-guestd-probe.py GUESTD_ASK MOM_GUESTD

GUESTD_ASK is momd's own probe with a command line.
"""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import guestd        # noqa: E402
import tap           # noqa: E402

ASK = GUESTD = ""
PATIENCE_S = 20
OURS = "mem_available:9,mem_unused:8,major_fault:1,minor_fault:2,swap_in:0,swap_out:0,guestd_version:1"
OURS_READ = "9,8,0,0,1,2,1,nil,nil,nil,nil,nil,nil,nil"
REFERENCE_READ = "2000000,1500000,3,4,50,6000,nil,nil,nil,nil,nil,nil,nil,nil"


class Asker:
    """A running probe: lines in, lines out."""

    def __init__(self, port: int, helper: str | None) -> None:
        self.process = subprocess.Popen([ASK, str(port), *([helper] if helper else [])], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """The next line; the test's own time-out is its patience."""
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, name: str = "vm0") -> str:
        self.say(f"ask {name}")
        return self.hear()

    def close(self) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        return code


class Probe(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="mom-guestd-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def helper(self, text: str = "echo 127.0.0.1") -> str:
        """A program that also notes each of its runs."""
        path = self.path("name-to-ip")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho \"$1\" >>{self.path('runs')}\n{text}\n")
        os.chmod(path, 0o755)
        return path

    def runs(self) -> list[str]:
        try:
            with open(self.path("runs"), encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def daemon(self, session=None, idle_s: float = 10) -> guestd.Daemon:
        daemon = guestd.Daemon(session, idle_s)
        self.addCleanup(daemon.close)
        return daemon

    def asker(self, port: int, helper: str | None = None) -> Asker:
        asker = Asker(port, helper or self.helper())
        self.addCleanup(lambda: self.assertEqual(asker.close(), 0))
        return asker

    # ---- the Python package's ----

    def test_reference(self) -> None:
        """the Python package's daemon is asked over one connection, and for nothing that it does not know"""
        daemon = self.daemon()
        asker = self.asker(daemon.port)
        for _ in range(3):
            self.assertEqual(asker.ask(), "vm0 answer " + REFERENCE_READ)
        daemon.stats["mem_unused"] = 7
        self.assertIn("2000000,7,", asker.ask())
        self.assertEqual((daemon.connections, daemon.commands), (1, [b"stats"] * 4))
        self.assertEqual(self.runs(), ["vm0"])

    def test_reference_hangs_up(self) -> None:
        """one that hung up while nobody asked is asked over a new connection, without a new look-up"""
        daemon = self.daemon(idle_s=0.05)
        asker = self.asker(daemon.port)
        for count in range(1, 4):
            self.assertEqual(asker.ask(), "vm0 answer " + REFERENCE_READ)
            self.assertEqual(daemon.connections, count)
            time.sleep(0.2)
        self.assertEqual(self.runs(), ["vm0"])

    # ---- ours ----

    def test_ours(self) -> None:
        """ours is asked, watched, killed and found again"""
        port = self.daemon().port     # a free one, soon
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        asker = self.asker(port)
        for _ in range(2):
            process = subprocess.Popen([GUESTD, "--config=/dev/null", f"--port={port}", "--vsock=0"],
                                       stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + PATIENCE_S
                while "answer" not in (heard := asker.ask()):
                    self.assertIn("refused", heard)
                    self.assertLess(time.monotonic(), deadline)
                self.assertRegex(heard, r"^vm0 answer \d+,\d+,0,0,\d+,\d+,1,\d+,\d+,\d+,")
                self.assertIn("answer", asker.ask())
            finally:
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertIn("error 127.0.0.1 port", asker.ask())

    def test_distress(self) -> None:
        """a guest that watches for us tells by itself, and answers questions between that"""
        cry = threading.Event()

        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            for command, answer in ((b"stats", OURS), (b"watch", "watching")):
                self.assertEqual(guestd.receive(connection), command)
                connection.sendall(answer.encode() + b"\n")
            cry.wait(PATIENCE_S)
            connection.sendall(b"distress," + OURS.replace("mem_unused:8", "mem_unused:1").encode() + b"\n")
            while guestd.receive(connection) == b"stats":
                connection.sendall(OURS.encode() + b"\n")

        asker = self.asker(self.daemon(session).port)
        self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)
        cry.set()
        self.assertEqual(asker.hear(), "vm0 told " + OURS_READ.replace("9,8", "9,1"))
        self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)

    def assert_heard_out(self, flood: bytes, *heard: str) -> None:
        """Of FLOOD, said when it is to be watched, HEARD is told; then the link ends and it is not watched again."""
        commands: list[list[bytes]] = []

        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            commands.append(said := [])
            while command := guestd.receive(connection):
                said.append(command)
                connection.sendall(flood if b"watch" in command else OURS.encode() + b"\n")

        asker = self.asker(self.daemon(session).port)
        self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)
        for line in heard:
            self.assertEqual(asker.hear(), line)
        deadline = time.monotonic() + PATIENCE_S
        while len(commands) < 2:       # the next question comes over a new connection, which is not watched
            self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)
            self.assertLess(time.monotonic(), deadline, "its link stays")
            time.sleep(0.05)
        self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)
        self.assertEqual((len(commands), set(commands[1])), (2, {b"stats"}))

    def test_cries_too_often(self) -> None:
        """one that cries all the time is heard once a second at most and then not listened to"""
        self.assert_heard_out(b"watching\n" + (b"distress," + OURS.encode() + b"\n") * 30, "vm0 told " + OURS_READ)

    def test_cries_without_sense(self) -> None:
        """one whose cries say nothing is not listened to either"""
        self.assert_heard_out(b"watching\n" + b"distress,\n" * 100)

    def test_watches_again_and_again(self) -> None:
        """nor is one that says again and again that it watches"""
        self.assert_heard_out(b"watching\n" * 100)

    def test_cries_unasked(self) -> None:
        """one that cries before it answers has two connections to do so, and then its question fails"""
        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            guestd.receive(connection)
            connection.sendall(b"distress,\n" * 100)
            connection.sendall(OURS.encode() + b"\n")
            guestd.receive(connection)

        asker = self.asker((daemon := self.daemon(session)).port)
        self.assertEqual(asker.ask(), "vm0 error the guest says again and again what nobody has asked for")
        self.assertEqual(daemon.connections, 2)

    def test_will_not_be_watched(self) -> None:
        """one of ours that hangs up when it is to be watched is not asked for that again"""
        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            while (command := guestd.receive(connection)) == b"stats":
                connection.sendall(OURS.encode() + b"\n")
                daemon.commands.append(command)
            daemon.commands.append(command)

        asker = self.asker((daemon := self.daemon(session)).port)
        for _ in range(4):
            self.assertEqual(asker.ask(), "vm0 answer " + OURS_READ)
            time.sleep(0.05)
        self.assertEqual(daemon.commands.count(b"watch"), 1)

    # ---- no good ----

    def test_odd_answers(self) -> None:
        """odd answers are errors, each costs its own question, and nothing that nobody asked for is heard"""
        answers = [b"hello\n", b"\n", b"x" * 1025, b"min_free:0.2,max_free:0.5\n", b"\xff\xfe\0\n",
                   b"mem_available:1" + b",mem_available:1" * 200 + b"\n", b""]
        given = iter(answers)

        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            if guestd.receive(connection) == b"stats":
                connection.sendall(next(given, b"swap_in:5\nswap_in:6\nswap_in:7\n"))

        asker = self.asker(self.daemon(session).port)
        for _ in answers:
            self.assertRegex(asker.ask(), "^vm0 error ")
        for _ in range(3):
            self.assertIn("answer nil,nil,5,", asker.ask())

    def test_distress_before_it_is_wanted(self) -> None:
        """distress from one that is not watched is passed over, and is no answer"""
        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            guestd.receive(connection)
            connection.sendall(b"distress,swap_in:1\nswap_in:2\n")
            guestd.receive(connection)

        self.assertIn("answer nil,nil,2,", self.asker(self.daemon(session).port).ask())

    def test_silent(self) -> None:
        """one that does not answer can be left, at any stage, and asked anew"""
        hold = threading.Event()
        self.addCleanup(hold.set)

        def session(daemon: guestd.Daemon, connection: socket.socket) -> None:
            if daemon.connections == 1:
                guestd.receive(connection)
                guestd.receive(connection)      # until it is left
            else:
                daemon.session(connection)

        asker = self.asker((daemon := self.daemon(session)).port)
        asker.say("ask vm0")
        deadline = time.monotonic() + PATIENCE_S
        while not daemon.connections:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        asker.say("leave vm0")
        self.assertEqual(asker.ask(), "vm0 answer " + REFERENCE_READ)
        asker.say("leave vm0")
        asker.say("leave vm0")
        asker.say("ask vm0")
        asker.say("leave vm0")
        self.assertEqual(asker.ask("vm1"), "vm1 answer " + REFERENCE_READ)

    # ---- addresses ----

    def test_helper(self) -> None:
        """a helper that knows no address is told, and run again with the next question"""
        asker = self.asker(1, self.helper("exit 1"))
        for count in (1, 2):
            self.assertRegex(asker.ask(), "^vm0 error .*name-to-ip printed no address for it$")
            self.assertEqual(self.runs(), ["vm0"] * count)

    def test_no_helper(self) -> None:
        """without helper and vsock there is no way to a guest, which is told"""
        asker = Asker(1, None)
        self.addCleanup(asker.close)
        self.assertRegex(asker.ask(), "^vm0 error no address is known")

    def test_refused(self) -> None:
        """a guest whose port is closed has an error, and its address is looked up anew"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            asker = self.asker(taken.getsockname()[1])
            for count in (1, 2):
                self.assertRegex(asker.ask(), "^vm0 error 127.0.0.1 port [0-9]+: Connection refused$")
                self.assertEqual(self.runs(), ["vm0"] * count)

    def test_many(self) -> None:
        """a hundred guests, each over a connection of its own"""
        daemons = [self.daemon() for _ in range(3)]
        asker = self.asker(daemons[0].port)
        for number in range(100):
            self.assertIn("answer", asker.ask(f"vm{number}"))
            asker.say(f"leave vm{number}")      # the Python package's serves one at a time
        self.assertEqual(daemons[0].connections, 100)

    def test_vsock(self) -> None:
        """a context id that leads nowhere is an error, and the helper's address the next way"""
        try:
            socket.socket(socket.AF_VSOCK).close()
        except (AttributeError, OSError) as error:
            self.skipTest(f"this machine has no vsock: {error}")
        alone = Asker(2187, None)
        self.addCleanup(alone.close)
        alone.say("ask vm0 4294967000")
        self.assertRegex(alone.hear(), "^vm0 error vsock:4294967000 port 2187: ")
        daemon = self.daemon()
        asker = self.asker(daemon.port)
        asker.say("ask vm0 4294967000")
        self.assertEqual(asker.hear(), "vm0 answer " + REFERENCE_READ)
        asker.say("ask vm0 4294967000")
        self.assertEqual(asker.hear(), "vm0 answer " + REFERENCE_READ)
        self.assertEqual((daemon.connections, self.runs()), (1, ["vm0"]))


if __name__ == "__main__":
    ASK, GUESTD = sys.argv[1:3]
    os.umask(0o022)
    sys.exit(tap.main())
