"""What it means that a NumPy function on Tensors does what NumPy does."""

import numpy as np
import pytest
from coverage_samples import is_float

from autograd import Tensor

# Some of whose results are plain: arrays that were given plain and pass through, the edges of histograms, a tolerance.
PASS_THROUGH = {
    *("atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "meshgrid"),
    *("histogram", "histogram2d", "histogramdd", "polyfit"),
}


def assert_same(found, expected, tolerance, plain_too=False):
    """The same containers; Tensors where NumPy has arrays of floats, and where not, NumPy's own kind of object."""
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b, tolerance, plain_too)
        return
    expected = np.asarray(expected)
    assert isinstance(found, Tensor) or not is_float(expected) or plain_too, "NumPy gives floats, and we no Tensor"
    assert not isinstance(found, Tensor) or is_float(expected), "NumPy gives no floats, and we a Tensor"
    values = np.asarray(found.data if isinstance(found, Tensor) else found)
    assert (values.shape, values.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance)


def assert_as_numpy(sample, call, arrays, tensors, tolerance=1e-12):
    """The same result, which is returned, or the same kind of error (then None)."""
    try:
        expected = call(*arrays)
    except Exception as error:
        with pytest.raises(type(error)):
            call(*tensors)
        return None
    found = call(*tensors)
    assert_same(found, expected, tolerance, sample.name in PASS_THROUGH)
    return found
