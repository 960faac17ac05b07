#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast momd reacts to real shortage of the host, by its kernel's own word.

    test_pressure.py MOMD

Whoever follows its own pace is compared with one that keeps to the configured one, as the reference does: both at the
same time, on the same machine, so that what is asserted is a ratio.
"""
from __future__ import annotations

import sys

import bench
import stall
from agent import Agent
from machine import Size
from watched import Watched

SIZE = Size(max_mib=144, start_mib=144)
PACES = {"own": "true", "stock": "false"}        # adaptive-interval
SPEEDUP = 3
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench({"one": SIZE})
    Watched.it, Watched.program = IT, PROGRAM


HOST_INTERVAL_S = 20
HURRIED, CALM = "decisions every 2.0 s", "decisions every 20.0 s"
TOLD = "a cycle soon: the kernel tells of memory pressure"


class Pressure(Watched):
    def momd_with(self, pace: str) -> Agent:
        momd = Agent(PROGRAM, IT.path("momd-" + pace), {"02-balloon": "", "03-ksm": ""}, HOST_INTERVAL_S,
                     {"main": {"adaptive-interval": PACES[pace]}, "logging": {"verbosity": "debug"}})
        momd.start()
        self.addCleanup(momd.stop)
        momd.wait("its first cycle", lambda: momd.answers() and momd.rpc("getStatus")["cycles"] > 0, 120)
        return momd

    def test_the_kernel_tells(self) -> None:
        """tasks of the host that wait for memory start a cycle at once and hasten those that follow, while it lasts"""
        own, stock = self.momd_with("own"), self.momd_with("stock")
        if "The kernel tells of no memory pressure" in own.log():
            self.skipTest(next(line for line in own.log().splitlines() if "tells of no memory" in line).split(" - ")[-1])
        before = {momd: momd.rpc("getStatus")["cycles"] for momd in (own, stock)}
        self.assertNotIn(TOLD, own.log())
        try:
            stalled_us = stall.stalled_us()
            with stall.pressure():
                own.wait("a cycle for the kernel's word", lambda: TOLD in own.log(), 120)
                own.wait("hastened cycles", lambda: own.rpc("getStatus")["cycles"] >= before[own] + 5, 120)
                passed = {momd: momd.rpc("getStatus")["cycles"] - before[momd] for momd in (own, stock)}
        except stall.Impossible as reason:
            self.skipTest(str(reason))
        print(f"# tasks of this machine waited {(stall.stalled_us() - stalled_us) / 1e6:.1f} s; {passed[own]} cycles at "
              f"momd's own pace, {passed[stock]} at the configured one", flush=True)
        self.assertIn(HURRIED, own.log())
        self.assertGreaterEqual(passed[own], SPEEDUP * passed[stock])
        own.wait("calm again", lambda: CALM in own.log(), 240)
        for word in (TOLD, "decisions every"):
            self.assertNotIn(word, stock.log())
        self.assertEqual((own.stop(), stock.stop()), (0, 0))


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    bench.main()
