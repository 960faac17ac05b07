#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The units and what is installed with them, held against systemd's own checker and the built momd.

Installs into a directory of its own, asks systemd-analyze, which needs no running systemd, and starts the
momd that was installed with the configuration that was installed.  Changes nothing of the machine.
Usage: test-units.py BUILD_ROOT SOURCE_ROOT MESON
"""
from __future__ import annotations

import configparser
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv[2]
sys.path.insert(0, os.path.join(SOURCE, "tests", "peers"))
import clients      # noqa: E402
import momif        # noqa: E402
import tap          # noqa: E402

BUILD, _, MESON = sys.argv[1:4]
# What systemd-analyze security gave when the units were written was 1.9 and 1.6; versions of it differ a little.
MOST_EXPOSURE = "25"    # tenths
PATIENCE_S = 40
# Units of others that ours name.
STUBS = ("libvirtd.service", "virtqemud.service", "vdsmd.service", "ksmtuned.service")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)


class Lines(dict):
    """A unit's lines of [Unit] and [Service]: name -> values."""

    def __init__(self, *paths: str) -> None:
        super().__init__()
        for path in paths:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    found = re.match(r"(\w+)=(.*)$", line)
                    if found:
                        self.setdefault(found.group(1), []).append(found.group(2))


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.stage = tempfile.mkdtemp(prefix="momd-stage-")
        cls.addClassCleanup(shutil.rmtree, cls.stage)
        os.chmod(cls.stage, 0o755)
        done = run(MESON, "install", "--no-rebuild", "--quiet", "-C", BUILD, "--destdir", cls.stage)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        cls.momd_unit = cls.find("momd.service")
        cls.guestd_unit = cls.find("mom-guestd.service")
        cls.units = {"momd.service": cls.momd_unit, "mom-vdsm.service": cls.find("mom-vdsm.service")}
        cls.all_units = {**cls.units, "mom-guestd.service": cls.guestd_unit}

    @classmethod
    def find(cls, name: str, kind: str = "f") -> str:
        """The one installed file (or directory, "d") of that name."""
        found = [path for path in glob.glob(os.path.join(cls.stage, "**", name), recursive=True)
                 if os.path.isdir(path) == (kind == "d")]
        if len(found) != 1:
            raise AssertionError(f"{name} is installed at {found}")
        return found[0]

    def root(self) -> str:
        """A root with all units, the commands that they name, and the units of others that they name."""
        root = tempfile.mkdtemp(prefix="momd-root-")
        self.addCleanup(shutil.rmtree, root)
        folder = os.path.join(root, "etc/systemd/system")
        os.makedirs(folder)
        shutil.copytree("/lib/systemd/system", os.path.join(root, "lib/systemd/system"), symlinks=True)
        for path in self.all_units.values():
            shutil.copy(path, folder)
            for command in re.findall(r"^Exec\w+=(/\S+)", open(path, encoding="utf-8").read(), flags=re.M):
                program = root + command
                os.makedirs(os.path.dirname(program), exist_ok=True)
                shutil.copy("/bin/true", program)
        for name in STUBS:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("[Service]\nExecStart=%s\n" % Lines(self.momd_unit)["ExecStart"][0])
        return root

    def dropin(self, root: str, unit: str, path: str) -> None:
        folder = os.path.join(root, "etc/systemd/system", unit + ".d")
        os.makedirs(folder)
        shutil.copy(path, folder)

    def verify(self, root: str, unit: str) -> None:
        done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={root}",
                   os.path.join(root, "etc/systemd/system", unit))
        ours = [line for line in (done.stdout + done.stderr).splitlines() if "mom" in line]
        self.assertEqual((done.returncode, ours), (0, []), done.stdout + done.stderr)

    def test_verify(self) -> None:
        """systemd-analyze verify finds nothing in the units"""
        root = self.root()
        for unit in self.units:
            self.verify(root, unit)

    def test_verify_would_tell(self) -> None:
        """and would tell of a line that systemd does not know"""
        root = self.root()
        with open(os.path.join(root, "etc/systemd/system/momd.service"), "a", encoding="utf-8") as file:
            file.write("[Service]\nPrivateTmpp=yes\n")
        with self.assertRaises(AssertionError):
            self.verify(root, "momd.service")

    def test_dropins(self) -> None:
        """the drop-ins pass it too, and change the lines that they are for"""
        for path in glob.glob(os.path.join(SOURCE, "contrib/systemd/*.conf")):
            root = self.root()
            self.dropin(root, "momd.service", path)
            self.verify(root, "momd.service")
            self.assertTrue(Lines(path).keys() & {"CapabilityBoundingSet", "IPAddressAllow"}, path)
        root = self.root()
        os.unlink(os.path.join(root, "etc/systemd/system/mom-vdsm.service"))
        with open(os.path.join(root, "etc/systemd/system/mom-vdsm.service"), "w", encoding="utf-8") as file:
            file.write("[Unit]\nRequires=vdsmd.service\nAfter=vdsmd.service\n[Service]\nType=simple\nUser=vdsm\n"
                       "Restart=always\nExecStart=%s -c /etc/vdsm/mom.conf\n" % Lines(self.momd_unit)["ExecStart"][0])
        self.dropin(root, "mom-vdsm.service", os.path.join(SOURCE, "contrib/vdsm/50-momd.conf"))
        self.verify(root, "mom-vdsm.service")

    def test_same_lines(self) -> None:
        """the settings for vdsm's own unit are those of ours, but for what vdsm's unit says itself"""
        ours = Lines(self.units["mom-vdsm.service"])
        settings = Lines(os.path.join(SOURCE, "contrib/vdsm/50-momd.conf"))
        for name in ("Description", "Documentation", "Requires", "After", "Conflicts", "ExecStart", "User", "Group",
                     "WantedBy"):
            ours.pop(name)
        self.assertEqual(ours, settings)

    def test_exposure(self) -> None:
        """systemd-analyze security finds all units little exposed"""
        for unit, path in self.all_units.items():
            done = run("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSURE}", path)
            [overall] = re.findall(r"Overall exposure level for (\S+): (\S+)", done.stdout)
            print("#", *overall)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_promises(self) -> None:
        """both units notify, are watched, come back always, keep state, and have no capability"""
        for path in self.units.values():
            lines = Lines(path)
            self.assertEqual(lines["Type"], ["notify"])
            self.assertEqual(lines["Restart"], ["always"])
            self.assertGreater(int(lines["WatchdogSec"][0]), 0)
            self.assertEqual(lines["StateDirectory"], ["momd"])
            self.assertEqual(lines["CapabilityBoundingSet"], [""])
            self.assertIn("mom", lines["Conflicts"][0])
        vdsm = Lines(self.units["mom-vdsm.service"])
        self.assertEqual((vdsm["Requires"], vdsm["After"], vdsm["Conflicts"], vdsm["StartLimitIntervalSec"]),
                         (["vdsmd.service"], ["vdsmd.service"], ["momd.service ksmtuned.service"], ["0"]))
        self.assertEqual((vdsm["User"], vdsm["Group"]), (["vdsm"], ["kvm"]))
        momd = Lines(self.momd_unit)
        self.assertNotIn("Requires", momd)
        self.assertIn("-/sys/kernel/mm/ksm", momd["ReadWritePaths"])

    def test_in_a_guest(self) -> None:
        """mom-guestd's unit has no user and no capability, and memory that it may lock; its settings are read"""
        root = self.root()
        self.verify(root, "mom-guestd.service")
        lines = Lines(self.guestd_unit)
        self.assertEqual((lines["DynamicUser"], lines["CapabilityBoundingSet"], lines["Restart"]),
                         (["yes"], [""], ["always"]))
        self.assertIn("LimitMEMLOCK", lines)
        self.assertIn("AF_VSOCK", lines["RestrictAddressFamilies"][0])
        with open(self.find("mom-guestd.conf"), encoding="utf-8") as file:
            settings = re.sub(r"^#(?=[a-z-]+:)", "", file.read(), flags=re.M)
        changed = os.path.join(self.stage, "guestd.conf")
        with open(changed, "w", encoding="utf-8") as file:
            file.write(re.sub("^port: .*$", "port: 0", re.sub("^vsock-port: .*$", "vsock-port: 0", settings, flags=re.M),
                              flags=re.M))
        done = run(self.find("sbin/mom-guestd"), "--config", changed)
        self.assertEqual((done.returncode, done.stderr), (1, "mom-guestd: neither TCP nor vsock: nobody could ask\n"))

    def test_programs_are_where_units_say(self) -> None:
        """the command of each unit is installed there"""
        for path in self.all_units.values():
            program = Lines(path)["ExecStart"][0].split()[0]
            self.assertTrue(os.access(self.stage + program, os.X_OK), program)

    def test_completions(self) -> None:
        """bash finds its completions under the names of the programs"""
        folder = self.find("completions", "d")
        self.assertTrue(folder.endswith("share/bash-completion/completions"))
        for name in ("momd", "momctl"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                self.assertIn("complete -F _momd momd momctl", file.read())

    def configured(self, **main: str) -> str:
        """The installed momd.conf with these keys of [main] changed."""
        config = configparser.ConfigParser(interpolation=None)
        with open(self.find("momd.conf"), encoding="utf-8") as file:
            config.read_file(file)
        for key, value in main.items():
            self.assertIn(key.replace("_", "-"), config["main"])
            config["main"][key.replace("_", "-")] = value
        path = os.path.join(self.stage, "changed.conf")
        with open(path, "w", encoding="utf-8") as file:
            config.write(file)
        return path

    def test_policies_fit_the_configuration(self) -> None:
        """the packaged policies have no error and no warning with the packaged configuration"""
        done = run(os.path.join(BUILD, "agent/momctl/momctl"), "policy", "check", "--strict", "--config",
                   self.find("momd.conf"), self.find("policies", "d"))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)

    def test_out_of_the_box(self) -> None:
        """momd manages with the packaged configuration and policies, on libvirt's test driver"""
        policies = self.find("policies", "d")
        with open(self.find("momd.conf"), encoding="utf-8") as file:
            self.assertIn(policies[len(self.stage):], file.read())
        socket = os.path.join(self.stage, "mom.sock")
        config = self.configured(rpc_port=socket, policy_dir=policies, libvirt_hypervisor_uri="test:///default")
        with open(os.path.join(self.stage, "log"), "w+", encoding="utf-8") as log:
            momd = subprocess.Popen([self.find("sbin/momd"), "-c", config], stderr=log)
            self.addCleanup(lambda: (momd.kill(), momd.wait()))

            def status():
                try:
                    return momif.Agent(socket, lambda *_: None).call("getStatus")
                except momif.UNAVAILABLE:
                    return {"cycles": 0}
            clients.wait_until("cycles", lambda: status()["cycles"] > 0 or momd.poll() is not None, PATIENCE_S)
            self.assertEqual((status()["hypervisor"], status()["policies"]), ("libvirt", "ok"))
            momd.terminate()
            self.assertEqual(momd.wait(PATIENCE_S), 0)
            log.seek(0)
            text = log.read()
        for word in ("unknown key", "left out", "Policy error", "refused"):
            self.assertNotIn(word, text)


if __name__ == "__main__":
    del sys.argv[1:]
    if not shutil.which("systemd-analyze"):
        sys.exit("test-units.py: systemd-analyze (package systemd) is not installed")
    sys.exit(tap.main())
