"""Functions with a constant result: NumPy's answer for the values, as plain arrays or Tensors without gradient."""

import numpy as np
import pytest
from coverage_compare import assert_same
from coverage_samples import leaves, lookup, numbers
from coverage_statuses import UNDEFINED

from autograd import Tensor


def test_constant(constant):
    expected = constant.call(*constant.live)
    found = constant.call(*constant.tensors())
    if isinstance(expected, str | type | np.dtype | bool | int):
        assert type(found) is type(expected)
        assert found == expected
        return
    parts, expected_parts = leaves(found), leaves(expected)
    assert not any(part.requires_grad for part in parts if isinstance(part, Tensor))
    assert type(found) is type(expected) or isinstance(found, Tensor)
    for a, b in zip(parts, expected_parts, strict=True):
        if isinstance(b, str):
            assert a == b
        else:
            assert_same(a, b, 0.0)


@pytest.mark.parametrize("name", UNDEFINED)
def test_undefined(name):
    x = Tensor(numbers(2, 3), requires_grad=True)
    found = lookup(name)(x)
    assert (type(found), found.shape, found.dtype, found.requires_grad) == (Tensor, (2, 3), x.dtype, False)
    assert lookup(name)(x, dtype=np.float32, shape=(4,)).shape == (4,)
