#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The stand-in's STOMP codec reads and writes what vdsm does, byte by byte, and refuses what vdsm
refuses.  No sockets here; reactions of the whole server are in test_bus.py."""
from __future__ import annotations

import sys
import unittest

import stomp
import tap
from stomp import Frame, FrameError, Parser


class Codec(unittest.TestCase):
    def refused(self, data: bytes) -> None:
        with self.assertRaises(FrameError):
            Parser().feed(data)

    def test_round_trip(self) -> None:
        """a frame is read back as it was written, whatever its headers hold"""
        frame = Frame("SEND", {"destination": "a:b\\c\nd\re", "x": ""}, b"\0body\0")
        [again] = Parser().feed(frame.encode())
        self.assertEqual((again.command, again.body), ("SEND", b"\0body\0"))
        self.assertEqual(again.headers["destination"], "a:b\\c\nd\re")
        self.assertEqual(again.headers["content-length"], "6")

    def test_bytes_of_connected(self) -> None:
        """the bytes of CONNECTED are vdsm's"""
        frame = Frame("CONNECTED", {"version": "1.2", "heart-beat": "24000,0"})
        self.assertEqual(frame.encode(), b"CONNECTED\nversion:1.2\nheart-beat:24000,0\n\n\0")

    def test_any_split(self) -> None:
        """frames arrive whole whatever the pieces they come in"""
        data = Frame("SEND", {"a": "1"}, b"xy").encode() + b"\n\n" + Frame("ACK").encode()
        for size in range(1, len(data)):
            parser, frames = Parser(), []
            for start in range(0, len(data), size):
                frames += parser.feed(data[start:start + size])
            self.assertEqual([frame.command for frame in frames], ["SEND", "ACK"], size)

    def test_crlf_and_repeats(self) -> None:
        """CR LF line ends are read, and of repeated headers the first counts"""
        [frame] = Parser().feed(b"SEND\r\nk:1\r\nk:2\r\n\r\n\0")
        self.assertEqual(frame.headers, {"k": "1"})

    def test_body_without_length(self) -> None:
        """without a content-length the body ends at the first NUL"""
        [frame] = Parser().feed(b"SEND\n\nabc\0")
        self.assertEqual(frame.body, b"abc")

    def test_refusals(self) -> None:
        """raw colons, unknown escapes, missing colons, junk lengths and missing NULs are refused"""
        for data in (b"SEND\nhost:[::1]:1\n\n\0", b"SEND\na:x\\ty\n\n\0", b"SEND\nnocolon\n\n\0",
                     b"SEND\ncontent-length:zz\n\n\0", b"SEND\ncontent-length:2\n\nabX"):
            self.refused(data)

    def test_heart_beat_header(self) -> None:
        """heart-beats below a second become a second, junk becomes none"""
        for header, expected in (("10,10", (1000, 1000)), ("0,1500", (0, 1500)), ("x", (0, 0)),
                                 ("x,5000", (0, 5000)), ("2000,0", (2000, 0)), ("", (0, 0))):
            self.assertEqual(stomp.heart_beat(header), expected, header)


if __name__ == "__main__":
    sys.exit(tap.main())
