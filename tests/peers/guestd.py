# SPDX-License-Identifier: GPL-2.0-or-later
"""Both ends of mom-guestd's wire as the Python package has them, and peers in guests that mean no good.

`ask` speaks as its collector does: a command, a newline, and bytes until the last is a newline; every part of
the answer must be "key:integer".  `Daemon` speaks as its program in the guest does: one connection at a time,
"stats" and "props", anything else and it hangs up.  Written from what goes over the wire.  Must never be
friendlier than the original.
"""
from __future__ import annotations

import socket
import threading
from typing import Callable

STATS = {"mem_available": 2000000, "mem_unused": 1500000, "swap_in": 3, "swap_out": 4, "major_fault": 50,
         "minor_fault": 6000}
# What the original's collector takes of an answer.
FIELDS = set(STATS)


def receive(connection: socket.socket) -> bytes:
    """A message, b"" at the end; as much as comes until some chunk ends with a newline."""
    message = b""
    while not message.endswith(b"\n"):
        chunk = connection.recv(4096)
        message += chunk
        if not chunk:
            break
    return message.rstrip(b"\n")


def ask(connection: socket.socket, command: bytes = b"stats") -> dict[str, int]:
    connection.sendall(command + b"\n")
    answer = receive(connection)
    if not answer:
        raise ConnectionError("nothing was answered")
    result = {}
    for item in answer.decode().split(","):
        parts = item.split(":")
        result[parts[0]] = int(parts[1])
    return {key: value for key, value in result.items() if key in FIELDS}


class Daemon:
    """In a thread of its own, on a free port of 127.0.0.1. IDLE_S: it hangs up on who says nothing so long."""

    def __init__(self, session: Callable[["Daemon", socket.socket], None] | None = None, idle_s: float = 10) -> None:
        self.stats = dict(STATS)
        self.connections = 0
        self.commands: list[bytes] = []
        self.idle_s = idle_s
        self._session = session or Daemon.session
        self._connection: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._connection = connection
            connection.settimeout(self.idle_s)
            with connection:
                try:
                    self._session(self, connection)
                except OSError:
                    pass

    def session(self, connection: socket.socket) -> None:
        while True:
            command = receive(connection)
            self.commands.append(command)
            if command == b"stats":
                answer = ",".join(f"{key}:{value}" for key, value in self.stats.items())
            elif command == b"props":
                answer = "min_free:0.20,max_free:0.50"
            else:
                return
            connection.sendall(answer.encode() + b"\n")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        try:
            if self._connection:
                self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join()
