"""Sequences of different lengths as one array, from ``torch.nn.utils.rnn``."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.lazy import on_use as _on_use
from nn.arguments import floating, polymorphic

__all__ = ["pad_sequence"]
_on_use(__name__, {})


@polymorphic
def pad_sequence(sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0) -> Any:
    """Pad sequences (L, ...) of different lengths to one array (T, N, ...), or (N, T, ...) with ``batch_first``.

    >>> from nn.utils.rnn import pad_sequence
    >>> pad_sequence([[1.0, 2.0, 3.0], [4.0]], batch_first=True)
    array([[1., 2., 3.],
           [4., 0., 0.]], dtype=float32)
    """
    parts = [x if hasattr(x, "dtype") else floating(x) for x in sequences]
    longest = max(map(len, parts))
    sides = [((0, longest - len(x)), *((0, 0),) * (x.ndim - 1)) for x in parts]
    padded = [np.pad(x, side, constant_values=padding_value) for x, side in zip(parts, sides, strict=True)]
    return np.stack(padded, axis=0 if batch_first else 1)
