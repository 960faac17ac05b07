#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints "PASSED FAILED" of one `meson test` run, from its log: single cases where a test speaks TAP, whole
programs otherwise.

What was skipped is neither. A program that crashed or timed out counts as a failure even if all its cases
so far were good.
Usage: count-results.py TESTLOG.junit.xml TESTLOG.json
"""
import json
import sys
import xml.etree.ElementTree as ElementTree


def cases(junit):
    """(name, failed) of every case in the JUnit file that was run."""
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            continue
        bad = any(case.find(kind) is not None for kind in ("failure", "error"))
        yield case.get("name"), bad


def programs(log):
    with open(log, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def main():
    passed = failed = 0
    for _, bad in cases(sys.argv[1]):
        failed += bad
        passed += not bad
    broken = [p["name"] for p in programs(sys.argv[2]) if p["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")]
    print(passed, max(failed, len(broken)))


if __name__ == "__main__":
    main()
