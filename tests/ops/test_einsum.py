"""Einsums that are large enough to be products of matrices, and those of several operands: NumPy's values, and the
gradients of a definition by broadcasting."""

import numpy as np
import pytest

from autograd import grad, tensor
from autograd.ops import linear

SIZES = {"b": 3, "i": 17, "j": 19, "k": 23, "l": 5, "o": 1, "z": 0}
LARGE = [
    "ij,jk->ik",
    "ij,jk->ki",
    "bij,bjk->bik",
    "bij,kjb->kib",
    "ijl,jlk->ik",
    "jib,bjk->ibk",
    "ij,jk",
    "...ij,...jk->...ik",
]
OTHERS = ["ij,ij->", "ij,ij->i", "oj,jk->ok", "bij,bjk->bk", "ii,ij->j"]
CHAINS = ["ij,jk,kl->il", "ij,jkl,li->k", "ij,jk,ki->", "i,ij,jk,k->", "bij,bjk,kl->bil", "ij,jk,l->il", "iz,zk,kj->ij"]


def operands(subscripts, dtype=float):
    rng = np.random.default_rng(0)
    terms = subscripts.replace("...", "b").partition("->")[0].split(",")
    return [rng.normal(size=[17 if term == "ii" else SIZES[c] for c in term]).astype(dtype) for term in terms]


def by_broadcasting(subscripts, *xs):
    """All products of numbers at once, and their sum over the letters that the result lacks."""
    terms, output = linear.explicit_subscripts(subscripts, tuple(x.ndim for x in xs))
    letters = "".join(dict.fromkeys(output + "".join(terms)))
    product = 1.0
    for term, x in zip(terms, xs, strict=True):
        own = "".join(dict.fromkeys(term))
        x = np.einsum(f"{term}->{''.join(c for c in letters if c in own)}", x)
        product = product * x[tuple(slice(None) if c in own else None for c in letters)]
    return np.sum(product, axis=tuple(range(len(output), len(letters))))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("subscripts", LARGE + OTHERS + CHAINS)
def test_values_and_gradients(subscripts, dtype):
    xs = operands(subscripts, dtype)
    expected = np.einsum(subscripts, *xs)
    value = linear.einsum(*xs, subscripts=subscripts)
    assert (value.shape, value.dtype) == (expected.shape, expected.dtype)
    tolerance = 200.0 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max(initial=0.0))
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape).astype(dtype)
    every = tuple(range(len(xs)))
    found = grad(lambda *xs: np.sum(np.einsum(subscripts, *xs) * weights), every)(*xs)
    wanted = grad(lambda *xs: np.sum(by_broadcasting(subscripts, *xs) * weights), every)(*xs)
    for g, w in zip(found, wanted, strict=True):
        assert g.dtype == dtype
        np.testing.assert_allclose(g, w, rtol=tolerance, atol=tolerance * np.abs(w).max(initial=0.0))


@pytest.mark.parametrize("subscripts", LARGE)
def test_large_products_are_of_matrices(subscripts, monkeypatch):
    """Of floats, and not where the caller says how."""
    x, y = operands(subscripts)
    with monkeypatch.context() as patch:
        patch.setattr(np, "einsum", None)
        linear.einsum(x, y, subscripts=subscripts)
    as_numpy = np.einsum(subscripts, tensor(x), y, optimize=False)
    np.testing.assert_array_equal(as_numpy.data, np.einsum(subscripts, x, y))
    integers = [np.rint(8.0 * a).astype(int) for a in (x, y)]
    np.testing.assert_array_equal(linear.einsum(*integers, subscripts=subscripts), np.einsum(subscripts, *integers))


def test_small_products_have_numpys_bits(monkeypatch):
    monkeypatch.setattr(np, "matmul", None)
    x, y = np.random.default_rng(0).normal(size=(2, 15, 15))
    np.testing.assert_array_equal(linear.einsum(x, y, subscripts="ij,jk->ik"), np.einsum("ij,jk->ik", x, y))
