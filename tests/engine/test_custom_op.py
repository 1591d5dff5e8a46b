"""custom_op: the contract of the op table for users."""

import math

import numpy as np
import pytest

from autograd import (
    GradientShapeError,
    InvalidDtypeError,
    OperandError,
    RuleError,
    Tensor,
    custom_op,
    gradcheck,
    hessian,
    jacobian,
    no_grad,
    tensor,
)


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
        (lambda x, **k: x, lambda g: g, "names its attributes"),
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


# Rules whose gradient has not the shape of the operand: forward, rules, operands, what is named.
MISFITS = {
    "one entry for two": (lambda x: x * 2.0, lambda g: np.ones(1), [(2,)], "(1,) for its operand x of shape (2,)"),
    "a number for two": (lambda x: x * 2.0, lambda g: np.float64(2.0), [(2,)], "() for its operand x of shape (2,)"),
    "a Python number": (lambda x: x * 2.0, lambda g: 2.0, [(2,)], "() for its operand x of shape (2,)"),
    "a sum, not spread": (lambda x: np.sum(x), lambda g: g, [(2, 3)], "() for its operand x of shape (2, 3)"),
    "a mean, not spread": (lambda x: x.mean(1), lambda g: g[:, None] / 3, [(2, 3)], "(2, 1) for its operand x of"),
    "two for a number": (lambda x: x * 1.0, lambda g: np.ones(2), [()], "(2,) for its operand x of shape ()"),
    "one for a number": (lambda x: x * 1.0, lambda g: np.ones(1), [()], "(1,) for its operand x of shape ()"),
    "a matrix for a vector": (lambda x: x * x, lambda g, x: np.outer(g, x), [(3,)], "(3, 3) for its operand x"),
    "turned": (lambda x: x * 1.0, lambda g: g.T, [(2, 3)], "(3, 2) for its operand x of shape (2, 3)"),
    "not added up": (lambda x: np.sum(x * np.ones(3)), lambda g: g * np.ones(3), [()], "(3,) for its operand x of"),
    "the second": (lambda x, y: x * y, (lambda g, y: g * y, lambda g: g[:1]), [(2,), (2,)], "(1,) for its operand y"),
    "a joint rule": (lambda x, y: x * y, lambda g, x, y: (g * y, np.sum(g * x)), [(2,), (2,)], "() for its operand y"),
    "one of many": (lambda *xs: xs[0] + xs[1], lambda g, xs: (g, g[0]), [(2,), (2,)], "() for its operand xs[1]"),
    "of another length": (lambda x: x[:2] * 1.0, lambda g: g, [(3,)], "(2,) for its operand x of shape (3,)"),
}
PASSES = {
    "backward": lambda f, xs: f(*xs).sum().backward(),
    "create_graph": lambda f, xs: f(*xs).sum().gradient(*xs, create_graph=True, allow_unused=True),
    "jacobian": lambda f, xs: jacobian(f, tuple(range(len(xs))))(*(x.data for x in xs)),
    "hessian": lambda f, xs: hessian(lambda *a: f(*a).sum(), tuple(range(len(xs))))(*(x.data for x in xs)),
}


@pytest.mark.parametrize("way", PASSES.values(), ids=PASSES)
@pytest.mark.parametrize(("forward", "vjp", "shapes", "named"), MISFITS.values(), ids=MISFITS)
def test_a_gradient_of_another_shape_is_refused(forward, vjp, shapes, named, way):
    """NumPy would repeat it, or the engine add it up: a wrong number, silently."""
    op = custom_op(forward, vjp, name="mine")
    with pytest.raises(GradientShapeError) as caught:
        way(op, [grad_leaf(np.ones(shape)) for shape in shapes])
    message = str(caught.value)
    assert message.startswith(f"the rule of mine returned a gradient of shape {named}")
    assert "np.broadcast_to(gradient, " in message
    assert any("in the rule of mine, applied at " in note for note in caught.value.__notes__)


# What broadcasting repeated is the engine's business: forward, rules, shapes of operands.
REPEATED = {
    "a number": (np.multiply, (lambda g, y: g * y, lambda g, x: g * x), [(), (3,)]),
    "a row": (np.add, (lambda g: g, lambda g: g), [(2, 3), (3,)]),
    "a column": (np.multiply, (lambda g, y: g * y, lambda g, x: g * x), [(2, 1), (1, 3)]),
    "a stack": (np.multiply, (lambda g, y: g * y, lambda g, x: g * x), [(2, 3), (4, 1, 3)]),
    "a matrix": (np.matmul, (lambda g, y: g @ y.mT, lambda g, x: x.mT @ g), [(2, 3), (4, 3, 2)]),
}


@pytest.mark.parametrize(("forward", "rules", "shapes"), REPEATED.values(), ids=REPEATED)
def test_what_broadcasting_repeated_is_added_up(forward, rules, shapes):
    """Also in part: a rule may add up itself."""
    data = [np.arange(1.0, 1.0 + math.prod(shape)).reshape(shape) for shape in shapes]
    op = custom_op(lambda x, y: forward(x, y), rules)
    assert gradcheck(op, *data, order=2)
    xs, ys = [grad_leaf(d) for d in data], [grad_leaf(d) for d in data]
    op(*xs).sum().backward()
    forward(*ys).sum().backward()
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_array_equal(x.grad, y.grad)


def test_python_numbers_are_gradients_of_numbers():
    f = custom_op(lambda x: math.sin(x), lambda g, x: float(g) * math.cos(x))
    x = grad_leaf(np.float32(0.5))
    f(x).backward()
    assert x.grad == np.float32(math.cos(0.5))
    assert x.grad.dtype == np.float32


def test_a_complex_gradient_is_refused():
    with pytest.raises(InvalidDtypeError, match=r"rule of mine returned complex .* np\.real"):
        custom_op(lambda x: x * 1.0, lambda g: g * np.exp(1j), name="mine")(grad_leaf([1.0])).sum().backward()


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
