#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""momIF calls an agent's socket as vdsm does, and makes of good, bad and missing answers what vdsm
makes of them.  The agents here are a few lines each and answer one canned thing."""
from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
import threading
import unittest
import xmlrpc.client

import momif
import tap

STATISTICS = {"host": {"ksm_run": 1, "ksm_pages_to_scan": 64, "ksm_merge_across_nodes": 0,
                       "ksm_pages_sharing": 512, "ksmd_cpu_usage": 3}}


def http(body: str, status: str = "200 OK") -> bytes:
    return (f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}").encode()


def answer(value: object) -> bytes:
    return http(xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True))


FAULT = http(xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no")))


class Agent:
    """Answers every connection with the same bytes, and keeps what it was sent."""

    def __init__(self, path: str, canned: bytes) -> None:
        self.requests: list[bytes] = []
        self._canned = canned
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                data = b""
                while not self._whole(data):
                    data += connection.recv(65536)
                self.requests.append(data)
                connection.sendall(self._canned)

    @staticmethod
    def _whole(data: bytes) -> bool:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        return bool(end and length and len(body) >= int(length.group(1)))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class MomIf(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = os.path.join(place.name, "mom.sock")
        self.booked: list[tuple[str, str | None]] = []
        self.mom = momif.MomIf(self.path, lambda method, _, error: self.booked.append((method, error)))

    def agent(self, canned: bytes) -> Agent:
        agent = Agent(self.path, canned)
        self.addCleanup(agent.close)
        return agent

    def test_request(self) -> None:
        """a call is a POST to /RPC2 with the socket's path in base16 as host"""
        agent = self.agent(answer(True))
        self.assertEqual(self.mom.status(), "active")
        head = agent.requests[0].decode().split("\r\n\r\n")[0].split("\r\n")
        self.assertEqual(head[0], "POST /RPC2 HTTP/1.1")
        self.assertIn("Host: " + self.path.encode().hex().upper(), head)
        self.assertIn("Content-Type: text/xml", head)

    def test_one_connection_a_call(self) -> None:
        """every call is a connection of its own"""
        agent = self.agent(answer(True))
        for _ in range(3):
            self.mom.status()
        self.assertEqual(len(agent.requests), 3)

    def test_ksm(self) -> None:
        """KSM fields are taken from getStatistics and converted"""
        self.agent(answer(STATISTICS))
        self.assertEqual(self.mom.ksm_stats(), {"ksmState": True, "ksmPages": 64, "memShared": 2,
                                                "ksmMergeAcrossNodes": False, "ksmCpu": 3})

    def test_parameters(self) -> None:
        """parameters are merged into one set and sent whole, values by repr"""
        agent = self.agent(answer(True))
        self.mom.set_policy_parameters({"balloonEnabled": True, "x": "y"})
        self.mom.set_policy_parameters({"ksmEnabled": False})
        arguments, method = xmlrpc.client.loads(agent.requests[1].split(b"\r\n\r\n", 1)[1])
        self.assertEqual(method, "setNamedPolicy")
        self.assertEqual(arguments, ("01-parameters", "(set balloonEnabled True)\n(set x 'y')\n"
                                                      "(set ksmEnabled False)"))

    def test_absent(self) -> None:
        """no agent: inactive, no KSM fields, and pushes pass without a word"""
        self.assertEqual(self.mom.status(), "inactive")
        self.assertEqual(self.mom.ksm_stats(), {})
        self.mom.set_policy_parameters({"a": 1})

    def test_throttle(self) -> None:
        """after a failure the socket is not touched for a while, also if it is there again"""
        self.assertEqual(self.mom.status(), "inactive")
        agent = self.agent(answer(True))
        self.assertEqual(self.mom.status(), "inactive")
        self.assertEqual((len(agent.requests), len(self.booked)), (0, 1))
        self.mom.agent.forgive()
        self.assertEqual(self.mom.status(), "active")

    def test_bad_answers(self) -> None:
        """faults, errors of HTTP and what is not XML raise; a false ping is inactive"""
        for canned in (FAULT, http("", "404 Not Found"), http("no xml")):
            agent = Agent(self.path, canned)
            for call in (self.mom.status, self.mom.ksm_stats, lambda: self.mom.set_policy("0")):
                self.mom.agent.forgive()
                with self.assertRaises(Exception) as caught:
                    call()
                self.assertNotIsInstance(caught.exception, momif.UNAVAILABLE)
            agent.close()
            os.unlink(self.path)
        self.mom.agent.forgive()
        self.agent(answer(False))
        self.assertEqual(self.mom.status(), "inactive")

    def test_missing_keys(self) -> None:
        """statistics without a needed key, or with nil in it, raise"""
        for bad in ({"host": {"ksm_run": 1}}, {}, {"host": {**STATISTICS["host"], "ksm_pages_sharing": None}}):
            agent = Agent(self.path, answer(bad))
            self.mom.agent.forgive()
            with self.assertRaises((KeyError, TypeError)):
                self.mom.ksm_stats()
            agent.close()
            os.unlink(self.path)


if __name__ == "__main__":
    sys.exit(tap.main())
