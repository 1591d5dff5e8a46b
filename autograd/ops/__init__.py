"""The op table: families of records, and nothing but records."""

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
