#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd's end beside vdsm: with on-stop, what it changed goes back to what it found, by vdsm's verbs.

    test_release.py MOMD

The stand-in stands for the host, with vdsm's packaged policies in force.  Waits end on what is seen; that
momd's own end is bounded is seen by its exit.
"""
from __future__ import annotations

import os
import signal
import sys
import tempfile
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap              # noqa: E402
from momd import Momd   # noqa: E402
from running import Running  # noqa: E402

PROGRAM = ""
PARAMETERS = '(set balloonEnabled True)\n(set ksmEnabled True)\n(set cpuTuneEnabled True)\n'
VERBS = ("VM.setBalloonTarget", "VM.setCpuTuneQuota", "VM.setCpuTunePeriod", "VM.setIoTune", "Host.setKsmTune")
PAGE = 4
RELEASED = "momd stops, and what it changed goes back"


class Release(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Running("--sample", "0.5", "--guests", "13", "--memory", "68")
        self.addCleanup(self.peer.stop)
        self.found = self.state()
        self.momd: Momd | None = None
        self.addCleanup(lambda: self.momd and self.momd.stop())

    def state(self) -> dict[str, Any]:
        return self.peer.control("state")

    def guest(self, name: str) -> dict[str, Any]:
        return self.state()["guests"][name]

    def manage(self, **main: Any) -> None:
        """momd at work on a pressed host, its first changes made."""
        settings = {"main": {"state-dir": self.peer.path("state"), "min-cycle": "0.2", **main}}
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), settings=settings)
        with open(os.path.join(self.momd.policy_dir, "01-parameters.policy"), "w", encoding="utf-8") as file:
            file.write(PARAMETERS)
        self.peer.control("press", gib=10)
        self.momd.start()
        self.momd.wait("momd's socket", self.momd.answers)

    def wait_turned(self) -> None:
        self.momd.wait("targets", lambda: self.heard("VM.setBalloonTarget", "build-01"))
        self.momd.wait("KSM", lambda: self.state()["ksm"]["run"] == 1)
        self.momd.wait("the quota", lambda: self.guest("capped")["vcpu_quota"] == 400000)
        self.momd.wait("the limits", lambda: self.guest("disk-limited")["io_tune"]["sda"]["total_iops_sec"] == 2000)

    def heard(self, verb: str, name: str, since: int = 0) -> list[dict[str, Any]]:
        uuid = self.found["guests"][name]["uuid"]
        return [call["params"] for call in self.peer.calls(verb, since) if call["params"]["vmID"] == uuid]

    def calls(self, since: int) -> list[str]:
        return [verb for verb in VERBS for _ in self.peer.calls(verb, since)]

    def check_found(self) -> None:
        """All but balloons, which take their time, is as it was."""
        now = self.state()
        self.assertEqual({key: now["ksm"][key] for key in ("run", "pages_to_scan", "sleep_millisecs")},
                         {key: self.found["ksm"][key] for key in ("run", "pages_to_scan", "sleep_millisecs")})
        self.assertEqual(now["guests"]["capped"]["vcpu_quota"], self.found["guests"]["capped"]["vcpu_quota"])
        for limit, value in self.found["guests"]["disk-limited"]["io_tune"]["sda"].items():
            self.assertEqual(int(now["guests"]["disk-limited"]["io_tune"]["sda"].get(limit) or 0), int(value or 0))

    def test_everything_goes_back(self) -> None:
        """with on-stop: release SIGTERM brings back balloons, KSM, quotas and limits, and says why"""
        self.peer.control("freeze")              # balloons stand still: all of their memory is theirs yet
        self.manage(**{"on-stop": "release"})
        self.wait_turned()
        touched = {name for name in self.found["guests"] if self.heard("VM.setBalloonTarget", name)}
        lowered = {name for name in touched if self.heard("VM.setBalloonTarget", name)[-1]["target"] <
                   self.found["guests"][name]["balloon"]}
        self.assertIn("build-01", lowered)
        since = self.state()["last"]
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        for name in lowered:
            back = self.heard("VM.setBalloonTarget", name, since)
            self.assertAlmostEqual(back[-1]["target"], self.found["guests"][name]["balloon"], delta=PAGE, msg=name)
        for name in set(self.found["guests"]) - touched:
            self.assertEqual(self.heard("VM.setBalloonTarget", name, since), [])
        self.check_found()
        log = self.momd.log()
        self.assertIn("Releasing what was changed", log)
        self.assertIn(RELEASED, log)
        self.assertRegex(log, r"Released: \d+ calls went well, 0 did not")
        self.assertFalse(os.path.exists(self.peer.mom_socket))

    def test_left(self) -> None:
        """unless told so momd leaves everything as it is"""
        self.peer.control("freeze")
        self.manage()
        self.wait_turned()
        self.peer.control("press", gib=10)
        since = self.state()["last"]
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        self.assertEqual([verb for verb in self.calls(since) if verb == "Host.setKsmTune"], [])
        self.assertEqual(self.guest("capped")["vcpu_quota"], 400000)
        self.assertNotIn("Releas", self.momd.log())

    def test_over_a_restart(self) -> None:
        """what was found survives a restart that leaves, and even one by SIGKILL"""
        self.manage()
        self.wait_turned()
        self.momd.wait("memory", lambda: self.guest("build-01")["balloon"] < self.found["guests"]["build-01"]["balloon"])
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        self.manage()
        self.assertEqual(self.momd.stop(signal.SIGKILL), -signal.SIGKILL)
        self.manage(**{"on-stop": "release"})
        self.momd.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] > 2)
        since = self.state()["last"]
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        self.check_found()
        [back] = [call["target"] for call in self.heard("VM.setBalloonTarget", "build-01", since)][-1:]
        self.assertGreater(back, self.guest("build-01")["balloon"])
        self.assertLessEqual(back, self.found["guests"]["build-01"]["balloon"] + PAGE)

    def test_dry_run(self) -> None:
        """a dry run releases nothing, as it has changed nothing"""
        self.manage(**{"on-stop": "release", "dry-run": "true"})
        self.momd.wait("a wish", lambda: "build-01" in self.momd.log())
        self.assertEqual(self.momd.stop(signal.SIGTERM), 0)
        self.assertEqual(self.calls(0), [])

    def end_in_silence(self, again: bool) -> str:
        """What momd says from the signal on, of a vdsm that does not answer."""
        self.manage(**{"on-stop": "release"})
        self.momd.wait("targets", lambda: self.heard("VM.setBalloonTarget", "build-01"))
        since = len(self.momd.log())
        self.peer.control("fault", kind="silent", value=True)
        self.momd.process.send_signal(signal.SIGTERM)
        self.momd.wait("the signal", lambda: "Releasing what was changed" in self.momd.log()[since:])
        self.assertTrue(self.momd.answers())     # it serves to its end
        self.assertEqual(self.momd.stop(signal.SIGTERM) if again else self.momd.process.wait(60), 0)
        return self.momd.log()[since:]

    def test_a_silent_vdsm(self) -> None:
        """a vdsm that does not answer does not hold momd up"""
        said = self.end_in_silence(again=False)
        self.assertRegex(said, "No guest is released|Nothing is released|Released in part")
        self.assertIn("momd ending", said)

    def test_a_second_signal(self) -> None:
        """a second signal ends the waiting"""
        said = self.end_in_silence(again=True)
        self.assertIn("Signal caught, stopping at once", said)
        self.assertIn("momd ending", said)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop())
    with tempfile.TemporaryDirectory(prefix="mom-release-") as scratch:
        tempfile.tempdir = scratch
        code = tap.main()
    sys.exit(code)
