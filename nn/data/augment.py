"""Augmentation: batches of images changed at random in ways that leave their labels true.

Each is an object with its settings that is called as ``change(x, rng)``: a batch of shape (N, H, W) or (N, C, H, W),
of which every image is changed by its own draw from an explicit generator, and a new array out. `Loader` hands them
generators that follow from its seed. A ``fill`` that the dtype of the images cannot hold is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import only_numbers
from nn.validation import fitting, probability

__all__ = ["Compose", "Cutout", "Flip", "Noise", "Rotate", "Shift"]

Array = NDArray[Any]


class _Change:
    """What all have in common: the check of the batch, and a repr with the settings."""

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        only_numbers(x, f"{self}: the batch")
        if x.ndim not in (3, 4):
            raise ValueError(
                f"{self} changes images of shape (N, H, W) or (N, C, H, W), not {x.shape}. Give flat images their "
                "height and width by x.reshape."
            )
        images = x if x.ndim == 4 else x[:, None]
        changed = self._changed(images, rng)
        return changed if x.ndim == 4 else changed[:, 0]

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class Shift(_Change):
    """Move each image by up to some pixels along both axes; what moves in is ``fill``.

    >>> import numpy as np
    >>> from nn.data import Shift
    >>> Shift(1)(np.eye(3)[None], np.random.default_rng(0))
    array([[[0., 1., 0.],
            [0., 0., 1.],
            [0., 0., 0.]]])
    """

    def __init__(self, pixels: int = 1, *, fill: float = 0.0) -> None:
        if pixels < 0:
            raise ValueError(f"pixels is the longest way, from 0 on, not {pixels!r}.")
        self.pixels = pixels
        self.fill = fill

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        n, _, height, width = x.shape
        p = self.pixels
        fill = fitting(f"the fill of {self}", self.fill, x.dtype)
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=fill)
        down, right = (rng.integers(0, 2 * p + 1, (n, 1)) for _ in range(2))
        rows, columns = down + np.arange(height), right + np.arange(width)
        moved = padded[np.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        return np.moveaxis(moved, -1, 1)


class Flip(_Change):
    """Mirror each image left to right, or with ``axis="vertical"`` upside down, with a probability.

    >>> import numpy as np
    >>> from nn.data import Flip
    >>> Flip(p=1.0)(np.array([[[1, 2], [3, 4]]]), np.random.default_rng(0)).tolist()
    [[[2, 1], [4, 3]]]
    """

    def __init__(self, axis: str = "horizontal", *, p: float = 0.5) -> None:
        if axis not in ("horizontal", "vertical"):
            raise ValueError(f"axis is 'horizontal' or 'vertical', not {axis!r}.")
        probability("p", p)
        self.axis = axis
        self.p = p

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        chosen = rng.random(len(x)) < self.p
        mirrored = x[..., ::-1] if self.axis == "horizontal" else x[:, :, ::-1]
        return np.where(chosen[:, None, None, None], mirrored, x)


class Rotate(_Change):
    """Turn each image about its middle by an angle drawn evenly from ±degrees, counter-clockwise when positive.

    Pixels between others are interpolated linearly along both axes; what turns in from outside is ``fill``.

    >>> import numpy as np
    >>> from nn.data import Rotate
    >>> Rotate(0)(np.eye(2)[None], np.random.default_rng(0)).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """

    def __init__(self, degrees: float = 10.0, *, fill: float = 0.0) -> None:
        if not 0.0 <= degrees <= 180.0:
            raise ValueError(f"degrees is the largest angle, from 0 to 180, not {degrees!r}.")
        self.degrees = degrees
        self.fill = fill

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        angle = np.radians(rng.uniform(-self.degrees, self.degrees, len(x)))
        fitting(f"the fill of {self}", self.fill, x.dtype if x.dtype.kind == "f" else np.dtype(np.float64))
        return turned(x, angle, self.fill)


class Noise(_Change):
    """Add normal noise of a standard deviation to every number of an array of any shape.

    >>> import numpy as np
    >>> from nn.data import Noise
    >>> Noise(0.1)(np.zeros((1, 2)), np.random.default_rng(0)).round(4)
    array([[ 0.0126, -0.0132]])
    """

    def __init__(self, std: float = 0.1) -> None:
        if not std >= 0.0:
            raise ValueError(f"std is a standard deviation, from 0 on, not {std!r}.")
        self.std = std

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        only_numbers(x, f"{self}: the batch")
        noise = rng.normal(0.0, self.std, x.shape)
        return np.asarray(x + (noise.astype(x.dtype) if x.dtype.kind == "f" else noise))


class Cutout(_Change):
    """Put ``fill`` in a square of each image, whose middle is any of its pixels (T. DeVries and G. Taylor, 2017).

    >>> import numpy as np
    >>> from nn.data import Cutout
    >>> Cutout(1)(np.ones((1, 2, 2)), np.random.default_rng(0))
    array([[[1., 1.],
            [1., 0.]]])
    """

    def __init__(self, size: int = 2, *, fill: float = 0.0) -> None:
        if size < 1:
            raise ValueError(f"size is the side of a square in pixels, from 1 on, not {size!r}.")
        self.size = size
        self.fill = fill

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        n, _, height, width = x.shape
        inside = []
        for length in (height, width):
            first = rng.integers(0, length, (n, 1)) - self.size // 2
            inside.append((np.arange(length) >= first) & (np.arange(length) < first + self.size))
        hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        return np.where(hole, fitting(f"the fill of {self}", self.fill, x.dtype), x)


class Compose:
    """Several changes, one after the other.

    >>> from nn.data import Compose, Noise, Shift
    >>> Compose(Shift(1), Noise(0.1))
    Compose(Shift(pixels=1, fill=0.0), Noise(std=0.1))
    """

    def __init__(self, *changes: Callable[[Any, np.random.Generator], Any]) -> None:
        self.changes = changes

    def __call__(self, x: Any, rng: np.random.Generator) -> Any:
        for change in self.changes:
            x = change(x, rng)
        return x

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.changes))})"


def turned(x: Array, angle: Array, fill: float) -> Array:
    """Images (N, C, H, W) turned by an angle (N,) in radians: each new pixel is looked up where it came from."""
    n, channels, height, width = x.shape
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    down, right = np.meshgrid(np.arange(height) - middle_row, np.arange(width) - middle_column, indexing="ij")
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    row, column = cos * down + sin * right + middle_row, cos * right - sin * down + middle_column
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    padded = np.full((n, channels, height + 2, width + 2), fill, np.float64)  # a border, so that every corner is there
    padded[:, :, 1:-1, 1:-1] = x
    sample = np.arange(n)[:, None, None]
    total = np.zeros((n, height, width, channels))
    for i, weight_i in ((top, top + 1 - row), (top + 1, row - top)):
        for j, weight_j in ((left, left + 1 - column), (left + 1, column - left)):
            corner = padded[sample, :, np.clip(i + 1, 0, height + 1), np.clip(j + 1, 0, width + 1)]
            total += (weight_i * weight_j)[..., None] * corner
    result = total.transpose(0, 3, 1, 2)
    return result.astype(x.dtype) if x.dtype.kind == "f" else result
