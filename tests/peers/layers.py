# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies between a socket and STOMP: nothing, or TLS as vdsm speaks it.

TLS runs over memory buffers and not through asyncio's own wrapper, so that a refused client gets the
alert, no close_notify is sent at the end, and a fault can cut the stream anywhere, as vdsm's sockets
do.  Must never accept a client without a certificate of the right CA.
"""
from __future__ import annotations

import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    ca: str
    cert: str
    key: str


def server_context(own: Credentials, client_ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.cert, own.key)
    context.load_verify_locations(client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(own: Credentials) -> ssl.SSLContext:
    """As vdsm's own clients: the chain is checked, the host's name is not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(own.ca)
    context.load_cert_chain(own.cert, own.key)
    return context


class Plain:
    ready = True

    def receive(self, data: bytes) -> bytes:
        return data

    def send(self, data: bytes) -> bytes:
        return data

    def pending_output(self) -> bytes:
        return b""


class Tls:
    """Server side of one connection. receive() may raise ssl.SSLError; then send what
    pending_output() holds (the alert) and close."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.ready = False

    def receive(self, data: bytes) -> bytes:
        self._incoming.write(data)
        try:
            if not self.ready:
                self._tls.do_handshake()
                self.ready = True
            return self._read_all()
        except ssl.SSLWantReadError:
            return b""

    def _read_all(self) -> bytes:
        plain = bytearray()
        try:
            while chunk := self._tls.read(65536):
                plain += chunk
        except ssl.SSLWantReadError:
            pass
        return bytes(plain)

    def send(self, data: bytes) -> bytes:
        if data:
            self._tls.write(data)
        return self._outgoing.read()

    def pending_output(self) -> bytes:
        return self._outgoing.read()
