"""The loop in the docstring of the pass gives the gradients of the pass, to the last bit."""

import doctest

import numpy as np
import pytest

from autograd import tensor
from autograd.engine.backward import backward_pass


def blackboard():
    """The function that the docstring of `backward_pass` defines."""
    examples = doctest.DocTestParser().get_examples(backward_pass.__doc__)
    names = {}
    for example in examples:
        exec(example.source, names)
        if example.source.startswith("def backward("):
            break
    assert len(example.source.splitlines()) <= 10
    return names["backward"]


def chain(x, y):
    return np.tanh(np.exp(x) * 0.5)


def shared(x, y):
    """A part that three others use, one of them twice."""
    s = x * y
    return s * s + np.sin(s) - s / (1.0 + y * y)


def broadcasting(x, y):
    """A column, a row and a number to a matrix; the column is used as it is, too."""
    return (x.reshape(-1, 1) * y.reshape(1, -1) + x.sum()) * x.reshape(-1, 1)


def products(x, y):
    m = np.outer(x, y)
    return m @ m.T @ x


def unused(x, y):
    """Rules that give no gradient for some operands, and constants."""
    return np.where(x > 0.5, x, 3.0) ** 2 + np.maximum(x, 0.6)


def indices(x, y):
    return x[[0, 0, 2]] * y[1] + y[:3]


def several_roots(x, y):
    """A wide graph: twenty branches of different lengths that meet again."""
    branches = []
    for i in range(20):
        b = x
        for _ in range(i % 4):
            b = np.sin(b) + y
        branches.append(b)
    return np.stack(branches).mean(axis=0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(), (4,)], ids=str)
@pytest.mark.parametrize("f", [chain, shared, broadcasting, products, unused, indices, several_roots])
def test_the_loop_of_the_docstring(f, shape, dtype):
    if shape == () and f in (products, indices):
        shape = (3,)
    rng = np.random.default_rng(len(f.__name__))
    x, y = (tensor(rng.normal(size=shape) + 1, dtype=dtype, requires_grad=True) for _ in range(2))
    z = f(x, y)
    seed = rng.normal(size=z.shape).astype(dtype)
    grads = blackboard()(z._node, seed[()])
    z.backward(seed)
    for t in (x, y):
        found = grads.get(t._node)
        assert (found is None) == (t.grad is None)
        if found is not None:
            assert (found.shape, found.dtype) == (t.grad.shape, t.grad.dtype)
            np.testing.assert_array_equal(found, t.grad)
