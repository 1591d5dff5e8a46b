"""Complex numbers have no gradient here: refused where they arise, whatever the way, with what to write instead."""

import numpy as np
import pytest

from autograd import AutogradError, InvalidDtypeError, Tensor, grad, no_grad, tensor

COMPLEX = {
    "*": lambda x: x * 1j,
    "* reflected": lambda x: 1j * x,
    "+": lambda x: 1j + x,
    "-": lambda x: 1j - x,
    "/": lambda x: 1j / x,
    "**": lambda x: x ** (0.5 + 0j),
    "** reflected": lambda x: (1 + 1j) ** x,
    "numpy scalar": lambda x: np.complex64(1j) * x,
    "array": lambda x: np.array([1j, 2]) * x,
    "exp": lambda x: np.exp(1j * x),
    "abs of a sum": lambda x: np.abs(np.exp(1j * x) + 1),
    "real part": lambda x: np.real(np.exp(1j * x)),
    "angle": lambda x: np.angle(np.exp(1j * x)),
    "astype": lambda x: x.astype(complex),
    "dtype=": lambda x: np.multiply(x, 2.0, dtype=complex),
    "where": lambda x: np.where(True, x, 1j),
    "maximum": lambda x: np.maximum(x, 1j),
    "linspace": lambda x: np.linspace(x, 1j, 3),
    "polyval": lambda x: np.polyval([1, 2j], x),
    "concatenate": lambda x: np.concatenate([x[None], np.array([1j])]),
    "einsum": lambda x: np.einsum(",->", x, 1j),
    "set": lambda x: np.stack([x, x]).at[0].set(1j),
    "set of a part": lambda x: np.stack([x, x]).at[[0]].set(np.array([1j])),
    "add": lambda x: np.stack([x, x]).at[0].add(1j),
    "gradient": lambda x: (x * 2).gradient(x, gradient=np.array(1j)),
    "sqrt": lambda x: np.emath.sqrt(-x),
}
EACH = pytest.mark.parametrize("compute", COMPLEX.values(), ids=COMPLEX)


@EACH
def test_a_live_tensor_refuses_them(compute):
    for x in (tensor(0.5, requires_grad=True), tensor(0.5, requires_grad=True) * 1.0):
        with pytest.raises(AutogradError, match=r"complex|scimath"):
            compute(x)
    with pytest.raises(AutogradError, match=r"complex|scimath"):
        grad(lambda x: np.sum(compute(x)))(0.5)


def test_the_message_names_the_op_and_what_to_write():
    with pytest.raises(InvalidDtypeError, match=r"^multiply gives complex128.*np\.cos\(x\) and np\.sin\(x\) inst"):
        grad(lambda x: np.abs(np.exp(1j * x) + 1))(0.5)
    assert grad(lambda x: np.hypot(np.cos(x) + 1, np.sin(x)))(0.5) == pytest.approx(-np.sin(0.25))


def test_without_gradient_they_compute_as_in_numpy():
    x = tensor(0.5, requires_grad=True)
    with no_grad():
        for y in (np.abs(np.exp(1j * x) + 1), np.abs(x.astype(complex) * 1j + 1)):
            assert isinstance(y, Tensor)
        np.testing.assert_array_equal((1j * x).data, 0.5j)
        assert (1j * x).dtype == np.complex128
    assert abs((tensor(0.5) * 1j).item()) == 0.5
