"""The points of edges.py: values and gradients at ties, kinks, zeros, infinities, NaN and of nothing."""

import numpy as np
from coverage_edges import warning
from coverage_samples import is_float, leaves

from autograd import Tensor, grad


def first_array(result):
    parts = [part for part in leaves(result) if is_float(part)]
    return np.asarray(parts[0].data if isinstance(parts[0], Tensor) else parts[0])


def total(result):
    return sum(np.sum(part) for part in leaves(result) if is_float(part) and isinstance(part, Tensor))


def close(found, expected):
    found, expected = np.asarray(found), np.asarray(expected, float)
    assert found.shape == expected.shape, f"{found.shape} is not {expected.shape}"
    return np.allclose(found, expected, rtol=1e-14, atol=1e-15, equal_nan=True)


def test_value(edge):
    with warning(edge.warns):
        found = first_array(edge.call(*edge.tensors()))
    assert close(found, edge.value), f"{found} is not {edge.value}: {edge.why}"
    if not edge.differs:
        with warning(edge.warns):
            expected = first_array(edge.call(*(x.copy() for x in edge.live)))
        assert close(found, expected), f"{found} is not NumPy's {expected}"


def test_gradient(edge):
    tensors = edge.tensors()
    with warning(edge.warns):
        out = total(edge.call(*tensors))
    with warning(edge.warns_back):
        found = out.gradient(*tensors, allow_unused=True) if out.requires_grad else [None] * len(tensors)
    assert len(edge.gradients) == len(tensors), "an edge has an expected gradient for each array of floats"
    for g, t, expected in zip(found, tensors, edge.gradients, strict=True):
        g = np.zeros(t.shape) if g is None else g.data
        assert close(g, expected), f"{g} is not {expected}: {edge.why}"


def test_gradient_by_transforms(edge):
    arguments = tuple(range(len(edge.live)))
    with np.errstate(all="ignore"):
        if edge.warns:
            return
        found = grad(lambda *live: total(edge.call(*live)), arguments)(*edge.live)
    assert all(close(g, expected) for g, expected in zip(found, edge.gradients, strict=True))
