"""The likely fix in an error: the usual mistakes get the usual remedy, and whatever is proposed works."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes

from autograd import OperandError, custom_op, tensor
from autograd.engine.op import REGISTRY


def ones(*shape, name=None):
    return tensor(np.ones(shape), requires_grad=True, name=name)


def fix_of(call):
    with pytest.raises(OperandError) as caught:
        call()
    text, fix = str(caught.value), caught.value.fix
    assert text.endswith(f"\n  likely fix: {fix}") if fix else "likely fix" not in text
    return fix


x, w = ones(5, 3, name="x"), ones(4, 3, name="weight")

# What people do, what goes wrong in it, and what they meant.
CLASSIC = [
    ("a weight of shape (out, in)", lambda: x @ w, "x @ weight.T"),
    ("an input of shape (in, N)", lambda: ones(3, 5) @ w.T, "x.T @ y"),
    ("a transposition too many", lambda: ones(4, 5, name="v") @ x.T, "v @ y.T"),
    ("operands the other way round", lambda: ones(3, 2) @ ones(5, 3, name="a"), "a @ x"),
    ("a matrix and a vector", lambda: ones(3, 2, name="weights") @ ones(3, name="inputs"), "weights.T @ inputs"),
    ("stacked matrices", lambda: ones(2, 5, 3, name="q") @ ones(2, 4, 3, name="k"), "q @ k.mT"),
    ("a sum without keepdims", lambda: x / x.sum(axis=1), "keepdims=True in the sum that made y"),
    ("a mean without keepdims", lambda: x - np.mean(x, axis=-1), "keepdims=True in the mean that made y"),
    ("a norm without keepdims", lambda: x / np.linalg.norm(x, axis=1), "keepdims=True in the euclidean that made y"),
    ("a plain vector for each row", lambda: x - np.ones(5), "x - y[:, None]"),
    ("a bias for each channel", lambda: ones(8, 6, 5, 5) + ones(6, name="bias"), "x + bias[:, None, None]"),
    ("a factor for each row", lambda: ones(5, name="scale") * x, "scale[:, None] * x"),
    ("a transposed array", lambda: x + ones(3, 5, name="delta"), "x + delta.T"),
    ("a flat array", lambda: ones(2, 3) - ones(6, name="t"), "x - t.reshape(2, 3)"),
    ("a list for each row", lambda: ones(2, 3) * [1.0, 2.0], "x * np.asarray(y)[:, None]"),
    (
        "the wrong axis in concatenate",
        lambda: np.concatenate([x, w], axis=1),
        "np.concatenate with axis=0 instead of axis=1",
    ),
    (
        "no axis in concatenate",
        lambda: np.concatenate([ones(2, 3), ones(2, 4)]),
        "np.concatenate with axis=1 instead of axis=0",
    ),
    ("vstack for hstack", lambda: np.vstack([x, ones(5, 2)]), "np.concatenate with axis=1 instead of axis=0"),
    ("a row to append", lambda: np.concatenate([x, ones(3, name="row")]), "row[None] instead of row"),
    ("axes counted from 1", lambda: x.sum(axis=2), "axis=1 instead of axis=2"),
    ("axes counted from 1, in softmax", lambda: x.softmax(axis=2), "axis=1 instead of axis=2"),
    ("another batch size", lambda: ones(10, 6).reshape(20, 2, 3), "x.reshape(-1, 2, 3)"),
    ("another number of rows", lambda: x.reshape(4, 3), "x.reshape(-1, 3)"),
    ("where, row by row", lambda: np.where(x.data > 0, x, ones(5)), "where(condition, x, y[:, None])"),
    ("clip, row by row", lambda: np.clip(x, ones(5, name="low"), None), "clip(x, low[:, None], None)"),
    ("einsum with a transposed operand", lambda: np.einsum("ij,jk", x, w), "weight.T instead of weight"),
    ("solve with rows for columns", lambda: np.linalg.solve(ones(3, 3), ones(2, 3)), "solve(a, b.T)"),
    ("linear with a weight (in, out)", lambda: REGISTRY["linear"].function(x, w.T), "linear(x, weight.T, None)"),
    (
        "linear with a bias (out, 1)",
        lambda: REGISTRY["linear"].function(x, w, ones(4, 1)),
        "linear(x, weight, bias.reshape(4))",
    ),
    ("a value for each row", lambda: np.broadcast_to(ones(5), (5, 3)), "broadcast_to(x[:, None], (5, 3))"),
    ("dot", lambda: np.dot(x, w), "dot(x, weight.T)"),
    # Nothing small helps here, and nothing is said.
    ("two lengths", lambda: ones(2) + ones(3), ""),
    ("two lengths in a product", lambda: x @ np.ones(4), ""),
    ("an index", lambda: x[7], ""),
    ("far too high an axis", lambda: x.sum(axis=7), ""),
    ("no such reshape", lambda: x.reshape(4, 4), ""),
    ("a reshape that could be meant in two ways", lambda: ones(24, 1).reshape(7, 2, 3, 2), "x.reshape(-1, 2, 3, 2)"),
    ("different lengths to stack", lambda: np.stack([x, w]), ""),
    ("not square", lambda: np.linalg.inv(x), ""),
    ("singular, which no shape mends", lambda: np.linalg.inv(ones(3, 3)), ""),
]


@pytest.mark.parametrize(("call", "fix"), [c[1:] for c in CLASSIC], ids=[c[0] for c in CLASSIC])
def test_a_usual_mistake(call, fix):
    assert fix_of(call) == fix


def test_a_function_of_the_user_is_not_called_again():
    """It may do anything; only ops of ours are tried on other shapes."""
    calls = []

    def forward(x, y):
        calls.append(x.shape)
        return x + y

    add = custom_op(forward, lambda g: (g, g))
    assert fix_of(lambda: add(ones(2, 3), ones(3, 2))) == ""
    assert len(calls) == 1


def test_large_operands_cost_nothing():
    """The products that are tried are those of small stand-ins: these would take 500 TB."""
    huge = tensor(np.broadcast_to(1.0, (8_000_000, 3)), name="huge")
    huge._data = np.broadcast_to(1.0, (8_000_000, 3))
    assert fix_of(lambda: huge @ ones(8_000_000, 3)) == "huge @ y.T"


# --- whatever is proposed works ---------------------------------------------------------------------------------


def apply(fix, name, operands, attributes):
    """Do what a fix says: the call that it spells out, or the one change that it names."""
    op = REGISTRY[name]
    if found := re.fullmatch(r"keepdims=True in the \w+ that made (\w+)", fix):
        raise AssertionError(f"no operand was made by a reduction here: {found[0]}")
    if found := re.fullmatch(r"(?:np.(?:concatenate|stack) with )?axis=(-?\d+) instead of axis=(-?\d+)", fix):
        assert int(found[2]) == attributes["axis"]
        return op.function(*operands, **{**attributes, "axis": int(found[1])})
    if found := re.fullmatch(r"(xs\[(\d)\].*) instead of xs\[\2\]", fix):
        i = int(found[2])
        return op.function(*operands[:i], eval(found[1], {"xs": operands}), *operands[i + 1 :], **attributes)
    functions = {name: REGISTRY[name].function for name in ("where", "clip", "linear", "solve", "dot", "broadcast_to")}
    if name == "broadcast_to":
        functions["broadcast_to"] = lambda x, shape: op.function(x, shape=shape)
    return eval(fix, {"np": np, **functions, **dict(zip(op.operands, operands, strict=True))})


SHAPES = array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
ELEMENTWISE = [n for n, op in REGISTRY.items() if op.facts.symbol and op.facts.kind == "elementwise"]


OTHERS = ["dot", "where", "concatenate", "stack", "linear", "einsum", "solve", "clip", "sum", "softmax", "cumsum"]


@st.composite
def calls(draw):
    """An op, operands of any shapes, and attributes: most do not fit."""
    name = draw(st.sampled_from([*ELEMENTWISE, "matmul", "matmul", *OTHERS, "reshape", "broadcast_to"]))
    if name in ("sum", "softmax", "cumsum"):
        return name, [draw(SHAPES)], {"axis": draw(st.integers(-6, 6))}
    if name in ("reshape", "broadcast_to"):
        return name, [draw(SHAPES)], {"shape": draw(array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=6))}
    count = {"where": 3, "clip": 3, "linear": 3}.get(name, 2)
    # A few lengths, also permuted: so that many of the mistakes are small ones.
    base = draw(array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    near = st.permutations(base).map(tuple) | st.just(base[1:]) | st.just(base[:1]) | st.just(base[:-1]) | SHAPES
    shapes = [draw(near) for _ in range(count)]
    if name in ("concatenate", "stack"):
        return name, shapes, {"axis": draw(st.integers(-3, 3))}
    if name == "einsum":
        return name, shapes, {"subscripts": draw(st.sampled_from(["ij,jk->ik", "i,ij", "ij,ij->", "ijk,kj->i"]))}
    return name, shapes, {}


def refusal(call):
    """The error of a call that may as well work."""
    try:
        call()
    except OperandError as error:
        return error
    return None


@given(calls())
def test_a_proposed_fix_works(call):
    name, shapes, attributes = call
    random = np.random.default_rng(0)
    operands = [tensor(random.uniform(0.5, 1.5, shape), requires_grad=True) for shape in shapes]
    if name == "where":
        operands[0] = random.uniform(size=shapes[0]) > 0.5
    error = refusal(lambda: REGISTRY[name].function(*operands, **attributes))
    if error is not None:
        assert len(str(error).splitlines()) == 1 + len(operands) + bool(error.fix)
        if error.fix:
            apply(error.fix, name, operands, attributes)


@given(array_shapes(min_dims=2, max_dims=3, max_side=4), st.data())
def test_keepdims_works(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    name = data.draw(st.sampled_from(["sum", "mean", "max", "logsumexp", "var"]))
    op = REGISTRY[name].function
    t = ones(*shape)
    error = refusal(lambda: t - op(t, axis=axis))
    if error is not None and error.fix.startswith("keepdims"):
        assert error.fix == f"keepdims=True in the {name} that made y"
        assert (t - op(t, axis=axis, keepdims=True)).shape == shape
