# SPDX-License-Identifier: GPL-2.0-or-later
"""A running stand-in with all its files in one temporary directory, for tests.

Starts vdsm.py as a process of its own on a free port, waits until it listens, and takes everything away at
the end.  Certificates are made once for a directory.  Must never leave a process behind, whatever
the test does.
"""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any

import clients
import pki

HERE = os.path.dirname(os.path.abspath(__file__))
# Files as an installation makes them, whatever the user's own mask: momd believes no others.
os.umask(0o022)


class Running:
    def __init__(self, *options: str, plain: bool = False, directory: str | None = None,
                 certificates: str | None = None) -> None:
        self.directory = directory or tempfile.mkdtemp(prefix="mom-peers-")
        self._own_directory = directory is None
        self.pki: str | None = None
        if not plain:
            self.pki = certificates or os.path.join(self.directory, "pki")
            if not os.path.exists(os.path.join(self.pki, "certs")):
                pki.make(self.pki, "host.example.com")
        self.host_root, self.mom_socket = self.path("root"), self.path("mom.sock")
        command = [sys.executable, "-B", os.path.join(HERE, "vdsm.py"), "--port", "0",
                   "--host-root", self.host_root, "--mom-socket", self.mom_socket,
                   "--control", self.path("control"), "--record", self.path("calls.jsonl"), *options]
        command += ["--plain"] if plain else ["--pki", self.pki]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = self._read_port()
        self.control = clients.Control(self.path("control"))

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def _read_port(self) -> int:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line.startswith("READY"):
            raise RuntimeError(f"the stand-in did not start: {line!r}")
        return int(line.split("port=")[1].split()[0])

    def bus(self, **options: Any) -> clients.Bus:
        return clients.Bus(self.port, self.pki, **options)

    def calls(self, method: str, since: int = 0) -> list[dict[str, Any]]:
        return self.control("calls", since=since, method=method)

    def stop(self) -> int:
        """Its exit code."""
        self.control.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        return code
