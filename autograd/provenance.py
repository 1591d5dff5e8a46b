"""A vertex of a graph in words, for messages and pictures: what it is, and the line of the program that made it."""

import os
import sys
from types import CodeType

from autograd.engine.graph import Node, Output, Vertex


def origin_of(vertex: Vertex) -> tuple[CodeType | None, int]:
    """Code object and instruction where a vertex was made."""
    if isinstance(vertex, Output):
        vertex = vertex.parents[0]  # type: ignore[assignment]
    if isinstance(vertex, Node):
        return vertex.code, vertex.lasti
    return (None, -1) if vertex.info is None else (vertex.info.code, vertex.info.lasti)


def line_of(vertex: Vertex) -> tuple[str, int]:
    """File and line of the place that made a vertex; ("", 0) if it is not known."""
    code, lasti = origin_of(vertex)
    if code is None:
        return "", 0
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
    return code.co_filename, line


def place(file: str, line: int) -> str:
    """``file:line``, with at most two folders; in a notebook ``In[3]:line``, since the file of a cell is temporary."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "format_code_name", lambda name: None)(file)
    short = file if len(file) <= 80 else os.path.join("...", *file.split(os.sep)[-3:])
    return f"{cell[1] if cell else short}:{line}"


def where(vertex: Vertex) -> str:
    """`place` of the call that made a vertex."""
    file, line = line_of(vertex)
    return place(file, line) if file else "an unknown place"


def describe(vertex: Vertex) -> str:
    """A vertex in words: its name, else its op, with shape and dtype."""
    label = vertex.name or made_by(vertex) or "this Tensor"
    return f"{label} (shape {vertex.shape}, {vertex.dtype})"


def made_by(vertex: Vertex) -> str:
    """The op that a vertex comes from, in words; nothing for a leaf."""
    if isinstance(vertex, Output) and vertex.parents[0] is not None:
        return f"output {vertex.index} of {vertex.parents[0].op.name}"
    return f"the result of {vertex.op.name}" if vertex.op else ""
