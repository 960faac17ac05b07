#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What libvirt lets momd do: everything as root, only watch as a user without rights, and as it pleases a libvirtd that
asks for a password.

    test_rights.py MOMD
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unittest
from typing import Any

import bench
from agent import Agent
from machine import MIB, Size

SIZE = Size(max_mib=144, start_mib=144)
TARGET_KIB = 128 * MIB
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
WISH = f'(with Guests guest (guest.Control "balloon_target" {TARGET_KIB}))'
ONLY_READ = "libvirt lets momd only read"
REFUSED = "the connection to libvirt is read-only"
USER, PASSWORD = "vdsm@ovirt", "secret"
IT: bench.Bench
FULL_KIB = 0                      # MemTotal with an empty balloon


def setUpModule() -> None:
    global IT, FULL_KIB
    IT = bench.Bench({"one": SIZE})
    FULL_KIB = IT.guests["one"].total_kib()


class Rights(unittest.TestCase):
    momd: Agent

    def prepare(self, program: str, place: str, **settings: dict[str, Any]) -> None:
        self.momd = Agent(program, place, {"02-balloon": "", "03-ksm": "", "60-wish": WISH},
                          settings={"rails": {"settle-time": "0"}, **settings})
        self.addCleanup(lambda: self.assertEqual(self.momd.stop(), 0, "momd did not end well"))

    def wait(self, what: str, test: Any, seconds: float = 120) -> Any:
        return self.momd.wait(what, test, seconds)

    def assert_watches_only(self, why: str) -> None:
        self.wait("a refusal", lambda: REFUSED in self.momd.log())
        goal = self.momd.rpc("getStatus")["cycles"] + 3
        self.wait("cycles", lambda: self.momd.rpc("getStatus")["cycles"] >= goal)
        guest = self.momd.guests()[IT.names()[0]]
        self.assertTrue(guest["mem_unused"] and guest["rss"] and guest["guest_age"])
        for once in (ONLY_READ, REFUSED):
            self.assertEqual(self.momd.log().count(once), 1, self.momd.log())
        self.assertRegex(self.momd.log(), f"{ONLY_READ}.*{why}")
        self.assertEqual(IT.guests["one"].total_kib(), FULL_KIB)

    def test_without_rights(self) -> None:
        """a user whom libvirt's socket lets only read watches all guests; why no more is said once"""
        # Where that user gets to: neither the bench's directory nor the build's need be such places.
        place = "/run/momd-watching"
        os.makedirs(place)
        self.prepare(shutil.copy(PROGRAM, place), place, main={"controllers": "Balloon"})
        self.momd.command = [*AS_NOBODY, *self.momd.command]
        os.chown(place, NOBODY, NOBODY)
        self.momd.start()
        self.assert_watches_only("Permission denied")

    def test_password(self) -> None:
        """a libvirtd that asks for a password lets momd watch without the right one, and work with it"""
        book, conf, password = (IT.path(name) for name in ("passwd.db", "libvirt.conf", "password"))
        subprocess.run(["saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", book, USER], input=PASSWORD, text=True,
                       check=True)
        for path, text in ((conf, f"mech_list: scram-sha-256\nsasldb_path: {book}\n"), (password, "guess\n")):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        os.chmod(password, 0o600)
        self.prepare(PROGRAM, IT.path("password-d"), main={"controllers": "Balloon"}, libvirt={"auth-user": USER, "auth-password-file": password})
        IT.libvirtd.kill()
        IT.libvirtd.ask_for_password(os.path.dirname(conf))
        IT.libvirtd.start()
        self.momd.start()
        self.assert_watches_only("authentication failed")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        IT.libvirtd.kill()
        IT.libvirtd.start()
        self.wait("the wished size", lambda: IT.guests["one"].total_kib() < FULL_KIB - 8 * MIB)
        self.assertEqual(self.momd.log().count("libvirt lets momd change guests again"), 1)
        self.assertNotIn("guess", self.momd.log())
        self.assertNotIn(PASSWORD, self.momd.log())


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
