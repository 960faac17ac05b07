#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside vdsm as a user without any right: what mom-vdsm.service makes of it.

    test_unprivileged.py MOMD

The stand-in runs as whoever runs the test, momd as a user who owns nothing but what the unit gives to vdsm: the
directory of the socket, that of the log, and the key.  As root the test takes such a user for it; else it is one itself.
"""
from __future__ import annotations

import os
import stat
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap                   # noqa: E402
from guests import GIB       # noqa: E402
from momd import Momd        # noqa: E402
from running import Running  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
USER = 64061             # nobody's number; vdsm's is 36
PUSHED = {"balloonEnabled": True, "ksmEnabled": True, "ksmMergeAcrossNodes": False}


def give(path: str) -> None:
    """To USER, with all that is in it."""
    for folder, _, names in os.walk(path):
        for name in ["", *names]:
            os.chown(os.path.join(folder, name), USER, USER)


class Unprivileged(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Running("--sample", "0.5", "--guests", "13", "--memory", "68")
        self.addCleanup(self.peer.stop)
        before: tuple[str, ...] = ("setpriv", "--no-new-privs")
        if os.getuid() == 0:
            before += (f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all")
            os.chmod(self.peer.directory, 0o711)
        os.mkdir(self.peer.path("run"))
        self.peer.mom_socket = self.peer.path("run/mom.sock")
        log, kept = self.peer.path("log"), self.peer.path("kept")
        os.mkdir(log)
        os.mkdir(kept, mode=0o700)
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"), before=before,
                         settings={"logging": {"log": os.path.join(log, "mom.log")},
                                   "main": {"state-dir": kept}})
        if os.getuid() == 0:
            for path in (self.peer.path("run"), log, kept, self.peer.pki):
                give(path)
        self.addCleanup(self.momd.stop)

    def logged(self) -> str:
        with open(self.peer.path("log/mom.log"), encoding="utf-8") as file:
            return file.read()

    def test_it_needs_no_root(self) -> None:
        """it connects with vdsm's key, serves its socket, takes what is pushed and turns every knob"""
        before = self.peer.control("state")
        self.momd.start()
        self.momd.wait("the guests", lambda: self.momd.answers() and self.momd.rpc("getActiveGuests"))
        with open(f"/proc/{self.momd.process.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
        if os.getuid() == 0:
            self.assertEqual(status["Uid"].split(), [str(USER)] * 4)
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(os.stat(self.peer.mom_socket).st_uid, USER)
        self.assertEqual(stat.S_IMODE(os.stat(self.peer.mom_socket).st_mode), 0o660)
        text = "\n".join(f"(set {name} {value})" for name, value in PUSHED.items())
        self.assertIs(self.momd.rpc("setNamedPolicy", "01-parameters", text), True)
        self.peer.control("press", gib=10)
        for verb in ("VM.setBalloonTarget", "VM.setCpuTuneQuota", "VM.setIoTune", "Host.setKsmTune"):
            self.momd.wait(verb, lambda verb=verb: any("error" not in call for call in self.peer.calls(verb)))
        self.momd.wait("KSM", lambda: self.peer.control("state")["ksm"]["run"] == 1)
        self.momd.wait("memory", lambda: self.peer.control("state")["guests"]["starved"]["balloon"] >=
                       min(6 * GIB, before["guests"]["starved"]["max"]))
        self.assertNotIn("denied", self.logged())
        self.assertEqual(self.momd.log(), "")        # all went to the file
        self.assertEqual(self.momd.stop(), 0)
        self.assertFalse(os.path.exists(self.peer.mom_socket))

    def test_a_key_that_it_may_not_read(self) -> None:
        """is told with the file's name, and waited for"""
        key = os.path.join(self.peer.pki, "keys/vdsmkey.pem")
        if os.getuid() == 0:
            os.chown(key, 0, 0)
        os.chmod(key, 0o400 if os.getuid() == 0 else 0)
        self.momd.start()
        self.momd.wait("a word about it", lambda: self.momd.answers() and key in self.logged())
        if os.getuid() == 0:
            os.chown(key, USER, USER)
        os.chmod(key, 0o400)
        self.momd.wait("the guests", lambda: self.momd.rpc("getActiveGuests"), 60)


if __name__ == "__main__":
    sys.exit(tap.main())
