"""Which numbers are compared: the directions that inputs are moved along, and the combinations of output entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from autograd.gradcheck.problem import Array, Variable


class Limits(NamedTuple):
    """How much is compared.

    Inputs are checked entry by entry, the smallest first, while all together have at most ``entries``; each larger one
    along random ``directions``. An output with at most ``output_entries`` is checked entry by entry, a larger one in
    random ``combinations``. ``own``: along a direction no entry moves by more than its own size, so that none leaves
    the domain of a function such as log.
    """

    entries: int = 200
    directions: int = 8
    output_entries: int = 32
    combinations: int = 2
    own: bool = False


@dataclass(slots=True, eq=False)
class Column:
    """A direction of one input: one entry in units of its size, or all entries by random multiples of theirs.

    ``index`` counts in the flattened input and is None for a random direction; ``weights`` belong to the entry alone,
    or to every entry. ``reach`` and ``fine`` are as in `differences.ladder`.
    """

    input: int
    index: int | None
    weights: Array
    reach: float = 1.0
    fine: float = 1.0

    def move(self, value: Array, t: float) -> Array:
        """The input, moved by t along this direction."""
        if self.index is None:
            return value + t * self.weights
        moved = value.copy()
        moved.flat[self.index] += t * self.weights
        return moved

    def along(self, gradient: Array) -> float:
        """The directional derivative that a gradient stands for."""
        if self.index is not None:
            return float(gradient.flat[self.index] * self.weights)
        return float(np.vdot(gradient, self.weights))

    @property
    def norm(self) -> float:
        """The length of the direction."""
        return float(np.sqrt(np.vdot(self.weights, self.weights)))


@dataclass(slots=True, eq=False)
class Weights:
    """The numbers that are compared of one output: its entries, or a few random combinations of them."""

    shape: tuple[int, ...]
    combinations: Array | None

    def __len__(self) -> int:
        return int(np.prod(self.shape)) if self.combinations is None else len(self.combinations)

    def rows(self, value: Array) -> Array:
        """The numbers that are compared of an output."""
        flat = value.reshape(-1)
        rows: Array = flat if self.combinations is None else self.combinations @ flat
        return rows

    def sizes(self, value: Array) -> Array:
        """The size of the terms of each row, whether or not their sum cancels."""
        flat = np.abs(value.reshape(-1))
        if self.combinations is None:
            return flat
        largest = float(np.max(flat, initial=0.0)) or 1.0  # so that no square overflows
        sizes: Array = largest * np.sqrt(np.square(self.combinations) @ np.square(flat / largest))
        return sizes

    def seed(self, row: int) -> Array:
        """The gradient of one row with respect to the output."""
        seed = np.zeros(self.shape)
        if self.combinations is None:
            seed.flat[row] = 1.0
        else:
            seed.flat[:] = self.combinations[row]
        return seed

    def index(self, row: int) -> tuple[int, ...] | None:
        """The entry that a row stands for; None for a combination of all."""
        return None if self.combinations is not None else tuple(map(int, np.unravel_index(row, self.shape)))


def sizes_of(value: Array) -> Array:
    """The scale of an entry's steps: its own size, but at least a sixteenth of the usual size of its neighbours."""
    sizes: Array = np.abs(value)
    largest = float(np.max(sizes, initial=0.0))
    if not largest:
        return np.ones_like(sizes)
    usual = largest * float(np.sqrt(np.mean(np.square(sizes / largest))))
    return np.maximum(sizes, usual / 16)


def entry(number: int, value: Array, index: int) -> Column:
    """One entry of an input as a direction."""
    size = sizes_of(value).reshape(-1)[index]
    own = abs(float(value.reshape(-1)[index]))
    return Column(number, index, np.asarray(size), reach=1 / size, fine=own / size if own else 1.0)


def direction(
    number: int, value: Array, random: np.random.Generator, among: Array | None = None, own: bool = False
) -> Column:
    """A random direction of all entries of an input, or of the entries where ``among`` is true."""
    sizes = sizes_of(value)
    if own:
        sizes = np.where(value == 0, sizes, np.abs(value))
    signs = np.where(random.random(value.shape) < 0.5, -1.0, 1.0)
    weights = signs * random.uniform(0.5, 1.5, value.shape) * sizes
    if among is not None:
        weights = np.where(among, weights, 0.0)
    return Column(number, None, weights, reach=1 / float(np.max(sizes)))


def columns_of(inputs: Sequence[Variable], limits: Limits) -> list[list[Column]]:
    """The directions for each input."""
    random = np.random.default_rng(0)
    plan: list[list[Column]] = [[] for _ in inputs]
    left = limits.entries
    for number in sorted(range(len(inputs)), key=lambda i: (inputs[i].value.size, i)):
        value = inputs[number].value
        if value.size <= left:
            left -= value.size
            plan[number] = [entry(number, value, index) for index in range(value.size)]
        else:
            left = 0
            count = min(limits.directions, value.size)
            plan[number] = [direction(number, value, random, own=limits.own) for _ in range(count)]
    return plan


def weights_of(outputs: Sequence[Variable], limits: Limits) -> list[Weights]:
    """The rows for each output."""
    random = np.random.default_rng(1)
    plan = []
    for output in outputs:
        size = output.value.size
        if size <= limits.output_entries:
            plan.append(Weights(output.value.shape, None))
        else:
            shape = limits.combinations, size
            signs = np.where(random.random(shape) < 0.5, -1.0, 1.0)
            plan.append(Weights(output.value.shape, signs * random.uniform(0.5, 1.5, shape)))
    return plan
