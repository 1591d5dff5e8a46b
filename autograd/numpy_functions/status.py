"""What becomes of every public callable of NumPy when it meets a Tensor: one of five statuses.

- *differentiable*: the result is a Tensor with a gradient, to any order;
- *constant*: the result does not change with small changes of the numbers: plain arrays, or Tensors without gradient;
- *refused*: raises `NotDifferentiable` with the name and the reason;
- *not dispatchable*: NumPy does not ask us; it ends in our error that names the way to write it;
- *no array*: takes no array that could have a gradient.

The first three are known where a function is registered (the op table, `autograd.numpy_functions`); the last two are
listed here. `tests/coverage` walks the installed NumPy and executes each status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd.numpy_functions.protocol import STATUS
from autograd.remedies import INSTEAD

# The newest NumPy whose names have all been looked at; what a newer one adds is reported by the tests, not failed. The
# oldest is the one that pyproject.toml asks for.
NEWEST_NUMPY = "2.5"
SINCE: dict[str, str] = {}  # the first NumPy with this name, where that is not the oldest
UNTIL = {"in1d": "2.3", "row_stack": "2.4", "trapz": "2.3"}  # the last NumPy with this name
OF_THE_PLATFORM = frozenset({"float96", "float128", "complex192", "complex256"})  # what its long double is called

_STACK = "np.stack or np.concatenate to build an array of Tensors, t.numpy() for plain values"
_VALUES = "t.numpy() for plain values"
_ASSEMBLE = "array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray fromiter require"
_TAKE_VALUES = """
    from_dlpack nested_iters format_float_positional format_float_scientific cdouble clongdouble csingle complex64
    complex128 complex192 complex256 object_ void bytes_
"""

# Name: what to write instead.
NOT_DISPATCHABLE: dict[str, str] = {
    **dict.fromkeys(_ASSEMBLE.split(), _STACK),
    **dict.fromkeys(_TAKE_VALUES.split(), _VALUES),
    **INSTEAD,
}

_INTEGERS = """
    bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
    gcd invert isnat lcm left_shift right_shift busday_count busday_offset datetime_as_string is_busday packbits
    ravel_multi_index unpackbits unravel_index
"""
_TYPES = """
    busdaycalendar character complexfloating datetime64 dtype errstate finfo flatiter flexible floating generic iinfo
    inexact integer memmap ndarray ndindex number recarray record signedinteger str_ timedelta64 ufunc unsignedinteger
    linalg.LinAlgError
"""
_OTHERS = """
    bartlett base_repr binary_repr blackman broadcast_shapes datetime_data diag_indices empty eye frombuffer fromfile
    fromfunction frompyfunc fromregex fromstring genfromtxt get_include get_printoptions getbufsize geterr geterrcall
    hamming hanning identity indices info isdtype isscalar issubdtype iterable load loadtxt mask_indices mintypecode
    ones printoptions promote_types set_printoptions setbufsize seterr seterrcall show_config show_runtime test tri
    tril_indices triu_indices typename zeros linalg.test
"""
NO_ARRAY: frozenset[str] = frozenset(f"{_INTEGERS} {_TYPES} {_OTHERS}".split())


def numpy_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public callable of ``numpy`` and ``numpy.linalg`` by name (the latter as ``linalg.name``)."""
    for module, prefix in ((np, ""), (np.linalg, "linalg.")):
        for name in sorted(dir(module)):
            if not name.startswith("_") and callable(getattr(module, name)):
                yield prefix + name, getattr(module, name)


def status_of(name: str, function: Callable[..., Any]) -> str | None:
    """The status of a NumPy callable; None when nobody has given it one.

    >>> import numpy as np
    >>> from autograd.numpy_functions.status import status_of
    >>> status_of("sin", np.sin), status_of("argmax", np.argmax), status_of("array", np.array)
    ('differentiable', 'constant', 'not dispatchable')
    """
    if name in NOT_DISPATCHABLE:
        return "not dispatchable"
    if name in NO_ARRAY:
        return "no array"
    return STATUS.get(function)
