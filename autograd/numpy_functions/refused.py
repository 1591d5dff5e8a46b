"""NumPy functions that are refused for Tensors, each with its reason and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import NotDifferentiable
from autograd.protocol import UFUNCS, implements

FILL = "it writes into its argument. For np.full write np.broadcast_to(t, shape), else t.at[index].set(value)"
IN_PLACE = "it writes into its argument. Use t.at[index].set(value) or .add(value), which return a new Tensor"
COMPLEX = "its result is complex. Work with real and imaginary parts, or with a symmetric matrix (eigh, eigvalsh)"
PIECES = "NumPy calls the given function on plain parts of the array. Write it with whole-array functions"
FILES = "it writes plain numbers to a file. Pass t.numpy()"

REFUSED: dict[Callable[..., Any], str] = {
    **dict.fromkeys((np.linalg.eig, np.linalg.eigvals, np.roots, np.sort_complex), COMPLEX),
    **dict.fromkeys((np.apply_along_axis,), PIECES),
    np.copyto: FILL,
    **dict.fromkeys((np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask), IN_PLACE),
    **dict.fromkeys((np.save, np.savetxt, np.savez, np.savez_compressed), FILES),
}


def _refuse(function: Callable[..., Any], reason: str) -> None:
    name = f"{function.__module__}.{function.__name__}"

    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotDifferentiable(f"{name} is not differentiable: {reason}.")

    call.__name__ = function.__name__
    implements(function, status="refused")(call)


for refused_function, why in REFUSED.items():
    _refuse(refused_function, why)


def _refuse_at(ufunc: np.ufunc) -> None:
    def at(*args: Any, **kwargs: Any) -> Any:
        raise NotDifferentiable(f"numpy.{ufunc.__name__}.at is not differentiable: {IN_PLACE}.")

    UFUNCS[ufunc, "at"] = at


for _ufunc in {f for f in vars(np).values() if isinstance(f, np.ufunc)}:
    _refuse_at(_ufunc)
