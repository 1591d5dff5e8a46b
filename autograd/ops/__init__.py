"""The op table: families of records, and nothing but records.

Add an op by one `defop` line in the family it belongs to; its fact ``method`` makes it a method of Tensor, and
tests/ops/samples.py asks for samples of every op.
"""

from autograd.ops import (
    arithmetic as arithmetic,
    convolution as convolution,
    fused as fused,
    index as index,
    linalg as linalg,
    linear as linear,
    normalization as normalization,
    recurrent as recurrent,
    reduce as reduce,
    shape as shape,
    spectra as spectra,
    transcendental as transcendental,
    windows as windows,
)
