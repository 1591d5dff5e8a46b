# Written by docs/make_stubs.py, for editors and type checkers.

from collections.abc import Sequence
from typing import Any

from hypothesis.strategies import SearchStrategy
from numpy.typing import DTypeLike, NDArray

# fmt: off
def broadcastable_pairs(
    *, low: float = -2.0, high: float = 2.0, dtype: DTypeLike = ..., **limits: Any,
) -> SearchStrategy[tuple[NDArray[Any], NDArray[Any]]]: ...
def broadcastable_shapes(
    number: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4,
) -> SearchStrategy[tuple[tuple[int, ...], ...]]: ...
def kink_free_arrays(
    shape: Any = None, *, low: float = -2.0, high: float = 2.0, kinks: Sequence[float] = ..., margin: float =
    0.05, dtype: DTypeLike = ...,
) -> SearchStrategy[NDArray[Any]]: ...
def shapes(
    *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4,
) -> SearchStrategy[tuple[int, ...]]: ...
