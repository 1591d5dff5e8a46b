"""The op table: families of records, and nothing but records.

A newcomer adds an op by one `defop` line in the family it belongs to; `autograd.methods` says which ops are also
methods of a Tensor, and tests/ops/samples.py asks for samples of every op.
"""

from autograd.ops import (
    arithmetic,
    convolution,
    fused,
    index,
    linalg,
    linear,
    normalization,
    recurrent,
    reduce,
    shape,
    spectra,
    transcendental,
    windows,
)

__all__ = [
    "arithmetic",
    "convolution",
    "fused",
    "index",
    "linalg",
    "linear",
    "normalization",
    "recurrent",
    "reduce",
    "shape",
    "spectra",
    "transcendental",
    "windows",
]
