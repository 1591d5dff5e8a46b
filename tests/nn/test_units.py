"""The threshold units of the decks: gates by hand, the perceptron's rule, and both ways of Adaline."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
from autograd import draw, tensor
from optim import SGD

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])


def by_hand(x, y, epochs, lr, at_zero, labels):
    """The rule of the decks, in plain Python: w += lr (t - y) x, b += lr (t - y), after every sample."""
    w, b, updates = [0.0] * len(x[0]), 0.0, []
    for epoch, (i, (sample, t)) in itertools.product(range(1, epochs + 1), enumerate(zip(x, y, strict=True))):
        z = sum(p * q for p, q in zip(w, sample, strict=True)) + b
        answer = labels[1] if z > 0 or (z == 0 and at_zero) else labels[0]
        if t != answer:
            w = [p + lr * (t - answer) * q for p, q in zip(w, sample, strict=True)]
            b += lr * (t - answer)
            updates.append((epoch, i, t - answer, w, b))
    return updates


# --- McCulloch and Pitts ------------------------------------------------------------------------------------------


def test_gates():
    assert nn.McCullochPitts([1, 1], 1.5)(X).tolist() == AND.tolist()
    assert nn.McCullochPitts([1, 1], 0.5)(X).tolist() == OR.tolist()
    assert nn.McCullochPitts([-1], -0.5)([[0], [1]]).tolist() == [1, 0]
    assert nn.McCullochPitts([-1, -1], -1.5)(X).tolist() == (1 - AND).tolist()


def test_the_threshold_itself():
    """A deck asks for more than the threshold."""
    assert nn.McCullochPitts([1, 1], 1)(X).tolist() == AND.tolist()
    assert nn.McCullochPitts([1, 1], 1, at_threshold=1)(X).tolist() == OR.tolist()


def test_no_single_unit_is_exclusive_or_but_three_are():
    grid = np.arange(-2, 2.5, 0.5)
    for w1, w2, t in itertools.product(grid, grid, grid):
        assert nn.McCullochPitts([w1, w2], t)(X).tolist() != XOR.tolist()
    either, both = nn.McCullochPitts([1, 1], 0.5)(X), nn.McCullochPitts([1, 1], 1.5)(X)
    assert nn.McCullochPitts([1, -1], 0.5)(np.stack([either, both], axis=1)).tolist() == XOR.tolist()


def test_units_are_drawable():
    x = tensor(np.ones((1, 2), "float32"), requires_grad=True)
    for unit in (nn.McCullochPitts([1, 1], 1.5), nn.Perceptron(2), nn.Adaline(2)):
        assert "where" in draw(unit(x), renderer="own").dot


@pytest.mark.parametrize("weights", [[], 1.0, [[1.0, 2.0]]])
def test_weights_are_a_list(weights):
    with pytest.raises(ValueError, match="weights must be a list of numbers, one per input"):
        nn.McCullochPitts(weights, 1.0)


# --- the perceptron -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("at_zero", [0, 1])
@pytest.mark.parametrize("lr", [1.0, 0.5])
@pytest.mark.parametrize("gate", [AND, OR])
def test_it_learns_the_gates(gate, labels, at_zero, lr):
    y = labels[0] + (labels[1] - labels[0]) * gate
    unit = nn.Perceptron(2, labels=labels, at_zero=at_zero)
    fit = unit.fit(X, y, lr=lr)
    assert fit.converged
    assert fit.period is None
    assert unit(X).tolist() == y.tolist()
    expected = by_hand(X.tolist(), y.tolist(), fit.epochs, lr, at_zero, labels)
    assert [(u.epoch, u.sample, u.error, u.weight.tolist(), u.bias) for u in fit.updates] == expected
    assert unit.weight.tolist() == expected[-1][3]
    assert unit.bias.item() == expected[-1][4]
    assert max(u.epoch for u in fit.updates) == fit.epochs - 1


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("at_zero", [0, 1])
def test_it_cycles_on_exclusive_or(labels, at_zero):
    y = labels[0] + (labels[1] - labels[0]) * XOR
    fit = nn.Perceptron(2, labels=labels, at_zero=at_zero).fit(X, y)
    assert not fit.converged
    assert fit.period == 1
    assert "No plane separates" in str(fit)
    far = by_hand(X.tolist(), y.tolist(), 50, 1.0, at_zero, labels)
    ends = [next(u for u in reversed(far) if u[0] == epoch)[3:] for epoch in range(1, 51)]
    assert all(end == ends[fit.epochs - 1] for end in ends[fit.epochs - 1 :])  # and it does


def test_a_longer_period():
    """Two points of both classes in one place, and a third: the weights take several epochs to come back."""
    x, y = [[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]], [0, 1, 1]
    fit = nn.Perceptron(2).fit(x, y)
    assert fit.period is not None
    far = by_hand(x, y, 60, 1.0, 1, (0, 1))
    ends = {epoch: next(u for u in reversed(far) if u[0] <= epoch)[3:] for epoch in range(fit.epochs, 60)}
    assert all(ends[e] == ends[e + fit.period] for e in ends if e + fit.period in ends)
    assert all(
        any(ends[e] != ends[e + k] for e in ends if e + k in ends) for k in range(1, fit.period)
    )  # and not sooner


def test_it_says_when_it_was_not_done():
    fit = nn.Perceptron(2).fit(X, AND, epochs=2)
    assert (fit.converged, fit.period, fit.epochs) == (False, None, 2)
    assert str(fit) == f"{len(fit.updates)} updates in 2 epochs: not converged."


def test_it_goes_on_from_where_it_is():
    unit, whole = nn.Perceptron(2), nn.Perceptron(2)
    parts = [unit.fit(X, AND, epochs=1) for _ in range(6)]
    fit = whole.fit(X, AND)
    assert sum(len(part.updates) for part in parts) == len(fit.updates)
    assert unit.weight.tolist() == whole.weight.tolist()
    assert parts[-1].converged


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_it_converges_wherever_a_plane_separates(seed, n):
    """Novikoff: with R the longest sample and margin m, at most (R / m)^2 updates, for samples extended by a 1."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=n + 1)
    w /= np.sqrt(w @ w)
    x = rng.normal(size=(60, n))
    ones = np.concatenate([x, np.ones((60, 1))], axis=1)
    kept = abs(ones @ w) > 0.1
    x, ones = x[kept], ones[kept]
    if not len(x):
        return
    y = (ones @ w > 0).astype(int)
    unit = nn.Perceptron(n, dtype="float64")
    fit = unit.fit(x, y, epochs=100_000)
    assert fit.converged
    assert unit(x).tolist() == y.tolist()
    assert len(fit.updates) <= (ones**2).sum(1).max() / np.abs(ones @ w).min() ** 2 + 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Perceptron(0), "in_features, the number of inputs, must be a positive integer, not 0"),
        (lambda: nn.Perceptron(2, labels=(1, 2)), "labels must be (0, 1) or (-1, 1), not (1, 2)"),
        (lambda: nn.Perceptron(2, at_zero=0.5), "at_zero must be 0 (a score of 0 gives the first label)"),
        (lambda: nn.Perceptron(2).fit(X, AND, lr=0), "lr must be a positive number, not 0"),
        (lambda: nn.Perceptron(2).fit(X, AND, epochs=0), "epochs, the number of passes, must be"),
        (lambda: nn.Perceptron(3).fit(X, AND), "of shape (N, 3) and labels of shape (N,), not (4, 2) and (4,)"),
        (lambda: nn.Perceptron(2).fit(X, AND[:, None]), "not (4, 2) and (4, 1)"),
        (lambda: nn.Perceptron(2).fit(X, 2 * AND - 1), "labels must be 0 or 1, but one is -1. To use these, pass"),
        (lambda: nn.Perceptron(2, labels=(-1, 1)).fit(X, AND), "To use these, pass labels=(0, 1)"),
        (lambda: nn.Perceptron(2).fit(X, 3 * AND), "labels must be 0 or 1, but one is 3."),
        (lambda: nn.Adaline(2).fit(X, AND, lr=-1.0), "lr must be a positive number, not -1.0"),
        (lambda: nn.Adaline(2).solve(X, AND[:3]), "Adaline needs inputs of shape (N, 2)"),
        (lambda: nn.Adaline(2).solve(X[:0], AND[:0]), "not (0, 2) and (0,)"),
    ],
)
def test_bad_calls_are_refused(make, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words follow
        make()
    assert words in str(caught.value)


# --- Adaline ------------------------------------------------------------------------------------------------------


def test_adaline_on_exclusive_or_is_exact():
    """A deck asks for it: w = (0, 0) and b = 0.5, so that every score is 0.5, the threshold."""
    unit = nn.Adaline(2, dtype="float64")
    unit.solve(X, XOR)
    assert unit.weight.tolist() == [0.0, 0.0]
    assert unit.bias.item() == 0.5
    assert unit(X).tolist() == [0, 0, 0, 0]


def test_adaline_on_exclusive_or_by_descent():
    unit = nn.Adaline(2, dtype="float64")
    fit = unit.fit(X, XOR, epochs=2000, lr=0.5, batch=True)
    np.testing.assert_allclose(unit.weight.data, [0, 0], atol=1e-12)
    np.testing.assert_allclose(unit.bias.data, 0.5, atol=1e-12)
    assert fit.errors[-1] == pytest.approx(0.25)
    assert len(fit.errors) == len(fit.weights) == len(fit.biases) == 2001
    assert str(fit) == "2000 epochs: mean squared error from 0.5 to 0.25."
    samples = nn.Adaline(2, dtype="float64")
    samples.fit(X, XOR, epochs=3000, lr=0.01)
    np.testing.assert_allclose(np.append(samples.weight.data, samples.bias.data), [0, 0, 0.5], atol=0.02)
    assert samples.weight.data.any()  # samples one by one pull it to and fro


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("gate", [AND, OR])
def test_adaline_learns_the_gates(gate, labels):
    y = labels[0] + (labels[1] - labels[0]) * gate
    for learn in (lambda u: u.solve(X, y), lambda u: u.fit(X, y, 500), lambda u: u.fit(X, y, 500, batch=True)):
        unit = nn.Adaline(2, labels=labels)
        learn(unit)
        assert unit(X).tolist() == y.tolist()


def test_the_delta_rule_has_no_factor_of_two():
    """w += lr (t - z) x is one step of plain descent on half of the squared error of one sample."""
    unit, layer = nn.Adaline(2, dtype="float64"), nn.Linear(2, 1, dtype="float64")
    layer.weight.data, layer.bias.data = np.zeros((1, 2)), np.zeros(1)
    fit = unit.fit(X, OR, epochs=3, lr=0.3)
    optimizer, loss = SGD(layer.parameters(), lr=0.3), nn.MSELoss(half=True)
    for x, t in list(zip(X, OR, strict=True)) * 3:
        optimizer.zero_grad()
        loss(layer(x[None].astype(float)), [[t]]).backward()
        optimizer.step()
    np.testing.assert_allclose(layer.weight.data[0], fit.weights[-1], rtol=1e-12)
    np.testing.assert_allclose(layer.bias.data[0], fit.biases[-1], rtol=1e-12)


def test_the_normal_equations_are_a_linear_regression(rng):
    """The same as by an engine that knows nothing of it: least squares of inputs extended by a 1."""
    x, y = rng.normal(size=(40, 3)) + 5.0, rng.integers(0, 2, 40)
    unit = nn.Adaline(3, dtype="float64")
    unit.solve(x, y)
    expected = np.linalg.lstsq(np.column_stack([x, np.ones(40)]), y, rcond=None)[0]
    np.testing.assert_allclose(np.append(unit.weight.data, unit.bias.data), expected, rtol=1e-9)
    np.testing.assert_allclose(unit.score(x).data, np.column_stack([x, np.ones(40)]) @ expected, rtol=1e-9)


def test_inputs_that_depend_on_one_another(rng):
    x = rng.normal(size=(20, 1)) @ [[1.0, 1.0]]
    unit = nn.Adaline(2, dtype="float64")
    unit.solve(x, rng.integers(0, 2, 20))
    np.testing.assert_allclose(unit.weight.data[0], unit.weight.data[1])


def test_far_points_pull_the_boundary():
    """A deck's warning: as a classifier a linear regression is moved by samples that are right beyond doubt."""
    near, far = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [2.0], [3.0], [4.0], [60.0]])
    unit = nn.Adaline(1, dtype="float64")
    unit.solve(near, [0, 0, 1, 1])
    assert unit(near).tolist() == [0, 0, 1, 1]
    unit.solve(far, [0, 0, 1, 1, 1])
    assert unit(far).tolist() != [0, 0, 1, 1, 1]


@pytest.mark.parametrize("batch", [False, True])
def test_too_large_a_rate_is_named(batch):
    x = np.array([[10.0], [-10.0], [8.0]])
    with pytest.raises(ValueError, match=r"lr=1 is too large: .* below 2 / max\(\|x\|\^2 \+ 1\) = 0\.0198 is safe"):
        nn.Adaline(1).fit(x, [1, 0, 1], lr=1.0, batch=batch)
    fit = nn.Adaline(1).fit(x, [1, 0, 1], lr=0.0197, batch=batch, epochs=300)
    assert fit.errors[-1] < fit.errors[0]


def test_the_threshold_of_adaline():
    assert nn.Adaline(2).threshold == 0.5
    assert nn.Adaline(2, labels=(-1, 1)).threshold == 0.0
    assert nn.Adaline(2, threshold=0.3).threshold == 0.3


def test_scores_have_a_gradient():
    x = tensor(X.astype("float32"), requires_grad=True)
    for unit in (nn.Perceptron(2), nn.Adaline(2)):
        unit.score(x).sum().backward()
        assert unit.weight.grad.tolist() == [2.0, 2.0]
        assert unit.bias.grad == 4.0
