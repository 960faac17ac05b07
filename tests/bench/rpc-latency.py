#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a caller of momd's socket waits while cycles of many guests run, and how long the longest turns
of its main loop are.

Runs the stand-in for vdsm and momd over it, samples and decides every second (the stock configuration
does every 15 s), and calls in a tight loop meanwhile.  Nothing here can fail by being slow; the test
beside it counts, and does not time.
Usage: rpc-latency.py MOMD TURNS_LIBRARY [GUESTS [SECONDS]]
"""
from __future__ import annotations

import base64
import http.client
import os
import socket
import sys
import tempfile
import time
import xmlrpc.client
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

from momd import Momd            # noqa: E402  (after the path)
from running import Running      # noqa: E402

BODY = "<?xml version='1.0'?><methodCall><methodName>%s</methodName><params></params></methodCall>"
SLOWEST_SHOWN = 8
# Of answers so large Python's reading is measured too.
LARGE_BYTES = 100_000


class Http(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(base64.b16decode(self.host).decode())


def call_ms(path: str, method: str) -> tuple[float, bytes]:
    """From connecting to the last byte of the answer, and the answer."""
    connection = Http(base64.b16encode(path.encode()).decode())
    start = time.perf_counter()
    connection.request("POST", "/RPC2", BODY % method, {"Content-Type": "text/xml"})
    answer = connection.getresponse().read()
    took = (time.perf_counter() - start) * 1000
    connection.close()
    assert b"<fault>" not in answer
    return took, answer


def reading_ms(answer: bytes) -> float:
    """What Python's making values of the XML takes: the caller's own affair, and no wait for momd."""
    start = time.thread_time()
    xmlrpc.client.loads(answer)
    return (time.thread_time() - start) * 1000


def caller(path: str, method: str, pause: float, seconds: float, to: Connection) -> None:
    """A process of its own: two callers in one would wait for each other in Python."""
    until = time.monotonic() + seconds
    times, answer = [], b""
    while time.monotonic() < until:
        took, answer = call_ms(path, method)
        times.append(took)
        time.sleep(pause)
    to.send((times, answer))


def show(what: str, times: list[float]) -> None:
    times.sort()
    if times:
        print("%-34s %7d  p50 %7.2f  p99 %7.2f  max %7.2f ms" % (
            what, len(times), times[len(times) // 2], times[len(times) * 99 // 100], times[-1]))


def turns(path: str) -> list[tuple[float, float]]:
    with open(path, encoding="ascii") as file:
        return sorted((tuple(map(float, line.split())) for line in file), reverse=True)  # type: ignore


def start(momd: Momd, method: str, pause: float, seconds: float) -> tuple[str, Process, Connection]:
    here, there = Pipe(duplex=False)
    process = Process(target=caller, args=(momd.socket, method, pause, seconds, there))
    process.start()
    return method, process, here


def measure(momd: Momd, log: str, callers: list[tuple[str, float]], seconds: float) -> None:
    before = len(turns(log))
    cycles = momd.rpc("getStatus")["cycles"]
    started = [start(momd, method, pause, seconds) for method, pause in callers]
    results = [(method, here.recv(), process.join()) for method, process, here in started]
    cycles = momd.rpc("getStatus")["cycles"] - cycles
    print("-- %s, %d cycles in %g s" % (" and ".join(m for m, _ in callers), cycles, seconds))
    for method, (times, answer), _ in results:
        show(method + ", to the last byte", times)
        if len(answer) > LARGE_BYTES:
            show("  Python's reading of %.1f MB (CPU)" % (len(answer) / 1e6), [reading_ms(answer) for _ in range(3)])
    with open(log, encoding="ascii") as file:
        found = sorted((float(line.split()[0]) for line in file.readlines()[before:]), reverse=True)
    print("longest turns, ms of CPU: " + " ".join("%.1f" % cpu for cpu in found[:SLOWEST_SHOWN]))


def main(arguments: list[str]) -> int:
    program, library = arguments[:2]
    guests = int(arguments[2]) if len(arguments) > 2 else 1000
    seconds = float(arguments[3]) if len(arguments) > 3 else 15
    with tempfile.TemporaryDirectory(prefix="mom-bench-") as place:
        peer = Running("--guests", str(guests), "--memory", str(guests * 4), directory=place)
        momd = Momd(program, peer, os.path.join(place, "momd"), settings={
            "main": {"sample-history-length": 10}, "vdsm": {"request-timeout": 60}})
        log = os.path.join(place, "turns")
        os.environ.update({"LD_PRELOAD": library, "MOM_TURNS": log})
        try:
            momd.start()
            os.environ.pop("LD_PRELOAD")
            momd.wait("an answer", momd.answers)
            time.sleep(12)      # so that the history is full
            momd.wait("the guests", lambda: len(momd.rpc("getActiveGuests")) >= guests * 0.9, 120)
            print("%d guests, a cycle a second" % guests)
            measure(momd, log, [("ping", 0)], seconds)
            measure(momd, log, [("ping", 0), ("getStatistics", 0.2)], seconds)
            measure(momd, log, [("ping", 0), ("getState", 1.0)], seconds)
        finally:
            os.environ.pop("LD_PRELOAD", None)
            momd.stop()
            peer.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
