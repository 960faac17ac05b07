# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's /proc and /sys as files below a directory, for a daemon's `host-root`.

Each file is written whole under another name and renamed, so that no reader sees half of one; only what
changed is written.  The formats are the kernel's, down to field counts in stat.  Must never touch anything
outside its directory.
"""
from __future__ import annotations

import os
import shutil

from guests import GIB, MIB, Guest
from host import Host

KSMD_PID = 71
PAGE_BYTES = 4096


def meminfo(host: Host) -> str:
    anon = int(host.own_use * 0.6 + host.pressure + host.touched - host.saved - host.swap_used)
    rows = {"MemTotal": host.total, "MemFree": host.unused, "MemAvailable": host.free - 32 * MIB,
            "Buffers": host.buffers, "Cached": host.cached, "SwapCached": 0, "Active": anon // 2,
            "Inactive": anon // 2, "SwapTotal": host.swap_total,
            "SwapFree": int(host.swap_total - host.swap_used), "Dirty": 120, "Writeback": 0,
            "AnonPages": anon, "Mapped": 200 * MIB, "Shmem": 40 * MIB, "Slab": 300 * MIB,
            "HugePages_Total": 0}
    lines = []
    for key, value in rows.items():
        unit = "" if key.startswith("HugePages") else " kB"
        lines.append(f"{key + ':':<15} {max(0, value):>8}{unit}\n")
    return "".join(lines)


def vmstat(host: Host) -> str:
    rows = {"nr_free_pages": host.unused // 4, "pswpin": int(host.swapped_in),
            "pswpout": int(host.swapped_out), "pgfault": int(host.seconds * 5000),
            "pgmajfault": int(host.swapped_in)}
    return "".join(f"{key} {value}\n" for key, value in rows.items())


def cpuinfo(host: Host) -> str:
    return "".join(f"processor\t: {cpu}\nvendor_id\t: GenuineIntel\nmodel name\t: stand-in\n"
                   f"cpu cores\t: {host.cpus}\n\n" for cpu in range(host.cpus))


def cpu_stat(host: Host) -> str:
    ticks = int(host.seconds * 100)
    return (f"cpu  {ticks} 0 {ticks // 2} {ticks * host.cpus} 0 0 0 0 0 0\n"
            f"ctxt {ticks * 50}\nbtime 1700000000\nprocesses 12345\n")


def _stat(pid: int, comm: str, minor: int, major: int, ticks: int, size_kib: int, rss_kib: int) -> str:
    """The 52 fields of /proc/PID/stat; what nobody reads is 0."""
    fields = [0] * 53                                    # by the number in proc(5)
    fields[4:9] = [1, pid, pid, 0, -1]
    fields[10], fields[12] = minor, major
    fields[14], fields[15] = ticks // 3, ticks - ticks // 3
    fields[18:21] = [20, 0, 1]
    fields[22] = 4242
    fields[23], fields[24] = size_kib * 1024, rss_kib * 1024 // PAGE_BYTES
    return f"{pid} ({comm}) S " + " ".join(str(value) for value in fields[4:53]) + "\n"


def _process(pid: int, comm: str, cmdline: str, stat: str, size_kib: int, rss_kib: int) -> dict[str, str]:
    place = f"proc/{pid}/"
    status = f"Name:\t{comm}\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\n"
    if size_kib:
        status += f"VmSize:\t{size_kib} kB\nVmRSS:\t{rss_kib} kB\n"
    statm = f"{size_kib // 4} {rss_kib // 4} 2000 900 0 0 0\n"
    return {place + "comm": comm + "\n", place + "cmdline": cmdline, place + "stat": stat,
            place + "statm": statm, place + "status": status}


def _qemu(guest: Guest) -> dict[str, str]:
    size, rss = guest.max + 1 * GIB, int(guest.resident)
    minor, major = int(guest.touched / 4), int(guest.counters["major_fault"]) // 50
    stat = _stat(guest.pid, "qemu-kvm", minor, major, int(guest.age * 30), size, rss)
    cmdline = f"/usr/libexec/qemu-kvm\0-name\0guest={guest.name},debug-threads=on\0-uuid\0{guest.uuid}\0"
    return _process(guest.pid, "qemu-kvm", cmdline, stat, size, rss)


def contents(host: Host) -> dict[str, str]:
    """Path below the directory -> text."""
    files = {"proc/meminfo": meminfo(host), "proc/vmstat": vmstat(host), "proc/cpuinfo": cpuinfo(host),
             "proc/stat": cpu_stat(host)}
    ksm_stat = _stat(KSMD_PID, "ksmd", 0, 0, int(host.ksm.jiffies), 0, 0)
    files.update(_process(KSMD_PID, "ksmd", "", ksm_stat, 0, 0))
    files.update(_process(1, "systemd", "/usr/lib/systemd/systemd\0",
                          _stat(1, "systemd", 9, 9, 100, 170000, 12000), 170000, 12000))
    for guest in host.guests:
        if guest.status != "Down":
            files.update(_qemu(guest))
    for name, value in host.ksm.files().items():
        files["sys/kernel/mm/ksm/" + name] = f"{value}\n"
    return files


class HostFiles:
    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._written: dict[str, str] = {}

    def write(self, host: Host) -> None:
        files = contents(host)
        for path, text in files.items():
            if self._written.get(path) != text:
                self._replace(path, text)
        for gone in {os.path.dirname(path) for path in self._written.keys() - files.keys()}:
            shutil.rmtree(os.path.join(self._directory, gone), ignore_errors=True)
        self._written = files

    def _replace(self, path: str, text: str) -> None:
        full = os.path.join(self._directory, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        temporary = os.path.join(os.path.dirname(full), "." + os.path.basename(full))
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, full)
