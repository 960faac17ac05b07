# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt's daemon as a child of ours, with its own configuration, sockets and state; no systemd, no D-Bus.

Inside a shelter only, where /etc/libvirt and the like are empty and private: its address is then the usual one,
qemu:///system.  Must never be found by anybody outside.
"""
from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

import image
import shelter

URI = "qemu:///system"
PATIENCE_S = 60
# root, as QEMU must reach our files, and nothing else of the machine is there to be protected in a shelter;
# "file": no virtlogd is needed.
QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
namespaces = []
"""
# Every call of libvirt's API that reaches the daemon is noted in a file of its own. Others than root may only read,
# as where there is no PolicyKit to ask.
LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
log_filters = "1:libvirt"
log_outputs = "3:stderr 1:file:{calls}"
"""


def rows_of(text: str) -> dict[str, Any]:
    """What `virsh domstats` says, of one group: name -> number."""
    rows = (line.strip().partition("=") for line in text.splitlines())
    return {key.partition(".")[2]: int(value) for key, mark, value in rows if mark and value.isdigit()}


class Libvirtd:
    """Files of the daemon and its guests are kept in the shelter's directory."""

    def __init__(self, programs: list[str] | None = None) -> None:
        self.directory = shelter.place()
        self.tag = shelter.mark(self.directory)
        self.kernel = os.path.join(image.kernel(), "vmlinuz")
        self.initramfs = os.path.join(self.directory, "initramfs.gz")
        image.initramfs(self.initramfs, programs)
        self.log_path = os.path.join(self.directory, "libvirtd.log")
        self.calls_path = os.path.join(self.directory, "libvirtd.calls")
        for name, text in (("qemu.conf", QEMU_CONF), ("libvirtd.conf", LIBVIRTD_CONF.format(calls=self.calls_path))):
            with open(os.path.join("/etc/libvirt", name), "w", encoding="ascii") as file:
                file.write(text)
        os.makedirs("/run/libvirt", exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None
        self._environment: dict[str, str] = {}

    def ask_for_password(self, sasl_directory: str) -> None:
        """From the next start on, of all who want to change anything; `virsh` can then no more."""
        path = "/etc/libvirt/libvirtd.conf"
        with open(path, encoding="ascii") as file:
            text = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(text.replace('auth_unix_rw = "none"', 'auth_unix_rw = "sasl"'))
        self._environment = {"SASL_CONF_PATH": sasl_directory}

    def start(self) -> None:
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["libvirtd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self._environment})
        deadline = time.monotonic() + PATIENCE_S
        while self._virsh("--readonly", "list").returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"libvirtd did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def log(self) -> str:
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self) -> None:
        """Guests live on without it."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    @staticmethod
    def _virsh(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["virsh", "--quiet", "--connect", URI, *command], capture_output=True, text=True,
                              timeout=PATIENCE_S, env={**os.environ, "LC_ALL": "C"})

    def virsh(self, *command: str) -> str:
        done = self._virsh(*command)
        if done.returncode:
            raise RuntimeError(f"virsh {' '.join(command)}: {done.stderr.strip()}\n{self.log()[-1000:]}")
        return done.stdout

    def balloon(self, name: str) -> dict[str, Any]:
        """libvirt's own numbers of one guest's memory, in KiB."""
        return rows_of(self.virsh("domstats", "--balloon", name))
