"""Nested containers: lists, tuples, dicts and registered classes are taken apart into leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

# What tells a container, how to take it apart into (keys, children), and how to rebuild it from them.
_Flatten = Callable[[Any], Sequence[Any]]
_Unflatten = Callable[[Sequence[Any]], Any]
_REGISTERED: dict[type, tuple[_Flatten, _Unflatten]] = {}


def register_container(cls: type, flatten: _Flatten, unflatten: _Unflatten) -> None:
    """Let objects of your class be arguments and results of transformed functions.

    ``flatten(object)`` returns its parts as a sequence, ``unflatten(parts)`` builds an object from such a sequence.

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


def _parts(tree: Any) -> Sequence[Any] | None:
    cls = type(tree)
    if cls in _REGISTERED:
        return list(_REGISTERED[cls][0](tree))
    if isinstance(tree, dict):
        return list(tree.values())
    return tree if isinstance(tree, list | tuple) else None


def _steps(tree: Any, count: int) -> list[str]:
    """The text that selects each part of a container."""
    if type(tree) in _REGISTERED:
        return [f".{i}" for i in range(count)]
    if isinstance(tree, dict):
        return [f"[{key!r}]" for key in tree]
    if hasattr(tree, "_fields"):
        return [f".{name}" for name in tree._fields]
    return [f"[{i}]" for i in range(count)]


def leaves(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of nested containers with its path, such as ``['layers'][0].weight``."""
    parts = _parts(tree)
    if parts is None:
        return [(path, tree)]
    steps = zip(_steps(tree, len(parts)), parts, strict=True)
    return [leaf for step, part in steps for leaf in leaves(part, path + step)]


def flatten(tree: Any) -> list[Any]:
    """The leaves of nested containers in order."""
    parts = _parts(tree)
    return [tree] if parts is None else [leaf for part in parts for leaf in flatten(part)]


def unflatten(tree: Any, values: Iterator[Any]) -> Any:
    """The same containers around other leaves, taken from an iterator in order."""
    parts = _parts(tree)
    if parts is None:
        return next(values)
    parts = [unflatten(part, values) for part in parts]
    cls = type(tree)
    if cls in _REGISTERED:
        return _REGISTERED[cls][1](parts)
    if isinstance(tree, dict):
        twin = copy(tree)  # of its class, with its default factory and the order of its keys
        twin.update(zip(tree, parts, strict=True))
        return twin
    return cls(*parts) if hasattr(tree, "_fields") else cls(parts)
