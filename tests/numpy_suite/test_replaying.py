"""The replay itself: what it hands on, which calls count, and that it notices each kind of difference."""

import ast

import numpy as np
import pytest
from reasons import REASONS
from replaying import Replay, differs, name_of
from rewriting import BY_NAME, CALL, OPERATOR, Handed

from autograd import Tensor
from autograd.engine.op import Op
from autograd.numpy_functions.protocol import FUNCTIONS

X = np.array([[1.0, 2.0, 4.0], [0.5, 3.0, -1.0]])

TEXT = """
def test(np, raises, x):
    np.diff(x, axis=0)
    x.sum(axis=1)
    np.add.reduce(x)
    y = (x + 1.0) * -x
    z = x[:, ::2], x[0], x[..., None]
    raises(ValueError, np.diff, x, 1, 5)
    raises(ValueError, lambda: np.diff(x, axis=7))
    return y > 0.0, z
"""


def run(replay, text=TEXT):
    """A test in this text, rewritten and run."""
    code = compile(ast.fix_missing_locations(Handed().visit(ast.parse(text))), "<test>", "exec")
    names = {CALL: replay.call, OPERATOR: lambda name, *operands: replay.operate(BY_NAME[name], *operands)}
    exec(code, names)
    return names["test"](np, pytest.raises, X.copy())


def test_rewritten_text_does_the_same():
    names = {}
    exec(TEXT, names)
    for found, expected in zip(run(Replay(REASONS)), names["test"](np, pytest.raises, X), strict=True):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_functions_methods_operators_indices_and_errors_count():
    replay = Replay(REASONS)
    run(replay)
    assert (replay.calls, replay.equal, replay.unexplained) == (12, 12, [])


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("value", lambda a, n=1, axis=-1: Tensor(np.diff(a.data, n, axis) + 1.0)),
        ("rounding", lambda a, n=1, axis=-1: Tensor(np.diff(a.data, n, axis) * (1.0 + 1e-15))),
        ("dtype", lambda a, n=1, axis=-1: Tensor(np.diff(a.data, n, axis).astype(np.float32))),
        ("shape", lambda a, n=1, axis=-1: Tensor(np.diff(a.data, n, axis).T)),
        ("plain", lambda a, n=1, axis=-1: np.diff(a.data, n, axis)),
        ("accepted", lambda a, n=1, axis=-1: Tensor(np.diff(a.data, n, min(axis, 1)))),
        ("refused", lambda a, n=1: Tensor(np.diff(a.data, n))),
    ],
)
def test_a_wrong_function_is_found(monkeypatch, kind, wrong):
    monkeypatch.setitem(FUNCTIONS, np.diff, wrong)
    replay = Replay(REASONS)
    run(replay)
    assert any(difference.startswith(f"{kind}: diff(") for difference in replay.unexplained), replay.unexplained


def test_a_backward_pass_that_fails_is_found(monkeypatch):
    broken = Op("broken", lambda x: np.diff(x, axis=0), lambda g, x_shape: g.reshape(7))
    monkeypatch.setitem(FUNCTIONS, np.diff, lambda a, axis: broken.function(a))
    replay = Replay(REASONS)
    replay.call(np.diff, X, axis=0)
    assert [d.partition(":")[0] for d in replay.unexplained] == ["gradient"]


def test_signs_of_zero_and_nan_are_looked_at():
    assert differs(np.array([0.0]), Tensor([-0.0])) == "sign of zero"
    assert differs(np.array([np.nan]), Tensor([0.0])) == "value"
    assert not differs(np.array([np.nan, -0.0]), Tensor([np.nan, -0.0]))


def test_what_counts():
    assert [name_of(f) for f in (np.sin, np.linalg.norm, np.add.reduce, X.sum)] == [
        *("sin", "linalg.norm", "add.reduce", "ndarray.sum")
    ]
    assert [name_of(f) for f in (len, np.arange(3).sum, np.testing.assert_equal, Tensor)] == [None] * 4
