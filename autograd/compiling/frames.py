"""Whose code a frame runs: the user's, the library's, or that of NumPy or Python."""

import ast
import linecache
import os
import sys
from functools import cache
from traceback import walk_tb
from types import CodeType, FrameType
from typing import Any

import numpy as np

# Parts of file names as they stand in code objects; a Path would drop the "./" of an entry of sys.path.
_HOUSE = __file__.removesuffix(os.path.join("autograd", "compiling", "frames.py"))
_OURS = tuple(f"{_HOUSE}{package}{os.sep}" for package in ("autograd", "nn", "optim"))
_ROOM = __file__.removesuffix("frames.py")
_NUMPY = np.__file__.removesuffix("__init__.py")
# On behalf of the user: who reads a Tensor's value there is the caller.
_HANDS = tuple(os.path.join(_HOUSE, "autograd", f"{name}.py") for name in ("values", "tensor_data", "surface"))
# Whoever reads there looks for slips of the user's, and decides nothing about values.
LOOKING_AFTER = tuple(os.path.join(_HOUSE, *path) for path in (("autograd", "stale.py"), ("nn", "equal_units.py")))


@cache
def _kind(file: str) -> str:
    if file.startswith(_ROOM) or file == __file__:
        return "room"
    if file in _HANDS:
        return "hands"
    if file.startswith(_OURS) or file.startswith("<chainrule"):
        return "ours"
    return "numpy" if file.startswith(_NUMPY) else "user"


def is_ours(code: CodeType) -> bool:
    """Whether a function is one of the library's own."""
    return _kind(code.co_filename) != "user"


def is_room(frame: FrameType | None) -> bool:
    """Whether a frame runs the compiler's own code."""
    return frame is not None and _kind(frame.f_code.co_filename) == "room"


def is_foreign(thing: Any) -> bool:
    """Whether a class or function belongs to Python, NumPy or this library: its code is trusted."""
    root = str(getattr(thing, "__module__", "") or "").partition(".")[0]
    code = getattr(thing, "__code__", None)
    if isinstance(code, CodeType):
        return is_ours(code) or root in sys.stdlib_module_names
    if root in ("autograd", "nn", "optim"):
        return _kind(getattr(sys.modules.get(thing.__module__), "__file__", None) or "") != "user"
    return root == "numpy" or root in sys.stdlib_module_names


def caller(frame: FrameType | None, past: tuple[str, ...] = ("room", "numpy", "hands")) -> FrameType | None:
    """The first outer frame that belongs neither to the compiler nor to NumPy, nor reads on another's behalf."""
    while frame is not None and _kind(frame.f_code.co_filename) in past:
        frame = frame.f_back
    return frame


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The first outer frame that runs the user's code."""
    return caller(frame, ("room", "numpy", "hands", "ours"))


def stands_in_return(frame: FrameType) -> bool:
    """Whether the call of a frame stands in a ``return``, alone or in a container: no other use is possible then."""
    span = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    text = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    pending = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Tuple | ast.List):
            pending += node.elts
        elif isinstance(node, ast.Dict):
            pending += node.values
        elif (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == span:
            return True
    return False


def line_of(error: BaseException) -> tuple[str, int]:
    """File and line of the last user code that an error passed through, or of the place where it was raised."""
    found = "", 0
    for frame, line in walk_tb(error.__traceback__):
        if _kind(frame.f_code.co_filename) == "user" or _kind(found[0]) != "user":
            found = frame.f_code.co_filename, line
    return found


def place_of(frame: FrameType | None) -> tuple[str, int]:
    """File and line of a frame."""
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
