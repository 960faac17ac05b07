#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook after_get_stats, run as vdsm runs it: a JSON file that the environment names, output in pipes.

momd is the built one beside the stand-in, or a socket that misbehaves.  Whatever happens, the exit code is 0 and the
file is whole.
Usage: test-hook.py MOMD
"""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from typing import Any, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))

import tap                   # noqa: E402
from momd import Momd        # noqa: E402
from running import Running  # noqa: E402

MOMD = os.path.abspath(sys.argv.pop(1))
HOOK = os.path.join(ROOT, "contrib/vdsm/hooks/after_get_stats/60_momd")
STATS = {"memFree": "1234", "momStatus": "active", "ksmState": True, "network": {"em1": {"rxRate": 0.5}}, "ü": None}
PATIENCE_S = 60          # for a hook that hangs; its own limit is one second
NOBODY = 65534


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="momd-hook-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "stats.json")

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def run_hook(self, text: str, socket_path: str, before: tuple[str, ...] = (), **environment: str) -> str:
        """What it says on standard error; the file's content is self.after()."""
        if not os.path.exists(self.file):
            with open(self.file, "w", encoding="utf-8") as file:
                file.write(text)
        env = dict(os.environ, _hook_json=self.file, MOMD_SOCKET=socket_path, **environment)
        done = subprocess.run([*before, HOOK], env=env, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), self.names(), "something was left behind")
        return done.stderr

    def names(self) -> list[str]:
        return sorted(name for name in os.listdir(self.folder) if not name.startswith(".momd-"))

    def after(self) -> str:
        with open(self.file, encoding="utf-8") as file:
            return file.read()

    def assert_untouched(self, text: str, said: str) -> None:
        self.assertTrue(said.startswith("momd's hook adds nothing: "), said)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertEqual(self.after(), text)


class WithMomd(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Running("--sample", "0.5")
        cls.addClassCleanup(cls.peer.stop)
        cls.momd = Momd(MOMD, cls.peer, cls.peer.path("momd"))
        cls.addClassCleanup(cls.momd.stop)
        os.makedirs(os.path.join(cls.peer.host_root, "proc/pressure"), exist_ok=True)
        with open(os.path.join(cls.peer.host_root, "proc/pressure/memory"), "w", encoding="ascii") as file:
            file.write("some avg10=1.25 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1\n")
        cls.momd.start()
        cls.momd.wait("guests", lambda: cls.momd.answers() and cls.momd.rpc("getActiveGuests"))

    def added(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.file)
        said = self.run_hook(json.dumps(STATS), self.peer.mom_socket)
        self.assertEqual(said, "")
        stats = json.loads(self.after())
        self.assertEqual({key: stats[key] for key in STATS}, STATS)
        added = {key: stats[key] for key in stats if key not in STATS}
        self.assertTrue(all(key.startswith("momd") for key in added), added)
        return added

    def test_working(self) -> None:
        """status, version, pressure, free memory and guests are added; all else is as it was"""
        added = self.added()
        self.assertEqual((added["momdStatus"], added["momdPressure"]), ("active", 1.25))
        self.assertEqual(added["momdGuests"], len(self.momd.rpc("getActiveGuests")))
        self.assertRegex(added["momdVersion"], r"^\d+\.\d+\.\d+$")
        self.assertTrue(0 < added["momdHostFreePercent"] < 100)
        self.assertNotIn("momdFault", added)

    def test_waiting(self) -> None:
        """while vdsm does not answer momd, which it cannot know here, the status is waiting and says why"""
        self.peer.control("fault", kind="silent", value=True)
        try:
            self.momd.wait("silence", lambda: self.momd.rpc("getStatus")["source_fault"])
            added = self.added()
        finally:
            self.peer.control("clear")
        self.assertEqual(added["momdStatus"], "waiting")
        self.assertIn("vdsm", added["momdFault"])
        self.momd.wait("answers", lambda: not self.momd.rpc("getStatus")["source_fault"])

    def test_mode_is_kept(self) -> None:
        """the file has the mode that it had"""
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump(STATS, file)
        os.chmod(self.file, 0o640)
        self.run_hook("", self.peer.mom_socket)
        self.assertEqual(os.stat(self.file).st_mode & 0o7777, 0o640)
        self.assertIn("momdStatus", json.loads(self.after()))

    def test_not_json(self) -> None:
        """a file that is no JSON object is left as it is"""
        for text in ("", "{", "[]", "nonsense", '{"a": 1} x', "\0"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.file)
            self.assert_untouched(text, self.run_hook(text, self.peer.mom_socket))

    def test_no_file(self) -> None:
        """without the variable, or the file, nothing happens"""
        for place in ("/nonexistent/file", ""):
            done = subprocess.run([HOOK], env=dict(os.environ, _hook_json=place, MOMD_SOCKET=self.peer.mom_socket),
                                  capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 0)
            self.assertIn("adds nothing", done.stderr)
        bare = {name: value for name, value in os.environ.items() if name != "_hook_json"}
        self.assertEqual(subprocess.run([HOOK], env=bare, capture_output=True, timeout=PATIENCE_S).returncode, 0)


class Misbehaving(Case):
    @contextlib.contextmanager
    def server(self, *parts: bytes, pause_s: float = 0) -> Iterator[str]:
        """A socket that accepts and says PARTS, one each PAUSE_S, then nothing, until the end."""
        path, end = self.path("mom.sock"), threading.Event()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                for part in parts:
                    peer.sendall(part)
                    if end.wait(pause_s):
                        return
                end.wait(PATIENCE_S)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield path
        finally:
            end.set()
            thread.join()
            listener.close()
            os.unlink(path)

    def answer(self, body: str) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body.encode()), body.encode())

    def test_nobody(self) -> None:
        """no socket, and one that nobody holds"""
        text = json.dumps(STATS)
        self.assert_untouched(text, self.run_hook(text, self.path("nosuch")))
        dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        dead.bind(self.path("dead"))
        dead.close()
        self.assert_untouched(text, self.run_hook(text, self.path("dead")))

    def test_hanging(self) -> None:
        """a socket that accepts and says nothing, and one that dribbles for ever"""
        text = json.dumps(STATS)
        for parts in ((), (b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 500)):
            with self.server(*parts, pause_s=0.1) as path:
                said = self.run_hook(text, path)
            self.assert_untouched(text, said)
            self.assertIn("did not answer within 1 s", said)

    def test_a_frozen_momd(self) -> None:
        """a queue that nobody takes from: connecting itself must not hang"""
        text = json.dumps(STATS)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as full:
            full.bind(self.path("full"))
            full.listen(0)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as waiting:
                waiting.connect(self.path("full"))
                self.assert_untouched(text, self.run_hook(text, self.path("full")))

    def test_nonsense(self) -> None:
        """answers that are no status"""
        text = json.dumps(STATS)
        value = "<?xml version='1.0'?><methodResponse><params><param><value>%s</value></param></params></methodResponse>"
        for answer in (b"garbage\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", self.answer("<no"),
                       self.answer(value % "<int>3</int>"), self.answer(value % "<array><data/></array>"),
                       self.answer("<methodResponse><fault><value><struct/></value></fault></methodResponse>")):
            with self.server(answer) as path:
                self.assert_untouched(text, self.run_hook(text, path))

    def test_what_is_not_known_is_left_out(self) -> None:
        """an older momd, and one that tells more"""
        body = ("<?xml version='1.0'?><methodResponse><params><param><value><struct>%s</struct></value></param></params>"
                "</methodResponse>")
        member = "<member><name>%s</name><value>%s</value></member>"
        cases = (
            ({"version": "<string>0.6</string>", "pressure": "<nil/>"},
             {"momdStatus": "active", "momdVersion": "0.6"}),
            ({"policies": "<string>last good</string>", "policy_fault": "<string>a:1:2: no</string>",
              "last_decision": "<string>balloon_target of vm: 2 -> 1</string>",
              "last_decision_time": "<dateTime.iso8601>20261125T20:00:00</dateTime.iso8601>"},
             {"momdStatus": "fallback", "momdFault": "a:1:2: no",
              "momdLastDecision": "balloon_target of vm: 2 -> 1", "momdLastDecisionTime": "20261125T20:00:00"}),
            ({"policies": "<string>failing</string>", "policy_fault": "<string>no</string>",
              "source_fault": "<string>away</string>", "last_decision_time": "<double>1.50499</double>"},
             {"momdStatus": "failing", "momdFault": "no", "momdLastDecisionTime": 1.5}))
        for members, expected in cases:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.file)
            with self.server(self.answer(body % "".join(member % pair for pair in members.items()))) as path:
                self.assertEqual(self.run_hook(json.dumps(STATS), path), "")
            self.assertEqual(json.loads(self.after()), {**STATS, **expected})

    @contextlib.contextmanager
    def good(self) -> Iterator[str]:
        with self.server(self.answer("<?xml version='1.0'?><methodResponse><params><param><value><struct><member><name>"
                                     "guests</name><value><int>3</int></value></member></struct></value></param></params>"
                                     "</methodResponse>")) as path:
            os.chmod(path, 0o777)
            yield path

    def test_read_only(self) -> None:
        """a file that may not be written, and one in a folder that may not be, stay as they are"""
        text = json.dumps(STATS)
        before = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups") if os.getuid() == 0 else ()
        for folder_mode, file_mode in ((0o777, 0o444), (0o555, 0o666)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.file)
            with open(self.file, "w", encoding="utf-8") as file:
                file.write(text)
            with self.good() as path:
                os.chmod(self.file, file_mode)
                os.chmod(self.folder, folder_mode)
                said = self.run_hook("", path, before)
                os.chmod(self.folder, 0o777)
            self.assert_untouched(text, said)
            self.assertIn("ermi", said)

    def test_full_disk(self) -> None:
        """a disk that takes no more leaves the file whole"""
        text = json.dumps({**STATS, "much": "x" * 10000})
        with self.good() as path:
            said = self.run_hook(text, path, ("/bin/sh", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "sh"))
        self.assert_untouched(text, said)
        self.assertIn("too large", said)


class Lasting(Case):
    def test_stopped_while_it_waits(self) -> None:
        """vdsm may end it at any moment: the file is whole then too"""
        text = json.dumps(STATS)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
            mute.bind(self.path("mute"))
            mute.listen()
            mute.settimeout(PATIENCE_S)
            hook = subprocess.Popen([HOOK], env=dict(os.environ, _hook_json=self.file, MOMD_SOCKET=self.path("mute")))
            mute.accept()[0].close()
            hook.send_signal(signal.SIGTERM)
            hook.wait(PATIENCE_S)
        self.assertEqual(self.after(), text)


if __name__ == "__main__":
    sys.exit(tap.main())
