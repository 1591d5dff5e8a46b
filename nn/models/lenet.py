"""LeNet 1989, the first of the convolutional networks called LeNet, which read handwritten zip codes."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import OperandError, Tensor
from autograd.ops.index import scatter as _scatter, set_at as _set_at
from nn.arguments import floating
from nn.defaults import Randomness, generator, parameter_dtype
from nn.functional import conv2d
from nn.layers import Linear
from nn.module import Module, Parameter

_BACKGROUND = -1.0  # what units at the border see beyond it


class FeatureMaps(Module):
    """Feature maps as in LeNet 1989: 5x5 kernels at every second pixel, shared within a map, and a bias per unit.

    ``z[n, o, p] = bias[o, p] + sum_ck weight[o, c, k] x[n, table[o, c], 2 p + k]``: map o sees the input maps listed
    in its row of ``table``. The input is padded with a background of -1. Inputs have shape (N, C, H, W), ``weight``
    (maps, inputs of a map, 5, 5), ``bias`` (maps, H / 2, W / 2), outputs (N, maps, H / 2, W / 2), rounded up. Weights
    are drawn uniformly within ±2.4 / inputs of a unit; biases start at 0.

    Raises ValueError if rows of the table differ in length, repeat an input map, or name one that does not exist, and
    OperandError if the input has a wrong shape.

    >>> import numpy as np
    >>> from nn.models import FeatureMaps
    >>> maps = FeatureMaps(2, (8, 8), [[0], [1], [0]])
    >>> maps(np.zeros((1, 2, 8, 8), "float32")).shape, maps.connections
    ((1, 3, 4, 4), 1248)
    """

    def __init__(
        self, in_maps: int, size: tuple[int, int], table: Sequence[Sequence[int]], *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.in_maps = in_maps
        self.table: NDArray[np.int64] = _table(table, in_maps)
        maps, inputs = self.table.shape
        self.size: tuple[int, ...] = tuple(size)
        kind, rng = parameter_dtype(dtype), generator(rng)
        bound = 2.4 / (inputs * 25)
        self.weight: Parameter = Parameter(rng.uniform(-bound, bound, (maps, inputs, 5, 5)).astype(kind))
        self.bias: Parameter = Parameter(np.zeros((maps, *(-(-n // 2) for n in size)), kind))

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.weight)
        if x.shape[1:] != (self.in_maps, *self.size):
            wanted = ", ".join(map(str, ("N", self.in_maps, *self.size)))
            raise OperandError(f"FeatureMaps needs an input of shape ({wanted}), not {x.shape}.")
        background = np.full((*x.shape[:2], *(n + 4 for n in self.size)), _BACKGROUND, x.dtype)
        x = _set_at(background, x, index=(..., slice(2, -2), slice(2, -2)))
        return conv2d(x, self._whole_weight(), stride=2) + self.bias

    def _whole_weight(self) -> Any:
        """The kernels for all input maps, zero for those that the table does not list."""
        maps = len(self.table)
        if np.array_equal(self.table, np.broadcast_to(np.arange(self.in_maps), (maps, self.in_maps))):
            return self.weight
        rows = np.arange(maps)[:, None]
        return _scatter(self.weight, index=(rows, self.table), shape=(maps, self.in_maps, 5, 5))

    @property
    def connections(self) -> int:
        """The number of connections: the inputs of every unit, plus its bias."""
        return self.bias.size * (prod(self.weight.shape[1:]) + 1)

    def extra_repr(self) -> str:
        maps, inputs = self.table.shape
        return f"{self.in_maps}, {maps}, inputs per map={inputs}, size={self.size}"


class LeNet1989(Module):
    """The 1989 network for handwritten digits of 16x16 pixels with values between -1 (paper) and 1 (ink).

    H1: 12 maps of 8x8 units, each seeing 5x5 pixels; H2: 12 maps of 4x4 units, each seeing 5x5 units in 8 of the 12
    maps of H1; H3: 30 units that see all of H2; then 10 outputs, one per digit. ``tanh`` follows each layer. Inputs
    have shape (N, 1, 16, 16) or (N, 16, 16), outputs (N, 10) with values between -1 and 1; the target is 1 for the
    right digit and -1 for the others. The 64,660 connections share 9,760 parameters.

    The paper does not say which 8 maps each map of H2 sees; ``table`` chooses them, in 12 rows of 8 numbers. By
    default the maps of H1 form three groups of four, and each third of H2 omits one of the groups.

    Source: Y. LeCun, B. Boser, J. S. Denker, D. Henderson, R. E. Howard, W. Hubbard and L. D. Jackel (1989),
    Backpropagation Applied to Handwritten Zip Code Recognition, Neural Computation 1(4), which scales its tanh.

    >>> import numpy as np
    >>> import nn
    >>> model = nn.models.LeNet1989(rng=0)
    >>> model(-np.ones((3, 1, 16, 16), "float32")).shape
    (3, 10)
    >>> sum(p.size for p in model.parameters()), model.connections
    (9760, 64660)
    """

    def __init__(
        self, table: Sequence[Sequence[int]] | None = None, *, dtype: DTypeLike | None = None, rng: Randomness = None
    ) -> None:
        rng = generator(rng)
        everything = [[0]] * 12
        self.h1: FeatureMaps = FeatureMaps(1, (16, 16), everything, dtype=dtype, rng=rng)
        self.h2: FeatureMaps = FeatureMaps(12, (8, 8), _thirds() if table is None else table, dtype=dtype, rng=rng)
        self.h3: Linear = _small(Linear(self.h2.bias.size, 30, dtype=dtype, rng=rng), rng)
        self.output: Linear = _small(Linear(30, 10, dtype=dtype, rng=rng), rng)

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.h1.weight)
        h1 = self.h1(x if x.ndim == 4 else x[:, None]).tanh()
        h2 = self.h2(h1).tanh()
        h3 = self.h3(h2.reshape((h2.shape[0], self.h2.bias.size))).tanh()
        return self.output(h3).tanh()

    @property
    def connections(self) -> int:
        """The number of connections between units, counting each bias as one."""
        dense = sum(layer.weight.size + layer.out_features for layer in (self.h3, self.output))
        return self.h1.connections + self.h2.connections + dense


def _thirds() -> list[list[int]]:
    """For each map of H2, the maps of H1 that it sees: two of three groups."""
    groups = [list(range(start, start + 4)) for start in (0, 4, 8)]
    pairs = [groups[0] + groups[1], groups[1] + groups[2], groups[0] + groups[2]]
    return [pair for pair in pairs for _ in range(4)]


def _table(table: Sequence[Sequence[int]], in_maps: int) -> NDArray[np.int64]:
    rows = [list(row) for row in table]
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"all rows of the table must have one length, at least 1, but they have {sorted(lengths)}.")
    for row in rows:
        if len(set(row)) < len(row) or not all(0 <= m < in_maps for m in row):
            raise ValueError(f"a row of the table must hold distinct numbers from 0 to {in_maps - 1}, not {row}.")
    return np.array(rows, np.int64)


def _small(layer: Linear, rng: "np.random.Generator") -> Linear:
    """A layer initialized as in the paper: uniformly within ±2.4 / inputs, biases 0."""
    bound = 2.4 / layer.in_features
    layer.weight.data = rng.uniform(-bound, bound, layer.weight.shape).astype(layer.weight.dtype)
    layer.bias.data[:] = 0.0
    return layer
