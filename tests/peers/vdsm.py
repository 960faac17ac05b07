#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for vdsm: its bus, its guests, its host, its oddities, in Python's standard library.

    vdsm.py --port 54321 --pki DIR --host-root DIR --mom-socket PATH --control PATH --guests 12

Prints READY when it listens and ends cleanly on SIGTERM or SIGINT.  The bus is broker.py and jsonrpc.py, the
verbs are verbs.py, what happens to memory is guests.py and host.py; this file only puts them
together and lets time pass.  Must never need root, the network, or anything that is not in Python.
"""
from __future__ import annotations

import argparse
import asyncio
import os
import signal
import ssl
import sys

import fleet
import layers
import pki
from book import Book
from broker import Broker, Connection
from control import Control
from faults import Faults
from guests import GIB
from host import Host
from hostfiles import HostFiles
from jsonrpc import Dispatcher
from momif import MomIf
from verbs import Verbs

TICK = 0.1
FILES_EVERY = 0.5      # seconds


class StandIn:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.faults = Faults()
        self.book = Book(options.record)
        self.host = Host(fleet.make_all(options.guests), total=int(options.memory * GIB), seed=options.seed)
        self.files = HostFiles(options.host_root)
        self.mom = MomIf(options.mom_socket, self._note_agent_call)
        self.verbs = Verbs(self.host, self.book, self.faults, self.mom,
                           lambda: self.files.write(self.host))
        self.broker = Broker(self.faults, self._request)
        self.dispatcher = Dispatcher(self.faults, self.broker.reply, self.verbs.call, options.seed)
        self._server: asyncio.Server | None = None
        self._contexts: dict[tuple[bool, bool], ssl.SSLContext] = {}

    # wiring

    def _note_agent_call(self, method: str, arguments: object, error: str | None) -> None:
        self.book.add(method, arguments, side="agent", **({"error": error} if error else {}))

    def _request(self, body: bytes, connection: Connection, flow: str | None) -> None:
        self.dispatcher.submit(body, {"client": connection.peer[1], **({"flow": flow} if flow else {})})

    def _context(self) -> ssl.SSLContext:
        key = (self.faults.refuse, self.faults.impostor)
        if key not in self._contexts:
            right, other = pki.credentials(self.options.pki), pki.other_credentials(self.options.pki)
            self._contexts[key] = layers.server_context(other if self.faults.impostor else right,
                                                        (other if self.faults.refuse else right).ca)
        return self._contexts[key]

    def _accept(self) -> Connection:
        return self.broker.accept(layers.Plain() if self.options.plain else layers.Tls(self._context()))

    # life

    @property
    def listening(self) -> bool:
        return self._server is not None

    async def listen(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            self._accept, self.options.address, self.options.port, reuse_address=True, backlog=5)
        self.options.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        self.broker.close_all()

    async def come_back(self, recovery: float) -> None:
        self.dispatcher.restart(recovery)
        await self.listen()

    def refresh(self) -> None:
        """Files and statistics as of now."""
        self.verbs.sample()
        self.files.write(self.host)

    async def pass_time(self) -> None:
        loop = asyncio.get_running_loop()
        next_files = next_sample = loop.time()
        while True:
            await asyncio.sleep(TICK)
            self.host.advance(TICK * self.options.speed)
            now = loop.time()
            if now >= next_files:
                next_files = now + FILES_EVERY
                self.files.write(self.host)
            if now >= next_sample:
                next_sample = now + self.options.sample
                self.verbs.sample()

    async def run(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self.refresh()
        self.dispatcher.restart(self.options.recovery)
        await self.listen()
        control = await asyncio.start_unix_server(Control(self).serve, self.options.control)
        tasks = [asyncio.ensure_future(self.pass_time()), asyncio.ensure_future(self.broker.heart_beats())]
        print(f"READY port={self.options.port} tls={not self.options.plain} "
              f"guests={len(self.host.guests)} pid={os.getpid()}", flush=True)
        stopped = asyncio.ensure_future(stop.wait())
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopped}:
            task.result()                  # a failure of ours ends the stand-in, loudly
        control.close()
        await self.stop_listening()
        for task in tasks:
            task.cancel()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A stand-in for vdsm.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=54321, help="0: any free one, told by READY")
    parser.add_argument("--plain", action="store_true", help="no TLS")
    parser.add_argument("--pki", default="pki", help="certificates as pki.py makes them")
    parser.add_argument("--host-root", required=True, help="where the host's proc and sys are kept")
    parser.add_argument("--mom-socket", required=True, help="the agent's XML-RPC socket")
    parser.add_argument("--control", required=True, help="our own control socket")
    parser.add_argument("--guests", type=int, default=12)
    parser.add_argument("--memory", type=float, default=64, help="GiB of the host")
    parser.add_argument("--speed", type=float, default=1.0, help="model seconds in a second")
    parser.add_argument("--sample", type=float, default=2.0, help="seconds between statistics")
    parser.add_argument("--recovery", type=float, default=0.0, help="seconds of error 99 at start")
    parser.add_argument("--record", help="JSON lines of every call")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main() -> int:
    options = parse(sys.argv[1:])
    if os.path.exists(options.control):
        os.unlink(options.control)
    asyncio.run(StandIn(options).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
