#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside a vdsm that is away, refuses, is slow or talks nonsense: it lives, serves, says it once, and goes on.

    test_outages.py MOMD

One momd for all cases, over TLS, its cycle a second long.  All the while vdsm's two calls (ping, getStatistics) are
made as momIF makes them, and none may fail.  In each case the log has one line when it begins and one when it ends,
and the first attempt after vdsm is back is the one that works: as the pause between two attempts is never longer than
a cycle (test-connection.c), that is within one cycle.  Nothing is measured in seconds; waits end on what
is seen.
"""
from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import unittest
from typing import Any, Callable

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import momif            # noqa: E402
import tap              # noqa: E402
from momd import Momd   # noqa: E402
from running import Running  # noqa: E402

PROGRAM = ""
KSM_KEYS = ("ksm_run", "ksm_pages_to_scan", "ksm_merge_across_nodes", "ksm_pages_sharing", "ksmd_cpu_usage")
CONNECTED = "Connected to vdsm"


class Caller(threading.Thread):
    """vdsm's statistics thread, in a hurry: it calls all the time, and counts."""

    def __init__(self, socket: str) -> None:
        super().__init__(daemon=True)
        self._agent = momif.Agent(socket, lambda *_: None)
        self._over = threading.Event()
        self.answered = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while not self._over.wait(0.05):
            try:
                host = self._agent.call("getStatistics")["host"]
                if self._agent.call("ping") is not True or any(type(host[key]) is not int for key in KSM_KEYS):
                    self.failed.append(repr(host))
                self.answered += 1
            except Exception as error:   # whatever it is, vdsm would lose its statistics
                self.failed.append(repr(error))
                self._agent.forgive()

    def stop(self) -> None:
        self._over.set()
        self.join()


class Outages(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Running("--sample", "0.5", "--guests", "13", "--memory", "68")
        cls.peer.control("freeze")
        cls.peer.control("leave")
        # The real patience, so that what is slow and not dead is told apart.
        cls.momd = Momd(PROGRAM, cls.peer, cls.peer.path("momd"), settings={"vdsm": {"request-timeout": 10}})
        cls.momd.start()
        cls.momd.wait("momd's socket", cls.momd.answers)
        cls.caller = Caller(cls.momd.socket)
        cls.caller.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.caller.stop()
        cls.momd.stop()
        cls.peer.stop()

    def setUp(self) -> None:
        self.mark = len(self.momd.log())
        self.served = self.caller.answered

    def tearDown(self) -> None:
        self.peer.control("clear")
        self.peer.control("recovered")
        if not self.peer.control("state")["listening"]:
            self.peer.control("come_back")
        self.wait_polls()                # whatever failed, the next case begins with all well
        self.assertEqual(self.caller.failed, [])

    # looking

    def said(self) -> list[str]:
        """What momd said of vdsm and its data since the case began: "LEVEL text"."""
        lines = re.findall(r"^\S+ \S+ - (?:mom\.vdsmInterface|mom\.PolicyEngine) - (\w+ - .*)$", self.momd.log()[self.mark:],
                           re.MULTILINE)
        return [line.replace(" - ", " ", 1) for line in lines]

    def warnings(self) -> list[str]:
        return [line for line in self.said() if line.startswith("WARNING")]

    def polls(self) -> int:
        return len(self.peer.calls("Host.getAllVmStats"))

    def accepted(self) -> int:
        return self.peer.control("state")["accepted"]

    def wait_served(self) -> None:
        """momd has been asked often since the case began, whatever vdsm does."""
        self.momd.wait("calls of ours", lambda: self.caller.answered >= self.served + 40)

    def wait_polls(self, more: int = 3) -> None:
        goal = self.polls() + more
        self.momd.wait("guest data", lambda: self.polls() >= goal)

    def wait_attempts(self, more: int = 4) -> None:
        goal = self.accepted() + more
        self.momd.wait("attempts", lambda: self.accepted() >= goal, 90)

    def end_line(self, text: str) -> None:
        self.momd.wait(f"the line '{text}'", lambda: any(text in line for line in self.said()))

    def expect(self, *parts: tuple[str, ...]) -> None:
        """Exactly these lines, each with its parts."""
        said = self.said()
        self.assertEqual(len(said), len(parts), said)
        for line, words in zip(said, parts):
            for word in words:
                self.assertIn(word, line)

    # a vdsm that is not there

    def come_back(self, **how: Any) -> None:
        """The first attempt after it works."""
        accepted, polls = self.accepted(), self.polls()
        self.peer.control("come_back", **how)
        self.momd.wait("guest data", lambda: self.polls() > polls or self.peer.control("state")["recovering"] and
                       self.accepted() > accepted)
        self.assertEqual(self.accepted(), accepted + 1)

    def test_down_at_the_start(self) -> None:
        """vdsm is down when momd starts: momd serves, says it once, and connects when vdsm is there"""
        self.mark = 0
        self.wait_served()
        self.momd.wait("a word", self.warnings)
        self.momd.wait("the fault in the status", lambda: "refused" in (self.momd.rpc("getStatus")["source_fault"] or ""))
        self.come_back()
        self.wait_polls()
        self.expect(("WARNING", "Not connected to vdsm", "refused"), ("INFO", CONNECTED))

    def test_gone_and_back(self) -> None:
        """vdsm goes and comes: one line each, and what it may have lost is sent again at once"""
        sent = len(self.peer.calls("VM.setBalloonTarget"))
        self.assertTrue(sent)            # the starved guest's, whose balloon stands still here
        self.peer.control("leave")
        self.momd.wait("a word", self.warnings)
        self.wait_served()
        self.come_back()
        self.momd.wait("the target again", lambda: len(self.peer.calls("VM.setBalloonTarget")) > sent)
        self.wait_polls()
        self.assertEqual(len(self.peer.calls("VM.setBalloonTarget")), sent + 1)
        self.expect(("WARNING", "Not connected to vdsm", "refused"), ("INFO", CONNECTED))

    def test_recovery(self) -> None:
        """vdsm recovers and answers 99: momd waits without a warning, and goes on when it is ready"""
        self.peer.control("leave")
        self.momd.wait("a word", self.warnings)
        self.come_back(recovering=True)
        self.end_line("Waiting for vdsm")
        self.wait_served()
        self.assertEqual(self.polls(), len(self.peer.calls("Host.getAllVmStats")))
        self.peer.control("recovered")
        self.wait_polls()
        self.expect(("WARNING", "Not connected to vdsm"), ("INFO", CONNECTED),
                    ("INFO", "Waiting for vdsm", "error 99"), ("INFO", "vdsm is ready"))

    def test_short_break(self) -> None:
        """a connection that is lost and made anew at once is no outage"""
        for _ in range(3):
            self.peer.control("drop")
            self.wait_polls()
        self.expect()

    # a vdsm that is slow

    def test_slow(self) -> None:
        """vdsm takes five seconds for an answer: no word, no second question, and decisions go on"""
        accepted, cycles, polls = self.accepted(), self.momd.rpc("getStatus")["cycles"], self.polls()
        self.peer.control("fault", kind="slow", value=5)
        def two_cycles_later() -> bool:
            self.assertLessEqual(self.peer.control("state")["working"], 1)
            return self.momd.rpc("getStatus")["cycles"] >= cycles + 3
        self.momd.wait("two slow cycles", two_cycles_later, 90)
        self.assertLessEqual(self.polls() - polls, 5)      # a cycle a second would have asked far more
        self.peer.control("clear")
        self.wait_polls()
        self.assertEqual(self.accepted(), accepted)
        self.expect()

    def test_silent(self) -> None:
        """vdsm answers nothing at all: one line when it begins, one when it ends"""
        self.peer.control("fault", kind="silent")
        self.momd.wait("a word", self.warnings, 90)
        self.wait_served()
        self.peer.control("clear")
        self.wait_polls()
        self.expect(("WARNING", "vdsm does not answer", "Host.getAllVmStats", "no answer within 10000 ms"),
                    ("INFO", CONNECTED))

    # a vdsm that refuses, and one that is refused

    def spoilt(self, words: tuple[str, ...], kind: str, value: Any = True, end: str = CONNECTED,
               wait: Callable[[], None] | None = None) -> None:
        """A fault that every attempt or answer meets; then none any more."""
        self.peer.control("fault", kind=kind, value=value)
        self.peer.control("drop")
        (wait or self.wait_attempts)()
        self.momd.wait("a word", self.warnings)
        self.wait_served()
        accepted, polls = self.accepted(), self.polls()
        self.peer.control("clear")
        self.momd.wait("guest data", lambda: self.polls() > polls)
        self.end_line(end)
        self.wait_polls()
        self.assertLessEqual(self.accepted(), accepted + 2)    # one may have been under way
        self.expect(("WARNING", *words), ("INFO", end))

    def pki(self, name: str) -> str:
        return os.path.join(self.peer.pki or "", name)

    def test_refuses_our_certificate(self) -> None:
        """vdsm refuses our certificate: the line names the file and what to check"""
        self.spoilt((self.pki("certs/vdsmcert.pem"), "check that"), "refuse")

    def test_another_ca(self) -> None:
        """vdsm shows a certificate of another CA: the line names our CA file and what to do"""
        self.spoilt(("vdsm's certificate is refused", self.pki("certs/cacert.pem"), "not signed by this CA", "put"),
                    "impostor")

    # a vdsm that is none

    def test_hangs_up(self) -> None:
        """whoever listens there closes each connection at once"""
        self.spoilt(("Not connected to vdsm",), "hang_up")

    def test_no_json(self) -> None:
        """answers are no JSON"""
        self.spoilt(("Not connected to vdsm", "broken JSON message"), "nonsense")

    def test_huge_frames(self) -> None:
        """answers claim to be 64 GiB long"""
        self.spoilt(("Not connected to vdsm", "no content-length up to 64 MiB"), "huge")

    def test_wrong_types(self) -> None:
        """answers are JSON, and nothing that vdsm would answer"""
        for result in ("7", "null", '{"a": []}'):
            with self.subTest(result):
                self.setUp()
                self.spoilt(("No guest data from vdsm", "Host.getAllVmStats"), "result", result,
                            end="Guest data comes again", wait=self.wait_polls)

    def test_list_of_odd_things(self) -> None:
        """a list of what are no guests is a list of no guests"""
        self.peer.control("fault", kind="result", value='[7, null, [], {}, {"vmId": 7}, {"vmId": "x", "status": []}]')
        self.momd.wait("no guests", lambda: self.momd.rpc("getActiveGuests") == [])
        self.peer.control("clear")
        self.momd.wait("guests", lambda: self.momd.rpc("getActiveGuests"))
        self.expect()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop())
    with tempfile.TemporaryDirectory(prefix="mom-outages-") as scratch:
        tempfile.tempdir = scratch
        code = tap.main()
    sys.exit(code)
