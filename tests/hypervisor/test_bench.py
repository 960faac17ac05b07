#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench leaves the machine as it was, whatever happens to it.

    test_bench.py

Seen from outside: processes, files, control groups and KSM's knobs, before, during and after.
"""
from __future__ import annotations

import glob
import os
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "peers")]

import image    # noqa: E402
import ksm      # noqa: E402
import shelter  # noqa: E402
import tap      # noqa: E402
from clients import wait_until  # noqa: E402

BENCH = os.path.join(HERE, "bench")
INSIDE = "echo $MOMD_SHELTER; echo 77 >{ksm}/pages_to_scan; echo 1 >{ksm}/run; echo ready; exec sleep 1000"


def traces(mark: str) -> list[str]:
    """Processes, files and control groups with MARK in their names."""
    found = glob.glob(f"{tempfile.gettempdir()}/*{mark}*")
    found += [directory for directory, _, _ in os.walk("/sys/fs/cgroup") if mark in directory]
    for command_line in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(command_line, encoding="utf-8", errors="replace") as file:
                found += [command_line] if mark in file.read() else []
        except OSError:
            pass                        # it ended just now
    return found


class Leaving(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        try:
            shelter.check()
            image.kernel()
        except image.Missing as reason:
            raise unittest.SkipTest(str(reason)) from None

    def knobs(self) -> dict[str, str]:
        return {knob: ksm.read(knob) for knob in ("run", "pages_to_scan")} if ksm.present() else {}

    def start(self) -> tuple[subprocess.Popen[str], str]:
        """A bench with one guest, and what its traces have in their names."""
        process = subprocess.Popen([BENCH, "run", "1", "sh", "-c", INSIDE.format(ksm=ksm.DIRECTORY)],
                                   stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(process.stdout.close)   # type: ignore[union-attr]
        self.addCleanup(process.kill)
        lines = iter(process.stdout)            # type: ignore[arg-type]
        mark = shelter.mark(next(lines).strip())
        self.assertEqual(next(lines), "ready\n")
        return process, mark

    def leave(self, end: signal.Signals) -> None:
        before = self.knobs()
        process, mark = self.start()
        during = traces(mark)
        self.assertTrue(any("cmdline" in trace for trace in during), during)
        if before:
            self.assertNotEqual(self.knobs(), before)
        os.kill(process.pid, end)
        process.wait()
        wait_until("everything is gone", lambda: not traces(mark), 60)
        wait_until("KSM is as it was", lambda: self.knobs() == before, 60)

    def test_killed(self) -> None:
        """after kill -9 no process, file or control group is left, and KSM is as it was"""
        self.leave(signal.SIGKILL)

    def test_told_to_end(self) -> None:
        """after SIGTERM neither"""
        self.leave(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(tap.main())
