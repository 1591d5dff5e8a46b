"""Shared by all commands: option types, the usage error, and the check that a folder is writable."""

import argparse
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from autograd.tables import table_of

T = TypeVar("T")


class UsageError(Exception):
    """The command cannot run as requested; printed as one line on standard error, with exit code 2."""


def _type(read: Callable[[str], T], holds: Callable[[T], bool], what: str) -> Callable[[str], T]:
    def checked(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not holds(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return value

    checked.__doc__ = f"Convert the text of an option to {what}."
    return checked


def whole(least: int) -> Callable[[str], int]:
    """Make the type of an integer option with a smallest value."""
    return _type(int, lambda number: number >= least, f"an integer of at least {least}")


_WIDTHS = "a list of widths, such as 64 or 64,32"
sizes = _type(lambda text: tuple(map(int, text.split(","))), lambda widths: min(widths) >= 1, _WIDTHS)
rate = _type(float, lambda number: 0.0 < number < math.inf, "a positive number")
share = _type(float, lambda number: 0.0 < number < 1.0, "a number between 0 and 1")


TYPES: dict[str, Callable[[str], Any]] = {"int": int, "path": Path, "names": lambda text: text.split(",")}
TYPES |= {"from 0": whole(0), "from 1": whole(1), "sizes": sizes, "rate": rate, "share": share}


def add_command(commands: Any, name: str, run: Callable[..., int], **choices: list[str]) -> argparse.ArgumentParser:
    """Add a command to `chainrule`, with its text and options from options.toml and the allowed values of some."""
    words: dict[str, Any] = table_of("nn.cli.options")[name]
    one_of, options = words.pop("one_of", {}), words.pop("options")
    words.setdefault("description", f"{words['help'][0].upper()}{words['help'][1:]}.")
    words["formatter_class"] = getattr(argparse, words.get("formatter_class", "HelpFormatter"))
    command: argparse.ArgumentParser = commands.add_parser(name, allow_abbrev=False, **words)
    group = command.add_mutually_exclusive_group() if one_of else command
    for option, facts in (one_of | options).items():
        kind = {"type": TYPES[facts["type"]]} if "type" in facts else {}
        allowed = {"choices": choices[option.lstrip("-")]} if option.lstrip("-") in choices else {}
        (group if option in one_of else command).add_argument(option, **facts | kind | allowed)
    command.set_defaults(run=run)
    return command


def writable(folder: Path) -> None:
    """Create a folder and check that files can be written there, before training rather than after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
