# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: one JSON command a line, one JSON answer a line.

Every command is a method of Control named do_NAME, taking the command's other members by name; the
docstring of each says what it does (`ctl.py SOCKET help` prints them).  Tests and the quick start drive the
stand-in only through this.  Must never be reachable by the daemon under test.
"""
from __future__ import annotations

import asyncio
import inspect
import json
from typing import TYPE_CHECKING, Any

import fleet
import vmstats
from guests import GIB, Guest

if TYPE_CHECKING:
    from vdsm import StandIn


class Control:
    def __init__(self, stand_in: "StandIn") -> None:
        self._it = stand_in

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write((json.dumps(await self._answer(line), default=str) + "\n").encode())
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass                         # the client went, or we end
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            command = json.loads(line)
            action = getattr(self, "do_" + command.pop("do"))
            result = action(**command)
            return {"ok": await result if asyncio.iscoroutine(result) else result}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def do_help(self) -> dict[str, str]:
        """Lists the commands."""
        return {name[3:] + str(inspect.signature(action)): inspect.getdoc(action) or ""
                for name, action in inspect.getmembers(self, inspect.ismethod) if name.startswith("do_")}

    # looking

    def do_state(self) -> dict[str, Any]:
        """Host, KSM, guests, connections and faults as they are now; sizes in KiB."""
        it, host = self._it, self._it.host
        return {
            "seconds": host.seconds, "frozen": host.frozen, "total": host.total, "free": host.free,
            "pressure": host.pressure, "touched": int(host.touched), "saved": int(host.saved),
            "swap_used": int(host.swap_used), "ksm": host.ksm.files(),
            "guests": {guest.name: self._guest(guest) for guest in host.guests},
            "connections": len(it.broker.connections), "accepted": it.broker.accepted,
            "dead": it.dispatcher.dead, "recovering": it.dispatcher.recovering(),
            "working": it.dispatcher.working,
            "listening": it.listening, "last": it.book.last,
            "faults": {kind: getattr(it.faults, kind) for kind in it.faults.KINDS}}

    @staticmethod
    def _guest(guest: Guest) -> dict[str, Any]:
        keys = ("uuid", "status", "max", "min", "balloon", "target", "has_balloon", "ballooning_enabled",
                "reports_memory", "odd_types", "nonsense", "vcpus", "vcpu_limit", "vcpu_quota", "vcpu_period", "pid")
        numbers = {key: int(getattr(guest, key)) for key in ("used", "cache", "touched", "unused", "visible")}
        tunes = {disk.name: disk.tune for disk in guest.disks}
        return {**{key: getattr(guest, key) for key in keys}, **numbers, "io_tune": tunes}

    def do_counts(self) -> dict[str, int]:
        """How often each verb (and each call of the agent's socket) was made."""
        return dict(self._it.book.counts)

    def do_calls(self, since: int = 0, method: str | None = None) -> list[dict[str, Any]]:
        """The book of calls after number SINCE."""
        return self._it.book.since(since, method)

    # the host

    def do_press(self, gib: float) -> dict[str, Any]:
        """Other processes of the host take so much memory, until told otherwise."""
        host = self._it.host
        host.pressure = int(gib * GIB)
        host.settle(0)
        self._it.files.write(host)
        return {"free": host.free, "total": host.total}

    def do_freeze(self, on: bool = True) -> None:
        """Stops (or goes on with) the model's time; calls are still served."""
        self._it.host.frozen = on
        self._it.refresh()

    def do_advance(self, seconds: float) -> None:
        """Lets model time pass at once, in steps of 0.1 s."""
        for _ in range(round(seconds * 10)):
            self._it.host.advance(0.1)
        self._it.refresh()

    def do_ksm(self, **values: int) -> dict[str, int]:
        """Sets KSM files as an administrator would."""
        self._it.host.ksm.tune(values)
        self._it.refresh()
        return self._it.host.ksm.files()

    # guests

    def do_guest(self, name: str, **fields: Any) -> dict[str, Any]:
        """Changes fields of a guest: used (KiB), demand_share, balloon, min, max, script, ..."""
        guest = self._it.host.guest(name)
        for key, value in fields.items():
            if key == "demand_share":
                guest.demand_share(value)
            elif hasattr(guest, key):
                setattr(guest, key, [tuple(row) for row in value] if key == "script" else value)
            else:
                raise KeyError(f"a guest has no '{key}'")
        self._it.refresh()
        return self._guest(guest)

    def do_status(self, name: str, status: str) -> None:
        """Up, Paused or Down, and the event that tells it."""
        guest = self._it.host.guest(name)
        guest.status = status
        self._it.refresh()
        extra = {}
        if status == "Down":
            extra = {"vmId": guest.uuid, "exitCode": 0, "exitReason": 7, "timeOffset": "0",
                     "exitMessage": "User shut down from within the guest"}
        self.do_event(name, {"status": status, **extra})

    def do_add(self, count: int = 1) -> list[str]:
        """Starts more guests."""
        guests = self._it.host.guests
        new = [fleet.make(len(guests) + number) for number in range(count)]
        guests.extend(new)
        self._it.refresh()
        for guest in new:
            self.do_event(guest.name, {"status": "Up"})
        return [guest.name for guest in new]

    def do_event(self, name: str, params: dict[str, Any], kind: str = "VM_status") -> None:
        """Sends an event about a guest; none is sent during recovery."""
        guest = self._it.host.guest(name)
        if self._it.dispatcher.recovering():
            return
        message = {"jsonrpc": "2.0", "method": f"|virt|{kind}|{guest.uuid}",
                   "params": {guest.uuid: params, "notify_time": vmstats.event_time()}}
        self._it.broker.deliver("jms.queue.events", json.dumps(message))

    # things that go wrong

    async def do_fault(self, kind: str, value: Any = True) -> None:
        """Switches a fault: slow SECONDS, silent, cut N, garbage N, refuse, impostor, error TEXT, hang_up, nonsense,
        huge, result JSON."""
        self._it.faults.switch(kind, value)

    async def do_clear(self) -> None:
        """No fault any more."""
        self._it.faults.clear()

    async def do_drop(self) -> int:
        """Closes all connections; the listener stays."""
        count = len(self._it.broker.connections)
        self._it.broker.close_all()
        return count

    async def do_restart(self, away: float = 1.0, recovery: float = 0.0) -> None:
        """vdsm stops now, listens again after AWAY seconds and answers 99 for RECOVERY seconds."""
        await self._it.stop_listening()
        asyncio.get_running_loop().call_later(
            away, lambda: asyncio.ensure_future(self._it.come_back(recovery)))

    async def do_leave(self) -> None:
        """vdsm stops now, until come_back."""
        await self._it.stop_listening()

    async def do_come_back(self, recovering: bool = False) -> None:
        """vdsm listens again; RECOVERING: and answers 99 until `recovered`."""
        await self._it.come_back(float("inf") if recovering else 0)

    async def do_recovered(self) -> None:
        """vdsm answers no more 99."""
        self._it.dispatcher.recovering_until = 0.0

    async def do_forgive(self) -> None:
        """momIF touches the agent's socket again at once after a failure."""
        self._it.mom.agent.forgive()
