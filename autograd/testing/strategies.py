"""Strategies for Hypothesis: shapes, shapes that broadcast together, and values away from kinks and ties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.arrays import Shape, is_real_floating


def shapes(*, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> Any:
    """A strategy for the shapes of arrays. ``min_side=0`` includes empty ones.

    Raises ImportError without Hypothesis (all four functions of this module do).

    >>> from autograd.testing import shapes
    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 2)
    (1, 1)
    """
    _, arrays = _hypothesis()
    return arrays.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(
    number: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4
) -> Any:
    """A strategy for tuples of shapes that broadcast together, by NumPy's rules; pairs by default.

    >>> from autograd.testing import broadcastable_shapes
    >>> from hypothesis import find
    >>> find(broadcastable_shapes(), lambda pair: len(pair[0]) > len(pair[1]))
    ((1,), ())
    """
    _, arrays = _hypothesis()
    together = arrays.mutually_broadcastable_shapes(
        num_shapes=number, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return together.map(lambda found: found.input_shapes)


def broadcastable_pairs(*, low: float = -2.0, high: float = 2.0, dtype: DTypeLike = np.float64, **limits: Any) -> Any:
    """A strategy for pairs of arrays that broadcast together, with values as in `kink_free_arrays`, all different.

    No two entries are equal, so that ``np.maximum`` has a derivative. ``limits`` are those of `broadcastable_shapes`.

    >>> import numpy as np
    >>> from hypothesis import given
    >>> from autograd import gradcheck
    >>> from autograd.testing import broadcastable_pairs
    >>> @given(broadcastable_pairs())
    ... def test_maximum(pair):
    ...     assert gradcheck(np.maximum, *pair)
    """

    def split(pair: tuple[Shape, Shape]) -> Any:
        cut = math.prod(pair[0])
        flat = kink_free_arrays((cut + math.prod(pair[1]),), low=low, high=high, dtype=dtype)
        return flat.map(lambda x: (x[:cut].reshape(pair[0]), x[cut:].reshape(pair[1])))

    return broadcastable_shapes(2, **limits).flatmap(split)


def kink_free_arrays(
    shape: Any = None, *, low: float = -2.0, high: float = 2.0, kinks: Sequence[float] = (0.0,), margin: float = 0.05,
    dtype: DTypeLike = np.float64,
) -> Any:  # fmt: skip
    """A strategy for arrays at which functions such as ``abs``, ``relu``, ``max`` and ``sort`` have a derivative.

    The values lie between ``low`` and ``high``, at least ``margin`` away from each of the ``kinks``. There are no ties:
    the allowed part of the interval is divided into equal shares, one per value, and any two values are at least half a
    share apart. ``shape`` is a shape or a strategy for shapes, by default `shapes`. The order of the values is random;
    Hypothesis shrinks only the shape.

    Raises ValueError if the kinks leave no room, TypeError for a dtype that is not real floating-point.

    >>> import numpy as np
    >>> from hypothesis import given
    >>> from autograd.testing import kink_free_arrays
    >>> @given(kink_free_arrays((3, 4), kinks=(-1.0, 1.0), margin=0.1))
    ... def test_values(x):
    ...     assert np.all(abs(abs(x) - 1.0) >= 0.1)
    ...     assert len(np.unique(x)) == 12
    >>> test_values()
    """
    strategies, _ = _hypothesis()
    if not is_real_floating(np.dtype(dtype)):
        raise TypeError(f"only real floating-point numbers have derivatives, but dtype is {np.dtype(dtype)}.")
    pieces = _allowed(low, high, kinks, margin)
    if shape is None:
        shape = shapes()
    elif isinstance(shape, int | tuple):
        shape = strategies.just((shape,) if isinstance(shape, int) else shape)
    seeds = strategies.integers(0, 2**32 - 1)
    return strategies.tuples(shape, seeds).map(lambda drawn: _spread(drawn[0], drawn[1], pieces).astype(dtype))


def _allowed(low: float, high: float, kinks: Sequence[float], margin: float) -> NDArray[Any]:
    """The parts of an interval away from the kinks, as rows of start and end."""
    if not margin >= 0.0:
        raise ValueError(f"margin must be a distance of at least 0, not {margin!r}.")
    pieces, start = [], float(low)
    for kink in sorted(kinks):
        pieces.append((start, min(kink - margin, high)))
        start = max(start, kink + margin)
    pieces.append((start, float(high)))
    pieces = [(a, b) for a, b in pieces if a < b]
    if not pieces:
        raise ValueError(
            f"no value between {low} and {high} is {margin} away from the kinks {tuple(kinks)}: make margin smaller."
        )
    return np.array(pieces)


def _spread(shape: Shape, seed: int, pieces: NDArray[Any]) -> NDArray[Any]:
    """Random values in random order, one in the middle half of each of equal shares of the allowed pieces."""
    random = np.random.default_rng(seed)
    count = math.prod(shape)
    lengths = pieces[:, 1] - pieces[:, 0]
    ends = np.cumsum(lengths)
    along = (random.permutation(count) + random.uniform(0.25, 0.75, count)) * ends[-1] / max(count, 1)
    piece = np.minimum(np.searchsorted(ends, along, side="right"), len(ends) - 1)
    return np.asarray(pieces[piece, 0] + along - (ends - lengths)[piece]).reshape(shape)


def _hypothesis() -> tuple[Any, Any]:
    try:
        from hypothesis import strategies
        from hypothesis.extra import numpy as arrays
    except ImportError as error:
        raise ImportError(
            "the strategies of autograd.testing need Hypothesis, which is not installed: pip install hypothesis "
            "(the extra 'test')."
        ) from error
    return strategies, arrays
