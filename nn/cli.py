"""The command line, `chainrule`: options, errors in one line, exit codes. What a command does is elsewhere.

Exit codes: 0 all went well, 1 a command ran and failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from autograd import __version__
from nn.demo import Settings, demo
from nn.zoo.cli import register as register_zoo

__all__ = ["main"]

EXAMPLES = """examples:
  chainrule demo
  chainrule demo --seed 1 --hidden 128,64 --out my-pictures
  chainrule zoo 3
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments (by default those of the process), and return the exit code.

    >>> from nn.cli import main
    >>> main(["--version"])
    chainrule 0.1.0
    0
    """
    try:
        arguments = _parser().parse_args(argv)
        if hasattr(arguments, "run"):
            return int(arguments.run(arguments))
        settings = Settings(
            arguments.seed, arguments.epochs, arguments.hidden, arguments.batch, arguments.lr, arguments.out
        )
        _make_writable(settings.out)
        return demo(settings)
    except SystemExit as end:  # argparse: help, version, wrong usage
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        print("\nchainrule: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class _Parser(argparse.ArgumentParser):
    """Errors in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="chainrule",
        description="Reverse-mode automatic differentiation for NumPy, with neural networks and optimizers on top.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    default = Settings()
    command = commands.add_parser(
        "demo",
        help="train a network on handwritten digits and show everything on the way",
        description="Train a network on 1,797 handwritten digits: model summary, gradient check, loss and accuracy by "
        "epoch, confusion matrix, and a picture of one small forward and backward pass.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("--seed", type=_whole(0), default=default.seed, metavar="N", help="of everything random")
    command.add_argument(
        "--epochs", type=_whole(1), default=default.epochs, metavar="N", help="times through the training part"
    )
    command.add_argument(
        "--hidden",
        type=_sizes,
        default=",".join(map(str, default.hidden)),
        metavar="64,64",
        help="widths of the hidden layers",
    )
    command.add_argument("--batch", type=_whole(1), default=default.batch, metavar="N", help="digits in a batch")
    command.add_argument("--lr", type=_rate, default=default.lr, metavar="X", help="learning rate at the start")
    command.add_argument(
        "--out", type=Path, default=default.out, metavar="FOLDER", help="where the pictures go; made if missing"
    )
    register_zoo(commands)
    return parser


class _whole:
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


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of widths such as 64 or 64,32")
    return sizes


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not (rate > 0.0 and math.isfinite(rate)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return rate


def _make_writable(folder: Path) -> None:
    """Make the folder, and find out now rather than after the training whether files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        print(f"chainrule demo: error: cannot write to {folder}: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(2) from error
