"""What may stand beside a Tensor: numbers, NumPy scalars, arrays and lists, on either side, in the same graph."""

import operator

import numpy as np
import pytest

from autograd import InvalidDtypeError, OperandError, Tensor, tensor
from autograd.engine.graph import newest_first

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def by_name(f):
    return f.__name__


def ops(t):
    """The ops of a graph, newest first."""
    return [vertex.op.name for vertex in newest_first([t._node]) if vertex.op]


# --- scalars are first-class --------------------------------------------------------------------------------------


def test_scalars_make_the_same_graph_as_arrays():
    scalar, array = grad_leaf(2.0), grad_leaf(np.full((3, 2), 2.0))
    for f in (
        lambda t: t * 3 + 1,
        lambda t: 1 - 2 / t,
        lambda t: np.sin(t) ** 2 + (-t).exp(),
        lambda t: np.where(t > 0, t, 0.0).sum(),
    ):
        small, large = f(scalar), f(array)
        assert ops(small) == ops(large)
        assert np.all(large.data == small.data * (6 if large.shape == () else 1))


def test_the_readmes_first_line():
    x = grad_leaf(2.0)
    y = x * 3 + 1
    assert y.item() == 7.0
    assert y.shape == ()
    y.backward()
    assert x.grad == 3.0
    assert not (tensor(2.0) * 3 + 1).requires_grad


def test_literal_numbers_are_seen_by_the_views():
    y = 3 * grad_leaf(2.0) + 1.5
    add = y._node
    assert add.operands[1] == 1.5
    assert add.operands[0].operands[0] == 3
    assert add.parents[1] is None


# --- the other operand --------------------------------------------------------------------------------------------

OTHERS = {
    "int": 3,
    "float": 2.5,
    "bool": True,
    "np.float64": np.float64(2.5),
    "np.float32": np.float32(2.5),
    "np.int64": np.int64(3),
    "np.int8": np.int8(3),
    "np.bool": np.True_,
    "0-d array": np.array(2.5),
    "array": np.array([2.0, 3.0]),
    "row": np.array([[2.0, 3.0]]),
    "column": np.array([[2.0], [3.0], [4.0]]),
    "integers": np.array([2, 3]),
    "list": [2.0, 3.0],
    "nested list": [[2.0, 3.0], [4.0, 5.0]],
    "tuple": (2, 3),
    "Tensor": tensor([2.0, 3.0]),
    "0-d Tensor": tensor(2.5),
    "integer Tensor": tensor([2, 3]),
}


@pytest.mark.parametrize("data", [np.array(1.7), np.array([1.7, 2.3])], ids=["0-d", "1-d"])
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("f", ARITHMETIC, ids=by_name)
@pytest.mark.parametrize("side", ["left", "right"])
def test_arithmetic(f, other, data, side):
    """Value, dtype and type as for arrays, whatever stands beside, and gradients that reach the Tensor."""
    t = grad_leaf(data)
    plain = other.data if isinstance(other, Tensor) else np.asarray(other)
    if plain.dtype == bool and plain.ndim == 0:
        plain = other  # NumPy takes a Python bool as a weak number
    found = f(t, other) if side == "left" else f(other, t)
    expected = f(data, plain) if side == "left" else f(plain, data)
    assert type(found) is Tensor
    np.testing.assert_array_equal(found.data, expected)
    assert found.shape == np.shape(expected)
    assert found.dtype == np.asarray(expected).dtype
    if f is operator.floordiv:
        assert not found.requires_grad
        return
    found.sum().backward()
    h = 1e-6
    numeric = [
        (np.sum(f(*(p, plain) if side == "left" else (plain, p))) for p in (data + h * e, data - h * e))
        for e in np.eye(data.size).reshape(-1, *data.shape)
    ]
    for g, (above, below) in zip(np.ravel(t.grad), numeric, strict=True):
        assert g == pytest.approx((above - below) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("f", COMPARISONS, ids=by_name)
def test_comparisons_give_plain_arrays(f, other):
    t = grad_leaf([2.5, 3.0])
    plain = other.data if isinstance(other, Tensor) else np.asarray(other)
    for found, expected in ((f(t, other), f(t.data, plain)), (f(other, t), f(plain, t.data))):
        assert isinstance(found, np.ndarray)
        assert found.dtype == bool
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("f", COMPARISONS, ids=by_name)
@pytest.mark.parametrize("other", [2.0, np.float64(2.0), np.array(2.0), tensor(2.0)], ids=str)
def test_comparisons_of_scalars_work_in_an_if(f, other):
    assert bool(f(grad_leaf(2.0), other)) is f(2.0, 2.0)
    assert bool(f(other, grad_leaf(2.0))) is f(2.0, 2.0)


@pytest.mark.parametrize("shape", [(), (2,)])
def test_equality_with_things_that_are_no_numbers(shape):
    t = grad_leaf(np.ones(shape))
    for other in (None, "a", {}, object()):
        assert not np.any(t == other)
        assert np.all(t != other)
    with pytest.raises(TypeError):
        assert t < None
    with pytest.raises(TypeError):
        assert t < "a"


def test_matmul_with_an_array_on_either_side():
    a = np.arange(6.0).reshape(2, 3)
    t = grad_leaf(np.ones((3, 2)))
    for product, expected in ((a @ t, a @ t.data), (t @ a, t.data @ a), (a.tolist() @ t, a @ t.data)):
        assert type(product) is Tensor
        np.testing.assert_array_equal(product.data, expected)
        product.sum().backward()
    np.testing.assert_array_equal(t.grad, 2 * a.sum(0)[:, None] + a.sum(1)[None])


def test_ufuncs_see_the_tensor_among_their_operands():
    t, a = grad_leaf([1.0, 2.0]), np.array([3.0, 4.0])
    for found in (np.add(a, t), np.add(t, a), np.add(t, [3.0, 4.0]), np.add([3.0, 4.0], t), np.multiply(2, t)):
        assert found.requires_grad


def test_float32_beside_python_numbers_stays_float32():
    t = grad_leaf(np.float32([1, 2]))
    for found in (t * 2, 2.5 + t, t**2, 1 / t, t - True, np.maximum(t, 0), np.where(t > 1, t, 0.0), t * np.float32(2)):
        assert found.dtype == np.float32
        assert found.requires_grad
    assert (t * np.float64(2)).dtype == (t * [1.0, 2.0]).dtype == np.float64


# --- what does not fit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["a", {}, {1}, object(), np.sin], ids=repr)
@pytest.mark.parametrize("f", ARITHMETIC, ids=by_name)
def test_foreign_objects_are_left_to_python(f, other):
    for call in (lambda: f(grad_leaf(1.0), other), lambda: f(grad_leaf([1.0]), other)):
        with pytest.raises(TypeError):
            call()
    if not isinstance(other, str) or f is not operator.mod:  # "a" % x is formatting
        with pytest.raises(TypeError):
            f(other, grad_leaf(1.0))


def test_a_class_that_knows_tensors_answers_for_itself():
    class Unit:
        def __radd__(self, other):
            return ("radd", other)

        def __rmul__(self, other):
            return ("rmul", other)

    t = grad_leaf(1.0)
    assert (t + Unit())[0] == "radd"
    assert (t * Unit())[1] is t


def test_shapes_that_do_not_fit():
    """The message names both operands and where they were made; NumPy's own error is chained."""
    a, b = grad_leaf(np.ones(2), name="a"), grad_leaf(np.ones(3), name="b")
    with pytest.raises(OperandError) as caught:
        (a * 2) + b
    lines = str(caught.value).splitlines()
    assert lines[0] == "add: operands could not be broadcast together with shapes (2,) (3,)"
    assert lines[1].startswith("  x = the result of multiply: shape (2,), float64, made at ")
    assert lines[2].startswith("  y = b: shape (3,), float64, made at ")
    assert all("test_operands.py:" in line for line in lines[1:])
    assert type(caught.value.__cause__) is ValueError
    with pytest.raises(OperandError, match=r"matmul(.|\n)*x = a: shape \(2,\)(.|\n)*y = an array: shape \(3,\)"):
        a @ np.ones(3)
    with pytest.raises(OperandError, match=r"concatenate(.|\n)*xs\[0\] = a(.|\n)*xs\[1\] = b: shape \(1, 3\)"):
        np.concatenate([a, grad_leaf(np.ones((1, 3)), name="b")])


def test_operand_errors_are_what_numpy_would_raise_too():
    t = grad_leaf([1.0, 2.0])
    with pytest.raises(IndexError, match=r"getitem(.|\n)*out of bounds") as caught:
        t[5]
    assert isinstance(caught.value, OperandError)
    with pytest.raises(TypeError, match="add") as caught:
        t + None
    assert isinstance(caught.value, OperandError)
    with pytest.raises(ValueError, match="reshape"):
        t.reshape(3)
    with pytest.raises(OperandError, match="operand y is not numeric: 'a'"):
        np.add(t, "a")


def test_other_errors_pass_as_they_are():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError) as caught:
        grad_leaf([1.0]) / 0
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("other", [1j, np.array([1j]), np.array([2.0], dtype=object)], ids=repr)
def test_results_without_a_gradient_are_refused(other):
    with pytest.raises(
        InvalidDtypeError, match=r"multiply gives (complex128|object)(.|\n)*x = x: shape \(1,\), float64, made at"
    ):
        grad_leaf([1.0], name="x") * other
    constant = tensor([1.0]) * other
    np.testing.assert_array_equal(constant.data, np.array([1.0]) * other)
