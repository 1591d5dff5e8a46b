"""Results built anew around the values of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd.compiling.calls import Var, map_tree, same_constant
from autograd.compiling.templates import Existing, TensorOf


def build(template: Any, values: Iterator[Any], leaves: Any) -> Any:
    """What a template stands for, with these values in it."""

    def leaf(x: Any) -> Any:
        kind = type(x)
        if kind is Var:
            return next(values)
        if kind is TensorOf:
            return x.build(next(values))
        if kind is Existing:
            return x.thing if x.leaf is None else leaves[x.leaf]
        return x

    return leaf(template) if type(template) in (Var, TensorOf, Existing) else map_tree(template, leaf)


def builder(template: Any) -> Callable[[tuple[Any, ...], Any], Any]:
    """`build` for one template, given the values and the arguments."""
    if type(template) is TensorOf:
        return lambda values, leaves: template.build(values[0])
    if type(template) is Var:
        return lambda values, leaves: values[0]
    return lambda values, leaves: build(template, iter(values), leaves)


def same_template(a: Any, b: Any) -> bool:
    """Whether two templates are the same, with the same constants in them."""
    if type(a) is not type(b):
        return False
    if type(a) is TensorOf:
        return same_constant(a.var, b.var) and a.name == b.name
    if type(a) is Existing:
        return a.leaf == b.leaf and (a.leaf is not None or a.thing is b.thing)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same_template, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same_template, a.values(), b.values()))
    return same_constant(a, b)
