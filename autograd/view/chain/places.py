"""Where a vertex was made: the line of the program, and the module call around it, in words.

This module must not know gradients or formulas.
"""

from __future__ import annotations

import linecache

from autograd.graph import Vertex, line_of, place

__all__ = ["place_of", "scope_of"]


def place_of(vertex: Vertex) -> tuple[str, str]:
    """``file:line`` of the place that made a vertex, and the text of that line ("" where there is no source)."""
    file, line = line_of(vertex)
    return (place(file, line), linecache.getline(file, line).strip()) if file else ("", "")


def scope_of(vertex: Vertex) -> str:
    """The module calls that a vertex was made in, outermost first."""
    parts = []
    scope = vertex.scope
    while scope is not None:
        parts.append(f"{scope.path}: {scope.label}" if scope.path else scope.label)
        scope = scope.parent
    return " > ".join(reversed(parts))
