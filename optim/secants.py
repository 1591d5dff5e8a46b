"""The curvature estimate of L-BFGS from the last steps, and the resulting direction, as matrix products."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]


class Secants:
    """The last steps s, the changes y of the gradient along them and 1 / (y·s), at most ``size``, the oldest first.

    The three lists passed in are kept up to date. To resume bit for bit, pass ``added``, the number of pairs ever
    added, and ``inverse``, R⁻¹ in row order (docs/design.md).
    """

    def __init__(
        self, changes: list[Vector], steps: list[Vector], ro: list[float], size: int, added: int = 0,
        inverse: NDArray[Any] | None = None,
    ) -> None:  # fmt: skip
        self.changes, self.steps, self.ro, self.size = changes, steps, ro, size
        self.added: int = 0
        self._matrices: list[NDArray[Any]] = [np.zeros((0, 0))] * 3  # Y, S and R⁻¹, with room for more
        pairs = list(zip(changes, steps, ro, strict=True))[-size:]
        del changes[:], steps[:], ro[:]
        if inverse is not None and added > size:
            self.added = added - size
            self._enlarge(size, pairs[0][0])
        for y, s, r in pairs:
            self.add(y, s, 1.0 / r)
        if inverse is not None:
            self.inverse[...] = inverse

    def __reduce__(self) -> tuple[Any, ...]:
        return Secants, (self.changes, self.steps, self.ro, self.size, self.added, self.inverse)

    @property
    def inverse(self) -> NDArray[Any]:
        """R⁻¹ in the order in which the pairs are stored."""
        count = len(self.ro)
        return self._matrices[2][:count, :count]

    def are_of(self, changes: list[Vector], steps: list[Vector], ro: list[float], size: int) -> bool:
        """Whether the pairs are those of these lists, which nothing else has changed."""
        mine = changes is self.changes and steps is self.steps and ro is self.ro and size == self.size
        return mine and len(changes) == len(steps) == len(ro) == min(self.added, size)

    def add(self, y: Vector, s: Vector, product: float) -> None:
        """Record the change y along a step s, with ``product`` y·s, and drop the oldest pair if there are too many."""
        place = self.added % self.size
        if place >= len(self._matrices[2]):
            self._enlarge(min(self.size, max(8, 2 * place)), y)
        ys, steps, inverse = self._used(min(self.added + 1, self.size))
        ys[place], steps[place], inverse[place] = y, s, 0.0
        inverse[:, place] = inverse.dot(steps.dot(y)) / -product
        inverse[place, place] = 1.0 / product
        self.added += 1
        self.changes.append(ys[place])
        self.steps.append(steps[place])
        self.ro.append(1.0 / product)
        del self.changes[: -self.size], self.steps[: -self.size], self.ro[: -self.size]

    def direction(self, g: Vector, scale: float) -> Vector:
        """−H·g, where the pairs correct H from ``scale`` times the identity."""
        if not self.ro:
            return -scale * g
        ys, steps, inverse = self._used(len(self.ro))
        shares = inverse.dot(steps.dot(g))
        d: Vector = scale * (shares.dot(ys) - g)
        d -= (shares / inverse.diagonal() + ys.dot(d)).dot(inverse).dot(steps)
        return d

    def _used(self, count: int) -> Sequence[NDArray[Any]]:
        ys, steps, inverse = self._matrices
        if count == len(inverse):
            return self._matrices
        return ys[:count], steps[:count], inverse[:count, :count]

    def _enlarge(self, room: int, y: Vector) -> None:
        """Make room for ``room`` pairs, in one matrix after the other to save memory."""
        count = len(self.ro)
        histories: list[list[Vector]] = [self.changes, self.steps, []]
        for i, shape in enumerate([(room, y.size), (room, y.size), (room, room)]):
            smaller, larger = self._matrices[i], np.zeros(shape, y.dtype)
            larger[:count, : smaller.shape[1]] = smaller[:count]
            self._matrices[i] = larger
            histories[i][:] = larger[:count]
