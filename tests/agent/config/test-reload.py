#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP on the built momd, beside the stand-in for vdsm, over TLS: what changes, what stays, what is said.

One story on one momd: each test leaves it as it found it.  Waits end on what is seen.
Usage: test-reload.py MOMD
"""
import configparser
import json
import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import pki   # noqa: E402
import tap   # noqa: E402
from momd import Momd      # noqa: E402
from running import Running  # noqa: E402

PROGRAM = ""
ENDS = ("All is read anew", "Nothing is read anew")
STANDING = ("Not connected", "No guest data", "nothing is decided")


class Reload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.peer = Running("--sample", "0.5", "--guests", "13", "--memory", "68")
        cls.momd = Momd(PROGRAM, cls.peer, cls.peer.path("momd"), settings={"main": {"sample-history-length": 1000}})
        cls.peer.control("freeze")
        cls.momd.start()
        cls.momd.wait("momd's socket", cls.momd.answers)
        cls.momd.wait("the guests", lambda: len(cls.momd.rpc("getActiveGuests")) > 5)

    @classmethod
    def tearDownClass(cls):
        cls.momd.stop()
        cls.peer.stop()

    def setUp(self):
        self.keep = {}
        for path in [self.momd.config] + [os.path.join(self.momd.policy_dir, name)
                                          for name in os.listdir(self.momd.policy_dir)]:
            with open(path, encoding="utf-8") as f:
                self.keep[path] = f.read()

    def tearDown(self):
        """As it was before."""
        if not self.momd.running:
            return
        for name in os.listdir(self.momd.policy_dir):
            if os.path.join(self.momd.policy_dir, name) not in self.keep:
                os.unlink(os.path.join(self.momd.policy_dir, name))
        for path, text in self.keep.items():
            self.write(path, text)
        self.reload()

    def write(self, path, text, mode=0o644):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def set(self, section, key, value):
        config = configparser.ConfigParser(interpolation=None)
        config.read(self.momd.config, encoding="utf-8")
        config.set(section, key, str(value))
        with open(self.momd.config, "w", encoding="utf-8") as f:
            config.write(f)

    def line_of(self, key):
        with open(self.momd.config, encoding="utf-8") as f:
            return next(number for number, line in enumerate(f, 1) if line.startswith(key + " "))

    def reload(self, *logs):
        """What it said, without what is said always and what guests' knobs cause."""
        def ends():
            return sum(self.read(log).count(end) for log in (self.momd.log_path, *logs) for end in ENDS)
        before, done = len(self.momd.log()), ends()
        self.momd.process.send_signal(signal.SIGHUP)
        self.momd.wait("the end of the reload", lambda: ends() > done)
        lines = self.momd.log()[before:].splitlines()
        return [line.split(" - ", 2)[2] for line in lines
                if " - mom - " in line or " - mom.Policy - " in line]

    @staticmethod
    def read(path):
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as f:
            return f.read()

    def samples(self):
        """uuid -> number of samples in the history"""
        return {guest["properties"]["uuid"]: len(guest["times_us"])
                for guest in json.loads(self.momd.rpc("getState"))["guests"]}

    def accepted(self):
        return self.peer.control("state")["accepted"]

    def cycles(self):
        return self.momd.rpc("getStatus")["cycles"]

    def wait_cycle(self, count=2):
        goal = self.cycles() + count
        self.momd.wait("cycles", lambda: self.cycles() >= goal)

    def told_since(self, before):
        return self.momd.log()[before:]

    # ---- configuration

    def test_nothing_changed(self):
        """without a change nothing is said, and history and connection stay"""
        self.wait_cycle(5)
        samples, accepted = self.samples(), self.accepted()
        self.assertGreater(min(samples.values()), 3)
        self.assertEqual(self.reload(), ["INFO - Reading configuration, policies and certificates anew",
                                         "INFO - All is read anew"])
        self.wait_cycle()
        after = self.samples()
        for uuid, count in samples.items():
            self.assertGreater(after[uuid], count)
        self.assertEqual(self.accepted(), accepted)

    def test_live_keys(self):
        """intervals, history and controllers change at once, each told with its place"""
        samples = self.samples()
        self.set("main", "policy-engine-interval", 3600)
        self.set("main", "controllers", "Balloon")
        told = self.reload()
        self.assertIn("INFO - [main] policy-engine-interval is now `3600', was `1' (%s:%d)"
                      % (self.momd.config, self.line_of("policy-engine-interval")), told)
        self.assertTrue(any("[main] controllers is now `Balloon'" in line for line in told), told)
        self.set("main", "policy-engine-interval", 1)
        self.set("main", "sample-history-length", 2)
        self.reload()
        self.wait_cycle()
        self.assertEqual(set(self.samples().values()), {2})
        self.assertEqual(set(self.samples()), set(samples))

    def test_restart_keys(self):
        """what needs a restart is said once a reload, with what stays in force"""
        self.set("main", "rpc-port", "/nonexistent/sock")
        self.set("host", "collectors", "HostMemory")
        wanted = [
            "WARNING - [main] rpc-port stays `%s', `/nonexistent/sock' (%s:%d) needs a restart" % (
                self.momd.socket, self.momd.config, self.line_of("rpc-port")),
            "WARNING - [host] collectors stays `HostMemory, HostKSM, HostCpu', `HostMemory' (%s:%d) needs a restart"
            % (self.momd.config, self.line_of("collectors"))]
        for _ in range(2):          # it stands until the restart
            told = self.reload()
            self.assertEqual([line for line in told if line.startswith("WARNING")], wanted)
        self.assertTrue(self.momd.answers())

    def test_broken(self):
        """a configuration that is broken in any way is refused as a whole with one line"""
        cases = (
            (lambda: self.write(self.momd.config, "[main]\npolicy-engine-interval: 7\nword\n"),
             r"mom\.conf:3: neither `key: value'"),
            (lambda: self.set("main", "sample-history-length", "many"),
             r"mom\.conf:%d: \[main\] sample-history-length: `many' is not a whole number"),
            (lambda: self.set("main", "controllers", "Balloon, KMS"),
             r"mom\.conf:%d: \[main\] controllers: there is no controller \"KMS\", did you mean KSM"),
            (lambda: self.set("main", "hypervisor-interface", "xen"), r"mom\.conf:%d: .*\"xen\" is unknown"),
            (lambda: self.set("main", "policy", "/x"), r"both `policy' \(.*mom\.conf:\d+\) and `policy-dir'"),
            (lambda: os.chmod(self.momd.config, 0o666), r"mom\.conf is not trusted.*mode 0666"),
            (lambda: os.unlink(self.momd.config), r"mom\.conf.*No such file"))
        for spoil, pattern in cases:
            with self.subTest(pattern):
                self.set("logging", "verbosity", "error")
                spoil()
                told = self.reload()
                if "%d" in pattern:
                    key = next(k for k in ("sample-history-length", "controllers", "hypervisor-interface")
                               if k.split("-")[0] in pattern or k == "hypervisor-interface")
                    pattern = pattern % self.line_of(key)
                self.assertEqual(len(told), 3, told)
                self.assertRegex(told[1], "^WARNING - The configuration is refused, the one in force stays: .*" + pattern)
                self.assertEqual(told[2], "INFO - Nothing is read anew")
                self.write(self.momd.config, self.keep[self.momd.config])
        self.assertEqual(len(self.reload()), 2)

    def test_complaints(self):
        """an unknown key is told by the first reload that sees it"""
        self.set("main", "policy", "")
        with open(self.momd.config, encoding="utf-8") as f:
            text = f.read()
        self.write(self.momd.config, text.replace("[main]\n", "[main]\nnosuch = 1\n"))
        self.assertIn("WARNING - %s:2: unknown key `nosuch' in [main]" % self.momd.config, self.reload())
        self.assertEqual(len(self.reload()), 2)

    # ---- the log

    def test_log_file(self):
        """the log goes to another file, and stays where it is if that one cannot be opened"""
        log = self.peer.path("other.log")
        self.set("logging", "log", "/nonexistent/dir/log")
        told = self.reload()
        self.assertTrue(any("The log goes on where it was: cannot open the log /nonexistent" in line for line in told))
        self.set("logging", "log", log)
        self.reload(log)
        self.wait_cycle()
        self.assertIn("All is read anew", self.read(log))
        before = len(self.momd.log())
        self.momd.rpc("setNamedPolicy", "99-x", "(defvar logged 1)")
        self.assertIn("setNamedPolicy(99-x) accepted", self.read(log))
        self.assertNotIn("99-x", self.told_since(before))
        self.momd.rpc("setNamedPolicy", "99-x", None)

    def test_verbosity(self):
        """a level that RPC has set stays until the file says another"""
        self.momd.rpc("setVerbosity", "debug")
        self.reload()
        before = len(self.momd.log())
        self.wait_cycle()
        self.assertIn(" - DEBUG - ", self.told_since(before))
        self.set("logging", "verbosity", "4")      # info, by another name
        self.reload()
        before = len(self.momd.log())
        self.wait_cycle()
        self.assertNotIn(" - DEBUG - ", self.told_since(before))

    # ---- policies

    def test_policies(self):
        """changed files are taken up, what was pushed stays, a bad file leaves all in force"""
        extra = os.path.join(self.momd.policy_dir, "90-extra.policy")
        self.momd.rpc("setNamedPolicy", "01-parameters", "(set ksmEnabled 0)")
        self.write(extra, "(defvar extra 1)\n")
        self.reload()
        self.assertIn("90-extra", self.momd.rpc("getNamedPolicies"))
        self.assertEqual(self.momd.rpc("getNamedPolicies")["01-parameters"], "(set ksmEnabled 0)")
        before = self.momd.rpc("getPolicy")
        self.write(extra, "(defvar extra 1)\n(defvar more\n")
        told = self.reload()
        self.assertTrue(any(line.startswith("WARNING - policy not loaded: ") and "90-extra:2:1: " in line
                            for line in told), told)
        self.assertTrue(any(line.startswith("WARNING - The policies in force stay: ") and "90-extra" in line
                            for line in told), told)
        self.write(extra, "(defvar extra 2)\n", mode=0o664)
        self.assertTrue(any("90-extra.policy is not trusted" in line for line in self.reload()))
        self.assertEqual(self.momd.rpc("getPolicy"), before)
        self.set("main", "trust-writable-paths", "true")
        self.reload()
        self.assertEqual(self.momd.rpc("getNamedPolicies")["90-extra"], "(defvar extra 2)\n")
        self.momd.rpc("resetPolicies")

    # ---- certificates

    def renew(self, source):
        """The files of the same names with the content of those in SOURCE."""
        for part in ("certs/vdsmcert.pem", "keys/vdsmkey.pem"):
            shutil.copyfile(os.path.join(source, part), os.path.join(self.peer.pki, part))

    def test_certificates(self):
        """a renewed certificate is shown at once, guests and history stay and nobody is warned"""
        own, renewed = self.peer.path("own"), self.peer.path("renewed")
        shutil.copytree(self.peer.pki, own)
        shutil.copytree(self.peer.pki, renewed)
        pki.renew(renewed, "host.example.com")
        self.wait_cycle(3)
        samples, accepted, before = self.samples(), self.accepted(), len(self.momd.log())
        self.renew(renewed)
        self.reload()
        self.momd.wait("another connection", lambda: self.accepted() == accepted + 1)
        self.wait_cycle(3)
        self.assertEqual(self.accepted(), accepted + 1)
        after = self.samples()
        for uuid, count in samples.items():
            self.assertGreater(after[uuid], count)
        for words in STANDING:
            self.assertNotIn(words, self.told_since(before))

        # One that vdsm refuses shows that it is this one which is shown.
        self.renew(os.path.join(own, "other"))
        self.reload()
        self.momd.wait("the refusal", lambda: "Not connected to vdsm, trying on" in self.told_since(before))
        before = len(self.momd.log())
        self.renew(own)
        self.reload()
        self.momd.wait("the connection", lambda: "Connected to vdsm" in self.told_since(before))
        self.assertEqual(set(self.samples()), set(samples))

    def test_unusable_certificates(self):
        """certificates that cannot be used leave the connection, and are told"""
        accepted = self.accepted()
        key = os.path.join(self.peer.pki, "keys", "vdsmkey.pem")
        text = self.read(key)
        for spoil, pattern in ((lambda: self.write(key, "no key", 0o600), "vdsmkey.pem"),
                               (lambda: self.write(key, text, 0o620), "vdsmkey.pem is not trusted"),
                               (lambda: os.unlink(key), "vdsmkey.pem")):
            spoil()
            told = self.reload()
            self.assertTrue(any("The connection to vdsm stays as it is: " in line and pattern in line
                                for line in told), told)
        self.wait_cycle()
        self.assertEqual(self.accepted(), accepted)
        self.write(key, text, 0o600)

    def test_end(self):
        """after all that momd stops cleanly"""
        self.assertEqual(self.momd.stop(), 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    sys.exit(tap.main())
