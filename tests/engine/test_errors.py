"""Each mistake has its own error, which says what was wrong, with which values, and what to do about it."""

import pickle
import traceback

import numpy as np
import pytest

import autograd
from autograd import AutogradError, Tensor, debug, errors, no_grad, tensor
from autograd.engine.op import defop


def grad_leaf(data=(1.0, 2.0), **options):
    return tensor(data, requires_grad=True, **options)


def _stale():
    w = grad_leaf(name="w")
    y = (w * w).sum()
    w.data -= 1.0
    y.backward()


def _released():
    y = grad_leaf(3.0) ** 2
    y.backward()
    y.backward()


def _not_finite():
    with debug():
        np.log(tensor([1.0, 0.0], requires_grad=True, name="p"))


def _in_place():
    with debug():
        x, scale = grad_leaf(), np.ones(2)
        y = (x * scale).sum()
        scale += 1.0
        y.backward()


def _without_grad():
    with no_grad():
        y = grad_leaf(3.0) * 2
    y.name = "y"
    y.backward()


def _update():
    w = grad_leaf([1.0, 2.0], name="w")
    w -= 0.5


def _truth():
    if grad_leaf():
        pass


def _assign():
    t = grad_leaf()
    t[0] = 1.0


# Class: a call that raises it, the built-in exception that it is too, and what its message must contain.
MISTAKES = [
    (
        "NonScalarBackwardError",
        lambda: (grad_leaf() * 3).backward(),
        ValueError,
        ["backward()", "(multiply)", "shape (2,)", ".sum() or .mean()", "backward(gradient=...)"],
    ),
    (
        "GradientShapeError",
        lambda: (grad_leaf() * 3).backward(np.ones((3, 1))),
        ValueError,
        ["shape (3, 1)", "(multiply) has shape (2,)", "one entry of gradient for each entry"],
    ),
    (
        "GraphReleasedError",
        _released,
        RuntimeError,
        ["earlier backward pass", "power", "retain_graph=True", "forward pass again", "detach()"],
    ),
    ("StaleLeafError", _stale, RuntimeError, ["w (shape (2,), float64)", "multiply", "Call backward() before"]),
    ("InPlaceError", _in_place, RuntimeError, ["in place", "multiply", "operand y", "test_errors.py:", "x = x + 1"]),
    (
        "NonFiniteError",
        _not_finite,
        FloatingPointError,
        ["log gave -inf at entry (1,): log of 0", "x = p", "here 0.0", "test_errors.py:", "np.where(x > 0, x, 1.0)"],
    ),
    (
        "RequiresGradError",
        _without_grad,
        RuntimeError,
        ["y (shape (), float64)", "requires_grad=True", "detach()", "no_grad()", "without derivative"],
    ),
    (
        "UnusedInputError",
        lambda: grad_leaf(1.0).gradient(grad_leaf(name="x")),
        ValueError,
        ["input 0", "x (shape (2,), float64)", "not used", "allow_unused=True"],
    ),
    (
        "InvalidDtypeError",
        lambda: tensor([1, 2], requires_grad=True),
        TypeError,
        ["int64", "an integer cannot change by a small step", "[1.0, 2.0]", "dtype=float"],
    ),
    ("ItemAssignmentError", _assign, TypeError, ["t = t.at[0].set(value)", ".add(value)", "t.data"]),
    ("LeafUpdateError", _update, RuntimeError, ["w (shape (2,), float64)", "with no_grad(): w -= ", "w = w - "]),
    ("BooleanValueError", _truth, ValueError, ["shape (2,)", "np.any", "np.all", "np.where"]),
    (
        "LiveGraphError",
        lambda: float(grad_leaf(2.0) * 3),
        TypeError,
        ["float()", "(multiply)", "silently", ".item()", "np.stack", ".at[]"],
    ),
    (
        "ArrayConversionError",
        lambda: np.asarray(grad_leaf()),
        TypeError,
        ["shape (2,), float64", "silently", ".numpy()", ".detach()", "np.stack"],
    ),
    (
        "StackingError",
        lambda: np.array([grad_leaf(1.0), grad_leaf(1.0)]),
        errors.ArrayConversionError,
        ["list of Tensors", "np.stack([...])", "np.concatenate", ".at[].set(...)"],
    ),
    ("NotDifferentiable", lambda: np.linalg.eigvals(grad_leaf(np.eye(2))), TypeError, ["numpy.linalg.eigvals"]),
    (
        "OperandError",
        lambda: np.matmul(grad_leaf(np.ones((2, 3)), name="a"), grad_leaf(np.ones((2, 3)), name="b")),
        ValueError,
        ["matmul: ", "x = a: shape (2, 3), float64, made at ", "y = b: ", "test_errors.py:"],
    ),
    (
        "OperandIndexError",
        lambda: grad_leaf(name="t")[5],
        IndexError,
        ["getitem: ", "index 5 is out of bounds", "x = t: shape (2,), float64, made at ", "test_errors.py:"],
    ),
    (
        "OperandAxisError",
        lambda: grad_leaf(name="t").sum(axis=1),
        np.exceptions.AxisError,
        ["sum: axis 1 is out of bounds", "x = t: shape (2,), float64, made at ", "axis=0 instead of axis=1"],
    ),
    (
        "OperandLinAlgError",
        lambda: np.linalg.inv(grad_leaf(np.ones((2, 2)), name="a")),
        np.linalg.LinAlgError,
        ["inv: Singular matrix", "x = a: shape (2, 2), float64, made at "],
    ),
    (
        "OperandTypeError",
        lambda: grad_leaf(name="t") * None,
        TypeError,
        ["multiply: ", "x = t: shape (2,), float64, made at ", "y = None"],
    ),
    (
        "RuleError",
        lambda: defop("_twice", lambda x, *, k: k * x, lambda g, z: g),
        TypeError,
        ["op '_twice'", "operand x", "asks for 'z'", "g, need, out, x, x_shape, k"],
    ),
]


@pytest.mark.parametrize(("name", "mistake", "builtin", "parts"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake(name, mistake, builtin, parts):
    kind = getattr(errors, name)
    with pytest.raises(kind) as caught:
        mistake()
    assert type(caught.value) is kind
    assert isinstance(caught.value, builtin)
    for part in parts:
        assert part in str(caught.value)


WARNINGS = {name for name in errors.__all__ if issubclass(getattr(errors, name), Warning)}


def test_every_error_is_here():
    assert {name for name, *_ in MISTAKES} == set(errors.__all__) - {"AutogradError", *WARNINGS}


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_public_and_a_builtin_one(name):
    kind = getattr(errors, name)
    assert getattr(autograd, name) is kind
    assert issubclass(kind, UserWarning if name in WARNINGS else AutogradError)
    if kind is not AutogradError:
        assert name in WARNINGS or issubclass(kind, ValueError | TypeError | RuntimeError | FloatingPointError)


@pytest.mark.parametrize(("name", "mistake", "builtin", "parts"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_messages_are_sentences(name, mistake, builtin, parts):
    with pytest.raises(AutogradError) as caught:
        mistake()
    text = str(caught.value)
    assert "\n\n" not in text
    assert "  " not in text.split("\n")[0]
    assert text.endswith(".") or "\n" in text  # a list of operands has no full stop


def test_the_last_frame_of_users_is_in_sight():
    """Few frames of ours stand between the user's line and the message."""
    for _, mistake, *_ in MISTAKES:
        with pytest.raises(AutogradError) as caught:
            mistake()
        frames = [f.filename for f in traceback.extract_tb(caught.value.__traceback__)]
        ours = len(frames) - 1 - max(i for i, name in enumerate(frames) if name == __file__)
        assert ours <= 6


def test_errors_pickle():
    """As those of a worker process do."""
    for name in errors.__all__:
        kind = getattr(errors, name)
        twin = pickle.loads(pickle.dumps(kind("text")))
        assert type(twin) is kind
        assert str(twin) == "text"
    for mistake in (lambda: grad_leaf()[5], lambda: grad_leaf() + None, lambda: grad_leaf() + np.ones(3)):
        with pytest.raises(errors.OperandError) as caught:
            mistake()
        twin = pickle.loads(pickle.dumps(caught.value))
        assert type(twin) is type(caught.value)
        assert str(twin) == str(caught.value)
        assert caught.value.op.name in ("getitem", "add")
        assert isinstance(caught.value.operands[0], Tensor)


def test_numpys_error_is_chained():
    with pytest.raises(errors.OperandError) as caught:
        grad_leaf() + grad_leaf(np.ones(3))
    assert type(caught.value.__cause__) is ValueError
    assert caught.value.__cause__.__cause__ is None
