#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients for tests and people: of the stand-in's control socket, and of vdsm's bus as the engine is one.

    clients.py control SOCKET '{"do": "state"}' ...     clients.py call PORT PKI METHOD [JSON]

Blocking and simple on purpose.  The bus client follows the rules that a client of vdsm must follow (a
UUID as reply queue, UUIDs as ids).  Must never be what the stand-in itself is built from.
"""
from __future__ import annotations

import json
import socket
import sys
import time
import uuid
from typing import Any, Callable

import layers
import pki
import stomp
from stomp import Frame


class Refused(Exception):
    """The stand-in's control socket refused a command."""


class Control:
    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(path)
        self._file = self._socket.makefile("rw")

    def __call__(self, do: str, **arguments: Any) -> Any:
        return self.raw({"do": do, **arguments})

    def raw(self, command: dict[str, Any]) -> Any:
        self._file.write(json.dumps(command) + "\n")
        self._file.flush()
        answer = json.loads(self._file.readline() or '{"error": "the stand-in is gone"}')
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["ok"]

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Bus:
    """One connection to the bus. PKI None: without TLS."""

    def __init__(self, port: int, pki_dir: str | None, timeout: float = 20, connect: bool = True) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout)
        if pki_dir:
            self.socket = layers.client_context(pki.credentials(pki_dir)).wrap_socket(self.socket)
        self.queue = str(uuid.uuid4())
        self._parser = stomp.Parser()
        self._frames: list[Frame] = []
        self.events: list[dict[str, Any]] = []
        if connect:
            self.send(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "0,0"}))
            self.subscribe(self.queue)
            assert self.frame().command == "CONNECTED"

    def send(self, frame: Frame) -> None:
        self.socket.sendall(frame.encode())

    def subscribe(self, destination: str) -> None:
        self.send(Frame("SUBSCRIBE", {"destination": destination, "id": str(uuid.uuid4()), "ack": "auto"}))

    def frame(self) -> Frame:
        """The next frame; ConnectionError at the end, TimeoutError after the timeout."""
        while not self._frames:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("vdsm closed the connection")
            self._frames += self._parser.feed(data)
        return self._frames.pop(0)

    def request(self, method: str, params: Any = None, request_id: Any = None) -> str:
        request_id = request_id or str(uuid.uuid4())
        body = {"jsonrpc": "2.0", "method": method, "params": params or {}, "id": request_id}
        self.send_request(json.dumps(body))
        return request_id

    def send_request(self, body: str) -> None:
        self.send(Frame("SEND", {"destination": "jms.topic.vdsm_requests", "reply-to": self.queue},
                        body.encode()))

    def answer(self, request_id: str) -> dict[str, Any]:
        while True:
            message = json.loads(self.frame().body or b"null")
            if message.get("id") == request_id:
                return message
            if "method" in message:
                self.events.append(message)

    def call(self, method: str, params: Any = None) -> dict[str, Any]:
        return self.answer(self.request(method, params))

    def close(self) -> None:
        self.socket.close()


def wait_until(what: str, test: Callable[[], Any], seconds: float = 30, pause: float = 0.1) -> Any:
    """The first true answer of TEST. Generous: the deadline is for hangs, not for measuring."""
    deadline = time.monotonic() + seconds
    while not (answer := test()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(pause)
    return answer


def main(arguments: list[str]) -> int:
    if len(arguments) >= 2 and arguments[0] == "control":
        control = Control(arguments[1])
        for text in arguments[2:]:
            print(json.dumps(control.raw(json.loads(text)), indent=1))
    elif len(arguments) >= 4 and arguments[0] == "call":
        params = json.loads(arguments[4]) if len(arguments) > 4 else {}
        answer = Bus(int(arguments[1]), arguments[2]).call(arguments[3], params)
        print(json.dumps(answer.get("error", answer.get("result")), indent=1))
        return 1 if "error" in answer else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
