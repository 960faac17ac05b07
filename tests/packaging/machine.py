# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine to install packages on: a throw-away copy of the one we are on, with a systemd of its own.

Made by `boot`, which tells how it is kept apart; gone without a trace after close().  Needs root and
says so.  Must never run a command of a test outside of it.
"""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}
PATIENCE_S = 120


def wait_for(what: str, test: Any, seconds: float = PATIENCE_S) -> Any:
    """What TEST returns as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = test()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


class Machine:
    def __init__(self, *trees: str) -> None:
        """TREES are directories of the real machine that are seen at the same place, read-only."""
        self.scratch = tempfile.mkdtemp(prefix="momd-machine-")
        self.console = tempfile.TemporaryFile()
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", os.path.join(HERE, "boot"), self.scratch, *trees],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.console, text=True)
        assert self.keeper.stdout
        self.pid = self.keeper.stdout.readline().strip()
        try:
            wait_for("systemd", self._is_up, 60)
        except AssertionError as error:
            self.close()
            raise AssertionError(f"{error}; its console:\n{self._console()}") from None

    def _console(self) -> str:
        self.console.seek(0)
        return self.console.read().decode(errors="replace")[-3000:]

    def _is_up(self) -> bool:
        if self.keeper.poll() is not None or not self.pid:
            raise AssertionError("the machine could not be made (root with CAP_SYS_ADMIN, overlayfs and"
                                 f" cgroup2 are needed):\n{self._console()}")
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def run(self, *command: str, check: bool = True, user: str = "", text: str | None = None) -> Any:
        """Runs COMMAND in the machine, as root or as USER, with TEXT for its input."""
        inside = ["nsenter", "--target", self.pid, "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup",
                  "--root", "--wd", "--", "env", "-i", *(f"{k}={v}" for k, v in ENVIRONMENT.items())]
        become = ["runuser", "-u", user, "--"] if user else []
        feed: dict[str, Any] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        done = subprocess.run([*inside, *become, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=PATIENCE_S * 2, check=False, **feed)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done

    def out(self, *command: str, **how: Any) -> str:
        return self.run(*command, **how).stdout.strip()

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def write(self, path: str, text: str) -> None:
        self.run("tee", path, text=text)

    def exists(self, path: str) -> bool:
        return self.run("test", "-e", path, check=False).returncode == 0

    def stat(self, path: str) -> str:
        """Owner, group, mode: "root root 755"."""
        return self.out("stat", "-c", "%U %G %a", path)

    def unit(self, name: str, what: str) -> str:
        return self.out("systemctl", "show", "--value", "-p", what, name)

    def journal(self, unit: str) -> str:
        return self.out("journalctl", "-u", unit, "-n", "40", "--no-pager", "-o", "cat", check=False)

    def start(self, unit: str, verb: str = "start") -> None:
        done = self.run("systemctl", verb, unit, check=False)
        if done.returncode:
            raise AssertionError(f"systemctl {verb} {unit}: {done.stdout}\n{self.journal(unit)}")

    def close(self) -> None:
        if self.keeper.poll() is None:
            self.keeper.send_signal(signal.SIGTERM)
        self.keeper.wait(60)
        if self.keeper.stdout:
            self.keeper.stdout.close()
        self.console.close()
        shutil.rmtree(self.scratch)
