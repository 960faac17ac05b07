#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast momd reacts to real shortage: of guests whose need jumps, and of the host, by its kernel's own word.

    test_pressure.py MOMD

Whoever follows its own pace is compared with one that keeps to the configured one, as the reference does: both at the
same time, on the same machine, so that what is asserted is a ratio.
"""
from __future__ import annotations

import os
import sys
import time
from typing import Any

import bench
import stall
from agent import Agent
from clients import wait_until
from machine import MIB, Machine, Size
from momd import INTERVALS
from watched import Watched

# The guest of tests/agent/engine/test-spike.c, a fifth of its size: 4 GiB at most, 2 in its balloon, and a need that
# jumps from 1.2 to 3 GiB. The guest's kernel is part of the need.
SIZE = Size(max_mib=800, start_mib=400)
KERNEL_MIB = 75
BEFORE_MIB, JUMP_MIB = 240 - KERNEL_MIB, 600 - KERNEL_MIB
FREE_PERCENT = (50, 25, 15)
NEVER = 15                           # below a fifth free the stock set lets no guest grow
PACES = {"own": "true", "stock": "false"}        # adaptive-interval
INTERVAL_S = 15                      # the reference's
HISTORY = 10                         # samples that the stock set's averages are taken over
WARM_UP_S = 1                        # between these, before the jump: nothing happens then
# What a guest's kernel keeps for itself is a larger part of one that is so small.
RESERVE_PERCENT = 10
SPEEDUP = 3
# Who reads while another's call is in a guest passes over that guest: readings should not keep step.
APART_S = 0.4
HOST_KIB = 64 << 20
IT: bench.Bench


def setUpModule() -> None:
    global IT
    IT = bench.Bench({f"{pace}{free}": SIZE for pace in PACES for free in FREE_PERCENT})
    Watched.it, Watched.program = IT, PROGRAM


def host_with(free_percent: int) -> str:
    """The root of a host with so much free memory."""
    root = IT.path(f"host{free_percent}")
    os.makedirs(os.path.join(root, "proc"), exist_ok=True)
    texts = {"meminfo": f"MemTotal: {HOST_KIB} kB\nMemFree: {HOST_KIB * free_percent // 100} kB\nBuffers: 0 kB\n"
                        "Cached: 0 kB\nAnonPages: 0 kB\n", "vmstat": "pswpin 0\npswpout 0\n"}
    for name, text in texts.items():
        with open(os.path.join(root, "proc", name), "w", encoding="ascii") as file:
            file.write(text)
    return root


class Spiked:
    """A guest, and a momd that has eyes for it alone."""

    def __init__(self, pace: str, free_percent: int) -> None:
        self.pace, self.free_percent = pace, free_percent
        self.guest: Machine = IT.guests[f"{pace}{free_percent}"]
        self.took_s: float | None = None
        self.took_cycles = 0
        # The last word on a control counts: the others are to have what they have.
        others = (f'(with Guests guest (if (and (valid guest.balloon_cur) (!= (guest.Prop "name") "{self.guest.name}"))'
                  ' (guest.Control "balloon_target" guest.balloon_cur) 0))')
        self.momd = Agent(PROGRAM, IT.path(f"momd-{pace}{free_percent}"), {"03-ksm": "", "99-others": others},
                          WARM_UP_S, self.settings())

    def settings(self) -> dict[str, dict[str, Any]]:
        return {"main": {"adaptive-interval": PACES[self.pace], "dry-run": "true", "controllers": "Balloon",
                         "sample-history-length": HISTORY, "host-root": host_with(self.free_percent)},
                "host": {"collectors": "HostMemory"}, "rails": {"settle-time": "0", "guest-reserve": RESERVE_PERCENT},
                "guest": {"collectors": "GuestMemoryOptional, GuestBalloonOptional"}}

    def cycles(self) -> int:
        return self.momd.rpc("getStatus")["cycles"]

    def knows_its_guest(self) -> bool:
        return bool(self.momd.answers() and self.momd.guests().get(self.guest.name, {}).get("mem_unused"))

    def begin(self) -> None:
        """From now on it acts, and the guest needs more."""
        self.momd.reconfigure({"main": {"dry-run": "false", **dict.fromkeys(INTERVALS, INTERVAL_S)}})
        self.guest.ask(f"want {JUMP_MIB} unique")
        self.before_cycles, self.before_s = self.cycles(), time.monotonic()

    def look(self) -> bool:
        """Whether the guest has what it needs."""
        if self.took_s is None and int(self.guest.ask("stat")["held_mib"]) >= JUMP_MIB:
            self.took_s, self.took_cycles = time.monotonic() - self.before_s, self.cycles() - self.before_cycles
        return self.took_s is not None


class Spike(Watched):
    def test_a_jump(self) -> None:
        """guests whose need jumps get it at momd's own pace at least three times as fast as at the reference's"""
        spiked = [Spiked(pace, free) for free in FREE_PERCENT for pace in PACES]
        for one in spiked:
            one.guest.hold(BEFORE_MIB, "unique")
        for one in spiked:
            one.momd.start()
            self.addCleanup(one.momd.stop)
            time.sleep(APART_S)
        for one in spiked:
            one.momd.wait("its guest's numbers", one.knows_its_guest, 120)
            self.assertEqual(IT.libvirtd.balloon(one.guest.name)["current"], SIZE.start_mib * MIB)
        for one in spiked:
            one.momd.wait("averages of the quiet time", lambda: one.cycles() > HISTORY, 240)     # noqa: B023
        for one in spiked:
            one.begin()
        fed = [one for one in spiked if one.free_percent != NEVER]
        wait_until("the guests have what they need", lambda: all([one.look() for one in fed]), 400)
        for own, stock in zip(fed[::2], fed[1::2]):
            print(f"# host {own.free_percent} % free: {stock.took_s:.1f} s and {stock.took_cycles} cycles at the "
                  f"configured pace, {own.took_s:.1f} s and {own.took_cycles} at momd's own", flush=True)
        # Each by itself with room for a machine that is busy just then.
        for own, stock in zip(fed[::2], fed[1::2]):
            self.assertLess(2 * (own.took_s or 0), stock.took_s)
        self.assertLessEqual(SPEEDUP * sum(own.took_s or 0 for own in fed[::2]), sum(one.took_s or 0 for one in fed[1::2]))
        for one in spiked:
            if one.free_percent == NEVER:
                self.assertFalse(one.look())
                self.assertLessEqual(IT.libvirtd.balloon(one.guest.name)["current"], SIZE.start_mib * MIB)
            self.assertEqual(one.guest.ask("stat")["lives"], "1", "a workload was killed")
            self.assertEqual(one.momd.stop(), 0)


HOST_INTERVAL_S = 20
REST_S = 4                       # longer than a hastened cycle, and far shorter than one at the usual pace
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

    @staticmethod
    def wait_for_rest(momd: Agent) -> None:
        """Until the cycles of the start are over: one that is due anyway is not started by the kernel's word."""
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < REST_S:
            cycles = momd.rpc("getStatus")["cycles"]
            if cycles != seen:
                seen, since = cycles, time.monotonic()
            time.sleep(0.2)

    def test_the_kernel_tells(self) -> None:
        """tasks of the host that wait for memory start a cycle at once and hasten those that follow, while it lasts"""
        own, stock = self.momd_with("own"), self.momd_with("stock")
        if "The kernel tells of no memory pressure" in own.log():
            self.skipTest(next(line for line in own.log().splitlines() if "tells of no memory" in line).split(" - ")[-1])
        for momd in (own, stock):
            self.wait_for_rest(momd)
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
