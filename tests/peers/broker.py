# SPDX-License-Identifier: GPL-2.0-or-later
"""vdsm's STOMP broker: connections, subscriptions, heart-beats, and who gets which answer.

Reply queues and request ids are global to the server, not to a connection, because they are in vdsm.
Errors are ERROR frames that leave the connection open where vdsm leaves it open, and a closed
connection where vdsm closes it.  Must never look into a request: that is jsonrpc.py.
"""
from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Callable

import layers
import stomp
from faults import Faults
from stomp import Frame

REQUEST_QUEUES = ("jms.topic.vdsm_requests", "jms.topic.vdsm_irs_requests")
DEFAULT_REPLY_QUEUE = "jms.topic.vdsm_responses"
PATIENCE = 10.0       # seconds for the handshake, and again for the first bytes
NO_TLS_AT_ALL = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST")
IDLE_WAKE = 30.0      # the reactor looks at its connections at least so often


@dataclass(eq=False)
class Subscription:
    connection: "Connection"
    destination: str
    id: str


class Connection(asyncio.Protocol):
    def __init__(self, broker: "Broker", layer: layers.Plain | layers.Tls) -> None:
        self.broker, self.layer = broker, layer
        self.subscriptions: dict[str, Subscription] = {}
        self.closed = False
        self.send_every_ms = self.expect_every_ms = 0
        self.last_in = self.last_out = time.monotonic()
        self._parser: stomp.Parser | None = None      # none until the protocol is detected
        self._first_bytes = b""
        self._patience: asyncio.TimerHandle | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport      # type: ignore[assignment]
        self.peer = transport.get_extra_info("peername") or ("", 0)
        self.broker.connections.add(self)
        if self.broker.faults.hang_up:
            self.close()
        else:
            self._restart_patience()

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()

    def eof_received(self) -> bool:
        return False            # a half-closed client is a closed client: its answers are lost

    def data_received(self, data: bytes) -> None:
        was_ready = self.layer.ready
        try:
            plain = self.layer.receive(data)
        except ssl.SSLError as error:
            if error.reason in NO_TLS_AT_ALL:
                self._reset_on_close()
            self._write_raw(self.layer.pending_output())
            self.close()
            return
        self._write_raw(self.layer.pending_output())
        if self.layer.ready and not was_ready:
            self._restart_patience()
        if plain and not self.closed:
            self._receive(plain)
        self.broker.wake()

    # STOMP's side

    def _restart_patience(self) -> None:
        if self._patience:
            self._patience.cancel()
        self._patience = asyncio.get_running_loop().call_later(PATIENCE, self.close)

    def _receive(self, plain: bytes) -> None:
        if self._parser is None:
            plain = self._detect(plain)
        if self._parser is None or not plain:
            return
        try:
            frames = self._parser.feed(plain)
            self.last_in = time.monotonic()
            for frame in frames:
                if not self.broker.faults.silent and not self.closed:
                    self.broker.handle(self, frame)
        except (stomp.FrameError, KeyError, AttributeError):
            self.close()

    def _detect(self, plain: bytes) -> bytes:
        self._first_bytes += plain
        if len(self._first_bytes) < stomp.DETECTION_BYTES:
            return b""
        if not self._first_bytes.startswith(stomp.COMMANDS):
            if isinstance(self.layer, layers.Plain):
                self._reset_on_close()
            self.close()
            return b""
        if self._patience:
            self._patience.cancel()
        self._parser = stomp.Parser()
        return self._first_bytes

    def _reset_on_close(self) -> None:
        """vdsm only peeked at these bytes: closing with them unread makes the kernel send a reset."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def send(self, frame: Frame) -> None:
        if self.closed or self.broker.faults.silent:
            return
        encoded, last = frame.encode(), False
        if frame.command == "MESSAGE":
            encoded, last = self.broker.faults.spoil(encoded)
        self._write_plain(encoded)
        if last:
            self.close()

    def beat(self) -> None:
        if not self.broker.faults.silent:
            self._write_plain(b"\n")

    def _write_plain(self, data: bytes) -> None:
        self._write_raw(self.layer.send(data))
        self.last_out = time.monotonic()

    def _write_raw(self, data: bytes) -> None:
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._patience:
            self._patience.cancel()
        self.broker.forget(self)
        self.transport.close()


class Broker:
    """REQUEST is given the body of each frame for a request queue, and the connection."""

    def __init__(self, faults: Faults, request: Callable[[bytes, Connection, str | None], None]) -> None:
        self.faults = faults
        self.connections: set[Connection] = set()
        self.accepted = 0
        self._request = request
        self._subscriptions: dict[str, list[Subscription]] = {}
        self._reply_to: dict[object, str | None] = {}
        self._wake = asyncio.Event()
        self._commands = {
            "CONNECT": self._connect, "SEND": self._send, "SUBSCRIBE": self._subscribe,
            "UNSUBSCRIBE": self._unsubscribe, "DISCONNECT": self._disconnect}

    def accept(self, layer: layers.Plain | layers.Tls) -> Connection:
        self.accepted += 1
        return Connection(self, layer)

    def close_all(self) -> None:
        for connection in list(self.connections):
            connection.close()
        self._reply_to.clear()

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)
        for subscription in list(connection.subscriptions.values()):
            self._drop(subscription)
        connection.subscriptions.clear()

    # heart-beats

    def wake(self) -> None:
        self._wake.set()

    async def heart_beats(self) -> None:
        """For ever. Silence of a client is noticed only when something wakes the reactor."""
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), self._next_beat())
            except asyncio.TimeoutError:
                pass
            self._wake.clear()
            now = time.monotonic()
            for connection in list(self.connections):
                self._check_beats(connection, now)

    def _next_beat(self) -> float:
        now = time.monotonic()
        waits = [connection.last_out + connection.send_every_ms / 1000 - now
                 for connection in self.connections if connection.send_every_ms]
        return max(0.001, min(waits, default=IDLE_WAKE))

    @staticmethod
    def _check_beats(connection: Connection, now: float) -> None:
        expect, every = connection.expect_every_ms, connection.send_every_ms
        if expect and now - connection.last_in >= expect / 1000:
            connection.close()
        elif every and now - connection.last_out >= every / 1000:
            connection.beat()
            connection.last_out = now

    # frames from clients

    def handle(self, connection: Connection, frame: Frame) -> None:
        """A KeyError means: vdsm does not know this, and closes."""
        self._commands[frame.command](connection, frame)

    @staticmethod
    def _error(connection: Connection, text: str) -> None:
        connection.send(Frame("ERROR", {}, text.encode()))

    def _connect(self, connection: Connection, frame: Frame) -> None:
        if frame.headers.get("accept-version") != "1.2":
            self._error(connection, "Version unsupported")
            return
        expect, send = stomp.heart_beat(frame.headers.get("heart-beat", "0,0"))
        connection.send_every_ms = send
        connection.expect_every_ms = expect or connection.expect_every_ms
        connection.send(Frame("CONNECTED", {"version": "1.2", "heart-beat": f"{send},{expect}"}))

    def _subscribe(self, connection: Connection, frame: Frame) -> None:
        destination, name = frame.headers.get("destination"), frame.headers.get("id")
        if not destination or not name:
            self._error(connection, "Missing destination or subscription id header")
        elif name in connection.subscriptions:
            self._error(connection, "Subscription id already exists")
        else:
            subscription = Subscription(connection, destination, name)
            connection.subscriptions[name] = subscription
            self._subscriptions.setdefault(destination, []).append(subscription)

    def _unsubscribe(self, connection: Connection, frame: Frame) -> None:
        name = frame.headers.get("id")
        if not name:
            self._error(connection, "Missing id header")
        elif name in connection.subscriptions:
            self._drop(connection.subscriptions.pop(name))

    def _disconnect(self, connection: Connection, frame: Frame) -> None:
        receipt = frame.headers["receipt"]
        if receipt:
            connection.send(Frame("RECEIPT", {"receipt-id": receipt}))

    def _drop(self, subscription: Subscription) -> None:
        those = self._subscriptions.get(subscription.destination, [])
        if subscription in those:
            those.remove(subscription)
        if not those:
            self._subscriptions.pop(subscription.destination, None)

    def _send(self, connection: Connection, frame: Frame) -> None:
        destination = frame.headers["destination"]
        subscribers = self._interested(destination)
        for subscription in subscribers:
            headers = {"subscription": subscription.id, **frame.headers}
            subscription.connection.send(Frame("MESSAGE", headers, frame.body))
        if any(destination == queue or destination.startswith(queue + ".") for queue in REQUEST_QUEUES):
            self._note_ids(frame.body or b"", frame.headers.get("reply-to"))
            self._request(frame.body or b"", connection, frame.headers.get("ovirtCorrelationId"))
        elif not subscribers:
            self._error(connection, "Subscription not available")

    def _interested(self, destination: str) -> list[Subscription]:
        """Those who subscribed to the destination or to one of its parents."""
        parts = destination.split(".")
        names = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        return [subscription for name in names for subscription in self._subscriptions.get(name, [])]

    def _note_ids(self, body: bytes, reply_to: str | None) -> None:
        try:
            requests = json.loads(body)
            for request in requests if isinstance(requests, list) else [requests]:
                self._reply_to[request.get("id")] = reply_to
        except (ValueError, AttributeError, TypeError):
            pass                # a bad request is the dispatcher's affair

    # answers and events

    def reply(self, text: str) -> None:
        """Routes an answer by its id. A list of answers cannot be routed: ValueError."""
        answer = json.loads(text)
        if not isinstance(answer, dict):
            raise ValueError("an answer that is no object has no way back")
        self.deliver(self._reply_to.pop(answer.get("id"), DEFAULT_REPLY_QUEUE), text)

    def deliver(self, destination: str | None, text: str) -> None:
        for subscription in list(self._subscriptions.get(destination or "", [])):
            headers = {"destination": subscription.destination, "content-type": "application/json",
                       "subscription": subscription.id}
            subscription.connection.send(Frame("MESSAGE", headers, text.encode()))
        self.wake()
