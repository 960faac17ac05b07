# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs unittest cases and reports them as TAP, which is what meson reads.

A test's name is the first line of its docstring, a sentence.  Cases run in the order in which they are
written, because an end-to-end story has one.  A skipped one says why.
Must never report a test that did not run as passed.
"""
from __future__ import annotations

import sys
import time
import unittest


class _Loader(unittest.TestLoader):
    def getTestCaseNames(self, testCaseClass: type) -> list[str]:
        written = list(testCaseClass.__dict__)
        return sorted(super().getTestCaseNames(testCaseClass),
                      key=lambda name: written.index(name) if name in written else -1)


def _tell(detail: str) -> None:
    """On standard error besides: it is all that meson shows of a TAP test that failed."""
    for line in detail.splitlines():
        print("# " + line)
        print(line, file=sys.stderr)
    sys.stdout.flush()


class _Result(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began = time.monotonic()

    def _line(self, outcome: str, test: unittest.TestCase, detail: str = "") -> None:
        self.count += 1
        name = test.shortDescription() or test.id()
        print(f"{outcome} {self.count} - {name}\n# took {time.monotonic() - self._began:.1f} s")
        _tell(detail)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._line("ok", test)

    def addSkip(self, test, reason: str) -> None:
        super().addSkip(test, reason)
        self.count += 1
        name = test.shortDescription() or test.id() if isinstance(test, unittest.TestCase) else str(test)
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def addFailure(self, test: unittest.TestCase, err) -> None:
        super().addFailure(test, err)
        self._line("not ok", test, self.failures[-1][1])

    def addError(self, test: unittest.TestCase, err) -> None:
        super().addError(test, err)
        if isinstance(test, unittest.TestCase):
            self._line("not ok", test, self.errors[-1][1])
        else:                            # a fixture failed: none of its tests ran
            self.count += 1
            print(f"not ok {self.count} - {test}")
            _tell(self.errors[-1][1])


def main() -> int:
    suite = _Loader().loadTestsFromModule(sys.modules["__main__"])
    result = _Result()
    suite.run(result)
    print(f"1..{result.count}")
    return 0 if result.count and result.wasSuccessful() else 1
