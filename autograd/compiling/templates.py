"""Results and effects of a run, as templates around values: those of a trace, then those of each run."""

from collections.abc import Callable, Iterator
from typing import Any

from autograd.compiling.calls import Var, leaves_in, map_tree, same_constant
from autograd.engine.tensor import Tensor, constant


class TensorOf:
    """In a template: a new Tensor of a value, without graph."""

    __slots__ = ("name", "var")

    def __init__(self, var: Var, name: str | None) -> None:
        self.var, self.name = var, name

    def build(self, value: Any) -> Tensor:
        """That Tensor."""
        new = constant(value)
        if self.name is not None:
            new.name = self.name
        return new


class Existing:
    """In a template: an object that was there before; with ``leaf`` that argument."""

    __slots__ = ("leaf", "thing")

    def __init__(self, thing: Any, leaf: int | None = None) -> None:
        self.thing, self.leaf = thing, leaf


class Effect:
    """An effect of a run beside its result: ``data`` or ``grad`` of a Tensor, or an entry of a holder."""

    __slots__ = ("key", "kind", "label", "target", "template")

    def __init__(self, kind: str, target: Any, key: Any, template: Any, label: str) -> None:
        self.kind, self.target, self.key, self.template, self.label = kind, target, key, template, label


def values_of_template(template: Any) -> list[Var]:
    """The values that a template needs, in order."""
    found = [x.var if type(x) is TensorOf else x for x in leaves_in(template)]
    return [x for x in found if type(x) is Var]


def build(template: Any, values: Iterator[Any], leaves: Any) -> Any:
    """The object that a template describes, with these values in it."""
    made: dict[int, Tensor] = {}

    def leaf(x: Any) -> Any:
        kind = type(x)
        if kind is Var:
            return next(values)
        if kind is TensorOf:
            value = next(values)
            return made[id(x)] if id(x) in made else made.setdefault(id(x), x.build(value))
        if kind is Existing:
            return x.thing if x.leaf is None else leaves[x.leaf]
        return x

    return map_tree(template, leaf)


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
