"""Augmentation: random changes to batches of images that keep their labels valid.

Each augmentation holds its settings and is called as ``change(x, rng)`` with a batch of shape (N, H, W) or
(N, C, H, W). It draws once per image from the generator and returns a new array. `Loader` passes generators derived
from its seed. A ``fill`` that the dtype of the images cannot represent is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import only_numbers
from nn.arguments import fitting, probability

__all__ = ["Compose", "Cutout", "Flip", "Noise", "Rotate", "Shift"]

Array = NDArray[Any]


class _Change:
    """Shared by all augmentations: the check of the batch, and a repr with the settings."""

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        only_numbers(x, f"{self}: the batch")
        if x.ndim not in (3, 4):
            raise ValueError(
                f"{self} expects images of shape (N, H, W) or (N, C, H, W), not {x.shape}. Restore the height and "
                "width of flat images with x.reshape."
            )
        images = x if x.ndim == 4 else x[:, None]
        changed = self._changed(images, rng)
        return changed if x.ndim == 4 else changed[:, 0]

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class Shift(_Change):
    """Shift each image at random by up to ``pixels`` along both axes, and set the exposed pixels to ``fill``.

    >>> import numpy as np
    >>> from nn.data import Shift
    >>> Shift(1)(np.eye(3)[None], np.random.default_rng(0))
    array([[[0., 1., 0.],
            [0., 0., 1.],
            [0., 0., 0.]]])
    """

    def __init__(self, pixels: int = 1, *, fill: float = 0.0) -> None:
        if pixels < 0:
            raise ValueError(f"pixels is the largest shift and must be 0 or more, not {pixels!r}.")
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
    """Mirror each image with probability ``p``: left to right, or upside down with ``axis="vertical"``.

    >>> import numpy as np
    >>> from nn.data import Flip
    >>> Flip(p=1.0)(np.array([[[1, 2], [3, 4]]]), np.random.default_rng(0)).tolist()
    [[[2, 1], [4, 3]]]
    """

    def __init__(self, axis: str = "horizontal", *, p: float = 0.5) -> None:
        if axis not in ("horizontal", "vertical"):
            raise ValueError(f"axis must be 'horizontal' or 'vertical', not {axis!r}.")
        probability("p", p)
        self.axis = axis
        self.p = p

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        chosen = rng.random(len(x)) < self.p
        mirrored = x[..., ::-1] if self.axis == "horizontal" else x[:, :, ::-1]
        return np.where(chosen[:, None, None, None], mirrored, x)


class Rotate(_Change):
    """Rotate each image about its centre by an angle drawn uniformly from ±degrees; positive is counter-clockwise.

    Pixels are interpolated bilinearly; those from outside the image are ``fill``.

    >>> import numpy as np
    >>> from nn.data import Rotate
    >>> Rotate(0)(np.eye(2)[None], np.random.default_rng(0)).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """

    def __init__(self, degrees: float = 10.0, *, fill: float = 0.0) -> None:
        if not 0.0 <= degrees <= 180.0:
            raise ValueError(f"degrees is the largest angle and must be between 0 and 180, not {degrees!r}.")
        self.degrees = degrees
        self.fill = fill

    def _changed(self, x: Array, rng: np.random.Generator) -> Array:
        angle = np.radians(rng.uniform(-self.degrees, self.degrees, len(x)))
        fitting(f"the fill of {self}", self.fill, x.dtype if x.dtype.kind == "f" else np.dtype(np.float64))
        return turned(x, angle, self.fill)


class Noise(_Change):
    """Add Gaussian noise with standard deviation ``std`` to every entry of an array of any shape.

    >>> import numpy as np
    >>> from nn.data import Noise
    >>> Noise(0.1)(np.zeros((1, 2)), np.random.default_rng(0)).round(4)
    array([[ 0.0126, -0.0132]])
    """

    def __init__(self, std: float = 0.1) -> None:
        if not std >= 0.0:
            raise ValueError(f"std is a standard deviation and must be 0 or more, not {std!r}.")
        self.std = std

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        only_numbers(x, f"{self}: the batch")
        noise = rng.normal(0.0, self.std, x.shape)
        return np.asarray(x + (noise.astype(x.dtype) if x.dtype.kind == "f" else noise))


class Cutout(_Change):
    """Set a square centred on a random pixel of each image to ``fill`` (T. DeVries and G. Taylor, 2017).

    >>> import numpy as np
    >>> from nn.data import Cutout
    >>> Cutout(1)(np.ones((1, 2, 2)), np.random.default_rng(0))
    array([[[1., 1.],
            [1., 0.]]])
    """

    def __init__(self, size: int = 2, *, fill: float = 0.0) -> None:
        if size < 1:
            raise ValueError(f"size is the side of a square in pixels and must be 1 or more, not {size!r}.")
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
    """Apply several augmentations in turn.

    >>> from nn.data import Compose, Noise, Shift
    >>> Compose(Shift(1), Noise(0.1))
    Compose(Shift(pixels=1, fill=0.0), Noise(std=0.1))
    """

    def __init__(self, *changes: Callable[[Any, np.random.Generator], Any]) -> None:
        self.changes = changes

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        for change in self.changes:
            x = change(x, rng)
        return x

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.changes))})"


def turned(x: Array, angle: Array, fill: float) -> Array:
    """Rotate images (N, C, H, W) by angles (N,) in radians; each new pixel is interpolated where it came from."""
    n, channels, height, width = x.shape
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    down, right = np.meshgrid(np.arange(height) - middle_row, np.arange(width) - middle_column, indexing="ij")
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    row, column = cos * down + sin * right + middle_row, cos * right - sin * down + middle_column
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    padded = np.full((n, channels, height + 2, width + 2), fill, np.float64)  # a border, so that every corner exists
    padded[:, :, 1:-1, 1:-1] = x
    sample = np.arange(n)[:, None, None]
    total = np.zeros((n, height, width, channels))
    for i, weight_i in ((top, top + 1 - row), (top + 1, row - top)):
        for j, weight_j in ((left, left + 1 - column), (left + 1, column - left)):
            corner = padded[sample, :, np.clip(i + 1, 0, height + 1), np.clip(j + 1, 0, width + 1)]
            total += (weight_i * weight_j)[..., None] * corner
    result = total.transpose(0, 3, 1, 2)
    return result.astype(x.dtype) if x.dtype.kind == "f" else result
