#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The quick start's minute: the stand-in and momd at work, shown as they go.

    show.py --momd PROGRAM [--seconds 60] [--guests 12]

Starts both, pushes the engine's parameters, presses the host and releases it, shows memory as a table that
is redrawn in place (plain blocks when the output is no terminal), and says in two lines what
happened.  Ends with 1 and a reason if anything failed.  Must never leave a process or a file behind.
"""
from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from typing import Any

import table
from clients import wait_until
from guests import GIB
from momd import Momd
from running import Running

ENGINE = {"balloonEnabled": True, "ksmEnabled": True, "ksmMergeAcrossNodes": False}
PRESSED_TO = 0.08        # share of the host's memory that other processes leave free
PRESS_AT, RELEASE_AT = 0.12, 0.72     # shares of the time shown
REDRAW, BLOCK = 0.5, 10.0             # seconds between pictures, on a terminal and off it


class Failed(Exception):
    """What the newcomer is told instead of a traceback."""


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


class Show:
    def __init__(self, options: argparse.Namespace) -> None:
        self.seconds = options.seconds
        print("Making throw-away certificates, starting the stand-in for vdsm ...", flush=True)
        self.peer = Running("--guests", str(options.guests), "--sample", "0.5")
        try:
            self.momd = Momd(options.momd, self.peer, self.peer.path("momd"))
        except BaseException:
            self.peer.stop()
            raise
        self.start = time.monotonic()
        self.phase, self.pressure = "quiet", 0.0
        self.marks: dict[str, dict[str, Any]] = {}
        self.worst = 1.0
        self.taken: dict[str, int] = {}      # guest -> KiB, when most was taken

    def run(self) -> None:
        self._connect()
        self._push()
        self.start = time.monotonic()
        self.marks["start"] = self.state()
        picture = table.Picture(sys.stdout)
        pause = REDRAW if picture.in_place else BLOCK
        next_picture = 0.0
        while (passed := time.monotonic() - self.start) < self.seconds:
            self._follow_script(passed / self.seconds)
            self._watch()
            if passed >= next_picture:
                next_picture = passed + pause
                picture.draw(self._text(passed))
            time.sleep(0.25)
        self.marks["end"] = self.state()

    def close(self) -> None:
        self.momd.stop()
        self.peer.stop()

    def state(self) -> dict[str, Any]:
        return self.peer.control("state")

    # the story

    def _connect(self) -> None:
        self.momd.start()
        try:
            wait_until("momd", lambda: not self.momd.running or
                       (self.momd.answers() and self.peer.calls("Host.getAllVmStats")), 30)
        except TimeoutError:
            raise Failed("momd did not connect to the stand-in within 30 s") from None
        self._check_alive()
        print("momd is connected to the bus over TLS.", flush=True)

    def _push(self) -> None:
        bus = self.peer.bus()
        answer = bus.call("Host.setMOMPolicyParameters", {"key_value_store": ENGINE})
        bus.close()
        delivered = self.peer.calls("setNamedPolicy")
        if "error" in answer or not delivered or "error" in delivered[-1]:
            raise Failed(f"the engine's parameters were not taken: {answer.get('error') or delivered}")
        text = ", ".join(f"{key}={value}" for key, value in ENGINE.items())
        print(f"The engine's parameters were pushed: {text}.\n", flush=True)

    def _follow_script(self, share: float) -> None:
        self._check_alive()
        if self.phase == "quiet" and share >= PRESS_AT:
            self.phase = "pressed"
            before = self.marks["before"] = self.state()
            self.pressure = round((before["free"] - PRESSED_TO * before["total"]) / GIB)
            self.peer.control("press", gib=self.pressure)
        elif self.phase == "pressed" and share >= RELEASE_AT:
            self.phase = "released"
            self.marks["pressed"] = self.state()
            self.peer.control("press", gib=0)

    def _check_alive(self) -> None:
        if not self.momd.running:
            raise Failed("momd ended; the end of its log:")

    def _watch(self) -> None:
        state = self.state()
        self.worst = min(self.worst, state["free"] / state["total"])
        if self.phase == "pressed":
            start = self.marks["before"]["guests"]
            taken = {name: start[name]["balloon"] - guest["balloon"]
                     for name, guest in state["guests"].items() if guest["balloon"] < start[name]["balloon"]}
            if sum(taken.values()) > sum(self.taken.values()):
                self.taken, self.marks["deepest"] = taken, state

    # what is said

    def _text(self, passed: float) -> str:
        phase = {"quiet": "quiet", "pressed": f"pressed: other processes took {self.pressure:.0f} GiB",
                 "released": "released: the host has its memory again"}[self.phase]
        head = f"{passed:3.0f} of {self.seconds:.0f} s   {phase}"
        return table.render(head, self.state(), self._decisions(), self.momd.log().splitlines()[-3:])

    def _decisions(self) -> list[str]:
        names = {guest["uuid"]: name for name, guest in self.state()["guests"].items()}
        return table.decisions(self.peer.control("calls"), names, self.start)[-5:]

    def summary(self) -> list[str]:
        """Two lines with the numbers; Failed if there is nothing to tell."""
        before, pressed, end = (self.marks.get(key) for key in ("before", "pressed", "end"))
        if not (before and pressed and end):
            raise Failed("the time was too short for the story")
        tunings = [call for call in self.peer.calls("Host.setKsmTune") if "error" not in call]
        taken = self.taken
        if not taken:
            raise Failed("momd took no memory from any guest")
        if not tunings:
            raise Failed("momd did not tune KSM")
        most = max(taken, key=lambda name: taken[name])
        deepest = self.marks["deepest"]["guests"]
        back = sum(end["guests"][name]["balloon"] - deepest[name]["balloon"] for name in taken)
        ksm = end["ksm"]
        return [
            f"Under pressure momd took up to {sum(taken.values()) / GIB:.1f} GiB from {len(taken)} guests (most from "
            f"{most}: {taken[most] / GIB:.1f} GiB); host free memory went from {table.percent(before)} to "
            f"{self.worst:.0%} and back to {table.percent(pressed)}; by the end guests had {back / GIB:.1f} GiB of "
            "it again.",
            f"KSM was tuned {len(tunings)} times (now run={ksm['run']}, {ksm['pages_to_scan']} pages every "
            f"{ksm['sleep_millisecs']} ms) and saves {ksm['pages_sharing'] * 4 / 1024:.0f} MiB; at the end the "
            f"host has {end['free'] / GIB:.1f} of {end['total'] / GIB:.0f} GiB free."]


def main() -> int:
    parser = argparse.ArgumentParser(description="momd at work beside a stand-in for vdsm.")
    parser.add_argument("--momd", required=True)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("QUICKSTART_SECONDS") or 60))
    parser.add_argument("--guests", type=int, default=12)
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    show = None
    try:
        show = Show(options)
        show.run()
        lines = show.summary()
        code = show.momd.stop()
        if code:
            raise Failed(f"momd ended with exit code {code} on SIGTERM")
        print("\n" + "\n".join(lines))
        return 0
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    except (Failed, RuntimeError, OSError) as error:
        log = show.momd.log()[-2000:] if show and os.path.exists(show.momd.log_path) else ""
        print(f"\nquickstart failed: {error}\n{log}", file=sys.stderr)
        return 1
    finally:
        if show:
            show.close()


if __name__ == "__main__":
    sys.exit(main())
