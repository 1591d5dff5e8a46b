"""NumPy functions that ask a Tensor for a plain array: they end in our error, which names the way to write it."""

import numpy as np
import pytest
from coverage_names import NOT_DISPATCHABLE, OF_THE_PLATFORM
from coverage_samples import lookup
from coverage_statuses import NOT_DISPATCHABLE_CALLS, OTHER_WAYS

from autograd import AutogradError, Tensor
from autograd.remedies import rewrites

# NumPy puts words of its own in the place of any TypeError here, so ours is not seen. It ends in an error all the same.
OVERRULED = {"nditer", "nested_iters"}


@pytest.fixture
def tensors():
    return [Tensor(x, requires_grad=True) for x in (1.5, [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]])]


def complaint(call, tensors):
    """The error of ours that a call ends in, itself or as the cause of NumPy's."""
    with pytest.raises((AutogradError, ValueError, TypeError)) as caught:
        call(*tensors)
    error = caught.value
    while not isinstance(error, AutogradError):
        error = error.__cause__
        assert error is not None, f"NumPy's error alone: {caught.value!r}"
    return str(error)


@pytest.mark.parametrize("name", sorted(NOT_DISPATCHABLE.keys() - OF_THE_PLATFORM - OVERRULED))
def test_not_dispatchable(name, tensors):
    function = lookup(name)
    message = complaint(NOT_DISPATCHABLE_CALLS.get(name, lambda t, v, m: function(t)), tensors)
    if name in NOT_DISPATCHABLE_CALLS:
        assert rewrites().get(name, "np.stack") in message
    assert ".numpy()" in message or ".item()" in message or "np.stack" in message


def test_long_doubles(tensors):
    """Whatever this platform calls them."""
    for name in OF_THE_PLATFORM:
        if hasattr(np, name):
            assert ".numpy()" in complaint(lambda t, v, m, name=name: lookup(name)(t), tensors)


@pytest.mark.parametrize("name", sorted(OVERRULED))
def test_overruled(name, tensors):
    with pytest.raises(TypeError):
        NOT_DISPATCHABLE_CALLS[name](*tensors)


@pytest.mark.parametrize("name", ["float64", "float32", "int64", "bool_"])
def test_number(name, tensors):
    """The name in the user's line tells which function it was, where that is in C."""
    calls = {
        "float64": lambda t, v, m: np.float64(t),
        "float32": lambda t, v, m: np.float32(v),
        "int64": lambda t, v, m: np.int64(t),
        "bool_": lambda t, v, m: np.bool_(t),
    }
    message = complaint(calls[name], tensors)
    assert f"Instead of np.{name}, write t.item() for a plain number" in message


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_other_ways(way, tensors):
    call, remedy = OTHER_WAYS[way]
    assert remedy in complaint(call, tensors)


@pytest.mark.parametrize(
    "name", sorted(NOT_DISPATCHABLE.keys() - OF_THE_PLATFORM - OVERRULED - {"arange", "broadcast"})
)
def test_without_gradient_it_works(name, tensors):
    """A Tensor that requires no gradient loses nothing: NumPy gets its values."""
    function = lookup(name)
    call = NOT_DISPATCHABLE_CALLS.get(name, lambda t, v, m: function(t))
    call(*(t.detach() for t in tensors))
