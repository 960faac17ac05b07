#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's command line and life, on the built momd: options, exit codes, PID file, signals, what a bad
configuration or policy says.

Needs no hypervisor: vdsm's port is one where nobody listens, which momd has to live with.
Usage: test-momd.py MOMD
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import xmlrpc.client
import http.client

MOMD = sys.argv.pop(1)
os.umask(0o022)          # momd believes no file that a group may write
PATIENCE_S = 30


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(bytes.fromhex(self.host).decode())


class UnixTransport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return UnixConnection(host)


def rpc(path):
    return xmlrpc.client.ServerProxy("http://%s/RPC2" % path.encode().hex(), transport=UnixTransport(),
                                     allow_none=True)


def wait_for(what, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Momd(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="momd-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.socket = os.path.join(self.dir, "mom.sock")
        os.mkdir(self.path("mom.d"))
        self.write("mom.d/00-defines.policy", "(defvar a 1)\n")
        self.write_config()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def write_config(self, main="", more=""):
        self.write("mom.conf",
                   "[main]\nhypervisor-interface: vdsmjsonrpcclient\nrpc-port: %s\npolicy-dir: %s\nstate-dir: %s\n%s\n"
                   "[vdsm]\nport: 1\nssl: false\n[host]\ncollectors: HostMemory\n"
                   "[guest]\ncollectors: GuestBalloonOptional\n%s\n"
                   % (self.socket, self.path("mom.d"), self.path("state"), main, more))

    def run_momd(self, *args):
        return subprocess.run([MOMD, *args], capture_output=True, text=True, timeout=PATIENCE_S)

    def start(self, *args):
        self.log = open(self.path("stderr"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        process = subprocess.Popen([MOMD, "-c", self.path("mom.conf"), *args], stderr=self.log)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        wait_for(lambda: self.answers() or process.poll() is not None)
        return process

    def answers(self):
        """A socket that is there may not be served yet."""
        try:
            return rpc(self.socket).ping()
        except OSError:
            return False

    def logged(self):
        with open(self.path("stderr"), encoding="utf-8") as f:
            return f.read()

    def assert_stops(self, process, number):
        process.send_signal(number)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertFalse(os.path.exists(self.socket), "the socket is left behind")

    def test_version_and_help_exit_0(self):
        version = self.run_momd("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^momd \d+\.\d+\.\d+\n$")
        usage = self.run_momd("--help")
        self.assertEqual(usage.returncode, 0)
        for option in ("-c", "-r", "-P", "-p", "-l", "-v", "-d", "--pid-file", "--version"):
            self.assertIn(option, usage.stdout)

    def test_wrong_usage_exits_2_and_says_what(self):
        for args in (["--nonsense"], ["argument"], ["-c"]):
            done = self.run_momd(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn("--help", done.stderr)

    def test_a_missing_configuration_file_is_named(self):
        done = self.run_momd("-c", self.path("nosuch.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("nosuch.conf", done.stderr)

    def test_a_broken_configuration_file_is_named_with_its_line(self):
        self.write("mom.conf", "[main]\nno value here\n")
        done = self.run_momd("-c", self.path("mom.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"mom\.conf:2")

    def test_an_unknown_interface_is_an_error(self):
        self.write_config(main="hypervisor-interface2: x")
        self.write("mom.conf", "[main]\nhypervisor-interface: xen\n")
        done = self.run_momd("-c", self.path("mom.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn('"xen"', done.stderr)

    def test_policy_and_policy_dir_together_are_refused(self):
        self.write_config(main="policy: /x")
        done = self.run_momd("-c", self.path("mom.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("policy-dir", done.stderr)

    def test_an_unknown_key_is_a_warning_with_a_suggestion(self):
        self.write_config(main="polcy-engine-interval: 3")
        process = self.start()
        self.assertRegex(self.logged(), r"mom\.conf:6: .*polcy-engine-interval.*policy-engine-interval")
        self.assert_stops(process, signal.SIGTERM)

    def test_sigterm_and_sigint_stop_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assert_stops(self.start(), number)

    def test_a_policy_with_a_fault_is_named_and_the_others_are_in_force(self):
        self.write("mom.d/10-bad.policy", "(defvar b 1)\n(defvar c\n")
        process = self.start()
        wait_for(lambda: "10-bad" in self.logged())
        self.assertRegex(self.logged(), r"10-bad:2:1: ")
        self.assertEqual(list(rpc(self.socket).getNamedPolicies()), ["00-defines"])
        self.assert_stops(process, signal.SIGTERM)

    def test_it_serves_while_nobody_answers_at_vdsms_port(self):
        process = self.start()
        momd = rpc(self.socket)
        self.assertIs(momd.ping(), True)
        host = momd.getStatistics()["host"]
        for key in ("ksm_run", "ksm_pages_to_scan", "ksm_merge_across_nodes", "ksm_pages_sharing",
                    "ksmd_cpu_usage"):
            self.assertIsInstance(host[key], int)
        self.assertGreater(host["mem_available"], 0)
        wait_for(lambda: "Not connected to vdsm" in self.logged())
        self.assert_stops(process, signal.SIGTERM)

    def start_on_libvirt(self):
        self.write_config(main="libvirt-hypervisor-uri: test:///default")
        with open(self.path("mom.conf"), encoding="utf-8") as f:
            text = f.read().replace("vdsmjsonrpcclient", "libvirt")
        self.write("mom.conf", text)
        return self.start()

    def test_it_works_on_libvirt_without_vdsm(self):
        process = self.start_on_libvirt()
        wait_for(lambda: rpc(self.socket).getActiveGuests() == ["test"])
        guest = rpc(self.socket).getStatistics()["guests"]["test"]
        self.assertGreater(guest["balloon_max"], 0)
        self.assert_stops(process, signal.SIGTERM)

    def test_a_refused_push_is_a_fault_that_tells_the_place(self):
        process = self.start()
        momd = rpc(self.socket)
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            momd.setNamedPolicy("02-mine", "(set a 1)\n(set nosuch 2)")
        self.assertIn("02-mine:2:", caught.exception.faultString)
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            momd.setNamedPolicy("01-parameters", "(set nosuch 2)")
        self.assertIn("01-parameters:1:", caught.exception.faultString)
        self.assertIs(momd.setNamedPolicy("01-parameters", "(set a 5)"), True)
        self.assertEqual(momd.getPolicy(), "(defvar a 1)\n\n(set a 5)")
        self.assert_stops(process, signal.SIGTERM)

    def test_the_tuning_policy_has_the_name_that_is_configured(self):
        self.write_config(main="tuning-policy: 99-engine")
        process = self.start()
        momd = rpc(self.socket)
        pushed = "(set a 5)\n(set nosuch [1, 2])\n(set b None)"
        self.assertIs(momd.setNamedPolicy("99-engine", pushed), True)
        self.assertEqual(momd.getNamedPolicies()["99-engine"], pushed)
        self.assertEqual([text.rpartition(": ")[0] for text in momd.getStatus()["set_aside"]],
                         ["99-engine:2:15: (set nosuch [1, 2])", "99-engine:3:6: (set b None)"])
        with self.assertRaises(xmlrpc.client.Fault):
            momd.setNamedPolicy("01-parameters", pushed)
        self.assert_stops(process, signal.SIGTERM)

    def test_the_status_tells_version_guests_and_faults(self):
        process = self.start()
        momd = rpc(self.socket)
        status = wait_for(lambda: (lambda s: s["source_fault"] and s)(momd.getStatus()))
        self.assertRegex(status["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual((status["hypervisor"], status["guests"], status["policies"]), ("vdsm", 0, "ok"))
        self.assertIsNone(status["policy_fault"])
        self.assertIn("No guest data from vdsm", status["source_fault"])
        self.assertEqual((status["connected"], status["last_cycle_s_ago"], status["cycles"]), (False, None, 0))
        self.assertEqual((status["interval_s"], status["policy_names"]), (10.0, ["00-defines"]))
        self.assertGreater(status["uptime_s"], 0)
        self.assertGreater(momd.getStatus()["rpc_calls"], status["rpc_calls"])
        self.assertEqual(status["rpc_faults"], 0)
        self.assert_stops(process, signal.SIGTERM)

    def test_the_status_tells_of_cycles(self):
        process = self.start_on_libvirt()
        momd = rpc(self.socket)
        status = wait_for(lambda: (lambda s: s["cycles"] and s)(momd.getStatus()))
        self.assertEqual((status["connected"], status["hypervisor"], status["guests"]), (True, "libvirt", 1))
        self.assertGreaterEqual(status["last_cycle_s_ago"], 0)
        self.assertLess(status["last_cycle_s_ago"], status["uptime_s"])
        self.assert_stops(process, signal.SIGTERM)

    def test_a_policy_is_checked_without_being_taken_over(self):
        """By the text, by the checker, and by a trial on the guest that is there."""
        process = self.start_on_libvirt()
        momd = rpc(self.socket)
        wait_for(lambda: momd.getStatus()["cycles"])
        self.assertEqual(momd.checkPolicy("x", "(set a 2)"), [])
        self.assertEqual(momd.checkPolicy("nosuch", None), [])
        for text, line, severity, words in (("\n(defvar", 2, "error", "never closed"),
                                            ("(set nosuch 2)", 1, "error", "nosuch"),
                                            ("(defvar z 0)\n(/ 1 z)", 2, "error", "zero"),
                                            ("(defvar unused 0)\n(if 0 (set a 1) 0)", 2, "warning", "")):
            found = momd.checkPolicy("x", text)
            self.assertEqual([(f["policy"], f["line"], f["severity"]) for f in found], [("x", line, severity)], found)
            self.assertIn(words, found[0]["message"])
            self.assertGreater(found[0]["column"], 0)
        self.assertEqual(momd.getNamedPolicies(), {"00-defines": "(defvar a 1)\n"})
        self.assert_stops(process, signal.SIGTERM)

    def test_the_rules_file_replaces_the_policy_directory(self):
        self.write("rules", "(defvar r 1)")
        process = self.start("-r", self.path("rules"))
        self.assertEqual(rpc(self.socket).getNamedPolicies(), {"50_main_": "(defvar r 1)"})
        self.assert_stops(process, signal.SIGTERM)

    def test_the_log_goes_to_a_file_in_the_reference_s_format(self):
        process = self.start("-l", self.path("mom.log"), "-v", "info")
        with open(self.path("mom.log"), encoding="utf-8") as f:
            first = wait_for(f.readline)
        self.assertRegex(first, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - mom\S* - INFO - momd ")
        self.assert_stops(process, signal.SIGTERM)

    def test_in_the_background_with_a_pid_file(self):
        done = self.run_momd("-c", self.path("mom.conf"), "-d", "--pid-file", self.path("pid"),
                             "-l", self.path("mom.log"))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("pid"), encoding="ascii") as f:
            pid = int(f.read())
        self.assertIs(rpc(self.socket).ping(), True)
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not os.path.exists(self.path("pid")))

    def test_a_start_that_fails_in_the_background_fails_the_command(self):
        self.write_config(main="rpc-port2: x")
        done = self.run_momd("-c", self.path("mom.conf"), "-d", "--pid-file", self.path("no/such/dir/pid"))
        self.assertEqual(done.returncode, 1)

    def test_why_it_cannot_start_is_told_to_who_started_it_and_to_the_log(self):
        self.write_config(main="policy: /x")
        for more in ([], ["-d", "--pid-file", self.path("pid")]):
            done = self.run_momd("-c", self.path("mom.conf"), "-l", self.path("mom.log"), *more)
            self.assertEqual(done.returncode, 1)
            self.assertIn("policy-dir", done.stderr)
        with open(self.path("mom.log"), encoding="utf-8") as f:
            self.assertEqual(f.read().count("policy-dir"), 2)

    def test_sigterm_stops_while_vdsm_is_silent(self):
        """Accepted and not answered: in the TLS handshake, and after CONNECT."""
        for ssl in ("true", "false"):
            with socket.create_server(("127.0.0.1", 0)) as silent:
                silent.settimeout(PATIENCE_S)
                self.write_config()
                with open(self.path("mom.conf"), encoding="utf-8") as f:
                    text = f.read().replace("port: 1\nssl: false", "port: %d\nssl: %s\n%s" % (
                        silent.getsockname()[1], ssl, self.pki()))
                self.write("mom.conf", text)
                process = self.start()
                peer, _ = silent.accept()
                with peer:
                    peer.settimeout(PATIENCE_S)
                    self.assertTrue(peer.recv(1))
                    self.assert_stops(process, signal.SIGTERM)

    def pki(self):
        files = {name: self.path(name) for name in ("key.pem", "cert.pem")}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-subj", "/CN=localhost", "-days", "2", "-keyout", files["key.pem"],
                        "-out", files["cert.pem"]], check=True, capture_output=True)
        return "key-file: %s\ncert-file: %s\nca-cert-file: %s" % (
            files["key.pem"], files["cert.pem"], files["cert.pem"])

    def test_a_signal_during_the_start_stops_it_cleanly(self):
        """It waits from before momd's first instruction: whoever starts momd may hold signals back."""
        for number in (signal.SIGTERM, signal.SIGINT):
            def raise_held(number=number):
                signal.pthread_sigmask(signal.SIG_BLOCK, {number})
                os.kill(os.getpid(), number)
            process = subprocess.Popen([MOMD, "-c", self.path("mom.conf")], stderr=subprocess.PIPE,
                                       preexec_fn=raise_held)
            _, err = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0, err)
            self.assertFalse(os.path.exists(self.socket), "the socket is left behind")

    def test_who_may_call_and_how_is_configured(self):
        self.write_config(main="rpc-socket-mode: 0600\nrpc-socket-group: %d\nrpc-allowed-users: root, no-such-user"
                          % os.getegid())
        process = self.start()
        self.assertIs(rpc(self.socket).ping(), True)
        self.assertEqual(os.stat(self.socket).st_mode & 0o7777, 0o600)
        self.assertIn('rpc-allowed-users: there is no user "no-such-user"', self.logged())
        self.assert_stops(process, signal.SIGTERM)

    def test_a_mode_that_lets_others_in_is_a_complaint(self):
        for mode in ("0666", "0661", "0060", "1660", "rw", "0680"):
            self.write_config(main="rpc-socket-mode: " + mode)
            process = self.start()
            wait_for(lambda: rpc(self.socket).ping())
            self.assertEqual(os.stat(self.socket).st_mode & 0o7777, 0o660)
            self.assertIn("mom.conf:6: rpc-socket-mode", self.logged().replace("[main] ", "").replace("key ", ""))
            self.assert_stops(process, signal.SIGTERM)

    def test_the_socket_s_directory_is_made(self):
        self.socket = self.path("run/mom.sock")
        self.write_config()
        process = self.start()
        self.assertIs(rpc(self.socket).ping(), True)
        self.assert_stops(process, signal.SIGTERM)
        self.socket = self.path("no/such/mom.sock")
        self.write_config()
        done = self.run_momd("-c", self.path("mom.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.socket, done.stderr)

    def test_a_second_momd_on_the_same_socket_is_refused(self):
        first = self.start()
        second = self.run_momd("-c", self.path("mom.conf"))
        self.assertEqual(second.returncode, 1)
        self.assertIn(self.socket, second.stderr)
        self.assertIs(rpc(self.socket).ping(), True)
        self.assert_stops(first, signal.SIGTERM)


class TapResult(unittest.TestResult):
    """Prints one TAP line a test."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def line(self, ok, test, text=""):
        self.count += 1
        print("%s %d - %s" % ("ok" if ok else "not ok", self.count, test.id().split(".")[-1]))
        for row in text.splitlines():
            print("# " + row)
        sys.stdout.flush()

    def addSuccess(self, test):
        self.line(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(False, test, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self.line(False, test, self._exc_info_to_string(err, test))


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Momd)
    print("1..%d" % suite.countTestCases())
    outcome = TapResult()
    suite.run(outcome)
    sys.exit(0 if outcome.wasSuccessful() else 1)
