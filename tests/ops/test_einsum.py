"""Einsums that are large enough to be products of matrices, and those of several operands: NumPy's values, and the
gradients of a definition by broadcasting."""

import numpy as np
import pytest

from autograd import grad, tensor, value_and_grad
from autograd.errors import OperandError
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


@pytest.mark.parametrize("subscripts", ["raa,aac->rc", "iira,iiac->irc", "iira,iiac->icr"])
def test_a_letter_repeated_in_both_operands_takes_diagonals_in_large_products_too(subscripts):
    rng = np.random.default_rng(0)
    sizes = dict(zip("iarc", (6, 20, 17, 18), strict=True))
    xs = [rng.normal(size=[sizes[c] for c in term]) for term in subscripts.split("->")[0].split(",")]
    found = np.einsum(subscripts, *[tensor(x, requires_grad=True) for x in xs])
    np.testing.assert_allclose(found.data, np.einsum(subscripts, *xs), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("subscripts", ["ij->iz", "ij,jk->iz"])
def test_an_output_letter_that_no_operand_has_is_named(subscripts):
    xs = [tensor(np.ones((2, 2)), requires_grad=True) for _ in subscripts.split(",")]
    with pytest.raises(OperandError, match="output subscript 'z'"):
        np.einsum(subscripts, *xs)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float16, np.float32])
def test_products_of_narrow_operands_are_computed_in_the_dtype_of_all(dtype):
    rng = np.random.default_rng(0)
    a, b = ((rng.random((20, 20)) * 100).astype(dtype) for _ in range(2))
    x, w = rng.normal(size=(20, 20)), rng.normal(size=(20, 20))
    value, slope = value_and_grad(lambda x: (np.einsum("ij,jk,kl->il", a, b, x) * w).sum())(x)
    product = a.astype(float) @ b.astype(float)
    np.testing.assert_allclose(value, ((product @ x) * w).sum(), rtol=1e-12)
    np.testing.assert_allclose(slope, product.T @ w, rtol=1e-12, atol=1e-12 * np.abs(product).max())
