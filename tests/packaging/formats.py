# SPDX-License-Identifier: GPL-2.0-or-later
"""The two formats of packages under one set of names: make, judge, install, upgrade, remove.

Uses the tools that administrators use (apt-get and dpkg, rpm).  What the formats do differently on purpose is
told by attributes.  Must never pass an option that hides an unmet dependency or a conflict.
"""
from __future__ import annotations

import glob
import os
import re

import others
from machine import Machine
from sources import run, write

HERE = os.path.dirname(os.path.abspath(__file__))


class Deb:
    kind = "deb"
    unit_dir = "/lib/systemd/system"
    sources = (r"\.dsc$", r"\.orig\.tar\.gz$")
    offered = ".dpkg-dist"                 # a new version of a file that was changed
    kept = ""                              # a changed file when its package is gone
    stays: set[str] = set()                # what is left at the very end
    mom_file = "mom_0.6.5_all.deb"
    # As debhelper writes them for a unit that is enabled and started.
    mom_scripts = {
        "postinst": "deb-systemd-helper unmask momd.service >/dev/null || true\n"
                    "[ \"$1\" != configure ] || deb-systemd-helper enable momd.service >/dev/null || true\n",
        "prerm": "[ \"$1\" != remove ] || deb-systemd-invoke stop momd.service || true\n",
        "postrm": "[ \"$1\" != remove ] || deb-systemd-helper mask momd.service >/dev/null || true\n"
                  "[ \"$1\" != purge ] || deb-systemd-helper purge momd.service >/dev/null || true\n"}
    post = "postinst"

    def judge(self, built: list[str]) -> None:
        """Policy: no error, no warning that is not answered in lintian.tags."""
        changes, = (path for path in built if path.endswith(".changes"))
        run("lintian", "--fail-on", "error,warning", "--suppress-tags-from-file",
            os.path.join(HERE, "lintian.tags"), changes, ordinary=True)

    def packages(self, built: list[str]) -> dict[str, str]:
        """Name -> file, of those that are installed."""
        return {os.path.basename(path).split("_")[0]: path for path in built
                if path.endswith(".deb") and "-dbgsym_" not in path}

    def make(self, package: others.Package, place: str) -> str:
        top = os.path.join(place, package.name)
        others.lay(package, top)
        os.mkdir(top + "/DEBIAN")
        depends = ", ".join(f"{name} (>= {least})" if least else name for name, least in package.requires)
        write(top + "/DEBIAN/control", f"Package: {package.name}\nVersion: {package.version}\nArchitecture: all\n"
              "Maintainer: nobody <nobody@momd.invalid>\nDescription: for a test\n"
              + (f"Depends: {depends}\n" if depends else ""))
        write(top + "/DEBIAN/conffiles", "".join(path + "\n" for path in sorted(package.config)))
        for name, text in package.scripts.items():
            write(f"{top}/DEBIAN/{name}", "#!/bin/sh\nset -e\n" + text)
            os.chmod(f"{top}/DEBIAN/{name}", 0o755)
        run("dpkg-deb", "--root-owner-group", "-b", top, place)
        return glob.glob(os.path.join(place, package.name + "_*.deb"))[0]

    def prepare(self, machine: Machine, place: str, built: list[str]) -> None:
        """dpkg knows this machine's packages already."""

    def _apt(self, machine: Machine, *arguments: str, check: bool = True) -> str:
        return machine.out("apt-get", "-y", "--no-install-recommends", "-o",
                           "Dpkg::Options::=--force-confold", *arguments, check=check)

    def install(self, machine: Machine, *files: str) -> str:
        return self._apt(machine, "install", *files)

    def downgrade(self, machine: Machine, *files: str) -> None:
        self._apt(machine, "--allow-downgrades", "install", *files)

    def refuses_to_remove(self, machine: Machine, name: str) -> bool:
        return machine.run("dpkg", "--remove", name, check=False).returncode != 0

    def remove(self, machine: Machine, *names: str) -> None:
        machine.run("dpkg", "--remove", *names)

    def purge(self, machine: Machine, *names: str) -> None:
        machine.run("dpkg", "--purge", *names)

    def installed(self, machine: Machine, name: str) -> str:
        """Its version, or "" if it is not installed."""
        told = machine.out("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name, check=False)
        return told.split()[1].split("-")[0] if told.startswith("installed ") else ""

    def config_files(self, machine: Machine, name: str) -> set[str]:
        return {line.split()[0] for line in
                machine.out("dpkg-query", "-W", "-f", "${Conffiles}", name).splitlines() if line.strip()}


class Rpm:
    kind = "rpm"
    unit_dir = "/usr/lib/systemd/system"
    sources = (r"\.src\.rpm$",)
    offered = ".rpmnew"
    kept = ".rpmsave"
    stays = {"/etc/momd.conf.rpmsave", "/etc/momd.conf.rpmnew", "/var/lib/momd", "/var/log/momd"}
    mom_file = "mom.rpm"
    # As systemd's macros write them.
    mom_scripts = {
        "post": "[ $1 -ne 1 ] || systemctl --no-reload preset momd.service || :",
        "preun": "[ $1 -ne 0 ] || systemctl --no-reload disable --now momd.service || :",
        "postun": "systemctl daemon-reload || :"}
    post = "post"

    def judge(self, built: list[str]) -> None:
        """No error and no warning that is not answered in rpmlint.toml."""
        told = run("rpmlint", "--config", os.path.join(HERE, "rpmlint.toml"),
                   *(path for path in built if path.endswith(".rpm")), ordinary=True)
        assert re.search(r" 0 errors, 0 warnings", told), told

    def packages(self, built: list[str]) -> dict[str, str]:
        return {re.sub(r"-\d.*", "", os.path.basename(path)): path for path in built
                if path.endswith(".rpm") and not re.search(r"\.src\.rpm$|-debug(info|source)-", path)}

    def make(self, package: others.Package, place: str) -> str:
        top = os.path.join(place, package.name)
        others.lay(package, top + "/files")
        spec = [f"Name: {package.name}", f"Version: {package.version}", "Release: 1", "Summary: For a test",
                "License: none", "BuildArch: noarch", "AutoReqProv: no"]
        spec += [f"Requires: {name}" + (f" >= {least}" if least else "") for name, least in package.requires]
        spec += [f"Provides: {name}" for name in package.provides]
        spec += ["%description", "For a test.", "%install", f"cp -a {top}/files/. %{{buildroot}}/"]
        for name, text in package.scripts.items():
            spec += ["%" + name, text]
        spec += ["%files"] + [("%config(noreplace) " if path in package.config else "") + path
                              for path in package.files]
        write(top + "/spec", "\n".join(spec) + "\n")
        run("rpmbuild", "-bb", "--define", f"_topdir {top}/build", "--define", f"_rpmdir {place}",
            "--define", "_rpmfilename %{NAME}.rpm", "--define", f"_tmppath {top}", top + "/spec")
        return os.path.join(place, package.name + ".rpm")

    def prepare(self, machine: Machine, place: str, built: list[str]) -> None:
        """Where rpm knows nothing of this machine, one package stands for all of it, and has the distribution's rule
        that nothing is enabled by being installed."""
        if machine.run("rpm", "-q", "rpm", check=False).returncode == 0:
            return
        needs = set()
        for path in self.packages(built).values():
            needs |= set(run("rpm", "-qp", "--requires", path).splitlines())
        provides = sorted(need for need in needs if not re.match(r"(rpmlib|config)\(|mom(d|-guestd)?\b", need))
        unknown = [need for need in provides if not re.match(r"lib\S+\.so|rtld\(|/bin/sh$|/usr/bin/python3$|glib-networking$", need)]
        assert not unknown, f"momd requires what this test does not know: {unknown}"
        self.install(machine, self.make(others.Package("machine", "1", {
            "/usr/lib/systemd/system-preset/99-default-disable.preset": "disable *\n"}, provides=provides), place))

    def _rpm(self, machine: Machine, *arguments: str, check: bool = True):
        debian = ["--force-debian"] if machine.exists("/etc/debian_version") else []
        return machine.run("rpm", *debian, *arguments, check=check)

    def install(self, machine: Machine, *files: str) -> str:
        return self._rpm(machine, "-U", *files).stdout

    def downgrade(self, machine: Machine, *files: str) -> None:
        self._rpm(machine, "-U", "--oldpackage", *files)

    def refuses_to_remove(self, machine: Machine, name: str) -> bool:
        return self._rpm(machine, "-e", name, check=False).returncode != 0

    def remove(self, machine: Machine, *names: str) -> None:
        self._rpm(machine, "-e", *names)

    def purge(self, machine: Machine, *names: str) -> None:
        """There is no such thing: erased is erased."""

    def installed(self, machine: Machine, name: str) -> str:
        done = machine.run("rpm", "-q", "--queryformat", "%{VERSION}", name, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    def config_files(self, machine: Machine, name: str) -> set[str]:
        return set(machine.out("rpm", "-qc", name).split())
