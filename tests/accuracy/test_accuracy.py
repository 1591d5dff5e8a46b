"""Values, gradients and second derivatives at the grid, against mpmath at 60 digits."""

from importlib.util import find_spec

import numpy as np
import pytest
from accuracy_activations import ROWS as ACTIVATIONS
from accuracy_elementwise import ROWS as ELEMENTWISE
from accuracy_harness import DTYPES, Excused, Row, distance, functions_of, judge, ulp
from accuracy_losses import ROWS as LOSSES, reductions
from accuracy_oracle import NoDerivative, Oracle
from mpmath import mp, mpf

from autograd.engine.op import REGISTRY
from nn import functional


def test_at_the_coarse_grid(row, exceptions):
    message = str(judge(row, exceptions, coarse=True))
    assert not message, message


@pytest.mark.long
def test_at_the_grid(row, exceptions):
    """Beside PyTorch where that is installed, without which an exception may seem not to be needed."""
    torch = find_spec("torch") is not None
    found = judge(row, exceptions, torch=torch)
    if not torch:
        found.unneeded.clear()
    assert not str(found), str(found)


# --- nothing is missing -------------------------------------------------------------------------------------------


def test_every_elementwise_op_has_a_row():
    ops = {
        op.name
        for op in REGISTRY.values()
        if op.facts.kind == "elementwise" and op.function.__module__ == "autograd.ops"
    }
    assert len(ops) > 60
    assert ops - {row.name for row in ELEMENTWISE} == set()


def test_every_activation_has_a_row():
    assert functions_of("nn.layers.activations") - {row.name for row in (*ACTIVATIONS, *ELEMENTWISE)} == set()


# --- the suite itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "point", "entry", "value"),
    [
        (mp.tanh, (20.0,), (0,), "1.6993417021166355981e-17"),
        (mp.tanh, (800.0,), (0,), "0"),  # 1e-694
        (lambda x: x / (1 + abs(x)), (1e100,), (0,), "1e-200"),
        (mp.asinh, (1e200,), (0,), "1e-200"),
        (mp.sqrt, (0.0,), (0,), "inf"),
        (lambda x: 1 / x, (-0.0,), (), "-inf"),
        (mp.exp, (-np.inf,), (0, 0), "0"),
        (lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), (0.0, 0.0), (0, 1), "-0.25"),
        (lambda x, y: x**3 * y, (5e-324, 2.0), (0, 0, 1), mpf(5e-324) * 6),
    ],
)
def test_the_oracle(exact, point, entry, value):
    found, value = Oracle(exact)(point, *entry), mpf(value)
    assert found == value or abs(found - value) <= abs(value) * mpf(10) ** -15


def test_the_oracle_does_not_guess():
    for exact, point, entry in [
        (max, (1.0, 1.0), (0, 0)),
        (mp.log, (-1.0,), ()),
        (mp.sin, (np.inf,), ()),
        (lambda x, y: x / y, (np.inf, np.inf), ()),
    ]:
        with pytest.raises(NoDerivative):
            Oracle(exact)(point, *entry)


@pytest.mark.parametrize("dtype", DTYPES)
def test_ulps(dtype):
    f = np.finfo(dtype)
    for x in (1.0, 0.75, float(f.tiny), float(f.smallest_subnormal), float(f.max), 3.1):
        x = dtype(x)
        with np.errstate(all="ignore"):
            assert ulp(mpf(float(x)), dtype) == float(np.spacing(x)) or x == f.max
            assert distance(np.nextafter(x, dtype(np.inf)), mpf(float(x)), dtype) == 1
    assert distance(np.nan, mpf(1), dtype) == np.inf
    assert distance(np.inf, mpf(10) ** 500, dtype) == 0


def test_a_wrong_rule_is_noticed():
    from autograd import custom_op

    wrong = custom_op(np.exp, lambda g, out: g * out * (1 + 1e-3))
    found = judge(Row("wrong", wrong, mp.exp), [], coarse=True)
    assert {e.order for e in found.too_far} == {1, 2}


def test_an_exception_that_nothing_needs_is_noticed():
    row = Row("exp", np.exp, mp.exp, numpy=True, points=lambda *how: [(1.0,), (2.0,)])
    excused = Excused("exp log", (1,), "a slope of ours")
    assert judge(row, [excused]).unneeded == [excused]


# --- losses -------------------------------------------------------------------------------------------------------


def test_every_loss_has_a_row_for_every_reduction():
    losses = functions_of("nn.losses")
    rows = {row.name for row in LOSSES}
    assert {f"{name}[{how}]" for name in losses for how in reductions(getattr(functional, name))} - rows == set()
    assert reductions(functional.kl_div).keys() == {"mean", "sum", "none", "batchmean"}
