# SPDX-License-Identifier: GPL-2.0-or-later
"""A place of its own for a hypervisor: a program in mount and process namespaces that end with it.

    shelter.main(program)          # at the end of a script: PROGRAM runs inside, the script's exit code is its own

Three processes stand around the program.  `outside` starts the others and waits.  The first process in the
namespace covers the directories that libvirt writes to and reaps what is left to it; when it ends, for
whatever reason, the kernel ends everything in the namespace, also QEMU processes that libvirt put into the
background.  The keeper, in a session of its own so that no signal meant for the test reaches it, waits for that
and puts back what namespaces do not cover: KSM's knobs, control groups, the directory with all files.  So two
of these can run side by side, and beside the machine's own libvirt; and nothing is left after kill -9.

Must never be entered by anything but root, and never changes a file of the machine's.
"""
from __future__ import annotations

import ctypes
import glob
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Callable, NoReturn

import ksm
from image import Missing

PLACE = "MOMD_SHELTER"            # in the environment: the directory with all files
STAGE = "MOMD_SHELTER_STAGE"
# Where libvirt keeps things, as directory and name in it; and what would make momd think of this machine.
COVERED = (("/etc", "libvirt"), ("/var/lib", "libvirt"), ("/var/cache", "libvirt"), ("/var/log", "libvirt"))
HIDDEN = ("/etc/mom.conf", "/etc/momd.conf")
QEMU_ACCOUNT = "libvirt-qemu"
PR_SET_PDEATHSIG = 1


def place() -> str:
    """The directory of this shelter: on the machine's disk, and gone at the end."""
    return os.environ[PLACE]


def mark(directory: str) -> str:
    """What the names of everything in the shelter of DIRECTORY have in them."""
    return os.path.basename(directory).rpartition("-")[2]


# the first process inside

def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def cover(directory: str, name: str) -> None:
    """DIRECTORY shows what it showed, but NAME in it is a new, empty directory, seen in here only."""
    behind = os.path.join(place(), "behind" + directory)
    os.makedirs(behind)
    _mount("--bind", directory, behind)
    _mount("-o", "remount,bind,ro", behind)
    _mount("-t", "tmpfs", "-o", "mode=755", "momd-bench", directory)
    for entry in os.listdir(behind):
        if entry != name:
            os.symlink(os.path.join(behind, entry), os.path.join(directory, entry))
    os.mkdir(os.path.join(directory, name))


def _add_accounts() -> None:
    """libvirtd looks up the account that its QEMUs would have before it reads that ours are root's."""
    for path, row in (("/etc/passwd", "{0}:x:64055:64055::/:/bin/false\n"), ("/etc/group", "{0}:x:64055:\n")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)                 # only the link that `cover` made
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if f"\n{QEMU_ACCOUNT}:" in text else text + row.format(QEMU_ACCOUNT))


def _hide_kvm() -> None:
    """Emulation only: the same guests everywhere.  Not even root may write to what stands there: libvirt would
    take KVM for usable, find that it was not when it looked at QEMU, and look again for every guest."""
    if os.path.exists("/dev/kvm"):
        nothing = os.path.join(place(), "no-kvm")
        open(nothing, "wb").close()
        _mount("--bind", nothing, "/dev/kvm")
        _mount("-o", "remount,bind,ro", "/dev/kvm")


def _furnish() -> None:
    _mount("-t", "tmpfs", "-o", "mode=755", "momd-bench", "/run")     # no D-Bus, no systemd, no other libvirtd
    for directory, name in COVERED:
        cover(directory, name)
    for path in HIDDEN:
        if os.path.lexists(path):
            os.unlink(path)             # the link
    _add_accounts()
    _hide_kvm()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _first() -> int:
    """Process 1: the program is its child, and so is every orphan."""
    _furnish()
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl-C is the program's affair
    os.environ[STAGE] = "program"
    program = subprocess.Popen([sys.executable, "-B", *sys.argv], preexec_fn=_heed_interrupt,
                               pass_fds=ksm.lock_descriptors())
    while True:
        pid, status = os.wait()
        if pid == program.pid:
            return os.waitstatus_to_exitcode(status) & 0xff


def _heed_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# the keeper

def _remove_groups(directory: str) -> None:
    """Control groups that libvirt made for guests of the shelter in DIRECTORY."""
    for group, _, _ in os.walk("/sys/fs/cgroup", topdown=False):
        if mark(directory) in group:
            os.rmdir(group)
    for parent in glob.glob("/sys/fs/cgroup/machine") + glob.glob("/sys/fs/cgroup/*/machine"):
        try:
            os.rmdir(parent)            # libvirt makes it anew when it needs it
        except OSError:
            pass                        # somebody's guests are in it


def _keep(directory: str) -> int:
    """Waits for the end of the shelter, which is when nobody holds the pipe any more."""
    sys.stdin.buffer.read()
    for _ in range(100):                # what was killed takes a moment to be gone
        try:
            ksm.restore(directory)
            _remove_groups(directory)
            shutil.rmtree(directory)
            return 0
        except OSError as error:
            failure = error
            time.sleep(0.1)
    print(f"the bench leaves something behind: {failure}", file=sys.stderr)
    return 1


# outside

def check() -> None:
    """Missing, if there can be no shelter on this machine."""
    if os.geteuid() != 0:
        raise Missing("root is needed for namespaces, libvirtd and control groups")
    for program in ("unshare", "mount", "libvirtd", "virsh", "qemu-system-x86_64"):
        if not shutil.which(program):
            raise Missing(f"{program} is not installed; contrib/packages.sh names the packages")
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    if tried.returncode:
        raise Missing(f"namespaces are not allowed here: {tried.stderr.strip()}")


def _start_keeper(directory: str) -> tuple[subprocess.Popen[bytes], int]:
    read_end, write_end = os.pipe()
    environment = {**os.environ, STAGE: "keeper", PLACE: directory}
    keeper = subprocess.Popen([sys.executable, "-B", __file__, directory], stdin=read_end, env=environment,
                              start_new_session=True, pass_fds=ksm.lock_descriptors())
    os.close(read_end)
    return keeper, write_end


def _stop_inside(inside: subprocess.Popen[bytes]) -> Callable[..., None]:
    return lambda *_: inside.kill()     # with it dies the first process, and with that all others


def _outside() -> int:
    check()
    ksm.open_lock()
    directory = os.path.join(tempfile.gettempdir(), f"momd-bench-{secrets.token_hex(4)}")
    os.mkdir(directory, 0o700)          # whatever libvirt makes a name of, it keeps letters and digits
    keeper, held = _start_keeper(directory)
    environment = {**os.environ, STAGE: "first", PLACE: directory, ksm.LOCK: os.environ.get(ksm.LOCK, "")}
    inside = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc",
         sys.executable, "-B", *sys.argv],
        env=environment, pass_fds=(held, *ksm.lock_descriptors()), preexec_fn=_die_with_parent)
    os.close(held)
    ksm.close_lock()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_inside(inside))
    code = inside.wait()
    return keeper.wait() or (code if code >= 0 else 128 - code)


def main(program: Callable[[], int], missing: Callable[[str], int]) -> NoReturn:
    """Runs PROGRAM inside; where this machine cannot, MISSING with the reason, outside."""
    stage = os.environ.get(STAGE)
    if stage == "first":
        sys.exit(_first())
    try:
        sys.exit(program() if stage == "program" else _outside())
    except Missing as reason:
        sys.exit(missing(str(reason)))


if __name__ == "__main__" and os.environ.get(STAGE) == "keeper":
    sys.exit(_keep(sys.argv[1]))
