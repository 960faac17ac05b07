# SPDX-License-Identifier: GPL-2.0-or-later
"""vdsm's verbs, as far as a memory manager meets them, with vdsm's answers and errors.

Each verb is a row of a table: name, argument names in order, function.  Unknown arguments are ignored,
types are not checked before use, and what Python makes of a wrong one is the error, as in vdsm.  Must never
answer before the call stands in the book.
"""
from __future__ import annotations

import asyncio
import time
from typing import Any, Callable

import vmstats
from book import Book
from faults import Faults
from guests import LIMITS, QUOTA_NONE, Guest
from host import Host
from jsonrpc import RpcError
from momif import MomIf

DONE = {"code": 0, "message": "Done"}
NO_BALLOON = RpcError(53, "Balloon operation is not available")
BAD_POLICY = RpcError(54, "Failed to set mom policy")
BAD_CPU_TUNE = RpcError(62, "an integer is required for period")
BAD_KSM = RpcError(71, "Failed to update KSM values")


def no_vm(vm_id: Any) -> RpcError:
    return RpcError(1, f"Virtual machine does not exist: {({'vmId': vm_id})}")


def bad_io_tune(reason: str) -> RpcError:
    return RpcError(64, f"Failed to update ioTune values: {({'reason': reason})}")


def internal(reason: str) -> RpcError:
    return RpcError(-32603, f"Internal JSON-RPC error: {({'reason': reason})}")


class Verbs:
    def __init__(self, host: Host, book: Book, faults: Faults, mom: MomIf,
                 changed: Callable[[], None]) -> None:
        """CHANGED is called when a verb turned a knob of the host."""
        self._host, self._book, self._faults, self._mom = host, book, faults, mom
        self._changed = changed
        self._samples: dict[str, tuple[vmstats.Sample, vmstats.Sample]] = {}
        self._table: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
            "Host.ping2": ((), lambda: True),
            "Host.getAllVmStats": ((), self._all_vm_stats),
            "Host.getAllVmIoTunePolicies": ((), self._all_io_tune),
            "Host.getStats": ((), self._host_stats),
            "Host.getVMList": ((), self._vm_list),
            "Host.setKsmTune": (("tuningParams",), self._set_ksm),
            "Host.setMOMPolicy": (("policy",), self._set_policy),
            "Host.setMOMPolicyParameters": (("key_value_store",), self._set_parameters),
            "VM.getStats": (("vmID",), self._one_vm_stats),
            "VM.setBalloonTarget": (("vmID", "target"), self._set_balloon),
            "VM.setCpuTuneQuota": (("vmID", "quota"), self._set_quota),
            "VM.setCpuTunePeriod": (("vmID", "period"), self._set_period),
            "VM.setIoTune": (("vmID", "tunables"), self._set_io_tune),
        }

    def sample(self) -> None:
        """What libvirt's bulk call would do every few seconds."""
        now = time.monotonic()
        for guest in self._host.guests:
            new = vmstats.take(guest, now)
            old = self._samples.get(guest.uuid)
            self._samples[guest.uuid] = (new, old[0] if old else new)

    async def call(self, method: str, params: Any, origin: dict[str, Any]) -> Any:
        if method not in self._table:
            raise RpcError(-32601, f"The method does not exist or is not available: {({'method': method})}")
        names, function = self._table[method]
        named = self._named(method, names, params)
        outcome: dict[str, Any] = {}
        try:
            result = await self._run(method, function, named)
        except RpcError as error:
            outcome = {"error": error.code}
            raise
        finally:
            self._book.add(method, named, **origin, **outcome)
        return result

    async def _run(self, method: str, function: Callable[..., Any], named: dict[str, Any]) -> Any:
        try:
            if self._faults.error and method.startswith("VM."):
                raise RuntimeError(self._faults.error)
            result = function(**named)
            return await result if asyncio.iscoroutine(result) else result
        except RpcError:
            raise
        except Exception as error:
            if method.startswith("VM."):
                raise RpcError(100, f"General Exception: {(str(error),)!r}") from error
            raise internal(str(error)) from error

    @staticmethod
    def _named(method: str, names: tuple[str, ...], params: Any) -> dict[str, Any]:
        if isinstance(params, list):
            if len(params) > len(names):
                raise internal("list index out of range")
            params = dict(zip(names, params))
        missing = [name for name in names if name not in params]
        if missing:
            raise internal(f"Attempt to call function: {method} with arguments: () "
                           f"error: missing a required argument: '{missing[0]}'")
        return {name: params[name] for name in names}

    # what is read

    def _running(self) -> list[Guest]:
        return [guest for guest in self._host.guests if guest.status != "Down"]

    def _vm(self, vm_id: Any) -> Guest:
        for guest in self._running():
            if guest.uuid == vm_id:
                return guest
        raise no_vm(vm_id)

    def _stats(self, guest: Guest) -> dict[str, Any]:
        if guest.uuid not in self._samples:
            self.sample()
        return vmstats.vm_stats(guest, *self._samples[guest.uuid])

    def _all_vm_stats(self) -> list[dict[str, Any]]:
        return [self._stats(guest) for guest in self._running()]

    def _one_vm_stats(self, vmID: Any) -> list[dict[str, Any]]:
        return [self._stats(self._vm(vmID))]

    def _vm_list(self) -> list[dict[str, str]]:
        return [{"vmId": guest.uuid, "status": guest.status, "statusTime": str(vmstats.event_time())}
                for guest in self._running()]

    def _all_io_tune(self) -> dict[str, Any]:
        return {guest.uuid: vmstats.io_tune(guest) for guest in self._running()}

    async def _host_stats(self) -> dict[str, Any]:
        mom_status = await asyncio.to_thread(self._mom.status)
        ksm = await asyncio.to_thread(self._mom.ksm_stats)
        count = len(self._running())
        return {"anonHugePages": "0.00", "cpuIdle": "90.00", "cpuLoad": "0.10", "cpuSys": "5.00",
                "cpuUser": "5.00", "memFree": self._host.free // 1024, "memUsed": "50.00",
                "swapTotal": self._host.swap_total // 1024,
                "swapFree": int(self._host.swap_total - self._host.swap_used) // 1024,
                "vmCount": count, "vmActive": count, "vmMigrating": 0, "incomingVmMigrations": 0,
                "outgoingVmMigrations": 0, "storageDomains": {}, "netConfigDirty": "False",
                "momStatus": mom_status, **ksm}

    # what is turned

    def _set_balloon(self, vmID: Any, target: Any) -> dict[str, Any]:
        guest = self._vm(vmID)
        if not guest.has_balloon or not guest.ballooning_enabled:
            return DONE                       # done is what vdsm says, and it does nothing
        try:
            guest.target = int(target)
        except ValueError:
            raise NO_BALLOON from None
        return DONE

    def _set_quota(self, vmID: Any, quota: Any) -> dict[str, Any]:
        guest = self._vm(vmID)
        try:
            value = int(quota)
        except ValueError:
            raise BAD_CPU_TUNE from None
        guest.vcpu_quota = QUOTA_NONE if value < 0 else value
        return DONE

    def _set_period(self, vmID: Any, period: Any) -> dict[str, Any]:
        guest = self._vm(vmID)
        try:
            guest.vcpu_period = int(period)
        except ValueError:
            raise BAD_CPU_TUNE from None
        return DONE

    def _set_io_tune(self, vmID: Any, tunables: Any) -> dict[str, Any]:
        guest = self._vm(vmID)
        for change in tunables:
            name, path = change.get("name"), change.get("path")
            found = [disk for disk in guest.disks
                     if (name is not None and disk.name == name) or (path is not None and disk.path == path)]
            if not found:
                raise bad_io_tune(f"Device {name} not found")
            merged = {**found[0].tune, **{key: int(value) for key, value in change["ioTune"].items()}}
            if set(merged) - set(LIMITS):
                raise RuntimeError(f"parameter {(set(merged) - set(LIMITS)).pop()} name is invalid")
            if min(merged.values()) < 0:
                raise bad_io_tune("Invalid ioTune value")
            found[0].tune = merged
        return DONE

    def _set_ksm(self, tuningParams: Any) -> dict[str, Any]:
        try:
            self._host.ksm.tune(tuningParams)
        except (ValueError, TypeError, AttributeError):
            raise BAD_KSM from None
        finally:
            self._changed()
        return DONE

    async def _set_policy(self, policy: Any) -> bool:
        return await self._push(self._mom.set_policy, policy)

    async def _set_parameters(self, key_value_store: Any) -> bool:
        return await self._push(self._mom.set_policy_parameters, key_value_store)

    @staticmethod
    async def _push(push: Callable[[Any], None], what: Any) -> bool:
        try:
            await asyncio.to_thread(push, what)
        except Exception:
            raise BAD_POLICY from None
        return True
