"""The command line, `chainrule`: one-line errors and exit codes. Each module in this package registers its commands.

Exit codes: 0 for success, 1 when a command ran and failed, 2 for wrong usage, 130 after Ctrl-C.
"""

import argparse
import errno
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from autograd import __version__
from autograd.printable import PLAIN
from autograd.tables import table_of
from nn.cli import demo, training, zoo
from nn.cli.options import UsageError
from nn.errors import CheckpointError, DataFileError, TrainingWarning
from nn.ranks import end_all, size

__all__ = ["main"]

# The error when the reader of our output is gone, as after `| head`; Windows has no code of its own for it.
_GONE = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments (default: ``sys.argv[1:]``) and return the exit code.

    >>> from nn.cli import main
    >>> main(["--version"])
    chainrule ...
    0
    """
    command = "chainrule"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors=PLAIN)  # names in data and files may hold characters the console cannot show
    try:
        arguments = _parser().parse_args(argv)
        command = f"chainrule {arguments.command}"
        with warnings.catch_warnings():
            warnings.simplefilter("error", TrainingWarning)
            return int(arguments.run(arguments))
    except SystemExit as end:  # argparse: help, version, wrong usage
        return end.code if isinstance(end.code, int) else 0
    except (UsageError, DataFileError, CheckpointError) as error:
        return _complain(command, str(error), 2)
    except TrainingWarning as warning:
        return _complain(command, f"{warning}; try a smaller --lr", 1)
    except KeyboardInterrupt:
        print("\nchainrule: stopped", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in _GONE:
            return _complain(command, str(error), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _complain(command: str, what: str, code: int) -> int:
    text = f"{command}: error: {' '.join(what.split())}"
    if size() > 1:
        end_all(text, code)
    print(text, file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Reports errors in one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _parser() -> _Parser:
    words = table_of("nn.cli.options")["chainrule"]
    parser = _Parser("chainrule", formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **words)
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for module in (demo, training, zoo):
        module.register(commands)
    return parser
