#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mom-guestd itself, asked as the Python package's collector asks, and by peers that mean no good.

    test-guestd.py MOM_GUESTD

Real sockets and this machine's own /proc.  What needs a guest is in tests/hypervisor.
"""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import guestd        # noqa: E402
import tap           # noqa: E402

PROGRAM = ""
PATIENCE_S = 20
MAX_CONNECTIONS = 14       # of the network; two more are vsock's


def free_port(family: int = socket.AF_INET) -> int:
    with socket.socket(family) as taken:
        taken.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        return taken.getsockname()[1]


def meminfo(key: str) -> int:
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))


class Guestd(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="mom-guestd-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.port = free_port()

    def start(self, *options: str, address: str = "127.0.0.1") -> subprocess.Popen[str]:
        """Returns when it listens."""
        process = subprocess.Popen([PROGRAM, "--config=/dev/null", f"--port={self.port}", "--vsock=0", *options],
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.connect(address).close()
                return process
            except ConnectionRefusedError:
                self.assertIsNone(process.poll(), "it has ended")
                self.assertLess(time.monotonic(), deadline, "it does not listen")
                time.sleep(0.02)

    def stop(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, errors)
        # It may tell that it could not lock its memory.
        self.assertNotIn("ERROR", errors)

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        connection = socket.create_connection((address, self.port), timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def run_once(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=PATIENCE_S)

    def assert_hung_up(self, connection: socket.socket) -> None:
        try:
            self.assertEqual(connection.recv(4096), b"")
        except ConnectionResetError:
            pass

    # ---- as the reference asks ----

    def test_stats(self) -> None:
        """the Python package's collector gets its six numbers, again and again on one connection"""
        self.start()
        connection = self.connect()
        for _ in range(3):
            answer = guestd.ask(connection)
            self.assertEqual(set(answer), guestd.FIELDS)
            self.assertEqual(answer["mem_available"], meminfo("MemTotal"))
            self.assertLessEqual(answer["mem_unused"], answer["mem_available"])
            self.assertGreater(answer["minor_fault"], 0)
            self.assertGreaterEqual(answer["swap_in"], 0)

    def test_props(self) -> None:
        """props are the configuration's"""
        path = os.path.join(self.dir, "mom-guestd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("[main]\nmin_free: 0.1\nmax_free: 0.9\n")
        self.start("--config", path)
        connection = self.connect()
        connection.sendall(b"props\n")
        self.assertEqual(guestd.receive(connection), b"min_free:0.1,max_free:0.9")

    def test_many_at_once(self) -> None:
        """several are served at once, and one that says nothing holds nobody up"""
        self.start()
        connections = [self.connect() for _ in range(MAX_CONNECTIONS)]
        connections[0].sendall(b"sta")
        for connection in connections[1:]:
            self.assertEqual(set(guestd.ask(connection)), guestd.FIELDS)
        connections[0].sendall(b"ts\n")
        self.assertIn(b"mem_available", guestd.receive(connections[0]))

    def test_too_many(self) -> None:
        """one connection too many is hung up on, and its place is free when another ends"""
        self.start()
        connections = [self.connect() for _ in range(MAX_CONNECTIONS)]
        for connection in connections:
            guestd.ask(connection)
        self.assert_hung_up(self.connect())
        connections.pop().close()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                guestd.ask(self.connect())
                break
            except (ConnectionError, OSError):
                self.assertLess(time.monotonic(), deadline)

    def test_watch(self) -> None:
        """who watches is told so, and goes on asking"""
        self.start()
        connection = self.connect()
        connection.sendall(b"watch\nwatch\n")
        answer = b""
        while answer.count(b"\n") < 2:
            answer += connection.recv(4096)
        self.assertEqual(answer, b"watching\nwatching\n")
        self.assertEqual(set(guestd.ask(connection)), guestd.FIELDS)

    # ---- no good ----

    def test_odd_input(self) -> None:
        """what is no request ends its connection and no other"""
        self.start()
        good = self.connect()
        guestd.ask(good)
        for odd in (b"\n", b"stat\n", b"STATS\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 10 + b"\n", b"x" * 65,
                    b"x" * 100000, bytes(range(256)), b"stats\nprops\nquit\n"):
            connection = self.connect()
            try:
                connection.sendall(odd)
            except (BrokenPipeError, ConnectionResetError):
                pass
            while True:
                try:
                    if not connection.recv(65536):
                        break
                except ConnectionResetError:
                    break
            guestd.ask(good)

    def test_who_does_not_read(self) -> None:
        """a peer that asks and never reads is hung up on, and costs no memory"""
        def data_kib() -> str:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                return next(line for line in file if line.startswith("VmData"))

        process = self.start()
        guestd.ask(self.connect())
        before = data_kib()
        connection = self.connect()
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            while True:
                connection.sendall(b"stats\n" * 10000)
        guestd.ask(self.connect())
        self.assertEqual(data_kib(), before)

    def test_allowed_peers(self) -> None:
        """others than the allowed peers are hung up on"""
        self.start("--allowed-peers=192.0.2.0/24, 2001:db8::/32,cid:2")
        self.assert_hung_up(self.connect())
        allowed = self.port = free_port()
        self.start("--allowed-peers=192.0.2.0/24, 127.0.0.0/8")
        self.assertEqual(self.port, allowed)
        guestd.ask(self.connect())

    # ---- starting ----

    def test_bind(self) -> None:
        """it listens on one address if it is told to, on both families otherwise"""
        self.start("--bind=127.0.0.1")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", self.port), timeout=PATIENCE_S)
        if not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("this machine has no IPv6")
        self.port = free_port(socket.AF_INET6)
        self.start(address="::1")
        guestd.ask(self.connect("::1"))
        guestd.ask(self.connect("127.0.0.1"))

    def test_port_taken(self) -> None:
        """a port that is taken is told, and there is no start"""
        with socket.create_server(("", self.port)):
            done = self.run_once("--config=/dev/null", f"--port={self.port}", "--vsock=0")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         f"mom-guestd: cannot listen on TCP port {self.port}: Address already in use\n")

    def test_command_line(self) -> None:
        """help and version are printed, what is wrong is told"""
        self.assertIn("--allowed-peers", self.run_once("--help").stdout)
        self.assertRegex(self.run_once("--version").stdout, r"^mom-guestd \d+\.\d+\.\d+\n$")
        for options, why in ((["--port=x"], "port: `x' is not"), (["--what"], "unrecognized option"),
                             (["word"], "what is `word'?"), (["--port=0", "--vsock=0"], "nobody could ask"),
                             (["--config=/nowhere"], "/nowhere: No such file"),
                             (["--allowed-peers=everybody"], "allowed-peers: `everybody' is not")):
            done = self.run_once("--config=/dev/null", *options)
            self.assertEqual(done.returncode, 1, options)
            self.assertIn(why, done.stderr)

    def test_background(self) -> None:
        """with --daemon it is there when the command returns"""
        done = subprocess.run([PROGRAM, "--config=/dev/null", f"--port={self.port}", "--vsock=0", "--daemon"],
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0)
        connection = self.connect()
        guestd.ask(connection)
        found = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and self.is_ours(pid)]
        self.assertEqual(len(found), 1)
        os.kill(found[0], signal.SIGTERM)
        self.assert_hung_up(connection)

    def is_ours(self, pid: str) -> bool:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return f"--port={self.port}".encode() in file.read().split(b"\0")
        except OSError:
            return False


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    sys.exit(tap.main())
