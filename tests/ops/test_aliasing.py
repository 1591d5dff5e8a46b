"""A ``.grad`` that a user can hold shares its memory with nothing: not with the gradient that came in, the operands,
kept values, attributes, nor with another ``.grad``."""

import numpy as np
import pytest
from op_samples import BINARY, weights

from autograd import Tensor
from autograd.engine.graph import GONE, SMALL


def owned_arrays(value):
    """All arrays in nested containers."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from owned_arrays(part)


def assert_apart(gradients, others):
    """No gradient shares memory with another one or with any other array."""
    for k, g in enumerate(gradients):
        assert type(g) is np.ndarray
        assert g.flags.writeable
        for other in [*gradients[:k], *gradients[k + 1 :], *others]:
            assert not np.shares_memory(g, other)


def held(sample):
    """A graph around a sample, of which the user holds every Tensor: operands, copies of them, result, its copy."""
    leaves = [t for t in sample.tensors() if isinstance(t, Tensor)]
    operands = iter([np.positive(t) if t.requires_grad else t for t in leaves])
    middle = [next(operands) if isinstance(x, np.ndarray) else x for x in sample.inputs]
    out = sample.op.function(*middle, **sample.attributes)
    outs = out if isinstance(out, tuple) else (out,)
    return leaves, [t for t in middle if isinstance(t, Tensor)], outs, [np.positive(t) for t in outs]


def test_gradients_are_apart(live_sample):
    leaves, middle, outs, ends = held(live_sample)
    tensors = [t for t in (*leaves, *middle, *outs, *ends) if t.requires_grad]
    seeds = [np.array(weights(t.data)) for t in ends]
    for end, seed in zip(ends, seeds, strict=True):
        end.backward(seed, retain_graph=True)
    gradients = [t.grad for t in tensors]
    vertices = [t._node for t in tensors if not t.is_leaf]
    kept = [a for v in vertices if v.kept is not GONE for a in owned_arrays(v.kept)]
    values = [v.value for v in vertices if isinstance(v.value, np.ndarray)]
    data = [np.asarray(t.data) for t in (*leaves, *middle, *outs, *ends)]
    attributes = list(owned_arrays(list(live_sample.attributes.values())))
    assert_apart(gradients, [*seeds, *data, *kept, *values, *attributes])


def test_gradients_of_large_arrays_are_apart(large):
    """Small values and gradients stay in the graph, large ones do not: two ways of storing them."""
    leaves = [Tensor(x, requires_grad=True) for x in large.operands(*[(SMALL, 2)] * len(large.domains))]
    middle = [np.positive(t) for t in leaves]
    out = large.op.function(*middle)
    seed = np.array(weights(out.data))
    out.backward(seed, retain_graph=True)
    tensors = [t for t, rule in zip(leaves, large.op.rules, strict=True) if rule]
    tensors += [t for t, rule in zip(middle, large.op.rules, strict=True) if rule]
    assert_apart([t.grad for t in (*tensors, out)], [seed, *(t.data for t in (*leaves, *middle, out))])


def test_writing_into_gradients_changes_nothing(live_sample):
    """A second pass through the same graph, after all gradients of the first were overwritten, finds the same."""
    leaves, middle, outs, ends = held(live_sample)
    tensors = [t for t in (*leaves, *middle, *outs, *ends) if t.requires_grad]

    def run():
        for end in ends:
            end.backward(weights(end.data), retain_graph=True)
        return [t.grad for t in tensors]

    first = run()
    copies = [g.copy() for g in first]
    for t, g in zip(tensors, first, strict=True):
        g[...] = np.nan
        t.grad = None
    second = run()
    for a, b in zip(second, copies, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("kind", BINARY, ids=str)
def test_one_tensor_as_both_operands(kind):
    x, _ = kind.operands((2, 3), (2, 3))
    t = Tensor(np.abs(x), requires_grad=True)
    middle = np.positive(t)
    out = kind.op.function(middle, middle)
    seed = np.array(weights(out.data))
    out.backward(seed)
    assert_apart([t.grad, middle.grad, out.grad], [seed, t.data, middle.data, out.data])


def test_gradients_add_up_in_an_array_of_their_own():
    """A user who keeps the first ``.grad`` does not see it change when the second pass adds to it."""
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    np.positive(x).backward(np.ones(2))
    first = x.grad
    np.positive(x).backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    assert first is x.grad or not np.shares_memory(first, x.grad)


def test_results_of_gradient_are_apart():
    """What gradient() returns is the user's: no two results are one array, nor is one the seed."""
    x, y = (Tensor(np.array([1.0, 2.0]), requires_grad=True) for _ in range(2))
    seed = np.ones(2)
    gx, gy = (x + y).gradient(x, y, gradient=seed)
    assert_apart([gx.data, gy.data], [seed, x.data, y.data])


def test_a_shared_array_is_found():
    a = np.ones(3)
    with pytest.raises(AssertionError):
        assert_apart([a, a[::2]], [])
    with pytest.raises(AssertionError):
        assert_apart([a], [a.reshape(3, 1)])
