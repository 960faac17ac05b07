# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest boots: Debian's cloud kernel, unpacked and never installed, and an initramfs of our own.

The kernel and the few drivers that are needed come out of the package that `apt-get download` fetches (and
verifies); they are kept in the cache below their own checksums, which are looked at before each use.  The
initramfs is guest.c, compiled statically, the drivers, and what a test adds.  Must never change anything of
the machine but the cache.
"""
from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
META_PACKAGE = "linux-image-cloud-amd64"
SUMS = "SHA256SUMS"
# In the order in which they are loaded: each needs some before it.
DRIVERS = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci",
           "virtio_balloon", "virtio_blk", "virtio_console", "vsock", "vmw_vsock_virtio_transport_common",
           "vmw_vsock_virtio_transport", "vsock_loopback", "failover", "net_failover", "virtio_net")


class Missing(Exception):
    """What the bench needs and this machine does not have; the text tells how to get it."""


def cache_directory() -> str:
    """Made if needed; XDG_CACHE_HOME for people, /var/cache for root."""
    base = os.environ.get("XDG_CACHE_HOME") or "/var/cache"
    path = os.path.join(base, "momd-hypervisor")
    try:
        os.makedirs(path, mode=0o755, exist_ok=True)
    except OSError as error:
        raise Missing(f"no place for the guest kernel: {error}; set XDG_CACHE_HOME") from None
    if os.stat(path).st_uid != os.geteuid():
        raise Missing(f"{path} belongs to somebody else")
    return path


# the kernel

def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _is_whole(directory: str) -> bool:
    try:
        with open(os.path.join(directory, SUMS), encoding="ascii") as file:
            rows = [line.split() for line in file]
        wanted = {"vmlinuz", *(driver + ".ko" for driver in DRIVERS)}
        return wanted <= {name for _, name in rows} and all(_digest(os.path.join(directory, name)) == digest for digest, name in rows)
    except (OSError, ValueError):
        return False


def _package() -> str:
    """The name of the kernel's package that is current."""
    try:
        text = subprocess.run(["apt-cache", "depends", META_PACKAGE], capture_output=True, text=True,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        text = ""
    found = re.search(r"Depends: (linux-image-\S+)", text)
    if not found:
        raise Missing(f"no guest kernel: apt-get does not know {META_PACKAGE} (apt-get update?)")
    return found[1]


def _plain(data: bytes, name: str) -> bytes:
    """Debian 13 compresses its modules."""
    return lzma.decompress(data) if name.endswith(".xz") else data


def _unpack(package: str, to: str) -> None:
    """The kernel and the drivers out of a .deb, without unpacking the rest of it."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacked:
        with tarfile.open(fileobj=unpacked.stdout, mode="r|") as archive:
            for member in archive:
                name = os.path.basename(member.name)
                module = re.fullmatch(r"(.*)\.ko(\.xz)?", name)
                wanted = ("vmlinuz" if member.name.startswith("./boot/vmlinuz-") else
                          module[1] + ".ko" if module and module[1] in DRIVERS else None)
                file = archive.extractfile(member) if wanted and member.isfile() else None
                if file:
                    with open(os.path.join(to, str(wanted)), "wb") as out:
                        out.write(_plain(file.read(), name))
    missing = {"vmlinuz", *(driver + ".ko" for driver in DRIVERS)} - set(os.listdir(to))
    if missing:
        raise Missing(f"{os.path.basename(package)} has no {', '.join(sorted(missing))}")


def _fetch(directory: str) -> None:
    """Into DIRECTORY, all or nothing."""
    package = _package()
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=os.path.dirname(directory)) as scratch:
        got = subprocess.run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package], cwd=scratch,
                             capture_output=True, text=True)
        debs = [name for name in os.listdir(scratch) if name.endswith(".deb")]
        if got.returncode or len(debs) != 1:
            raise Missing(f"no guest kernel: apt-get download {package}: {got.stderr.strip()[-200:]}")
        fresh = os.path.join(scratch, "kernel")
        os.mkdir(fresh)
        _unpack(os.path.join(scratch, debs[0]), fresh)
        with open(os.path.join(fresh, SUMS), "w", encoding="ascii") as sums:
            for name in sorted(set(os.listdir(fresh)) - {SUMS}):
                sums.write(f"{_digest(os.path.join(fresh, name))}  {name}\n")
        shutil.rmtree(directory, ignore_errors=True)
        try:
            os.rename(fresh, directory)
        except OSError:
            if not _is_whole(directory):     # else another bench was quicker
                raise


def kernel() -> str:
    """The directory with vmlinuz and the drivers; fetched if it is not in the cache or was damaged."""
    if platform.machine() != "x86_64":
        raise Missing(f"the guests of the bench are x86_64, this machine is {platform.machine()}")
    directory = os.path.join(cache_directory(), "kernel")
    if not _is_whole(directory):
        if not os.access(os.path.dirname(directory), os.W_OK):
            raise Missing("no guest kernel, or not all of its drivers: run tests/hypervisor/bench fetch")
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Missing("the guest kernel is taken from Debian's package: apt-get and dpkg-deb are needed")
        _fetch(directory)
    return directory


# the initramfs

class Archive:
    """A cpio archive in the form that the kernel unpacks ("newc")."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._entries = 0

    def add(self, path: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._entries += 1
        name = path.encode() + b"\0"
        fields = (self._entries, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name
        for part in (head, data):
            self._parts.append(part + b"\0" * (-len(part) % 4))

    def bytes(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return b"".join(self._parts)


def _compile(to: str) -> None:
    command = ["cc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-static", "-o", to, os.path.join(HERE, "guest.c")]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise Missing(f"guest.c cannot be built statically: {error.stderr.strip()[-300:]}") from None


def _with_libraries(program: str) -> list[str]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True)   # says no for a static one
    return [program, *re.findall(r"(/\S+) \(0x", listed.stdout)]


def initramfs(to: str, programs: list[str] | None = None) -> None:
    """Writes it to file TO.  PROGRAMS: command lines that init starts in each guest, by the programs' absolute
    paths on this machine; they are taken along with their libraries."""
    archive, drivers = Archive(), kernel()
    for directory in ("dev", "proc", "sys", "tmp", "etc", "modules"):
        archive.add(directory, 0o040755)
    archive.add("dev/console", 0o020600, device=(5, 1))
    with tempfile.TemporaryDirectory() as scratch:
        _compile(os.path.join(scratch, "guest"))
        with open(os.path.join(scratch, "guest"), "rb") as file:
            archive.add("init", 0o100755, file.read())
    for driver in DRIVERS:
        with open(os.path.join(drivers, driver + ".ko"), "rb") as file:
            archive.add(f"modules/{driver}.ko", 0o100644, file.read())
    archive.add("etc/modules", 0o100644, "".join(f"/modules/{driver}.ko\n" for driver in DRIVERS).encode())
    archive.add("etc/programs", 0o100644, "".join(line + "\n" for line in programs or []).encode())
    _add_files(archive, {path for line in programs or [] for path in _with_libraries(line.split()[0])})
    with open(to, "wb") as file:
        file.write(gzip.compress(archive.bytes(), 1))


def _add_files(archive: Archive, paths: set[str]) -> None:
    made: set[str] = set()
    for path in sorted(paths):
        parents = os.path.dirname(path).strip("/").split("/")
        for depth in range(1, len(parents) + 1):
            parent = "/".join(parents[:depth])
            if parent not in made:
                archive.add(parent, 0o040755)
                made.add(parent)
        with open(path, "rb") as file:          # follows links: the guest gets the file under the link's name
            archive.add(path.strip("/"), 0o100755, file.read())
