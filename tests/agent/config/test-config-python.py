#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares agent/ini with Python's own configparser, on cases by hand and on random ones.

The random files are made of the pieces that matter to the syntax, always the same ones (fixed seed).
Both must refuse a file, or read the same sections, keys, raw and interpolated values.
"""
import configparser
import json
import os
import random
import re
import subprocess
import sys
import tempfile

BY_HAND = {
    "colon and equals": "[main]\na: 1\nb = 2\nc=3\nd:4\ne : = 5\nf = : 6\n",
    "keys are lower case, sections are not": "[Main]\nKey: V\n[main]\nKEY = v\n",
    "comments stand alone": "# c\n[main]\n; c\na: 1 # not one\nb: 2 ; not one\n  # in between\n",
    "values go on": "[main]\na: 1\n  2\n\t3\nb:\n  x\n\n  y\n# c\n  z\n\n\nc: 1\n",
    "an indented first key": "[main]\n  a: 1\n  b: 2\n    more\n c: 3\n",
    "an indented section ends a value only if it is not deeper": "[main]\na: 1\n [x]\nb: 2\n",
    "DEFAULT": "[DEFAULT]\nbase: /x\n[main]\nlog: %(base)s/log\nown: %(log)s%%\n",
    "DEFAULT twice": "[DEFAULT]\na: 1\n[main]\nb: %(a)s%(c)s\n[DEFAULT]\nc: 2\n",
    "DEFAULT's key twice": "[DEFAULT]\na: 1\n[main]\nb: 1\n[DEFAULT]\na: 2\n",
    "a section twice": "[main]\na: 1\n[main]\nb: 1\n",
    "a key twice": "[main]\na: 1\nA = 2\n",
    "no section": "a: 1\n",
    "a word": "[main]\nword\n",
    "no key": "[main]\n: 1\n",
    "bad percents": "[main]\na: 5%\nb: %x\nc: %(a\nd: %(nosuch)s\ne: %()s\nf: %(d)\ng: %%(a)s\n",
    "a loop": "[main]\na: %(b)s\nb: %(a)s\n",
    "ten deep": "[main]\n" + "".join("k%d: %%(k%d)s\n" % (i, i + 1) for i in range(12)) + "k12: end\n",
    "brackets": "[a]b]\nx: 1\n[c] d: 1\ny: 2\n[]]\nz: 3\n",
    "empty brackets": "[]\nz: 3\n",
    "half a bracket": "[main\nz: 3\n",
    "a bracket in a key": "[main]\n[]: 1\n[x = 2\n",
    "old and odd line ends": "[main]\r\na: 1\r\n  2\r\n\r\nb: 3\rc: 4\n\rd: 5\r",
    "odd spaces": "[main]\n\u00a0a\u2003:\u3000v\u00a0\nb\x1f=\x1cw\x85\n\x0b\x0cc: 1\x0b\n",
    "letters beyond ASCII": "[m\u00e4in]\n\u00c4: \u00d6\n\u0393: %(\u00c4)s\n",
    "empty": "",
    "blank lines only": "\n \n\t\n",
    "a byte order mark": "\ufeff[main]\na: 1\n",
    "no newline at the end": "[main]\na: 1\n  2",
    "a reference to a key of the same section before DEFAULT's": "[DEFAULT]\na: d\n[main]\na: m\nb: %(a)s\n[x]\nb: %(a)s\n",
    "a reference into another section": "[main]\na: 1\n[x]\nb: %(a)s\nc: %(main:a)s\n",
    "a reference in any case": "[main]\nKey: 1\nb: %(KEY)s-%(key)s-%(kEy)s\n",
    "a reference over several lines": "[main]\na: x\n  y\nb: <%(a)s>\nc: %(a)s\n  %(b)s\n",
    "a reference to itself": "[main]\na: %(a)s\n",
    "nine and ten deep": "[main]\n" + "".join("k%d: %%(k%d)s\n" % (i, i + 1) for i in range(9)) + "k9: %%end\n",
    "per cents": "[main]\na: %%\nb: %%%%\nc: %%%\nd: %\ne: %%(x)s\nf: %%%(g)s\ng: 1\nh: %(g)d\ni: %(g)\nj: % (g)s\n",
    "DEFAULT refers to what only a section has": "[DEFAULT]\na: %(b)s\n[main]\nb: 1\n[x]\nc: 1\n",
    "default in small letters is a section": "[default]\na: 1\n[main]\nb: %(a)s\n",
    "comments inside a value": "[main]\na: 1\n# c\n  2\n  # c\n  3\n; c\n\n  4\n#\nb: 1\n",
    "empty lines inside a value": "[main]\na: 1\n\n\n  2\n   \n  3\n\nb:\n\n  x\n",
    "a comment ends no value, a key does": "[main]\na:\n# c\n  1\nb: 2\n  c: 3\n d: 4\n",
    "a comment after a section": "[main] # c\na: 1\n[x] ; y]\nb: 1\n",
    "signs of a comment in a value": "[main]\na: #1\nb: ;1\nc: x;y\nd: x #y\n  ;z\n  #z\ne:;\n",
    "a key that looks like a comment": "[main]\n#a: 1\n;b = 2\n #c: 3\n",
    "values with both signs": "[main]\na=b:c\nd:e=f\ng = : = h\ni:=j\nk=:l\nm\t:\tn\n",
    "URLs and paths": "[main]\nuri: qemu+tls://h:16514/system?x=1&y=%%20\npath=/a/b:c;d#e\n",
    "no value": "[main]\na:\nb=\nc: \nd =\t\n",
    "a word in a value's place": "[main]\na: 1\nword\n  more\n",
    "a word before any key": "[main]\n  word\n",
    "a key twice, apart": "[main]\na: 1\nb: 1\n[x]\na: 1\n[y]\n[main2]\n",
    "a key twice, one with a value that goes on": "[main]\na: 1\n  2\nA : 3\n",
    "a section twice, in other case": "[main]\na: 1\n[MAIN]\na: 2\n",
    "a section twice, empty": "[main]\n[main]\n",
    "a byte order mark inside": "[main]\na: \ufeff1\n\ufeffb: 2\n",
    "CRLF with values that go on": "[main]\r\na: 1\r\n\t2\r\n\r\n\t3\r\nb: 4\r\n",
    "tabs and spaces are one column each": "[main]\n\ta: 1\n  b: 2\n\t\tc: 3\n d: 4\n",
    "an indented comment keeps the indent": "[main]\n  a: 1\n # c\n  b: 2\n",
    "line separators of Unicode": "[main]\na: 1\u2028b: 2\nc: 3\u2029  4\nd: 5\x0ce: 6\n",
    "zero-width spaces are letters": "[main]\na\u200b: 1\nb: \u200b2\u2060\n",
    "letters that change length in lower case": "[main]\n\u1e9e: 2\nb: %(\u00df)s\n",
    "a long value": "[main]\na: " + "x" * 20000 + "\n" + "".join("  %d\n" % i for i in range(2000)),
    "spaces in names": "[ main ]\na b : 1\n[Collector: X]\nsocket_name_template: %(name)s.agent\n",
}
# Python takes it; no path, number or name holds one.
REFUSED_BY_US = {"a NUL byte": "[main]\na: 1\n\nb: 1\x002\n"}
PIECES = ["[main]\n", "[host]\n", "[DEFAULT]\n", "[ x ]\n", "a: 1\n", "b = 2\n", "B: %(a)s\n", "c:\n", "D = x = y : z\n",
          "  more\n", "\tmore %(c)s\n", "    [deep]\n", "\n", "  \n", "# note\n", "  ; note\n", "e: 100%%\n", "f: 5%\n",
          " g: %(b)s-%(e)s\n", "h: %(H)s\n", "word\n", "i: \u00e9 \u00a0\n", "k: 1\r\n", "\r", "= 3\n", "[main]x\n", "l : ; no\n"]
WEIGHTS = [1 if p in ("word\n", "= 3\n") else 6 for p in PIECES]


def random_text(rng):
    pieces = rng.choices(PIECES, WEIGHTS, k=rng.randint(1, 14))
    head = [] if rng.random() < 0.05 else ["[s]\n"]
    if rng.random() < 0.8:      # most files repeat nothing
        seen, kept = set(), []
        for p in pieces:
            name = re.split("[:=]", p.strip().lower())[0].strip()
            if p[0].isspace() or p[0] in "#;" or name not in seen:
                kept.append(p)
            seen.add(name)
        pieces = kept
    return "".join(head + pieces)


SIGNS = "[]:=#;%()s \t\n\n\r\u00a0ab"


def random_signs(rng):
    """Signs of the syntax in any order, mostly below a section so that not all is refused at once."""
    text = "".join(rng.choice(SIGNS) for _ in range(rng.randint(1, 24)))
    return rng.choice(["", "[s]\n", "[s]\na: 1\n", "[s]\nk:", "[s]\nk: x\n "]) + text


def python_reads(path):
    parser = configparser.ConfigParser()
    try:
        with open(path, encoding="utf-8") as f:
            parser.read_file(f)
    except (configparser.Error, UnicodeDecodeError):
        return None
    out = {}
    sections = dict(parser._sections)       # without the keys that [DEFAULT] lends them
    if parser.defaults():
        sections["DEFAULT"] = parser.defaults()
    for name, keys in sections.items():
        out[name] = {}
        for key in keys:
            try:
                value = parser.get(name, key)
            except configparser.InterpolationError:
                value = None
            out[name][key] = [parser.get(name, key, raw=True), value]
    return out


def main():
    rng = random.Random(7)
    cases = list(BY_HAND.items()) + [("random %d" % i, random_text(rng)) for i in range(800)]
    cases += list(REFUSED_BY_US.items())
    cases += [("signs %d" % i, random_signs(rng)) for i in range(1500)]
    counts = {"same": 0, "refused": 0}
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (name, text) in enumerate(cases):
            paths.append(os.path.join(folder, "%d.conf" % i))
            with open(paths[-1], "w", encoding="utf-8", newline="") as f:
                f.write(text)
        out = subprocess.run([sys.argv[1]] + paths, stdout=subprocess.PIPE, check=True, timeout=120).stdout
        for (name, text), path, line in zip(cases, paths, out.decode("utf-8").split("\n")):
            ours = json.loads(line)
            theirs = None if name in REFUSED_BY_US else python_reads(path)
            if isinstance(ours, str):
                good = theirs is None and re.match(re.escape(path) + r":\d+: ", ours)
            else:
                if not ours.get("DEFAULT", True):
                    del ours["DEFAULT"]
                good = ours == theirs
            counts["refused" if theirs is None else "same"] += 1
            if not good:
                failed.append("%s\n  text   %r\n  ours   %r\n  Python %r" % (name, text, ours, theirs))
    checks = [("every file is read as Python reads it", not failed),
              ("the random files are a fair mix", min(counts.values()) > 100)]
    print("1..%d" % len(checks))
    for i, (what, good) in enumerate(checks, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", i, what))
    print("# %d files read, %d refused" % (counts["same"], counts["refused"]))
    for f in failed[:5]:
        print("# " + f.replace("\n", "\n# "))
    return 1 if failed else 0


sys.exit(main())
