"""custom_op: the contract of the op table for users."""

import math

import numpy as np
import pytest

from autograd import GradientShapeError, OperandError, RuleError, Tensor, custom_op, no_grad, tensor


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


# --- kinds of operations ------------------------------------------------------------------------------------------


def test_one_operand():
    root = custom_op(lambda x: np.cbrt(x), lambda g, out: g / (3.0 * out * out))
    x = grad_leaf([8.0, 27.0])
    y = root(x)
    np.testing.assert_allclose(y.data, [2, 3])
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [1 / 12, 1 / 27])


def test_one_rule_for_each_of_several_operands():
    scaled = custom_op(
        lambda x, y, *, power=1: x * y**power,
        (lambda g, y, power: g * y**power, lambda g, x, y, power: g * x * power * y ** (power - 1)),
        name="scaled",
    )
    x, y = grad_leaf(2.0), grad_leaf([3.0, 4.0])
    z = scaled(x, y, power=2)
    z.sum().backward()
    np.testing.assert_array_equal(z.data, [18, 32])
    assert x.grad == 25.0  # the engine undoes the broadcasting
    np.testing.assert_array_equal(y.grad, [12, 16])
    assert z._node.op.name == "scaled"
    assert "op=scaled" in repr(z)


def test_a_joint_rule():
    calls = []

    def rule(g, x, y, out):
        calls.append(1)
        shared = g * out
        return shared / x, shared / y

    product = custom_op(lambda x, y: x * y, rule)
    x, y = grad_leaf(2.0), grad_leaf(3.0)
    product(x, y).backward()
    assert (x.grad, y.grad, calls) == (3.0, 2.0, [1])


def test_any_number_of_operands():
    mean = custom_op(lambda *xs: sum(xs) / len(xs), lambda g, xs: tuple(g / len(xs) for _ in xs))
    xs = [grad_leaf(float(k)) for k in range(4)]
    y = mean(*xs, 5.0)
    assert y.item() == 11 / 5
    y.backward()
    assert [x.grad for x in xs] == [0.2] * 4


def test_an_operand_without_gradient():
    pick = custom_op(lambda x, where: np.where(where, x, 0.0), (lambda g, where: g * where, None))
    x, where = grad_leaf([1.0, 2.0]), tensor([True, False])
    y = pick(x, where)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0])
    w = grad_leaf([1.0, 0.0])
    assert not pick(x.data, w).requires_grad
    pick(x, w).sum().backward()
    assert w.grad is None


def test_an_operation_without_derivative():
    for vjp in (None, (None, None)):
        steps = custom_op(lambda x, y: np.floor(x) + y, vjp)
        y = steps(grad_leaf(1.5), 2.0)
        assert (y.item(), y.requires_grad) == (3.0, False)


def test_several_results_are_refused():
    both = custom_op(lambda x: (x, x), lambda g: g)
    with pytest.raises(OperandError, match="returned a tuple, not an array or a number"):
        both(grad_leaf(1.0))


@pytest.mark.parametrize("out", [None, "text", [1.0], {}], ids=repr)
def test_what_is_no_result(out):
    with pytest.raises(OperandError, match=f"returned a {type(out).__name__}, not an array or a number"):
        custom_op(lambda x: out, lambda g: g)(grad_leaf(1.0))


# --- functions that are at hand -----------------------------------------------------------------------------------


def test_functions_of_math():
    """They take and give Python numbers, and only those."""
    erf = custom_op(math.erf, lambda g, x: g * (2.0 / math.sqrt(math.pi)) * np.exp(-x * x))
    x = grad_leaf(0.5)
    y = erf(x)
    assert y.item() == math.erf(0.5)
    y.backward(retain_graph=True)
    slope = 2 / math.sqrt(math.pi) * math.exp(-0.25)
    assert x.grad == pytest.approx(slope)
    [g] = y.gradient(x, create_graph=True)
    assert g.gradient(x)[0].item() == pytest.approx(-2 * 0.5 * slope)
    with pytest.raises(OperandError, match="erf"):
        erf(grad_leaf([1.0, 2.0]))


def test_a_ufunc():
    root = custom_op(np.cbrt, lambda g, x: g * x * 0.0 + 7.0)
    x = grad_leaf([8.0])
    root(x).sum().backward()
    assert x.grad == [7.0]
    assert root(x)._node.op.name == "cbrt"


def test_plain_arguments_give_plain_results():
    double = custom_op(lambda x: 2 * x, lambda g: 2 * g)
    assert type(double(np.ones(2))) is np.ndarray
    assert double(3.0) == 6.0
    assert type(double(tensor(3.0))) is Tensor
    with no_grad():
        assert not double(grad_leaf(3.0)).requires_grad


def test_defaults_of_operands_are_kept():
    leaky = custom_op(
        lambda x, slope=0.1: np.where(x > 0, x, slope * x),
        (lambda g, x, slope: g * np.where(x > 0, 1.0, slope), lambda g, x: g * np.where(x > 0, 0.0, x)),
    )
    x, slope = grad_leaf([1.0, -2.0]), grad_leaf(0.5)
    np.testing.assert_array_equal(leaky(x).data, [1, -0.2])
    leaky(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0.1])
    leaky(x, slope).sum().backward()
    assert slope.grad == -2.0


def test_dtypes_are_restored():
    exact = custom_op(lambda x: x * 1.0, lambda g, x: g.astype(np.float64) * np.float64(2))
    x = grad_leaf(np.float32([1, 2]))
    exact(x).sum().backward()
    assert x.grad.dtype == np.float32
    half = custom_op(lambda x: x.astype("float16"), lambda g: g)
    half(x).sum().backward()
    assert x.grad.dtype == np.float32


# --- higher orders ------------------------------------------------------------------------------------------------


def test_a_rule_of_numpy_functions_is_differentiable_again():
    softsign = custom_op(lambda x: x / (1 + abs(x)), lambda g, x: g / (1.0 + np.abs(x)) ** 2)
    x = grad_leaf([0.5, -2.0])
    [g] = softsign(x).sum().gradient(x, create_graph=True)
    [h] = g.sum().gradient(x, create_graph=True)
    [third] = h.sum().gradient(x)
    a, s = 1 + abs(x.data), np.sign(x.data)
    np.testing.assert_allclose(g.data, a**-2)
    np.testing.assert_allclose(h.data, -2 * s * a**-3)
    np.testing.assert_allclose(third.data, 6 * a**-4)


def test_a_rule_of_another_custom_op():
    """What NumPy has no rule for is made a custom_op too, and the chain goes on."""
    ops = {}
    ops["sin"] = custom_op(lambda x: np.sin(x), lambda g, x: g * ops["cos"](x))
    ops["cos"] = custom_op(lambda x: np.cos(x), lambda g, x: -g * ops["sin"](x))
    x = grad_leaf(0.7)
    y, expected = ops["sin"](x), [math.sin(0.7), math.cos(0.7), -math.sin(0.7), -math.cos(0.7), math.sin(0.7)]
    for value in expected:
        assert y.item() == pytest.approx(value)
        [y] = y.gradient(x, create_graph=True)


def test_gradients_flow_to_an_output_that_a_rule_uses():
    exp = custom_op(lambda x: np.exp(x), lambda g, out: g * out)
    x = grad_leaf(0.3)
    y = exp(x)
    for _ in range(4):
        assert y.item() == pytest.approx(math.exp(0.3))
        [y] = y.gradient(x, create_graph=True)


# --- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "vjp", "message"),
    [
        (lambda x: x, lambda g, y: g, r"asks for 'y'\. A rule may name g, need, out, x, x_shape\."),
        (lambda x, y: x, lambda g, z: g, "the joint rule asks for 'z'"),
        (lambda x, y: x, (lambda g, z: g, None), "rule of operand x asks for 'z'"),
        (lambda x, y: x, (lambda g: g,), "has 2 operands"),
        (lambda x, **k: x, lambda g: g, "named"),
        (lambda *xs: xs[0], (lambda g: g,), "one joint rule"),
        (lambda x, *, out: x, lambda g: g, "'out'"),
        (dict, lambda g: g, "cannot be read"),
    ],
)
def test_the_contract_is_checked_at_once(forward, vjp, message):
    with pytest.raises(RuleError, match=message) as caught:
        custom_op(forward, vjp, name="mine")
    assert "op 'mine'" in str(caught.value)


@pytest.mark.parametrize(
    ("vjp", "error", "message"),
    [
        (lambda g: np.ones(5), GradientShapeError, r"rule of mine returned a gradient of shape \(5,\) for .* \(2,\)"),
        (lambda g, x: g * x.nothing, AttributeError, "nothing"),
        (lambda g: 1 / 0, ZeroDivisionError, "zero"),
        (lambda g: "text", AttributeError, "shape"),
        (lambda g: (g,), AttributeError, "shape"),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_in_a_rule_says_where(vjp, error, message, create_graph):
    mine = custom_op(lambda x: x * 1.0, vjp, name="mine")
    x = grad_leaf([1.0, 2.0])
    y = mine(x).sum()
    with pytest.raises(error, match=message) as caught:
        y.gradient(x, create_graph=create_graph)
    assert any(
        "in the rule of mine, applied at " in note and "test_custom_op.py:" in note for note in caught.value.__notes__
    )


def test_an_error_in_the_forward_function_says_what_came_in():
    mine = custom_op(lambda x, y: np.linalg.cholesky(x) @ y, None, name="mine")
    with pytest.raises(
        OperandError, match=r"^mine: .*positive definite(.|\n)*x = a: shape \(2, 2\)(.|\n)*y = 2\.0"
    ) as e:
        mine(tensor([[1.0, 2.0], [2.0, 1.0]], name="a"), 2.0)
    assert type(e.value.__cause__) is np.linalg.LinAlgError


def test_a_live_tensor_in_a_closure_is_found():
    """The forward function computes on plain arrays; a Tensor that is no operand would be cut off."""
    w = grad_leaf([2.0, 3.0])
    for forward in (lambda x: x * np.asarray(w), lambda x: x * float(w[0])):
        with pytest.raises(TypeError):
            custom_op(forward, lambda g: g)(grad_leaf([1.0, 1.0]))
    leaking = custom_op(lambda x: x * w, lambda g: g)
    with pytest.raises(OperandError, match="returned a Tensor, not an array"):
        leaking(grad_leaf([1.0, 1.0]))


@pytest.mark.parametrize("name", ["class", "a b", "3d", "", "λ", "<lambda>"])
def test_any_name_will_do(name):
    op = custom_op(lambda x: x * 1.0, lambda g: g, name=name)
    y = op(grad_leaf(1.0))
    assert y._node.op.name == (name or "<lambda>")
    y.backward()
