"""Arguments and results in nested lists, tuples, named tuples and dicts: their leaves with a path each, and back.

This module knows containers only; what a leaf is, and whether it is one that a gradient can be asked of, is decided
by `subject`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

__all__ = ["leaves", "rebuild"]


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every leaf of a nested value with its path, from left to right.

    >>> from autograd.gradcheck.nesting import leaves
    >>> list(leaves({"w": [1.0, 2.0], "b": 0.5}, "p"))
    [("p['w'][0]", 1.0), ("p['w'][1]", 2.0), ("p['b']", 0.5)]
    """
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}[{key!r}]")
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for field, part in zip(value._fields, value, strict=True):
            yield from leaves(part, f"{path}.{field}")
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from leaves(part, f"{path}[{i}]")
    else:
        yield path, value


def rebuild(value: Any, parts: Iterator[Any]) -> Any:
    """The same nested value with other leaves, taken in order from ``parts``.

    >>> from autograd.gradcheck.nesting import rebuild
    >>> rebuild({"w": [1.0, 2.0], "b": 0.5}, iter("xyz"))
    {'w': ['x', 'y'], 'b': 'z'}
    """
    if isinstance(value, dict):
        twin = copy.copy(value)
        for key, part in value.items():
            twin[key] = rebuild(part, parts)
        return twin
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(rebuild(part, parts) for part in value))
    if isinstance(value, list | tuple):
        return type(value)([rebuild(part, parts) for part in value])
    return next(parts)
