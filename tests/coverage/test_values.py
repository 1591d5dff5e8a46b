"""Every NumPy function on Tensors gives what NumPy gives: values, dtypes, shapes and containers."""

import inspect

import numpy as np
import pytest
from coverage_samples import is_float, is_live, leaves, rebuilt

from autograd import Tensor

# Some of whose results are plain: arrays that were given plain and pass through, the edges of histograms, a tolerance.
PASS_THROUGH = {
    *("atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "meshgrid"),
    *("histogram", "histogram2d", "histogramdd", "polyfit"),
}

pytestmark = pytest.mark.filterwarnings("ignore:`row_stack` alias is deprecated:DeprecationWarning")


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


def assert_as_numpy(sample, call, arrays, tensors, tolerance):
    """The same result, or the same kind of complaint."""
    try:
        expected = call(*arrays)
    except Exception as error:
        with pytest.raises(type(error)):
            call(*tensors)
        return
    assert_same(call(*tensors), expected, tolerance, sample.name in PASS_THROUGH)


def test_values(sample):
    assert_same(sample.call(*sample.tensors()), sample.call(*sample.live), 1e-12, sample.name in PASS_THROUGH)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtypes(sample, dtype):
    arrays = [x.astype(dtype) for x in sample.live]
    with np.errstate(all="ignore"):
        assert_as_numpy(sample, sample.call, arrays, sample.tensors(dtype), 0.05 if dtype == "float16" else 1e-4)
