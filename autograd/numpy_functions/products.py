"""Products of small arrays, and numbers spaced between two ends."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from autograd.engine.tensor import Tensor, constant
from autograd.numpy_functions.arguments import as_operand, plain
from autograd.numpy_functions.protocol import implements, refuse_extra, values_of
from autograd.ops import linear, shape


@implements(np.einsum, direct=True)
def _einsum(*operands: Any, out: Any = None, optimize: Any = None, **extra: Any) -> Any:
    extra.pop("order", None)  # which changes no value
    refuse_extra("numpy.einsum", extra)
    how = {} if optimize is None else {"optimize": optimize}
    if isinstance(operands[0], str):
        return linear.einsum(*operands[1:], subscripts=operands[0], **how)
    arrays, lists = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    text = ",".join(_letters(numbers) for numbers in lists)
    if len(operands) % 2:
        text += "->" + _letters(operands[-1])
    return linear.einsum(*arrays, subscripts=text, **how)


def _letters(numbers: Sequence[Any]) -> str:
    for n in numbers:
        if n is not Ellipsis and not 0 <= index(n) < len(linear.LETTERS):
            raise ValueError(f"subscript {n} is not within the valid range [0, {len(linear.LETTERS)})")
    return "".join("..." if n is Ellipsis else linear.LETTERS[index(n)] for n in numbers)


implements(np.dot, direct=True)(lambda a, b, out=None: linear.dot(a, b))  # before 2.4, NumPy tells no signature


@implements(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    a, b = as_operand(a), as_operand(b)
    return a * b if not a.ndim or not b.ndim else linear.tensordot(a, b, axes=(-1, -1))


implements(np.vdot)(lambda a, b, /: np.matmul(np.ravel(as_operand(a)), np.ravel(as_operand(b))))


@implements(np.vecdot, np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    product = np.sum(np.moveaxis(as_operand(x1), axis, -1) * np.moveaxis(as_operand(x2), axis, -1), axis=-1)
    return np.expand_dims(product, axis) if keepdims else product


implements(np.matvec)(lambda x1, x2, /: np.matmul(x1, as_operand(x2)[..., None])[..., 0])
implements(np.vecmat)(lambda x1, x2, /: np.matmul(as_operand(x1)[..., None, :], x2)[..., 0, :])


@implements(np.kron)
def _kron(a: Any, b: Any) -> Any:
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    left = (1,) * (ndim - a.ndim) + a.shape
    right = (1,) * (ndim - b.ndim) + b.shape
    a, b = a.reshape(tuple(n for m in left for n in (m, 1))), b.reshape(tuple(n for m in right for n in (1, m)))
    return (a * b).reshape(tuple(m * n for m, n in zip(left, right, strict=True)))


@implements(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_operand(a), axisa, -1), np.moveaxis(as_operand(b), axisb, -1)
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = _three(a), _three(b)
    parts = [a[..., i] * b[..., j] - a[..., j] * b[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(shape.stack(*parts, axis=-1), -1, axisc)


def _three(a: Any) -> Any:
    return a if a.shape[-1] == 3 else np.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, 1)])


implements(np.linalg.cross)(lambda x1, x2, /, *, axis=-1: _cross(x1, x2, axis=axis))


@implements(np.linspace)
def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    kind = np.linspace(values_of(start), values_of(stop), num).dtype
    start, stop = as_operand(start).astype(kind), as_operand(stop).astype(kind)
    parts = num - 1 if endpoint else num
    share = (np.arange(num) / max(parts, 1)).astype(kind).reshape((-1,) + (1,) * max(start.ndim, stop.ndim))
    values = start * (1.0 - share) + stop * share  # exact at both ends
    values = _cast(np.moveaxis(values, 0, axis) if axis else values, dtype)
    return (values, (stop - start) / (parts or np.nan)) if retstep else values


def _cast(values: Any, dtype: Any) -> Any:
    """In another dtype; numbers are rounded down to integers."""
    if dtype is None:
        return values
    return (np.floor(values) if np.dtype(dtype).kind in "iu" else values).astype(dtype)


@implements(np.logspace)
def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    if np.ndim(base):
        start, stop, base = np.broadcast_arrays(as_operand(start), as_operand(stop), as_operand(base))
        base = np.expand_dims(base, axis)
    return _cast(np.power(base, _linspace(start, stop, num, endpoint, axis=axis)), dtype)


@implements(np.geomspace)
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    kind = np.geomspace(plain(start), plain(stop), 1).dtype  # and the error NumPy raises for zeros
    start, stop = as_operand(start).astype(kind), as_operand(stop).astype(kind)
    sign = np.sign(plain(start))
    logs = _linspace(np.log(start * sign), np.log(stop * sign), num, endpoint)
    return _cast(np.moveaxis(sign * np.exp(logs), 0, axis), dtype)


@implements(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **extra: Any
) -> Any:
    refuse_extra("numpy.full_like", extra)
    size = np.shape(a) if shape is None else shape
    dtype = np.asarray(plain(a)).dtype if dtype is None else dtype
    if isinstance(fill_value, Tensor):
        return np.broadcast_to(fill_value.astype(dtype), size)
    return constant(np.full(size, fill_value, dtype))
