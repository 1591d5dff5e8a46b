"""The contract of an op, checked when it is registered, and the functions that are written for it."""

import inspect
import math
from importlib import import_module

import numpy as np
import pytest

from autograd import OperandError, RuleError, Tensor, tensor
from autograd.engine.op import REGISTRY, Op, defop, joint


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def square(x):
    return x * x


def scaled_product(x, y, *, scale=1.0):
    return scale * x * y


def total(*xs, weight=1.0):
    return weight * sum(xs)


def test_the_table_by_its_former_name():
    assert import_module("autograd.registry").defop is defop


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "rules", "message"),
    [
        (
            square,
            lambda g, y: g,
            r"op '_op': the rule of operand x asks for 'y'\. A rule may name g, need, out, x, x_shape\.",
        ),
        (square, lambda x: x, r"the rule of operand x must take the incoming gradient g first, not \('x',\)"),
        (square, lambda: 0, r"must take the incoming gradient g first, not \(\)"),
        (square, lambda x, g: x, "gradient g first"),
        (square, lambda *args: args, "gradient g first"),
        (square, lambda g, *rest: g, "asks for 'rest'"),
        (square, lambda g, **rest: g, "asks for 'rest'"),
        (square, lambda g, factor=2.0: g, "asks for 'factor'"),
        (square, lambda g, y_shape: g, "asks for 'y_shape'"),
        (square, lambda g, need: g, "asks for 'need'"),
        (square, (lambda g: g, lambda g: g), r"has 1 operands \('x',\), but 2 rules"),
        (square, (), "but 0 rules"),
        (scaled_product, lambda g: g, r"has 2 operands \('x', 'y'\), but 1 rules"),
        (
            scaled_product,
            (lambda g: g, lambda g, z: g),
            r"rule of operand y asks for 'z'.*x, y, x_shape, y_shape, scale",
        ),
        (scaled_product, joint(lambda g, z: g), "the joint rule asks for 'z'"),
        (scaled_product, joint(lambda need: need), "the joint rule must take the incoming gradient g first"),
        (total, lambda g: g, "any number of operands, so it needs one joint rule"),
        (total, (lambda g: g,), "one joint rule"),
        (lambda x, **options: x, lambda g: g, r"names its attributes; this one takes \(x, \*\*options\)"),
        (lambda x, *xs: x, joint(lambda g: g), r"either names its operands one by one or takes \*x"),
        (lambda x, out: x, (None, None), "no operand or attribute can be called 'out'"),
        (lambda x, *, g: x, lambda g: g, "no operand or attribute can be called 'g'"),
        (lambda x, *, need: x, lambda g: g, "'need'"),
        (lambda _x: _x, lambda g: g, "'_x'"),
        (dict, lambda g: g, "the parameters of <class 'dict'> cannot be read"),
        (square, dict, "the parameters of <class 'dict'> cannot be read"),
    ],
)
def test_a_violation_of_the_contract(kernel, rules, message):
    with pytest.raises(RuleError, match=message):
        defop("_op", kernel, rules)
    assert "_op" not in REGISTRY


def test_a_rule_without_parameters_that_can_be_read():
    with pytest.raises(RuleError):
        defop("_op", square, np.negative)


def test_all_allowed_names():
    seen = {}

    def rule(g, x, out, x_shape, y, y_shape, scale):
        seen.update(x=x, out=out, x_shape=x_shape, y=y, y_shape=y_shape, scale=scale)
        return g * scale * y

    op = defop("_op", scaled_product, (rule, None))
    x = grad_leaf([1.0, 2.0])
    op(x, 3.0, scale=2.0).sum().backward()
    assert (seen["x_shape"], seen["y"], seen["y_shape"], seen["scale"]) == ((2,), 3.0, (), 2.0)
    np.testing.assert_array_equal(seen["out"], [6, 12])
    np.testing.assert_array_equal(x.grad, [6, 6])


# --- what is kept -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "keeps"),
    [
        (lambda g: g, ()),
        (lambda g, x: g * 2 * x, ("x",)),
        (lambda g, out: g * out, ("out",)),
        (lambda g, x_shape: g, ("x_shape",)),
        (lambda g, x_shape, x, out: g, ("x_shape", "x", "out")),
        (None, ()),
    ],
)
def test_the_names_of_a_rule_decide_what_a_node_keeps(rules, keeps):
    op = Op("_op", square, rules)
    assert op.keeps == keeps
    y = op.function(grad_leaf(3.0))
    if rules is None:
        assert not y.requires_grad
    else:
        assert len(y._node.kept) == len(keeps)


def test_what_only_another_rule_asks_for_is_not_kept():
    op = Op("_op", scaled_product, (lambda g, y, scale: g * y * scale, lambda g, x, scale: g * x * scale))
    assert op.keeps == ("y", "scale", "x")
    x = grad_leaf(2.0)
    assert op.function(x, 3.0)._node.kept == (3.0, 1.0, None)
    assert op.function(3.0, x)._node.kept == (None, 1.0, 3.0)


# --- the functions that are written -------------------------------------------------------------------------------


def test_plain_arguments_go_to_the_kernel():
    op = defop("_op", scaled_product, (None, None))
    assert op(2.0, 3.0) == 6.0
    assert type(op(np.ones(2), 3.0)) is np.ndarray
    assert op(2.0, 3.0, scale=2.0) == 12.0


def test_attributes():
    op = defop("_op", scaled_product, (lambda g, y, scale: g * y * scale, None))
    x = grad_leaf(2.0)
    y = op(x, 3.0, scale=5.0)
    assert (y.item(), y._node.attrs) == (30.0, {"scale": 5.0})
    y.backward()
    assert x.grad == 15.0
    with pytest.raises(TypeError, match="scales"):
        op(x, 3.0, scales=5.0)
    required = defop("_op", lambda x, *, power: x**power, lambda g, x, power: g * power * x ** (power - 1))
    with pytest.raises(TypeError, match="power"):
        required(x)
    x.grad = None
    required(x, power=3).backward()
    assert x.grad == 12.0


def test_optional_operands():
    op = defop(
        "_op",
        lambda x, bias=None, scale=2.0: scale * x if bias is None else scale * x + bias,
        (lambda g, scale: g * scale, lambda g: g, lambda g, x: g * x),
    )
    x, b, s = grad_leaf(3.0), grad_leaf(1.0), grad_leaf(4.0)
    assert op(x).item() == 6.0
    assert op(x, b).item() == 7.0
    y = op(x, scale=s)
    assert y.item() == 12.0
    y.backward()
    op(x, b, s).backward()
    op(3.0, b).backward()
    assert (x.grad, b.grad, s.grad) == (8.0, 2.0, 6.0)
    assert op(3.0) == 6.0


def test_any_number_of_operands():
    op = defop("_op", total, joint(lambda g, need, xs_shape, weight: tuple(g * weight if n else None for n in need)))
    x, y = grad_leaf([1.0, 2.0]), grad_leaf(3.0)
    z = op(x, 1.0, y, [1.0, 1.0], weight=2.0)
    np.testing.assert_array_equal(z.data, [12, 14])
    z.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 2])
    assert y.grad == 4.0
    assert op(1.0, 2.0) == 3.0
    strict = defop("_op", lambda *xs, weight: weight * sum(xs), joint(lambda g, xs: tuple(g for _ in xs)))
    with pytest.raises(TypeError, match="weight"):
        strict(x)


COLLIDING = [
    *(
        "x_live",
        "live",
        "op",
        "kernel",
        "compute",
        "record",
        "result",
        "state",
        "leaf",
        "parents",
        "operands",
        "operand",
        "sources",
        "shape",
        "ndarray",
        "error",
    ),
    *(
        "Tensor",
        "PLAIN",
        "explain",
        "kept",
        "gradients",
        "rule0",
        "rule",
        "p",
        "data",
        "call",
        "vjp",
        "names",
        "self",
        "node",
        "default_x",
        "x_shape",
    ),
]


@pytest.mark.parametrize("name", COLLIDING)
@pytest.mark.parametrize("parameters", ["x, NAME", "NAME, x", "x, *, NAME"])
def test_names_of_operands_and_attributes_are_free(name, parameters):
    """The text that is written for an op has names of its own; none may meet those of users."""
    users = {}
    text = "def f(PARAMETERS): return x * x * NAME\ndef by_x(g, x, NAME): return g * 2.0 * x * NAME\n"
    exec(text.replace("PARAMETERS", parameters).replace("NAME", name), users)
    by_x, by_name = users["by_x"], lambda g, x: g * x * x
    rules = {"x, NAME": (by_x, by_name), "NAME, x": (by_name, by_x), "x, *, NAME": by_x}[parameters]
    op = defop("_op", users["f"], rules)
    x = grad_leaf(3.0)
    y = op(**{"x": x, name: 5.0})
    y.backward(retain_graph=True)
    assert (y.item(), x.grad) == (45.0, 30.0)
    [g] = y.gradient(x, create_graph=True)
    assert g.gradient(x)[0].item() == 10.0
    assert op(**{"x": 3.0, name: 5.0}) == 45.0
    if "*" not in parameters:
        k = grad_leaf(5.0)
        op(**{"x": x, name: k}).backward()
        assert k.grad == 9.0


def test_a_function_looks_like_one():
    op = defop("_op", scaled_product, (None, None), doc="The product.")
    assert (op.__name__, op.__doc__, op.__module__) == ("_op", "The product.", "autograd.ops")
    assert list(inspect.signature(op).parameters) == ["x", "y", "scale"]
    assert repr(op.op) == "<Op _op(x, y)>"


def test_operands_may_be_named():
    op = defop("_op", scaled_product, (lambda g, y: g * y, lambda g, x: g * x))
    x = grad_leaf(2.0)
    assert op(y=x, x=3.0).item() == 6.0


def test_errors_of_a_kernel():
    def fail(x, *, kind):
        raise kind("no good")

    op = defop("_op", fail, lambda g: g)
    for kind in (ValueError, TypeError, IndexError):
        with pytest.raises(
            OperandError, match=r"_op: no good\n  x = a: shape \(\), float64, made at .*test_registry.py"
        ) as e:
            op(grad_leaf(1.0, name="a"), kind=kind)
        assert isinstance(e.value, kind)
        assert type(e.value.__cause__) is kind
    for kind in (KeyError, ZeroDivisionError, RuntimeWarning, RuleError):
        with pytest.raises(kind) as e:
            op(grad_leaf(1.0), kind=kind)
        assert type(e.value) is kind
        assert e.value.__cause__ is None


# --- what a rule may return ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (np.ones((4, 2, 3)), np.full((2, 3), 4.0)),  # broadcasting is undone
        (np.ones((1, 3)), np.ones((2, 3))),  # and done
        (np.float64(2.0), np.full((2, 3), 2.0)),
        (np.ones((2, 3), "float32"), np.ones((2, 3))),
        (np.ones((2, 3), int), np.ones((2, 3))),
        (None, None),
    ],
)
def test_what_a_rule_may_return(returned, expected):
    op = defop("_op", lambda x: x * 1.0, lambda g: returned)
    x = grad_leaf(np.zeros((2, 3)))
    op(x).sum().backward()
    if expected is None:
        assert x.grad is None
    else:
        np.testing.assert_array_equal(x.grad, expected)
        assert x.grad.dtype == np.float64


def test_a_joint_rule_gives_a_gradient_for_each_operand():
    for returned in ((1.0,), (1.0, 2.0, 3.0), ()):
        op = defop("_op", scaled_product, joint(_returning(returned)))
        with pytest.raises(ValueError, match=f"gave {len(returned)} gradients for 2 operands") as caught:
            op(grad_leaf(1.0), grad_leaf(2.0)).backward()
        assert "in the rule of _op, applied at" in caught.value.__notes__[0]


def _returning(value):
    return lambda g: value


def test_a_joint_rule_is_told_what_is_needed():
    needs = []
    op = defop("_op", scaled_product, joint(lambda g, need, x, y: needs.append(need) or (g * y, g * x)))
    x, y = grad_leaf(2.0), grad_leaf(3.0)
    op(x, y).backward()
    op(x, 3.0).backward()
    op(x, y).gradient(y)
    assert needs == [(True, True), (True, False), (False, True)]


def test_the_table_holds_what_was_defined():
    assert isinstance(REGISTRY["add"], Op)
    assert type(REGISTRY["add"].function(grad_leaf(1.0), 2.0)) is Tensor
    assert math.isclose(REGISTRY["sin"].kernel(1.0), math.sin(1.0))
    assert not any(name.startswith("_op") for name in REGISTRY)
