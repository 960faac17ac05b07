#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bash's completion of momd and momctl: the same words as --help, and a real bash that completes.

What --help lists is read here too, in another way than the completion reads it, so that neither can lose a
command or an option.
Usage: test-completion.py COMPLETION MOMD MOMCTL
"""
from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))

import tap  # noqa: E402

COMPLETION, MOMD, MOMCTL = (os.path.abspath(path) for path in sys.argv[1:4])
del sys.argv[1:]
PATIENCE_S = 40
# compopt works in a completion only, and this is none.
CALL = """compopt() { :; }; . %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_momd "${COMP_WORDS[0]}"; printf '%%s\\n' "${COMPREPLY[@]}" """


def complete(*words: str, cwd: str | None = None) -> list[str]:
    """What bash would offer for the last of WORDS, which bash has parted at "="."""
    done = subprocess.run(["bash", "-c", CALL % (shlex.quote(COMPLETION), " ".join(map(shlex.quote, words)))],
                          capture_output=True, text=True, cwd=cwd, check=True)
    if done.stderr:
        raise AssertionError(done.stderr)
    return sorted(filter(None, done.stdout.split("\n")))


def help_of(*command: str) -> str:
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def options_in(text: str) -> list[str]:
    """The long options in --help; in prose there are none but in sentences."""
    return sorted(set(word.split("=")[0] for line in text.splitlines() if line.startswith("  -")
                      for word in line.split("  ")[1].split(", ") if word.startswith("--")))


def commands() -> list[list[str]]:
    block = help_of(MOMCTL).split("Commands:\n")[1].split("\n\n")[0]
    return [re.split(r" {2,}", line.strip())[0].split() for line in block.splitlines()]


class Completion(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="momd-completion-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.mkdir(os.path.join(self.dir, "sub"))
        for name in ("a.policy", "mom conf"):
            with open(os.path.join(self.dir, name), "w", encoding="utf-8"):
                pass

    def test_commands(self) -> None:
        """momctl's commands are those of its --help, each one is found word by word, and exists"""
        listed = commands()
        self.assertGreater(len(listed), 4)
        self.assertEqual(complete(MOMCTL, ""), sorted({command[0] for command in listed}))
        for first in {command[0] for command in listed}:
            rest = sorted({command[1] for command in listed if command[0] == first and len(command) > 1})
            if rest:
                self.assertEqual(complete(MOMCTL, first, ""), rest)
        for command in listed:
            self.assertIn("Usage:", help_of(MOMCTL, *command))
            self.assertIn(command[-1], complete(MOMCTL, *command[:-1], command[-1][:2]))

    def test_options(self) -> None:
        """the options of momd, of momctl and of each of its commands are those of --help"""
        for command in ([MOMD], [MOMCTL], *([MOMCTL, *command] for command in commands())):
            options = options_in(help_of(*command))
            self.assertIn("--help", options)
            self.assertEqual(complete(*command, "-"), options, command)
            for option in options:
                self.assertIn(option, complete(*command, option[:3]))

    def test_no_command_twice(self) -> None:
        """behind a command with its options there are options, not commands"""
        self.assertNotIn("check", complete(MOMCTL, "policy", "check", ""))
        self.assertEqual(complete(MOMCTL, "policy", "state", ""), options_in(help_of(MOMCTL, "policy", "state")))
        self.assertEqual(complete(MOMCTL, "nonsense", "xyz"), [])

    def test_files(self) -> None:
        """files where an option or a command takes files, directories where it takes directories"""
        every = ["a.policy", "mom conf", "sub"]
        for words in ((MOMD, "-c", ""), (MOMD, "--config-file", ""), (MOMD, "--config-file", "="),
                      (MOMCTL, "policy", "check", ""), (MOMCTL, "policy", "eval", "--state", "=", ""),
                      (MOMCTL, "policy", "check", "--strict", ""), (MOMCTL, "policy", "state", "-s", "")):
            self.assertEqual(complete(*words, cwd=self.dir), every, words)
        self.assertEqual(complete(MOMD, "-c", "mom", cwd=self.dir), ["mom conf"])
        self.assertEqual(complete(MOMD, "--policy-dir", "=", "", cwd=self.dir), ["sub"])
        self.assertEqual(complete(MOMD, "-P", "", cwd=self.dir), ["sub"])
        self.assertEqual(complete(MOMD, "-l", "s", cwd=self.dir), ["stdio", "sub"])

    def test_every_argument_is_known(self) -> None:
        """whatever an option takes, something is offered for it, but for what only a running momd knows"""
        unknown = {"GUEST", "NUMBER"}
        for command in ([MOMD], *([MOMCTL, *command] for command in commands())):
            for option, argument in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)=(\S+)", help_of(*command), flags=re.M):
                offered = complete(*command, option, "=", "", cwd=self.dir)
                self.assertEqual(not offered, argument in unknown, (command, option, argument))

    def test_levels(self) -> None:
        """the levels offered are those that momd takes"""
        levels = complete(MOMD, "-v", "")
        self.assertEqual(len(levels), 10)
        config = os.path.join(self.dir, "mom.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[main]\npolicy: /x\npolicy-dir: /y\n")
        for level in [*levels, "loud"]:
            done = subprocess.run([MOMD, "-c", config, "-v", level], capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual("not one of" in done.stderr, level == "loud", done.stderr)

    def test_in_bash(self) -> None:
        """a bash at a terminal completes a command, an option, and a name with a blank"""
        with Shell(self.dir) as shell:
            for keys, words in (("momctl pol\tch\t", "policy check"),
                                ("momctl policy check --stri\ta.\t", "policy check --strict a.policy"),
                                ("momd --config-f\t x", "--config-file x"),
                                ("momd --policy-dir=s\t", "--policy-dir=sub/")):
                self.assertEqual(shell.completed(keys), words.split(), keys)
            self.assertEqual(shell.completed("momd -c mo\t"), ["-c", "mom conf"])


class Shell:
    """An interactive bash; what it calls momd and momctl answers --help as they do and else keeps its arguments."""

    PROGRAM = """#!/bin/sh
case " $* " in *" --help "*) exec %s "$@" ;; esac
printf '%%s\\n' "$@" >%s.new && mv %s.new %s
"""

    def __init__(self, folder: str) -> None:
        programs = os.path.join(folder, ".bin")
        os.mkdir(programs)
        self.said = os.path.join(programs, "said")
        for program in (MOMD, MOMCTL):
            path = os.path.join(programs, os.path.basename(program))
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.PROGRAM % (program, self.said, self.said, self.said))
            os.chmod(path, 0o755)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                       dict(os.environ, PATH=programs + ":" + os.environ["PATH"], TERM="dumb", INPUTRC="/dev/null",
                            HOME=folder))
        self.drain = threading.Thread(target=self._drain)
        self.drain.start()
        self.say(f". {shlex.quote(COMPLETION)}\n")

    def _drain(self) -> None:
        """What bash prints would fill the terminal's buffer if nobody read it."""
        with contextlib.suppress(OSError):
            while os.read(self.terminal, 4096):
                pass

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.drain.join()
        os.close(self.terminal)

    def say(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def completed(self, keys: str) -> list[str]:
        """The arguments of the command that KEYS make, tabs and all."""
        self.say(keys + "\n")
        end = time.monotonic() + PATIENCE_S
        while not os.path.exists(self.said):
            if time.monotonic() > end:
                raise AssertionError(f"bash never ran {keys!r}")
            time.sleep(0.05)
        with open(self.said, encoding="utf-8") as file:
            words = file.read().splitlines()
        os.unlink(self.said)
        return words


if __name__ == "__main__":
    sys.exit(tap.main())
