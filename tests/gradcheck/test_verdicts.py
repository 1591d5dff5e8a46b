"""Each verdict, and what makes it."""

import numpy as np
import pytest

import nn
from autograd import custom_op, enable_grad, no_grad, tensor
from autograd.engine.op import Op
from autograd.gradcheck import gradcheck
from nn import functional as F


def check(f, *inputs, **facts):
    return gradcheck(f, *inputs, raise_on_failure=False, **facts)


# --- kink -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "slopes"),
    [
        (lambda x: x.relu(), 0.0, (0, 1)),
        (lambda x: np.abs(x), 0.0, (-1, 1)),
        (lambda x: np.maximum(x, 2.0), 2.0, (0, 1)),
        (lambda x: 3.0 * np.maximum(x, 2.0) + x * x, 2.0, (4, 7)),
        (lambda x: np.max(np.stack([x, 1.0 - x])), 0.5, (-1, 1)),
        (lambda x: np.clip(x, -1.0, 1.0), 1.0, (1, 0)),
        (lambda x: np.exp(np.abs(x - 1.0)), 1.0, (-1, 1)),
    ],
    ids=str,
)
def test_a_kink_is_no_error(f, x, slopes):
    report = check(f, x)
    assert report.verdict == "kink"
    assert report.ok
    assert report.rows[0].slopes == pytest.approx(slopes, abs=1e-6)
    assert "lies between the two slopes" in str(report)


def test_ties_of_max():
    report = check(lambda x: np.max(x), np.array([2.0, 1.0, 2.0]))
    assert report.verdict == "kink"
    assert report.ok


def test_an_answer_outside_of_the_slopes_of_a_kink():
    wrong = Op(
        "relu", lambda x: np.maximum(x, 0.0), lambda g, x: np.where(x > 0, g, np.where(x == 0, 2.0 * g, 0.0))
    ).function
    report = check(lambda x: wrong(x), np.array([0.0, 1.0]))
    assert (report.verdict, report.ok) == ("kink", False)
    assert "does not lie between" in str(report)


def test_a_kink_next_to_a_wrong_number_is_wrong():
    wrong = Op("relu", lambda x: np.maximum(x, 0.0), lambda g, x: np.where(x > 0, 2.0 * g, 0.0)).function
    report = check(lambda x: wrong(x), np.array([0.0, 1.0]))
    assert (report.verdict, report.rows[0].index) == ("wrong", (1,))


def test_a_jump():
    report = check(lambda x: np.floor(x), np.array([0.5, 2.0]))
    assert report.verdict == "kink"
    assert "jumps" in str(report)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.abs(x),
        lambda x: np.abs(x) * x,
        lambda x: F.relu(x) ** 2,
        lambda x: np.maximum(x, x[::-1]) ** 2,
        lambda x: np.clip(x, 0.0, 1.0) ** 3,
        lambda x: np.sort(x)[1:] ** 2,
        lambda x: F.huber_loss(x, np.ones(2)),
    ],
)
def test_second_order_at_a_kink(f):
    report = check(f, np.array([0.0, 0.0]), order=2)
    assert report.verdict in ("kink", "right", "rounding")
    assert report.ok


# --- rounding -------------------------------------------------------------------------------------------------


def test_noise_above_the_tolerance():
    report = check(lambda x: np.sin(x) + 1e4, np.array([1.0, 2.0]), rtol=0.0, atol=0.0)
    assert report.verdict == "rounding"
    assert report.ok  # many digits agree
    assert 0 < report.rows[0].noise < 1.0
    report = check(lambda x: np.sin(x) + 1e12, np.array([1.0, 2.0]))
    assert (report.verdict, report.ok) == ("rounding", False)
    assert "without the" in str(report)


softplus_by_hand = custom_op(lambda x: np.log(1 + np.exp(x)), lambda g, x: g * F.sigmoid(x), name="softplus_by_hand")
SWALLOWED = {
    "a loss that is small beside 1": (lambda s: F.cross_entropy(s, np.array([0])), np.array([[30.0, 0.0, 0.0]])),
    "a loss of 0": (lambda s: F.cross_entropy(s, np.array([0])), np.array([[40.0, 0.0, 0.0]])),
    "a loss that long double loses, too": (lambda s: F.cross_entropy(s, np.array([0])), np.array([[90.0, 0.0]])),
    "softplus by hand": (lambda v: np.log(1 + np.exp(v)), -40.0),
    "softplus by hand in one op": (lambda v: softplus_by_hand(v), np.array([-36.0, -40.0, -90.0])),
    "terms of very different size": (lambda x: np.sum(x * np.array([1e16, 1.0, 1e-16])), np.ones(3)),
    "a fast wave": (lambda x: np.sin(1e8 * x), np.array([1.0, 0.3])),
    "a root near its edge": (lambda x: np.sqrt(x + 1e-20), 0.0),
    "a pole nearby": (lambda x: 1 / (x + 1e-12), 0.0),
    "a mean that is rounded": (lambda x: np.var(x), 3e6 + 1e-5 * np.arange(4.0)),
}


@pytest.mark.parametrize("name", SWALLOWED)
def test_what_rounding_hides_is_no_error(name):
    f, x = SWALLOWED[name]
    report = check(f, x)
    assert report.ok, report
    assert report.verdict in ("right", "rounding")


@pytest.mark.parametrize("slip", [1.5, -1.0, 0.0])
def test_what_rounding_does_not_hide_is_seen(slip):
    """The slope is 1e-12 beside 1, which leaves four digits of it."""
    wrong = custom_op(np.exp, lambda g, out: g * slip * out, name="wrong")
    assert check(lambda v: np.log(1 + wrong(v)), -27.0).op == "wrong"


def test_a_wrong_rule_is_seen_through_noise():
    wrong = Op("sine", np.sin, lambda g, x: g * (2.0 * np.cos(x))).function
    assert check(lambda x: wrong(x) + 1e8, np.array([0.3, 0.4])).verdict == "wrong"


def test_lower_precision_inside_is_no_error():
    for dtype in ("float32", "float16"):
        report = check(lambda x, dtype=dtype: np.sin(x.astype(dtype)), np.array([0.3, 1.7]))
        assert report.ok
    report = check(lambda x: np.sin(x.astype("float32")) * (x.data * 0 + 1.5) * x.astype("float32").item(), 0.7)
    assert report.verdict == "wrong"


def test_zeros_that_are_sums_are_no_error():
    report = check(lambda x: np.sum(x.softmax()), np.array([0.1, 2.0, -1.0]))
    assert report.ok


# --- what the function does -----------------------------------------------------------------------------------


def test_nondeterministic(rng):
    report = check(lambda x: x * rng.random(3), np.ones(3))
    assert (report.verdict, report.ok) == ("nondeterministic", False)
    assert "in one run and" in str(report)
    calls = []

    def counts(x):
        calls.append(1)
        return x * float(len(calls) > 10)

    assert check(counts, np.ones(3)).verdict == "nondeterministic"
    shapes = iter(range(2, 100))
    assert check(lambda x: x * np.ones(next(shapes)), 1.0).verdict == "nondeterministic"


def test_a_random_layer_in_training_mode(rng):
    class Noisy(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(3, 2)

        def forward(self, x):
            return self.linear(x) * (rng.random(2) if self.training else 1.0)

    model, x = Noisy(), np.ones((4, 3), "float32")
    assert check(lambda: model(x), wrt=model).verdict == "nondeterministic"
    model.eval()
    assert check(lambda: model(x), wrt=model).verdict == "right"


def test_mutates():
    def f(x):
        x.data[1] = 5.0
        return x.sum()

    report = check(f, np.ones(3))
    assert (report.verdict, report.ok, report.rows[0].input) == ("mutates", False, "x")
    w = tensor([1.0, 2.0], requires_grad=True, name="w")

    def step():
        loss = np.sum(w * w)
        w.data -= 0.1
        return loss

    assert check(step, wrt=[w]).verdict == "mutates"
    assert w.tolist() == [1.0, 2.0]


def test_overlapping():
    a = np.arange(5.0)
    report = check(lambda x, y: np.sum(x) * np.sum(y), a[:3], a[2:])
    assert (report.verdict, report.ok) == ("overlapping", False)
    assert "x and y share memory" in str(report)
    assert check(lambda x, y: np.sum(x) * np.sum(y), a[:3], a[3:]).ok
    assert check(lambda x, y: np.sum(x) * np.sum(y), a, a).ok  # the same values twice are simply two inputs
    w = tensor(a, requires_grad=True)
    tied = tensor(a, requires_grad=True)
    tied.data = w.data[::-1]
    assert check(lambda: np.sum(w * tied), wrt=[w, tied]).verdict == "overlapping"


def test_nonfinite():
    report = check(lambda x: x * 2.0, np.array([1.0, np.nan]))
    assert (report.verdict, report.ok, report.rows[0].entry) == ("nonfinite", False, "x[1]")
    report = check(lambda x: np.log(x), np.array([1.0, 0.0]))
    assert report.verdict == "nonfinite"
    assert "f[1] is -inf" in str(report)
    report = check(lambda x: np.sqrt(x), 0.0)
    assert report.verdict == "nonfinite"
    assert report.rows[0].analytic == report.rows[0].numeric == np.inf
    assert "infinite" in str(report)
    report = check(lambda x: np.where(x.data > 0, np.sqrt(x), 0.0), np.array([1.0, -1.0]))
    assert report.verdict in ("right", "nonfinite")
    report = check(lambda x: np.sqrt(np.sum(x * x)), np.zeros(3))  # the norm at 0
    assert report.verdict == "nonfinite"
    assert report.op == "sqrt"


def test_independent():
    report = check(lambda x, y: np.sum(x), np.ones(3), np.ones(2))
    assert [row.verdict for row in report.rows] == ["right", "independent"]
    assert report.ok
    assert report.verdict == "right"
    report = check(lambda x: 3.0, np.ones(3))
    assert (report.verdict, report.ok) == ("independent", True)
    assert check(lambda x: np.floor(x), np.array([0.5, 1.5])).verdict == "independent"


def test_a_linear_function_has_no_second_derivative():
    report = check(lambda x: np.sum(3.0 * x), np.ones(3), order=2)
    assert [row.verdict for row in report.rows] == ["right", "independent"]
    assert report.ok


def test_modes_around_do_not_matter():
    with no_grad():
        assert check(lambda x: x * x, 3.0, order=2).verdict == "right"
        with enable_grad():
            assert check(lambda x: x * x, 3.0).verdict == "right"


@pytest.mark.parametrize("speed", [1e3, 1e5, 1e6, 1e7])
def test_fast_waves_are_no_error(speed):
    """Steps of the usual size jump over many waves, and the noise must not be mistaken for them either."""
    assert check(lambda x: np.sin(speed * x), np.array([1.0, -0.3])).verdict == "right"
    wrong = custom_op(np.sin, lambda g, x: 0.9 * g * np.cos(x), name="wrong")
    assert check(lambda x: wrong(speed * x), 1.0).op == "wrong"
