"""Example calls of every op of the table, for programs to plant faults in.

Most follow from the op: operands of moderate, distinct numbers at which it is smooth. The others stand in a table. An
op with attributes that the table does not know is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.engine.op import REGISTRY, Op

__all__ = ["Call", "calls"]


class Call:
    """One call of an op: operands and attributes."""

    def __init__(self, op: Op, inputs: tuple[Any, ...], attributes: dict[str, Any]) -> None:
        self.op = op
        self.inputs = inputs
        self.attributes = attributes

    @property
    def live(self) -> tuple[int, ...]:
        """The operands that can have a gradient."""
        shared = self.op.joint or self.op.variadic
        rules = self.op.rules * len(self.inputs) if shared else self.op.rules
        return tuple(i for i, (x, rule) in enumerate(zip(self.inputs, rules, strict=True)) if rule and _is_floating(x))

    def arrays(self, dtype: Any = None) -> list[Any]:
        """The operands, those of floating numbers in a dtype."""
        return [x.astype(dtype) if dtype is not None and _is_floating(x) else x for x in self.inputs]

    def is_fit(self) -> bool:
        """Whether it computes finite numbers in float64, and something can be planted in it."""
        try:
            with np.errstate(all="ignore"):
                out = self.op.kernel(*self.inputs, **self.attributes)
        except (ValueError, TypeError, IndexError):
            return False
        parts = [np.asarray(part) for part in (out if isinstance(out, tuple) else (out,))]
        return bool(self.live) and all(part.dtype == np.float64 and np.all(np.isfinite(part)) for part in parts)


def calls() -> list[Call]:
    """Calls of every op that can be differentiated.

    >>> from nn.teaching.zoo.calls import calls
    >>> len({call.op.name for call in calls()}) > 80
    True
    """
    found = []
    for op in REGISTRY.values():
        if op.differentiable and _is_ours(op):
            tried = (Call(op, *call) for call in (TABLE[op.name] if op.name in TABLE else _usual(op)))
            found += [call for call in tried if call.is_fit()]
    return found


def _is_ours(op: Op) -> bool:
    module = getattr(op.kernel, "__module__", None) or "numpy"
    return isinstance(op.kernel, np.ufunc) or module.partition(".")[0] in ("autograd", "nn")


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


# --- operands -----------------------------------------------------------------------------------------------------


def numbers(*shape: int, low: float = 0.3, high: float = 0.9, seed: int = 0) -> NDArray[Any]:
    """Distinct numbers of an interval in random order."""
    random = np.random.default_rng([seed, *shape])
    n = int(np.prod(shape))
    shares = (random.permutation(n) + random.uniform(0.3, 0.7, n)) / max(n, 1)
    return (low + (high - low) * shares).reshape(shape)


def square(*shape: int, seed: int = 0) -> NDArray[Any]:
    """Regular matrices without any symmetry."""
    return numbers(*shape, low=-1.0, high=1.0, seed=seed) + 2.0 * np.eye(shape[-1])


def symmetric(n: int) -> NDArray[Any]:
    """A positive definite matrix with distinct eigenvalues."""
    a = square(n, n)
    return np.asarray(a @ a.T + np.diag(3.0 * np.arange(n)))


def _usual(op: Op) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Calls of an op that works entry by entry, or along axes."""
    needed = [name for name, default in op.attributes.items() if default is Parameter.empty]
    if needed or op.variadic or len(op.operands) > 2:
        return
    low, high = (1.3, 2.5) if op.name == "arccosh" else (0.3, 0.9)
    if len(op.operands) == 1:
        yield (numbers(2, 3, low=low, high=high),), {}
        if "axis" in op.attributes:
            yield (numbers(2, 3, low=low, high=high),), {"axis": 0}
    else:
        yield (numbers(2, 3), numbers(2, 3, low=1.1, high=2.0, seed=1)), {}
        yield (numbers(2, 3), numbers(3, low=1.1, high=2.0, seed=1)), {}
        yield (numbers(2, 1), numbers(2, low=1.1, high=2.0, seed=1)), {}


_INDEX = np.array([1, 0, 1])

TABLE: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "arctan2": [((numbers(2, 3), numbers(3, seed=1)), {})],
    "clip": [((numbers(2, 3, low=-1.0, high=1.0), -0.4, 0.4), {})],
    "where": [((np.array([True, False, True]), numbers(2, 3), numbers(3, seed=1)), {})],
    "masked": [((numbers(2, 3),), {"mask": np.array([True, False, True])})],
    "ldexp": [((numbers(2, 3), np.array([1, 0, 2])), {})],
    "astype": [((numbers(2, 3),), {"dtype": np.float64})],
    "matmul": [((numbers(2, 3), numbers(3, 2, seed=1)), {}), ((numbers(2, 2, 3), numbers(3, seed=1)), {})],
    "dot": [((numbers(2, 3), numbers(3, 2, seed=1)), {}), ((numbers(3), numbers(3, seed=1)), {})],
    "outer": [((numbers(2), numbers(3, seed=1)), {})],
    "tensordot": [((numbers(2, 3), numbers(3, 2, seed=1)), {"axes": 1})],
    "einsum": [
        ((numbers(2, 3), numbers(3, 2, seed=1)), {"subscripts": "ij,jk->ki"}),
        ((numbers(2, 3), numbers(2, seed=1)), {"subscripts": "ij,i->j"}),
    ],
    "linear": [((numbers(2, 3), numbers(4, 3, seed=1), numbers(4, seed=2)), {})],
    "cross_entropy": [((numbers(2, 3),), {"labels": np.array([2, 0])})],
    "getitem": [((numbers(2, 3),), {"index": (slice(None), _INDEX)}), ((numbers(4),), {"index": slice(1, None)})],
    "scatter": [((numbers(3),), {"index": _INDEX, "shape": (4,)})],
    "set_at": [((numbers(2, 3), numbers(3, seed=1)), {"index": 0})],
    "add_at": [((numbers(4), numbers(3, seed=1)), {"index": _INDEX})],
    "reshape": [((numbers(2, 3),), {"shape": (3, 2)})],
    "broadcast_to": [((numbers(3),), {"shape": (2, 3)})],
    "swapaxes": [((numbers(2, 3),), {"axis1": 0, "axis2": 1})],
    "moveaxis": [((numbers(2, 3, 2),), {"source": 0, "destination": -1})],
    "expand_dims": [((numbers(2, 3),), {"axis": 1})],
    "squeeze": [((numbers(1, 3),), {})],
    "concatenate": [((numbers(2, 3), numbers(2, 2, seed=1)), {"axis": 1})],
    "stack": [((numbers(2, 3), numbers(2, 3, seed=1)), {"axis": 1})],
    "split": [((numbers(4),), {"indices_or_sections": 2})],
    "conv": [((numbers(1, 2, 5), numbers(3, 2, 2, seed=1), numbers(3, seed=2)), {})],
    "conv_transpose": [((numbers(1, 3, 4), numbers(3, 2, 2, seed=1)), {"shape": (5,)})],
    "conv_weight": [((numbers(1, 2, 5), numbers(1, 3, 4, seed=1)), {"size": (2,)})],
    "max_pool": [((numbers(1, 2, 5),), {"size": (2,)})],
    "window_sum": [((numbers(1, 2, 5),), {"size": (2,)})],
    "window_spread": [((numbers(1, 2, 4),), {"shape": (5,), "size": (2,)})],
    "solve": [((square(3, 3), numbers(3, 2, seed=1)), {})],
    "cholesky": [((symmetric(3),), {})],
    "eigh": [((symmetric(3),), {})],
    **{name: [((square(3, 3),), {})] for name in ("inv", "det", "slogdet", "pinv", "svd", "qr")},
}
