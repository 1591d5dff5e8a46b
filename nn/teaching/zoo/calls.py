"""Example calls of every op that has no required attributes or lists its examples, for programs with planted faults."""

from collections.abc import Iterator
from inspect import Parameter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.engine.op import REGISTRY, Op


class Call:
    """One call of an op: operands and attributes."""

    def __init__(self, op: Op, inputs: tuple[Any, ...], attributes: dict[str, Any]) -> None:
        self.op = op
        self.inputs = inputs
        self.attributes = attributes

    @property
    def live(self) -> tuple[int, ...]:
        """The indices of the operands that can have a gradient."""
        shared = self.op.joint or self.op.variadic
        rules = self.op.rules * len(self.inputs) if shared else self.op.rules
        return tuple(i for i, (x, rule) in enumerate(zip(self.inputs, rules, strict=True)) if rule and _is_floating(x))

    def arrays(self, dtype: Any = None) -> list[Any]:
        """The operands, with floating-point ones converted to a dtype."""
        return [x.astype(dtype) if dtype is not None and _is_floating(x) else x for x in self.inputs]

    def is_fit(self) -> bool:
        """Whether the call computes finite numbers in float64 and has a rule in which a fault can be planted."""
        try:
            with np.errstate(all="ignore"):
                parts = results_of(self)
        except (ValueError, TypeError, IndexError):
            return False
        return bool(self.live) and all(part.dtype == np.float64 and np.all(np.isfinite(part)) for part in parts)


def results_of(call: Call, dtype: Any = None) -> list[NDArray[Any]]:
    """The results of the kernel for a call."""
    out = call.op.kernel(*call.arrays(dtype), **call.attributes)
    return [np.asarray(part) for part in (out if isinstance(out, tuple) else (out,))]


def calls() -> list[Call]:
    """Example calls of every differentiable op."""
    found = []
    for op in REGISTRY.values():
        if op.differentiable and _is_ours(op):
            tried = (Call(op, *call) for call in (_examples(op) if op.facts.examples else _usual(op)))
            found += [call for call in tried if call.is_fit()]
    return found


def _is_ours(op: Op) -> bool:
    module = getattr(op.kernel, "__module__", None) or "numpy"
    return isinstance(op.kernel, np.ufunc) or module.partition(".")[0] in ("autograd", "nn")


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def numbers(*shape: int, low: float = 0.3, high: float = 0.9, seed: int = 0) -> NDArray[Any]:
    """Distinct numbers from an interval, in random order."""
    random = np.random.default_rng([seed, *shape])
    n = int(np.prod(shape))
    shares = (random.permutation(n) + random.uniform(0.3, 0.7, n)) / max(n, 1)
    return (low + (high - low) * shares).reshape(shape)


def _examples(op: Op) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for example in op.facts.examples:
        shapes = enumerate(example.operands)
        yield tuple(numbers(*x, seed=i) if isinstance(x, tuple) else x for i, x in shapes), example.attributes


def _usual(op: Op) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Calls of an op that works elementwise or along axes."""
    needed = [name for name, default in op.attributes.items() if default is Parameter.empty]
    if needed or op.variadic or len(op.operands) > 2:
        return
    if len(op.operands) == 1:
        yield (numbers(2, 3),), {}
        yield (numbers(2, 3, low=1.3, high=2.5),), {}
        if "axis" in op.attributes:
            yield (numbers(2, 3),), {"axis": 0}
    else:
        yield (numbers(2, 3), numbers(2, 3, low=1.1, high=2.0, seed=1)), {}
        yield (numbers(2, 3), numbers(3, low=1.1, high=2.0, seed=1)), {}
        yield (numbers(2, 1), numbers(2, low=1.1, high=2.0, seed=1)), {}
