"""Functions that take no array with a gradient: a Tensor among their arguments is never turned into plain numbers."""

import numpy as np
import pytest
from coverage_names import NO_ARRAY
from coverage_samples import leaves, lookup, words

from autograd import NotDifferentiable, Tensor
from autograd.numpy_functions.protocol import STATUS

TESTS = {"test", "linalg.test"}  # NumPy's own suite
INTEGERS = words("""
    bitwise_and bitwise_count bitwise_or bitwise_xor gcd invert lcm left_shift right_shift isnat packbits unpackbits
    ravel_multi_index unravel_index busday_count busday_offset is_busday datetime_as_string
""")


def is_number(part):
    """Whether something is a number, or holds numbers, that may have had a gradient."""
    is_array = isinstance(part, np.ndarray | np.generic) and part.dtype.kind in "fc"
    return is_array or isinstance(part, float | complex)


@pytest.mark.parametrize("name", sorted(NO_ARRAY - TESTS))
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("value", [2.0, [1.0, 2.0]], ids=["number", "vector"])
def test_nothing_is_detached(name, count, value, capsys):
    """It raises, or what it gives has no numbers in it."""
    t = Tensor(value, requires_grad=True)
    try:
        found = lookup(name)(*[t] * count)
    except Exception:
        return
    assert not any(is_number(part) for part in leaves(found) if not isinstance(part, Tensor))


@pytest.mark.parametrize("name", INTEGERS)
def test_integer_functions_are_refused_by_name(name):
    """Those that NumPy dispatches say that they have no rule: also for Tensors of integers, which lose nothing."""
    function = lookup(name)
    assert name in NO_ARRAY
    assert function not in STATUS
    operands = getattr(function, "nin", 2 if name in ("ravel_multi_index", "busday_count", "busday_offset") else 1)
    second = () if operands == 1 else (Tensor([1, 2]),)
    if name in ("ravel_multi_index", "unravel_index"):
        second = ((3, 3),)
    with pytest.raises(NotDifferentiable, match=f"numpy.{name} has no rule"):
        function(Tensor([1, 2]), *second)


def test_functions_of_positions_work():
    """np.fromfunction calls with plain positions, so what the function does with a Tensor is kept."""
    t = Tensor(1.5, requires_grad=True)
    found = np.fromfunction(lambda i: i * t, (3,))
    assert found.requires_grad
    np.testing.assert_array_equal(found.data, [0.0, 1.5, 3.0])
