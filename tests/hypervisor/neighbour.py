# SPDX-License-Identifier: GPL-2.0-or-later
"""A second host to migrate guests to: another libvirtd in the shelter, with directories and a name of its own.

Its guests are ordinary processes beside the first one's, and reach the same files, as on shared storage.  Must never be
mistaken for the first: who wants it uses its `uri`.
"""
from __future__ import annotations

import os
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, Any

from libvirtd import PATIENCE_S, QEMU_CONF, rows_of

if TYPE_CHECKING:
    from libvirtd import Libvirtd

# No control groups: they would have the names of the first one's.
CONF = """\
host_uuid = "{uuid}"
unix_sock_dir = "{place}"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
# Own directories over those of the first, which has covered the machine's.
START = """\
mount --make-rprivate / && hostname neighbour &&
for directory in /run /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
    mount -t tmpfs momd-bench "$directory" || exit 1
done
mount --bind {place}/etc /etc/libvirt && exec libvirtd --config {place}/libvirtd.conf
"""


class Neighbour:
    def __init__(self, first: "Libvirtd") -> None:
        place = os.path.join(first.directory, "there")
        os.makedirs(os.path.join(place, "etc"))
        for name, text in (("etc/qemu.conf", QEMU_CONF + "cgroup_controllers = []\n"),
                           ("libvirtd.conf", CONF.format(uuid=uuid.uuid4(), place=place))):
            with open(os.path.join(place, name), "w", encoding="ascii") as file:
                file.write(text)
        self.uri = f"qemu+unix:///system?socket={place}/libvirt-sock"
        self.migrate_uri = f"unix://{place}/migration"
        self._log = os.path.join(place, "log")
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(["unshare", "--mount", "--uts", "sh", "-c", START.format(place=place)],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while self._virsh("list").returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the second libvirtd did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def log(self) -> str:
        with open(self._log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _virsh(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["virsh", "--quiet", "--connect", self.uri, *command], capture_output=True, text=True,
                              timeout=PATIENCE_S, env={**os.environ, "LC_ALL": "C"})

    def balloon(self, name: str) -> dict[str, Any]:
        """As Libvirtd.balloon."""
        done = self._virsh("domstats", "--balloon", name)
        if done.returncode:
            raise RuntimeError(f"{done.stderr.strip()}\n{self.log()[-1000:]}")
        return rows_of(done.stdout)
