"""The defaults of layers: the dtype of new parameters and the random number generator.

Both are global settings, for scripts and notebooks. Code that must be reproducible passes ``dtype=`` and ``rng=``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from autograd.recording import RECORDER

__all__ = ["get_default_dtype", "manual_seed", "set_default_dtype"]

# A generator, a seed for a fresh one, or the default generator. In quotes, because naming it would import numpy.random,
# which takes longer than all of this package.
Randomness: TypeAlias = "np.random.Generator | int | None"

_dtype: np.dtype[Any] = np.dtype(np.float32)
_generator: np.random.Generator | None = None  # made at its first use


def manual_seed(seed: int) -> None:
    """Seed the default random number generator, so that every run draws the same numbers.

    Layers, shuffles and splits that are not given a generator draw from it.

    >>> import nn
    >>> nn.manual_seed(0)
    >>> first = nn.Linear(3, 2)
    >>> nn.manual_seed(0)
    >>> bool((first.weight.data == nn.Linear(3, 2).weight.data).all())
    True
    """
    global _generator
    _generator = np.random.default_rng(seed)
    if (recorder := RECORDER.get()) is not None:
        recorder.refuse("nn.manual_seed seeds the default generator")


def generator(rng: Randomness = None) -> np.random.Generator:
    """The generator that an ``rng`` or ``seed`` argument stands for."""
    global _generator
    if rng is not None:
        return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)
    if _generator is None:
        _generator = np.random.default_rng()
    recorder = RECORDER.get()
    return _generator if recorder is None else recorder.default_generator(generator)


def set_default_dtype(dtype: DTypeLike) -> None:
    """Set the dtype of parameters made from now on; initially it is float32.

    Raises TypeError unless the dtype is a real floating-point type.

    >>> import nn
    >>> nn.set_default_dtype("float64")
    >>> nn.Linear(3, 2).weight.dtype
    dtype('float64')
    >>> nn.set_default_dtype("float32")
    """
    global _dtype
    _dtype = parameter_dtype(dtype)


def get_default_dtype() -> np.dtype[Any]:
    """Return the dtype of parameters made without ``dtype=``.

    >>> import nn
    >>> nn.get_default_dtype()
    dtype('float32')
    """
    return _dtype


def parameter_dtype(dtype: DTypeLike | None = None) -> np.dtype[Any]:
    """The dtype that a ``dtype`` argument stands for, which must be a real floating-point type."""
    if dtype is None:
        return _dtype
    found = np.dtype(dtype)
    if found.kind != "f":
        raise TypeError(f"parameters must have a real floating-point dtype such as float32, not {found}.")
    return found
