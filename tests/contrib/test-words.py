#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the manuals name is what the programs have: keys with their defaults and whether they need a restart,
options, methods, collectors, verdicts.

The programs are asked; only what SIGHUP takes is read in the source, as no program tells it. Must never hold a list
of its own: a new key, option or method is to be missed here until its page has it.
Usage: test-words.py SOURCE_ROOT MOMD MOMCTL
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap  # noqa: E402

ROOT, MOMD, MOMCTL = (os.path.abspath(path) for path in sys.argv[1:4])
del sys.argv[1:]
CONF, DAEMON, COMMAND = "agent/momd.conf.5", "agent/momd.8", "agent/momctl/momctl.1"
# An entry of momd.conf(5): a key, * if it needs a restart, and the default.
ENTRY = re.compile(r"([a-z_-]+)(\*?) \(((?:[^()]|\([^()]*\))*)\)")


def read(path: str) -> str:
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def words_of(line: str) -> str:
    """What a request such as .BR prints: its arguments without quotes, and without blanks between them."""
    return "".join(quoted if quoted else bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line))


def page(path: str) -> str:
    return re.sub(r"\\f[A-Z]|\\&", "", read(path)).replace("\\-", "-")


def prose(text: str) -> str:
    """TEXT of a page with what its requests print, so that a word is found however it is set."""
    return "\n".join(words_of(line.split(" ", 1)[1]) if re.match(r"\.[A-Z]+ ", line) else line
                     for line in text.splitlines())


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def keys_that_are() -> dict[tuple[str, str], str]:
    """Section and key of all that may be set, with the defaults."""
    keys, section = {}, ""
    for line in run(MOMD, "--check-config", "-c", "/dev/null").splitlines():
        if line.startswith("["):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            key, _, value = line.partition(":")
            keys[section, key] = value.strip()
    return keys


def keys_that_are_told() -> dict[tuple[str, str], tuple[bool, str]]:
    """Section and key of each entry, whether it has a *, and its default."""
    keys, section, lines = {}, "", page(CONF).splitlines()
    for before, line in zip(lines, lines[1:]):
        if line.startswith(".SH "):
            section = re.sub(r'^"|"$|[][]', "", line[4:])
        if before != ".TP" or not line.startswith(".BR ") or section.startswith("guest "):
            continue
        words = words_of(line[4:])
        named = re.match(r"\[(Collector: \w+)\]", words)
        for key, star, default in ENTRY.findall(words):
            keys[named[1] if named else section, key] = (bool(star), default)
    return keys


def long_options(*command: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", run(*command, "--help"), flags=re.M)) - {"--help", "--version"}


class Words(unittest.TestCase):
    maxDiff = None

    def test_keys(self) -> None:
        """every key has its entry in momd.conf(5), with its default"""
        told = {key: default for key, (_, default) in keys_that_are_told().items()}
        self.assertEqual(told, keys_that_are())

    def test_restarts(self) -> None:
        """a * stands at the keys that SIGHUP does not take"""
        table = read("agent/config/reload.c").split("live_keys[] = {")[1].split("};")[0]
        live = set(re.findall(r'\{"([^"]+)", "([^"]+)"\}', table))
        self.assertTrue(live)
        told = keys_that_are_told()
        self.assertEqual({key for key, (star, _) in told.items() if not star}, live)

    def test_options(self) -> None:
        """every option is in momd(8), every option of a command in momctl(1)"""
        self.assertEqual([o for o in sorted(long_options(MOMD)) if not re.search(o + r"\b", page(DAEMON))], [])
        block = run(MOMCTL, "--help").split("Commands:\n")[1].split("\n\n")[0]
        for line in block.splitlines():
            command = re.split(r" {2,}", line.strip())[0]
            described = page(COMMAND).split(".SS momctl %s\n" % command)
            self.assertEqual(len(described), 2, command)
            common = page(COMMAND).split(".SH COMMANDS\n")[1].split(".SS ")[0]
            section = described[1].split("\n.S", 1)[0] + common
            self.assertEqual([o for o in sorted(long_options(MOMCTL, *command.split())) if o not in section], [], command)

    def test_collectors(self) -> None:
        """every collector is in momd.conf(5) and mom-policy(7)"""
        table = read("agent/config/config-keys.c").split("collectors[] = {")[1].split("};")[0]
        for name in re.findall(r'"(\w+)"', table):
            self.assertIn(name, page(CONF))
            self.assertRegex(page("policy/mom-policy.7"), r'(?m)^\.SS "?(\w+, )?%s\b' % name)

    def test_methods(self) -> None:
        """every method that can be called is in momd(8)"""
        described = prose(page(DAEMON).split(".SH REMOTE PROCEDURE CALLS\n")[1].split("\n.SH LOG")[0])
        names = re.findall(r'^    \{"([\w.]+)",', read("agent/rpc/methods.c"), flags=re.M)
        self.assertGreater(len(names), 10)
        self.assertEqual([name for name in names if not re.search(r"(?m)(^|, )%s ?\(" % re.escape(name), described)], [])

    def test_verdicts(self) -> None:
        """every verdict of a decision is in momd(8) and momctl(1)"""
        row = re.search(r'"verdict",\s*read_verdict,\s*"one of ([^"]+)"', read("agent/decisions/decision-query.c"))
        decisions = page(DAEMON).split(".SH DECISIONS\n")[1].split("\n.SH ")[0]
        option = page(COMMAND).split("--verdict =")[1].split("\n.TP")[0]
        for verdict in row[1].split(", "):
            for where in (decisions, option):
                self.assertRegex(prose(where), r"(?<![\w-])%s(?![\w-])" % verdict)


if __name__ == "__main__":
    sys.exit(tap.main())
