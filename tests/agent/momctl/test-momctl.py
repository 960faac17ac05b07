#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momctl as it is typed: output, exit codes, files, standard input, and a running momd to ask.

Only the built programs are used.  Must never look at anything but what a user sees.
Usage: test-momctl.py MOMCTL MOMD
"""
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import tap  # noqa: E402

MOMD = sys.argv.pop(2)
MOMCTL = sys.argv.pop(1)
STOCK = os.path.join(ROOT, "contrib", "vdsm", "mom.d")
PATIENCE_S = 30

STATE = {
    "host": {"stats": [{"mem_free": 100, "mem_available": 400}, {"mem_free": 200, "mem_available": 400}]},
    "guests": [{"properties": {"uuid": "u-1", "name": "web"}, "variables": {"calm": 2},
                "stats": [{"balloon_cur": 1000, "balloon_min": 2000}]}],
}


def undated(story: str) -> str:
    """Without how long ago numbers were read, which may be a second more the next time."""
    return re.sub(r"read \d+ s ago", "read", story)


class Momctl(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="momctl-test-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.state = self.write("state.json", json.dumps(STATE))

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def run_it(self, code, *args, stdin=""):
        done = subprocess.run([MOMCTL, *args], input=stdin, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def policy(self, code, *args, stdin=""):
        return self.run_it(code, "policy", *args, stdin=stdin)


class Usage(Momctl):
    def test_help(self):
        """help tells all commands, and each command its options"""
        text = self.run_it(0, "--help").stdout
        self.assertEqual(text, self.policy(0, "--help").stdout)
        for command in ("status", "guests", "why", "decisions"):
            self.assertRegex(text, r"(?m)^  %s +\w" % command)
            self.assertIn("momctl %s [OPTION" % command, self.run_it(0, command, "--help").stdout)
        for command in ("check", "eval", "state", "format", "repl"):
            self.assertIn("policy " + command, text)
            self.assertIn("momctl policy %s [OPTION" % command, self.policy(0, command, "--help").stdout)
        self.assertIn("--strict", self.policy(0, "check", "--help").stdout)

    def test_version(self):
        """the version is momd's"""
        momd = subprocess.run([MOMD, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(self.run_it(0, "--version").stdout, momd.replace("momd", "momctl"))

    def test_wrong_usage(self):
        """wrong usage exits with 2 and says what is wrong"""
        for args, what in (([], "command"), (["polcy"], "polcy"), (["policy"], "command"),
                           (["policy", "chek"], "chek"), (["policy", "check"], "FILE"),
                           (["policy", "check", "--nonsense"], "nonsense"), (["policy", "eval"], "--state"),
                           (["policy", "state", "x"], '"x"'), (["policy", "format", "--write"], "FILE"),
                           (["policy", "format", "--write", "--check", "x"], "exclude"),
                           (["policy", "format", "--write", "-"], "standard input")):
            done = self.run_it(2, *args)
            self.assertIn(what, done.stderr)
            self.assertIn("--help", done.stderr)
            self.assertEqual(done.stdout, "")


class Check(Momctl):
    def test_stock_set(self):
        """the stock set has no findings, with all collectors and with those of its configuration"""
        for config in ([], ["--config", os.path.join(ROOT, "contrib", "vdsm", "mom.conf")]):
            done = self.policy(0, "check", "--strict", *config, STOCK)
            self.assertEqual(done.stdout, "")

    def test_place_and_caret(self):
        """an error is told with place, source line and caret"""
        file = self.write("10-a.policy", "(defvar a 1)\n  (set nosuch a)\n")
        out = self.policy(1, "check", file).stdout.splitlines()
        self.assertRegex(out[0], r"^10-a:2:8: error: .*nosuch")
        self.assertEqual(out[1:], ["  (set nosuch a)", "       ^"])

    def test_load_errors_of_several_files(self):
        """of each file that is no program the first fault is told"""
        self.write("d/10-a.policy", "(defvar a\n")
        self.write("d/20-b.policy", "1 ]")
        self.write("d/.hidden.policy", "(")
        self.write("d/readme.txt", "(")
        out = self.policy(1, "check", self.path("d"))
        self.assertRegex(out.stdout, r"(?s)^10-a:1:1: error: .*20-b:1:3: error: ")
        self.assertNotIn("hidden", out.stdout)
        self.assertIn("2 errors, 0 warnings", out.stderr)

    def test_bytes_that_are_no_text(self):
        """bytes that are no text are told with their place"""
        with open(self.path("x.policy"), "wb") as f:
            f.write(b"(debug 1)\n(debug '\xff')\n")
        done = subprocess.run([MOMCTL, "policy", "check", self.path("x.policy")], capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout.startswith(b"x:2:9: error: "), done.stdout)

    def test_what_terminals_must_not_see(self):
        """of the source line no control characters are shown, and no line of thousands of characters"""
        file = self.write("x.policy", "# \x1b[2J\n(debug '\x1b[31m\a' ä (nosuch))")
        done = self.policy(1, "check", file)
        self.assertIn("\n(debug '?[31m?' ä (nosuch))\n", done.stdout)
        done = self.policy(1, "check", self.write("x.policy", "\x1b[2J"))
        self.assertRegex(done.stdout, r"^x:1:1: error: .*'\?'\n\?\[2J\n\^\n$")
        done = self.policy(1, "check", self.write("x.policy", "(nosuch %s)" % ("1 " * 10000)))
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_strict(self):
        """a warning fails only with --strict"""
        file = self.write("a.policy", '(Host.Control "ksm_rum" 1)')
        self.assertRegex(self.policy(0, "check", file).stdout, r"^a:1:15: warning: .*ksm_rum")
        self.policy(1, "check", "--strict", file)

    def test_json(self):
        """findings as JSON"""
        file = self.write("a.policy", "(nosuch)")
        found = json.loads(self.policy(1, "check", "--json", file).stdout)
        self.assertEqual((found["errors"], found["warnings"]), (1, 0))
        finding = found["findings"][0]
        self.assertIn("nosuch", finding.pop("message"))
        self.assertEqual(finding, {"policy": "a", "line": 1, "column": 2, "severity": "error"})
        self.assertEqual(json.loads(self.policy(0, "check", "--json", STOCK).stdout),
                         {"findings": [], "errors": 0, "warnings": 0})

    def test_config(self):
        """fields and controls are those of the configuration"""
        file = self.write("a.policy", '(defvar x Host.ksm_run)\n(Host.Control "ksm_run" x)')
        config = self.write("mom.conf", "[main]\ncontrollers: Balloon\n[host]\ncollectors: HostMemory\n")
        self.policy(0, "check", "--strict", file)
        out = self.policy(1, "check", "--config", config, file).stdout
        self.assertRegex(out, r"a:1:11: error: .*ksm_run")
        self.assertRegex(out, r"a:2:15: warning: .*ksm_run")
        config = self.write("mom.conf", "[main]\ntuning-policy: b\n")
        self.assertIn("no policy before this one defines the parameter nosuch", self.policy(
            1, "check", "--config", config, self.write("b.policy", "(set nosuch 1)")).stdout)
        config = self.write("mom.conf", "[main]\ncontrolers: x\n[host]\ncollectors: HostMemry\n")
        err = self.policy(0, "check", "--config", config, "-").stderr
        self.assertRegex(err, r"(?s)mom\.conf:2: .*controlers.*\[host\] collectors: .*\"HostMemry\"")

    def test_a_file_takes_the_place_of_a_directory_s(self):
        """of equal names the later is meant"""
        self.write("d/10-a.policy", "(nosuch)")
        self.policy(1, "check", self.path("d"))
        self.policy(0, "check", self.path("d"), self.write("10-a.policy", "1"))

    def test_what_cannot_be_read(self):
        """what cannot be read is named"""
        self.assertIn("nosuch.policy", self.policy(1, "check", self.path("nosuch.policy")).stderr)
        self.assertIn("no.conf", self.policy(1, "check", "--config", self.path("no.conf"), STOCK).stderr)

    def test_standard_input(self):
        """standard input is the main policy"""
        self.assertIn("50_main_:1:2: error", self.policy(1, "check", "-", stdin="(nosuch)").stdout)


class Eval(Momctl):
    TEXT = '(with Guests g {\n  (g.Control "balloon_target" g.balloon_min)\n  (g.SetVar "seen" "x")\n})\n' \
           '(Host.Control "share" (/ (Host.StatAvg "mem_free") Host.mem_available))\n'

    def test_outcome(self):
        """controls with their places, and variables, of host and guests"""
        file = self.write("a.policy", self.TEXT)
        self.assertEqual(self.policy(0, "eval", "--state", self.state, file).stdout,
                         "host\n  control share = 0.375  (a:5:2)\n"
                         "guest web (u-1)\n  control balloon_target = 2000  (a:2:4)\n"
                         '  variable calm = 2\n  variable seen = "x"\n')

    def test_json(self):
        """the outcome as JSON, in the vectors' notation"""
        out = json.loads(self.policy(0, "eval", "--state", self.state, "--json", stdin=self.TEXT).stdout)
        self.assertEqual(out, {"error": None, "host_controls": {"share": 0.375},
                               "guest_controls": {"u-1": {"balloon_target": 2000}},
                               "guest_variables": {"u-1": {"calm": 2, "seen": "x"}}})

    def test_trace(self):
        """a trace has every top-level expression with its value, those before an error too"""
        self.write("d/1.policy", "# one\n(defvar a 0.2) # two\n'x' (def f (x)\n  x)")
        self.write("d/2.policy", "(f a)\n(with Guests g\n  g)\n  (f)\n3")
        done = self.policy(1, "eval", "--state", self.state, "--trace", self.path("d"))
        self.assertEqual(done.stdout, "1:2:1: (defvar a 0.2) = 0.2\n1:3:1: 'x' = \"x\"\n"
                                      "1:3:5: (def f (x) … = \"f\"\n2:1:1: (f a) = 0.2\n"
                                      "2:2:1: (with Guests g … = (<entity>)\n")
        self.assertRegex(done.stderr, r"^2:4:4: error: .*\n  \(f\)\n   \^\n")

    def test_trace_as_json(self):
        """a trace as JSON has the whole text"""
        out = json.loads(self.policy(0, "eval", "--state", self.state, "--json", "--trace",
                                     stdin="(+ 1\n   1.5)").stdout)
        self.assertEqual(out["trace"], [{"policy": "50_main_", "line": 1, "column": 1,
                                         "text": "(+ 1\n   1.5)", "value": 2.5}])

    def test_an_error_hides_what_would_not_be_applied(self):
        """a run that fails shows no controls, and its place in JSON"""
        text = '(Host.Control "a" 1)\n(+ 1 nil)'
        done = self.policy(1, "eval", "--state", self.state, stdin=text)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^50_main_:2:2: error: .*\n\(\+ 1 nil\)\n \^\n")
        out = json.loads(self.policy(1, "eval", "--state", self.state, "--json", stdin=text).stdout)
        self.assertEqual((out["error"]["policy"], out["error"]["line"], out["error"]["column"]),
                         ("50_main_", 2, 2))

    def test_no_program(self):
        """what is no program is not run"""
        self.assertIn("50_main_:1:1: error", self.policy(1, "eval", "--state", self.state, stdin="(").stderr)

    def test_debug(self):
        """debug speaks on standard error"""
        done = self.policy(0, "eval", "--state", self.state, stdin='(debug "a" 1)')
        self.assertEqual(done.stderr, "50_main_:1:2: debug: a 1\n")

    def test_bad_states(self):
        """what is no state is refused with its name and the reason"""
        for text, why in (("{", "not JSON"), ("[]", "host and guests"), ('{"host":{},"guests":1}', "guests")):
            done = self.policy(1, "eval", "--state", self.write("bad.json", text), stdin="1")
            self.assertIn("bad.json: ", done.stderr)
            self.assertIn(why, done.stderr)
        self.assertIn("nosuch.json", self.policy(1, "eval", "--state", self.path("nosuch.json")).stderr)

    def test_stock_set(self):
        """the stock set runs on the states of its vectors as the vectors say"""
        with open(os.path.join(ROOT, "tests", "conformance", "momd.json"), encoding="utf-8") as f:
            vectors = [v for v in json.load(f) if "overlay" not in v or not v["overlay"]]
        vectors = [v for v in vectors if not v["expect"].get("error")][:5]
        self.assertTrue(vectors)
        for vector in vectors:
            wanted = vector.get("expect_ours", vector["expect"])
            file = self.write("vector.json", json.dumps({"host": vector["host"],
                                                         "guests": vector.get("guests", [])}))
            out = json.loads(self.policy(0, "eval", "--json", "--state", file, STOCK).stdout)
            self.assertEqual(set(out["guest_controls"]), set(wanted["guest_controls"]))
            self.assertEqual(out["host_controls"], wanted["host_controls"])


class Format(Momctl):
    UGLY, TIDY = "(+ 1\n 2)   # why\n", "(+ 1\n   2)  # why\n"

    def test_print(self):
        """standard input or files are printed, and stay as they are"""
        self.assertEqual(self.policy(0, "format", stdin=self.UGLY).stdout, self.TIDY)
        files = [self.write("a.policy", self.UGLY), self.write("d/a.policy", "( )")]
        self.assertEqual(self.policy(0, "format", *files).stdout, self.TIDY + "()\n")
        self.assertEqual(self.read("a.policy"), self.UGLY)

    def test_write(self):
        """--write changes what needs it and keeps the mode"""
        ugly, tidy = self.write("a.policy", self.UGLY), self.write("b.policy", self.TIDY)
        os.chmod(ugly, 0o640)
        os.utime(tidy, (1, 1))
        os.symlink(ugly, self.path("link.policy"))
        self.assertEqual(self.policy(0, "format", "--write", self.path("link.policy"), tidy).stdout, "")
        self.assertEqual(self.read("a.policy"), self.TIDY)
        self.assertEqual(os.stat(ugly).st_mode & 0o777, 0o640)
        self.assertTrue(os.path.islink(self.path("link.policy")))
        self.assertEqual(os.stat(tidy).st_mtime, 1)

    def test_check(self):
        """--check names what would change and fails"""
        ugly, tidy = self.write("a.policy", self.UGLY), self.write("b.policy", self.TIDY)
        self.assertEqual(self.policy(1, "format", "--check", ugly, tidy).stdout, ugly + "\n")
        self.assertEqual(self.policy(0, "format", "--check", tidy, STOCK).stdout, "")
        self.assertEqual(self.read("a.policy"), self.UGLY)

    def test_no_program(self):
        """what is no program is told and left as it is, others are done"""
        bad, ugly = self.write("bad.policy", "(a"), self.write("b.policy", self.UGLY)
        done = self.policy(1, "format", "--write", bad, ugly)
        self.assertRegex(done.stderr, r"^bad:1:1: error: .*\n\(a\n\^\n")
        self.assertEqual((self.read("bad.policy"), self.read("b.policy")), ("(a", self.TIDY))


class Repl(Momctl):
    def test_values(self):
        """values are printed, definitions are kept, brackets may stay open over lines"""
        done = self.policy(0, "repl", stdin='(defvar a 2)\n(def f (x)\n (* a\n x))\n(f 1.5) "s"\n\n.5\nnil\n')
        self.assertEqual(done.stdout, '2\n"f"\n3.0\n"s"\n0.5\nnil\n')
        self.assertEqual(done.stderr, "")

    def test_errors(self):
        """a line that fails is told with its place, leaves no trace, and fails the command in the end"""
        done = self.policy(1, "repl", stdin="(defvar a 1)\n(set a (+ 1 (foo)))\n]\na\n")
        self.assertEqual(done.stdout, "1\n1\n")
        self.assertRegex(done.stderr, r"^~repl:2:14: error: .*foo\n\(set a \(\+ 1 \(foo\)\)\)\n {13}\^\n"
                                      r"~repl:2:1: error: .*\n\]\n\^\n$")

    def test_state_and_policies(self):
        """it has the state and the policies that are given"""
        file = self.write("10-a.policy", '(debug "once")\n(defvar share (/ Host.mem_free Host.mem_available))\n'
                                         "(Host.Control \"c\" share)")
        done = self.policy(0, "repl", "--state", self.state, file,
                           stdin='share\n(debug "new")\n(Host.Control "d" 1)\n.controls\n.state\n.quit\n(nosuch)\n')
        self.assertEqual(done.stdout, '0.5\n"new"\nnil\n'
                         "host\n  control c = 0.5  (10-a:3:2)\n  control d = 1  (~repl:3:2)\n"
                         "guest web (u-1)\n  variable calm = 2\n"
                         "host\n  mem_free = 200\n  mem_available = 400\n"
                         "guest web (u-1)\n  balloon_cur = 1000\n  balloon_min = 2000\n")
        self.assertEqual(done.stderr, "~repl:2:2: debug: new\n")

    def test_commands(self):
        """.help lists the commands, an unknown one is an error"""
        done = self.policy(1, "repl", stdin=".help\n.nosuch\n")
        for name in (".help", ".quit", ".state", ".controls"):
            self.assertIn(name, done.stdout)
        self.assertIn(".nosuch", done.stderr)

    def test_the_end_in_the_middle(self):
        """an end of input with open brackets is an error"""
        self.assertIn("never closed", self.policy(1, "repl", stdin="(+ 1").stderr)

    def test_policies_that_fail(self):
        """policies that fail on the state end it at once"""
        done = self.policy(1, "repl", self.write("a.policy", "Host.mem_free"), stdin="1\n")
        self.assertEqual(done.stdout, "")
        self.assertIn("a:1:1: error", done.stderr)

    def test_a_terminal(self):
        """on a terminal there is a prompt, and errors do not fail it"""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(MOMCTL, [MOMCTL, "policy", "repl"])
        seen = b""
        for line, wanted in ((b"(* 6\n", b"...> "), (b"7)\n", b"42"), (b"(foo)\n", b"unknown"), (b".quit\n", None)):
            seen = self.until(terminal, seen, b"policy> " if line != b"7)\n" else b"...> ")
            os.write(terminal, line)
            seen = self.until(terminal, b"", wanted) if wanted else seen
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        os.close(terminal)

    def until(self, terminal, seen, wanted):
        end = time.monotonic() + PATIENCE_S
        while wanted not in seen:
            self.assertLess(time.monotonic(), end, seen)
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 4096)
        return seen


class Running(Momctl):
    def start_momd(self, port, policy='(Host.SetVar "cycles" (+ 1 0))', controllers=""):
        self.write("mom.d/a.policy", policy)
        self.config = self.write(
            "mom.conf", "[main]\nhypervisor-interface: libvirt\nlibvirt-hypervisor-uri: test:///default\n"
            "rpc-port: %s\npolicy-dir: %s\nstate-dir:\ncontrollers: %s\npolicy-engine-interval: 1\n"
            "[host]\ncollectors: HostMemory\n"
            "[guest]\ncollectors: GuestBalloonOptional\n" % (port, self.path("mom.d"), controllers))
        momd = subprocess.Popen([MOMD, "-c", self.config], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (momd.terminate(), momd.wait()))


class State(Running):
    def ask(self, *args):
        """The state, once the guest is known."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            done = subprocess.run([MOMCTL, "policy", "state", *args], capture_output=True, text=True,
                                  timeout=PATIENCE_S)
            state = json.loads(done.stdout) if done.returncode == 0 else {}
            if state.get("guests"):
                return done.stdout, state
            time.sleep(0.1)
        raise AssertionError("waited in vain: " + done.stdout + done.stderr)

    def test_a_running_momd(self):
        """the state of a running momd is saved, and policies run on it"""
        self.start_momd(self.path("mom.sock"))
        text, state = self.ask("--socket", self.path("mom.sock"))
        self.assertEqual(state["guests"][0]["properties"]["name"], "test")
        self.assertGreater(state["host"]["stats"][-1]["mem_available"], 0)
        self.assertEqual(len(state["host"]["stats"]), len(state["host"]["times_us"]))
        self.assertIn("swap_out", state["host"]["fields"])
        self.assertEqual(self.ask("--config", self.config)[1]["guests"][0]["fields"],
                         ["balloon_cur", "balloon_max", "balloon_min", "balloon_allowed", "balloon_refusal", "data_source",
                          "data_age"])
        file = self.write("now.json", text)
        self.assertEqual(self.policy(0, "eval", "--state", file, "--trace", stdin="(> Host.mem_available 0)")
                         .stdout.splitlines()[0], "50_main_:1:1: (> Host.mem_available 0) = true")

    def test_nobody_there(self):
        """nobody at the socket is told with its path"""
        self.assertIn("/no.sock", self.policy(1, "state", "--socket", self.path("no.sock")).stderr)
        config = self.write("off.conf", "[main]\nrpc-port: -1\n")
        self.assertIn("rpc-port", self.policy(1, "state", "--config", config).stderr)
        self.assertIn("rel.sock", self.policy(1, "state", "--socket", "rel.sock").stderr)


class Present(Running):
    """What a running momd did, on libvirt's own stand-in for a hypervisor: one guest called test."""

    POLICY = '(def shrink (guest)\n  (guest.Control "balloon_target" (/ guest.balloon_max 8)))\n' \
             "(with Guests guest (shrink guest))\n"

    def setUp(self):
        super().setUp()
        self.socket = self.path("mom.sock")

    def until_told(self, *wanted):
        """The decisions, once all WANTED are told."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            done = subprocess.run([MOMCTL, "decisions", "-s", self.socket], capture_output=True, text=True,
                                  timeout=PATIENCE_S)
            if done.returncode == 0 and all(text in done.stdout for text in wanted):
                return done.stdout
            time.sleep(0.1)
        raise AssertionError("waited in vain: " + done.stdout + done.stderr)

    def ask(self, code, *args):
        return self.run_it(code, *args, "--socket", self.socket)

    def test_a_guest_that_shrank(self):
        """what was done is listed, explained, and in the tables"""
        self.start_momd(self.socket, self.POLICY, "Balloon")
        self.assertRegex(self.until_told("done"), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  "
                         r"balloon_target of test: \d+ -> 1048576, done \(a:2\)\n$")
        story = self.ask(0, "why", "test").stdout
        self.assertRegex(story, r"(?s)^test \([-0-9a-f]{36}\)\nIt has .* GiB.*"
                                r"balloon_target from [0-9.]+ GiB to 1.00 GiB: done\n +set by line 2 of a\b")
        as_json = json.loads(self.ask(0, "why", "test", "--json").stdout)
        self.assertEqual(undated(as_json["text"]), undated(story))
        self.assertRegex(story, r"\nIts numbers are of libvirt, read \d+ s ago\.\n")
        uuid = as_json["uuid"]
        self.assertEqual(undated(self.ask(0, "why", uuid).stdout), undated(story))
        self.assertIn("of test from", self.ask(0, "why", "--knob", "balloon").stdout)
        heading, row = self.ask(0, "guests").stdout.splitlines()
        self.assertRegex(heading, r"^GUEST +HAS +MIN +MAX +USES +UNUSED +DATA +TO +AGE +LAST DECISION$")
        self.assertRegex(row, r"^test +[12]\.00 GiB +0 KiB +8\.00 GiB +- +- +libvirt, \d+ s +1\.00 GiB +\d+ s +balloon_target of test")
        guest, = json.loads(self.ask(0, "guests", "--json", "--sort", "has").stdout)
        self.assertEqual((guest["name"], guest["uuid"], guest["target"]), ("test", uuid, 1048576))
        status = self.ask(0, "status").stdout
        self.assertIn("guests managed: 1\n", status)
        self.assertRegex(status, r"last decision: balloon_target of test: .*\nthat was: \d+ s ago\n")
        self.assertNotIn("wrong", status)
        present = json.loads(self.ask(0, "status", "--json").stdout)
        self.assertEqual(present["policies"], "ok")
        with open(os.path.join(ROOT, "agent", "momd.8"), encoding="utf-8") as f:
            manual = f.read().split(".BR getStatus ()\n")[1].split("\n.TP\n")[0]
        self.assertEqual([key for key in present if not re.search(r"\b%s\b" % key, manual)], [])

    def test_conditions(self):
        """decisions are chosen by guest, knob, verdict, age and number"""
        self.start_momd(self.socket, self.POLICY.replace("(/ guest.balloon_max 8)", "-7"), "Balloon")
        line = self.until_told("railed, rail balloon-absurd")
        self.assertRegex(line, r"balloon_target of test: \d+ -> -7, railed, rail balloon-absurd: .* \(a:2\)")
        for args, found in ((["--guest", "test"], True), (["--guest", "tes"], False), (["--knob", "balloon"], True),
                            (["--knob", "ksm"], False), (["--verdict", "railed"], True),
                            (["--verdict", "done"], False), (["--since", "1h"], True), (["--since", "@99999999999"], False),
                            (["--since", "@1"], True), (["-n", "1"], True), (["--before", "1"], False),
                            (["--before", "2"], True)):
            self.assertEqual("balloon-absurd" in self.ask(0, "decisions", *args).stdout, found, args)
        decision, = json.loads(self.ask(0, "decisions", "--json").stdout)
        self.assertEqual((decision["verdict"], decision["to"], decision["line"]), ("railed", -7, 2))

    def test_wrong_conditions(self):
        """what is no condition is told and nothing is listed"""
        self.start_momd(self.socket)
        self.until_told()
        for code, args, what in ((1, ["--verdict", "good"], "passed-over"), (1, ["-n", "-3"], "last"), (1, ["-n", "0"], "last"),
                                 (2, ["--since", "3weeks"], "3weeks"), (2, ["--since", "@5min"], "@5min"),
                                 (2, ["x"], "x")):
            done = self.ask(code, "decisions", *args)
            self.assertIn(what, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertIn("nosuch", self.ask(1, "why", "nosuch").stderr)
        self.assertIn("--knob", self.ask(2, "why").stderr)
        self.ask(2, "why", "test", "--knob", "ksm")
        self.assertIn("size", self.ask(2, "guests", "--sort", "size").stderr)

    def test_nobody_there(self):
        """without a momd each says so"""
        for command in (["why", "x"], ["decisions"], ["status"], ["guests"]):
            self.assertIn("no momd at /no.sock", self.run_it(1, *command, "--socket", "/no.sock").stderr)


if __name__ == "__main__":
    sys.exit(tap.main())
