"""Functions whose result does not change when the numbers change a little: tests, positions, counts, kinds, text.

They look at the values and give plain arrays (positions, truth, counts) or Tensors without gradient (numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import NotDifferentiable
from autograd.numpy_functions.selection import plain
from autograd.protocol import implements
from autograd.tensor import Tensor, constant

__autograd_transparent__ = True


def values_of(argument: Any) -> Any:
    """An argument with Tensors replaced by their values, in lists and tuples too."""
    if isinstance(argument, Tensor):
        return argument.data
    if isinstance(argument, list | tuple) and any(isinstance(part, Tensor) for part in argument):
        return type(argument)(values_of(part) for part in argument)
    return argument


def _on_values(function: Callable[..., Any], wrap: Callable[[Any], Any] | None = None) -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*map(values_of, args), **{key: values_of(value) for key, value in kwargs.items()})
        return wrap(result) if wrap else result

    call.__name__ = function.__name__
    implements(function, status="constant")(call)


PLAIN_RESULTS = (
    *(np.argpartition, np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize),
    *(np.nanargmax, np.nanargmin, np.lexsort, np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin),
    *(np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj, np.isneginf, np.isposinf, np.size, np.shape, np.ndim),
    *(np.result_type, np.can_cast, np.common_type, np.min_scalar_type, np.may_share_memory, np.shares_memory),
    *(np.array2string, np.array_repr, np.array_str, np.tril_indices_from, np.triu_indices_from),
    *(np.diag_indices_from, np.ix_, np.einsum_path, np.linalg.matrix_rank, np.unique_all, np.unique_counts),
    *(np.unique_inverse,),
)
NUMBERS = (np.zeros_like, np.ones_like, np.empty_like, np.fix, np.imag, np.angle)

for plain_function in PLAIN_RESULTS:
    _on_values(plain_function)
for number_function in NUMBERS:
    _on_values(number_function, constant)


# --- histograms: counts of the data; edges are positions, weights and edges have no gradient ---------------------


def _histogram(function: Callable[..., Any]) -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        beside_data = {"bins": args[1] if len(args) > 1 else None, **kwargs}
        for name, value in beside_data.items():
            parts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(part, Tensor) and part.requires_grad for part in parts) and name not in ("a", "x", "y"):
                raise NotDifferentiable(
                    f"numpy.{function.__name__} has no derivative with respect to its {name}: counts jump. Pass "
                    f"{name}.numpy() for plain {name}."
                )
        return function(*map(values_of, args), **{key: values_of(value) for key, value in kwargs.items()})

    call.__name__ = function.__name__
    implements(function, status="constant")(call)


for histogram in (np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges):
    _histogram(histogram)


@implements(np.round, np.around, status="constant")
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    return constant(np.round(plain(a), decimals))
