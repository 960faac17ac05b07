#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momd's packages, from the sources to a machine that has got rid of them again.

    test_packages.py deb|rpm SOURCE_ROOT

One story in the order of the file: built by an ordinary user, judged by the distribution's checker, installed
on a machine with vdsm where they take the place of the package mom, run beside vdsm and alone, upgraded,
removed.  The machine is a copy of this one with a systemd of its own (machine.py).  Without root packages
are built and judged, and the rest is reported as skipped.
"""
from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap                  # noqa: E402
import others               # noqa: E402
from formats import Deb, Rpm   # noqa: E402
from machine import Machine, wait_for   # noqa: E402
from sources import BUMPED, Tree, digests   # noqa: E402

KIND, ROOT = Deb(), ""
VDSM_SOCKET, SOCKET = "/run/vdsm/mom-vdsm.sock", "/run/momd/mom.sock"
CHANGED = "libvirt-hypervisor-uri: test:///default"
LOG = "/var/log/momd/momd.log"

# As vdsm's momIF calls: a new connection on the unix socket.
CALL = """import json, sys
sys.path.insert(0, {peers!r})
import momif
print(json.dumps(momif.Agent({socket!r}, lambda *_: None).call({method!r}, *{arguments!r})))
"""


class Packages(unittest.TestCase):
    machine: Machine | None = None
    built: dict[str, list[str]] = {}
    versions: dict[str, str] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.mkdtemp(prefix="momd-packages-")
        os.chmod(cls.scratch, 0o755)

    @classmethod
    def tearDownClass(cls) -> None:
        if cls.machine:
            cls.machine.close()
        shutil.rmtree(cls.scratch)

    def place(self, name: str) -> str:
        return os.path.join(self.scratch, name)

    def package(self, which: str, name: str) -> str:
        if which not in self.built:
            self.fail("the packages were not built")
        return KIND.packages(self.built[which])[name]

    def traces(self) -> set[str]:
        """Files that have momd's name, but for what other programs remember of them."""
        return set(self.host.out("find", "/etc", "/usr", "/var/lib", "/var/log", "/var/spool", "-name", "momd*",
                                 "-prune", "-print").split())

    @property
    def host(self) -> Machine:
        """The machine, made when it is first needed."""
        if os.geteuid() != 0:
            self.skipTest("needs root: packages are installed on a machine made with mount and other namespaces")
        if not Packages.machine:
            Packages.machine = Machine(ROOT, self.scratch)
        return Packages.machine

    def call(self, socket: str, method: str, *arguments: Any, user: str = "") -> Any:
        """What momd answers, None if it cannot be reached."""
        script = CALL.format(peers=os.path.join(ROOT, "tests", "peers"), socket=socket, method=method,
                             arguments=arguments)
        done = self.host.run("/usr/bin/python3", "-B", "-c", script, check=False, user=user)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def assert_runs(self, unit: str, version: str) -> str:
        """UNIT is active with the installed program of VERSION; returns its process id."""
        self.assertEqual(self.host.unit(unit, "ActiveState"), "active", self.host.journal(unit))
        pid = self.host.unit(unit, "MainPID")
        self.assertEqual(self.host.out("readlink", f"/proc/{pid}/exe"), "/usr/sbin/momd")
        self.assertEqual(self.host.out(f"/proc/{pid}/exe", "--version"), f"momd {version}")
        return pid

    # ---- built ----

    def test_versions_agree(self) -> None:
        """meson.build, Debian's changelog and the spec name one version"""
        tree = Tree(ROOT, self.place("a"))
        versions = tree.versions()
        self.assertEqual(set(versions.values()), {versions["meson.build"]}, versions)
        self.versions["a"] = versions["meson.build"]
        Packages.tree = tree

    def test_built(self) -> None:
        """an ordinary user builds the packages and their sources, and those of a next version"""
        following = Tree(ROOT, self.place("b"))
        self.versions["b"] = following.raise_version()
        self.built["a"] = self.tree.build(KIND.kind, self.place("a-built"))
        self.built["b"] = following.build(KIND.kind, self.place("b-built"))
        for which, built in self.built.items():
            self.assertEqual(set(KIND.packages(built)), {"momd", "momd-vdsm", "mom-guestd"})
            for pattern in KIND.sources:
                self.assertEqual(len([path for path in built if re.search(pattern, path)]), 1, pattern)
            for path in KIND.packages(built).values():
                self.assertIn(self.versions[which], os.path.basename(path))

    def test_reproducible(self) -> None:
        """the same sources elsewhere give the same packages, byte for byte"""
        again = Tree(ROOT, self.place("elsewhere/again")).build(KIND.kind, self.place("again-built"))
        packages = [*KIND.packages(self.built["a"]).values()]
        self.assertEqual(digests(packages), digests([*KIND.packages(again).values()]))

    def test_judged(self) -> None:
        """the distribution's checker finds no fault that is not answered"""
        self.package("a", "momd")
        KIND.judge(self.built["a"])

    # ---- installed on a host of oVirt ----

    def test_a_host_with_mom(self) -> None:
        """a host with vdsm and the package mom, which is at work"""
        host = self.host
        # This may be a machine on which momd is developed.
        host.run("rm", "-rf", "/etc/mom.conf", "/etc/momd.conf", "/var/lib/momd", "/var/log/momd")
        Packages.before = self.traces()
        os.makedirs(self.place("others"))
        KIND.prepare(host, self.place("others"), self.built.get("a", []))
        files = [KIND.make(package, self.place("others"))
                 for package in (others.mom(KIND.mom_scripts), others.vdsm(ROOT, KIND.post))]
        KIND.install(host, *files)
        host.run("systemctl", "disable", "momd.service")
        host.start("vdsmd.service")
        wait_for("mom-vdsm", lambda: host.unit("mom-vdsm.service", "ActiveState") == "active")

    def test_replaces_mom(self) -> None:
        """momd takes the place of mom, at once; vdsm's requirement of it stays met"""
        KIND.install(self.host, self.package("a", "momd"))
        self.assert_runs("mom-vdsm.service", self.versions["a"])
        KIND.install(self.host, self.package("a", "momd-vdsm"))
        self.assertEqual(KIND.installed(self.host, "mom"), "")
        self.assertEqual(KIND.installed(self.host, "momd"), self.versions["a"])
        self.assertEqual(KIND.installed(self.host, "vdsm"), "4.50")
        self.assertTrue(KIND.refuses_to_remove(self.host, "momd"), "vdsm does not need momd")

    def test_files(self) -> None:
        """what is installed has the owners and modes that it should have, and momd tells its version"""
        for path, stat in {"/usr/sbin/momd": "root root 755", "/usr/bin/momctl": "root root 755",
                           "/etc/momd.conf": "root root 644", "/etc/logrotate.d/momd": "root root 644",
                           KIND.unit_dir + "/momd.service": "root root 644",
                           KIND.unit_dir + "/mom-vdsm.service.d/50-momd.conf": "root root 644",
                           "/usr/share/momd/policies": "root root 755",
                           "/usr/share/momd/vdsm/mom.conf": "root root 644",
                           "/usr/share/bash-completion/completions/momd": "root root 644",
                           "/usr/libexec/vdsm/hooks/after_get_stats/60_momd": "root root 755"}.items():
            self.assertEqual(self.host.stat(path), stat, path)
        for page in ("momd.8", "momd.conf.5", "momctl.1", "mom-policy.7", "mom-vdsm.7"):
            section = page.rsplit(".", 1)[1]
            self.host.run("sh", "-c", f"ls /usr/share/man/man{section}/{page}*")
        self.assertEqual(self.host.out("/usr/sbin/momd", "--version"), f"momd {self.versions['a']}")

    def test_configuration(self) -> None:
        """the files that an administrator may change are known as such, and vdsm's are not ours"""
        self.assertEqual(KIND.config_files(self.host, "momd"), {"/etc/momd.conf", "/etc/logrotate.d/momd"})
        self.assertEqual(KIND.config_files(self.host, "momd-vdsm"), set())
        self.host.run("systemd-analyze", "verify", KIND.unit_dir + "/momd.service")

    def test_starts_nothing(self) -> None:
        """momd.service is neither enabled nor started by being installed"""
        self.assertEqual(self.host.out("systemctl", "is-enabled", "momd.service", check=False), "disabled")
        self.assertEqual(self.host.unit("momd.service", "ActiveState"), "inactive")

    def test_beside_vdsm(self) -> None:
        """vdsm's unit runs momd now, with its settings, and momd manages vdsm's guests"""
        self.assert_runs("mom-vdsm.service", self.versions["a"])
        self.assertEqual(self.host.unit("mom-vdsm.service", "Type"), "notify")
        wait_for("vdsm's guests", lambda: self.call(VDSM_SOCKET, "getActiveGuests", user="vdsm"))
        self.assertIs(self.call(VDSM_SOCKET, "ping", user="vdsm"), True)
        self.assertEqual(self.host.stat("/var/lib/momd"), "vdsm kvm 700")

    def test_upgraded_beside_vdsm(self) -> None:
        """an upgrade restarts momd under vdsm's unit, and a step back is one too"""
        before = self.assert_runs("mom-vdsm.service", self.versions["a"])
        KIND.install(self.host, self.package("b", "momd"), self.package("b", "momd-vdsm"))
        self.assertNotEqual(self.assert_runs("mom-vdsm.service", self.versions["b"]), before)
        wait_for("momd's answer", lambda: self.call(VDSM_SOCKET, "ping", user="vdsm"))
        KIND.downgrade(self.host, self.package("a", "momd"), self.package("a", "momd-vdsm"))
        self.assert_runs("mom-vdsm.service", self.versions["a"])

    # ---- alone ----

    def test_alone(self) -> None:
        """on a host without vdsm momd.service runs momd as it was configured"""
        host = self.host
        host.run("systemctl", "stop", "mom-vdsm.service", "vdsmd.service")
        KIND.remove(host, "vdsm")
        KIND.purge(host, "vdsm")
        stock = host.read("/etc/momd.conf")
        changed = stock.replace("libvirt-hypervisor-uri:\n", CHANGED + "\n").replace("log: stdio", f"log: {LOG}")
        self.assertIn(CHANGED, changed)
        self.assertIn(LOG, changed)
        host.write("/etc/momd.conf", changed)
        host.start("momd.service")
        self.assert_runs("momd.service", self.versions["a"])
        wait_for("libvirt's guest", lambda: self.call(SOCKET, "getActiveGuests") == ["test"])
        self.assertEqual(host.stat("/var/lib/momd"), "root root 700")
        state = json.loads(host.out("momctl", "policy", "state", "-c", "/etc/momd.conf"))
        self.assertEqual([guest["properties"]["name"] for guest in state["guests"]], ["test"])
        self.assertIn("guests managed: 1\n", host.out("momctl", "status"))

    def test_logrotate(self) -> None:
        """logrotate moves the log, momd opens another by itself; what momd put aside stays"""
        host = self.host
        host.write(LOG + ".1", "put aside by momd\n")
        first = host.out("stat", "-c", "%i", LOG)
        told = host.out("logrotate", "--verbose", "--force", "/etc/logrotate.d/momd")
        self.assertNotIn("error:", told)
        wait_for("a new log", lambda: host.exists(LOG))
        self.assertNotEqual(host.out("stat", "-c", "%i", LOG), first)
        moved = host.out("sh", "-c", f"ls {LOG}-*").split()
        self.assertEqual([host.out("stat", "-c", "%i", path) for path in moved], [first])
        self.assertEqual(host.read(LOG + ".1"), "put aside by momd\n")
        self.assertIn("momd ", host.read(moved[0]))

    def test_upgraded(self) -> None:
        """an upgrade restarts momd and keeps the changed file, with the new one beside it"""
        host = self.host
        before = self.assert_runs("momd.service", self.versions["a"])
        KIND.install(host, self.package("b", "momd"), self.package("b", "momd-vdsm"))
        self.assertNotEqual(self.assert_runs("momd.service", self.versions["b"]), before)
        wait_for("momd's answer", lambda: self.call(SOCKET, "getActiveGuests") == ["test"])
        self.assertEqual(self.call(SOCKET, "getStatus")["version"], self.versions["b"])
        self.assertIn(CHANGED, host.read("/etc/momd.conf"))
        self.assertIn(BUMPED, host.read("/etc/momd.conf" + KIND.offered))
        self.assertEqual(host.out("systemctl", "is-enabled", "momd.service", check=False), "disabled")

    # ---- in a guest ----

    def test_in_a_guest(self) -> None:
        """mom-guestd is installed without starting; started, it answers on its port as nobody in particular"""
        host = self.host
        KIND.install(host, self.package("a", "mom-guestd"))
        for path, stat in {"/usr/sbin/mom-guestd": "root root 755", "/etc/mom-guestd.conf": "root root 644",
                           KIND.unit_dir + "/mom-guestd.service": "root root 644"}.items():
            self.assertEqual(host.stat(path), stat, path)
        host.run("sh", "-c", "ls /usr/share/man/man8/mom-guestd.8*")
        self.assertEqual(KIND.config_files(host, "mom-guestd"), {"/etc/mom-guestd.conf"})
        self.assertEqual(host.out("systemctl", "is-enabled", "mom-guestd.service", check=False), "disabled")
        self.assertEqual(host.unit("mom-guestd.service", "ActiveState"), "inactive")
        host.run("systemd-analyze", "verify", KIND.unit_dir + "/mom-guestd.service")
        host.start("mom-guestd.service")
        # It counts as started when it runs, which is a moment before it listens.
        ask = "exec 3<>/dev/tcp/127.0.0.1/2187 || exit; echo stats >&3; head -n 1 <&3"
        patiently = f"for i in {{1..100}}; do ( {ask} ) 2>/dev/null && exit; sleep 0.1; done; exit 1"
        answer = host.out("bash", "-c", patiently)
        self.assertRegex(answer, r"^mem_available:\d+,mem_unused:\d+,swap_in:0,")
        pid = host.unit("mom-guestd.service", "MainPID")
        status = host.read(f"/proc/{pid}/status")
        self.assertNotRegex(status, r"Uid:\t0\t")
        self.assertNotIn("VmLck:\t       0 kB", status)
        # What systemd is told: a machine that may not lower its scores cannot show it in /proc.
        self.assertEqual(host.unit("mom-guestd.service", "OOMScoreAdjust"), "-900")

    def test_upgraded_in_a_guest(self) -> None:
        """an upgrade restarts mom-guestd; removed, it is stopped and gone"""
        host = self.host
        before = host.unit("mom-guestd.service", "MainPID")
        KIND.install(host, self.package("b", "mom-guestd"))
        self.assertEqual(host.unit("mom-guestd.service", "ActiveState"), "active")
        self.assertNotEqual(host.unit("mom-guestd.service", "MainPID"), before)
        KIND.remove(host, "mom-guestd")
        self.assertEqual(host.unit("mom-guestd.service", "LoadState"), "not-found")
        self.assertFalse(host.exists("/usr/sbin/mom-guestd"))
        KIND.purge(host, "mom-guestd")

    # ---- gone ----

    def test_removed(self) -> None:
        """removed, momd is stopped and gone; what was changed, pushed and logged is kept"""
        host = self.host
        host.write("/var/lib/momd/kept", "")
        KIND.remove(host, "momd-vdsm", "momd")
        self.assertEqual(host.unit("momd.service", "ActiveState"), "inactive")
        self.assertEqual(host.unit("momd.service", "LoadState"), "not-found")
        for path in ("/usr/sbin/momd", "/usr/bin/momctl", "/usr/share/momd", "/usr/share/man/man8/momd.8.gz",
                     KIND.unit_dir + "/momd.service", KIND.unit_dir + "/mom-vdsm.service.d"):
            self.assertFalse(host.exists(path), path)
        self.assertTrue(host.exists("/var/lib/momd/kept"))
        self.assertTrue(host.exists(LOG))
        self.assertIn(CHANGED, host.read("/etc/momd.conf" + KIND.kept))

    def test_purged(self) -> None:
        """purged, nothing of it is left"""
        host = self.host
        KIND.purge(host, "momd-vdsm", "momd")
        self.assertEqual(self.traces() - self.before, KIND.stays)

    def test_a_host_that_ran_mom_alone(self) -> None:
        """where mom's momd.service was enabled and running, momd's is"""
        host = self.host
        host.run("rm", "-rf", "/etc/momd.conf.rpmsave", "/etc/momd.conf.rpmnew", "/var/lib/momd", "/var/log/momd")
        KIND.install(host, os.path.join(self.place("others"), KIND.mom_file))
        host.run("systemctl", "enable", "momd.service")
        host.start("momd.service")
        host.write("/etc/momd.conf", f"[main]\nhypervisor-interface: libvirt\nrpc-port: {SOCKET}\n{CHANGED}\n"
                   "[guest]\ncollectors: GuestMemory\n")
        KIND.install(host, self.package("a", "momd"))
        self.assertIn(CHANGED, host.read("/etc/momd.conf"))
        self.assertEqual(host.out("systemctl", "is-enabled", "momd.service", check=False), "enabled")
        self.assert_runs("momd.service", self.versions["a"])
        wait_for("libvirt's guest", lambda: self.call(SOCKET, "getActiveGuests") == ["test"])


if __name__ == "__main__":
    KIND, ROOT = {"deb": Deb, "rpm": Rpm}[sys.argv[1]](), os.path.realpath(sys.argv[2])
    sys.exit(tap.main())
