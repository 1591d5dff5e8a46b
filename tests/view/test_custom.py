"""An op of a user that has facts is drawn, explained, stepped, debugged and counted like those of the library."""

import numpy as np
import pytest

import nn
from autograd import NonFiniteError, custom_op, debug, draw, explain, steps, tensor
from autograd.hazards import Case, Hazards

softsquare = custom_op(
    lambda x: x * x / (1.0 + np.abs(x)),
    lambda g, x: g * x * (2.0 + np.abs(x)) / (1.0 + np.abs(x)) ** 2,
    name="softsquare",
    kind="elementwise",
    slope="x * (2 + abs(x)) / (1 + abs(x)) ** 2",
    definition=lambda x: x * x / (1.0 + np.abs(x)),
)
mixed = custom_op(
    lambda x, y: x + 2.0 * y,
    (lambda g: g, lambda g: 2.0 * g),
    name="mixed",
    kind="elementwise",
    symbol="<+>",
    slope=("1", "2"),
)
product = custom_op(
    lambda x, y: x @ y.T,
    (lambda g, y: g @ y, lambda g, x: g.T @ x),
    name="product",
    kind="product",
    matrix=("G @ y", "G.T @ x"),
    cost=lambda shapes, out, attrs: out[0] * out[1] * shapes[0][1],
)
total = custom_op(
    lambda x: x.sum(),
    lambda g, x_shape: np.broadcast_to(g, x_shape),
    name="total",
    kind="reduces",
    slope="1",
    matrix="G, repeated",
)
root = custom_op(
    lambda x: np.sqrt(x),
    lambda g, out: 0.5 * g / out,
    name="root",
    kind="elementwise",
    slope="1 / (2 * out)",
    hazards=Hazards(Case(lambda x: x < 0, "{name} of a negative number", "{guarded}"), steep=(0.0,), guard="x > 0"),
)
squash = custom_op(
    lambda x: 1.0 / (1.0 + np.exp(-x)),
    lambda g, out: g * out * (1.0 - out),
    name="squash",
    kind="elementwise",
    slope="out * (1 - out)",
    range=(0.0, 1.0),
)
turned = custom_op(lambda x: x[::-1], lambda g: g[::-1], name="turned", kind="reshapes")


def leaf(data, name=None):
    return tensor(data, requires_grad=True, name=name)


def test_explained():
    x = leaf(2.0, "x")
    assert "d softsquare_1 / d x = x * (2 + abs(x)) / (1 + abs(x)) ** 2 = 0.888889" in explain(softsquare(x), x).text
    v = leaf([1.0, 2.0, 3.0], "v")
    found = explain(total(turned(softsquare(v))), v, at=0)
    assert [link.formula for link in found.paths[0].links] == [
        "v[0] * (2 + abs(v[0])) / (1 + abs(v[0])) ** 2",
        "1",
        "1",
    ]


def test_explained_in_matrices():
    x, w = leaf(np.ones((2, 3)), "x"), leaf(np.ones((4, 3)), "w")
    text = explain(total(product(x, w)), w).text
    assert "delta(product_1).T @ x" in text
    assert "(4, 2) @ (2, 3)" in text
    assert "delta(total_1), repeated" in text


def test_stepped():
    x = leaf(2.0, "x")
    assert "to x: local derivative x * (2 + abs(x)) / (1 + abs(x)) ** 2 = 0.888889" in steps(softsquare(x)).text
    a, b = leaf(1.0, "a"), leaf(2.0, "b")
    text = steps(mixed(a, b)).text
    assert "mixed_1 = a <+> b, value 5" in text
    assert "to b: local derivative 2; adds 1 * 2 = 2" in text


def test_drawn():
    a, b = leaf(1.0, "a"), leaf(2.0, "b")
    assert "a <+> b" in draw(mixed(a, b)).text
    drawing = draw(softsquare(a), expand=True)
    assert "softsquare, by its definition" in drawing.text
    assert "softsquare(" not in drawing.text


def test_debugged():
    with debug(), pytest.raises(NonFiniteError, match="root of a negative number") as caught:
        root(leaf([4.0, -1.0]))
    assert "likely fix: np.where(x > 0, root(np.where(x > 0, x, 1.0)), 0.0)" in str(caught.value)
    with debug(), pytest.raises(NonFiniteError, match="root has an infinite slope at 0"):
        root(leaf([4.0, 0.0])).sum().backward()


def test_a_square_of_a_user_makes_a_norm():
    own = custom_op(
        lambda x: x.ravel().reshape(x.shape) * x,
        lambda g, x: 2.0 * g * x,
        name="own",
        kind="elementwise",
        slope="2 * x",
    )
    with debug(), pytest.raises(NonFiniteError, match="the norm at 0: root has an infinite slope at 0"):
        root(total(own(leaf([0.0, 0.0])))).backward()


class Model(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter(np.ones((8, 3), "float32"))

    def forward(self, x):
        return squash(100.0 * product(x, self.weight))


def test_counted():
    assert nn.summary(Model(), np.ones((5, 3), "float32")).multiply_adds == 5 * 8 * 3


def test_an_activation_of_a_user_is_one_for_the_losses_and_the_doctor():
    x, y = np.ones((64, 3), "float32"), np.ones((64, 8), "float32")
    with pytest.warns(nn.ActivationWarning, match="was given the output of squash"):
        nn.BCEWithLogitsLoss()(Model()(x), y)
    found = nn.doctor(nn.Sequential(Model(), nn.Linear(8, 8, rng=0)), nn.MSELoss(), None, (x, y))
    assert "saturated-units" in [finding.name for finding in found]
