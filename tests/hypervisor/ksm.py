# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's knobs for same-page merging, of which a machine has only one set: taken, and put back.

Who means to turn them takes them first: alone, as others may want to at the same time.  The old values are on
disk before the first change, and the lock is shared with the shelter's keeper, so that it is held until they
are back, whatever happens to the taker.  Must never leave the knobs as a test had them.
"""
from __future__ import annotations

import fcntl
import json
import os

DIRECTORY = "/sys/kernel/mm/ksm"
# In the order of restoring: with an advisor at work the kernel refuses pages_to_scan.
KNOBS = ("merge_across_nodes", "use_zero_pages", "max_page_sharing", "sleep_millisecs", "pages_to_scan", "run",
         "advisor_mode")
LOCK = "MOMD_KSM_LOCK"           # in the environment: the descriptor that carries the lock
SAVED = "ksm.saved"


def present() -> bool:
    return os.path.isdir(DIRECTORY)


def read(knob: str) -> str:
    """The knob's value; of a choice, the chosen word."""
    with open(os.path.join(DIRECTORY, knob), encoding="ascii") as file:
        text = file.read().strip()
    return text.partition("[")[2].partition("]")[0] if "[" in text else text


def write(knob: str, value: str | int) -> None:
    with open(os.path.join(DIRECTORY, knob), "w", encoding="ascii") as file:
        file.write(str(value))


def open_lock() -> None:
    """A lock on the kernel's own file needs no file of ours, and every namespace sees the same."""
    if present():
        descriptor = os.open(os.path.join(DIRECTORY, "run"), os.O_RDONLY)
        os.environ[LOCK] = str(descriptor)


def lock_descriptors() -> tuple[int, ...]:
    return (int(os.environ[LOCK]),) if os.environ.get(LOCK) else ()


def close_lock() -> None:
    for descriptor in lock_descriptors():
        os.close(descriptor)


def take(directory: str) -> None:
    """Waits until nobody else has the knobs, and notes their values in DIRECTORY."""
    fcntl.flock(lock_descriptors()[0], fcntl.LOCK_EX)
    values = {knob: read(knob) for knob in KNOBS if os.path.exists(os.path.join(DIRECTORY, knob))}
    with open(os.path.join(directory, SAVED), "w", encoding="ascii") as file:
        json.dump(values, file)
    if "advisor_mode" in values:
        write("advisor_mode", "none")


def restore(directory: str) -> None:
    """Puts back what was noted in DIRECTORY, if anything, and lets others take the knobs."""
    path = os.path.join(directory, SAVED)
    if not os.path.exists(path):
        return
    with open(path, encoding="ascii") as file:
        values = json.load(file)
    write("run", 2)                      # merged pages apart: only then can all the knobs change
    for knob in KNOBS:
        if knob in values and read(knob) != values[knob]:
            write(knob, values[knob])
    os.unlink(path)
    for descriptor in lock_descriptors():
        fcntl.flock(descriptor, fcntl.LOCK_UN)
