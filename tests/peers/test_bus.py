#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The stand-in reacts on the wire as vdsm does: the odd things a client may do, the types of values, the
limits, and every fault that can be switched on.  A live stand-in, over TLS, and one without."""
from __future__ import annotations

import json
import socket
import ssl
import sys
import time
import unittest
import uuid
from typing import Any

import clients
import layers
import pki
import tap
from running import Running
from stomp import Frame, Parser

CONNECT = Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "0,0"})


def read_until_closed(raw: socket.socket, seconds: float = 20) -> bytes:
    """All bytes until the other side closes; TimeoutError if it does not."""
    raw.settimeout(seconds)
    data = b""
    try:
        while chunk := raw.recv(65536):
            data += chunk
    except (ConnectionError, ssl.SSLError):
        pass
    return data


class Live(unittest.TestCase):
    plain = True
    options: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls) -> None:
        cls.it = Running(*cls.options, plain=cls.plain)

    @classmethod
    def tearDownClass(cls) -> None:
        assert cls.it.stop() == 0

    def setUp(self) -> None:
        self.it.control("clear")

    def bus(self, **options: Any) -> clients.Bus:
        bus = self.it.bus(**options)
        self.addCleanup(bus.close)
        return bus

    def closed_after(self, *frames: Frame | bytes) -> None:
        bus = self.bus()
        for frame in frames:
            bus.socket.sendall(frame if isinstance(frame, bytes) else frame.encode())
        self.assertEqual(read_until_closed(bus.socket), b"")

    def error_after(self, frame: Frame, text: bytes) -> None:
        bus = self.bus()
        bus.send(frame)
        answer = bus.frame()
        self.assertEqual((answer.command, answer.body), ("ERROR", text))
        self.assertEqual(list(answer.headers), ["content-length"])
        self.assertTrue(bus.call("Host.ping2")["result"])      # and the connection lives


class Broker(Live):
    def test_versions(self) -> None:
        """only accept-version 1.2 is accepted, and a later good CONNECT works"""
        for version in ("1.0,1.1,1.2", "1.1", None):
            bus = self.bus(connect=False)
            bus.send(Frame("CONNECT", {"accept-version": version} if version else {"a": "1"}))
            self.assertEqual(bus.frame().body, b"Version unsupported")
            bus.send(CONNECT)
            self.assertEqual(bus.frame().command, "CONNECTED")

    def test_detection(self) -> None:
        """what does not begin with a command vdsm knows is closed"""
        for data in (Frame("STOMP", {"accept-version": "1.2"}).encode(), b"\n" + CONNECT.encode(),
                     b"GET / HTTP/1.1\r\n\r\n"):
            bus = self.bus(connect=False)
            bus.socket.sendall(data)
            self.assertEqual(read_until_closed(bus.socket), b"")

    def test_eleven_bytes(self) -> None:
        """the protocol is detected from eleven bytes and not before"""
        bus = self.bus(connect=False)
        bus.socket.sendall(b"CONNECT\nac")
        bus.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            bus.socket.recv(1)
        bus.socket.settimeout(20)
        bus.socket.sendall(b"cept-version:1.2\n\n\0")
        self.assertEqual(bus.frame().headers, {"version": "1.2", "heart-beat": "0,0"})

    def test_silence(self) -> None:
        """who says nothing is closed after ten seconds"""
        bus = self.bus(connect=False)
        start = time.monotonic()
        self.assertEqual(read_until_closed(bus.socket, 60), b"")
        self.assertGreater(time.monotonic() - start, 9)

    def test_byte_by_byte(self) -> None:
        """bytes may come one by one"""
        bus = self.bus(connect=False)
        for byte in CONNECT.encode():
            bus.socket.sendall(bytes([byte]))
        self.assertEqual(bus.frame().command, "CONNECTED")

    def test_closing(self) -> None:
        """broken frames, unknown commands and a SEND without destination close the connection"""
        for bad in (b"SEND\nnocolon\n\n\0", b"SEND\nhost:[::1]\n\n\0", b"send\na:b\n\n\0",
                    b"SEND\ndestination:x\ncontent-length:2\n\nabX", Frame("ACK", {"id": "1"}),
                    Frame("BEGIN", {"transaction": "t"}), Frame("SEND", {"reply-to": "x"}, b"{}"),
                    Frame("DISCONNECT")):
            self.closed_after(bad)

    def test_errors(self) -> None:
        """ERROR frames have a length and a body, and leave the connection open"""
        self.error_after(Frame("SUBSCRIBE", {"destination": "d"}),
                         b"Missing destination or subscription id header")
        self.error_after(Frame("SEND", {"destination": "nowhere"}, b"{}"), b"Subscription not available")
        self.error_after(Frame("UNSUBSCRIBE"), b"Missing id header")

    def test_same_subscription(self) -> None:
        """a subscription id cannot be used twice, an unsubscribed one can"""
        bus = self.bus()
        bus.send(Frame("SUBSCRIBE", {"destination": "d", "id": "s"}))
        bus.send(Frame("SUBSCRIBE", {"destination": "e", "id": "s"}))
        self.assertEqual(bus.frame().body, b"Subscription id already exists")
        bus.send(Frame("UNSUBSCRIBE", {"id": "s"}))
        bus.send(Frame("SUBSCRIBE", {"destination": "e", "id": "s"}))
        self.assertTrue(bus.call("Host.ping2")["result"])

    def test_receipts(self) -> None:
        """DISCONNECT gets a receipt if it asks for one, and does not close"""
        bus = self.bus()
        bus.send(Frame("DISCONNECT", {"receipt": "77"}))
        self.assertEqual(bus.frame().headers, {"receipt-id": "77"})
        bus.send(Frame("DISCONNECT", {"receipt": ""}))
        self.assertTrue(bus.call("Host.ping2")["result"])

    def test_relay(self) -> None:
        """a message is relayed to subscribers of its destination and of its parents"""
        bus = self.bus()
        bus.send(Frame("SEND", {"destination": bus.queue + ".a.b"}, b"hello"))
        message = bus.frame()
        self.assertEqual((message.command, message.body), ("MESSAGE", b"hello"))
        self.assertEqual(list(message.headers)[:2], ["subscription", "destination"])

    def test_heart_beats(self) -> None:
        """heart-beats are echoed swapped and sent when nothing else is"""
        bus = self.bus(connect=False)
        bus.send(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "0,10"}))
        self.assertEqual(bus.frame().headers["heart-beat"], "1000,0")
        self.assertEqual(bus.socket.recv(10), b"\n")

    def test_silent_client(self) -> None:
        """a client that promised heart-beats and sends none is closed"""
        bus = self.bus(connect=False)
        bus.send(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "10,10"}))
        read_until_closed(bus.socket, 60)

    def test_half_close(self) -> None:
        """a client that closes its sending side gets no answer any more"""
        bus = self.bus()
        bus.request("Host.getAllVmStats")
        bus.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(read_until_closed(bus.socket), b"")


class Requests(Live):
    def silent(self, bus: clients.Bus) -> None:
        bus.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            bus.frame()
        bus.socket.settimeout(20)

    def test_array_of_one(self) -> None:
        """an array of one is answered by a bare object, and so is a bare object"""
        bus = self.bus()
        request = {"jsonrpc": "2.0", "method": "Host.ping2", "id": "x"}
        for body in ([request], request):
            bus.send_request(json.dumps(body))
            self.assertEqual(json.loads(bus.frame().body or b""), {"jsonrpc": "2.0", "id": "x", "result": True})

    def test_unanswered(self) -> None:
        """bad JSON, no version, an empty batch, a number and a batch of two get no answer and break nothing"""
        two = [{"jsonrpc": "2.0", "method": "Host.ping2", "id": name} for name in ("b1", "b2")]
        for body in ("{nope", '{"method":"Host.ping2","id":"q"}', "[]", "7", json.dumps(two)):
            bus = self.bus()
            bus.send_request(body)
            self.silent(bus)
            self.assertTrue(bus.call("Host.ping2")["result"], body)

    def test_reply_to(self) -> None:
        """without a reply queue that exists the call runs and its answer is dropped"""
        bus = self.bus()
        before = self.it.control("counts").get("Host.getVMList", 0)
        for headers in ({}, {"reply-to": "nobody"}, {"reply-to": bus.queue + ".sub"}):
            body = json.dumps({"jsonrpc": "2.0", "method": "Host.getVMList", "id": str(uuid.uuid4())})
            bus.send(Frame("SEND", {"destination": "jms.topic.vdsm_requests", **headers}, body.encode()))
        self.silent(bus)
        self.assertEqual(self.it.control("counts")["Host.getVMList"], before + 3)

    def test_ids_are_global(self) -> None:
        """an id that two clients use at once sends the first one's answer to the second"""
        one, two = self.bus(), self.bus()
        before = self.it.control("state")["last"]
        self.it.control("fault", kind="slow", value=0.5)
        one.request("Host.getVMList", request_id="7")
        clients.wait_until("the first call", lambda: self.it.calls("Host.getVMList", before))
        self.it.control("fault", kind="slow", value=2)
        two.request("Host.ping2", request_id="7")
        self.assertIsInstance(two.answer("7")["result"], list)
        self.silent(one)

    def test_too_many(self) -> None:
        """more than 88 requests waiting are refused with 1100"""
        clients.wait_until("idle workers", lambda: not self.it.control("state")["working"])
        self.it.control("fault", kind="slow", value=0.2)
        bus = self.bus()
        ids = {bus.request("Host.ping2") for _ in range(200)}
        answers = [json.loads(bus.frame().body or b"") for _ in ids]
        refused = [answer["error"]["code"] for answer in answers if "error" in answer]
        self.assertEqual({answer["id"] for answer in answers}, ids)
        self.assertEqual(set(refused), {1100})
        self.assertGreaterEqual(len(answers) - len(refused), 88)

    def test_any_order(self) -> None:
        """answers come in another order than requests"""
        bus = self.bus()
        ids = [bus.request("Host.ping2") for _ in range(60)]
        answers = [json.loads(bus.frame().body or b"")["id"] for _ in ids]
        self.assertEqual(sorted(answers), sorted(ids))
        self.assertNotEqual(answers, ids)

    def test_codes(self) -> None:
        """errors carry vdsm's codes"""
        bus = self.bus()
        guest = self.it.control("state")["guests"]["web-01"]["uuid"]
        for code, method, params in (
                (-32601, "Host.nosuch", {}), (1, "VM.setBalloonTarget", {"vmID": "x", "target": 1}),
                (-32603, "VM.setBalloonTarget", {"vmID": guest}), (-32603, "Host.ping2", ["a"]),
                (53, "VM.setBalloonTarget", {"vmID": guest, "target": "x"}),
                (100, "VM.setBalloonTarget", {"vmID": guest, "target": None}),
                (62, "VM.setCpuTuneQuota", {"vmID": guest, "quota": "x"}),
                (64, "VM.setIoTune", {"vmID": guest, "tunables": [{"name": "no", "ioTune": {}}]}),
                (71, "Host.setKsmTune", {"tuningParams": {"nosuch": 1}})):
            self.assertEqual(bus.call(method, params)["error"]["code"], code, (method, params))

    def test_done(self) -> None:
        """knobs answer Done, positional and needless parameters too, and turn"""
        bus = self.bus()
        guest = self.it.control("state")["guests"]["web-02"]["uuid"]
        for method, params in (
                ("VM.setBalloonTarget", {"vmID": guest, "target": "8000000", "more": 1}),
                ("VM.setCpuTuneQuota", [guest, 50000]), ("VM.setCpuTunePeriod", [guest, 200000]),
                ("VM.setIoTune", [guest, [{"name": "sda", "path": None, "ioTune": {"read_iops_sec": 7}}]]),
                ("Host.setKsmTune", [{"run": 1, "pages_to_scan": 99}])):
            self.assertEqual(bus.call(method, params)["result"], {"code": 0, "message": "Done"}, method)
        state = self.it.control("state")
        turned = state["guests"]["web-02"]
        self.assertEqual((turned["target"], turned["vcpu_quota"], turned["vcpu_period"]),
                         (8000000, 50000, 200000))
        self.assertEqual(turned["io_tune"]["sda"]["read_iops_sec"], 7)
        self.assertEqual((state["ksm"]["run"], state["ksm"]["pages_to_scan"]), (1, 99))

    def test_events(self) -> None:
        """events reach who subscribed to their exact queue"""
        bus, deaf = self.bus(), self.bus()
        bus.subscribe("jms.queue.events")
        deaf.subscribe("jms.queue")
        self.assertTrue(bus.call("Host.ping2")["result"])
        self.it.control("status", name="mail-01", status="Paused")
        event = json.loads(bus.frame().body or b"")
        guest = self.it.control("state")["guests"]["mail-01"]["uuid"]
        self.assertEqual(event["method"], "|virt|VM_status|" + guest)
        self.assertEqual(event["params"][guest], {"status": "Paused"})
        self.assertGreater(event["params"]["notify_time"], 1 << 31)
        self.silent(deaf)


class Types(Live):
    options = ("--guests", "13")

    def test_numbers(self) -> None:
        """strings are strings, integers are integers, as vdsm sends them"""
        [guest] = [vm for vm in self.bus().call("Host.getAllVmStats")["result"] if vm["vmName"] == "db-01"]
        for key in ("memUsage", "vcpuCount", "vcpuQuota"):
            self.assertIsInstance(guest[key], str, key)
        self.assertIsInstance(guest["vcpuPeriod"], int)
        for key in ("balloon_cur", "balloon_max", "balloon_min", "balloon_target"):
            self.assertIsInstance(guest["balloonInfo"][key], str, key)
        self.assertIs(guest["balloonInfo"]["ballooning_enabled"], True)
        self.assertNotIn("vcpuUserLimit", guest)

    def test_memory_stats(self) -> None:
        """memory sizes are strings and rates are integers"""
        def stats() -> dict:
            guests = self.bus().call("Host.getAllVmStats")["result"]
            return next(vm["memoryStats"] for vm in guests if vm["vmName"] == "db-01")
        memory = clients.wait_until("a second sample", lambda: "majflt" in stats() and stats())
        for key in ("mem_total", "mem_unused", "mem_free"):
            self.assertIsInstance(memory[key], str, key)
        for key in ("majflt", "minflt", "pageflt", "swap_in", "swap_out"):
            self.assertIsInstance(memory[key], int, key)

    def test_odd_guests(self) -> None:
        """the odd guests are odd in the way their names say"""
        guests = {vm["vmName"]: vm for vm in self.bus().call("Host.getAllVmStats")["result"]}
        self.assertNotIn("balloonInfo", guests["no-balloon"])
        self.assertIs(guests["fixed"]["balloonInfo"]["ballooning_enabled"], False)
        self.assertLess(int(guests["starved"]["balloonInfo"]["balloon_cur"]),
                        int(guests["starved"]["balloonInfo"]["balloon_min"]))
        self.assertIsInstance(guests["odd-types"]["vcpuCount"], int)
        self.assertIsInstance(guests["odd-types"]["balloonInfo"]["balloon_cur"], int)
        self.assertIsInstance(guests["odd-types"]["memoryStats"]["mem_unused"], float)
        self.assertEqual(guests["nonsense"]["balloonInfo"], "none")
        self.assertEqual((guests["no-stats"]["memUsage"], "memoryStats" in guests["no-stats"]), ("0", False))
        self.assertEqual(guests["capped"]["vcpuUserLimit"], "50")

    def test_io_policies(self) -> None:
        """every guest has the state of its disks, and the limited one a policy"""
        tunes = self.bus().call("Host.getAllVmIoTunePolicies")["result"]
        state = self.it.control("state")["guests"]
        limited = tunes[state["disk-limited"]["uuid"]]
        self.assertEqual(limited["policy"][0]["path"], limited["current_values"][0]["path"])
        self.assertEqual(limited["policy"][0]["maximum"]["total_iops_sec"], 2000)
        self.assertEqual(tunes[state["web-01"]["uuid"]]["policy"], [])

    def test_balloon_moves(self) -> None:
        """a target is told at once, the balloon follows, and a disabled one does not"""
        bus = self.bus()
        state = self.it.control("state")["guests"]
        for name in ("web-01", "fixed"):
            bus.call("VM.setBalloonTarget", {"vmID": state[name]["uuid"], "target": state[name]["max"] - 99999})
        self.it.control("advance", seconds=5)
        after = self.it.control("state")["guests"]
        self.assertEqual(after["web-01"]["balloon"], after["web-01"]["max"] - 99999)
        self.assertEqual(after["fixed"]["target"], after["fixed"]["max"])


class Death(Live):
    def test_a_request_without_id(self) -> None:
        """a request without id is answered by never answering anyone again, until a restart"""
        bus = self.bus()
        bus.send_request('{"jsonrpc":"2.0","method":"Host.ping2","params":{}}')
        clients.wait_until("the death of the dispatcher", lambda: self.it.control("state")["dead"])
        other = self.bus(timeout=0.5)                       # accepted, and connected
        with self.assertRaises(TimeoutError):
            other.call("Host.ping2")
        self.it.control("restart", away=0.1)
        clients.wait_until("vdsm to come back", lambda: self.it.control("state")["listening"])
        self.assertTrue(self.bus().call("Host.ping2")["result"])

    def test_recovery(self) -> None:
        """after a restart every call is answered by 99 until recovery ends"""
        self.it.control("restart", away=0.1, recovery=2)
        clients.wait_until("vdsm to come back", lambda: self.it.control("state")["listening"])
        bus = self.bus()
        error = bus.call("Host.ping2")["error"]
        self.assertEqual(error, {"code": 99, "message": "Recovering from crash or Initializing"})
        clients.wait_until("the end of recovery", lambda: "result" in bus.call("Host.ping2"))


class Faulty(Live):
    def test_silent(self) -> None:
        """silent: accepted, read, never answered; then answered again"""
        bus = self.bus(timeout=0.5)
        self.it.control("fault", kind="silent")
        with self.assertRaises(TimeoutError):
            bus.call("Host.ping2")
        self.it.control("clear")
        self.assertTrue(bus.call("Host.ping2")["result"])

    def test_cut(self) -> None:
        """cut: an answer ends in the middle and the connection with it"""
        bus = self.bus()
        self.it.control("fault", kind="cut", value=1)
        bus.request("Host.getAllVmStats")
        data = read_until_closed(bus.socket)
        self.assertGreater(len(data), 100)
        self.assertEqual(Parser().feed(data), [])
        self.assertTrue(self.bus().call("Host.ping2")["result"])

    def test_garbage(self) -> None:
        """garbage: bytes that are no frame come before an answer"""
        bus = self.bus()
        self.it.control("fault", kind="garbage", value=1)
        with self.assertRaises(Exception) as caught:
            bus.call("Host.ping2")
        self.assertEqual(type(caught.exception).__name__, "FrameError")

    def test_error(self) -> None:
        """error: verbs of guests fail with the text given"""
        self.it.control("fault", kind="error", value="no such luck")
        error = self.bus().call("VM.setBalloonTarget", {"vmID": "x", "target": 1})["error"]
        self.assertEqual(error, {"code": 100, "message": "General Exception: ('no such luck',)"})

    def test_hang_up(self) -> None:
        """hang_up: connections are accepted and closed at once"""
        self.it.control("fault", kind="hang_up")
        with self.assertRaises(ConnectionError):
            self.bus()
        self.it.control("clear")
        self.assertTrue(self.bus().call("Host.ping2")["result"])

    def test_nonsense(self) -> None:
        """nonsense: a frame like others, whose body is no JSON"""
        bus = self.bus()
        self.it.control("fault", kind="nonsense")
        bus.request("Host.ping2")
        frame = bus.frame()
        self.assertEqual((frame.command, frame.headers["destination"]), ("MESSAGE", bus.queue))
        self.assertRaises(ValueError, json.loads, frame.body)

    def test_huge(self) -> None:
        """huge: the head of a frame that no memory would hold"""
        bus = self.bus()
        self.it.control("fault", kind="huge")
        bus.request("Host.ping2")
        self.assertRegex(bus.socket.recv(65536), rb"content-length:68719476736\d+\n")

    def test_result(self) -> None:
        """result: every verb answers what is given"""
        self.it.control("fault", kind="result", value='[7, "x"]')
        self.assertEqual(self.bus().call("Host.getAllVmStats")["result"], [7, "x"])

    def test_leave_and_come_back(self) -> None:
        """leave: nobody listens; come_back: somebody does, answering 99 until recovered"""
        self.it.control("leave")
        with self.assertRaises(ConnectionError):
            self.bus()
        self.it.control("come_back", recovering=True)
        bus = self.bus()
        self.assertEqual(bus.call("Host.ping2")["error"]["code"], 99)
        self.it.control("recovered")
        self.assertTrue(bus.call("Host.ping2")["result"])

    def test_unknown(self) -> None:
        """an unknown fault or command is refused by the control socket"""
        for command in ({"do": "fault", "kind": "nosuch"}, {"do": "nosuch"}, {"do": "guest", "name": "x"}):
            with self.assertRaises(clients.Refused):
                self.it.control.raw(command)


class Tls(Live):
    plain = False

    def handshake(self, context: ssl.SSLContext) -> bytes:
        with socket.create_connection(("127.0.0.1", self.it.port), 20) as raw:
            with context.wrap_socket(raw) as tls:
                tls.sendall(CONNECT.encode())
                return tls.recv(4096)

    def test_works(self) -> None:
        """with the right certificate it is the same bus, over TLS 1.3"""
        bus = self.bus()
        self.assertEqual(bus.socket.version(), "TLSv1.3")                    # type: ignore[attr-defined]
        self.assertEqual(len(bus.call("Host.getAllVmStats")["result"]), 12)

    def test_no_certificate(self) -> None:
        """a client without a certificate, or with a stranger's, gets an alert"""
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        own.check_hostname = False
        own.load_verify_locations(pki.credentials(self.it.pki).ca)
        strange = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        strange.check_hostname = False
        strange.load_verify_locations(pki.credentials(self.it.pki).ca)
        other = pki.other_credentials(self.it.pki)
        strange.load_cert_chain(other.cert, other.key)
        for context in (own, strange):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.handshake(context)

    def test_not_the_hosts_name(self) -> None:
        """the certificate is for the host's name, not for localhost"""
        context = layers.client_context(pki.credentials(self.it.pki))
        with socket.create_connection(("127.0.0.1", self.it.port), 20) as raw:
            with context.wrap_socket(raw) as tls:
                names = dict(tls.getpeercert()["subjectAltName"])              # type: ignore[index]
        self.assertEqual(names, {"DNS": "host.example.com"})

    def test_refuse_and_impostor(self) -> None:
        """refuse: our certificate is not taken; impostor: theirs is another CA's"""
        context = layers.client_context(pki.credentials(self.it.pki))
        self.it.control("fault", kind="refuse")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.handshake(context)
        self.it.control("clear")
        self.it.control("fault", kind="impostor")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.handshake(context)
        self.it.control("clear")
        self.assertTrue(self.handshake(context).startswith(b"CONNECTED"))


if __name__ == "__main__":
    for case in (Live,):
        del globals()[case.__name__]
    sys.exit(tap.main())
