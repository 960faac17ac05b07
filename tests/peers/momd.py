# SPDX-License-Identifier: GPL-2.0-or-later
"""A momd under test: contrib/vdsm's configuration with places and intervals replaced, and the process.

The configuration and the policies are those that are installed on a host; only what must differ on a
machine without vdsm is changed (socket, port, certificates, host-root, seconds).  Must never be kinder to
momd than an init system: it gets a configuration file and signals.
"""
from __future__ import annotations

import configparser
import os
import shutil
import signal
import subprocess
from typing import Any

import clients
import momif
from running import Running

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STOCK = os.path.join(ROOT, "contrib", "vdsm")
INTERVALS = ("main-loop-interval", "host-monitor-interval", "guest-monitor-interval",
             "guest-manager-interval", "policy-engine-interval")


def write_config(path: str, like: str, *layers: dict[str, dict[str, Any]]) -> None:
    """Writes PATH: the settings of file LIKE with those of each layer over them."""
    config = configparser.ConfigParser(interpolation=None)
    with open(like, encoding="utf-8") as file:
        config.read_file(file)
    for layer in layers:
        for section, values in layer.items():
            if not config.has_section(section):
                config.add_section(section)
            for key, value in values.items():
                config.set(section, key, str(value))
    with open(path, "w", encoding="utf-8") as file:
        config.write(file)
    os.chmod(path, 0o644)


def as_installed(directory: str) -> None:
    """With an installation's modes: momd believes no file that a group may write."""
    os.chmod(directory, 0o755)
    for name in os.listdir(directory):
        os.chmod(os.path.join(directory, name), 0o644)


class Daemon:
    """The process. Its files are in PLACE (made if needed), its RPC socket is SOCKET. BEFORE is what the command
    line begins with: env, setpriv."""

    def __init__(self, program: str, place: str, socket: str, before: tuple[str, ...] = ()) -> None:
        os.makedirs(place, mode=0o755, exist_ok=True)
        self.command, self.place, self.socket = [*before, program], place, socket
        self.config = os.path.join(place, "mom.conf")
        self.log_path = os.path.join(place, "momd.log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, configured: bool = True) -> None:
        command = [*self.command, "-c", self.config] if configured else self.command
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def rpc(self, method: str, *arguments: Any) -> Any:
        """One call of its socket, as vdsm makes it. xmlrpc.client.Fault is the caller's affair."""
        return momif.Agent(self.socket, lambda *_: None).call(method, *arguments)

    def answers(self) -> bool:
        try:
            return bool(self.rpc("ping"))
        except momif.UNAVAILABLE:
            return False

    def wait(self, what: str, test: Any, seconds: float = 40) -> Any:
        """As wait_until, but ends at once if momd does."""
        def alive_and() -> Any:
            if not self.running:
                raise AssertionError(f"momd ended while waiting for {what}; its log:\n{self.log()[-3000:]}")
            return test()
        try:
            return clients.wait_until(what, alive_and, seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}; momd's log ends:\n{self.log()[-3000:]}") from None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code; killed, and -9, if it does not end."""
        if self.process is None:
            return 0
        if self.running:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Momd(Daemon):
    """Files are kept in PLACE (made if needed). More settings: {"section": {"key": value}}."""

    def __init__(self, program: str, peer: Running, place: str, interval: int = 1,
                 settings: dict[str, dict[str, Any]] | None = None, before: tuple[str, ...] = ()) -> None:
        super().__init__(program, place, peer.mom_socket, before)
        self.policy_dir = os.path.join(place, "mom.d")
        shutil.copytree(os.path.join(STOCK, "mom.d"), self.policy_dir, dirs_exist_ok=True)
        as_installed(self.policy_dir)
        self._write_config(peer, interval, settings or {})

    def _write_config(self, peer: Running, interval: int, settings: dict[str, dict[str, Any]]) -> None:
        replaced: dict[str, dict[str, Any]] = {
            "main": {**dict.fromkeys(INTERVALS, interval), "rpc-port": self.socket,
                     "policy-dir": self.policy_dir, "state-dir": os.path.join(self.place, "state"),
                     "host-root": peer.host_root,
                     # whatever libvirt there is on this machine knows nothing of the stand-in's guests
                     "guest-data": "vdsm",
                     "sample-history-length": 3},
            "vdsm": {"host": "127.0.0.1", "port": peer.port, "request-timeout": 2,
                     "pki-dir": peer.pki or "/nonexistent", "ssl": "true" if peer.pki else "false"},
            "logging": {"log": "stdio", "verbosity": "info"}}
        write_config(self.config, os.path.join(STOCK, "mom.conf"), replaced, settings)
