# SPDX-License-Identifier: GPL-2.0-or-later
"""vdsm's momIF: how vdsm calls the agent's XML-RPC socket, and what it makes of the answers.

A new connection for every call, the socket's path in base16 as the host, two seconds of patience, and
five seconds of silence after anything went wrong.  Pushed parameters are merged into one set that is kept
for vdsm's lifetime and sent whole each time.  Must stay strict: an answer that would make vdsm lose
the host's statistics must do so here.
"""
from __future__ import annotations

import base64
import http.client
import socket
import threading
import time
import xmlrpc.client
from typing import Any, Callable

TIMEOUT = 2.0
THROTTLE = 5.0
POLICY_NAME = "01-parameters"
PAGE = 4096


class Inactive(Exception):
    """The socket is not touched now."""


UNAVAILABLE = (Inactive, AttributeError, OSError)     # told as "MOM not available", not as an error


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(base64.b16decode(self.host))


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(host, timeout=TIMEOUT)


class Agent:
    """The bare calls. BOOK is told each one with its outcome."""

    def __init__(self, path: str, book: Callable[[str, Any, str | None], None]) -> None:
        host = base64.b16encode(path.encode()).decode()
        self._proxy = xmlrpc.client.ServerProxy("http://" + host, transport=_Transport(), allow_none=True)
        self._book = book
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def call(self, method: str, *arguments: Any) -> Any:
        with self._lock:
            if time.monotonic() < self._quiet_until:
                raise Inactive()
        try:
            answer = getattr(self._proxy, method)(*arguments)
        except Exception as error:
            with self._lock:
                self._quiet_until = time.monotonic() + THROTTLE
            self._book(method, arguments, repr(error))
            raise
        self._book(method, arguments, None)
        return answer

    def forgive(self) -> None:
        """Ends the silence at once; for tests that do not want to wait."""
        with self._lock:
            self._quiet_until = 0.0


class MomIf:
    """Blocking: call from a thread."""

    def __init__(self, path: str, book: Callable[[str, Any, str | None], None]) -> None:
        self.agent = Agent(path, book)
        self._parameters: dict[str, Any] = {}

    def status(self) -> str:
        try:
            return "active" if self.agent.call("ping") else "inactive"
        except UNAVAILABLE:
            return "inactive"

    def ksm_stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = {}
        try:
            host = self.agent.call("getStatistics")["host"]
            stats["ksmState"] = bool(host["ksm_run"])
            stats["ksmPages"] = host["ksm_pages_to_scan"]
            stats["ksmMergeAcrossNodes"] = bool(host["ksm_merge_across_nodes"])
            stats["memShared"] = host["ksm_pages_sharing"] * PAGE
            stats["memShared"] //= 1 << 20
            stats["ksmCpu"] = host["ksmd_cpu_usage"]
        except UNAVAILABLE:
            pass
        return stats

    def set_policy(self, text: str) -> None:
        try:
            self.agent.call("setPolicy", text)
        except UNAVAILABLE:
            pass

    def set_policy_parameters(self, parameters: dict[str, Any]) -> None:
        self._parameters.update(parameters)
        text = "\n".join(f"(set {key} {value!r})" for key, value in self._parameters.items())
        try:
            self.agent.call("setNamedPolicy", POLICY_NAME, text)
        except UNAVAILABLE:
            pass
