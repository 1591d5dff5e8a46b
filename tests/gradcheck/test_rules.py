"""Right rules pass, and wrong ones are caught: factor, sign, transposition, forgotten sum, shifted index, missing."""

import numpy as np
import pytest

import nn
from autograd import tensor
from autograd.engine.op import Op
from autograd.gradcheck import GradcheckError, gradcheck


def op(name, kernel, rules):
    return Op(name, kernel, rules).function


def failing(f, *inputs, **facts):
    report = gradcheck(f, *inputs, raise_on_failure=False, **facts)
    assert not report.ok
    return report


# --- right ----------------------------------------------------------------------------------------------------


def test_every_op_is_right_to_second_order(sample):
    arrays = sample.arrays(np.float64)

    def f(*live):
        operands = list(arrays)
        for i, x in zip(sample.live, live, strict=True):
            operands[i] = x
        return sample.op.function(*operands, **sample.attributes)

    report = gradcheck(f, *(arrays[i] for i in sample.live), order=2 if sample.smooth else 1)
    assert {row.verdict for row in report.rows} <= {"right", "independent", "rounding"}


def test_third_order():
    report = gradcheck(lambda x, w: np.sin(x * w + x), np.linspace(-1, 1, 6).reshape(2, 3), np.ones(3), order=3)
    assert report.verdict == "right"
    assert max(row.relative_error for row in report.rows) < 1e-7


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1e-30, 1e-8, 1e-3, 1.0, 1e5, 1e30, 1e150])
def test_values_of_any_size(size):
    x = size * np.array([0.7, -1.3, 2.1])
    report = gradcheck(lambda x: (x / size) ** 2, x)
    assert report.verdict == "right"
    assert max(row.relative_error for row in report.rows) < 1e-9
    assert gradcheck(lambda x: np.log(x), np.abs(x)).verdict == "right"


def test_values_of_different_size_in_one_input():
    report = gradcheck(lambda x: np.log(x), np.array([1e-30, 1e-8, 1e-3, 1.0, 1e5, 1e30]))
    assert report.verdict == "right"


def test_fast_curves_and_near_kinks():
    assert gradcheck(lambda x: np.sin(1e5 * x), np.array([0.3, 1.7])).verdict == "right"
    x = np.array([1e-4, -1e-6, 1e-8, 1.0])  # steps fitted to the last entry would cross the kink of the others
    assert gradcheck(lambda x: np.abs(x) * 3.0, x).verdict == "right"
    assert (
        gradcheck(lambda x: np.sum(np.maximum(x, 0.0)), np.random.default_rng(0).normal(size=3000)).verdict == "right"
    )


def test_edge_of_the_domain():
    """One-sided differences, where the function has no other side."""
    report = gradcheck(lambda x: np.sqrt(x) ** 3, np.array([1e-12, 1.0]))
    assert report.verdict == "right"
    report = gradcheck(lambda x: np.where(x.data >= 0, x * 2.0, np.nan), np.array([0.0, 1.0]))
    assert report.verdict == "right"


def test_a_network(rng):
    model = nn.MLP([12, 16, 5])
    x, labels = rng.normal(size=(6, 12)).astype("float32"), rng.integers(0, 5, 6)
    loss = nn.CrossEntropyLoss()
    report = gradcheck(lambda: loss(model(x), labels), wrt=model)
    assert report.verdict == "right"
    assert [row.input for row in report.rows] == [name for name, _ in model.named_parameters()]


# --- wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (30, 40)])
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.5, 1.001, 0.0])
def test_a_factor(shape, factor):
    wrong = op("sine", np.sin, lambda g, x: g * (factor * np.cos(x)))
    x = np.random.default_rng(0).normal(size=shape)
    report = failing(lambda x: np.sum(wrong(x)), x)
    row = report.rows[0]
    assert row.verdict == "wrong"
    assert row.numeric == pytest.approx(np.cos(x[row.index]))
    assert row.analytic == pytest.approx(factor * np.cos(x[row.index]))
    assert (report.op, report.node) == ("sine", "sine (node 0)")


@pytest.mark.parametrize("n", [3, 30])
def test_a_missing_transpose(n):
    wrong = op("product", np.matmul, (lambda g, y: g @ y, lambda g, x: x.T @ g))
    x, y = np.random.default_rng(0).normal(size=(2, n, n))
    report = failing(lambda x, y: wrong(x, y), x, y)
    assert [row.verdict for row in report.rows] == ["wrong", "right"]


def test_a_missing_transpose_that_does_not_fit():
    """What a rule raises, or the engine about its result, is a wrong rule too."""
    wrong = op("product", np.matmul, (lambda g, y: g @ y, lambda g, x: x.T @ g))
    report = failing(lambda x, y: wrong(x, y), np.ones((4, 3)), np.ones((3, 2)))
    assert report.verdict == "wrong"
    assert "in the rule of product" in report.rows[0].note
    assert report.op == "product"
    wrong = op("flip", np.positive, lambda g: g.T)
    report = failing(lambda x: wrong(x), np.ones((4, 3)))
    assert "GradientShapeError" in report.rows[0].note
    assert report.op == "flip"


def test_a_forgotten_sum_over_a_broadcast_axis():
    wrong = op("plus", np.add, (lambda g: g, lambda g: g[0]))
    report = failing(lambda x, b: wrong(x, b) ** 2, np.ones((4, 3)), np.arange(3.0))
    assert [row.verdict for row in report.rows] == ["right", "wrong"]


def test_a_shifted_index():
    wrong = op("pick", lambda x, *, index: x[index], lambda g, x_shape, index: scatter(g, x_shape, index))

    def scatter(g, shape, index):
        out = np.zeros(shape)
        out[index + 1] = g
        return out

    report = failing(lambda x: wrong(x, index=np.array([0, 2])), np.ones(5))
    assert report.rows[0].verdict == "wrong"


def test_each_output_has_its_own_verdict():
    """Also when one of them is so wrong that the others fade beside it."""
    wrong = op("sine", np.sin, lambda g, x: g * (2.0 * np.cos(x)))
    slightly = op("exponential", np.exp, lambda g, x, out: g * np.where(x > 0.5, 1.001 * out, out))
    report = failing(lambda x: (wrong(x), slightly(x), np.cos(x)), np.linspace(-1, 0.6, 12))
    assert [row.verdict for row in report.rows] == ["wrong", "wrong", "right"]
    assert report.rows[1].index == (11,)


def test_one_wrong_entry_among_thousands():
    flaw = np.ones((40, 50))
    flaw[7, 13] = 1.01
    wrong = op("flawed", np.square, lambda g, x: g * (2.0 * flaw * x))
    x = np.random.default_rng(0).uniform(1, 2, flaw.shape)
    report = failing(lambda x: np.sum(wrong(x)), x)
    assert report.rows[0].index == (7, 13)
    assert report.rows[0].numeric == pytest.approx(2 * x[7, 13])


def test_wrong_at_second_order_only():
    wrong = op("square", np.square, lambda g, x: g * (2.0 * getattr(x, "data", x)))
    if isinstance(np.ones(1).data, memoryview):  # ndarrays have .data, too
        wrong = op("square", np.square, lambda g, x: g * (2.0 * (x if isinstance(x, np.ndarray) else x.detach())))
    assert gradcheck(lambda x: wrong(x), np.ones(2)).ok
    report = failing(lambda x: np.sum(np.sin(wrong(x))), np.array([0.3, 0.4]), order=2)
    assert [(row.order, row.verdict) for row in report.rows] == [(1, "right"), (2, "wrong")]
    assert report.op == "square"


def test_a_detached_value():
    report = failing(lambda x: x * x.item(), 3.0)
    assert "half of what it should be" in str(report)
    report = failing(lambda x: x.numpy() * 2.0, np.ones(3))
    assert "left the graph" in report.rows[0].note
    report = failing(lambda x: (np.sum(x), float(np.sum(x.data))), np.ones(3))
    assert [row.verdict for row in report.rows] == ["right", "wrong"]


def test_it_raises_with_the_report():
    with pytest.raises(GradcheckError, match="a value left the graph") as caught:
        gradcheck(lambda x: x * x.item(), 3.0)
    assert isinstance(caught.value, AssertionError)
    assert caught.value.report.rows[0].verdict == "wrong"
    assert caught.value.report.rows[0].analytic == 3.0


def test_tolerances():
    wrong = op("almost", np.square, lambda g, x: g * (2.0001 * x))
    f = lambda x: wrong(x)  # noqa: E731
    assert not gradcheck(f, 3.0, raise_on_failure=False)
    assert gradcheck(f, 3.0, rtol=1e-3)
    assert gradcheck(f, 3.0, atol=1e-3)
    assert not gradcheck(f, 3.0, atol=1e-6, raise_on_failure=False)


def test_tensors_of_a_closure():
    w = tensor([1.0, 2.0], requires_grad=True, name="w")
    report = failing(lambda: np.sum(w * w.data), wrt=[w])
    assert report.rows[0].entry == "w[1]"
