"""Recordings: what they keep, and where two of them part."""

import numpy as np
import pytest

from autograd import NonFiniteError, debug, no_grad, tensor
from autograd.engine.graph import STATE
from autograd.ops.fused import linear
from autograd.view import ValuesNotKeptError, diff, draw, explain, record, steps


def network(scale=1.0, rows=20, backward=True):
    rng = np.random.default_rng(0)
    x = tensor(rng.standard_normal((rows, 12)), name="x")
    w = tensor(scale * rng.standard_normal((10, 12)), requires_grad=True, name="w")
    with record() as run:
        loss = (linear(x, w).tanh() ** 2).sum()
        if backward:
            loss.backward()
    return loss, w, run


def test_every_view_works_after_backward_on_large_arrays():
    loss, w, run = network()
    assert "not kept" not in draw(loss).text
    assert draw(loss).text.count("  grad ") == 5  # w and four operations
    np.testing.assert_array_equal(steps(loss).gradients["w"], w.grad)
    np.testing.assert_array_equal(explain(loss, w).gradient, w.grad)
    np.testing.assert_array_equal(run["w"].gradient, w.grad)
    assert [entry.name for entry in run] == ["x", "w", "linear_1", "tanh_1", "power_1", "loss"]
    assert all(entry.value is not None for entry in run)


def test_without_it_the_picture_says_what_to_do():
    x = tensor(np.ones(100), requires_grad=True, name="x")
    assert 'values of more than 64 entries are not kept ("with record():" keeps them)' in draw((x * 2.0).sum()).text


def test_lines_and_scopes(graphs):
    with record() as run, graphs.call("Linear", "layers.0"):
        x = tensor([1.0], requires_grad=True, name="x")
        y = x * 2.0
    entry = run["multiply_1"]
    assert entry.source == "y = x * 2.0"
    assert entry.scope == "layers.0: Linear"
    assert y.shape == (1,)


def test_a_recording_keeps_what_it_saw():
    x = tensor(np.ones(100), requires_grad=True, name="x")
    with record() as run:
        y = x * 2.0
    x.data -= 1.0
    y.data[:] = 0.0
    np.testing.assert_array_equal(run["x"].value, np.ones(100))
    np.testing.assert_array_equal(run["multiply_1"].value, 2 * np.ones(100))


def test_several_outputs_and_differentiable_passes():
    x = tensor(np.arange(200.0), requires_grad=True, name="x")
    with record() as run:
        a, b = np.split(x, 2)
        y = (a * b).sum()
        (g,) = y.gradient(x, create_graph=True)
        (g * g).sum().backward()
    assert "not kept" not in draw(y).text
    assert len(run) > 4
    np.testing.assert_array_equal(run["split_1[0]"].value, np.arange(100.0))


def test_recordings_nest_and_compose():
    x = tensor(2.0, requires_grad=True, name="x")
    with record() as outer:
        y = x * 2.0
        with record() as inner:
            z = y * 3.0
        z.backward()
    assert [e.name for e in outer] == ["x", "y", "z"]
    assert [e.name for e in inner] == ["y", "z"]
    assert inner["multiply_2"].value == outer["z"].value == 12.0
    assert outer["x"].gradient == 6.0
    assert STATE.get().watch is None
    with pytest.raises(ZeroDivisionError), record():
        _ = 1 / 0
    assert STATE.get().watch is None


def test_as_a_decorator():
    @record()
    def f(x):
        return (x * 2.0).sum()

    x = tensor(np.ones(100), requires_grad=True, name="x")
    y = f(x)
    y.backward()
    assert steps(y).gradients["x"][0] == 2.0
    assert "not kept" not in draw(y).text


def test_nothing_is_recorded_without_a_graph():
    x = tensor(2.0, requires_grad=True)
    with record() as run, no_grad():
        _ = x * 2.0
    assert len(run) == 0
    assert repr(run) == "recording of 0 operations"


# --- diff -----------------------------------------------------------------------------------------------------------


def test_equal_runs_agree():
    assert not diff(network()[2], network()[2])
    assert str(diff(network()[2], network()[2])) == "the recordings agree: 6 values and their gradients"


def test_the_cause_is_named_first():
    found = diff(network()[2], network(scale=1.001)[2])
    assert (found.kind, found.first.name) == ("value", "w")
    assert not diff(network()[2], network(scale=1.0 + 1e-9)[2])
    assert diff(network()[2], network(scale=1.0 + 1e-9)[2], rtol=1e-12)


def test_a_wrong_rule_is_found_where_it_is_applied():
    from autograd import custom_op

    def run(op):
        x = tensor([0.5, 1.0], requires_grad=True, name="x")
        with record() as recording:
            (op(x * 2.0) * 3.0).sum().backward()
        return recording

    right = custom_op(np.tanh, lambda g, out: g * (1 - out * out), name="squash")
    wrong = custom_op(np.tanh, lambda g, out: g * (1 + out * out), name="squash")
    found = diff(run(right), run(wrong))
    assert (found.kind, found.first.name) == ("gradient", "multiply_1")  # what squash passed on
    assert "the first gradient that differs is that of multiply_1 = x * 2" in str(found)
    assert "test_record.py" in str(found)


def test_other_programs():
    x = tensor(2.0, requires_grad=True, name="x")
    with record() as a:
        _ = x * 2.0 + 1.0
    with record() as b:
        _ = x * 2.0 - 1.0
    with record() as c:
        _ = x * 2.0
    assert str(diff(a, b)) == (
        "the programs differ at entry 2: add_1 = multiply_1 + 1 float64 against subtract_1 = multiply_1 - 1 float64"
    )
    assert str(diff(a, c)) == "the programs differ at entry 2: add_1 = multiply_1 + 1 float64 against nothing more"


def test_nan_agrees_with_nan_only():
    def run(value):
        x = tensor(value, requires_grad=True, name="x")
        with record() as recording, np.errstate(all="ignore"):
            _ = np.log(x)
        return recording

    assert not diff(run(-1.0), run(-1.0))
    found = diff(run([1.0, np.nan]), run([1.0, 2.0]))
    assert (found.kind, found.index) == ("value", (1,))


def test_a_missing_gradient_departs():
    assert diff(network()[2], network(backward=False)[2]).kind == "gradient"


@pytest.mark.parametrize("modes", [(debug, record), (record, debug)], ids=["record inside", "debug inside"])
@pytest.mark.parametrize("end", ["forward", "backward"])
def test_debug_and_record_go_together(modes, end):
    """The error is raised, and the recording has everything up to it, at any size."""
    x = tensor(np.linspace(0.0, 1.0, 100), requires_grad=True, name="x")
    runs = []

    def program():
        with modes[0]() as outer, modes[1]() as inner:
            runs.append(inner if modes[1] is record else outer)
            h = x * 2.0
            (np.log(h) if end == "forward" else np.sqrt(h)).sum().backward()

    with pytest.raises(NonFiniteError) as caught:
        program()
    [run] = runs
    assert caught.value.backward == (end == "backward")
    assert run["multiply_1"].value.shape == (100,)
    if end == "forward":
        assert np.isneginf(run["log_1"].value[0])
    else:
        np.testing.assert_array_equal(run["sqrt_1"].gradient, np.ones(100))
    # Where nothing goes wrong, every view works afterwards.
    with modes[0](), modes[1]():
        y = np.tanh(x * 3.0).sum()
        y.backward()
    assert "value mean" in draw(y).text
    assert len(list(steps(y))) == 3
    np.testing.assert_allclose(explain(y, x).gradient, x.grad)


@pytest.mark.parametrize(
    "view", [lambda y, x: str(steps(y)), lambda y, x: steps(y).html, explain], ids=["steps", "html", "explain"]
)
def test_views_name_record_where_values_were_not_kept(view):
    x = tensor(np.ones(100), requires_grad=True, name="x")
    y = np.tanh(x * np.full(100, 2.0)).sum()  # nothing refers to this array any more
    y.backward()
    with pytest.raises(ValuesNotKeptError, match=r"result of tanh .* was not kept.*'with record\(\):'"):
        view(y, x)
    assert 'values of more than 64 entries are not kept ("with record():" keeps them)' in draw(y).text


def test_plain_arrays_beside_tensors_are_kept():
    """Masks and targets of any size, which nobody may hold afterwards."""
    x = tensor(np.linspace(0.0, 1.0, 100), requires_grad=True, name="x")
    with record() as run:
        loss = ((x * np.full(100, 2.0) - np.ones(100)) ** 2).sum()
        loss.backward()
    constants = [entry.value for entry in run if entry.name.startswith("constant")]
    np.testing.assert_array_equal(constants, [np.full(100, 2.0), np.ones(100)])
    np.testing.assert_allclose(steps(loss).gradients["x"], x.grad)
    assert "constant  (100,)  value all 2  no gradient" in draw(loss).text
    with record() as other:
        ((x * np.full(100, 3.0) - np.ones(100)) ** 2).sum().backward()
    found = diff(run, other)
    assert (found.kind, found.first.value[0], found.second.value[0]) == ("value", 2.0, 3.0)
