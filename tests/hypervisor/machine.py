# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest: its domain XML, its life, and the way to its workload over a serial port.

Emulated (TCG), small, without what it does not need, so that four of them start in seconds on two busy cores.
What is asked of the workload is answered from inside the guest: the one witness of what a balloon did that
is not libvirt.  Must never outlive the shelter that it is started in.
"""
from __future__ import annotations

import os
import signal
import socket
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from libvirtd import Libvirtd

MIB = 1024                        # KiB
PATIENCE_S = 120
# no_timer_check: without it a guest on a busy machine may find its timer broken and give up.
CMDLINE = "console=ttyS0 quiet panic=1 no_timer_check tsc=reliable nowatchdog mitigations=off bench.seed={seed} bench.without={without}"
DOMAIN = """
<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <metadata>{metadata}</metadata>
  <memory unit='KiB'>{max_kib}</memory>
  <currentMemory unit='KiB'>{start_kib}</currentMemory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initramfs}</initrd>
    <cmdline>{cmdline}</cmdline>
  </os>
  <features><acpi/><tcg><tb-cache unit='MiB'>48</tb-cache></tcg></features>
  <clock offset='utc'><timer name='hpet' present='no'/></clock>
  <on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <controller type='usb' model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{place}.disk'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='file'><source path='{place}.log'/><target port='0'/></serial>
    <serial type='unix'><source mode='bind' path='{place}.control'/><target port='1'/></serial>
    {devices}
    <memballoon model='virtio'/>
  </devices>
</domain>
"""
GUARANTEE = "<momd:guest xmlns:momd='urn:momd:guest:1'><momd:min_guarantee_kib>{}</momd:min_guarantee_kib></momd:guest>"
VCPU_LIMIT = "<ovirt:qos xmlns:ovirt='http://ovirt.org/vm/tune/1.0'><ovirt:vcpuLimit>{}</ovirt:vcpuLimit></ovirt:qos>"


def ask(port: str, command: str) -> dict[str, str]:
    """One command of guest.c to the workload behind PORT, and the answer's fields."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(port)
        connection.sendall(command.encode() + b"\n")
        answer = connection.makefile().readline()
    return dict(part.split("=", 1) for part in answer.split())


@dataclass(frozen=True)
class Size:
    """What is told to libvirt. `extra` is XML of further devices, `without` a driver that the guest does not load,
    `kernel_options` are more words for its kernel's command line."""
    max_mib: int = 192
    start_mib: int = 192
    guarantee_mib: int | None = None
    vcpu_limit_percent: int | None = None
    extra: str = ""
    without: str = ""
    kernel_options: str = ""


@dataclass
class Machine:
    libvirtd: "Libvirtd"
    short: str                    # for people; `name` is libvirt's
    size: Size = field(default_factory=Size)
    seed: int = 0                 # makes "unique" pages unlike those of others
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        return f"{self.short}-{self.libvirtd.tag}"

    @property
    def place(self) -> str:
        return os.path.join(self.libvirtd.directory, self.short)

    def _metadata(self) -> str:
        size = self.size
        parts = [] if size.guarantee_mib is None else [GUARANTEE.format(size.guarantee_mib * MIB)]
        parts += [] if size.vcpu_limit_percent is None else [VCPU_LIMIT.format(size.vcpu_limit_percent)]
        return "".join(parts)

    def _cmdline(self) -> str:
        size = self.size
        words = CMDLINE.format(seed=self.seed, without=size.without)
        return f"{words} {size.kernel_options}".rstrip()

    def define(self) -> str:
        """Makes its files; the path of its XML."""
        xml = DOMAIN.format(
            name=self.name, uuid=self.uuid, metadata=self._metadata(), max_kib=self.size.max_mib * MIB,
            start_kib=self.size.start_mib * MIB, kernel=self.libvirtd.kernel, initramfs=self.libvirtd.initramfs,
            cmdline=escape(self._cmdline()), place=self.place, devices=self.size.extra)
        with open(self.place + ".xml", "w", encoding="utf-8") as file:
            file.write(xml)
        with open(self.place + ".disk", "wb") as file:
            file.truncate(1 << 20)
        open(self.place + ".log", "wb").close()
        return self.place + ".xml"

    def start(self) -> None:
        """Returns when libvirt has started it; `wait_ready` waits for the guest itself."""
        self.libvirtd.virsh("create", self.define())

    def wait_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while "guest is ready" not in self.console():
            if time.monotonic() > deadline:
                raise TimeoutError(f"guest {self.short} did not start; its console ends: {self.console()[-500:]}")
            time.sleep(0.1)

    def destroy(self) -> None:
        self.libvirtd.virsh("destroy", self.name)

    def console(self) -> str:
        with open(self.place + ".log", encoding="utf-8", errors="replace") as file:
            return file.read()

    # the view from inside

    def ask(self, command: str) -> dict[str, str]:
        return ask(self.place + ".control", command)

    def hold(self, mib: int, fill: str = "same") -> None:
        held = int(self.ask(f"hold {mib} {fill}")["held_mib"])
        if held != mib:
            raise RuntimeError(f"guest {self.short} could hold {held} MiB only")

    def total_kib(self) -> int:
        """MemTotal, which is what the balloon left."""
        return int(self.ask("stat")["total_kib"])

    # the view from the host

    @property
    def pid(self) -> int:
        with open(f"/run/libvirt/qemu/{self.name}.pid", encoding="ascii") as file:
            return int(file.read())

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)
