# SPDX-License-Identifier: GPL-2.0-or-later
"""The book of calls: what came over the bus and what was asked of the agent, in order.

Kept in memory for the control socket and, if wanted, as JSON lines in a file.  Entries are numbered, so
that a test can say "after this one".  Must never lose the order, and never decides anything.
"""
from __future__ import annotations

import collections
import json
import threading
import time
from typing import Any

KEPT = 20000


class Book:
    def __init__(self, path: str | None = None) -> None:
        self._file = open(path, "a", buffering=1, encoding="utf-8") if path else None
        self._entries: collections.deque[dict[str, Any]] = collections.deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self.counts: collections.Counter[str] = collections.Counter()
        self.last = 0

    def add(self, method: str, params: Any, side: str = "bus", **more: Any) -> None:
        with self._lock:
            self.last += 1
            self.counts[method] += 1
            entry = {"seq": self.last, "t": time.monotonic(), "side": side, "method": method,
                     "params": params, **more}
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry, default=str) + "\n")

    def since(self, seq: int, method: str | None = None) -> list[dict[str, Any]]:
        with self._lock:
            return [entry for entry in self._entries
                    if entry["seq"] > seq and (method is None or entry["method"] == method)]
