#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The RPC server as its clients see it: momIF's way of calling, and everything a bad client may do.

Runs rpc-serve on a unix socket and talks to it with Python's own xmlrpc.client, or in plain bytes.
"""
import base64
import contextlib
import fcntl
import grp
import http.client
import json
import os
import resource
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import xmlrpc.client

SERVE = sys.argv[1]
CAP = 32
BODY = 4 << 20
PING = b"<?xml version='1.0'?>\n<methodCall>\n<methodName>ping</methodName>\n<params>\n</params>\n</methodCall>\n"


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(base64.b16decode(self.host).decode())


class UnixTransport(xmlrpc.client.Transport):
    """As momIF's: the path in base16 for a host, a new connection for each call."""

    def __init__(self, timeout):
        super().__init__()
        self.timeout = timeout

    def make_connection(self, host):
        return UnixConnection(host, timeout=self.timeout)


def client(path, timeout=2):
    host = base64.b16encode(path.encode()).decode()
    return xmlrpc.client.ServerProxy("http://" + host, transport=UnixTransport(timeout), allow_none=True)


class Server:
    """MORE are rpc-serve's further arguments: mode, group, users. SLOW: changes are kept at SIGUSR1 only."""

    def __init__(self, folder, port=None, *more, wait=True, preexec=None, slow=False):
        self.path = os.path.join(folder, "mom.sock") if port is None else port
        self.process = subprocess.Popen([SERVE, self.path, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, preexec_fn=preexec,
                                        env={**os.environ, **({"RPC_SERVE_SLOW": "1"} if slow else {})})
        self.ready = wait and self.wait_ready()

    def wait_ready(self):
        return self.process.stdout.readline() == b"ready\n"

    def rpc(self, timeout=2):
        return client(self.path, timeout)

    def connect(self, timeout=20):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(self.path)
        return s

    def raw(self, data, timeout=20):
        """What comes back for DATA until the end; a reset counts as the end."""
        with contextlib.closing(self.connect(timeout)) as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.sendall(data)
            return read_all(s)

    def post(self, path="/RPC2", body=PING, version="1.1", headers="Host: x\r\n", method="POST"):
        head = "%s %s HTTP/%s\r\n%sContent-Length: %d\r\n\r\n" % (method, path, version, headers, len(body))
        return self.raw(head.encode() + body)

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def settled_fds(self):
        """How many there are once the connections of earlier calls are gone."""
        last, since = self.fds(), time.monotonic()
        while time.monotonic() < since + 0.5:
            if self.fds() != last:
                last, since = self.fds(), time.monotonic()
            time.sleep(0.02)
        return last

    def alive(self):
        return self.process.poll() is None and self.rpc().ping() is True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdin.close()
        err = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.wait(10), err


def read_all(s):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while True:
            part = s.recv(65536)
            if not part:
                break
            data += part
    return data


def status(answer):
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.") else None


def fault(call, *args):
    try:
        return "no fault: %r" % (call(*args),)
    except xmlrpc.client.Fault as e:
        return "%d %s" % (e.faultCode, e.faultString)


def same(what, wanted):
    assert what == wanted, "%r is not %r" % (what, wanted)


# ---- calls ----

def calls_go_as_momif_makes_them(server, folder):
    rpc = server.rpc()
    same(rpc.ping(), True)
    host = rpc.getStatistics()["host"]
    same((host["ksm_run"], host["ksm_pages_to_scan"], host["ksm_merge_across_nodes"]), (1, 64, 1))
    same(host["ksm_pages_sharing"] * 4096 // 2 ** 20, 35156250)
    same(host["ksmd_cpu_usage"], 3.5)
    same(rpc.setPolicy("(defvar a \"<&>\")\r\n"), True)
    same(rpc.getPolicy(), "(defvar a \"<&>\")\n")      # XML reads CR LF as LF
    same(rpc.setNamedPolicy("01-parameters", "(set a True)\n(set b '\u00e9')"), True)
    same(rpc.getNamedPolicies()["01-parameters"], "(set a True)\n(set b '\u00e9')")
    same(rpc.setNamedPolicy("01-parameters", None), True)
    same(sorted(rpc.getNamedPolicies()), ["50_main_"])
    same(rpc.resetPolicies(), True)
    same(rpc.getNamedPolicies(), {})
    same(rpc.getActiveGuests(), ["vm <1>"])
    same((rpc.setVerbosity("info"), rpc.setVerbosity(5)), (True, True))


def large_numbers_and_nil_arrive(server, folder):
    guest = server.rpc().getStatistics()["guests"]["vm <1>"]
    same(guest["vcpu_quota"], 17592186044415)
    same(guest["mem_unused"], None)
    same(guest["io_tune_current"], [{"name": "vda", "ioTune": {"read_iops_sec": 0}}])


def introspection_works(server, folder):
    rpc = server.rpc()
    names = rpc.system.listMethods()
    for name in ("ping", "getStatistics", "setPolicy", "setNamedPolicy", "getPolicy", "getNamedPolicies", "resetPolicies",
                 "getActiveGuests", "setVerbosity", "system.methodHelp", "system.methodSignature"):
        assert name in names, name
        assert rpc.system.methodHelp(name)
        assert rpc.system.methodSignature(name)[0][0] in ("boolean", "struct", "string", "array")


def faults_say_why(server, folder):
    rpc = server.rpc()
    same(fault(rpc.setPolicy, "bad"), "1 50_main_:1:1: <bad> & worse")
    same(fault(rpc.nonsense), "1 method \"nonsense\" does not exist; system.listMethods lists them")
    same(fault(rpc.setPolicy), "1 setPolicy takes 1 argument, not 0")
    same(fault(rpc.setPolicy, 5), "1 setPolicy: argument 1 (policy) must be a string")
    assert fault(rpc.system.multicall, []).startswith("1 method")


def a_large_policy_goes_both_ways(server, folder):
    text = "# \u00e9 <&>\n" * 80000
    rpc = server.rpc()
    same(rpc.setNamedPolicy("large", text), True)
    same(rpc.getNamedPolicies()["large"], text)


# ---- HTTP ----

def every_answer_closes_its_connection(server, folder):
    for answer in (server.post(), server.post("/nosuch"), server.post(method="GET"), server.post(body=b"x")):
        assert b"\r\nConnection: close\r\n" in answer.replace(b"connection:", b"Connection:"), answer


def paths_and_methods(server, folder):
    same(status(server.post("/RPC2")), 200)
    same(status(server.post("/")), 200)
    same(status(server.post("/RPC2/")), 404)
    same(status(server.post("/nosuch")), 404)
    same(status(server.post(method="GET")), 405)
    same(status(server.post(method="OPTIONS")), 405)


def old_http_without_host_works(server, folder):
    answer = server.post(version="1.0", headers="")
    same(status(answer), 200)
    assert b"<boolean>1</boolean>" in answer
    same(status(server.post(version="1.1", headers="")), 400)


def a_body_that_is_no_call_gets_a_fault(server, folder):
    for body in (b"", b"\0", b"<nope/>", b"{}", b"\xff\xfe", PING[:-5], b"<a>" * 100000):
        answer = server.post(body=body)
        same(status(answer), 200)
        assert b"<fault>" in answer, answer


def head_and_body_may_come_apart(server, folder):
    with contextlib.closing(server.connect()) as s:
        for byte in b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(PING) + PING:
            s.sendall(bytes([byte]))
        assert b"<boolean>1</boolean>" in read_all(s)


def browsers_are_refused(server, folder):
    same(status(server.post(headers="Host: x\r\nOrigin: http://evil\r\n")), 403)


def a_body_too_large_is_refused(server, folder):
    big = PING + b" " * (2 * BODY)
    answer = server.post(body=big)
    assert status(answer) in (413, None), answer[:200]      # None: closed before the answer could be read
    just = PING + b" " * (BODY - len(PING))
    assert b"<boolean>1</boolean>" in server.post(body=just)
    assert server.alive()


def chunked_bodies_are_read_and_counted(server, folder):
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    small = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (PING[:10], PING[10:]))
    assert b"<boolean>1</boolean>" in server.raw(head + small + b"0\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = server.raw(head + chunk * (2 * BODY // 65536) + b"0\r\n\r\n")
    assert status(answer) in (413, None), answer[:200]
    assert server.alive()


def memory_does_not_follow_what_is_refused(server, folder):
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    server.raw(head + chunk * 64 + b"0\r\n\r\n")
    with open("/proc/%d/status" % server.process.pid) as f:
        peak = [int(line.split()[1]) for line in f if line.startswith("VmHWM")][0]
    with open(SERVE, "rb") as f:
        sanitized = b"__asan_init" in f.read()      # it keeps what was freed
    if not sanitized:
        assert peak < 50 * 1024, peak


def garbage_ends_nothing(server, folder):
    for data in (b"\0" * 1000, b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\r\n" * 1000,
                 b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                 b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 b"POST /%ff%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                 b"POST * HTTP/1.0\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"POST http://[ HTTP/1.1\r\nHost: [\r\n\r\n",
                 b"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\nzz\r\n"):
        with contextlib.closing(server.connect()) as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            read_all(s)
    assert server.alive()


def clients_that_leave_end_nothing(server, folder):
    request = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(PING) + PING
    for length in list(range(0, len(request), 7)) + [len(request)]:
        s = server.connect()
        s.sendall(request[:length])
        s.close()
    assert server.alive()


# ---- JSON-RPC ----

def json_answer(server, body, headers="Host: x\r\nContent-Type: application/json\r\n"):
    """Status, headers in lower case, and the body read as JSON (None if there is none)."""
    head, _, text = server.post("/jsonrpc", json.dumps(body).encode(), headers=headers).partition(b"\r\n\r\n")
    return status(head), head.lower(), json.loads(text) if text else None


def json_call(server, method, params=None, number=1):
    code, head, answer = json_answer(server, {"jsonrpc": "2.0", "method": method, "params": params or [], "id": number})
    same((code, answer["jsonrpc"], answer["id"]), (200, "2.0", number))
    assert b"content-type: application/json" in head and b"connection: close" in head, head
    return answer.get("result", answer.get("error"))


def json_rpc_serves_the_same_methods(server, folder):
    rpc = server.rpc()
    same(json_call(server, "ping"), True)
    same(json_call(server, "system.listMethods"), rpc.system.listMethods())
    same(json_call(server, "getStatistics"), rpc.getStatistics())
    same(json_call(server, "setNamedPolicy", {"policy": "(set \u00e9 1)\r\n", "name": "j"}), True)
    same(json_call(server, "getNamedPolicies")["j"], "(set \u00e9 1)\r\n")
    same(rpc.getNamedPolicies()["j"], "(set \u00e9 1)\r\n")
    same(json_call(server, "setNamedPolicy", ["j", None]), True)
    same(json.loads(json_call(server, "getState")), json.loads(rpc.getState()))


def json_rpc_refusals_are_answers(server, folder):
    same(json_call(server, "setPolicy", ["bad"]), {"code": -32000, "message": "50_main_:1:1: <bad> & worse"})
    same(json_call(server, "setNamedPolicy", ["p", "parse"])["data"], {"policy": "p", "line": 2, "column": 1})
    same(json_call(server, "nosuch")["code"], -32601)
    for body, code in ((b"", -32700), (b"{'", -32700), (b"\xff", -32700), (PING, -32700), (b"[]", -32600), (b"1", -32600)):
        answer = server.post("/jsonrpc", body)
        same(status(answer), 200)
        same(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"], code)


def json_rpc_batches_and_notifications(server, folder):
    batch = [{"jsonrpc": "2.0", "method": m, "id": n} for n, m in enumerate(["ping", "getState", "nosuch"] * 3)]
    code, _, answers = json_answer(server, batch)
    same((code, [a["id"] for a in answers]), (200, list(range(9))))
    same([("result" in a) for a in answers], [True, True, False] * 3)
    code, head, answer = json_answer(server, {"jsonrpc": "2.0", "method": "ping"})
    same((code, answer), (204, None))
    assert b"connection: close" in head, head
    same(json_answer(server, [{"jsonrpc": "2.0", "method": "ping"}] * 3)[::2], (204, None))


def json_rpc_is_held_to_the_same_http(server, folder):
    same(status(server.post("/jsonrpc", method="GET")), 405)
    same(status(server.post("/jsonrpc/")), 404)
    same(status(server.post("/jsonrpc", headers="Host: x\r\nOrigin: http://evil\r\n")), 403)
    assert status(server.post("/jsonrpc", b" " * (2 * BODY))) in (413, None)
    assert server.alive()


def metrics_are_read_by_get(server, folder):
    answer = server.post("/metrics", b"", method="GET")
    head, _, page = answer.partition(b"\r\n\r\n")
    same(status(answer), 200)
    assert b"text/plain; version=0.0.4" in head, head
    lines = page.decode().splitlines()
    assert 'momd_policies_state{state="ok"} 1' in lines and 'momd_fault{of="policy"} 0' in lines, lines
    refused = server.post("/metrics")
    same(status(refused), 405)
    assert b"\r\nallow: get\r\n" in refused.lower(), refused


def slow_answers_end_with_those_who_wait_for_them(server, folder):
    """Answers that take many turns, of clients that leave, stay, and are there when the server stops."""
    other = Server(folder, os.path.join(folder, "slow.sock"))
    body = json.dumps([{"jsonrpc": "2.0", "method": "getState", "id": n} for n in range(64)]).encode()
    request = b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    before = other.settled_fds()
    for _ in range(50):
        s = other.connect()
        s.sendall(request)
        s.close()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(other.raw(request))) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same([len(json.loads(a.partition(b"\r\n\r\n")[2])) for a in answers], [64] * 20)
    assert wait_for(lambda: other.fds() <= before), (before, other.fds())
    sockets = [other.connect() for _ in range(5)]
    for s in sockets:
        s.sendall(request)
    same(other.stop(), (0, ""))
    for s in sockets:
        s.close()


# ---- limits ----

def descriptors_do_not_grow(server, folder):
    rpc = server.rpc()
    rpc.ping()
    before = server.settled_fds()
    for _ in range(500):
        rpc.ping()
    for _ in range(50):     # a client that wants the connection kept
        server.post(headers="Host: x\r\nConnection: keep-alive\r\n")
        server.connect().close()
    assert wait_for(lambda: server.fds() <= before + 1), (before, server.fds())


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def forty_clients_at_once_are_all_answered(server, folder):
    answers = []
    barrier = threading.Barrier(40)

    def one():
        barrier.wait()
        answers.append(server.rpc(15).ping())
    threads = [threading.Thread(target=one) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(answers, [True] * 40)


def sleepers_cannot_lock_others_out(server, folder):
    before = server.settled_fds()
    sleepers = [server.connect() for _ in range(CAP + 8)]
    assert wait_for(lambda: server.fds() >= before + CAP)
    assert server.fds() <= before + CAP + 1, (before, server.fds())
    same(server.rpc(15).ping(), True)
    for s in sleepers:
        s.close()
    assert wait_for(lambda: server.fds() <= before), (before, server.fds())


def a_slow_client_is_cut_off(server, folder):
    """One byte a second never ends a request; the connection ends all the same."""
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100
    with contextlib.closing(server.connect()) as s:
        s.settimeout(1)
        for byte in head:
            try:
                s.sendall(bytes([byte]))
                if s.recv(1) == b"":
                    return
            except socket.timeout:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return
    raise AssertionError("still served")


# ---- sockets and peers ----

def the_socket_is_for_owner_and_group(server, folder):
    mode = os.stat(server.path).st_mode
    assert stat.S_ISSOCK(mode)
    same(stat.S_IMODE(mode), 0o660)


def a_live_socket_is_respected(server, folder):
    second = Server(folder, server.path)
    assert not second.ready
    code, err = second.stop()
    same((code, err), (1, "another momd serves %s\n" % server.path))
    assert server.alive()


def a_stale_socket_is_replaced(server, folder):
    path = os.path.join(folder, "stale.sock")
    first = Server(folder, path)
    assert first.alive()
    first.process.kill()
    first.stop()
    assert os.path.exists(path)
    second = Server(folder, path)
    assert second.alive()
    same(second.stop(), (0, ""))
    assert not os.path.exists(path)


def of_many_that_start_at_once_one_serves(server, folder):
    path = os.path.join(folder, "race.sock")
    for _ in range(5):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as stale:
            stale.bind(path)
        many = [Server(folder, path, wait=False) for _ in range(12)]
        winners = [s for s in many if s.wait_ready()]
        same(len(winners), 1)
        for loser in many:
            if loser is not winners[0]:
                same(loser.stop(), (1, "another momd serves %s\n" % path))
        assert winners[0].alive()
        same(winners[0].stop(), (0, ""))
        same([name for name in os.listdir(folder) if name.startswith("race")], [])


def a_start_does_not_wait_for_ever_for_another(server, folder):
    path = os.path.join(folder, "locked.sock")
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, err = Server(folder, path).stop()
        assert code == 1 and "cannot lock %s.lock: another momd is starting there" % path in err, err
    left = Server(folder, path)      # the file alone, of one that was killed, hinders nobody
    assert left.alive()
    assert not os.path.exists(path + ".lock")
    left.stop()


def what_cannot_be_looked_at_is_not_replaced(server, folder):
    """A socket that we may remove, as the directory is ours, but not connect to."""
    if os.geteuid() != 0:
        assert server.alive()
        return
    os.chmod(folder, 0o755)
    home = os.path.join(folder, "home")
    os.mkdir(home)
    os.chown(home, STRANGER, STRANGER)
    root = Server(folder, os.path.join(home, "s"), "0600")
    second = Server(folder, root.path, preexec=become_stranger)
    code, err = second.stop()
    assert code == 1 and "cannot tell whether another momd serves" in err, err
    assert root.alive()
    root.stop()


def mode_and_group_are_as_configured(server, folder):
    path = os.path.join(folder, "own.sock")
    for mode, wanted in (("0600", 0o600), ("660", 0o660), ("0770", 0o770)):
        other = Server(folder, path, mode)
        same(stat.S_IMODE(os.stat(path).st_mode), wanted)
        same(os.stat(path).st_gid, os.stat(folder).st_gid if os.geteuid() == 0 else os.getegid())
        same(other.stop(), (0, ""))
    if os.geteuid() == 0:
        named = grp.getgrall()[-1]
        for group, gid in (("12345", 12345), (named.gr_name, named.gr_gid)):
            other = Server(folder, path, "0660", group)
            same(os.stat(path).st_gid, gid)
            other.stop()


def as_root_the_socket_has_the_group_of_its_directory(server, folder):
    """So vdsm, in whose directory it lies, reaches a momd that runs as root."""
    if os.geteuid() != 0:
        assert server.alive()
        return
    home = os.path.join(folder, "run")
    os.mkdir(home)
    os.chown(home, STRANGER, 12345)
    other = Server(folder, os.path.join(home, "s"))
    same((os.stat(other.path).st_uid, os.stat(other.path).st_gid), (0, 12345))
    other.stop()


def a_group_that_is_not_there_is_told_and_the_socket_served(server, folder):
    other = Server(folder, os.path.join(folder, "g.sock"), "0660", "no-such-group")
    assert other.alive()
    code, err = other.stop()
    same(code, 0)
    assert 'there is no group "no-such-group"' in err, err


def what_is_no_socket_is_left_alone(server, folder):
    path = os.path.join(folder, "precious")
    with open(path, "w") as f:
        f.write("data")
    for bad, why in ((path, "exists and is no socket"), (folder + "/no/dir/x", "cannot serve RPC at"),
                     (folder + "/" + "x" * 120, "too long for a unix socket"), ("-1", "serves nothing"), ("", "serves nothing")):
        other = Server(folder, bad)
        code, err = other.stop()
        assert code == 1 and why in err, err
    same(open(path).read(), "data")


def another_socket_in_its_place_is_not_removed(server, folder):
    path = os.path.join(folder, "moved.sock")
    first = Server(folder, path)
    os.unlink(path)
    second = Server(folder, path)
    same(first.stop(), (0, ""))
    assert second.alive()
    second.stop()


def a_port_serves_localhost(server, folder):
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    other = Server(folder, str(port))
    try:
        same(xmlrpc.client.ServerProxy("http://127.0.0.1:%d" % port, allow_none=True).ping(), True)
        with open("/proc/net/tcp") as f:
            assert "0100007F:%04X 00000000:0000 0A" % port in f.read()
        taken = Server(folder, str(port))
        code, err = taken.stop()
        assert code == 1 and "cannot serve RPC at %d" % port in err, err
    finally:
        other.stop()


STRANGER = 65533


def become_stranger():
    os.setgroups([])
    os.setgid(STRANGER)
    os.setuid(STRANGER)


def stranger_is_served(server):
    """Whether a user that is neither root nor the server's own gets an answer."""
    os.chmod(server.path, 0o666)
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            become_stranger()
            code = 1 if server.rpc().ping() else 2
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.chmod(server.path, 0o660)
    assert code in (0, 1), code
    return code == 1


def strangers_are_refused(server, folder):
    """As root another user can be tried; as a plain user, whoever may connect is that user or root."""
    if os.geteuid() != 0:
        assert server.alive()
        return
    os.chmod(folder, 0o755)
    same(stranger_is_served(server), False)
    assert server.alive()


def who_is_allowed_is_served(server, folder):
    if os.geteuid() != 0:
        assert server.alive()
        return
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "users.sock")
    for users, served in (((str(STRANGER),), True), (("nobody", str(STRANGER)), True), (("nobody",), False),
                          (("no-such-user",), False), (("%d" % (STRANGER + (1 << 32)),), False)):
        other = Server(folder, path, "0660", "", *users)
        same(stranger_is_served(other), served)
        assert other.alive()      # root, whoever else
        code, err = other.stop()
        same((code, 'there is no user "%s"' % users[0] in err), (0, users[0] not in ("nobody", str(STRANGER))))


def on_a_port_only_names_of_this_host_are_served(server, folder):
    """A page in a browser may let a name of its own mean 127.0.0.1."""
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    other = Server(folder, str(port))

    def ask(host, version="1.1"):
        with socket.create_connection(("127.0.0.1", port), 20) as s:
            s.sendall(("POST /RPC2 HTTP/%s\r\n%sContent-Length: %d\r\n\r\n" % (version, host, len(PING))).encode() + PING)
            return status(read_all(s))
    for host in ("localhost", "LOCALHOST:%d" % port, "127.0.0.1", "127.0.0.1:%d" % port):
        same(ask("Host: %s\r\n" % host), 200)
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[::1]"):
        same(ask("Host: %s\r\n" % host), 403)
    same(ask("", "1.0"), 200)
    other.stop()


def stopping_with_open_connections_is_clean(server, folder):
    path = os.path.join(folder, "stop.sock")
    other = Server(folder, path)
    sockets = [other.connect() for _ in range(5)]
    sockets[0].sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert other.alive()
    same(other.stop(), (0, ""))
    for s in sockets:
        same(read_all(s), b"")
        s.close()


def running_out_of_descriptors_is_survived(server, folder):
    path = os.path.join(folder, "few.sock")
    other = Server(folder, path)
    have = other.fds()
    resource.prlimit(other.process.pid, resource.RLIMIT_NOFILE, (have + 3, have + 3))
    sleepers = [other.connect() for _ in range(10)]
    time.sleep(0.5)
    for s in sleepers:
        s.close()
    same(other.rpc(15).ping(), True)
    same(other.stop()[0], 0)


@contextlib.contextmanager
def slow_disk(folder):
    """A server whose changes are kept only when it gets a SIGUSR1."""
    other = Server(folder, os.path.join(folder, "slow.sock"), slow=True)
    try:
        yield other
        if other.process.returncode is None:
            same(other.stop()[0], 0)
    finally:
        other.process.kill()


def pushing(other, count=1):
    """So many clients that wait for the answer to a change; their connections."""
    body = xmlrpc.client.dumps(("n", "text"), "setNamedPolicy").encode()
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    clients = [other.connect() for _ in range(count)]
    for s in clients:
        s.sendall(head + body)
    wait_for(lambda: other.rpc().getNamedPolicies() == {"n": "text"})
    return clients


def silent(s):
    return not select.select([s], [], [], 0)[0]


def a_change_is_answered_when_it_is_kept(server, folder):
    with slow_disk(folder) as other:
        first, second = pushing(other, 2)
        for _ in range(10):             # others are served meanwhile, and refusals wait for nothing
            same(other.rpc().ping(), True)
            same(fault(other.rpc().setNamedPolicy, "n", "bad"), "1 n:1:1: <bad> & worse")
        same((silent(first), silent(second)), (True, True))
        other.process.send_signal(signal.SIGUSR1)
        for s in (first, second):
            with s:
                same(status(read_all(s)), 200)


def clients_that_leave_a_change_waiting_end_nothing(server, folder):
    with slow_disk(folder) as other:
        before = other.settled_fds()
        for s in pushing(other, 5):
            s.close()
        same(other.rpc().ping(), True)
        other.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: other.settled_fds() == before)


def a_disk_that_hangs_locks_nobody_out(server, folder):
    with slow_disk(folder) as other:
        clients = pushing(other, CAP - 1)   # one place is left for the question whether they have come
        clients += [other.connect() for _ in range(3)]
        same(other.rpc(20).ping(), True)
        for s in clients:
            s.close()
        other.process.send_signal(signal.SIGUSR1)
        same(other.rpc(20).ping(), True)


def stopping_with_changes_waiting_is_clean(server, folder):
    with slow_disk(folder) as other:
        clients = pushing(other, 3)
        code, err = other.stop()
        same((code, "CRITICAL" in err), (0, False))
        for s in clients:
            with s:
                same(read_all(s), b"")


TESTS = [calls_go_as_momif_makes_them, large_numbers_and_nil_arrive, introspection_works, faults_say_why,
         a_large_policy_goes_both_ways, every_answer_closes_its_connection, paths_and_methods, old_http_without_host_works,
         a_body_that_is_no_call_gets_a_fault, head_and_body_may_come_apart, browsers_are_refused,
         json_rpc_serves_the_same_methods, json_rpc_refusals_are_answers, json_rpc_batches_and_notifications,
         json_rpc_is_held_to_the_same_http, slow_answers_end_with_those_who_wait_for_them,
         a_body_too_large_is_refused, chunked_bodies_are_read_and_counted, memory_does_not_follow_what_is_refused,
         garbage_ends_nothing, clients_that_leave_end_nothing, descriptors_do_not_grow,
         forty_clients_at_once_are_all_answered, sleepers_cannot_lock_others_out, a_slow_client_is_cut_off,
         the_socket_is_for_owner_and_group, mode_and_group_are_as_configured,
         as_root_the_socket_has_the_group_of_its_directory, a_group_that_is_not_there_is_told_and_the_socket_served,
         metrics_are_read_by_get, of_many_that_start_at_once_one_serves, a_start_does_not_wait_for_ever_for_another,
         what_cannot_be_looked_at_is_not_replaced, a_live_socket_is_respected, a_stale_socket_is_replaced,
         what_is_no_socket_is_left_alone, another_socket_in_its_place_is_not_removed, a_port_serves_localhost,
         a_change_is_answered_when_it_is_kept, clients_that_leave_a_change_waiting_end_nothing,
         a_disk_that_hangs_locks_nobody_out, stopping_with_changes_waiting_is_clean,
         on_a_port_only_names_of_this_host_are_served,
         strangers_are_refused, who_is_allowed_is_served, stopping_with_open_connections_is_clean,
         running_out_of_descriptors_is_survived]


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        print("1..%d" % (len(TESTS) + 1))
        for number, test in enumerate(TESTS, 1):
            try:
                test(server, folder)
                print("ok %d - %s" % (number, test.__name__), flush=True)
            except Exception as e:      # the next test is worth running whatever this one met
                failed += 1
                print("not ok %d - %s\n# %s: %s" % (number, test.__name__, type(e).__name__, str(e)[:2000]), flush=True)
        code, err = server.stop()
        clean = code == 0 and "CRITICAL" not in err and "ERROR" not in err
        print("%s %d - the server ends without a complaint" % ("ok" if clean else "not ok", len(TESTS) + 1))
        print("# " + err.replace("\n", "\n# "))
    return 1 if failed or not clean else 0


sys.exit(main())
