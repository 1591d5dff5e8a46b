"""What the commands share: types of options, the one line for wrong usage, folders that can be written to."""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class UsageError(Exception):
    """What was asked cannot be done as it was asked: one line on the error stream, and exit code 2."""


def _type(read: Callable[[str], T], holds: Callable[[T], bool], what: str) -> Callable[[str], T]:
    """The type of an option, as argparse takes it."""

    def checked(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not holds(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return value

    checked.__doc__ = f"The type of an option that is {what}."
    return checked


def whole(least: int) -> Callable[[str], int]:
    """The type of an option that is a whole number from a least one on."""
    return _type(int, lambda number: number >= least, f"a whole number from {least} on")


sizes = _type(
    lambda text: tuple(int(part) for part in text.split(",")),
    lambda widths: min(widths) >= 1,
    "a list of widths such as 64 or 64,32",
)
rate = _type(float, lambda number: 0.0 < number < math.inf, "a positive number")
share = _type(float, lambda number: 0.0 < number < 1.0, "a share between 0 and 1")


def writable(folder: Path) -> None:
    """Make a folder, and find out now rather than after the training whether files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
