# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest as Host.getAllVmStats and Host.getAllVmIoTunePolicies report it, type by type.

What vdsm sends as a string is a string here, what it sends as an integer is one, and what it leaves out is
left out.  Memory figures come from the last sample, as libvirt's do; names, target and status are of now.
Must stay equal in form to the real answers, including their useless parts: their size is part of the load.
"""
from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from guests import Guest

EVENT_EPOCH = (1 << 31) - 1      # vdsm's event clock starts here


def event_time() -> int:
    return EVENT_EPOCH + int(time.monotonic() * 1000)


@dataclass(frozen=True)
class Sample:
    """What libvirt's bulk statistics told of one guest."""
    when: float
    balloon: int
    total: int
    unused: int
    caches: int
    counters: dict[str, float]


def take(guest: Guest, when: float) -> Sample:
    return Sample(when, guest.balloon, int(guest.visible), int(guest.unused), int(guest.cache),
                  dict(guest.counters))


def memory_stats(last: Sample, first: Sample) -> dict[str, Any]:
    stats: dict[str, Any] = {"mem_total": str(last.total), "mem_unused": str(last.unused),
                             "mem_free": str(last.unused + last.caches)}
    seconds = last.when - first.when
    if seconds > 0:
        for key, counter in (("swap_in", "swap_in"), ("swap_out", "swap_out"),
                             ("majflt", "major_fault"), ("minflt", "minor_fault")):
            stats[key] = round((last.counters[counter] - first.counters[counter]) / seconds)
        stats["pageflt"] = stats["majflt"] + stats["minflt"]
    return stats


def balloon_info(guest: Guest, sample: Sample) -> dict[str, Any]:
    return {"balloon_max": str(guest.max), "balloon_min": str(guest.min),
            "balloon_cur": str(sample.balloon), "balloon_target": str(guest.target),
            "ballooning_enabled": guest.ballooning_enabled}


def _disk(guest: Guest, number: int, seconds: int) -> dict[str, str]:
    return {"truesize": "21474836480", "apparentsize": "42949672960",
            "imageID": guest.disks[number].path.split("/")[-2],
            "readRate": "499907.5406006283", "writeRate": "699870.5568408796",
            "readOps": str(seconds * 31), "writeOps": str(seconds * 47),
            "readBytes": str(seconds * 500000), "writtenBytes": str(seconds * 700000),
            "flushLatency": "1400000.0", "readLatency": "290322.5806451613",
            "writeLatency": "446808.5106382979"}


def _nic(guest: Guest, seconds: int) -> dict[str, Any]:
    return {"macAddr": f"56:6f:00:00:{guest.index >> 8 & 255:02x}:{guest.index & 255:02x}",
            "name": f"vnet{guest.index}", "speed": "1000", "state": "unknown",
            "rxErrors": "0", "rxDropped": "0", "txErrors": "0", "txDropped": "0",
            "rx": str(seconds * 123456), "tx": str(seconds * 65432), "sampleTime": time.monotonic()}


def _agent(guest: Guest) -> dict[str, Any]:
    """What the guest agent tells."""
    name, ip = f"{guest.name}.example.com", f"10.0.{guest.index >> 8 & 255}.{guest.index & 255}"
    return {
        "username": "root", "session": "Unknown", "guestCPUCount": guest.vcpus,
        "appsList": ["kernel-5.14.0-503.11.1.el9_5.x86_64", "qemu-guest-agent-9.0.0"],
        "guestIPs": ip, "guestFQDN": name, "guestName": name,
        "guestOs": "5.14.0-503.11.1.el9_5.x86_64",
        "guestOsInfo": {"type": "linux", "arch": "x86_64", "kernel": "5.14.0-503.11.1.el9_5.x86_64",
                        "distribution": "Red Hat Enterprise Linux", "version": "9.5 (Plow)",
                        "codename": "Plow"},
        "guestTimezone": {"offset": 0, "zone": "UTC"},
        "netIfaces": [{"name": "eth0", "hw": _nic(guest, 0)["macAddr"], "inet": [ip],
                       "inet6": [f"fe80::546f:ff:fe00:{guest.index:x}"]}],
        "disksUsage": [{"path": "/", "total": "39674970112", "used": "5126623232", "fs": "xfs"}],
        "pciDevices": []}


def vm_stats(guest: Guest, last: Sample, first: Sample) -> dict[str, Any]:
    seconds = int(time.monotonic())
    stats: dict[str, Any] = {
        "vmId": guest.uuid, "vmName": guest.name, "status": guest.status,
        "statusTime": str(event_time()), "acpiEnable": "true", "kvmEnable": "true", "vmType": "kvm",
        "clientIp": "", "cpuActual": True, "cpuSys": "15.00", "cpuUser": "15.00",
        "cpuUsage": str(seconds * 300000000), "elapsedTime": str(3600 + seconds), "timeOffset": "0",
        "hash": str(hash(guest.uuid)), "monitorResponse": "0", "vmJobs": {},
        "displayInfo": [{"type": "vnc", "port": str(5900 + guest.index), "tlsPort": "-1",
                         "ipAddress": "192.0.2.10"}],
        "disks": {disk.name: _disk(guest, number, seconds) for number, disk in enumerate(guest.disks)},
        "network": {f"vnet{guest.index}": _nic(guest, seconds)},
        "vcpuCount": str(guest.vcpus), "vcpuQuota": str(guest.vcpu_quota),
        "vcpuPeriod": guest.vcpu_period, "memUsage": "0", **_agent(guest)}
    if guest.vcpu_limit is not None:
        stats["vcpuUserLimit"] = guest.vcpu_limit
    if guest.has_balloon:
        stats["balloonInfo"] = balloon_info(guest, last)
    if guest.reports_memory:
        memory = memory_stats(last, first)
        stats["memoryStats"] = memory
        free = 100 * (last.unused + last.caches) // max(1, last.total)
        stats["memUsage"] = str(100 - free)
    if guest.nonsense:
        return _nonsense(stats)
    return _odd(stats) if guest.odd_types else stats


def _odd(stats: dict[str, Any]) -> dict[str, Any]:
    """The same guest in types that vdsm does not use now; all that policies need can be read."""
    balloon, memory = stats["balloonInfo"], stats["memoryStats"]
    balloon["balloon_cur"] = int(balloon["balloon_cur"])
    balloon["balloon_max"] = float(balloon["balloon_max"])
    balloon["balloon_target"] = None
    balloon["ballooning_enabled"] = "true"
    memory["mem_unused"] = float(memory["mem_unused"])
    memory["mem_total"] = int(memory["mem_total"])
    memory["swap_in"] = "many"
    stats.update({"vcpuCount": int(stats["vcpuCount"]), "vcpuQuota": -1, "vcpuPeriod": "100000",
                  "memUsage": int(stats["memUsage"]), "pid": "none", "guestName": 7})
    return stats


def _nonsense(stats: dict[str, Any]) -> dict[str, Any]:
    """A guest of which nothing can be read but that it is there."""
    stats.update({"balloonInfo": "none", "memoryStats": [1, 2], "memUsage": None, "vcpuCount": None,
                  "vcpuQuota": "unlimited", "vcpuPeriod": {}, "vcpuUserLimit": [50], "disks": None})
    return stats


def io_tune(guest: Guest) -> dict[str, Any]:
    states = [{"name": disk.name, "path": disk.path, "ioTune": dict(disk.tune)} for disk in guest.disks]
    return {"policy": guest.io_policy, "current_values": states}
