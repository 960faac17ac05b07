#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd beside vdsm, from the bus to the knobs: the stand-in, momd with contrib/vdsm's files, TLS.

    test_vdsm.py MOMD

One story, in the order of the file: connected, parameters pushed, host pressed, targets, KSM, bad
policies, restarts, faults, the end.  The model's time stands still where targets are compared, so that what
must be sent can be computed; waits end on what is seen, their deadlines are only for hangs.
"""
from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import unittest
import xmlrpc.client
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import clients          # noqa: E402
import stock            # noqa: E402
import tap              # noqa: E402
from guests import GIB  # noqa: E402
from momd import Momd   # noqa: E402
from running import Running  # noqa: E402

PROGRAM = ""
PUSHED = {"balloonEnabled": True, "ksmEnabled": True, "ksmMergeAcrossNodes": False}
CYCLES = 5               # more than the history is long: averages are present values then
PAGE = 4                 # KiB; a balloon moves in pages, nearer is reached
KSM_KEYS = {"run": (0, 2), "pages_to_scan": (64, 1250), "sleep_millisecs": (10, 1000),
            "merge_across_nodes": (0, 1)}


REPEAT_AFTER_S = 55       # momd's own figure is 60


class Bench:
    """The stand-in, momd, and questions about them."""

    def __init__(self) -> None:
        self.peer = Running("--sample", "0.5", "--guests", "13", "--memory", "68")
        self.momd = Momd(PROGRAM, self.peer, self.peer.path("momd"))

    def close(self) -> None:
        self.momd.stop()
        self.peer.stop()

    def state(self) -> dict[str, Any]:
        return self.peer.control("state")

    def last(self) -> int:
        return self.state()["last"]

    def guest(self, name: str) -> dict[str, Any]:
        return self.state()["guests"][name]

    def names(self) -> dict[str, str]:
        """uuid -> name"""
        return {guest["uuid"]: name for name, guest in self.state()["guests"].items()}

    def polls(self) -> int:
        """How often momd got the guests' statistics."""
        return sum("error" not in call for call in self.peer.calls("Host.getAllVmStats"))

    def wait_cycles(self, count: int = CYCLES, seconds: float = 60) -> None:
        goal = self.polls() + count
        self.momd.wait(f"{count} cycles", lambda: self.polls() >= goal, seconds)

    def targets(self, since: int = 0) -> dict[str, list[int]]:
        """Guest name -> the targets it was sent, in order."""
        names, sent = self.names(), {}
        for call in self.peer.calls("VM.setBalloonTarget", since):
            sent.setdefault(names[call["params"]["vmID"]], []).append(call["params"]["target"])
        return sent

    def call(self, method: str, params: Any = None) -> dict[str, Any]:
        """As the engine calls vdsm."""
        bus = self.peer.bus()
        try:
            return bus.call(method, params)
        finally:
            bus.close()

    def push(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self.peer.control("forgive")
        return self.call("Host.setMOMPolicyParameters", {"key_value_store": parameters})

    def host_stats(self) -> dict[str, Any]:
        self.peer.control("forgive")
        return self.call("Host.getStats")["result"]


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.bench = Bench()
        cls.bench.peer.control("freeze")
        cls.bench.momd.start()
        cls.bench.momd.wait("momd's socket", cls.bench.momd.answers)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.bench.close()

    def tearDown(self) -> None:
        self.bench.peer.control("clear")

    # ---- quiet

    def test_connects(self) -> None:
        """momd connects over TLS and takes up every guest of which enough is known"""
        expected = set(self.bench.state()["guests"]) - {"nonsense"}
        self.bench.momd.wait("the guests", lambda: set(self.bench.momd.rpc("getActiveGuests")) == expected)
        self.assertIn("Connected to vdsm\n", self.bench.momd.log())
        self.assertNotIn("No guest data", self.bench.momd.log())

    def test_status(self) -> None:
        """vdsm finds momd active and its KSM statistics complete"""
        stats = self.bench.host_stats()
        self.assertEqual(stats["momStatus"], "active")
        self.assertLessEqual({"ksmState", "ksmPages", "ksmMergeAcrossNodes", "memShared", "ksmCpu"}, set(stats))
        self.bench.momd.wait("the present KSM state", lambda: self.bench.host_stats()["ksmState"] is
                             bool(self.bench.state()["ksm"]["run"]))

    def test_guarantee(self) -> None:
        """a guest below its guarantee is raised to it, before anything is pushed, and only it"""
        self.bench.momd.wait("the guarantee", lambda: self.bench.targets())
        self.bench.wait_cycles(3)
        self.assertEqual(self.bench.targets(), {"starved": [6 * GIB]})

    def test_parameters(self) -> None:
        """the engine's parameters arrive at momd and are kept"""
        since = self.bench.last()
        self.assertIs(self.bench.push(PUSHED)["result"], True)
        [delivered] = self.bench.peer.calls("setNamedPolicy", since)
        self.assertNotIn("error", delivered)
        self.assertIn("(set balloonEnabled True)", self.bench.momd.rpc("getNamedPolicies")["01-parameters"])

    def test_bad_parameters(self) -> None:
        """a parameter that no policy knows, or that is no value, is set aside, told once, and poisons no later push"""
        bad = {"nosuch": 5, "Host": 5, "ksmEnabled ": [1, 2], "a list": [1, 2], "a.dict": {"x": None}, "big": 2**70, "none": None,
               "quote\"s": "it's \"one\"", "open(": "x", "#note": True}
        log = len(self.bench.momd.log())
        self.assertIs(self.bench.push({"balloonEnabled": False, **bad})["result"], True)
        self.assertEqual(len(self.bench.momd.rpc("getStatus")["set_aside"]), len(bad))
        # momIF sends the bad ones again with each push, and before the good ones that are new.
        for value in (False, True):
            self.assertIs(self.bench.push({**PUSHED, "cpuTuneEnabled": value})["result"], True)
        text = self.bench.momd.rpc("getNamedPolicies")["01-parameters"]
        for line in ("(set nosuch 5)", "(set balloonEnabled True)", "(set cpuTuneEnabled True)"):
            self.assertIn(line, text)
        said = self.bench.momd.log()[log:]
        self.assertEqual(said.count("line set aside"), len(bad), said)
        self.assertNotIn("refused", said)
        self.assertEqual(self.bench.momd.rpc("getStatus")["policies"], "ok")

    # ---- pressed

    def test_pressed(self) -> None:
        """on a pressed host every guest gets the target that the policies' formula gives"""
        self.bench.peer.control("press", gib=10)
        since = self.bench.last()
        self.bench.wait_cycles()
        sent = self.bench.targets(since)
        expected = stock.balloon_targets(self.bench.state(), ballooning=True)
        self.assertLessEqual({"db-01", "build-01", "odd-types", "starved"}, set(expected))
        expected.pop("starved")                      # on its way to the guarantee, told before
        for name, target in expected.items():
            self.assertIn(name, sent)
            self.assertAlmostEqual(sent[name][-1], target, delta=PAGE, msg=name)

    def test_odd_guests(self) -> None:
        """guests without balloon data, with ballooning off, without statistics or sense are left alone"""
        sent = self.bench.targets()
        for name in ("no-balloon", "fixed", "no-stats", "nonsense"):
            self.assertNotIn(name, sent)

    def test_not_again(self) -> None:
        """a target that was sent is not sent again, cycle after cycle"""
        self.bench.wait_cycles(3)
        last: dict[str, tuple[int | None, float]] = {}
        for call in self.bench.peer.calls("VM.setBalloonTarget"):
            uuid, target = call["params"]["vmID"], call["params"]["target"]
            sent, at = last.get(uuid, (None, 0.0))
            # Balloons stand still here: after a minute without a move momd may say it once more.
            self.assertTrue(sent != target or call["t"] - at > REPEAT_AFTER_S, call)
            last[uuid] = (target, call["t"])
        self.assertGreaterEqual(len(last), 3)

    def test_ksm(self) -> None:
        """KSM is tuned with keys and values that vdsm takes, to what the formula gives"""
        calls = self.bench.peer.calls("Host.setKsmTune")
        self.assertTrue(calls)
        for call in calls:
            self.assertNotIn("error", call)
            for key, value in call["params"]["tuningParams"].items():
                low, high = KSM_KEYS[key]
                self.assertTrue(low <= value <= high, call)
        ksm = self.bench.state()["ksm"]
        self.assertEqual((ksm["run"], ksm["merge_across_nodes"]), (1, 0))
        self.assertEqual((ksm["pages_to_scan"], ksm["sleep_millisecs"]), (1250, 10))
        self.bench.momd.wait("the tuning told", lambda: self.bench.host_stats()["ksmPages"] == 1250)

    def test_ksm_out_of_reach(self) -> None:
        """a wish for a knob of KSM that vdsm does not take is told once, and is asked of nobody"""
        since = self.bench.last()
        self.bench.momd.rpc("setNamedPolicy", "70-newer", '(Host.Control "ksm_smart_scan" 1)\n'
                                                          '(Host.Control "ksm_advisor_mode" "scan-time")')
        self.bench.momd.wait("the complaint", lambda: "ksm_advisor_mode of" in self.bench.momd.log())
        self.bench.wait_cycles(3)
        for control in ("ksm_smart_scan", "ksm_advisor_mode"):
            [line] = [line for line in self.bench.momd.log().splitlines() if f"{control} of" in line]
            self.assertIn("takes only run, pages_to_scan, sleep_millisecs, merge_across_nodes", line)
            self.assertIn("70-newer", line)
        for call in self.bench.peer.calls("Host.setKsmTune", since):
            self.assertLessEqual(set(call["params"]["tuningParams"]), set(KSM_KEYS))
        self.bench.momd.rpc("setNamedPolicy", "70-newer", "0")

    def test_memory_comes_back(self) -> None:
        """when time goes on balloons inflate, KSM saves and the host has more memory"""
        before = self.bench.state()
        self.bench.peer.control("freeze", on=False)
        self.bench.momd.wait("memory", lambda: self.bench.state()["free"] > before["free"] + 2 * GIB)
        after = self.bench.state()
        self.assertLess(after["guests"]["build-01"]["balloon"], before["guests"]["build-01"]["balloon"])
        self.assertGreaterEqual(after["guests"]["starved"]["balloon"], 6 * GIB)
        self.assertGreater(after["ksm"]["pages_sharing"], 0)

    def test_never_below_the_guarantee(self) -> None:
        """no guest is ever sent a target outside its bounds"""
        guests = self.bench.state()["guests"]
        for name, targets in self.bench.targets().items():
            for target in targets:
                self.assertTrue(guests[name]["min"] <= target <= guests[name]["max"], (name, target))

    def test_cpu_and_disk_limits(self) -> None:
        """the CPU-limited guest gets its quota, the disk-limited its limits, once"""
        self.bench.momd.wait("the quota", lambda: self.bench.guest("capped")["vcpu_quota"] == 400000)
        limits = {"read_bytes_sec": 104857600, "write_bytes_sec": 52428800, "total_iops_sec": 2000}
        self.bench.momd.wait("the limits", lambda: limits.items() <=
                             self.bench.guest("disk-limited")["io_tune"]["sda"].items())
        since = self.bench.last()
        self.bench.wait_cycles(3)
        for verb in ("VM.setCpuTuneQuota", "VM.setCpuTunePeriod", "VM.setIoTune"):
            self.assertEqual(self.bench.peer.calls(verb, since), [])

    def test_released(self) -> None:
        """when the pressure ends guests get their memory back"""
        self.bench.peer.control("press", gib=0)
        self.bench.momd.wait("growth", lambda: self.bench.guest("build-01")["balloon"] >
                             0.98 * self.bench.guest("build-01")["max"])

    # ---- wrong policies

    def test_bad_policy(self) -> None:
        """a bad policy is a fault for vdsm, error 54 for the engine, and the old set stays"""
        before = self.bench.momd.rpc("getNamedPolicies")
        self.bench.peer.control("forgive")
        answer = self.bench.call("Host.setMOMPolicy", {"policy": "(set balloonEnabled\n  (defvar"})
        self.assertEqual(answer["error"]["code"], 54)
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            self.bench.momd.rpc("setNamedPolicy", "50-bad", "(defvar a 1)\n(defvar")
        self.assertIn("50-bad", caught.exception.faultString)
        self.assertIn("2", caught.exception.faultString)
        self.assertEqual(self.bench.momd.rpc("getNamedPolicies"), before)
        self.bench.wait_cycles(2)

    def test_unusable_parameter(self) -> None:
        """a parameter that breaks a policy is error 54 for the engine, and a right value for it mends that"""
        rpc = self.bench.momd.rpc
        self.assertTrue(rpc("setNamedPolicy", "00-mine", "(defvar share 1)"))
        self.assertTrue(rpc("setNamedPolicy", "20-mine", "(defvar shared (/ 2 share))"))
        before = rpc("getNamedPolicies")
        answer = self.bench.push({"share": "abc"})
        self.assertEqual(answer.get("error", {}).get("code"), 54, answer)
        self.assertEqual(rpc("getNamedPolicies"), before)
        self.assertIs(self.bench.push({"share": 4})["result"], True)
        self.assertIn("(set share 4)", rpc("getNamedPolicies")["01-parameters"])
        # A parameter whose policy goes away is set aside, whatever vdsm sends for ever after.
        self.assertTrue(rpc("setNamedPolicy", "20-mine", None))
        self.assertTrue(rpc("setNamedPolicy", "00-mine", None))
        self.assertTrue(any("(set share 4)" in text for text in rpc("getStatus")["set_aside"]))
        self.assertIs(self.bench.push(PUSHED)["result"], True)

    # ---- a vdsm that comes and goes

    def test_events(self) -> None:
        """a guest that goes is forgotten and one that comes is taken up"""
        self.bench.peer.control("status", name="mail-01", status="Down")
        self.bench.momd.wait("its end", lambda: "mail-01" not in self.bench.momd.rpc("getActiveGuests"))
        [new] = self.bench.peer.control("add")
        self.bench.momd.wait("a new guest", lambda: new in self.bench.momd.rpc("getActiveGuests"))

    def test_restart(self) -> None:
        """vdsm restarts, answers 99 for a while, and momd goes on without a restart; disk limits are read anew"""
        process = self.bench.momd.process
        accepted, since = self.bench.state()["accepted"], self.bench.last()
        self.bench.peer.control("restart", away=1, recovery=3)
        self.bench.momd.wait("a new connection", lambda: self.bench.state()["accepted"] > accepted)
        self.bench.wait_cycles(2)
        self.assertIs(self.bench.momd.process, process)
        self.assertEqual(self.bench.host_stats()["momStatus"], "active")
        unanswered = [call for call in self.bench.peer.calls("Host.getAllVmStats", since) if "error" in call]
        self.assertEqual(unanswered, [])             # 99 comes before a verb is looked at
        self.assertTrue(self.bench.peer.calls("Host.getAllVmIoTunePolicies", since))

    def survive(self, kind: str, value: Any, seen: Any, drop: bool = False) -> None:
        self.bench.peer.control("fault", kind=kind, value=value)
        if drop:
            self.bench.peer.control("drop")
        self.bench.momd.wait("the fault to bite", seen)
        self.assertTrue(self.bench.momd.answers())
        self.bench.peer.control("clear")
        self.bench.wait_cycles(2)

    def test_slow(self) -> None:
        """a vdsm slower than momd's patience is survived"""
        polls = len(self.bench.peer.calls("Host.getAllVmStats"))
        self.survive("slow", 2.5, lambda: len(self.bench.peer.calls("Host.getAllVmStats")) > polls + 1)

    def test_silent(self) -> None:
        """a vdsm that says nothing is survived"""
        log = len(self.bench.momd.log())
        self.survive("silent", True, lambda: len(self.bench.momd.log()) > log)

    def test_broken_frames(self) -> None:
        """answers cut in the middle and bytes that are no frame cost a connection, no more"""
        for kind in ("cut", "garbage"):
            accepted = self.bench.state()["accepted"]
            self.survive(kind, 1, lambda: self.bench.state()["accepted"] > accepted)

    def test_certificates(self) -> None:
        """a refused certificate and a vdsm that shows a stranger's are survived"""
        for kind in ("refuse", "impostor"):
            accepted, polls = self.bench.state()["accepted"], self.bench.polls()
            self.survive(kind, True, lambda: self.bench.state()["accepted"] > accepted + 1, drop=True)
            self.assertGreater(self.bench.polls(), polls)

    def test_failing_verbs(self) -> None:
        """a knob that vdsm refuses is tried again later and stops nobody"""
        self.bench.peer.control("fault", kind="error", value="no such luck")
        self.bench.peer.control("press", gib=10)
        self.bench.momd.wait("a refused call", lambda: any(
            "error" in call for call in self.bench.peer.calls("VM.setBalloonTarget")))
        self.bench.peer.control("clear")
        since = self.bench.last()
        self.bench.momd.wait("targets", lambda: len(self.bench.targets(since)) > 3)

    def test_dead_dispatcher(self) -> None:
        """a vdsm that accepts and answers nobody any more is waited for until it restarts"""
        bus = self.bench.peer.bus()
        bus.send_request('{"jsonrpc":"2.0","method":"Host.ping2"}')
        clients.wait_until("its death", lambda: self.bench.state()["dead"])
        bus.close()
        log = len(self.bench.momd.log())
        self.bench.momd.wait("a word about it", lambda: len(self.bench.momd.log()) > log)
        self.bench.peer.control("restart", away=0.5)
        self.bench.wait_cycles(2)

    def test_end(self) -> None:
        """SIGTERM ends momd with exit code 0 and takes its socket away"""
        self.assertEqual(self.bench.momd.stop(signal.SIGTERM), 0)
        self.assertFalse(os.path.exists(self.bench.peer.mom_socket))


class Beginnings(unittest.TestCase):
    """Wrong files at the start, one after the other, and a vdsm without TLS."""

    def begin(self, peer: Running, settings: dict[str, dict[str, Any]]) -> Momd:
        momd = Momd(PROGRAM, peer, peer.path("momd"), settings=settings)
        self.addCleanup(momd.stop)
        return momd

    def peer(self, **options: Any) -> Running:
        peer = Running("--sample", "0.5", **options)
        self.addCleanup(peer.stop)
        return peer

    def test_wrong_files(self) -> None:
        """a bad policy file, an unknown key and missing certificates are told, and do not end momd"""
        peer = self.peer()
        late = os.path.join(peer.directory, "late-pki")
        momd = self.begin(peer, {"main": {"polcy-dir": "/x"}, "vdsm": {"pki-dir": late}})
        with open(os.path.join(momd.policy_dir, "90-bad.policy"), "w", encoding="utf-8") as file:
            file.write("# fine\n(defvar a 1)\n(defvar b\n")
        momd.start()
        momd.wait("a word about the policy", lambda: "90-bad" in momd.log())
        momd.wait("a word about the key", lambda: "polcy-dir" in momd.log())
        momd.wait("a word about the certificate", lambda: late in momd.log())
        [line] = [line for line in momd.log().splitlines() if "90-bad" in line]
        self.assertIn(":3", line)
        self.assertIn("policy-dir", next(line for line in momd.log().splitlines() if "polcy-dir" in line))
        momd.wait("momd's socket", momd.answers)
        self.assertIn("02-balloon", momd.rpc("getNamedPolicies"))
        shutil.copytree(peer.pki, late)
        momd.wait("a connection", lambda: peer.calls("Host.getAllVmStats"), 60)
        self.assertEqual(momd.stop(signal.SIGINT), 0)

    def test_plain(self) -> None:
        """with ssl = false the bus is used without TLS"""
        peer = self.peer(plain=True)
        momd = self.begin(peer, {})
        momd.start()
        momd.wait("a connection", lambda: peer.calls("Host.getAllVmStats"))
        self.assertEqual(momd.stop(), 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop())
    with tempfile.TemporaryDirectory(prefix="mom-e2e-") as scratch:
        tempfile.tempdir = scratch
        code = tap.main()
    sys.exit(code)
