#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every manual page as one reads it: it renders without a warning, fits a terminal, and refers to pages that exist.

What mom-policy(7) says is held against the program elsewhere.
Usage: test-manuals.py SOURCE_ROOT PAGE...
"""
import os
import re
import shutil
import subprocess
import sys

ROOT, PAGES = os.path.realpath(sys.argv[1]), [os.path.realpath(page) for page in sys.argv[2:]]
WIDTH = 80
# Pages of others that ours may name.
FOREIGN = {"sd_notify(3)", "tmpfiles.d(5)"}


def name_of(page):
    return re.sub(r"\.(\d)$", r"(\1)", os.path.basename(page))


def rendering(page):
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                          env=dict(os.environ, MANWIDTH=str(WIDTH), MANROFFOPT="", LC_ALL="C.UTF-8", MANPAGER="cat"))
    if done.returncode or done.stderr.strip():
        yield done.stderr.strip() or "man ends with %d" % done.returncode
    for line in done.stdout.splitlines():
        if len(re.sub(".\b|\x1b\\[[0-9;]*m", "", line)) > WIDTH:
            yield "wider than the page: %s" % line


def warnings(page):
    done = subprocess.run(["groff", "-ww", "-z", "-t", "-man", "-Tutf8", page], capture_output=True, text=True)
    yield from done.stderr.splitlines()


def references(page):
    with open(page, encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
    known = {name_of(other) for other in PAGES} | FOREIGN
    for name in re.findall(r'^\.BR ([\w.-]+ \(\d\))', text, flags=re.M):
        if name.replace(" ", "") not in known:
            yield "no such page: %s" % name


def main():
    for tool in ("man", "groff"):
        if not shutil.which(tool):
            sys.exit("test-manuals.py: %s is not installed" % tool)
    found = {os.path.join(folder, name) for folder, folders, names in os.walk(ROOT)
             for name in names if re.search(r"\.[1-8]$", name) and "/build" not in folder[len(ROOT):]}
    print("1..%d" % (3 * len(PAGES) + 1))
    bad = number = 0
    checks = [("%s: %s" % (name_of(page), check.__name__), check(page))
              for page in PAGES for check in (rendering, warnings, references)]
    checks.append(("no page is forgotten here", sorted(found - set(PAGES))))
    for number, (name, faults) in enumerate(checks, 1):
        faults = list(faults)
        bad += bool(faults)
        print("%s %d - %s" % ("not ok" if faults else "ok", number, name))
        for fault in faults:
            print("# " + fault)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
