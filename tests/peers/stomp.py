# SPDX-License-Identifier: GPL-2.0-or-later
"""STOMP frames and bytes, as vdsm reads and writes them.

No I/O here: bytes in, frames out, and back.  The oddities are deliberate, they are vdsm's: only four
escapes, a raw ':' in a value is an error, the first of repeated headers counts, and without a
content-length a body ends at the first NUL.  Must never be kinder than vdsm: a client that passes
here must pass there.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field

COMMANDS = (b"CONNECT", b"CONNECTED", b"DISCONNECT", b"ERROR", b"MESSAGE", b"RECEIPT", b"SEND",
            b"SUBSCRIBE", b"UNSUBSCRIBE")
DETECTION_BYTES = max(len(command) for command in COMMANDS)

_UNESCAPE = {b"\\\\": b"\\", b"\\r": b"\r", b"\\n": b"\n", b"\\c": b":"}
_ESCAPE = {plain: escaped for escaped, plain in _UNESCAPE.items()}


class FrameError(Exception):
    """Bytes for which vdsm closes the connection."""


def escape(text: str) -> bytes:
    return re.sub(rb"[\r\n\\:]", lambda found: _ESCAPE[found.group(0)], text.encode())


def unescape(raw: bytes) -> str:
    if b":" in raw:
        raise FrameError(f"raw colon in {raw!r}")
    try:
        return re.sub(rb"\\.", lambda found: _UNESCAPE[found.group(0)], raw).decode()
    except (KeyError, UnicodeDecodeError) as error:
        raise FrameError(f"bad escape or encoding in {raw!r}") from error


@dataclass
class Frame:
    command: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def encode(self) -> bytes:
        headers = dict(self.headers)
        if self.body is not None:
            headers["content-length"] = str(len(self.body))
        lines = [escape(self.command)]
        lines += [escape(key) + b":" + escape(value) for key, value in headers.items()]
        return b"\n".join(lines) + b"\n\n" + (self.body or b"") + b"\0"


class Parser:
    """Incremental; feed() gives the frames that became complete. A FrameError is final."""

    def __init__(self) -> None:
        self._buffer = b""
        self._frame: Frame | None = None
        self._in_body = False

    def feed(self, data: bytes) -> list[Frame]:
        self._buffer += data
        frames: list[Frame] = []
        while self._step(frames):
            pass
        return frames

    def _step(self, frames: list[Frame]) -> bool:
        if self._in_body:
            return self._body(frames)
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return False
        self._buffer = rest
        line = line[:-1] if line.endswith(b"\r") else line
        if self._frame is None:
            if line:                       # an empty line between frames is a heart-beat
                self._frame = Frame(unescape(line))
        elif line:
            self._header(line)
        else:
            self._in_body = True
        return True

    def _header(self, line: bytes) -> None:
        key, colon, value = line.partition(b":")
        if not colon:
            raise FrameError(f"header without colon: {line!r}")
        assert self._frame is not None
        self._frame.headers.setdefault(unescape(key), unescape(value))

    def _body(self, frames: list[Frame]) -> bool:
        assert self._frame is not None
        try:
            length = int(self._frame.headers.get("content-length", -1))
        except ValueError as error:
            raise FrameError("content-length is no number") from error
        if length < 0:
            length = self._buffer.find(b"\0")
        if length < 0 or len(self._buffer) <= length:
            return False
        if self._buffer[length] != 0:
            raise FrameError("frame does not end with NUL")
        self._frame.body, self._buffer = self._buffer[:length], self._buffer[length + 1:]
        frames.append(self._frame)
        self._frame, self._in_body = None, False
        return True


def heart_beat(header: str) -> tuple[int, int]:
    """What a client's heart-beat header asks for, in ms; junk counts as 0."""
    left, comma, right = header.partition(",")
    if not comma:
        return 0, 0

    def number(text: str) -> int:
        try:
            return int(text)
        except ValueError:
            return 0

    def sane(value: int) -> int:
        return max(value, 1000) if value else 0

    return sane(number(left)), sane(number(right))
