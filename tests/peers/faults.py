# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be made to go wrong, and until when.

One place holds all switches; broker and dispatcher ask it at the points where a real vdsm fails.  Must
never change what is recorded: a fault spoils answers, not the book of calls.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Faults:
    slow: float = 0.0        # seconds that every answer is held
    silent: bool = False     # reads, and says nothing: no answer, no heart-beat
    cut: int = 0             # so many answers end in the middle, then the connection is closed
    garbage: int = 0         # so many answers are preceded by bytes that are no frame
    refuse: bool = False     # clients' certificates are checked against another CA
    impostor: bool = False   # the server shows a certificate of another CA
    error: str = ""          # every VM verb fails with this text, code 100
    hang_up: bool = False    # connections are accepted and closed at once
    nonsense: bool = False   # the body of every answer is no JSON
    huge: bool = False       # every answer claims to be 64 GiB long
    result: str = ""         # JSON: every verb's result, in place of its own

    KINDS = ("slow", "silent", "cut", "garbage", "refuse", "impostor", "error", "hang_up", "nonsense", "huge",
             "result")

    def switch(self, kind: str, value: object) -> None:
        if kind not in self.KINDS:
            raise ValueError(f"no fault '{kind}'; there are {', '.join(self.KINDS)}")
        setattr(self, kind, type(getattr(self, kind))(value))

    def clear(self) -> None:
        for kind in self.KINDS:
            self.switch(kind, type(getattr(self, kind))())

    def spoil(self, encoded: bytes) -> tuple[bytes, bool]:
        """The bytes to send for an answer, and whether to close after them."""
        if self.nonsense:
            head = encoded[:encoded.index(b"\n\n")]
            return head[:head.index(b"content-length:")] + b"\n{\"id\": nonsense}\0", False
        if self.huge:
            return encoded.replace(b"content-length:", b"content-length:68719476736", 1), False
        if self.garbage > 0:
            self.garbage -= 1
            return b"MESSAGE\nno colon here\n\n\0" + encoded, False
        if self.cut > 0:
            self.cut -= 1
            return encoded[:max(1, len(encoded) // 2)], True
        return encoded, False

    def replace(self, result: Any) -> Any:
        """What a verb answers in place of its RESULT."""
        return json.loads(self.result) if self.result else result
