"""Operands that need a second look, and what is said when they do not fit together."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine import made_by, where
from autograd.errors import OperandError
from autograd.tensor import Tensor, leaf

__all__ = ["PLAIN", "explain", "operand"]

# What may stand beside a Tensor without a second look; anything else is first made an array, or refused.
PLAIN = frozenset({float, int, bool, np.ndarray, np.float64, np.float32, np.int64, np.bool_, complex, type(None)})


def operand(op: Any, name: str, x: Any, operator: bool) -> Any:
    """A list, a NumPy scalar or another array-like beside a Tensor as an array."""
    if isinstance(x, np.ndarray | np.generic):
        return x
    if operator and not isinstance(x, list | tuple | int | float):
        return NotImplemented
    array = np.asarray(x)
    if array.dtype.kind in "OSUVM":
        raise OperandError(f"{op.name}: operand {name} is not numeric: {x!r:.60} ({type(x).__name__}).")
    return array


def explain(op: Any, xs: tuple[Any, ...], error: Exception) -> OperandError:
    """NumPy's complaint about the operands, with the name, shape, dtype and origin of each."""
    lines = [f"{op.name}: {str(error).strip()}"]
    names = [f"{op.operands[0]}[{i}]" for i in range(len(xs))] if op.variadic else op.operands
    for name, x in zip(names, xs, strict=True):
        if isinstance(x, Tensor):
            vertex = x._node or leaf(x)
            label = vertex.name or made_by(vertex) or "a Tensor"
            lines.append(f"  {name} = {label}: shape {x.shape}, {x.dtype}, made at {where(vertex)}")
        elif isinstance(x, np.ndarray):
            lines.append(f"  {name} = an array: shape {x.shape}, {x.dtype}")
        elif x is not None:
            lines.append(f"  {name} = {x!r:.60}")
    explained = _OPERAND_ERRORS.get(type(error), OperandError)("\n".join(lines))
    explained.op, explained.operands = op, xs
    return explained


class _OperandIndexError(OperandError, IndexError):
    """The same, for those who catch IndexError."""


class _OperandAxisError(OperandError, np.exceptions.AxisError):
    """The same, for those who catch NumPy's AxisError (a ValueError and an IndexError)."""


class _OperandLinAlgError(OperandError, np.linalg.LinAlgError):
    """The same, for those who catch LinAlgError: a matrix that is singular, or not positive definite."""


class _OperandTypeError(OperandError, TypeError):
    """The same, for those who catch TypeError."""


_OPERAND_ERRORS: dict[type[Exception], type[OperandError]] = {
    IndexError: _OperandIndexError,
    np.exceptions.AxisError: _OperandAxisError,
    np.linalg.LinAlgError: _OperandLinAlgError,
    TypeError: _OperandTypeError,
}
