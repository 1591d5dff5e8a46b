"""Nested containers of numbers: what the arguments and results of a transformed function may be.

Lists, tuples, named tuples and dicts are taken apart into their leaves and put together again; `register_container`
adds other classes. This module knows nothing of Tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

__all__ = ["flatten", "leaves", "register_container", "unflatten"]

# What tells a container, how to take it apart into (keys, children), and how to rebuild it from them.
_Flatten = Callable[[Any], Sequence[Any]]
_Unflatten = Callable[[Sequence[Any]], Any]
_REGISTERED: dict[type, tuple[_Flatten, _Unflatten]] = {}


def register_container(cls: type, flatten: _Flatten, unflatten: _Unflatten) -> None:
    """Let a class of yours hold arguments and results of transformed functions.

    ``flatten(object)`` gives its parts as a sequence, ``unflatten(parts)`` makes an object of such a sequence.

    >>> from dataclasses import dataclass
    >>> from autograd import grad, register_container
    >>> @dataclass
    ... class Line:
    ...     slope: float
    ...     offset: float
    >>> register_container(Line, lambda line: (line.slope, line.offset), lambda parts: Line(*parts))
    >>> grad(lambda line: (line.slope * 2.0 + line.offset) ** 2)(Line(1.0, 3.0))
    Line(slope=20.0, offset=10.0)
    """
    _REGISTERED[cls] = (flatten, unflatten)


def _children(tree: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container with the text that selects each; None for a leaf."""
    cls = type(tree)
    if cls in _REGISTERED:
        return [(f".{i}", part) for i, part in enumerate(_REGISTERED[cls][0](tree))]
    if isinstance(tree, dict):
        return [(f"[{key!r}]", part) for key, part in tree.items()]
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(f".{name}", part) for name, part in zip(tree._fields, tree, strict=True)]
    if isinstance(tree, list | tuple):
        return [(f"[{i}]", part) for i, part in enumerate(tree)]
    return None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested containers with its path, such as ``['layers'][0].weight``."""
    children = _children(tree)
    if children is None:
        yield path, tree
        return
    for step, part in children:
        yield from leaves(part, path + step)


def flatten(tree: Any) -> list[Any]:
    """The leaves of nested containers in order.

    >>> from autograd.pytree import flatten
    >>> flatten({"a": [1.0, 2.0], "b": (3.0,)})
    [1.0, 2.0, 3.0]
    """
    return [leaf for _, leaf in leaves(tree)]


def unflatten(tree: Any, values: Iterator[Any]) -> Any:
    """The same containers around other leaves, taken from an iterator in order.

    >>> from autograd.pytree import unflatten
    >>> unflatten({"a": [1.0, 2.0], "b": (3.0,)}, iter("xyz"))
    {'a': ['x', 'y'], 'b': ('z',)}
    """
    children = _children(tree)
    if children is None:
        return next(values)
    parts = [unflatten(part, values) for _, part in children]
    cls = type(tree)
    if cls in _REGISTERED:
        return _REGISTERED[cls][1](parts)
    if isinstance(tree, dict):
        twin = copy(tree)  # of its class, with its default factory and the order of its keys
        twin.update(zip(tree, parts, strict=True))
        return twin
    return cls(*parts) if hasattr(tree, "_fields") else cls(parts)
