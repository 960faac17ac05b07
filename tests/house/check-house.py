#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the tree against its own rules: who may include whom, headers that compile alone, licence lines,
sizes of files and functions.

Each rule is one TAP test.  It reads the tree and runs the compiler on headers; it changes nothing.
Usage: check-house.py SOURCE_ROOT CC [CFLAG ...]
"""
import os
import re
import shutil
import subprocess
import sys

ROOT, CC, CFLAGS = sys.argv[1], sys.argv[2], sys.argv[3:]
ROOMS = ("policy", "controllers", "vdsm-client", "libvirt-client", "agent")
MAY_INCLUDE = {
    "policy": {"policy"},
    "controllers": {"controllers", "policy"},
    "vdsm-client": {"vdsm-client"},
    "libvirt-client": {"libvirt-client"},
    "agent": set(ROOMS),
}
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 100
MAX_MEDIAN_LINES = 20
# Other versions of it have other opinions. CLANG_FORMAT may name another program.
FORMATTER = os.environ.get("CLANG_FORMAT", "clang-format")
FORMATTER_VERSION = 14
TEXT = (".c", ".h", ".py", ".build", ".policy", ".sh", ".conf")


def files(top, endings):
    for folder, folders, names in os.walk(os.path.join(ROOT, top)):
        folders[:] = [f for f in folders if not f.startswith((".", "build")) and f != "__pycache__"]
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read().splitlines()


def include_directions():
    """Arrows run agent -> controllers -> policy and agent -> clients, never sideways, never up."""
    for room in ROOMS:
        for path in files(room, (".c", ".h")):
            for number, line in enumerate(lines(path), 1):
                found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not found:
                    continue
                target = found.group(1)
                if ".." in target or "/" not in target:
                    yield "%s:%d: include by path from the root: %s" % (path, number, target)
                elif target.split("/")[0] not in MAY_INCLUDE[room]:
                    yield "%s:%d: %s/ must not include %s" % (path, number, room, target)


def headers_alone():
    """Every header compiles as the only text of a file."""
    for room in ROOMS + ("tests",):
        for path in files(room, (".h",)):
            done = subprocess.run([CC, "-x", "c", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Werror",
                                   "-Wno-unused-function", "-fsyntax-only", "-I", ROOT, *CFLAGS, "-"],
                                  input='#include "%s"\n' % path, text=True, capture_output=True)
            if done.returncode:
                yield "%s: %s" % (path, done.stderr.splitlines()[0])


def licences():
    """Every source file begins with its licence."""
    for path in files(".", TEXT):
        if "corpus" in path:
            continue
        head = "\n".join(lines(path)[:3])
        if "SPDX-License-Identifier: GPL-2.0-or-later" not in head:
            yield "%s: no SPDX line at the top" % path


def file_sizes():
    """No C file is longer than 600 lines."""
    for room in ROOMS + ("tests",):
        for path in files(room, (".c", ".h")):
            if len(lines(path)) > MAX_FILE_LINES:
                yield "%s: %d lines" % (path, len(lines(path)))


def function_lengths():
    """No function is longer than 100 lines, their median is at most 20."""
    paths = [p for room in ROOMS for p in files(room, (".c", ".h"))]
    out = subprocess.run(["ctags", "-x", "--_xformat=%F\t%n\t%{end}\t%N", "--c-kinds=f", "--fields=+ne", "-L", "-"],
                         input="\n".join(paths), text=True, capture_output=True, cwd=ROOT, check=True).stdout
    lengths = []
    for row in out.splitlines():
        path, start, end, name = row.split("\t")
        if end.isdigit():
            length = int(end) - int(start) + 1
            lengths.append(length)
            if length > MAX_FUNCTION_LINES:
                yield "%s:%s: %s has %d lines" % (path, start, name, length)
    lengths.sort()
    if not lengths:
        yield "no function found: is ctags universal-ctags?"
    elif lengths[len(lengths) // 2] > MAX_MEDIAN_LINES:
        yield "the median function has %d lines" % lengths[len(lengths) // 2]


def forbidden_calls():
    """What libvirt says of the host's memory is never used: virNodeGetInfo may be wrong by far."""
    for room in ROOMS:
        for path in files(room, (".c", ".h")):
            for number, line in enumerate(lines(path), 1):
                found = re.search(r"\b(virNodeGetInfo|virNodeGetMemoryStats|virNodeGetFreeMemory)\s*\(", line)
                if found:
                    yield "%s:%d: %s: take host memory from /proc/meminfo" % (path, number, found.group(1))


def formatter_here():
    """Whether it is the version that the tree is formatted with."""
    if not shutil.which(FORMATTER):
        return False
    said = subprocess.run([FORMATTER, "--version"], text=True, capture_output=True).stdout
    return re.search(r"version (\d+)\.", said + " version 0.").group(1) == str(FORMATTER_VERSION)


def formatting():
    """All C is as clang-format leaves it."""
    paths = [path for top in ROOMS + ("contrib", "tests") for path in files(top, (".c", ".h"))]
    said = subprocess.run([FORMATTER, "--dry-run", *paths], text=True, capture_output=True, cwd=ROOT)
    if said.returncode:
        yield said.stderr.strip()
    for path in sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning", said.stderr, re.M))):
        yield "%s: run clang-format -i on it" % path


def main():
    rules = [include_directions, headers_alone, licences, file_sizes, forbidden_calls]
    if not shutil.which("ctags"):
        sys.exit("check-house.py: universal-ctags is not installed")
    rules.append(function_lengths)
    may_format = formatter_here()
    print("1..%d" % (len(rules) + 1))
    if may_format:
        rules.append(formatting)
    else:
        print("ok %d - formatting # SKIP no clang-format %d" % (len(rules) + 1, FORMATTER_VERSION))
    bad = 0
    for number, rule in enumerate(rules, 1):
        faults = list(rule())
        bad += bool(faults)
        print("%s %d - %s" % ("not ok" if faults else "ok", number, rule.__name__))
        for fault in faults:
            print("# " + fault)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
