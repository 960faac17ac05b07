#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was pushed survives: restarts, kill -9 with pushes in flight, a full disk, one that is read-only, damaged
files, a directory of somebody else; and samples and variables over a restart.

    test-survival.py MOMD

Runs the built momd as an init system does and pushes over its socket.  It needs no vdsm: the port is one where
nobody listens, or libvirt's test driver stands in.  Must leave no mount and no process behind.
"""
from __future__ import annotations

import glob
import http.client
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.parsers.expat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "peers"))

import clients  # noqa: E402
import momif    # noqa: E402
import tap      # noqa: E402

PROGRAM = ""
KILLS = 1000
AT_ONCE = 4             # momds that are killed side by side
PATIENCE_S = 60
NAMES = [f"{number:02}-pushed" for number in range(20, 28)]
REMOVABLE = "10-file"   # of the directory
MAIN = "50_main_"
# No answer, or half of one.
GONE = (*momif.UNAVAILABLE, EOFError, http.client.HTTPException, xml.parsers.expat.ExpatError)


class Momd:
    """One momd in a directory of its own. MORE is further lines of [main]."""

    def __init__(self, place: str, more: str = "", state: str | None = "state",
                 hypervisor: str = "vdsmjsonrpcclient") -> None:
        os.makedirs(os.path.join(place, "mom.d"), exist_ok=True)
        self.place = place
        self.socket = self.path("mom.sock")
        self.state = self.path(state) if state else ""
        self.log_path = self.path("log")
        self.environment = {key: value for key, value in os.environ.items() if key != "STATE_DIRECTORY"}
        self.write("mom.d/00-base.policy", "(defvar a 1)")
        self.write(f"mom.d/{REMOVABLE}.policy", "0")
        self.write("mom.conf",
                   f"[main]\nhypervisor-interface: {hypervisor}\nlibvirt-hypervisor-uri: test:///default\n"
                   f"rpc-port: {self.socket}\npolicy-dir: {self.path('mom.d')}\ncontrollers:\n"
                   + (f"state-dir: {self.state}\n" if state is not None else "") + more +
                   "\n[vdsm]\nport: 1\nssl: false\n[host]\ncollectors: HostMemory\n"
                   "[guest]\ncollectors: GuestBalloonOptional\n")
        self.process: subprocess.Popen[bytes] | None = None

    def path(self, *names: str) -> str:
        return os.path.join(self.place, *names)

    def write(self, name: str, text: str) -> None:
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def kept(self, name: str = "pushed") -> str:
        return os.path.join(self.state, name)

    def damaged(self) -> list[str]:
        return glob.glob(self.kept("pushed.damaged-*"))

    def start(self, prepare: Callable[[], None] | None = None) -> None:
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", self.path("mom.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment, preexec_fn=prepare)
        clients.wait_until("momd's answer", self.answers, PATIENCE_S, pause=0.01)

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"momd ended with {self.process.returncode}; its log ends:\n{self.log()[-3000:]}")
        try:
            return self.call("ping")
        except GONE:
            return False

    def call(self, method: str, *arguments: Any) -> Any:
        return momif.Agent(self.socket, lambda *_: None).call(method, *arguments)

    def policies(self) -> dict[str, str]:
        return self.call("getNamedPolicies")

    def fault(self) -> str | None:
        return self.call("getStatus")["state_fault"]

    def log(self) -> str:
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def restart(self, number: int = signal.SIGTERM) -> None:
        self.end(number)
        self.start()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def mounted(place: str, options: str) -> Iterator[None]:
    os.makedirs(place, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


class Survival(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="momd-survival-")
        self.addCleanup(shutil.rmtree, self.folder)

    def momd(self, *arguments: Any, **more: Any) -> Momd:
        momd = Momd(self.folder, *arguments, **more)
        self.addCleanup(momd.close)
        return momd

    def test_restart(self) -> None:
        """pushes, removals and replacements survive a stop and a kill, and resetPolicies forgets them"""
        momd = self.momd()
        momd.start()
        momd.call("setNamedPolicy", "01-parameters", "(set a 5)")
        momd.call("setNamedPolicy", REMOVABLE, None)
        for number in (signal.SIGTERM, signal.SIGKILL):
            momd.restart(number)
            self.assertEqual(momd.policies(), {"00-base": "(defvar a 1)", "01-parameters": "(set a 5)"})
        momd.call("setPolicy", "(defvar only 1)")
        momd.call("setNamedPolicy", "60-more", "only")
        momd.restart(signal.SIGKILL)
        self.assertEqual(momd.policies(), {MAIN: "(defvar only 1)", "60-more": "only"})
        momd.call("resetPolicies")
        momd.restart(signal.SIGKILL)
        self.assertEqual(momd.policies(), {"00-base": "(defvar a 1)", REMOVABLE: "0"})
        self.assertFalse(os.path.exists(momd.kept()))
        self.assertEqual(os.stat(momd.state).st_mode & 0o777, 0o700)

    def test_changed_directory(self) -> None:
        """a pushed policy that fits no more is left out and told, and back when the directory is mended"""
        momd = self.momd()
        momd.start()
        momd.call("setNamedPolicy", "05-site", "(set a 5)")
        momd.end(signal.SIGKILL)
        momd.write("mom.d/00-base.policy", "(defvar b 1)")
        momd.start()
        self.assertEqual(momd.policies(), {"00-base": "(defvar b 1)", REMOVABLE: "0"})
        self.assertIn("pushed policy 05-site left out until it fits again: 05-site:1:", momd.log())
        momd.write("mom.d/00-base.policy", "(defvar a 2)")
        momd.restart()
        self.assertEqual(momd.policies()["05-site"], "(set a 5)")

    def test_where(self) -> None:
        """STATE_DIRECTORY is used if state-dir is not set; an empty state-dir keeps nothing"""
        momd = self.momd(state=None)
        momd.environment["STATE_DIRECTORY"] = momd.path("given") + ":" + momd.path("second")
        momd.start()
        momd.call("setNamedPolicy", "20-own", "1")
        momd.restart(signal.SIGKILL)
        self.assertIn("20-own", momd.policies())
        self.assertTrue(os.path.exists(momd.path("given", "pushed")))
        momd.end(signal.SIGTERM)
        none = self.momd(state="")
        none.environment["STATE_DIRECTORY"] = none.path("unused")
        none.start()
        none.call("setNamedPolicy", "20-own", "1")
        self.assertIsNone(none.fault())
        none.restart()
        self.assertNotIn("20-own", none.policies())
        self.assertFalse(os.path.exists(none.path("unused")))

    def assert_not_kept(self, momd: Momd, why: str) -> None:
        """Pushes take effect, the fault is told once in the log and stands in the status."""
        before = momd.log().count("does not survive a restart")
        for number in range(3):
            momd.call("setNamedPolicy", "20-own", f"(+ {number} 1)")
        self.assertEqual(momd.policies()["20-own"], "(+ 2 1)")
        self.assertIn(why, momd.fault())
        self.assertEqual(momd.log().count("does not survive a restart") - before, 1)

    def test_full_disk(self) -> None:
        """on a full disk pushes take effect, the fault is told, the old state stays, and its end is told"""
        momd = self.momd()
        with mounted(momd.state, "size=64k,mode=0700"):
            momd.start()
            momd.call("setNamedPolicy", "30-old", "1")
            with open(momd.kept("ballast"), "wb", buffering=0) as file:
                with self.assertRaises(OSError):
                    while True:
                        file.write(bytes(4096))
            self.assert_not_kept(momd, "No space left on device")
            self.assertEqual(sorted(os.listdir(momd.state)), ["ballast", "pushed"])
            momd.restart(signal.SIGKILL)
            self.assertIn("30-old", momd.policies())
            self.assertNotIn("20-own", momd.policies())
            momd.call("setNamedPolicy", "20-own", "7")
            self.assertIsNotNone(momd.fault())
            os.remove(momd.kept("ballast"))
            momd.call("setNamedPolicy", "40-new", "8")
            self.assertIsNone(momd.fault())
            self.assertIn("survives restarts again", momd.log())
            momd.restart(signal.SIGKILL)
            self.assertEqual(momd.policies()["20-own"], "7")
            momd.end(signal.SIGTERM)

    def test_file_size_limit(self) -> None:
        """a limit on file sizes is a fault of the writing, not the end of momd"""
        momd = self.momd()
        momd.start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
        momd.call("setNamedPolicy", "20-own", "1 # " + "x" * 4000)
        self.assertIn("File too large", momd.fault())
        self.assertEqual(os.listdir(momd.state), [])

    def test_read_only_disk(self) -> None:
        """on a read-only disk what was kept is used, and pushes take effect"""
        momd = self.momd()
        with mounted(momd.state, "size=64k,mode=0700"):
            momd.start()
            momd.call("setNamedPolicy", "30-old", "1")
            subprocess.run(["mount", "-o", "remount,ro", momd.state], check=True)
            self.assert_not_kept(momd, "Read-only file system")
            momd.restart(signal.SIGKILL)
            self.assertIn("30-old", momd.policies())
            self.assertNotIn("20-own", momd.policies())
            subprocess.run(["mount", "-o", "remount,rw", momd.state], check=True)
            momd.call("setNamedPolicy", "20-own", "2")
            self.assertIsNone(momd.fault())
            momd.end(signal.SIGTERM)

    def test_somebody_elses_directory(self) -> None:
        """a directory of somebody else, or one that others may write, is neither read nor written"""
        momd = self.momd()
        momd.start()
        momd.call("setNamedPolicy", "30-old", "1")
        for spoil, mend, why in (
                (lambda: os.chown(momd.state, 65534, 65534), lambda: os.chown(momd.state, 0, 0), "belongs to user"),
                (lambda: os.chmod(momd.state, 0o777), lambda: os.chmod(momd.state, 0o700), "written by others")):
            momd.end(signal.SIGKILL)
            spoil()
            momd.start()
            self.assertNotIn("30-old", momd.policies())
            self.assertIn(why, momd.fault())
            self.assertEqual(os.listdir(momd.state), ["pushed"])
            mend()
            momd.restart(signal.SIGKILL)
            self.assertIn("30-old", momd.policies())
            self.assertIsNone(momd.fault())

    def test_two_momds(self) -> None:
        """a second momd on the same directory works, says why it keeps nothing, and spoils nothing"""
        first = self.momd()
        first.start()
        first.call("setNamedPolicy", "20-own", "1")
        second = Momd(os.path.join(self.folder, "second"), state=first.state)
        self.addCleanup(second.close)
        second.start()
        self.assertNotIn("20-own", second.policies())
        second.call("setNamedPolicy", "20-own", "2")
        self.assertIn("another momd", second.fault())
        second.end(signal.SIGTERM)
        first.restart(signal.SIGKILL)
        self.assertEqual(first.policies()["20-own"], "1")

    def test_damage(self) -> None:
        """whatever became of the file momd starts, uses what is whole and sets the file aside"""
        momd = self.momd()
        momd.start()
        for name in NAMES:
            momd.call("setNamedPolicy", name, "1")
        momd.end(signal.SIGKILL)
        with open(momd.kept(), "rb") as file:
            good = file.read()
        rng = random.Random(1)
        for case in range(40):
            bad = bytearray(good)
            if case < 25:
                bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            elif case < 35:
                del bad[rng.randrange(len(bad)):]
            else:
                bad = bytearray([b"", b"\n" * 9, bytes(5000), rng.randbytes(5000), b"{}\n" * 99][case - 35])
            with open(momd.kept(), "wb") as file:
                file.write(bad)
            told = momd.log().count("is set aside")
            momd.start()
            here = {name: text for name, text in momd.policies().items() if name in NAMES}
            self.assertEqual(set(here.values()) - {"1"}, set())
            if case < 25:
                self.assertGreaterEqual(len(here), len(NAMES) - 2)   # a line's end may be what was hit
            self.assertEqual(momd.log().count("is set aside") - told, 1)
            momd.call("setNamedPolicy", NAMES[0], "1 ")              # what is pushed later is written over it
            momd.restart(signal.SIGKILL)
            self.assertEqual(momd.policies()[NAMES[0]], "1 ")
            self.assertEqual(momd.log().count("is set aside") - told, 1)
            self.assertLessEqual(len(momd.damaged()), 3)
            momd.end(signal.SIGKILL)
        self.assertEqual(len(momd.damaged()), 3)

    # ---- samples and variables ----

    def with_history(self) -> Momd:
        momd = self.momd("policy-engine-interval: 600\nhost-monitor-interval: 600\nguest-monitor-interval: 600\n",
                         hypervisor="libvirt")
        momd.write("mom.d/20-count.policy",
                   '(Host.SetVar "starts" (+ 1 (or (Host.GetVar "starts") 0)))\n'
                   '(with Guests g (g.SetVar "seen" (+ 1 (or (g.GetVar "seen") 0))))')
        return momd

    def cycle(self, momd: Momd) -> dict[str, Any]:
        """The state when the first cycle since the start is over."""
        clients.wait_until("a cycle", lambda: momd.call("getStatus")["cycles"], PATIENCE_S)
        return json.loads(momd.call("getState"))

    def test_history(self) -> None:
        """samples and variables go on after a clean stop, and begin anew after a kill"""
        momd = self.with_history()
        momd.start()
        before = self.cycle(momd)
        momd.restart()
        after = self.cycle(momd)
        for old, new in ((before["host"], after["host"]), (before["guests"][0], after["guests"][0])):
            count = len(old["stats"])
            self.assertGreater(len(new["stats"]), count)
            self.assertEqual(new["stats"][:count], old["stats"])
            self.assertEqual(new["times_us"][:count], old["times_us"])
            self.assertEqual(sorted(new["times_us"]), new["times_us"])
        self.assertEqual(after["host"]["variables"], {"starts": 2})
        self.assertEqual(after["guests"][0]["variables"], {"seen": 2})
        momd.restart(signal.SIGKILL)
        self.assertEqual(self.cycle(momd)["host"]["variables"], {"starts": 1})

    def test_damaged_history(self) -> None:
        """a history that is damaged costs one message"""
        momd = self.with_history()
        momd.start()
        self.cycle(momd)
        momd.end(signal.SIGTERM)
        with open(momd.kept("history"), "r+b") as file:
            file.seek(500)
            file.write(b"\0")
        momd.start()
        self.assertEqual(self.cycle(momd)["host"]["variables"], {"starts": 1})
        self.assertEqual(momd.log().count("The samples of before the restart are not used: line"), 1)
        momd.end(signal.SIGTERM)

    # ---- kill -9 ----

    def test_kills(self) -> None:
        """a thousand kills with pushes in flight: what was acknowledged is there, what is half is never seen"""
        workers = [Killing(os.path.join(self.folder, str(number)), number, KILLS // AT_ONCE)
                   for number in range(AT_ONCE)]
        for worker in workers:
            worker.thread.start()
        for worker in workers:
            worker.thread.join()
        for worker in workers:
            if worker.error:
                raise worker.error
        rounds = sum(worker.rounds for worker in workers)
        print(f"# {rounds} kills, {sum(worker.acknowledged for worker in workers)} pushes acknowledged, "
              f"{sum(worker.in_flight for worker in workers)} in flight at a kill, of which "
              f"{sum(worker.survived for worker in workers)} were found afterwards")
        self.assertEqual(rounds, KILLS)
        self.assertGreater(sum(worker.in_flight for worker in workers), KILLS // 10)
        self.assertGreater(sum(worker.acknowledged for worker in workers), KILLS)


class Killing:
    """One momd that is killed again and again while a client pushes; knows what must be there afterwards.

    The state is what getNamedPolicies tells. Each change makes a new one out of the last; one that was not answered
    may have been made or not, and there is at most one such, as one client pushes.
    """

    def __init__(self, place: str, seed: int, rounds: int) -> None:
        self.rng = random.Random(seed)
        self.momd = Momd(place)
        self.wanted, self.rounds = rounds, 0
        self.acknowledged = self.in_flight = self.survived = 0
        self.number = 0
        self.disk = {"00-base": "(defvar a 1)", REMOVABLE: "0"}
        self.state = dict(self.disk)          # acknowledged
        self.pending: dict[str, str] | None = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            while self.rounds < self.wanted:
                self.round()
                self.rounds += 1
        except BaseException as error:        # for the main thread to raise
            self.error = error
        finally:
            self.momd.close()

    def change(self) -> tuple[str, tuple[Any, ...], dict[str, str]]:
        """A method, its arguments, and the state it makes."""
        self.number += 1
        text = f"{self.number} # " + "x" * self.rng.choice([0, 10, 5000])
        kind = self.rng.random()
        if kind < 0.03:
            return "resetPolicies", (), dict(self.disk)
        if kind < 0.08:
            return "setPolicy", (text,), {MAIN: text}
        name = self.rng.choice([*NAMES, REMOVABLE])
        if kind < 0.3:
            return "setNamedPolicy", (name, None), {key: value for key, value in self.state.items() if key != name}
        return "setNamedPolicy", (name, text), {**self.state, name: text}

    def push(self, enough: int, kill: threading.Event) -> None:
        """Pushes until momd is gone; asks for the kill when ENOUGH were acknowledged."""
        while True:
            if enough == 0:
                kill.set()
            enough -= 1
            method, arguments, after = self.change()
            self.pending = after
            try:
                self.momd.call(method, *arguments)
            except GONE:
                return
            self.state, self.pending = after, None
            self.acknowledged += 1

    def pushing(self, enough: int, kill: threading.Event) -> None:
        try:
            self.push(enough, kill)
        except BaseException as error:
            self.error = error
        finally:
            kill.set()

    def round(self) -> None:
        self.momd.start()
        self.check()
        kill = threading.Event()
        client = threading.Thread(target=self.pushing, args=(self.rng.choice([0, 1, 2, 4]), kill))
        client.start()
        kill.wait(PATIENCE_S)
        time.sleep(self.rng.random() * self.rng.choice([0.0005, 0.002, 0.01]))
        self.momd.end(signal.SIGKILL)
        client.join()
        if self.error:
            raise self.error

    def check(self) -> None:
        found = self.momd.policies()
        if self.pending is not None:
            self.in_flight += 1
            if found == self.pending and found != self.state:
                self.survived += 1
                self.state = self.pending
            self.pending = None
        if found != self.state:
            raise AssertionError(f"after kill {self.rounds}: {short(found)} in place of {short(self.state)}")
        if self.momd.damaged():
            raise AssertionError(f"after kill {self.rounds}: {self.momd.damaged()}")


def short(state: dict[str, str]) -> dict[str, str]:
    return {name: text[:12] for name, text in state.items()}


if __name__ == "__main__":
    if "--inside" not in sys.argv:      # mounts of its own, which end with it, however it ends
        os.execvp("unshare", ["unshare", "--mount", sys.executable, "-B", *sys.argv, "--inside"])
    sys.argv.remove("--inside")
    PROGRAM = sys.argv.pop(1)
    sys.exit(tap.main())
