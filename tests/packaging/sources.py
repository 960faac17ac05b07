# SPDX-License-Identifier: GPL-2.0-or-later
"""momd's sources as packages are made of them: exported, raised to a next version, built by an ordinary user.

The packages are built from a copy with the script that people use, contrib/packaging/build.  Must never
build in the tree itself, and never as root where there is somebody else to be.
"""
from __future__ import annotations

import glob
import grp
import hashlib
import os
import pwd
import re
import subprocess

BUILDER = "nobody"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEB_BUILD_OPTIONS": "nocheck", "LC_ALL": "C.UTF-8"}
PATIENCE_S = 900
BUMPED = "# This line came with the next version.\n"


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(*command: str, cwd: str | None = None, ordinary: bool = False) -> str:
    """What COMMAND prints, standard error too; ORDINARY: as a user who is not root."""
    become = ["setpriv", f"--reuid={BUILDER}", f"--regid={_group()}", "--clear-groups"] \
        if ordinary and os.geteuid() == 0 else []
    try:
        done = subprocess.run([*become, *command], cwd=cwd, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=PATIENCE_S, check=False)
    except FileNotFoundError as error:
        raise AssertionError(f"{error.filename} is not installed; contrib/packages.sh has what is needed") from None
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


def _group() -> str:
    return grp.getgrgid(pwd.getpwnam(BUILDER).pw_gid).gr_name


def give(path: str) -> None:
    """PATH and all below becomes the ordinary user's."""
    if os.geteuid() == 0:
        run("chown", "-R", f"{BUILDER}:{_group()}", path)


class Tree:
    """An unpacked copy of the sources at PLACE."""

    def __init__(self, root: str, place: str) -> None:
        os.makedirs(place)
        run(os.path.join(root, "contrib/packaging/build"), "source", place)
        tarball, = glob.glob(os.path.join(place, "momd-*.tar.gz"))
        run("tar", "-xzf", tarball, "-C", place)
        self.place = place
        self.path = tarball[:-len(".tar.gz")]

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def versions(self) -> dict[str, str]:
        """What each file says the version is; meson.build is the source of the others."""
        found = {}
        for name, pattern in (("meson.build", r"^  version: '([^']+)'"),
                              ("contrib/packaging/debian/changelog", r"\Amomd \(([^)]+)-\d+\)"),
                              ("contrib/packaging/momd.spec", r"^Version: +(\S+)$"),
                              ("contrib/packaging/momd.spec, %changelog", r"^%changelog\n\*.* - (\S+)-\d+$")):
            match = re.search(pattern, read(self.file(name.split(",")[0])), re.M)
            found[name] = match.group(1) if match else "none"
        return found

    def _replace(self, name: str, pattern: str, text: str) -> None:
        changed, count = re.subn(pattern, text, read(self.file(name)), count=1, flags=re.M)
        assert count == 1, f"{name} has no {pattern}"
        write(self.file(name), changed)

    def raise_version(self) -> str:
        """Makes it the next version, with another line in the configuration file; returns the version."""
        old = self.versions()["meson.build"]
        new = re.sub(r"\d+$", lambda last: str(int(last.group()) + 1), old)
        self._replace("meson.build", r"^  version: '[^']+'", f"  version: '{new}'")
        self._replace("contrib/packaging/momd.spec", r"^(Version: +)\S+$", rf"\g<1>{new}")
        self._replace("contrib/packaging/momd.spec", r"^(%changelog\n\*.* - )\S+-1$", rf"\g<1>{new}-1")
        changelog = self.file("contrib/packaging/debian/changelog")
        write(changelog, read(changelog).replace(old, new, 1) + "\n" + read(changelog))
        write(self.file("contrib/momd.conf"), read(self.file("contrib/momd.conf")) + BUMPED)
        return new

    def build(self, kind: str, where: str) -> list[str]:
        """Builds packages of KIND (deb, rpm) into the directory WHERE; returns their paths."""
        os.makedirs(where)
        give(self.place)
        give(where)
        run("contrib/packaging/build", kind, where, cwd=self.path, ordinary=True)
        return sorted(glob.glob(os.path.join(where, "*")))


def digests(paths: list[str]) -> dict[str, str]:
    sums = {}
    for path in paths:
        with open(path, "rb") as file:
            sums[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return sums
