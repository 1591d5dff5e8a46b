"""NumPy functions without gradient: refused ones, with a reason and a remedy, and those whose results are constant."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.tensor import constant
from autograd.errors import NotDifferentiable
from autograd.numpy_functions.arguments import plain
from autograd.numpy_functions.protocol import UFUNCS, implements, named, values_of

# The results are complex numbers, which have no gradient here.
COMPLEX = "its result is complex. Work with real and imaginary parts, or with a symmetric matrix (eigh, eigvalsh)"
ZEROS = "the zeros of a matrix are its eigenvalues, which may be complex. Pass the zeros themselves"

PIECES = "NumPy calls the given function on plain pieces of the array. Write it with whole-array functions"

# Operations that give no result, but change an argument. The graph may need its old value.
FILL = "it writes into its argument. For np.full write np.broadcast_to(t, shape), otherwise t.at[index].set(value)"
IN_PLACE = "it writes into its argument. Use t.at[index].set(value) or .add(value), which return a new Tensor"
FILES = "it writes plain numbers to a file. Pass t.numpy()"

# What is left open by the definition, so that it depends on how LAPACK happens to work.
BASIS = "the extra columns are an arbitrary basis of the remaining space"
REFLECTORS = "Householder reflectors are an internal format of LAPACK. Use mode='reduced'"
UNDEFINED = "the padded values are undefined"

RANK = "the solution jumps where the rank changes. Add a small multiple of the identity (ridge), or drop columns"
EDGES = "the counts jump when an edge passes a number. Pass edges.numpy() for plain edges"

REFUSED: dict[Callable[..., Any], str] = {
    **dict.fromkeys((np.linalg.eig, np.linalg.eigvals, np.roots, np.sort_complex), COMPLEX),
    **dict.fromkeys((np.apply_along_axis,), PIECES),
    np.copyto: FILL,
    **dict.fromkeys((np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask), IN_PLACE),
    **dict.fromkeys((np.save, np.savetxt, np.savez, np.savez_compressed), FILES),
}


def refusal(call: str, reason: str) -> NotDifferentiable:
    """The error for a function, or for an option of one."""
    return NotDifferentiable(f"{call} is not differentiable: {reason}.")


def _refusing(name: str, reason: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise refusal(name, reason)

    return call


for _function, _reason in REFUSED.items():
    implements(_function, status="refused")(_refusing(f"{_function.__module__}.{_function.__name__}", _reason))
for _ufunc in {f for f in vars(np).values() if isinstance(f, np.ufunc)}:
    UFUNCS[_ufunc, "at"] = _refusing(f"numpy.{_ufunc.__name__}.at", IN_PLACE)


def on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the values of Tensors: numbers are returned as a Tensor without gradient, all else unchanged."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*map(values_of, args), **{key: values_of(value) for key, value in kwargs.items()})
        is_number = isinstance(result, np.ndarray | np.generic) and result.dtype.kind == "f"
        return constant(result) if is_number else result

    call.__name__ = function.__name__
    return call


# Functions whose result does not change when the numbers change slightly: tests, positions, counts, kinds, text.
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
implements(np.round, np.around, status="constant")(
    lambda a, decimals=0, out=None: constant(np.round(plain(a), decimals))
)
