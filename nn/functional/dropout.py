"""Dropout as a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops import arithmetic
from nn.defaults import Randomness, generator
from nn.validation import floating, probability

__all__ = ["dropout"]

__autograd_transparent__ = True

_multiply = arithmetic.multiply


def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Randomness = None) -> Any:
    """Each entry 0 with probability p, and divided by ``1 - p`` otherwise: the expected value of the sum stays.

    Without ``training`` and with ``p = 0`` the input itself. ``rng`` is a generator or a seed; by default the generator
    that `manual_seed` starts. Any shape, and the same shape and dtype out.

    Raises ValueError when p is not from 0 to 1.

    See `nn.Dropout` for the source.

    >>> import numpy as np
    >>> from nn.functional import dropout
    >>> dropout(np.ones(8, "float32"), 0.75, rng=3)
    array([4., 0., 0., 0., 0., 4., 4., 0.], dtype=float32)
    """
    p = probability("p", p)
    if not training or p == 0.0:
        return x
    x = floating(x)
    # Numbers in single precision decide, whatever the dtype of x: the same entries, in half of the time.
    kept = generator(rng).random(x.shape, np.float32) >= p
    mask = np.multiply(kept, 1.0 / (1.0 - p) if p < 1.0 else 0.0, dtype=x.dtype)
    return _multiply(x, mask)
