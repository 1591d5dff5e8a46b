"""Rewrites calls into the form that is fastest in NumPy, with the same bits: numbers and products (docs/compile.md)."""

import math
from typing import Any

import numpy as np

from autograd.compiling.calls import Call, Var
from autograd.compiling.operators import BINARY, COMPARISONS, IN_PLACE

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_SMALL = 8_192  # numbers: larger products may take longer by `dot`
_TAKES_ARRAYS = {BINARY[fn][1] for fn in (*IN_PLACE.values(), *COMPARISONS)} | {np.maximum, np.minimum}


class Lowering:
    """Numbers as arrays; each number and dtype has one."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, Any], Any] = {}

    def with_arrays(self, plan: tuple[Any, tuple[Any, ...], dict[str, Any]], out: Any) -> Any:
        """The same call, with arrays for its numbers where it computes in the dtype of its arrays."""
        ufunc, args, kwargs = plan
        dtypes = {x.example.dtype for x in args if type(x) is Var and isinstance(x.example, np.ndarray)}
        if ufunc not in _TAKES_ARRAYS or kwargs or len(dtypes) != 1 or not dtypes <= set(_FLOATS):
            return plan
        (dtype,) = dtypes
        if out not in (dtype, np.bool_):
            return plan
        return ufunc, tuple([self._array(x, dtype) for x in args]), kwargs

    def _array(self, x: Any, dtype: Any) -> Any:
        if type(x) not in (int, float) or not (math.isinf(x) or abs(x) <= np.finfo(dtype).max):
            return x
        return self.numbers.setdefault((repr(x), dtype), np.array(x, dtype))


def in_place(call: Call) -> tuple[Any, tuple[Any, ...], Any]:
    """The ufunc, operands and target of a call that changes an array."""
    out = call.kwargs.get("out")
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if call.kind == "function" and isinstance(call.fn, np.ufunc) and type(out) is Var and len(call.kwargs) == 1:
        return call.fn, call.args, out
    if call.kind == "in place" and type(call.args[0]) is Var:
        plain = IN_PLACE.get(call.fn)
        return (None, (), None) if plain is None else (BINARY[plain][1], call.args, call.args[0])
    return None, (), None


def is_product_by_dot(call: Call) -> bool:
    """Whether `numpy.dot` gives the bits of a product of two small whole matrices."""
    if len(call.args) != 2 or any(type(x) is not Var or not isinstance(x.example, np.ndarray) for x in call.args):
        return False
    x, y = (var.example for var in call.args)
    if not (_is_whole(x) and _is_whole(y) and x.dtype == y.dtype and x.dtype in _FLOATS):
        return False
    with np.errstate(all="ignore"):
        return bool(np.dot(x, y).tobytes() == np.matmul(x, y).tobytes())


def _is_whole(x: Any) -> bool:
    small = x.ndim == 2 and min(x.shape) > 1 and x.size <= _SMALL
    return bool(small and (x.flags.c_contiguous or x.flags.f_contiguous))
