# SPDX-License-Identifier: GPL-2.0-or-later
"""vdsm's JSON-RPC server: one dispatcher, a short queue, eight workers.

The dispatcher can be killed by a request, as vdsm's can: a request without id leaves an empty list of
answers, which cannot be routed, and the failure ends the dispatcher; from then on nobody is answered
until a restart.  The same failure in a worker costs only that answer.  Must never answer in a
predictable order.
"""
from __future__ import annotations

import asyncio
import collections
import json
import random
import time
from typing import Any, Awaitable, Callable

from faults import Faults

WORKERS = 8
MAX_WAITING = 80


class RpcError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def answer(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


PARSE_ERROR = RpcError(-32700, "Invalid JSON was received by the server. An error occurred on the "
                               "server while parsing the JSON text.")
INVALID_REQUEST = RpcError(-32600, "Invalid request")
INTERNAL_ERROR = RpcError(-32603, "Internal JSON-RPC error")
RECOVERING = RpcError(99, "Recovering from crash or Initializing")


def too_many() -> RpcError:
    context = {"resource": "jsonrpc", "current_tasks": MAX_WAITING, "reason": "Too many tasks"}
    return RpcError(1100, f"Not enough resources: {context}")


class Batch:
    """The requests of one frame and their answers, which leave together."""

    def __init__(self, reply: Callable[[str], None]) -> None:
        self._reply = reply
        self._waiting: set[object] = set()
        self._answers: list[dict[str, Any]] = []

    def expect(self, requests: list[dict[str, Any]]) -> None:
        self._waiting = {request["id"] for request in requests if request.get("id") is not None}
        self.settle()

    @property
    def expects_something(self) -> bool:
        return bool(self._waiting)

    def add(self, request_id: object, outcome: dict[str, Any]) -> None:
        self._answers.append({"jsonrpc": "2.0", "id": request_id, **outcome})

    def done(self, request_id: object, outcome: dict[str, Any]) -> None:
        self._waiting.discard(request_id)
        self.add(request_id, outcome)
        self.settle()

    def settle(self) -> None:
        """Sends if nothing is waited for; ValueError unless there is exactly one answer."""
        if self._waiting:
            return
        texts = [json.dumps(answer) for answer in self._answers]
        self._reply(texts[0] if len(texts) == 1 else "[" + ",".join(texts) + "]")


class Dispatcher:
    """CALL runs a verb: (method, params, origin) -> awaitable result, or RpcError."""

    def __init__(self, faults: Faults, reply: Callable[[str], None],
                 call: Callable[[str, Any, dict[str, Any]], Awaitable[Any]], seed: int = 1) -> None:
        self.faults = faults
        self.dead = False
        self.recovering_until = 0.0
        self.refused = 0
        self._reply, self._call = reply, call
        self._random = random.Random(seed)
        self._waiting: collections.deque[Callable[[], Awaitable[None]]] = collections.deque()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def working(self) -> int:
        return len(self._running) + len(self._waiting)

    def recovering(self) -> bool:
        return time.monotonic() < self.recovering_until

    def restart(self, recovery: float) -> None:
        self.dead = False
        self.recovering_until = time.monotonic() + recovery
        self._waiting.clear()
        for task in self._running:
            task.cancel()

    def submit(self, body: bytes, origin: dict[str, Any]) -> None:
        if self.dead:
            return
        try:
            self._dispatch(body, origin)
        except (ValueError, TypeError, AttributeError):
            self.dead = True

    def _dispatch(self, body: bytes, origin: dict[str, Any]) -> None:
        batch = Batch(self._reply)
        try:
            raw = json.loads(body)
        except ValueError:
            raw, error = None, PARSE_ERROR
        else:
            error = INVALID_REQUEST if raw == [] else None
        if error:
            batch.add(None, error.answer())
            batch.settle()
            return
        requests = self._valid(raw if isinstance(raw, list) else [raw], batch)
        batch.expect(requests)
        if not batch.expects_something:
            batch.settle()
        for request in requests:
            self._queue(batch, request, origin)

    @staticmethod
    def _valid(raw: list[Any], batch: Batch) -> list[dict[str, Any]]:
        good = []
        for request in raw:
            if not isinstance(request, dict):
                batch.add(None, INTERNAL_ERROR.answer())
            elif (request.get("jsonrpc") != "2.0" or request.get("method") is None
                  or not isinstance(request.get("params", []), (list, dict))):
                batch.add(None, INVALID_REQUEST.answer())
            else:
                good.append(request)
        return good

    def _queue(self, batch: Batch, request: dict[str, Any], origin: dict[str, Any]) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.refused += 1
            batch.done(request.get("id"), too_many().answer())
            return
        self._waiting.append(lambda: self._serve(batch, request, origin))
        self._start_workers()

    def _start_workers(self) -> None:
        while self._waiting and len(self._running) < WORKERS:
            task = asyncio.ensure_future(self._waiting.popleft()())
            self._running.add(task)
            task.add_done_callback(self._worker_done)

    def _worker_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()            # an unroutable answer is lost, and only that
        self._start_workers()

    async def _serve(self, batch: Batch, request: dict[str, Any], origin: dict[str, Any]) -> None:
        outcome = await self._outcome(request, origin)
        await asyncio.sleep(self.faults.slow + self._random.random() * 0.003)
        batch.done(request.get("id"), outcome)

    async def _outcome(self, request: dict[str, Any], origin: dict[str, Any]) -> dict[str, Any]:
        if self.recovering():
            return RECOVERING.answer()
        try:
            result = await self._call(request["method"], request.get("params", []), origin)
        except RpcError as error:
            return error.answer()
        return {"result": self.faults.replace(True if result is None else result)}
