# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages around momd on an oVirt host, as small as they can be: the Python package, and vdsm.

`mom` has the files and the scriptlets that matter when it is replaced; its daemon sleeps.  `vdsm` has the
units, user, certificates and files of vdsm as far as momd meets them, and runs tests/peers' stand-in on
vdsm's own port.  Must stay what those packages are: what is awkward in them is what is tested.
"""
from __future__ import annotations

import os
from dataclasses import dataclass, field

SLEEP = "#!/bin/sh\nexec sleep infinity\n"

MOM_UNIT = """[Unit]
Description=The daemon of the package mom

[Service]
ExecStart=/usr/sbin/momd -c /etc/momd.conf

[Install]
WantedBy=multi-user.target
"""

# vdsm's unit starts momd without a word of what momd can tell systemd.
MOM_VDSM_UNIT = """[Unit]
Description=mom beside vdsm
Requires=vdsmd.service
After=vdsmd.service
Conflicts=momd.service ksmtuned.service

[Service]
Type=simple
ExecStart=/usr/sbin/momd -c /etc/vdsm/mom.conf
User=vdsm
Group=kvm
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
"""

VDSMD_UNIT = """[Unit]
Description=A stand-in for vdsm
Wants=mom-vdsm.service

[Service]
ExecStart=/usr/bin/python3 -B {peers}/vdsm.py --port 54321 --pki /etc/pki/vdsm --host-root /run/vdsm/host \
--mom-socket /run/vdsm/mom-vdsm.sock --control /run/vdsm/control
User=vdsm
Group=kvm
RuntimeDirectory=vdsm
"""

VDSM_POST = """getent group kvm >/dev/null || groupadd --system kvm
getent passwd vdsm >/dev/null || useradd --system --gid kvm --home-dir /var/lib/vdsm --shell /usr/sbin/nologin vdsm
/usr/bin/python3 -B {peers}/pki.py /etc/pki/vdsm
chown -R vdsm:kvm /etc/pki/vdsm
install -d -o vdsm -g kvm /var/log/vdsm
[ ! -d /run/systemd/system ] || systemctl daemon-reload
"""


@dataclass
class Package:
    name: str
    version: str
    files: dict[str, str]                # path -> text; the executable ones begin with #!
    config: set[str] = field(default_factory=set)
    requires: list[tuple[str, str]] = field(default_factory=list)     # name, least version or ""
    provides: list[str] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)             # of the format's own names


def mom(scripts: dict[str, str]) -> Package:
    return Package("mom", "0.6.5", {
        "/usr/sbin/momd": SLEEP,
        "/etc/momd.conf": "[main]\nrpc-port: -1\n",
        "/usr/lib/systemd/system/momd.service": MOM_UNIT}, {"/etc/momd.conf"}, scripts=scripts)


def vdsm(root: str, post: str) -> Package:
    """POST is the format's name of the script that runs after the files are there."""
    peers = os.path.join(root, "tests", "peers")
    files = {"/usr/lib/systemd/system/vdsmd.service": VDSMD_UNIT.format(peers=peers),
             "/usr/lib/systemd/system/mom-vdsm.service": MOM_VDSM_UNIT}
    config = set()
    stock = os.path.join(root, "contrib", "vdsm")
    names = ["mom.conf", *(os.path.join("mom.d", n) for n in os.listdir(os.path.join(stock, "mom.d")))]
    for name in sorted(names):
        path = os.path.join("/etc/vdsm", name)
        with open(os.path.join(stock, name), encoding="utf-8") as file:
            files[path] = file.read()
        config.add(path)
    return Package("vdsm", "4.50", files, config, [("mom", "0.5.14")], scripts={post: VDSM_POST.format(peers=peers)})


def lay(package: Package, top: str) -> None:
    """Writes the package's files below TOP."""
    for path, text in package.files.items():
        place = top + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(place, 0o755 if text.startswith("#!") else 0o644)
