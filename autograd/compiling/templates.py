"""What a run returns and leaves behind, as templates around the values of the trace."""

from __future__ import annotations

from typing import Any

from autograd.compiling.calls import Var
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
    """What a run leaves behind beside its result: ``data`` or ``grad`` of a Tensor, or an entry of a holder."""

    __slots__ = ("key", "kind", "label", "target", "template")

    def __init__(self, kind: str, target: Any, key: Any, template: Any, label: str) -> None:
        self.kind, self.target, self.key, self.template, self.label = kind, target, key, template, label
