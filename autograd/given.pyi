# The types of facts about an op, for type checkers: autograd/facts.py explains them.

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from autograd.arrays import Shape
from autograd.facts import Kind
from autograd.hazards import Hazards

Index = tuple[int, ...]
Slope = str | Callable[[Index, Index, Mapping[str, Any]], str | None] | None
Matrix = Callable[[int, Sequence[int], Mapping[str, Any]], str | None]
Cost = Callable[[list[Shape], Shape, Mapping[str, Any]], int]
Range = tuple[float, float]

class Given(TypedDict, total=False):
    """The facts that a user's op can have: those of `Facts`."""

    kind: Kind
    slope: Slope | tuple[Slope, ...]
    matrix: str | tuple[str | None, ...] | Matrix | None
    symbol: str
    cost: Cost
    units: int
    range: Range | Callable[..., Range | None]
    rounding: float
    hazards: Hazards
