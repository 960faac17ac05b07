#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Throw-away certificates in vdsm's layout, made by the openssl command.

    pki.py DIR     certs/{cacert,vdsmcert}.pem keys/vdsmkey.pem, and the same below other/ from a second CA

One certificate serves vdsm as server and its clients as client, as on a real host: its name is the
host's, not localhost.  Must never be used for anything but tests: the CA's key lies beside it.
"""
from __future__ import annotations

import os
import socket
import subprocess
import sys

from layers import Credentials

DAYS = "30"


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


def _authority(directory: str, name: str) -> tuple[str, str]:
    key, cert = os.path.join(directory, "keys", "cakey.pem"), os.path.join(directory, "certs", "cacert.pem")
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-keyout", key, "-out", cert,
             "-subj", f"/O=stand-in/CN={name}")
    return key, cert


def _certificate(directory: str, authority: tuple[str, str], host: str) -> None:
    key, cert = (os.path.join(directory, part) for part in ("keys/vdsmkey.pem", "certs/vdsmcert.pem"))
    request, extensions = cert + ".csr", cert + ".ext"
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
             "-subj", f"/O=stand-in/CN={host}")
    with open(extensions, "w", encoding="utf-8") as file:
        file.write(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth,clientAuth\n")
    _openssl("x509", "-req", "-in", request, "-CA", authority[1], "-CAkey", authority[0],
             "-CAcreateserial", "-days", DAYS, "-extfile", extensions, "-out", cert)
    os.unlink(request)
    os.unlink(extensions)


def make(directory: str, host: str) -> None:
    for place, name in ((directory, "stand-in CA"), (os.path.join(directory, "other"), "another CA")):
        for part in ("certs", "keys"):
            os.makedirs(os.path.join(place, part), exist_ok=True)
        _certificate(place, _authority(place, name), host)


def renew(directory: str, host: str) -> None:
    """Another key and certificate in the place of vdsm's, of the same CA."""
    _certificate(directory, (os.path.join(directory, "keys", "cakey.pem"),
                             os.path.join(directory, "certs", "cacert.pem")), host)


def credentials(directory: str) -> Credentials:
    return Credentials(*(os.path.join(directory, part) for part in
                         ("certs/cacert.pem", "certs/vdsmcert.pem", "keys/vdsmkey.pem")))


def other_credentials(directory: str) -> Credentials:
    return credentials(os.path.join(directory, "other"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(sys.argv[1], socket.gethostname())
