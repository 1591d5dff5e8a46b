"""The data set that comes with the package, so that nothing is downloaded.

``digits.npz`` stores the images and labels that `digits` loads as compressed 8-bit integers, otherwise unchanged.
DIGITS-LICENSE.txt beside it states the source and the license.
"""

from os import path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.defaults import get_default_dtype

__all__ = ["Digits", "digits"]


class Digits(NamedTuple):
    """The handwritten digits: images and labels. It unpacks as ``x, y = nn.data.digits()``.

    >>> import nn
    >>> digits = nn.data.digits(raw=True)
    >>> digits.x.shape, digits.y.shape
    ((1797, 8, 8), (1797,))
    """

    x: NDArray[Any]
    y: NDArray[Any]


def digits(*, raw: bool = False) -> Digits:
    """Load 1,797 handwritten digits as images of 8x8 pixels, with labels 0 to 9.

    ``x`` has shape (1797, 64), each image flattened row by row, scaled to 0 (paper) .. 1 (ink) in the default parameter
    dtype; ``x.reshape(-1, 1, 8, 8)`` gives single-channel images. ``y`` has shape (1797,), int64. With ``raw=True``,
    ``x`` has shape (1797, 8, 8) and holds the original ink counts from 0 to 16, as uint8.

    Thirteen people wrote them; each pixel counts the ink in 4x4 points of the scanned form. Source: the test set of
    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    https://doi.org/10.24432/C50P49, licensed CC BY 4.0, as distributed with scikit-learn (``load_digits``).

    >>> import nn
    >>> x, y = nn.data.digits()
    >>> x.shape, x.dtype, y[:5]
    ((1797, 64), dtype('float32'), array([0, 1, 2, 3, 4]))
    >>> for row in nn.data.digits(raw=True).x[4]:
    ...     print("".join(" .:*#"[(ink + 3) // 4] for ink in row).rstrip())
       .*
       ::
      .#:..
      :# *:
     :#* #:
     .####.
       .#*
       .#.
    """
    with np.load(path.join(path.dirname(__file__), "digits.npz")) as file:
        images, labels = file["images"], file["labels"]
    if raw:
        return Digits(images, labels.astype(np.int64))
    dtype = get_default_dtype()
    return Digits(images.reshape(-1, 64).astype(dtype) / dtype.type(16), labels.astype(np.int64))
