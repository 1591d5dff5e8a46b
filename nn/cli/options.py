"""What the commands share: types of options, the one line for wrong usage, folders that can be written to."""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path


class UsageError(Exception):
    """What was asked cannot be done as it was asked: one line on the error stream, and exit code 2."""


class whole:
    """The type of an option that is a whole number from a least one on."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = self.least - 1
        if number < self.least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {self.least} on")
        return number


def sizes(text: str) -> tuple[int, ...]:
    """The type of an option that lists widths, such as 64,32."""
    try:
        widths = tuple(int(part) for part in text.split(","))
    except ValueError:
        widths = (0,)
    if min(widths) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of widths such as 64 or 64,32")
    return widths


def rate(text: str) -> float:
    """The type of an option that is a positive number."""
    number = _number(text)
    if not (number > 0.0 and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def share(text: str) -> float:
    """The type of an option that is a share of the whole."""
    number = _number(text)
    if not 0.0 < number < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def writable(folder: Path) -> None:
    """Make a folder, and find out now rather than after the training whether files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
