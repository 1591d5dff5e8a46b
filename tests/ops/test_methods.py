"""Methods of a Tensor that are ndarray's: its value, and the gradient of the NumPy function; subclasses of ndarray."""

import numpy as np
import pytest
from op_samples import spread, weights

from autograd import ArrayConversionError, NotDifferentiable, OperandError, Tensor

X = spread((3, 4), 0.5, 2.5)
ROWS = np.array([True, False, True])

CALLS = {
    "ravel": (lambda x: x.ravel(), np.ravel),
    "ravel F": (lambda x: x.ravel("F"), lambda x: np.ravel(x, "F")),
    "flatten F": (lambda x: x.flatten("F"), lambda x: np.ravel(x, "F")),
    "reshape F": (lambda x: x.reshape(2, 6, order="F"), lambda x: np.reshape(x, (2, 6), "F")),
    "reshape": (lambda x: x.reshape((4, -1)), lambda x: np.reshape(x, (4, 3))),
    "diagonal": (lambda x: x.diagonal(1), lambda x: np.diagonal(x, 1)),
    "diagonal axes": (lambda x: x.diagonal(0, -1, 0), lambda x: np.diagonal(x, 0, -1, 0)),
    "trace": (lambda x: x.trace(), np.trace),
    "trace offset": (lambda x: x.trace(offset=-1), lambda x: np.trace(x, -1)),
    "take": (lambda x: x.take([0, 0, -1]), lambda x: np.take(x, [0, 0, -1])),
    "take axis": (lambda x: x.take([0, 5], 1, mode="clip"), lambda x: np.take(x, [0, 5], 1, mode="clip")),
    "compress": (lambda x: x.compress(ROWS, axis=0), lambda x: np.compress(ROWS, x, 0)),
    "repeat": (lambda x: x.repeat(2), lambda x: np.repeat(x, 2)),
    "repeat axis": (lambda x: x.repeat([0, 1, 2], axis=-2), lambda x: np.repeat(x, [0, 1, 2], -2)),
    "conj": (lambda x: x.conj() * x, np.square),
    "conjugate": (lambda x: x.conjugate() * x, np.square),
    "real": (lambda x: x.real * x, np.square),
    "imag": (lambda x: x.imag + x, np.positive),
    "round": (lambda x: x.round(1) * x, lambda x: np.round(x, 1) * x),
    "divmod": (lambda x: divmod(x, 0.7)[1], lambda x: np.remainder(x, 0.7)),
    "divmod reflected": (lambda x: divmod(3.0, x)[1], lambda x: np.remainder(3.0, x)),
}


@pytest.mark.parametrize("label", CALLS)
def test_a_method_is_ndarrays(label):
    method, function = CALLS[label]
    found = []
    for call in (method, function):
        x = Tensor(X, requires_grad=True)
        out = call(x)
        np.testing.assert_array_equal(out.data, method(X))
        found.append(out.gradient(x, gradient=weights(out.data))[0].data)
    np.testing.assert_allclose(*found, rtol=1e-15)


def test_divmod_gives_a_quotient_without_gradient():
    quotient, rest = divmod(Tensor(X, requires_grad=True), 0.7)
    np.testing.assert_array_equal(quotient.data, X // 0.7)
    assert not quotient.requires_grad
    assert rest.requires_grad


@pytest.mark.parametrize(
    ("make", "instead"),
    [
        (lambda: np.ma.masked_array(np.ones(4), [True, False, False, True]), "where="),
        (lambda: np.matrix(np.ones((4, 4))), "np.asarray"),
    ],
    ids=["masked", "matrix"],
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_arrays_whose_operators_mean_something_else(make, instead):
    """A mask would be lost, and the product of a matrix is another: both are refused, not taken for plain arrays."""
    t, other = Tensor(X, requires_grad=True), make()
    for call in (lambda: t * other, lambda: np.multiply(t, other), lambda: np.add(other, t)):
        with pytest.raises(OperandError, match=instead):
            call()
    with pytest.raises((OperandError, ArrayConversionError)):
        other * t


@pytest.mark.parametrize("function", [np.ma.exp, np.ma.multiply, np.ma.sum, np.ma.array, np.ma.masked_invalid])
def test_numpy_ma_detaches_nothing(function):
    """It reads `_data` of its operands, past `__array__`."""
    operands = [np.ones(3), Tensor(np.ones(3), requires_grad=True)][function is not np.ma.multiply :]
    with pytest.raises((ArrayConversionError, NotDifferentiable, OperandError)):
        function(*operands)
    np.testing.assert_array_equal(np.ma.exp(Tensor([0.0])), [1.0])


def test_other_subclasses_are_plain_arrays():
    class Named(np.ndarray):
        pass

    t = Tensor(X, requires_grad=True)
    for out in (t * X.view(Named), X.view(Named) * t):
        assert type(out.data) is np.ndarray
        np.testing.assert_array_equal(out.gradient(t, gradient=np.ones(X.shape))[0].data, X)
