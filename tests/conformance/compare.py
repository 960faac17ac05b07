#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares a candidate's answers with the vectors.

    compare.py --ours --cmd "path/to/candidate args" FILE.json...

The command reads one vector per line (JSON, without its expect members) on
standard input and answers each with one line of JSON: the same members as
`expect`.  What has to agree is in SEMANTICS.md, section 15.  With --ours the
answers are held against `expect_ours` where a vector has it (this project's
implementation), without it against `expect` (the reference's own answers).
"""
import argparse
import collections
import json
import math
import shlex
import subprocess


def number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def plain(x):
    """The number a JSON value stands for, else the value itself."""
    if isinstance(x, dict) and x.get("t") in ("int", "float"):
        return (int if x["t"] == "int" else float)(x["v"])
    return x


def exact(a, b):
    a, b = plain(a), plain(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(exact, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(exact(a[k], b[k]) for k in a)
    return a == b


def near(a, b):
    """Numbers of either type, within 1e-9 if one is a float."""
    a, b = plain(a), plain(b)
    if isinstance(a, bool) or isinstance(b, bool):
        a, b = (int(x) if isinstance(x, bool) else x for x in (a, b))
    if number(a) and number(b):
        return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(a) and math.isnan(b))
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(near, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(near(a[k], b[k]) for k in a)
    return a == b


def near_calls(a, b):
    """What a controller truncated may be off by one."""
    if not isinstance(b, list) or len(a) != len(b):
        return False
    for x, y in zip(a, b):
        if x[:1] != y[:1] or len(x) != len(y):
            return False
        if x[0] in ("setVmBalloonTarget", "setVmCpuTune"):
            if x[1] != y[1] or any(abs(m - n) > 1 for m, n in zip(x[2:], y[2:])):
                return False
        elif x[0] == "ksmTune":
            m, n = dict(x[1]), dict(y[1])
            if abs(m.pop("sleep_millisecs", 0) - n.pop("sleep_millisecs", 0)) > 1 or m != n:
                return False
        elif x != y:
            return False
    return True


def wrong_error(want, got, o):
    if want is None or got is None:
        return None if want is got else "error %s, wanted %s" % (got, want)
    if o.ours:
        for k in ("phase", "policy", "line"):
            if want[k] is not None and (want[k] != got.get(k) or type(want[k]) is not type(got.get(k))):
                return "error %s %r, wanted %r" % (k, got.get(k), want[k])
        return None
    messages = o.messages
    for k in ("phase", "kind"):
        if want[k] != got.get(k):
            return "error %s %r, wanted %r" % (k, got.get(k), want[k])
    if "message" in want and want["message"] is not None and (want["kind"] == "policy" or messages):
        for k in ("message", "line"):
            if want[k] != got.get(k):
                return "error %s %r, wanted %r" % (k, got.get(k), want[k])
    return None


def wrong(v, got, o, want=None):
    want = want or v["expect"]
    kind = v["kind"]
    same = near if kind == "momd" and not o.strict else exact
    if kind == "ops":
        if len(got.get("steps", ())) != len(want["steps"]):
            return "steps"
        for i, (w, g) in enumerate(zip(want["steps"], got["steps"])):
            e = wrong_error(w.get("error"), g.get("error"), o)
            if e:
                return "step %d: %s" % (i, e)
            for k in w:
                if k != "error" and not exact(w[k], g.get(k)):
                    return "step %d: %s is %r, wanted %r" % (i, k, g.get(k), w[k])
        return None
    if kind in ("eval", "momd"):
        e = wrong_error(want["error"], got.get("error"), o)
        if e:
            return e
    for k in want:
        if k == "error":
            continue
        if k == "controller_error":
            if not got.get(k):
                return "no controller error, wanted %r" % (want[k],)
            continue
        if not (near_calls if k == "calls" and same is near else same)(want[k], got.get(k)):
            return "%s is %s, wanted %s" % (k, json.dumps(got.get(k))[:300], json.dumps(want[k])[:300])
    for k in ("controller_error", "host_variables", "guest_variables"):
        if got.get(k) and k not in want:
            return "%s not wanted: %r" % (k, got[k])
    return None


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--cmd", required=True)
    a.add_argument("--messages", action="store_true", help="texts of unexpected errors must agree too")
    a.add_argument("--strict", action="store_true", help="momd numbers must agree to the bit and in type")
    a.add_argument("--ours", action="store_true", help="hold against expect_ours where a vector has it; errors by phase, policy, line")
    a.add_argument("--guarded", action="store_true", help="prefer expect_guarded where a vector has it")
    a.add_argument("--skip", default="", help="comma-separated tags to leave out")
    a.add_argument("--show", type=int, default=20)
    a.add_argument("files", nargs="+")
    o = a.parse_args()
    skip = set(filter(None, o.skip.split(",")))
    rows = []
    for f in o.files:
        with open(f, encoding="utf-8") as fh:
            rows += [v for v in json.load(fh) if not skip & set(v.get("tags", ()))]
    asked = "".join(json.dumps({k: x for k, x in v.items() if not k.startswith("expect")}) + "\n" for v in rows)
    out = subprocess.run(shlex.split(o.cmd), input=asked.encode(), stdout=subprocess.PIPE)
    answers = out.stdout.decode("utf-8", "replace").splitlines()
    good, bad = collections.Counter(), collections.Counter()
    for i, v in enumerate(rows):
        try:
            got = json.loads(answers[i])
            w = wrong(v, got, o, v.get("expect_ours" if o.ours else "expect_guarded") if o.ours or o.guarded else None)
        except (IndexError, ValueError, AttributeError, TypeError, KeyError) as e:
            w = "no usable answer (%s)" % e
        if w is None:
            good[v["category"]] += 1
            continue
        bad[v["category"]] += 1
        if sum(bad.values()) <= o.show:
            print("FAIL %s: %s" % (v["name"], w))
    for c in sorted(set(good) | set(bad)):
        print("%-26s %5d of %d" % (c, good[c], good[c] + bad[c]))
    print("passed %d of %d" % (sum(good.values()), len(rows)))
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
