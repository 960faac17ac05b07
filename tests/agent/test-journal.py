#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd under systemd's journal: what it sends there, field by field.

The real momd, started with its standard error connected to the journal's stream socket as systemd does it, in a mount
namespace of its own where this test listens in the journal's place.  The host's journal sees nothing.
Usage: test-journal.py MOMD
"""
import array
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import tap  # noqa: E402

JOURNAL = "/run/systemd/journal"
INSIDE = "MOM_TEST_IN_NAMESPACE"
MESSAGE_ID = "61659bbaa3fb4bd196005275e14ba943"
PATIENCE_S = 30
POLICY = '(with Guests g\n  (g.Control "balloon_target" (/ g.balloon_max 8)))\n'


def enter_namespace():
    """Runs this script again where /run is its own."""
    if os.environ.get(INSIDE):
        return
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    os.environ[INSIDE] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def parse(message):
    """A message of the journal's protocol: NAME=value lines, or NAME, a length and that many bytes."""
    fields = {}
    while message:
        name, message = message.split(b"\n", 1)
        if b"=" in name:
            name, value = name.split(b"=", 1)
        else:
            length = int.from_bytes(message[:8], "little")
            value, message = message[8:8 + length], message[8 + length + 1:]
        fields[name.decode()] = value.decode()
    return fields


class Journal:
    """In the journal's place: a stream socket for standard errors, a datagram socket for messages."""

    def __init__(self):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        os.makedirs(JOURNAL)
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.bind(JOURNAL + "/stdout")
        self.stream.listen()
        self.datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.datagrams.bind(JOURNAL + "/socket")
        self.datagrams.settimeout(0.2)

    def stderr(self):
        """A descriptor for a service's standard error, and its other end."""
        near = socket.socket(socket.AF_UNIX)
        near.connect(JOURNAL + "/stdout")
        return near, self.stream.accept()[0]

    def message(self):
        """The next message, or None."""
        try:
            data, control, _, _ = self.datagrams.recvmsg(1 << 20, socket.CMSG_SPACE(4))
        except TimeoutError:
            return None
        for _, _, payload in control:        # a long one comes as a file
            with os.fdopen(array.array("i", payload)[0], "rb") as file:
                file.seek(0)
                data = file.read()
        return parse(data)


class InJournal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.journal = Journal()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mom-journal-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        while self.journal.message():
            pass

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def start(self, policy=POLICY, log="stdio", collectors="GuestBalloonOptional"):
        self.write("mom.d/10-eighth.policy", policy)
        config = self.write("mom.conf", "[main]\nhypervisor-interface: libvirt\n"
                            "libvirt-hypervisor-uri: test:///default\npolicy-dir: %s\ncontrollers: Balloon\n"
                            "policy-engine-interval: 1\n[logging]\nlog: %s\n[host]\ncollectors: HostMemory\n"
                            "[guest]\ncollectors: %s\n" % (self.path("mom.d"), log, collectors))
        near, self.far = self.journal.stderr()
        momd = subprocess.Popen([sys.argv[1], "-c", config], stderr=near)
        near.close()
        self.addCleanup(lambda: (momd.terminate(), momd.wait(), self.far.close()))

    def until(self, wanted):
        """The first message for which WANTED is true."""
        end = time.monotonic() + PATIENCE_S
        seen = []
        while time.monotonic() < end:
            message = self.journal.message()
            if message:
                seen.append(message)
            if message and wanted(message):
                return message
        raise AssertionError("waited in vain, seen: %r" % seen)

    def test_a_decision(self):
        """a decision has its parts as fields"""
        self.start()
        message = self.until(lambda m: m.get("MOM_KNOB"))
        self.assertRegex(message.pop("MOM_VM_UUID"), "^[-0-9a-f]{36}$")
        self.assertGreater(int(message.pop("MOM_CYCLE")), 0)
        self.assertEqual(message, {
            "MESSAGE": "balloon_target of test: 2097152 -> 1048576 (10-eighth:2)", "MESSAGE_ID": MESSAGE_ID,
            "PRIORITY": "6", "GLIB_DOMAIN": "mom.Controllers.Balloon", "SYSLOG_IDENTIFIER": "momd",
            "MOM_VM": "test", "MOM_KNOB": "balloon_target", "MOM_FROM": "2097152", "MOM_TO": "1048576",
            "MOM_VERDICT": "sent", "MOM_REASON": "the policy wishes it", "MOM_POLICY": "10-eighth",
            "MOM_POLICY_LINE": "2", "MOM_DECISION": "1"})

    def test_a_refusal(self):
        """a refusal tells the rail and the reason"""
        self.start(POLICY.replace("(/ g.balloon_max 8)", "-1"))
        message = self.until(lambda m: m.get("MOM_KNOB"))
        self.assertEqual({name: message.get(name) for name in ("MOM_VERDICT", "MOM_RAIL", "MOM_REASON", "MOM_TO")},
                         {"MOM_VERDICT": "railed", "MOM_RAIL": "balloon-absurd", "MOM_TO": "-1",
                          "MOM_REASON": "a target of 0 or less is no size"})

    def test_a_wish_without_sense(self):
        """a wish that makes no sense is a warning with fields"""
        self.start(POLICY.replace("(/ g.balloon_max 8)", '"much"'))
        message = self.until(lambda m: m.get("MOM_KNOB"))
        self.assertEqual((message["PRIORITY"], message["MOM_VERDICT"], message["MOM_TO"]), ("4", "passed-over", "much"))

    def test_a_guest_with_incomplete_data(self):
        """what is told of a guest's data names the guest"""
        self.start(collectors="GuestBalloon, GuestCpuTune, GuestIoTune")
        message = self.until(lambda m: m.get("MOM_VM"))
        self.assertEqual((message["GLIB_DOMAIN"], message["PRIORITY"], message["MOM_VM"]),
                         ("mom.Monitor", "4", "test"))

    def test_other_messages(self):
        """other messages come with their logger, and nothing comes as plain text"""
        self.start()
        message = self.until(lambda m: "starting" in m.get("MESSAGE", ""))
        self.assertEqual((message["GLIB_DOMAIN"], message["PRIORITY"]), ("mom", "6"))
        self.far.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.far.recv(1)

    def test_a_file(self):
        """with a log file all goes there and nothing to the journal"""
        self.start(log=self.path("mom.log"))
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if os.path.exists(self.path("mom.log")):
                with open(self.path("mom.log"), encoding="utf-8") as f:
                    if "balloon_target of test" in f.read():
                        break
            time.sleep(0.05)
        else:
            self.fail("nothing was logged")
        self.assertIsNone(self.journal.message())


if __name__ == "__main__":
    enter_namespace()
    sys.exit(tap.main())
