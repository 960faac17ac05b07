# SPDX-License-Identifier: GPL-2.0-or-later
"""The built momd on libvirt, with the configuration and policies that are packaged for a plain KVM host.

Only what must differ beside other tests is changed: the socket's place, seconds in place of tens of them, and
what a test is about.  Must never be kinder to momd than an administrator: it gets files and signals.
"""
from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers"))

from momd import INTERVALS, ROOT, Daemon, as_installed, write_config  # noqa: E402

CONTRIB = os.path.join(ROOT, "contrib")
# As contrib/meson.build installs them.
POLICIES = ("policies/00-defines.policy", "vdsm/mom.d/02-balloon.policy", "vdsm/mom.d/03-ksm.policy")
GUEST_DATA = ("GuestQemuProc, GuestMemoryOptional, GuestBalloonOptional, GuestCpuTune")


class Agent(Daemon):
    """POLICIES: name -> text, beside the packaged ones, or in their place where the name is the same."""

    def __init__(self, program: str, place: str, policies: dict[str, str] | None = None, interval: int = 1,
                 settings: dict[str, dict[str, Any]] | None = None, before: tuple[str, ...] = ()) -> None:
        super().__init__(program, place, os.path.join(place, "mom.sock"), before)
        self.policy_dir = os.path.join(place, "policies")
        os.makedirs(self.policy_dir, exist_ok=True)
        for name in POLICIES:
            shutil.copy(os.path.join(CONTRIB, name), self.policy_dir)
        for name, text in (policies or {}).items():
            with open(os.path.join(self.policy_dir, name + ".policy"), "w", encoding="utf-8") as file:
                file.write(text)
        as_installed(self.policy_dir)
        write_config(self.config, os.path.join(CONTRIB, "momd.conf"), {
            "main": {**dict.fromkeys(INTERVALS, interval), "rpc-port": self.socket, "sample-history-length": 2,
                     "policy-dir": self.policy_dir, "state-dir": os.path.join(place, "state")},
            "guest": {"collectors": GUEST_DATA}}, settings or {})

    def reconfigure(self, settings: dict[str, dict[str, Any]]) -> None:
        """As an administrator does: the file changed, then a SIGHUP."""
        write_config(self.config, self.config, settings)
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    def guests(self) -> dict[str, dict[str, Any]]:
        """Name -> the latest numbers that momd has of it."""
        return self.rpc("getStatistics")["guests"]

    def knows(self, *names: str) -> bool:
        return set(names) == set(self.rpc("getActiveGuests"))
