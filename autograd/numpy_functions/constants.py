"""Functions whose result does not change when the numbers change slightly: tests, positions, counts, kinds, text."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.tensor import constant
from autograd.numpy_functions.arguments import plain
from autograd.numpy_functions.protocol import implements, named, values_of


def on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the values of Tensors: numbers are returned as a Tensor without gradient, all else unchanged."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*map(values_of, args), **{key: values_of(value) for key, value in kwargs.items()})
        is_number = isinstance(result, np.ndarray | np.generic) and result.dtype.kind == "f"
        return constant(result) if is_number else result

    call.__name__ = function.__name__
    return call


PLAIN_RESULTS: tuple[Callable[..., Any], ...] = (
    *(np.argpartition, np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize),
    *(np.nanargmax, np.nanargmin, np.lexsort, np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin),
    *(np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj, np.isneginf, np.isposinf, np.size, np.shape, np.ndim),
    *(np.result_type, np.can_cast, np.common_type, np.min_scalar_type, np.may_share_memory, np.shares_memory),
    *(np.array2string, np.array_repr, np.array_str, np.tril_indices_from, np.triu_indices_from),
    *(np.any, np.all, np.diag_indices_from, np.isfortran, np.ix_, np.einsum_path, np.linalg.matrix_rank),
    *named("in1d"),
)
NUMBERS: tuple[Callable[..., Any], ...] = (np.zeros_like, np.ones_like, np.empty_like, np.imag, np.angle, *named("fix"))

for _function in (*PLAIN_RESULTS, *NUMBERS):
    implements(_function, status="constant")(on_values(_function))


@implements(np.round, np.around, status="constant")
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    return constant(np.round(plain(a), decimals))
