#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints "PASSED FAILED SKIPPED" of one `meson test` run, from its log: single cases where a test speaks TAP, whole
programs otherwise.

What was skipped is neither. A program that crashed or timed out counts as a failure even if all its cases
so far were good.
Usage: count-results.py TESTLOG.junit.xml TESTLOG.json
"""
import collections
import json
import sys
import xml.etree.ElementTree as ElementTree


def cases(junit):
    """What became of every case in the JUnit file: "failed", "skipped" or "passed"."""
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        if any(case.find(kind) is not None for kind in ("failure", "error")):
            yield "failed"
        else:
            yield "passed" if case.find("skipped") is None else "skipped"


def programs(log):
    with open(log, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def main():
    counts = collections.Counter(cases(sys.argv[1]))
    broken = [p["name"] for p in programs(sys.argv[2]) if p["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")]
    print(counts["passed"], max(counts["failed"], len(broken)), counts["skipped"])


if __name__ == "__main__":
    main()
