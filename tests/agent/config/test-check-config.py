#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`momd --check-config` on the built momd: what it prints, what it complains of, its exit codes.

What is in force is compared with Python's own configparser, over the reference's defaults, for files by
hand and random ones (fixed seed).  Needs no hypervisor.
Usage: test-check-config.py MOMD
"""
import configparser
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "peers"))
import pki   # noqa: E402
import tap   # noqa: E402

MOMD = ""
PATIENCE_S = 60
os.umask(0o022)

# The reference's keys and defaults.
DEFAULTS = {
    "main": {"main-loop-interval": "5", "host-monitor-interval": "5", "guest-manager-interval": "5",
             "hypervisor-interface": "libvirt", "guest-monitor-interval": "5", "policy-engine-interval": "10",
             "sample-history-length": "10", "libvirt-hypervisor-uri": "", "controllers": "Balloon", "plot-dir": "",
             "rpc-port": "-1", "policy": "", "policy-dir": "", "guest-manager-multi-thread": "true"},
    "logging": {"log": "stdio", "verbosity": "info", "max-bytes": "2097152", "backup-count": "5"},
    "host": {"collectors": "HostMemory"},
    "guest": {"collectors": "GuestQemuProc, GuestMemory"},
}
# Values that are good for a key, some of which refer to others.
VALUES = {
    "main-loop-interval": ["7", "%(policy-engine-interval)s"], "host-monitor-interval": ["3", "15"],
    "policy-engine-interval": ["20", "%(seconds)s"], "hypervisor-interface": ["libvirt", "VDSM", "vdsmxmlrpc"],
    "sample-history-length": ["4", "+6"], "libvirt-hypervisor-uri": ["qemu:///system", "test:///x?y=%%20z"],
    "controllers": ["Balloon, KSM", "Balloon,\n  CpuTune,\n  IoTune", ""], "plot-dir": ["/nonexistent/plots"],
    "rpc-port": ["-1", "8080", "/run/%(name)s.sock"], "policy-dir": ["/nonexistent/%(name)s.d", "", "%(base)s/x"],
    "guest-manager-multi-thread": ["no", "TRUE", "1"], "verbosity": ["debug", "3", "Warn"],
    "log": ["stdio", "/nonexistent/%(name)s.log"], "max-bytes": ["0", "-1", "%(seconds)s"], "backup-count": ["9"],
}
DEFAULT_SECTION = "[DEFAULT]\nname = mom\nbase: /x%%y\n  z\nseconds: 30\nverbosity: 1\n"


def reference_values(path):
    parser = configparser.ConfigParser()
    for section, keys in DEFAULTS.items():
        parser.add_section(section)
        for key, value in keys.items():
            parser.set(section, key, value)
    parser.read(path, encoding="utf-8")
    return {section: {key: parser.get(section, key) for key in keys} for section, keys in DEFAULTS.items()}


def parse(text):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


class CheckConfig(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = tempfile.mkdtemp(prefix="momd-pki-")
        pki.make(cls.pki, "host.example.com")
        os.chmod(os.path.join(cls.pki, "keys/vdsmkey.pem"), 0o440)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.pki)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="momd-check-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.mkdir(self.path("mom.d"))
        self.write("mom.d/00-defines.policy", "(defvar a 1)\n")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def config(self, main="", more="", vdsm=""):
        """A configuration without a complaint, but for what is added."""
        return self.write("mom.conf", "[main]\nhypervisor-interface: libvirt\npolicy-dir: %s\n%s\n[vdsm]\n"
                          "vdsm-conf: /nonexistent\n%s\n%s\n" % (self.path("mom.d"), main, vdsm, more))

    def vdsm_config(self, **files):
        keys = {"pki-dir": self.pki, **{name.replace("_", "-"): path for name, path in files.items()}}
        return self.write("mom.conf", "[main]\nhypervisor-interface: vdsmjsonrpcclient\n[vdsm]\n"
                          "vdsm-conf: /nonexistent\n" + "".join("%s: %s\n" % item for item in keys.items()))

    def run_check(self, *args):
        return subprocess.run([MOMD, "--check-config", *args], capture_output=True, text=True, timeout=PATIENCE_S,
                              cwd=self.dir)

    def check(self, code, *complaints, args=()):
        """COMPLAINTS are patterns, one for each line of standard error but the last, which counts."""
        done = self.run_check("-c", self.path("mom.conf"), *args)
        lines = done.stderr.splitlines()
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(lines), len(complaints) + 1 if complaints else 0, done.stderr)
        for line, pattern in zip(lines, complaints):
            self.assertRegex(line, pattern)
        errors = sum(line.startswith("momd: error: ") for line in lines)
        if complaints:
            self.assertRegex(lines[-1], r"^momd: %d errors?, %d warnings?$" % (errors, len(complaints) - errors))
        self.assertEqual(errors > 0, code == 1)
        return done.stdout

    def origins(self, stdout):
        """(section, key) -> origin"""
        found, section, origin = {}, None, None
        for line in stdout.splitlines():
            if line.startswith("["):
                section = line[1:-1]
            elif line.startswith("# "):
                origin = line[2:]
            elif line and not line[0].isspace():
                found[section, line.split(":")[0]] = origin
        return found

    # ---- what is in force

    def test_defaults(self):
        """without a file the reference's defaults are in force, each by default"""
        self.write("mom.conf", "")
        out = self.check(0)
        for section, keys in DEFAULTS.items():
            self.assertLessEqual(keys.items(), dict(parse(out)[section]).items())
        self.assertEqual(set(self.origins(out).values()), {"default"})

    def test_like_configparser(self):
        """files that Python reads give the reference's values, three hundred random ones"""
        rng = random.Random(11)
        for number in range(300):
            text = [DEFAULT_SECTION]
            for section, keys in DEFAULTS.items():
                text.append("[%s]\n" % section)
                for key in rng.sample(sorted(keys), rng.randint(0, len(keys))):
                    if key in VALUES:
                        text.append("%s%s%s\n" % (rng.choice([key, key.upper()]), rng.choice([": ", "=", " = "]),
                                                  rng.choice(VALUES[key])))
                        text.append(rng.choice(["", "", "# note\n", "\n", "  ; note\n"]))
            path = self.write("mom.conf", "".join(text))
            got = parse(self.run_check("-c", path).stdout)
            for section, keys in reference_values(path).items():
                for key, value in keys.items():
                    self.assertEqual(got.get(section, key), value, (number, section, key, "".join(text)))

    def test_origins(self):
        """each key is told with its file and line, vdsm's file and line, the command line or the default"""
        vdsm = self.write("vdsm.conf", "[vars]\nssl = false\n")
        path = self.config(main="rpc-port: -1\nsample-history-length: many", vdsm="host: ::1")
        with open(path, encoding="utf-8") as f:
            text = f.read().replace("/nonexistent", vdsm)
        self.write("mom.conf", text)
        out = self.check(0, r"mom\.conf:5: \[main\] sample-history-length: `many' is not a whole number",
                         args=("-v", "debug", "-l", "stdio"))
        origins = self.origins(out)
        self.assertEqual(origins["main", "rpc-port"], path + ":4")
        self.assertEqual(origins["main", "sample-history-length"], "default")
        self.assertEqual(origins["vdsm", "ssl"], vdsm + ":2")
        self.assertEqual(origins["vdsm", "host"], path + ":8")
        self.assertEqual(origins["logging", "verbosity"], "command line")
        self.assertEqual(origins["main", "controllers"], "default")

    def test_options(self):
        """every option of the command line stands over the file, relative paths made absolute"""
        self.config(more="[logging]\nverbosity: error\n")
        out = self.run_check("-c", "mom.conf", "-r", "rules", "-p", "plots", "-l", "a.log", "-v5").stdout
        got = parse(out)
        self.assertEqual(got["main"]["policy"], self.path("rules"))
        self.assertEqual(got["main"]["policy-dir"], "")
        self.assertEqual(got["main"]["plot-dir"], self.path("plots"))
        self.assertEqual(got["logging"]["log"], self.path("a.log"))
        self.assertEqual(got["logging"]["verbosity"], "5")
        got = parse(self.run_check("-c", "mom.conf", "-P", "other.d").stdout)
        self.assertEqual((got["main"]["policy-dir"], got["main"]["policy"]), (self.path("other.d"), ""))

    def test_paste(self):
        """what is printed can be used as a file, and means the same"""
        values = "[DEFAULT]\nx: a\n\n  %%b\n[Collector: GuestQemuAgent]\nsocket_name_template: %(name)s.a%%b\n"
        self.config(main="plot-dir: /p%(x)s\nlibvirt-hypervisor-uri: u\n   # gone\n  v", more=values)
        first = self.run_check("-c", self.path("mom.conf")).stdout
        self.assertEqual(parse(first)["main"]["plot-dir"], "/pa\n\n%b")
        self.write("mom.conf", first)
        second = self.run_check("-c", self.path("mom.conf")).stdout

        def settings(text):
            return [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(settings(second), settings(first))
        self.assertEqual(parse(second).get("Collector: GuestQemuAgent", "socket_name_template", raw=True),
                         "%(name)s.a%%b")

    def test_no_form(self):
        """a value that no file can say is told in a comment"""
        self.config(main="plot-dir: a\n  %(comment)s", more="[DEFAULT]\ncomment: # not one\n")
        out = self.run_check("-c", self.path("mom.conf")).stdout
        self.assertIn('# plot-dir is "a\\n# not one", which has no form in this syntax\n', out)

    def test_vdsm_conf(self):
        """vdsm's files in all directories give what Python reads of them in vdsm's order, random ones"""
        rng = random.Random(5)
        bases = ("usr/lib", "run", "etc")
        for _ in range(60):
            root = tempfile.mkdtemp(dir=self.dir)
            files = []
            for base in bases:
                for name in rng.sample(["10.conf", "20-a.conf", "20-b.conf", "9.conf", "Z.conf", "\u00e4.conf"],
                                       rng.randint(0, 3)):
                    files.append(os.path.join(root, base, "vdsm/vdsm.conf.d", name))
            main = os.path.join(root, "etc/vdsm/vdsm.conf")
            for path in files + [main]:
                self.write(path, "[vars]\nssl = %s\n[addresses]\nmanagement_port: %d\n" % (
                    rng.choice(["true", "false", "0", "On", "%(spare)s"]), rng.randint(1, 60000))
                    + rng.choice(["", "[DEFAULT]\nspare: no\n"]))
            parser = configparser.ConfigParser()
            parser.read_string("[DEFAULT]\nspare: yes\n")
            parser.read([main] + sorted(files, key=os.path.basename), encoding="utf-8")
            self.write(os.path.join(root, "etc/vdsm/vdsm.conf.d/00.conf"), "[DEFAULT]\nspare: yes\n")
            parser = configparser.ConfigParser()
            parser.read([main] + sorted(files + [os.path.join(root, "etc/vdsm/vdsm.conf.d/00.conf")],
                                        key=os.path.basename), encoding="utf-8")
            self.write("mom.conf", "[vdsm]\nvdsm-conf: %s\n" % main)
            got = parse(self.run_check("-c", self.path("mom.conf")).stdout)
            self.assertEqual(got.getboolean("vdsm", "ssl"), parser.getboolean("vars", "ssl"))
            self.assertEqual(got.getint("vdsm", "port"), parser.getint("addresses", "management_port"))

    # ---- complaints

    def test_clean(self):
        """nothing is said of a good configuration, and every old interface name is one"""
        self.config()
        self.check(0)
        for name in ("libvirt", "vdsm", "vdsmxmlrpc", "vdsmxmlrpcbulk", "vdsmjsonrpc", "vdsmjsonrpcbulk",
                     "vdsmjsonrpcclient", "VdsmJsonRpcBulk"):
            self.write("mom.conf", "[main]\nhypervisor-interface: %s\n[vdsm]\nssl: no\nvdsm-conf: /none\n" % name)
            self.check(0)

    def test_unknown_names(self):
        """unknown keys, sections, collectors and controllers are warnings with their place"""
        self.config(main="polcy: x\ncontrollers: Baloon, KSM", more="[hots]\n[guest]\ncollectors: GuestMemry, HostCpu\n"
                    "[Collector: GuestQemuAgent]\nsocket-path: /x\n")
        self.check(0, r"mom\.conf:4: unknown key `polcy' in \[main\], did you mean `policy'",
                   r"mom\.conf:9: unknown section \[hots\], did you mean \[host\]",
                   r"mom\.conf:13: unknown key `socket-path' .* did you mean `socket_path'",
                   r"mom\.conf:11: \[guest\] collectors: there is no collector \"GuestMemry\".*GuestMemory",
                   r"mom\.conf:11: \[guest\] collectors: HostCpu is for the host",
                   r"mom\.conf:5: \[main\] controllers: there is no controller \"Baloon\".*Balloon",
                   r"mom\.conf:5: \[main\] controllers: KSM needs HostKSM")

    def test_fatal(self):
        """what momd would not start with is an error with its place and exit code 1"""
        for main, more, pattern in (
                ("no value here", "", r"error: .*mom\.conf:4: "),
                ("", "[main]\n", r"error: .*mom\.conf:8: section \[main\] is there a second time"),
                ("policy: /x", "", r"error: both `policy' \(.*mom\.conf:4\) and `policy-dir' \(.*mom\.conf:3\)"),
                ("rpc-port: /nonexistent/x", "", r"error: .*mom\.conf:4: \[main\] rpc-port: .*No such file"),
                ("rpc-port: %s" % self.path("mom.conf"), "", r"error: .*mom\.conf:4: .* is no socket"),
                ("rpc-port: /tmp/%s" % ("x" * 120), "", r"error: .*mom\.conf:4: .*too long")):
            with self.subTest(main):
                self.config(main=main, more=more)
                self.check(1, pattern)
        self.write("mom.conf", "[main]\nhypervisor-interface: xen\n[vdsm]\nvdsm-conf: /none\n")
        self.check(1, r"error: .*mom\.conf:2: \[main\] hypervisor-interface: \"xen\" is unknown")
        os.unlink(self.path("mom.conf"))
        self.check(1, r"error: .*mom\.conf.*No such file")

    def test_policies(self):
        """policies that would be left out are told with their place, and doubts"""
        self.config()
        self.write("mom.d/10-bad.policy", "(defvar b 1)\n(defvar c\n")
        self.write("mom.d/20-unknown.policy", "(defvar d\n  nosuch)\n")
        self.check(0, r"warning: policy not loaded: .*10-bad\.policy: 10-bad:2:1: ",
                   r"warning: policy left out: 20-unknown:2:3: ")
        shutil.rmtree(self.path("mom.d"))
        self.check(0, r"warning: policies not loaded: .*mom\.d.*No such file")

    def test_places(self):
        """a log or a plot directory that cannot be written is a warning"""
        self.config(main="plot-dir: /nonexistent/p", more="[logging]\nlog: /nonexistent/l\n")
        self.check(0, r"mom\.conf:9: \[logging\] log: No such file", r"mom\.conf:4: \[main\] plot-dir: No such file")

    # ---- certificates

    def test_good_certificates(self):
        """vdsm's files as they are on a host are no complaint"""
        self.vdsm_config()
        self.check(0)

    def test_fallback(self):
        """beside vdsm it is told, as a comment, what stands in for it while it is away"""
        path = self.vdsm_config()
        self.assertRegex(self.check(0), r"(?m)^# (libvirt at /run/libvirt/\S+ stands in for vdsm after 30 s|nothing stands in)")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.write("mom.conf", text.replace("[main]\n", "[main]\nhypervisor-fallback: none\n"))
        self.assertIn("\n# nothing stands in for vdsm while it is away, as hypervisor-fallback says\n",
                      self.check(0))
        self.config(main="hypervisor-fallback: xen\nfallback-after: 0")
        self.assertNotIn("stands in", self.check(0, r"`xen' is not one of libvirt, none", r"not a number of seconds from 1"))

    def test_bad_certificates(self):
        """certificates that are missing, do not fit, are expired or of another CA are told"""
        for files, pattern in (
                ({"key_file": "/nonexistent/key.pem"}, r"/nonexistent/key\.pem"),
                ({"key_file": "other/keys/vdsmkey.pem"}, r"vdsmcert\.pem and key .*other.* do not fit each other"),
                ({"ca_cert_file": "other/certs/cacert.pem"}, r"vdsmcert\.pem, checked with .*other/certs/cacert\.pem, "
                                                             r"is not signed by this CA"),
                ({"cert_file": self.expired()}, r"expired\.pem, checked with .*cacert\.pem, has expired"),
                ({"cert_file": self.write("empty", "")}, r"empty")):
            with self.subTest(pattern):
                self.vdsm_config(**files)
                self.check(0, r"warning: no connection to vdsm: .*" + pattern)

    def expired(self):
        """A certificate of the good CA and key whose time is over."""
        ca, key = (os.path.join(self.pki, part) for part in ("certs/cacert.pem", "keys/cakey.pem"))
        request, certificate = self.path("request"), self.path("expired.pem")
        database = self.write("index", "")
        self.write("serial", "77\n")
        settings = self.write("ca.cnf", "[ca]\ndefault_ca=x\n[x]\ndatabase=%s\nserial=%s\nnew_certs_dir=%s\n"
                              "default_md=sha256\npolicy=p\n[p]\nO=optional\nCN=supplied\n"
                              % (database, self.path("serial"), self.dir))
        for command in (
                ["openssl", "req", "-new", "-key", os.path.join(self.pki, "keys/vdsmkey.pem"), "-out", request,
                 "-subj", "/O=stand-in/CN=host.example.com"],
                ["openssl", "ca", "-batch", "-notext", "-config", settings, "-cert", ca, "-keyfile", key,
                 "-in", request, "-out", certificate, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]):
            subprocess.run(command, check=True, capture_output=True)
        return certificate

    def test_secret(self):
        """a private key that every user may read is a warning with the remedy"""
        key = self.path("key.pem")
        shutil.copy(os.path.join(self.pki, "keys/vdsmkey.pem"), key)
        os.chmod(key, 0o644)
        self.vdsm_config(key_file=key)
        self.check(0, r"mom\.conf:6: \[vdsm\] key-file: .*every user may read.*`chmod o-r %s'" % re.escape(key))

    def test_password(self):
        """a password of libvirt's that every user may read is a warning, one that others may write too"""
        password = self.write("password", "secret\n")
        self.config(more="[libvirt]\nauth-password-file: %s\n" % password)
        self.check(0, r"mom\.conf:9: \[libvirt\] auth-password-file: .*every user may read")
        os.chmod(password, 0o660)
        self.check(0, r"mom\.conf:9: \[libvirt\] auth-password-file: .* is not trusted.*mode 0660")
        os.chmod(password, 0o600)
        self.check(0)

    def test_guests(self):
        """[guest] sections are printed in the order in which they count, and checked"""
        self.config(more='[guest "db"]\nmin-guarantee: 1 GiB\n[guest "*"]\nmin-guarantee: 25%\n')
        out = self.check(0)
        self.assertRegex(out, r'(?s)\[guest "db"\]\n# \S+mom\.conf:9\nmin-guarantee: 1 GiB\n\n'
                              r'\[guest "\*"\]\n# \S+mom\.conf:11\nmin-guarantee: 25%\n')
        self.write("mom.conf", out)
        self.assertEqual([line for line in self.check(0).splitlines() if line[:1] != "#"],
                         [line for line in out.splitlines() if line[:1] != "#"])
        self.config(more='[guest web]\n[guest "db"]\nmin-garantee: 1 GiB\nmin-guarantee: 1 GB\n')
        self.assertNotIn("GB", self.check(
            0, r'mom\.conf:8: unknown section \[guest web\], write \[guest "web"\]',
            r'mom\.conf:10: unknown key `min-garantee\' in \[guest "db"\], did you mean `min-guarantee\'',
            r'mom\.conf:11: \[guest "db"\] min-guarantee: `1 GB\' is no amount'))

    def test_guests_of_vdsm(self):
        """with vdsm, whose engine sets guarantees, [guest] sections are without effect and said to be"""
        self.write("mom.conf", "[main]\nhypervisor-interface: vdsmjsonrpcclient\n[vdsm]\nssl: no\nvdsm-conf: /none\n"
                   '[guest "db"]\nmin-guarantee: 1 GiB\n')
        self.check(0, r'mom\.conf:7: \[guest "db"\] min-guarantee: has no effect with vdsm')

    # ---- trust

    def test_trust(self):
        """paths that others may write are refused, each by what it is for, and the switch allows them"""
        self.config()
        os.chmod(self.path("mom.conf"), 0o664)
        self.check(1, r"error: .*mom\.conf is not trusted.*mode 0664.*`chmod go-w .*mom\.conf'.*"
                      r"the option --trust-writable-paths")
        self.check(0, args=("--trust-writable-paths",))
        self.config(main="trust-writable-paths: true")
        os.chmod(self.path("mom.conf"), 0o664)
        self.check(1, r"mom\.conf is not trusted")
        self.config()
        os.chmod(self.path("mom.d/00-defines.policy"), 0o646)
        self.check(0, r"warning: policy not loaded: .*00-defines\.policy is not trusted.*mode 0646.*"
                      r"`trust-writable-paths: true'")
        os.chmod(self.path("mom.d"), 0o777)
        self.check(0, r"warning: policies not loaded: .*mom\.d is not trusted.*mode 0777")
        self.config(main="trust-writable-paths: true")
        self.check(0)
        os.mkdir(self.path("root"))
        os.chmod(self.path("root"), 0o775)
        os.chmod(self.path("mom.d"), 0o755)
        os.chmod(self.path("mom.d/00-defines.policy"), 0o644)
        self.config(main="host-root: " + self.path("root"))
        self.check(1, r"error: .*mom\.conf:4: \[main\] host-root: .* is not trusted")
        self.config(main="rpc-port: %s\nstate-dir: %s" % (self.path("root/sock"), self.path("root")))
        self.check(0, r"mom\.conf:5: \[main\] state-dir: .* is not trusted",
                   r"mom\.conf:4: \[main\] rpc-port: .* is not trusted")
        certificate = self.path("cert.pem")
        shutil.copy(os.path.join(self.pki, "certs/vdsmcert.pem"), certificate)
        os.chmod(certificate, 0o666)
        self.vdsm_config(cert_file=certificate)
        self.check(0, r"no connection to vdsm: .*cert\.pem is not trusted")

    # ---- no consequences

    def test_changes_nothing(self):
        """nothing is made, bound or changed, and a momd that runs is left alone"""
        sock = self.path("mom.sock")
        self.config(main="rpc-port: %s\nstate-dir: %s\nplot-dir: %s" % (sock, self.path("state"), self.dir),
                    more="[logging]\nlog: %s\n" % self.path("mom.log"))

        def tree():
            return sorted((entry.name, entry.stat().st_mtime_ns, entry.stat().st_ino, entry.stat().st_size)
                          for entry in os.scandir(self.dir))
        before = tree()
        self.check(0)
        self.check(0, args=("-d", "--pid-file", self.path("pid")))
        self.assertEqual(tree(), before)
        with subprocess.Popen([MOMD, "-c", self.path("mom.conf"), "-l", "stdio"], stderr=subprocess.DEVNULL) as momd:
            end = time.monotonic() + PATIENCE_S
            while not os.path.exists(sock) and time.monotonic() < end and momd.poll() is None:
                time.sleep(0.02)
            inode = os.stat(sock).st_ino
            self.check(0)
            self.assertEqual(os.stat(sock).st_ino, inode)
            self.assertIsNone(momd.poll())
            momd.send_signal(signal.SIGTERM)
            self.assertEqual(momd.wait(PATIENCE_S), 0)


if __name__ == "__main__":
    MOMD = os.path.abspath(sys.argv.pop(1))
    sys.exit(tap.main())
