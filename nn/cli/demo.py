"""`chainrule demo`: the options of `nn.cli.demo_run`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nn.cli.demo_run import Settings, demo
from nn.cli.options import rate, sizes, whole, writable


def register(commands: Any) -> None:
    """Add the command to those of `chainrule`."""
    default = Settings()
    command = commands.add_parser(
        "demo",
        help="train a network on handwritten digits and show everything on the way",
        description="Train a network on 1,797 handwritten digits: model summary, gradient check, loss and accuracy by "
        "epoch, confusion matrix, and a picture of one small forward and backward pass.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = command.add_argument
    add("--seed", type=whole(0), default=default.seed, metavar="N", help="of everything random")
    add("--epochs", type=whole(1), default=default.epochs, metavar="N", help="times through the training part")
    widths = ",".join(map(str, default.hidden))
    add("--hidden", type=sizes, default=widths, metavar="64,64", help="widths of the hidden layers")
    add("--batch", type=whole(1), default=default.batch, metavar="N", help="digits in a batch")
    add("--lr", type=rate, default=default.lr, metavar="X", help="learning rate at the start")
    add("--out", type=Path, default=default.out, metavar="FOLDER", help="where the pictures go; made if missing")
    command.set_defaults(run=_run)


def _run(a: argparse.Namespace) -> int:
    writable(a.out)
    return demo(Settings(a.seed, a.epochs, a.hidden, a.batch, a.lr, a.out))
