"""Every NumPy function on Tensors gives what NumPy gives: values, dtypes, shapes and containers."""

import numpy as np
import pytest
from coverage_compare import PASS_THROUGH, assert_as_numpy, assert_same

from autograd import no_grad


def test_values(sample):
    expected = sample.call(*sample.live)
    assert_same(sample.call(*sample.tensors()), expected, 1e-12, sample.name in PASS_THROUGH)
    with no_grad():
        assert_same(sample.call(*sample.tensors()), expected, 1e-12, sample.name in PASS_THROUGH)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 0.05), ("float32", 1e-4)])
def test_dtypes(sample, dtype, tolerance):
    """Where NumPy has no such loop (float16 in linalg), the error it raises is ours."""
    arrays = [x.astype(dtype) for x in sample.live]
    with np.errstate(all="ignore"):
        assert_as_numpy(sample, sample.call, arrays, sample.tensors(dtype), tolerance)
